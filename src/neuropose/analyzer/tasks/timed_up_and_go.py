"""The timed up and go: its phases, its turns and the steps in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveFloat

from neuropose.analyzer.prepared import PreparedRecording, prepare_recording
from neuropose.analyzer.signals.spans import Span, span_round, spans_above
from neuropose.analyzer.signals.turns import Turn, TurnSettings, find_turns
from neuropose.analyzer.tasks.chair import ChairSettings, Stand, find_stands
from neuropose.analyzer.tasks.drawn import with_standard_errors
from neuropose.analyzer.tasks.findings import Findings
from neuropose.analyzer.tasks.settings import TaskSettings
from neuropose.data import Event, Report, Table
from neuropose.filters import fill_gaps, low_pass
from neuropose.sequence.pose_sequence import PoseSequence

Array = NDArray[np.float64]

UNITS = {
    "duration": "s",
    "stand_up_duration": "s",
    "walk_out_duration": "s",
    "turn_duration": "s",
    "walk_back_duration": "s",
    "turn_to_sit_duration": "s",
    "turn_angle": "deg",
    "turn_peak_speed": "deg/s",
    "turn_steps": "1",
    "turn_to_sit_angle": "deg",
    "turn_to_sit_peak_speed": "deg/s",
    "steps": "1",
}
_FEET = ("left_ankle", "right_ankle")
_JOINTS = ("pelvis", "neck", "left_hip", "right_hip", *_FEET)


class TimedUpAndGoSettings(TaskSettings):
    """How a timed up and go is measured.

    Parameters
    ----------
    chair : ChairSettings
        What counts as rising and sitting down.
    turning : TurnSettings
        What counts as a turn.
    turn_edge_cutoff_hz : float
        Low-pass of the pelvis's direction, to find where a turn begins and ends: the pelvis turns
        to and fro with every stride as well. It makes a turn of 180° in 1.2 s seem 0.3 s longer.
    turn_peak_cutoff_hz : float
        Low-pass for the peak speed and the angle. It lowers the peak of a turn in 1.8 s by 1 %, of
        one in 1.2 s by 6 %; what the stride leaves in it is up to 10 % of a turn in 3 s.
    least_turn_deg : float
        Least angle of the two turns of the test.
    least_walk_mm : float
        Least distance from the chair to the turn.
    moving_mm_s : float
        The test begins where the shoulders become faster than this, before the rise.
    longest_gap_s : float
        A subject who is upright before and after a shorter gap, seconds, was upright in it.
    swing_mm_s, least_step_mm : float
        A step is a movement of a foot along the floor faster than `swing_mm_s`, over at least
        `least_step_mm`.
    """

    chair: ChairSettings = ChairSettings()
    turning: TurnSettings = TurnSettings()
    turn_edge_cutoff_hz: PositiveFloat = 0.7
    turn_peak_cutoff_hz: PositiveFloat = 1.0
    least_turn_deg: PositiveFloat = 90.0
    least_walk_mm: PositiveFloat = 1500.0
    moving_mm_s: PositiveFloat = 100.0
    longest_gap_s: PositiveFloat = 1.0
    swing_mm_s: PositiveFloat = 200.0
    least_step_mm: PositiveFloat = 60.0


@dataclass(frozen=True, slots=True)
class _Phases:
    """Times at which one phase ends and the next begins, seconds; and what they came from."""

    times_s: Array
    stand: Stand
    turns: tuple[Turn, Turn]


@with_standard_errors
def measure_timed_up_and_go(
    recording: PoseSequence, settings: TimedUpAndGoSettings | None = None
) -> Report:
    """Measure one timed up and go.

    Parameters
    ----------
    recording : PoseSequence
        Recording that starts before the person rises and ends after they have sat down.
    settings : TimedUpAndGoSettings, optional
        Thresholds of rise and turns; default: `TimedUpAndGoSettings()`.

    Returns
    -------
    Report
        ``duration``; ``stand_up_duration`` (from the first movement of the shoulders until the
        pelvis is up), ``walk_out_duration``, ``turn_duration``, ``walk_back_duration`` and
        ``turn_to_sit_duration`` (from the beginning of the second turn until the pelvis is down);
        of both turns angle (to the left positive) and peak speed; ``turn_steps`` (steps that end
        in the first turn) and ``steps`` in all. If a phase is missing, none of them has a value:
        the reason states what is missing.

    Raises
    ------
    MissingJointsError
        If the skeleton has no pelvis, neck, hips or ankles.

    Notes
    -----
    Podsiadlo & Richardson 1991, J Am Geriatr Soc 39:142; its phases: Salarian et al. 2010, IEEE
    Trans Neural Syst Rehabil Eng 18:303. Turns: `neuropose.analyzer.signals.turns`, of the pelvis;
    the two low-pass filters are a compromise of our own between its swing in every stride and quick
    turns. A stopwatch runs from "go", so it has the reaction time as well; this duration begins
    with the movement.

    Examples
    --------
    >>> from neuropose.testing import simulate_timed_up_and_go
    >>> report = measure_timed_up_and_go(simulate_timed_up_and_go().sequence)
    >>> round(report.measures["duration"].value, 1), report.measures["turn_steps"].value
    (14.4, 3.0)
    """
    settings = TimedUpAndGoSettings() if settings is None else settings
    found, prepared = Findings("timed_up_and_go", UNITS), None
    recording.require(*_JOINTS)
    with found.refusals():
        prepared = prepare_recording(recording, settings.preparation)
        phases = _phases(prepared, settings, found)
        if phases is not None:
            _measure(prepared, phases, settings, found)
    return found.report(recording, settings, prepared)


def _phases(
    prepared: PreparedRecording, settings: TimedUpAndGoSettings, found: Findings
) -> _Phases | None:
    stand = _longest_stand(prepared, settings, found)
    start_s, end_s = float(prepared.time_s[0]), float(prepared.time_s[-1])
    if stand is not None and stand.rise is not None:
        start_s = stand.rise.end_s
    if stand is not None and stand.descent is not None:
        end_s = stand.descent.end_s
    turns = [
        turn
        for turn in turns_of(prepared, settings)
        if abs(turn.angle_deg) >= settings.least_turn_deg
        and turn.start_s > start_s
        and turn.start_s < end_s
    ]
    there = {
        "rising from the chair": stand is not None and stand.rise is not None,
        "a turn": len(turns) > 0,
        "a turn before sitting down": len(turns) > 1,
        "sitting down": stand is not None and stand.descent is not None,
    }
    if stand is None or stand.rise is None or stand.descent is None or len(turns) < 2:
        lacking = ", ".join(name for name, is_there in there.items() if not is_there)
        found.miss(f"the timed up and go is incomplete; missing: {lacking}{_lost(prepared)}")
        return None
    if len(turns) > 2:
        found.warnings.append(f"{len(turns)} turns: the first and the last were taken")
    begin_s = _first_movement_s(prepared, stand.rise, settings)
    times = [
        begin_s,
        stand.rise.end_s,
        turns[0].start_s,
        turns[0].end_s,
        turns[-1].start_s,
        stand.descent.end_s,
    ]
    if np.isnan(times).any():
        found.miss(f"the recording begins too late, or ends too early{_lost(prepared)}")
        return None
    walked_mm = _walked_mm(prepared, times[1], times[3])
    if walked_mm < settings.least_walk_mm:
        found.miss(f"the person walks only {walked_mm:.0f} mm away from the chair")
        return None
    return _Phases(np.array(times), stand, (turns[0], turns[-1]))


def turns_of(prepared: PreparedRecording, settings: TimedUpAndGoSettings) -> tuple[Turn, ...]:
    """Find the turns of the pelvis.

    Parameters
    ----------
    prepared : PreparedRecording
        The prepared recording with its reference frame.
    settings : TimedUpAndGoSettings
        Thresholds of the turns and of the chair.

    Returns
    -------
    tuple of Turn

    Raises
    ------
    SignalError
        If the frame rate is too low for the low-pass.
    """
    return find_turns(
        prepared.time_s,
        _facing_deg(prepared, settings.turn_edge_cutoff_hz),
        settings.turning,
        sharper_deg=_facing_deg(prepared, settings.turn_peak_cutoff_hz),
    )


def _facing_deg(prepared: PreparedRecording, cutoff_hz: float) -> Array:
    """Return the heading of the pelvis.

    Degrees from the first known heading, positive to the left, unwrapped, smooth. NaN: missing.
    """
    pelvis, up = prepared.heading.pelvis, prepared.vertical.up
    known = np.flatnonzero(np.isfinite(pelvis).all(axis=1))
    heading_deg = np.full(len(pelvis), np.nan)
    if not len(known):
        return heading_deg
    first = pelvis[known[0]]
    left = np.cross(up, first)
    heading_deg[known] = np.degrees(
        np.unwrap(np.arctan2(pelvis[known] @ left, pelvis[known] @ first))
    )
    return low_pass(heading_deg, rate_hz=prepared.rate_hz, cutoff_hz=cutoff_hz).values


def _longest_stand(
    prepared: PreparedRecording, settings: TimedUpAndGoSettings, found: Findings
) -> Stand | None:
    height = prepared.height_mm("pelvis")
    speed = prepared.rate_of_change(height)
    known = fill_gaps(height, limit_s=settings.longest_gap_s, time_s=prepared.time_s).values
    stands = find_stands(prepared.time_s, known, speed, settings.chair)
    if not stands:
        return None
    if len(stands) > 1:
        found.warnings.append(f"the person is up {len(stands)} times: the longest was taken")
    return max(stands, key=lambda stand: _up_s(prepared, stand))


def _lost(prepared: PreparedRecording) -> str:
    """Return for how long the person is missing between the first frame and the last, if at all."""
    there = np.flatnonzero(~prepared.was_missing("pelvis"))
    if not len(there):
        return "; the pelvis is missing in every frame"
    lost_s = (there[-1] - there[0] + 1 - len(there)) / prepared.rate_hz
    return f"; the pelvis is missing for {lost_s:.1f} s in between" if lost_s else ""


def _up_s(prepared: PreparedRecording, stand: Stand) -> float:
    start_s = prepared.time_s[0] if stand.rise is None else stand.rise.end_s
    end_s = prepared.time_s[-1] if stand.descent is None else stand.descent.start_s
    return float(np.nan_to_num(end_s - start_s))


def _first_movement_s(
    prepared: PreparedRecording, rise: Span, settings: TimedUpAndGoSettings
) -> float:
    """Find the time before the rise at which the shoulders begin to move."""
    speed = prepared.speed_mm_s("neck")
    if not speed[rise.first] > settings.moving_mm_s:
        return rise.start_s
    return span_round(prepared.time_s, speed, rise.first, settings.moving_mm_s).start_s


def _walked_mm(prepared: PreparedRecording, start_s: float, end_s: float) -> float:
    """Return the greatest horizontal distance of the pelvis from its first place."""
    pelvis, up = prepared.sequence.joint("pelvis"), prepared.vertical.up
    inside = (prepared.time_s >= start_s) & (prepared.time_s <= end_s)
    path = pelvis[inside] - pelvis[inside][:1]
    away = np.linalg.norm(path - (path @ up)[:, None] * up, axis=1)
    return float(np.nanmax(away)) if np.isfinite(away).any() else 0.0


def _step_ends_s(prepared: PreparedRecording, settings: TimedUpAndGoSettings) -> Array:
    """Return when each foot comes to rest after it has moved along the floor."""
    up, ends = prepared.vertical.up, []
    for joint in _FEET:
        position = prepared.sequence.joint(joint)
        level = position - (position @ up)[:, None] * up
        speed = np.linalg.norm(prepared.rate_of_change(level), axis=1)
        for span in spans_above(prepared.time_s, speed, settings.swing_mm_s):
            moved_mm = np.linalg.norm(level[span.last] - level[span.first])
            if moved_mm >= settings.least_step_mm:
                ends.append(float(prepared.time_s[span.last]))
    return np.sort(ends)


def _count_steps(
    prepared: PreparedRecording,
    name: str,
    between_s: tuple[float, float],
    settings: TimedUpAndGoSettings,
    trust: float,
    found: Findings,
) -> None:
    start_s, end_s = between_s
    inside = (prepared.time_s >= start_s) & (prepared.time_s <= end_s)
    feet = np.stack(prepared.sequence.require(*_FEET))[:, inside]
    ends = _step_ends_s(prepared, settings)
    count = int(((ends >= start_s) & (ends <= end_s)).sum())
    found.give(
        name,
        count if np.isfinite(feet).all() else float("nan"),
        confidence=trust,
        reason="an ankle is missing for a while: steps may be missing as well",
    )


def _measure(
    prepared: PreparedRecording, phases: _Phases, settings: TimedUpAndGoSettings, found: Findings
) -> None:
    times, names = phases.times_s, list(UNITS)[1:6]
    trust = prepared.vertical.confidence * prepared.confidence(
        *_JOINTS, start_s=float(times[0]), end_s=float(times[-1])
    )
    found.give("duration", times[-1] - times[0], confidence=trust)
    for name, duration_s in zip(names, np.diff(times), strict=True):
        found.give(
            name,
            duration_s if duration_s >= 0.0 else float("nan"),
            confidence=trust,
            reason="the second turn begins before the first ends",
        )
        found.events.append(
            Event(
                name=name.removesuffix("_duration"),
                time_s=float(times[names.index(name)]),
                confidence=trust,
            )
        )
    found.events.append(Event(name="seated", time_s=float(times[-1]), confidence=trust))
    for name, turn in zip(("turn", "turn_to_sit"), phases.turns, strict=True):
        sure = trust * prepared.heading.confidence
        found.give(f"{name}_angle", turn.angle_deg, confidence=sure)
        found.give(f"{name}_peak_speed", turn.peak_deg_s, confidence=sure)
    first = phases.turns[0]
    _count_steps(prepared, "turn_steps", (first.start_s, first.end_s), settings, trust, found)
    _count_steps(prepared, "steps", (times[0], times[-1]), settings, trust, found)
    found.tables["phases"] = Table.from_columns(
        {
            "phase": (None, [name.removesuffix("_duration") for name in names]),
            "start": ("s", times[:-1]),
            "end": ("s", times[1:]),
        }
    )
