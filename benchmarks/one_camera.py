"""Angles, events and their confidence from one camera, against a rendered person.

Run: ``python -m benchmarks.one_camera FOLDER [--up] [--model blazepose] [--json FILE]``. Of each
clip NAME the folder holds ``NAME.json`` (cameras with ``K``, ``R`` and ``t``; the world's y is up),
``NAME.npz`` (exact joints ``p_…`` in mm, events ``e_…`` in s) and ``NAME_CAMERA.mp4``.

The true intrinsics are given; the vertical is estimated unless ``--up`` gives it. Predicted and
true joints both go through the usual low-pass and through `joint_angles`, so that definitions
cannot differ; frames count in which the whole person is in the picture.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from benchmarks.balance_trial import CACHE_DIR, similarity_aligned
from neuropose.analyzer import (
    ANGLES,
    Angle,
    JointAngles,
    PoseSequence,
    analyze_gait,
    joint_angles,
)
from neuropose.data import Camera, CameraSource, VideoPredictions
from neuropose.estimator import Estimator, load_model
from neuropose.filters import Preparation, prepare

JOINTS = {
    f"{side}_{joint}": f"p_{side}_{theirs}"
    for side in ("left", "right")
    for joint, theirs in {
        **{name: name for name in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "heel")},
        "toe": "foot_index",
    }.items()
}
POINTS = (*JOINTS, "pelvis", "neck")
"""Joints whose true positions are known: of these alone angles are compared."""
MARGIN_PX = 10
LEAST_FRAMES = 10
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Course:
    """One angle over one clip, degrees."""

    clip: str
    camera: str
    angle: str
    confidence: float
    standard_error_deg: float
    rmse_deg: float
    centred_rmse_deg: float
    bias_deg: float
    range_error_deg: float
    frames: int


@dataclass(frozen=True)
class Event:
    """One event of a foot, against the nearest true one of its kind."""

    clip: str
    camera: str
    name: str
    error_ms: float
    confidence: float
    doubted: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="blazepose")
    parser.add_argument("--up", action="store_true", help="give the true vertical")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    estimator = Estimator(load_model(arguments.model, model_cache_dir=CACHE_DIR))
    courses: list[Course] = []
    events: list[Event] = []
    print(f"{'clip':20} {'aligned mm':>10}  RMSE (centred), range error: knee, hip, ankle")
    for path in sorted(arguments.folder.glob("*.json")):
        truth = np.load(path.with_suffix(".npz"))
        for described in json.loads(path.read_text())["cameras"]:
            name = described["name"]
            camera = Camera(intrinsic_matrix=described["K"], source=CameraSource.GIVEN)
            video = path.with_name(f"{path.stem}_{name}.mp4")
            predictions = estimator.process_video(video, camera=camera).predictions
            sequence = PoseSequence.from_predictions(
                predictions, up=true_up(described) if arguments.up else None
            )
            view = View(path.stem, described, truth, sequence, size_px(predictions))
            found = list(view.courses())
            courses += found
            events += view.events()
            print(f"{path.stem + ' ' + name:20} {view.aligned_mm():10.1f}  {_line(found)}")
    _print_confidence(courses)
    for event in events:
        print(
            f"{event.clip} {event.camera:8} {event.name:14} {event.error_ms:+5.0f} ms, "
            f"confidence {event.confidence:.2f}{', doubted' if event.doubted else ''}"
        )
    if arguments.json:
        every = {"courses": list(map(asdict, courses)), "events": list(map(asdict, events))}
        arguments.json.write_text(json.dumps(every, indent=2))


def true_up(described: dict[str, Any]) -> NDArray[np.float64]:
    """Direction away from the floor in the axes of a camera; the world's y is up."""
    return np.array(described["R"])[:, 1]


def size_px(predictions: VideoPredictions) -> tuple[int, int]:
    return predictions.metadata.width, predictions.metadata.height


class View:
    """What was found in one camera's video beside the truth, in the axes of that camera."""

    def __init__(
        self,
        clip: str,
        described: dict[str, Any],
        truth: Any,
        found: PoseSequence,
        picture_px: tuple[int, int],
    ) -> None:
        self.clip, self.camera, self.truth = clip, described["name"], truth
        rotation, translation_mm = np.array(described["R"]), np.array(described["t"])
        up = true_up(described)
        points = {name: truth[key] @ rotation.T + translation_mm for name, key in JOINTS.items()}
        points["pelvis"] = 0.5 * (points["left_hip"] + points["right_hip"])
        points["neck"] = 0.5 * (points["left_shoulder"] + points["right_shoulder"])
        self.names = POINTS
        self.true_mm = np.stack([points[name] for name in POINTS], axis=1)
        time_s = np.arange(len(self.true_mm)) / float(truth["fps"])
        self.true = smooth(
            PoseSequence.from_arrays(time_s, self.true_mm, self.names, frame="camera", up=up)
        )
        self.found = found
        self.rows = np.arange(len(self.found)) + (self.found.first_frame or 0)
        self.inside = self._inside(np.array(described["K"]), picture_px)[self.rows]

    def _inside(
        self, intrinsic: NDArray[np.float64], picture_px: tuple[int, int]
    ) -> NDArray[np.bool_]:
        seen = self.true_mm @ intrinsic.T
        points_px = seen[..., :2] / seen[..., 2:]
        within = (points_px > MARGIN_PX) & (points_px < np.array(picture_px) - MARGIN_PX)
        return np.asarray(within.all(axis=(1, 2)))

    def aligned_mm(self) -> float:
        """Mean joint error after a similarity alignment of each frame that has every joint."""
        found = np.stack([self.found.joint(name) for name in self.names], axis=1)
        known = self.inside & np.isfinite(found).all(axis=(1, 2))
        found, true = found[known], self.true_mm[self.rows][known]
        aligned = [
            similarity_aligned(pose, target) for pose, target in zip(found, true, strict=True)
        ]
        return float(np.linalg.norm(np.array(aligned) - true, axis=-1).mean())

    def angles_deg(self) -> JointAngles:
        """Angles of what was found, after the usual low-pass."""
        return joint_angles(smooth(self.found))

    @cached_property
    def true_deg(self) -> JointAngles:
        """Angles of the truth, likewise."""
        return joint_angles(self.true)

    def courses(self) -> Iterator[Course]:
        """Every angle that both have."""
        for angle, known, one, other in self.pairs():
            yield Course(
                self.clip,
                self.camera,
                angle.name,
                angle.confidence,
                angle.error_deg,
                float(np.sqrt(np.mean((one - other) ** 2))),
                float(np.std(one - other)),
                float(np.mean(one - other)),
                float(np.ptp(one) - np.ptp(other)),
                int(known.sum()),
            )

    def pairs(self) -> Iterator[tuple[Angle, NDArray[np.bool_], Array, Array]]:
        """Each angle that both have: in which rows both are known, and their values there."""
        found, true = self.angles_deg(), self.true_deg
        for name in ANGLES:
            if name not in found or name not in true:
                continue
            one, other = found[name].values_deg, true[name].values_deg[self.rows]
            known = self.inside & np.isfinite(one) & np.isfinite(other)
            if known.sum() >= LEAST_FRAMES:
                yield found[name], known, one[known], other[known]

    def events(self) -> list[Event]:
        """Events of the feet, if the truth has any."""
        if not any(name.startswith("e_") for name in self.truth.files):
            return []
        found = []
        for event in analyze_gait(self.found).events:
            kind = "contact" if event.kind == "initial_contact" else "off"
            true_s = self.truth[f"e_{event.side}_{kind}"]
            error_s = event.time_s - true_s[np.argmin(np.abs(true_s - event.time_s))]
            doubted = any("from the front or behind" in flag for flag in event.flags)
            found.append(
                Event(
                    self.clip,
                    self.camera,
                    f"{event.side} {kind}",
                    1000.0 * float(error_s),
                    event.confidence,
                    doubted,
                )
            )
        return found


def smooth(sequence: PoseSequence) -> PoseSequence:
    """The sequence after the usual outlier filter, gap filling and low-pass."""
    return sequence.with_positions(
        prepare(sequence.time_s, sequence.positions_mm, Preparation()).values
    )


def _line(courses: list[Course]) -> str:
    parts = []
    for name in ("knee_flexion", "hip_flexion", "ankle_dorsiflexion"):
        both = [each for each in courses if each.angle.endswith(name)]
        rmse = np.mean([each.rmse_deg for each in both])
        centred = np.mean([each.centred_rmse_deg for each in both])
        ranges = ", ".join(f"{each.range_error_deg:+.0f}" for each in both)
        parts.append(f"{rmse:.1f} ({centred:.1f}) {ranges}")
    return " | ".join(parts)


def _print_confidence(courses: list[Course]) -> None:
    doubt = [1.0 - each.confidence for each in courses]
    off = np.array([each.rmse_deg for each in courses])
    ratio = off / np.array([each.standard_error_deg for each in courses])
    ranges = np.abs([each.range_error_deg for each in courses])
    sure = np.array([each.confidence > 0.6 for each in courses])
    wrong = int((sure & (ranges > 10.0)).sum())
    print(
        f"{len(courses)} courses: rank correlation of 1 − confidence with the error "
        f"{spearmanr(doubt, off).statistic:.2f}; error within one standard error in "
        f"{100 * np.mean(ratio < 1):.0f} %, within two in {100 * np.mean(ratio < 2):.0f} %; "
        f"{int(sure.sum())} with confidence above 0.6, {wrong} of them with a range over 10° off"
    )


if __name__ == "__main__":
    main()
