"""Real walks with events that others marked: patients' landmarks, and a treadmill trial.

The landmarks are members of a source archive, fetched through the package index and kept in the
cache. Only tests and benchmarks use them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import numpy as np

from benchmarks import marker_trials
from benchmarks.balance_trial import CACHE_DIR
from neuropose.analyzer import GaitAnalysis, PoseSequence
from neuropose.assets import Artefact, SdistSource, fetch

_GAITKIT = SdistSource(
    "gaitkit",
    "1.5.0",
    "de1f0c258152c5eac2e3d0382fb57e321c69091ee7923ce0849ff24d9640d861",
    member="",
)
_HASHES = {
    "parkinson": ("397a8f5e95f45092d6e38d2784c3ef87838f8f1e6ede7bc4b738e6b6a7ea87ca", 516_465),
    "healthy": ("b27f2e7b1f8ebcf8fb0b510c65ef8dd9189325958e0966451e3b9868f71d5e05", 270_298),
    "stroke": ("1fb2fb4defea78bc0b1b411defa71673f7b9d0a538212f4c6091913c19574b9c", 221_677),
    "kuopio": ("24f07c64dacd5218f6fa4d0a4f0ea0253f9628f1d76e75572602ddfa0ee0b7bf", 172_651),
}
_ARTEFACTS = {
    f"gaitkit_{name}.json": Artefact(
        f"gaitkit_{name}.json",
        sha256,
        size,
        "MIT",
        (replace(_GAITKIT, member=f"gaitkit-1.5.0/src/gaitkit/data/example_{name}.json"),),
    )
    for name, (sha256, size) in _HASHES.items()
}

PATIENTS = ("parkinson", "healthy", "stroke")
UP = {"parkinson": (0.0, 1.0, 0.0), "healthy": (0.0, 1.0, 0.0), "stroke": (0.0, 0.0, 1.0)}
Marked = dict[tuple[str, str], np.ndarray]
_LABELS = {"Foot Strike": "initial_contact", "Foot Off": "foot_off"}
_NEAR_S = 0.2


@dataclass(frozen=True)
class EventErrors:
    """Found events against marked ones, of one kind, both sides."""

    marked: int
    found: int
    matched: int
    errors_ms: np.ndarray

    @property
    def precision(self) -> float:
        return self.matched / self.found if self.found else float("nan")

    @property
    def recall(self) -> float:
        return self.matched / self.marked if self.marked else float("nan")

    def within(self, limit_ms: float) -> float:
        """Share of the marked events that are found within so many milliseconds."""
        return float((np.abs(self.errors_ms) <= limit_ms).sum() / self.marked)


def treadmill() -> tuple[PoseSequence, Marked]:
    """12 s on a treadmill with markers, and its 43 events, on the clock of the frames."""
    recording = marker_trials.recording(marker_trials.TREADMILL)
    sides, kinds = ("left", "right"), ("initial_contact", "foot_off")
    marked = {
        (side, kind): np.array(
            sorted(
                event.time_s
                for event in recording.events
                if event.context.lower() == side and _LABELS[event.label] == kind
            )
        )
        for side in sides
        for kind in kinds
    }
    return PoseSequence.from_recording(recording), marked


def patient(name: str) -> tuple[PoseSequence, Marked]:
    """Landmarks of a walk, and its marked events if it has any. Zeros are missing landmarks."""
    path = fetch(f"gaitkit_{name}.json", CACHE_DIR, known=_ARTEFACTS)
    data = json.loads(path.read_bytes())
    frames = [frame["landmark_positions"] for frame in data["angle_frames"]]
    joints = list(frames[0])
    positions = np.array(
        [[frame.get(joint) or [np.nan] * 3 for joint in joints] for frame in frames]
    )
    positions[(positions == 0.0).all(axis=2)] = np.nan
    if "pelvis" not in joints:
        hips = [joints.index(f"{side}_hip") for side in ("left", "right")]
        middle = positions[:, hips].mean(axis=1, keepdims=True)
        joints, positions = [*joints, "pelvis"], np.concatenate([positions, middle], axis=1)
    walk = PoseSequence.from_arrays(
        np.arange(len(frames)) / data["fps"],
        positions,
        joints,
        up=UP.get(name),
        source=f"gaitkit's {data['name']}",
    )
    truth = data["ground_truth"]
    marked = {}
    for kind, key in (("initial_contact", "hs_frames"), ("foot_off", "to_frames")):
        for side, numbers in truth.get(key, {}).items():
            marked[side, kind] = np.array(numbers) / data["fps"]
    return walk, marked


def event_errors(analysis: GaitAnalysis, marked: Marked, kind: str) -> EventErrors:
    """Match marked events with those that were found, one to one, nearest first, within 0.2 s."""
    count = found_count = 0
    errors: list[float] = []
    for side in ("left", "right"):
        found = np.array([e.time_s for e in analysis.events if e.side == side and e.kind == kind])
        true = marked[side, kind]
        count, found_count = count + len(true), found_count + len(found)
        apart = found[None, :] - true[:, None]
        while apart.size and np.nanmin(np.abs(apart), initial=np.inf) <= _NEAR_S:
            row, column = np.unravel_index(np.nanargmin(np.abs(apart)), apart.shape)
            errors.append(1000.0 * float(apart[row, column]))
            apart[row, :] = apart[:, column] = np.nan
    return EventErrors(count, found_count, len(errors), np.array(errors))
