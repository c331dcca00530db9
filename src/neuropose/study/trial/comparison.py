"""Cycles of two recordings, or of two sides, compared pair by pair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from neuropose.analyzer.compare.alignment import Alignment, mirrored
from neuropose.analyzer.compare.dtw import ComparisonSettings, DtwResult
from neuropose.analyzer.compare.dtw.aligning import aligned
from neuropose.analyzer.compare.dtw.clocks import rates_differ
from neuropose.analyzer.compare.dtw.movements import compared
from neuropose.analyzer.compare.dtw.representation import (
    Represented,
    displacement,
    joints_of_angle,
    represent,
)
from neuropose.analyzer.kinematics.angles import ANGLES
from neuropose.errors import AlignmentError, SequenceError, SignalError
from neuropose.features import Segment
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.skeletons.sides import SIDES
from neuropose.study.contract.comparison import Dtw
from neuropose.study.trial.comparison_tables import Comparison, ComparisonTables
from neuropose.study.trial.cycles import cycle_of, signals_of
from neuropose.study.trial.segments import CutTrial

LEFT_RIGHT = "left_right"
"""Value of the side if left is compared with right."""

P = ParamSpec("P")
R = TypeVar("R")
_Pair = tuple[Sequence[Represented], Sequence[Alignment]]


@dataclass(frozen=True, eq=False)
class _Side:
    """What is compared: one side of two recordings, or both sides of one."""

    label: str | None
    first: tuple[Segment, ...]
    second: tuple[Segment, ...]
    reason: str  # if there is no pair


def compare_cycles(trial: CutTrial, reference: CutTrial | None, how: Dtw) -> Comparison:
    """Compare cycles by dynamic time warping, paired by their index within a side.

    Parameters
    ----------
    trial : CutTrial
        The recording, cut into cycles.
    reference : CutTrial or None
        Recording to compare with. None: left with right of the trial itself. The right side is
        mirrored, so that the left side of a left stride is compared with the right side of a
        right one.
    how : Dtw
        Settings of the comparison.

    Returns
    -------
    Comparison
        The first cycle that counts is paired with the first that counts, and so on: cycles that
        are excluded are not paired.

    Raises
    ------
    MissingJointsError, SequenceError, AlignmentError
        If a recording lacks what is compared; see `neuropose.analyzer.dtw_all`.

    Notes
    -----
    Vertical, heading, size and joint angles are found from whole recordings, and velocities are
    derivatives by time, before cycles are cut: a single cycle is too short to estimate them well,
    and its ends would depend on where it is cut. Only ``align="sequence"`` is of two cycles.
    """
    tables = ComparisonTables(how)
    for side in _sides(trial, reference):
        if side.first and side.second:
            _compare_side(trial, reference, side, how, tables)
        tables.summarise(side.label, len(side.first), len(side.second), side.reason)
    return tables.comparison((*trial.warnings, *(reference.warnings if reference else ())))


def _compare_side(
    trial: CutTrial,
    reference: CutTrial | None,
    side: _Side,
    how: Dtw,
    tables: ComparisonTables,
) -> None:
    first, own = trial.prepared.sequence, side.label
    if reference is None:
        own, names = "left", ("the left side", "the right side")
        second = mirrored(first, trial.prepared.vertical.up)
    else:
        names = ("the recording", "the reference")
        second = reference.prepared.sequence
        _doubt_rates(first, second, how, tables)
    settings = how.settings(_with_side(how.names, own, first))
    relation = _with_side(how.relation, own, first)
    if how.align == "body":
        tables.warn(*trial.prepared.heading.warnings)  # and it is among the choices of the report
    pair_up = _pair_up((first, second), settings, relation, names, how.points, tables)
    pairs = list(zip(side.first, side.second, strict=False))
    _doubt_points([each for pair in pairs for each in pair], trial, how, tables)
    for one, other in pairs:
        pair, problem = _tried(pair_up, one, other)
        if pair is None:
            tables.add(side.label, one, other, None, problem)
            continue
        result, problem = _tried(_compare, pair, settings)
        tables.add(side.label, one, other, result, problem, pair[0])
        for name in pair[0][0].signals if how.per_joint else ():
            result, problem = _tried(_compare, pair, settings, name)
            tables.add(side.label, one, other, result, problem, pair[0], name)


def _pair_up(
    movements: tuple[PoseSequence, PoseSequence],
    settings: ComparisonSettings,
    relation: tuple[str, ...] | None,
    names: tuple[str, str],
    points: int | None,
    tables: ComparisonTables,
) -> Callable[[Segment, Segment], _Pair]:
    """Return the function that cuts and represents a pair of cycles."""

    def shown(laid: Sequence[PoseSequence]) -> list[Represented]:
        if relation is None:
            return represent(laid, settings, names)
        return displacement(laid, relation[0], relation[1], settings, names)

    if settings.align == "sequence":

        def cut_first(*cycles: Segment) -> _Pair:
            cut = [cycle_of(*each, points) for each in zip(movements, cycles, strict=True)]
            laid, alignments = aligned(cut, settings)
            return shown(laid), alignments

        return cut_first
    whole = shown(aligned(movements, settings)[0])
    for each in whole:
        tables.warn(*each.warnings)

    def cut_last(*cycles: Segment) -> _Pair:
        return [signals_of(*each, points) for each in zip(whole, cycles, strict=True)], ()

    return cut_last


def _compare(pair: _Pair, settings: ComparisonSettings, *names: str) -> DtwResult:
    signals, alignments = pair
    return compared(signals, settings, True, alignments, *names)


def _tried(
    measure: Callable[P, R], *of_pair: P.args, **none: P.kwargs
) -> tuple[R | None, str | None]:
    """Return the result of a function of a pair, or why this pair has none."""
    try:
        return measure(*of_pair, **none), None
    except (SignalError, SequenceError, AlignmentError) as error:
        return None, error.message


def _with_side(
    names: Sequence[str] | None, side: str | None, movement: PoseSequence
) -> tuple[str, ...] | None:
    """Prefix names that belong to a side with the side, if they lack it."""
    if names is None:
        return None

    def own(name: str) -> str:
        joints = joints_of_angle(name)
        if joints is not None:
            return ",".join(map(own, joints))
        sided = f"{side}_{name}"
        return sided if sided in ANGLES or movement.has(sided) else name

    return tuple(map(own, names))


def _doubt_rates(
    first: PoseSequence, second: PoseSequence, how: Dtw, tables: ComparisonTables
) -> None:
    if how.points is None and rates_differ((first, second)):
        one_hz, other_hz = first.sampling_rate_hz, second.sampling_rate_hz
        tables.warn(
            f"frames are compared at {one_hz:.4g} and {other_hz:.4g} a second, which alone adds to "
            "the distance: set preparation.rate_hz, or points"
        )


def _doubt_points(
    cycles: Sequence[Segment], trial: CutTrial, how: Dtw, tables: ComparisonTables
) -> None:
    cutoff_hz = trial.prepared.record.settings.cutoff_hz
    longest_s = max(each.end_s - each.start_s for each in cycles)
    if how.points and cutoff_hz and how.points - 1 < 2.0 * cutoff_hz * longest_s:
        tables.warn(
            f"{how.points} points cannot represent what is faster than "
            f"{0.5 * (how.points - 1) / longest_s:.2g} Hz in a cycle of {longest_s:.3g} s"
        )


def _sides(trial: CutTrial, reference: CutTrial | None) -> list[_Side]:
    if reference is None:
        first, second = trial.counted("left"), trial.counted("right")
        which = "left" if not first else "right"
        reason = trial.reason or f"the {which} side has no cycle that counts"
        return [_Side(LEFT_RIGHT, first, second, reason)]
    found = [side for side in (*SIDES, None) if trial.has(side) or reference.has(side)] or [None]
    sides = []
    for side in found:
        first, second = trial.counted(side), reference.counted(side)
        reason = (
            trial.reason or "the recording has no cycle that counts"
            if not first
            else f"the reference has none: {reference.reason or 'no cycle of it counts'}"
        )
        sides.append(_Side(side, first, second, reason))
    return sides
