"""A real trial, one camera at a time, before and after the fit: joints, and exchanged sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks import balance_trial
from benchmarks.accuracy import aligned_errors_mm
from benchmarks.balance_trial import REFERENCE_JOINTS
from benchmarks.reconstruction_parts.estimates import (
    Array,
    fitted,
    print_exchanges,
    sequence_of,
)
from benchmarks.reconstruction_parts.predicted import predict
from neuropose.analyzer import PoseSequence
from neuropose.skeletons import BLAZEPOSE_33

CANONICAL = {own: name for name, (own, *more) in BLAZEPOSE_33.canonical.items() if not more}
JOINTS = tuple(CANONICAL[name] for name in REFERENCE_JOINTS.values())
LEGS = frozenset({"knee", "ankle", "heel", "toe"})
ARMS = frozenset({"elbow", "wrist"})
CLEARLY_MM = 20.0
"""By how much, mean over the joints, another reading must fit better for a frame to be wrong."""
MOST_MEDIAN_MM, MOST_MEAN_MM = 60.0, 75.0


@dataclass(frozen=True)
class Row:
    """One camera; the last three count frames in which another reading fits clearly better."""

    camera: str
    stage: Literal["before", "after"]
    frames: int
    median_mm: float
    mean_mm: float
    legs: int
    arms: int
    turned: int


def show(kept: Path | None) -> list[dict[str, Any]]:
    """Print both stages of every camera."""
    rows = []
    print(f"{'':16}  aligned mm: median   mean   frames exchanged: legs  arms  front and back")
    for camera in balance_trial.CAMERAS:
        calibrated = balance_trial.calibration()[camera]
        predictions = predict(balance_trial.video(camera), calibrated.camera, kept)
        rows.append(_row(camera, "before", PoseSequence.from_predictions(predictions)))
        _print(rows[-1])
        reconstruction = fitted(predictions)
        rows.append(_row(camera, "after", sequence_of(reconstruction)))
        _print(rows[-1])
        print_exchanges(reconstruction)
    return [asdict(row) for row in rows]


def _row(camera: str, stage: Literal["before", "after"], sequence: PoseSequence) -> Row:
    reference = balance_trial.reference_of_frames_mm()
    calibrated = balance_trial.calibration()[camera]
    first = sequence.first_frame or 0
    reference = reference[first : first + len(sequence)]
    found = np.stack([sequence.joint(name) for name in JOINTS], axis=1)
    known = np.isfinite(found + reference).all(axis=(1, 2))
    found, reference = found[known], reference[known]
    errors_mm = aligned_errors_mm(found, reference)
    exchanged = exchanges(found, reference @ calibrated.rotation.T)
    return Row(
        camera=camera,
        stage=stage,
        frames=int(known.sum()),
        median_mm=float(np.median(errors_mm)),
        mean_mm=float(errors_mm.mean()),
        **{name: int(rows.sum()) for name, rows in exchanged.items()},
    )


def exchanges(found_mm: Array, true_mm: Array) -> Mapping[str, NDArray[np.bool_]]:
    """Say in which frames legs, arms, and front and back are exchanged.

    Poses of shape (T, J, 3) in the axes of one camera. Each is compared, moved and scaled but not
    turned, with the reference: as it is, with the sides of its legs, of its arms and of everything
    exchanged, and with everything exchanged and the depth turned round, which is a back that was
    taken for a front.
    """
    legs, arms = (_swapped(kinds) for kinds in (LEGS, ARMS))
    everything = _swapped(frozenset({"hip", "shoulder"}) | LEGS | ARMS)
    turned = found_mm * [1.0, 1.0, -1.0]
    readings = {
        "as it is": found_mm,
        "legs": found_mm[:, legs],
        "arms": found_mm[:, arms],
        "both": found_mm[:, legs][:, arms],
        "all": found_mm[:, everything],
        "turned": turned[:, everything],
    }
    errors_mm = np.stack([_moved_error_mm(each, true_mm) for each in readings.values()])
    best = errors_mm.argmin(axis=0)
    clearly = errors_mm.min(axis=0) < errors_mm[0] - CLEARLY_MM
    named = np.array(list(readings))[best]
    return {
        "legs": clearly & np.isin(named, ("legs", "both", "all", "turned")),
        "arms": clearly & np.isin(named, ("arms", "both", "all", "turned")),
        "turned": clearly & np.isin(named, ("all", "turned")),
    }


def _swapped(kinds: frozenset[str]) -> list[int]:
    """The column of each joint after those of these kinds have changed sides."""
    other = {"left": "right", "right": "left"}
    columns = []
    for name in JOINTS:
        side, _, kind = name.partition("_")
        columns.append(JOINTS.index(f"{other[side]}_{kind}" if kind in kinds else name))
    return columns


def _moved_error_mm(found_mm: Array, true_mm: Array) -> Array:
    """Mean joint error of each frame, shape (T,), after the best shift and scale."""
    found = found_mm - found_mm.mean(axis=1, keepdims=True)
    true = true_mm - true_mm.mean(axis=1, keepdims=True)
    scale = np.sum(found * true, axis=(1, 2)) / np.sum(found**2, axis=(1, 2))
    off = np.maximum(scale, 0.0)[:, None, None] * found - true
    return np.asarray(np.linalg.norm(off, axis=-1).mean(axis=1))


def _print(row: Row) -> None:
    reached = row.median_mm <= MOST_MEDIAN_MM and row.mean_mm <= MOST_MEAN_MM
    print(
        f"{row.camera:7} {row.stage:7} {row.median_mm:20.1f} {row.mean_mm:6.1f} "
        f"{'✓' if reached else '✗'} {row.legs:21d} {row.arms:5d} {row.turned:15d}"
    )
