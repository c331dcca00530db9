"""Angles of a rendered walk from one camera, before and after the fit, against exact joints."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from benchmarks.one_camera import POINTS, Course, View, size_px, smooth, true_up
from benchmarks.reconstruction_parts.estimates import (
    Array,
    Estimate,
    drawn,
    fitted,
    sequence_of,
)
from benchmarks.reconstruction_parts.predicted import predict
from neuropose.analyzer import Angle, PoseSequence, joint_angles
from neuropose.analyzer.limits import ANGLE
from neuropose.data import Camera, CameraSource
from neuropose.data.reconstruction import Reconstruction
from neuropose.geometry import angle_deg

SIDES = ("left", "right")
ANGLES = ("knee_flexion", "hip_flexion", "ankle_dorsiflexion")
NAMES = tuple(f"{side}_{angle}" for angle in ANGLES for side in SIDES)
CENTRED_DEG = {"side": (5.0, 4.0, 5.0), "oblique": (7.0, 6.0, 6.0)}
"""What centred errors of `ANGLES` may be, mean of both sides, by camera."""
MOST_RANGE_ERROR_DEG = MOST_BIAS_DEG = 5.0


@dataclass(frozen=True)
class Row:
    """One angle from one camera; `frames_held` is the share of frames with the truth in their 95 %
    interval, the other two say it of the mean and of the range.
    """

    stage: Literal["before", "after"]
    course: Course
    given: bool
    range_given: bool
    reason: str | None
    frame_error_deg: float
    frames_held: float
    mean_held: bool
    range_held: bool


def show(folder: Path, kept: Path | None) -> list[dict[str, Any]]:
    """Print both stages of every camera of every clip, and how far they are from what is wanted."""
    rows = []
    for path in sorted(folder.glob("*.json")):
        truth = np.load(path.with_suffix(".npz"))
        for described in json.loads(path.read_text())["cameras"]:
            rows += _camera(path, described, truth, kept)
    _print_wanted(rows)
    return [asdict(row) for row in rows]


def _camera(path: Path, described: dict[str, Any], truth: Any, kept: Path | None) -> list[Row]:
    camera = Camera(intrinsic_matrix=described["K"], source=CameraSource.GIVEN)
    video = path.with_name(f"{path.stem}_{described['name']}.mp4")
    predictions = predict(video, camera, kept)
    picture_px = size_px(predictions)

    def view(found: PoseSequence) -> View:
        return View(path.stem, described, truth, found, picture_px)

    before = view(PoseSequence.from_predictions(predictions))
    print(f"\n{path.stem}, {described['name']}: joints {before.aligned_mm():.1f} mm off (aligned)")
    rows = list(_before(before))
    _print_rows(rows)
    reconstruction = fitted(predictions)
    after = view(sequence_of(reconstruction).select(*POINTS))
    print(f"  fitted: joints {after.aligned_mm():.1f} mm off; {_fit(reconstruction, described)}")
    fitted_rows = list(_after(after))
    _print_rows(fitted_rows)
    return rows + fitted_rows


def _before(view: View) -> Iterator[Row]:
    """Each angle as the predictions are; its interval is that of the analyzer."""
    courses = {course.angle: course for course in view.courses()}
    for angle, _, found, true in view.pairs():
        if angle.name in NAMES:
            yield _row(
                "before",
                angle,
                courses[angle.name],
                true,
                Estimate(found, np.full_like(found, angle.error_deg)),
                Estimate(found.mean(), angle.error_deg),
                Estimate(np.ptp(found), angle.error_of("range") or np.nan),
            )


def _after(view: View) -> Iterator[Row]:
    """Each angle of the fitted body; its interval is the spread over the draws."""
    courses = {course.angle: course for course in view.courses()}
    pairs = [pair for pair in view.pairs() if pair[0].name in NAMES]

    def measure(sequence: PoseSequence) -> Mapping[str, Array]:
        found = joint_angles(smooth(sequence), [pair[0].name for pair in pairs])
        values = {angle.name: found[angle.name].values_deg[known] for angle, known, _, _ in pairs}
        means = {f"{name} mean": each.mean() for name, each in values.items()}
        return values | means | {f"{name} range": np.ptp(each) for name, each in values.items()}

    estimates = drawn(view.found, measure)
    judged = joint_angles(view.found, [pair[0].name for pair in pairs])  # with its draws
    for name, true in ((pair[0].name, pair[3]) for pair in pairs):
        found = estimates[name], estimates[f"{name} mean"], estimates[f"{name} range"]
        yield _row("after", judged[name], courses[name], true, *found)


def _row(
    stage: Literal["before", "after"],
    angle: Angle,
    course: Course,
    true: Array,
    frames: Estimate,
    mean: Estimate,
    extent: Estimate,
) -> Row:
    frame_error_deg = float(np.sqrt(np.mean(np.square(frames.error))))
    reason, range_given = angle.reason, angle.reason is None
    if stage == "after":  # as a report judges what has draws of its error
        large = ANGLE.exceeded_by(0.0, frame_error_deg)
        reason = f"± {frame_error_deg:.1f}°" if large or angle.is_hidden else None
        range_given = angle.measurable and not ANGLE.exceeded_by(0.0, float(extent.error))
    return Row(
        stage=stage,
        course=course,
        given=reason is None,
        range_given=range_given,
        reason=reason,
        frame_error_deg=frame_error_deg,
        frames_held=float(frames.holds(true).mean()),
        mean_held=bool(mean.holds(true.mean())),
        range_held=bool(extent.holds(np.ptp(true))),
    )


def _fit(reconstruction: Reconstruction, described: dict[str, Any]) -> str:
    exchanged = sum(each.last - each.first + 1 for each in reconstruction.exchanges)
    vertical = (
        "vertical not known"
        if reconstruction.up is None
        else f"vertical {angle_deg(np.array(reconstruction.up), true_up(described)):.1f}° off"
    )
    shape = reconstruction.shape
    return (
        f"height {shape.height_mm:.0f} mm ({shape.height_source}), {vertical}, seen "
        f"{reconstruction.camera_view}, {exchanged} frames exchanged, "
        f"{len(reconstruction.contacts)} contacts"
    )


def _print_rows(rows: list[Row]) -> None:
    head = "RMSE   centred     bias    range  ± frame  in its 95 %: frames, mean, range"
    print(f"  {rows[0].stage if rows else '':28} {head}")
    for row in rows:
        each = row.course
        held = f"{100 * row.frames_held:4.0f} %  {_yes(row.mean_held):3}  {_yes(row.range_held):3}"
        print(
            f"  {each.angle:26} {each.rmse_deg:6.1f}   {each.centred_rmse_deg:7.1f}  "
            f"{each.bias_deg:+7.1f}  {each.range_error_deg:+7.1f}  {row.frame_error_deg:7.1f}  "
            f"{held}  {_given(row)}"
        )


def _print_wanted(rows: list[Row]) -> None:
    print("\nwanted")
    for camera in dict.fromkeys(row.course.camera for row in rows):
        for stage in ("before", "after"):
            here = [row for row in rows if row.stage == stage and row.course.camera == camera]
            if here:
                print(f"  {camera:8} {stage:7} {'; '.join(_verdicts(camera, here))}")


def _verdicts(camera: str, rows: list[Row]) -> Iterator[str]:
    """What is wanted of a camera, each with whether it is reached."""
    knees = [row for row in rows if row.course.angle.endswith("knee_flexion")]
    if camera in CENTRED_DEG:
        for angle, most_deg in zip(ANGLES, CENTRED_DEG[camera], strict=True):
            both = [row.course for row in rows if row.course.angle.endswith(angle)]
            mean_deg = float(np.mean([each.centred_rmse_deg for each in both]))
            yield _verdict(f"{angle.split('_')[0]} {mean_deg:.1f}", mean_deg <= most_deg)
        bias_deg = max(abs(row.course.bias_deg) for row in knees)
        yield _verdict(f"knee bias {bias_deg:.1f}", bias_deg <= MOST_BIAS_DEG)
    if camera == "side":
        off_deg = max(abs(row.course.range_error_deg) for row in knees)
        yield _verdict(f"knee range {off_deg:.1f}", off_deg <= MOST_RANGE_ERROR_DEG)
    held = [row.mean_held for row in rows if row.given]
    held += [row.range_held for row in rows if row.range_given]
    yield _verdict(f"{len(held)} of {2 * len(rows)} given, {sum(held)} of them held", all(held))


def _verdict(text: str, reached: bool) -> str:
    return f"{text} {'✓' if reached else '✗'}"


def _given(row: Row) -> str:
    names = {"angle": row.given, "range": row.range_given}
    refused = [name for name, given in names.items() if not given]
    return f"{' and '.join(refused)} not given" if refused else ""


def _yes(value: bool) -> str:
    return "yes" if value else "no"
