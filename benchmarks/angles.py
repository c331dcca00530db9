"""Joint angles against those that Vicon's Plug-in Gait computed from the same markers.

Run: ``python -m benchmarks.angles [--json FILE]``. For each angle and side: root mean square error,
mean offset, error after the offset is removed, and the error of the range of motion, in degrees.

Three ways, which use less and less of the marker set:

- ``landmarks``: with pelvic spines and epicondyles, so angles are anatomical;
- ``joint centres``: hips, knees, ankles, heels and toes alone, as a pose model gives them;
- ``own hips``: joint centres too, but the hips from NeuroPose's own regression.

Then the synthetic walker, whose angles are known, seen by a tilted camera, with noise on every
coordinate and no filter: root mean square errors over both sides.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import marker_trials
from neuropose.analyzer import PoseSequence, joint_angles
from neuropose.data import MarkerRecording
from neuropose.skeletons.sides import SIDES
from neuropose.testing import CameraView, simulate_walk, walker_sequence

CENTRES = (
    "pelvis",
    *(f"{side}_{joint}" for side in SIDES for joint in ("hip", "knee", "ankle", "heel", "toe")),
)
_HIPS = {"PELO", "LFEP", "RFEP", "LHJC", "RHJC"}
# Ours, Plug-in Gait's without its side, which of its three angles, and its sign.
_COMPARED = (
    ("knee_flexion", "KneeAngles", 0, 1.0),
    ("hip_flexion", "HipAngles", 0, 1.0),
    ("hip_abduction", "HipAngles", 1, -1.0),
    ("ankle_dorsiflexion", "AnkleAngles", 0, 1.0),
)
_PELVIS = (
    ("pelvis_tilt", "RPelvisAngles", 0, 1.0),
    ("pelvis_obliquity", "RPelvisAngles", 1, -1.0),
    ("pelvis_rotation", "RPelvisAngles", 2, 1.0),
)


@dataclass(frozen=True)
class Difference:
    """How far an angle is from the reference, degrees."""

    trial: str
    way: str
    angle: str
    kind: str
    frames: int
    rmse_deg: float
    offset_deg: float
    centred_rmse_deg: float
    range_error_deg: float


def sequence_of(recording: MarkerRecording, way: str) -> PoseSequence:
    """The trial as one of the three `WAYS` sees it."""
    return WAYS[way](recording)


def _joint_centres(recording: MarkerRecording) -> PoseSequence:
    return PoseSequence.from_recording(recording).select(*CENTRES)


def _own_hips(recording: MarkerRecording) -> PoseSequence:
    kept = [index for index, name in enumerate(recording.names) if name not in _HIPS]
    without = {
        "names": tuple(recording.names[index] for index in kept),
        "positions_mm": recording.positions_mm[:, kept],
    }
    return _joint_centres(recording.model_copy(update=without))


WAYS: dict[str, Callable[[MarkerRecording], PoseSequence]] = {
    "landmarks": PoseSequence.from_recording,
    "joint centres": _joint_centres,
    "own hips": _own_hips,
}


def differences(name: str, way: str) -> Iterator[Difference]:
    """Compare every angle that both sides have."""
    recording = marker_trials.recording(name)
    angles = joint_angles(sequence_of(recording, way))
    pairs = [
        (f"{side}_{ours}", f"{side[0].upper()}{theirs}", which, sign)
        for ours, theirs, which, sign in _COMPARED
        for side in SIDES
    ]
    for ours, theirs, which, sign in (*pairs, *_PELVIS):
        if ours in angles:
            found = angles[ours]
            reference = sign * recording.angles_deg[theirs][:, which]
            yield Difference(
                name, way, ours, found.kind.value, *_compare(found.values_deg, reference)
            )


def noise_errors_deg(noise_mm: float) -> dict[str, float]:
    """Root mean square error of the walker's angles, both sides."""
    trial = simulate_walk()
    view = CameraView(heading_deg=30.0, tilt_deg=10.0)
    angles = joint_angles(walker_sequence(trial.with_noise(noise_mm), view))
    return {
        name: float(
            np.sqrt(
                np.mean(
                    [
                        (
                            angles[f"{side}_{name}"].values_deg
                            - getattr(trial.side(side), f"{name}_deg")
                        )
                        ** 2
                        for side in SIDES
                    ]
                )
            )
        )
        for name in ("hip_flexion", "knee_flexion", "ankle_dorsiflexion")
    }


def _compare(
    found: NDArray[np.float64], reference: NDArray[np.float64]
) -> tuple[int, float, float, float, float]:
    known = np.isfinite(found) & np.isfinite(reference)
    found, reference = found[known], reference[known]
    error = found - reference
    return (
        int(known.sum()),
        float(np.sqrt(np.mean(error**2))),
        float(error.mean()),
        float(error.std()),
        float(np.ptp(found) - np.ptp(reference)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    found = [
        difference
        for name in (marker_trials.TREADMILL, marker_trials.OVERGROUND[0])
        for way in WAYS
        for difference in differences(name, way)
    ]
    print(f"{'':76} {'RMSE':>6} {'offset':>7} {'centred':>7} {'range':>6}")
    for each in found:
        print(
            f"{each.trial:26} {each.way:14} {each.angle:24} {each.kind:10} "
            f"{each.rmse_deg:6.2f} {each.offset_deg:+7.2f} {each.centred_rmse_deg:7.2f} "
            f"{each.range_error_deg:+6.2f}"
        )
    print(f"\n{'noise mm':>8} {'hip':>6} {'knee':>6} {'ankle':>6}")
    for noise_mm in (0.0, 2.0, 5.0, 10.0, 20.0):
        errors = " ".join(f"{error:6.2f}" for error in noise_errors_deg(noise_mm).values())
        print(f"{noise_mm:8.0f} {errors}")
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(each) for each in found], indent=2))


if __name__ == "__main__":
    main()
