"""Several cameras at once: a rendered walk, and a real trial without any alignment."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import balance_trial
from benchmarks.accuracy import aligned_errors_mm
from benchmarks.one_camera import POINTS, View, size_px, smooth
from benchmarks.reconstruction_parts.balance import JOINTS
from benchmarks.reconstruction_parts.estimates import Array, drawn
from benchmarks.reconstruction_parts.predicted import predict
from benchmarks.reconstruction_parts.rendered import ANGLES, NAMES
from neuropose.analyzer import PoseSequence, joint_angles
from neuropose.body import reconstruct_cameras
from neuropose.data import Camera, CameraSource, Reconstruction, Rig, RigCamera, VideoPredictions

RENDERED = {
    ("side", "oblique"): (4.0, 2.7, 4.2, 32.0),
    ("side", "front"): None,
    ("side", "oblique", "front"): (3.8, 2.4, 4.5, 24.0),
    ("side", "oblique", "front", "back"): (3.8, 2.4, 5.0, None),
}
"""What centred errors of `ANGLES` in degrees, and aligned joints in mm, may be."""
MOST_MM = {4: 35.0, 2: 60.0}
"""How far joints of the real trial may be from the reference, median, by the number of cameras."""


@dataclass(frozen=True)
class Row:
    """One set of cameras; `held` is the share of angles and joints in their 95 % intervals."""

    trial: str
    cameras: tuple[str, ...]
    centred_deg: tuple[float, ...]
    bias_deg: tuple[float, ...]
    apart_mm: float
    aligned_mm: float
    angles_held: float
    joints_held: float
    exchanged: int


def show(folder: Path | None, kept: Path | None) -> list[dict[str, Any]]:
    """Print every set of cameras of both trials."""
    print(
        f"{'':40}  knee   hip ankle   joints as they are, aligned   in their 95 %: angles, joints"
    )
    rows = (
        []
        if folder is None
        else [row for path in sorted(folder.glob("*.json")) for row in _clip(path, kept)]
    )
    rows += _balance(kept)
    return [asdict(row) for row in rows]


def rig_of(
    cameras: dict[str, tuple[Camera, Array, Array]], sizes: dict[str, tuple[int, int]], up: Array
) -> Rig:
    """Cameras with their rotations and translations (mm) in one world."""
    return Rig(
        cameras=tuple(
            RigCamera(
                name=name,
                camera=camera,
                width=sizes[name][0],
                height=sizes[name][1],
                rotation=_nearest_rotation(rotation),
                translation_mm=tuple(np.asarray(translation_mm, np.float64).tolist()),
            )
            for name, (camera, rotation, translation_mm) in cameras.items()
        ),
        up=tuple(up.tolist()),
        origin="benchmark",
    )


def _nearest_rotation(matrix: Array) -> Any:
    u, _, vt = np.linalg.svd(np.asarray(matrix, np.float64))
    return tuple(tuple(row) for row in (u @ vt).tolist())


def _clip(path: Path, kept: Path | None) -> list[Row]:
    truth = np.load(path.with_suffix(".npz"))
    described = {each["name"]: each for each in json.loads(path.read_text())["cameras"]}
    cameras = {
        name: (
            Camera(intrinsic_matrix=each["K"], source=CameraSource.GIVEN),
            np.array(each["R"]),
            np.array(each["t"]),
        )
        for name, each in described.items()
    }
    predictions = {
        name: predict(path.with_name(f"{path.stem}_{name}.mp4"), cameras[name][0], kept)
        for name in described
    }
    sizes = {name: size_px(each) for name, each in predictions.items()}
    rig = rig_of(cameras, sizes, np.array([0.0, 1.0, 0.0]))
    rows = []
    for names, most in RENDERED.items():
        if not set(names) <= set(described):
            continue
        found = reconstruct_cameras({name: predictions[name] for name in names}, rig)
        views = [
            View(path.stem, described[name], truth, _in(found, rig[name]), sizes[name])
            for name in names
        ]
        view = views[0]
        view.inside = np.all([each.inside for each in views], axis=0)
        rows.append(_rendered_row(path.stem, names, found, view))
        _print(rows[-1], most)
    return rows


def _in(found: Reconstruction, camera: RigCamera) -> PoseSequence:
    """The reconstruction in the axes of one camera, in which the truth is compared."""
    sequence = PoseSequence.from_reconstruction(found).select(*POINTS)
    rotation = camera.rotation_matrix
    draws_mm = None if sequence.draws_mm is None else sequence.draws_mm @ rotation.T
    turned = PoseSequence.from_arrays(
        sequence.time_s,
        camera.to_camera(sequence.positions_mm),
        sequence.joints,
        frame="camera",
        up=rotation @ np.array(found.up),
        position_error=sequence.position_error,
    )
    return turned.with_positions(turned.positions_mm, draws_mm=draws_mm)


def _rendered_row(clip: str, names: tuple[str, ...], found: Reconstruction, view: View) -> Row:
    courses = {course.angle: course for course in view.courses() if course.angle in NAMES}
    pairs = [pair for pair in view.pairs() if pair[0].name in NAMES]
    estimates = drawn(
        view.found,
        lambda sequence: {
            angle.name: joint_angles(smooth(sequence), [angle.name])[angle.name].values_deg[known]
            for angle, known, _, _ in pairs
        },
    )
    true_mm = view.true_mm[view.rows][view.inside]
    there_mm = np.stack([view.found.joint(name) for name in view.names], axis=1)[view.inside]
    off_mm = np.abs(there_mm - true_mm)
    rows = [view.found.joints.index(name) for name in view.names]
    error_mm = np.sqrt(
        np.mean(np.square(view.found.draws_mm[:, :, rows], dtype=np.float64), axis=0)
    )
    kinds = [[each for name, each in courses.items() if name.endswith(angle)] for angle in ANGLES]
    return Row(
        clip,
        names,
        tuple(float(np.mean([each.centred_rmse_deg for each in both])) for both in kinds),
        tuple(max((each.bias_deg for each in both), key=abs) for both in kinds),
        float(np.linalg.norm(there_mm - true_mm, axis=-1).mean()),
        view.aligned_mm(),
        float(np.mean([estimates[angle.name].holds(true).mean() for angle, _, _, true in pairs])),
        float(np.mean(off_mm <= 1.96 * error_mm[view.inside])),
        _exchanged(found),
    )


def _balance(kept: Path | None) -> list[Row]:
    calibrated = balance_trial.calibration()
    predictions: dict[str, VideoPredictions] = {
        name: predict(balance_trial.video(name), calibrated[name].camera, kept)
        for name in balance_trial.CAMERAS
    }
    rig = rig_of(
        {
            name: (each.camera, each.rotation, each.translation_mm)
            for name, each in calibrated.items()
        },
        {name: size_px(each) for name, each in predictions.items()},
        np.array([0.0, 0.0, 1.0]),
    )
    rows = []
    for count in (4, 3, 2):
        for names in combinations(balance_trial.CAMERAS, count):
            found = reconstruct_cameras({name: predictions[name] for name in names}, rig)
            rows.append(_balance_row(names, found))
            _print(rows[-1], (MOST_MM[count],) if count in MOST_MM else None)
    return rows


def _balance_row(names: tuple[str, ...], found: Reconstruction) -> Row:
    columns = [found.joints.index(name) for name in JOINTS]
    there_mm = found.positions_mm[:, columns]
    first = found.first_frame
    true_mm = balance_trial.reference_of_frames_mm()[first : first + len(there_mm)]
    known = np.isfinite(there_mm + true_mm).all(axis=(1, 2))
    error_mm = np.sqrt(
        np.mean(np.square(found.position_draws_mm[:, :, columns], dtype=np.float64), axis=0)
    )
    off_mm = np.abs(there_mm - true_mm)[known]
    return Row(
        "balance",
        names,
        (),
        (),
        float(np.median(np.linalg.norm(there_mm - true_mm, axis=-1)[known])),
        float(np.median(aligned_errors_mm(there_mm[known], true_mm[known]))),
        float("nan"),
        float(np.mean(off_mm <= 1.96 * error_mm[known])),
        _exchanged(found),
    )


def _exchanged(found: Reconstruction) -> int:
    return sum(each.last - each.first + 1 for each in found.exchanges)


def _print(row: Row, most: tuple[float | None, ...] | None) -> None:
    values = (*row.centred_deg, row.aligned_mm) if row.centred_deg else (row.apart_mm,)
    reached = most is None or all(
        limit is None or value <= limit for value, limit in zip(values, most, strict=True)
    )
    centred = "".join(f"{each:6.1f}" for each in row.centred_deg) or " " * 18
    names, verdict = "+".join(row.cameras), "" if most is None else "✓" if reached else "✗"
    print(
        f"{row.trial} {names:34} {centred}  {row.apart_mm:6.1f} {row.aligned_mm:6.1f} mm  "
        f"{100 * row.angles_held:4.0f} {100 * row.joints_held:4.0f} %  "
        f"{row.exchanged:3d} frames of views exchanged {verdict}"
    )
