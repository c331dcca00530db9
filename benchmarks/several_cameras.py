"""Cameras, clocks, people and joints of several cameras, against truth and beside Pose2Sim.

Run: ``python -m benchmarks.several_cameras [--rendered FOLDER] [--keep FOLDER]``. The folder of
rendered clips is as for `benchmarks.one_camera`; ``--keep`` keeps predictions for the next run. The
balance trial and the two people come from the package index (`benchmarks.balance_trial`).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import balance_trial
from benchmarks.balance_trial import REFERENCE_JOINTS, similarity_aligned
from benchmarks.one_camera import JOINTS
from benchmarks.several_cameras_parts import peer
from benchmarks.several_cameras_parts.clips import (
    balance_rig,
    predicted,
    rendered_rig,
    two_people,
)
from neuropose.analyzer import PoseSequence, joint_angles
from neuropose.body import reconstruct_cameras
from neuropose.data import Reconstruction
from neuropose.data.cameras import Clock, Rig
from neuropose.errors import NeuroPoseError
from neuropose.multiview import (
    View,
    calibrate_from_people,
    match_people,
    synchronise,
    triangulate,
)
from neuropose.skeletons.sides import SIDES

Array = NDArray[np.float64]

LATE_S = (0.0, 1.3 + 0.4 / 30.0, 2.5, 3.0 - 0.4 / 30.0)
BONES = (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rendered", type=Path, help="folder of rendered clips")
    parser.add_argument("--keep", type=Path, help="folder in which predictions are kept")
    parser.add_argument("--model", default="blazepose")
    parser.add_argument("--height-mm", type=float, default=1750.0, help="of the rendered person")
    parser.add_argument("--without-peer", action="store_true")
    arguments = parser.parse_args()
    if arguments.rendered is not None:
        for described in sorted(arguments.rendered.glob("*.json")):
            rendered(described, arguments.keep, arguments.model, arguments.height_mm)
    balance(arguments.keep, arguments.model, with_peer=not arguments.without_peer)
    people(arguments.keep, arguments.model)


def rendered(described: Path, keep: Path | None, model: str, height_mm: float) -> None:
    """Triangulation, calibration from the person and synchronisation of a rendered clip."""
    rig = rendered_rig(described)
    truth = np.load(described.with_suffix(".npz"))
    clips = {
        camera.name: predicted(
            described.with_name(f"{described.stem}_{camera.name}.mp4"), camera.camera, keep, model
        )
        for camera in rig.cameras
    }
    views = [View.from_predictions(name, clip) for name, clip in clips.items()]
    print(f"{described.stem}: {', '.join(rig.names)}")
    found = triangulate(views, rig, time_s=views[0].time_s)
    missed = []
    for name, key in JOINTS.items():
        joint = name.replace("_toe", "_foot_index")
        frames = min(len(found.time_s), len(truth[key]))
        missed.append(np.linalg.norm(found.joint(joint)[:frames] - truth[key][:frames], axis=1))
    print(f"  joints, not aligned: {np.nanmean(missed):.1f} mm")
    given = {camera.name: Clock() for camera in rig.cameras}
    calibrated = calibrate_from_people(views, clocks=given, height_mm=height_mm)
    print(f"  cameras from the person: {_compared(calibrated.rig, rig)}")
    for names in (views[0].name, views[1].name), tuple(clips):
        chosen = {name: clips[name] for name in names}
        errors = [
            _knee_errors_deg(reconstruct_cameras(chosen, each, synchronous=True), views, rig, truth)
            for each in (rig, calibrated.rig)
        ]
        print(
            f"  knees, {'+'.join(names)}, true cameras and those from the person: "
            + ", ".join(f"{own:.1f}° and {other:.1f}°" for own, other in zip(*errors, strict=True))
        )
    late = [_later(view, by_s) for view, by_s in zip(views, LATE_S, strict=False)]
    for label, known in (("known", rig), ("unknown", None)):
        clocks = synchronise(late, known).clocks
        errors = ", ".join(
            f"{view.name} {1000.0 * (clocks[view.name].offset_s - by_s):+.1f} ms"
            for view, by_s in zip(late[1:], LATE_S[1:], strict=False)
        )
        print(f"  clocks, cameras {label}: {errors}")
        if known is None:
            again = calibrate_from_people(late, clocks=clocks, height_mm=height_mm)
            print(f"  cameras and clocks from the person: {_compared(again.rig, rig)}")


def _knee_errors_deg(
    found: Reconstruction, views: Sequence[View], rig: Rig, truth: Mapping[str, Array]
) -> list[float]:
    """Root mean square errors of the left and right knee without their mean, while all see all."""
    rows = np.searchsorted(views[0].time_s, found.time_s - 1e-6)
    joints = {
        name.removeprefix("p_"): truth[name][rows]
        for name in truth
        if name.startswith("p_") and truth[name].shape[1:] == (3,)
    }
    inside = np.ones(len(rows), bool)
    for camera in rig.cameras:
        points_px = np.stack([camera.project(each) for each in joints.values()])
        size_px = [camera.width, camera.height]
        inside &= ((points_px > 0.0) & (points_px < size_px)).all(axis=(0, 2))
    knees = ("left_knee_flexion", "right_knee_flexion")
    legs = [f"{side}_{joint}" for side in SIDES for joint in ("hip", "knee", "ankle")]
    exact = PoseSequence.from_arrays(
        found.time_s, np.stack([joints[name] for name in legs], axis=1), legs, frame="lab"
    )
    known = joint_angles(exact, knees)
    measured = joint_angles(PoseSequence.from_reconstruction(found), knees)
    return [
        float(np.nanstd((measured[name].values_deg - known[name].values_deg)[inside]))
        for name in knees
    ]


def balance(keep: Path | None, model: str, *, with_peer: bool) -> None:
    """The balance trial against its reference, and Pose2Sim with the same points."""
    rig = balance_rig()
    reference_mm = balance_trial.reference_of_frames_mm()
    clips = {
        camera.name: predicted(balance_trial.video(camera.name), camera.camera, keep, model)
        for camera in rig.cameras
    }
    matched = match_people(clips, rig)
    print(f"balance trial: {len(matched.people)} matched, {len(matched.left_out)} tracks left out")
    views = list(matched.person().views(clips))
    begin = time.perf_counter()
    found = triangulate(views, rig, time_s=views[0].time_s)
    seconds = time.perf_counter() - begin
    joints = {name: found.joint(name) for name in REFERENCE_JOINTS.values()}
    _print_row("ours", joints, views, rig, reference_mm, seconds)
    for swaps in (False, True) if with_peer else ():
        theirs, seconds = peer.triangulated(views, rig, swaps=swaps)
        label = "Pose2Sim, swaps handled" if swaps else "Pose2Sim"
        _print_row(label, theirs, views, rig, reference_mm, seconds)
    try:
        calibrated = calibrate_from_people(views, clocks={view.name: Clock() for view in views})
    except NeuroPoseError as error:
        print(f"  cameras from the man: {error}")
        return
    own = triangulate(views, calibrated.rig, time_s=views[0].time_s)
    chosen = np.stack([own.joint(name) for name in REFERENCE_JOINTS.values()], axis=1)
    known = np.isfinite(reference_mm).all(axis=(1, 2))
    wanted = reference_mm[known].reshape(-1, 3)
    aligned = similarity_aligned(chosen[known].reshape(-1, 3), wanted)
    missed = np.linalg.norm(aligned - wanted, axis=1)
    print(f"  cameras from the man: joints, aligned once: {missed.mean():.1f} mm; ", end="")
    print(_compared(calibrated.rig, rig))
    clocks = synchronise(views, rig).clocks
    print(
        "  clocks, which are synchronous: "
        + ", ".join(f"{name} {1000.0 * clock.offset_s:+.1f} ms" for name, clock in clocks.items())
    )


def people(keep: Path | None, model: str) -> None:
    """Two people in four views."""
    rig = balance_rig()
    clips = {
        camera.name: predicted(two_people(camera.name), camera.camera, keep, model)
        for camera in rig.cameras
    }
    matched = match_people(clips, rig)
    print(f"two people: {len(matched.people)} matched, {len(matched.left_out)} tracks left out")
    for person in matched.people:
        found = triangulate(person.views(clips), rig)
        pelvis = 0.5 * (found.joint("left_hip") + found.joint("right_hip"))
        step_mm = np.linalg.norm(np.diff(pelvis, axis=0), axis=1)
        print(
            f"  tracks {dict(person.track_ids)}: rays miss by {person.apart_mm:.0f} mm, "
            f"{np.isfinite(pelvis[:, 0]).sum()} of {len(pelvis)} frames, "
            f"longest step {np.nanmax(step_mm):.0f} mm"
        )


def _print_row(
    label: str,
    joints: Mapping[str, Array],
    views: Sequence[View],
    rig: Rig,
    reference_mm: Array,
    seconds: float,
) -> None:
    wanted = list(REFERENCE_JOINTS.values())
    missed = [
        np.linalg.norm(joints[name] - reference_mm[:, wanted.index(name)], axis=1)
        for name in joints
        if name in wanted
    ]
    seen = [
        np.linalg.norm(
            rig[view.name].project(joints[name]) - view.points_px[:, view.skeleton.index(name)],
            axis=1,
        )
        for view in views
        for name in joints
    ]
    lengths = [
        np.linalg.norm(joints[f"{side}_{high}"] - joints[f"{side}_{low}"], axis=1)
        for side in ("left", "right")
        for high, low in BONES
        if {f"{side}_{high}", f"{side}_{low}"} <= set(joints)
    ]
    varied = [100.0 * np.nanstd(each) / np.nanmean(each) for each in lengths]
    known = np.mean([np.isfinite(each[:, 0]).mean() for each in joints.values()])
    print(
        f"  {label}: to the reference {np.nanmean(missed):.1f} mm, not aligned; reprojection "
        f"median {np.nanmedian(seen):.1f} px; bones vary by {np.mean(varied):.1f} %; "
        f"{100.0 * known:.0f} % of joints; {seconds:.2f} s"
    )


def _compared(found: Rig, true: Rig) -> str:
    """How far cameras are from where they are, relative to the first."""
    turns, places = zip(*[_relative(rig) for rig in (found, true)], strict=True)
    parts = []
    for number, name in enumerate(true.names[1:], start=1):
        cosine = 0.5 * (np.trace(turns[0][number] @ turns[1][number].T) - 1.0)
        away = np.linalg.norm(places[0][number] - places[1][number])
        share = away / np.linalg.norm(places[1][number])
        angle_deg = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
        parts.append(f"{name} {100.0 * share:.1f} %, {angle_deg:.2f}°")
    return "; ".join(parts)


def _relative(rig: Rig) -> tuple[list[Array], Array]:
    first = rig.cameras[0]
    turns = [camera.rotation_matrix @ first.rotation_matrix.T for camera in rig.cameras]
    return turns, first.to_camera(rig.centres_mm())


def _later(view: View, by_s: float) -> View:
    """The view as of a camera whose clock began later, with its frames between the given ones."""
    step_s = float(np.median(np.diff(view.time_s)))
    part = (by_s / step_s) % 1.0
    low, high = view.points_px[:-1], view.points_px[1:]
    return replace(
        view,
        time_s=view.time_s[:-1] + part * step_s - by_s,
        points_px=low + part * (high - low),
        confidence=view.confidence[:-1],
    )


if __name__ == "__main__":
    main()
