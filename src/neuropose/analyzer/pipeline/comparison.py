"""Cycles of two recordings, or of two sides, compared pair by pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.angles import ANGLES, joint_angles
from neuropose.analyzer.features import Segment
from neuropose.analyzer.filters import differentiate
from neuropose.analyzer.gait import normalise_cycles, summarise
from neuropose.analyzer.pipeline.contract import Dtw
from neuropose.analyzer.pipeline.segments import CutTrial
from neuropose.analyzer.pipeline.warping import warped_distance
from neuropose.io import Measure, Table

Array = NDArray[np.float64]

UNITS = {"angles": "deg", "coords": "mm", "velocities": "mm/s"}
_INCOMPLETE = "a joint is missing within one of the two"


@dataclass(frozen=True)
class Comparison:
    """What came of comparing.

    Parameters
    ----------
    table : Table
        A row a pair.
    measures : mapping of str to Measure
    """

    table: Table
    measures: dict[str, Measure]


def compare_cycles(trial: CutTrial, reference: CutTrial | None, how: Dtw) -> Comparison:
    """Compare cycles by dynamic time warping, paired by their index within a side.

    Parameters
    ----------
    trial : CutTrial
    reference : CutTrial or None
        None: left against right of the trial itself.
    how : Dtw

    Returns
    -------
    Comparison
        For each side its mean distance and the number of cycles without a partner, on either
        side of the comparison. The first cycle that counts is paired with the first that counts,
        and so on: cycles that are excluded are not paired.

    Raises
    ------
    MissingJointsError
        If a skeleton does not give what is compared.
    """
    unit = UNITS[how.representation]
    if how.cost == "squared":
        unit = f"({unit})²"
    rows: dict[str, list[object]] = {
        name: [] for name in ("side", "first", "second", "distance", "reason")
    }
    measures: dict[str, Measure] = {}
    for label, first, second in _pairings(trial, reference):
        ours = _Curves(trial, how)
        theirs = ours if reference is None else _Curves(reference, how)
        distances = []
        for one, other in zip(first, second, strict=False):
            a, b = ours.of(one), theirs.of(other)
            known = bool(np.isfinite(a).all() and np.isfinite(b).all())
            distance = (
                warped_distance(a, b, cost=how.cost, step_pattern=how.step_pattern, band=how.band)
                if known
                else np.nan
            )
            distances.append(distance)
            cells = (label, one.number, other.number, distance, None if known else _INCOMPLETE)
            for name, cell in zip(rows, cells, strict=True):
                rows[name].append(cell)
        end = f"_{label}" if label in ("left", "right") else ""
        unpaired = abs(len(first) - len(second))
        measures[f"dtw_distance{end}"] = summarise(
            distances, unit, reason=_why(trial, reference, first, second)
        )
        measures[f"unpaired_cycles{end}"] = Measure(
            value=float(unpaired), unit="1", n=len(first) + len(second)
        )
    units = {"distance": unit}
    table = Table.from_columns(
        {name: (units.get(name), np.array(cells, dtype=object)) for name, cells in rows.items()}
    )
    return Comparison(table, measures)


def _pairings(
    trial: CutTrial, reference: CutTrial | None
) -> list[tuple[str | None, tuple[Segment, ...], tuple[Segment, ...]]]:
    if reference is None:
        return [("left_right", trial.counted("left"), trial.counted("right"))]
    sides = [side for side in ("left", "right", None) if _has(trial, side) or _has(reference, side)]
    return [(side, trial.counted(side), reference.counted(side)) for side in sides or [None]]


def _has(trial: CutTrial, side: str | None) -> bool:
    return any(each.side == side for each in trial.segments)


def _why(
    trial: CutTrial,
    reference: CutTrial | None,
    first: tuple[Segment, ...],
    second: tuple[Segment, ...],
) -> str:
    if not first:
        return trial.reason or "the recording has no cycle that counts"
    if not second and reference is not None:
        return f"the reference has none: {reference.reason or 'no cycle of it counts'}"
    return _INCOMPLETE if second else "the right side has no cycle that counts"


class _Curves:
    """Curves of one recording, cut when they are asked for."""

    def __init__(self, trial: CutTrial, how: Dtw) -> None:
        self._trial, self._how = trial, how
        self._known: dict[str | None, list[Array]] = {}

    def of(self, segment: Segment) -> Array:
        """Curves of a segment, shape (POINTS, D)."""
        if segment.side not in self._known:
            self._known[segment.side] = list(self._signals(segment.side))
        time_s = self._trial.scene.time_s
        cut = [
            normalise_cycles(time_s, signal, [segment.start_s], [segment.end_s]).values[0]
            for signal in self._known[segment.side]
        ]
        return np.stack(cut, axis=1)

    def _signals(self, side: str | None) -> list[Array]:
        scene = self._trial.scene
        if self._how.representation == "angles":
            names = [
                f"{side}_{name}" if f"{side}_{name}" in ANGLES else name for name in self._how.names
            ]
            found = joint_angles(scene.sequence, names, upright=scene.upright)
            return [found[name].values_deg for name in names]
        names = [
            f"{side}_{name}" if side and scene.sequence.has(f"{side}_{name}") else name
            for name in self._how.names
        ]
        *points, pelvis = scene.sequence.require(*names, "pelvis")
        ahead = scene.ahead
        # Sideways is away from the middle of the body, so that left and right can be compared.
        outward = -ahead.right if side == "left" else ahead.right
        signals = []
        for point in points:
            local = point - pelvis
            parts = [(local * axis).sum(axis=1) for axis in (ahead.forward, ahead.up, outward)]
            if self._how.representation == "velocities":
                parts = [differentiate(part, rate_hz=scene.rate_hz) for part in parts]
            signals += parts
        return signals
