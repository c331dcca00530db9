"""One movement that was recorded twice: both analysed, on one clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer import Angle, GaitAnalysis, PoseSequence, analyze_gait, joint_angles
from neuropose.analyzer.prepared import PreparedRecording, prepare_recording
from neuropose.analyzer.tasks.drawn import pair_nearest
from neuropose.analyzer.tasks.gait import STRIDE_MEASURES, GaitSettings
from neuropose.analyzer.tasks.gait.foot_events.find import KINDS
from neuropose.analyzer.tasks.gait.settings import EventSource
from neuropose.analyzer.tasks.gait.strides import Stride
from neuropose.data import ForcePlates
from neuropose.errors import AnalyzerError
from neuropose.filters import Preparation
from neuropose.skeletons.sides import SIDES
from neuropose.study.validation.pairing import REFERENCE, TEST, Exclusion
from neuropose.study.validation.synchronise import Synchrony, synchronise

Array = NDArray[np.float64]

POINTS = 101
"""Samples of a curve: 0 to 100 % of the stride."""

_EDGE_S = 0.2  # where a recording begins or ends no method sees an event whole
_NEAR_S = 0.25  # events further apart are different ones


@dataclass(frozen=True)
class EventPair:
    """An event, and when either recording says that it happened.

    Parameters
    ----------
    kind : str
        ``initial_contact`` or ``foot_off``.
    error_s : float
        Test less reference, seconds.
    standard_error_s : float or None
        What the test says of its error.
    """

    kind: str
    error_s: float
    standard_error_s: float | None


@dataclass(frozen=True)
class StridePair:
    """A stride that both recordings have, and its measures in either.

    Parameters
    ----------
    test, reference : mapping of str to float
        Values by the names of `STRIDE_MEASURES`. NaN: missing.
    """

    test: Mapping[str, float]
    reference: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class AnglePair:
    """One angle over one stride, or over all that both recordings saw.

    Parameters
    ----------
    name : str
        Angle, without its side.
    test_deg, reference_deg : ndarray, shape (P,)
        Evenly spaced in time.
    is_cycle : bool
        Whether it is a stride: `POINTS` samples.
    """

    name: str
    test_deg: Array
    reference_deg: Array
    is_cycle: bool


@dataclass(frozen=True, eq=False)
class ComparedPair:
    """What two recordings of one movement have in common.

    Parameters
    ----------
    subject, trial : str
        Who moves, and what the movement is called.
    synchrony : Synchrony
        The clock of the test.
    events : tuple of EventPair
        Events that both have.
    found, true : mapping of str to tuple of bool
        By kind: of the events of the test, and of those of the reference, whether the other has
        them.
    strides : tuple of StridePair
        Strides that both have, and summarise.
    angles : tuple of AnglePair
        Angles that both have.
    exclusions : tuple of Exclusion
        What was left out.
    """

    subject: str
    trial: str
    synchrony: Synchrony
    events: tuple[EventPair, ...]
    found: Mapping[str, tuple[bool, ...]]
    true: Mapping[str, tuple[bool, ...]]
    strides: tuple[StridePair, ...]
    angles: tuple[AnglePair, ...]
    exclusions: tuple[Exclusion, ...]


@dataclass(frozen=True, eq=False)
class _Analysed:
    """A recording with its gait, if there is one, and its angles."""

    prepared: PreparedRecording
    gait: GaitAnalysis | None
    angles: Mapping[str, Angle]
    refused: Mapping[str, str]
    reason: str | None


def compare_pair(
    subject: str,
    trial: str,
    test: PoseSequence,
    reference: PoseSequence,
    *,
    within_s: float | None = None,
    plates: ForcePlates | None = None,
) -> ComparedPair:
    """Compare two recordings of one movement.

    Parameters
    ----------
    subject, trial : str
        Who moves, and what the movement is called.
    test, reference : PoseSequence
        The recordings.
    within_s : float, optional
        See `synchronise`.
    plates : ForcePlates, optional
        Force plates of the reference: its events are then those of steps on one plate alone, and
        events of the test that no plate saw are neither right nor wrong.

    Returns
    -------
    ComparedPair
        Each recording is prepared and analysed as it is alone, on its own clock; only then are
        events and strides matched.

    Raises
    ------
    AnalyzerError
        If they cannot be put on one clock, or one of them cannot be prepared.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> walk = walker_sequence(simulate_walk())
    >>> pair = compare_pair("s01", "walk", walk, walk, within_s=0.0)
    >>> max(abs(event.error_s) for event in pair.events), all(pair.true["initial_contact"])
    (0.0, True)
    """
    mine, theirs = _analysed(test), _analysed(reference, plates)
    clock = synchronise(mine.prepared.sequence, theirs.prepared.sequence, within_s=within_s)
    left_out: list[tuple[str, str]] = []
    events: tuple[EventPair, ...] = ()
    strides: list[tuple[Stride, Stride]] = []
    found: dict[str, tuple[bool, ...]] = {}
    true: dict[str, tuple[bool, ...]] = {}
    if mine.gait is None or theirs.gait is None:
        side, which = (TEST, mine) if mine.gait is None else (REFERENCE, theirs)
        left_out.append(("gait", f"{side}: {which.reason}"))
    else:
        events, found, true, lost = _events(
            mine.gait, theirs.gait, clock, plates=plates is not None
        )
        left_out += lost
        strides, lost = _strides(mine.gait, theirs.gait, clock)
        left_out += lost
    measured, lost = _measures(strides)
    left_out += lost
    angles, lost = _angles(mine, theirs, strides, clock)
    left_out += lost
    return ComparedPair(
        subject,
        trial,
        clock,
        events,
        found,
        true,
        measured,
        angles,
        tuple(
            Exclusion(subject, trial, what, len(list(same)), reason)
            for (what, reason), same in groupby(sorted(left_out))
        ),
    )


def _analysed(recording: PoseSequence, plates: ForcePlates | None = None) -> _Analysed:
    gait, reason = None, None
    how = GaitSettings(events=EventSource.KINEMATICS if plates is None else EventSource.BOTH)
    try:
        gait = analyze_gait(recording, how, plates=plates)
        reason = gait.reason
    except AnalyzerError as error:
        reason = error.message
    if gait is not None and gait.walk is not None:
        prepared = gait.walk.prepared
    else:
        gait, prepared = None, prepare_recording(recording, Preparation())
    facing = None if gait is None else prepared.heading
    found = joint_angles(prepared.sequence, upright=prepared.vertical_or_none, facing=facing)
    return _Analysed(prepared, gait, found.angles, found.refused, reason)


_Lost = list[tuple[str, str]]


def _events(
    mine: GaitAnalysis, theirs: GaitAnalysis, clock: Synchrony, *, plates: bool
) -> tuple[tuple[EventPair, ...], dict[str, tuple[bool, ...]], dict[str, tuple[bool, ...]], _Lost]:
    pairs: list[EventPair] = []
    lost: _Lost = []
    found: dict[str, tuple[bool, ...]] = {}
    true: dict[str, tuple[bool, ...]] = {}
    from_s, to_s = clock.start_s + _EDGE_S, clock.end_s - _EDGE_S
    for kind in KINDS:
        for side in SIDES:
            own = [e for e in mine.events if (e.side, e.kind) == (side, kind)]
            other = [e for e in theirs.events if (e.side, e.kind) == (side, kind)]
            if plates:
                other = [e for e in other if e.of_plate]
            own_s = clock.to_reference(np.array([e.time_s for e in own]))
            other_s = np.array([e.time_s for e in other])
            rows, matches = pair_nearest(own_s, other_s, _NEAR_S)
            for which, times_s, paired, told in (
                (TEST, own_s, set(rows.tolist()), found),
                (REFERENCE, other_s, set(matches.tolist()), true),
            ):
                if plates and which == TEST:
                    continue  # most steps are beside the plates
                inside = (times_s >= from_s) & (times_s <= to_s)
                told[kind] = told.get(kind, ()) + tuple(
                    number in paired for number in np.flatnonzero(inside).tolist()
                )
                reason = f"{which}: within {_EDGE_S:g} s of where what both saw begins or ends"
                lost += [(kind, reason)] * int((~inside).sum())
            for row, match in zip(rows.tolist(), matches.tolist(), strict=True):
                if from_s <= other_s[match] <= to_s:
                    error_s = float(own_s[row] - other_s[match])
                    # Draws of a reconstruction have more to say, and are not measured here.
                    known = None if mine.recording.draw_count else own[row].standard_error_s
                    pairs.append(EventPair(kind, error_s, known))
    return tuple(pairs), found, true, lost


def _strides(
    mine: GaitAnalysis, theirs: GaitAnalysis, clock: Synchrony
) -> tuple[list[tuple[Stride, Stride]], _Lost]:
    pairs, lost = [], []
    for side in SIDES:
        own, other = mine.chosen(side, straight=False), theirs.chosen(side, straight=False)
        own_s, other_s = (
            np.array([[stride.start_s, stride.end_s] for stride in strides]).reshape(-1, 2)
            for strides in (own, other)
        )
        own_s = clock.to_reference(own_s)
        rows, matches = pair_nearest(own_s[:, 0], other_s[:, 0], _NEAR_S)
        same = np.abs(own_s[rows, 1] - other_s[matches, 1]) <= _NEAR_S
        rows, matches = rows[same], matches[same]
        lost += [("stride", f"only the {TEST} has it")] * (len(own) - len(rows))
        lost += [("stride", f"only the {REFERENCE} has it")] * (len(other) - len(matches))
        for row, match in zip(rows.tolist(), matches.tolist(), strict=True):
            reasons = [
                f"{which}: {stride.excluded}"
                for which, stride in ((TEST, own[row]), (REFERENCE, other[match]))
                if stride.excluded
            ]
            if reasons:
                lost.append(("stride", reasons[0]))
            else:
                pairs.append((own[row], other[match]))
    return pairs, lost


def _measures(strides: list[tuple[Stride, Stride]]) -> tuple[tuple[StridePair, ...], _Lost]:
    lost: _Lost = []
    for pair in strides:
        for name in STRIDE_MEASURES:
            lost += [
                (name, f"{which}: {stride.reasons.get(name, 'missing')}")
                for which, stride in zip((TEST, REFERENCE), pair, strict=True)
                if np.isnan(stride.values[name])
            ]
    return tuple(StridePair(own.values, other.values) for own, other in strides), lost


def _angles(
    mine: _Analysed, theirs: _Analysed, strides: list[tuple[Stride, Stride]], clock: Synchrony
) -> tuple[tuple[AnglePair, ...], _Lost]:
    pairs, lost = [], []
    for full in theirs.angles:
        side = next((each for each in SIDES if full.startswith(f"{each}_")), None)
        name = full if side is None else full.removeprefix(f"{side}_")
        reason = next(
            (
                f"{which}: {why}"
                for which, why in (
                    (TEST, mine.refused.get(full)),
                    (TEST, mine.angles[full].reason if full in mine.angles else None),
                    (REFERENCE, theirs.angles[full].reason),
                )
                if why
            ),
            None,
        )
        if reason is not None or full not in mine.angles:
            lost.append((name, reason or f"{TEST}: not measured"))
            continue
        spans = [
            (other.start_s, other.end_s, POINTS)
            for _, other in strides
            if other.side == (side or SIDES[0])
        ]
        is_cycle = bool(strides)
        if not is_cycle:
            rate_hz = theirs.prepared.rate_hz
            samples = int((clock.end_s - clock.start_s) * rate_hz)
            spans = [(clock.start_s, clock.end_s, samples)]
        for start_s, end_s, samples in spans:
            time_s = np.linspace(start_s, end_s, samples)
            test_deg = np.interp(
                clock.to_test(time_s),
                mine.prepared.time_s,
                mine.angles[full].values_deg,
                np.nan,
                np.nan,
            )
            reference_deg = np.interp(
                time_s, theirs.prepared.time_s, theirs.angles[full].values_deg, np.nan, np.nan
            )
            known = np.isfinite(test_deg) & np.isfinite(reference_deg)
            if is_cycle and not known.all():
                lost.append((name, "missing in a part of the stride"))
            elif known.sum() < 2:
                lost.append((name, "missing"))
            else:
                pairs.append(AnglePair(name, test_deg[known], reference_deg[known], is_cycle))
    return tuple(pairs), lost
