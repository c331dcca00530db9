"""Repeated movements: rate, rhythm and pauses, and whether they become smaller and slower."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neuropose.analyzer.prepared import PreparedRecording, prepare_recording
from neuropose.analyzer.signals.repetitions import RepetitionSettings, find_repetitions
from neuropose.analyzer.signals.selected import follow, refuse_fingers
from neuropose.analyzer.signals.smoothness import sparc
from neuropose.analyzer.signals.vocabulary import Signal
from neuropose.analyzer.tasks.drawn import with_standard_errors
from neuropose.analyzer.tasks.findings import Findings
from neuropose.analyzer.tasks.settings import TaskSettings
from neuropose.data import Choice, Repetition, Report, SegmentSignal, Table
from neuropose.errors import SignalError
from neuropose.filters import Preparation
from neuropose.grammar import counted
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.skeletons.sides import SIDES, Side

Array = NDArray[np.float64]

_LEAST_CONFIDENCE = 0.5
_FINGERS = (
    "a body skeleton has no fingertips: the thumb and index points of some are on the palm, and "
    "their distance says nothing about {movement}. It needs a hand model"
)


class RepeatedMovement(StrEnum):
    """Movement that is repeated."""

    LEG_AGILITY = "leg_agility"
    """The foot is lifted and stamped (MDS-UPDRS 3.8): height of the ankle."""
    TOE_TAPPING = "toe_tapping"
    """The toes are lifted, the heel stays (MDS-UPDRS 3.7): height of the toe above the heel."""
    FINGER_TAPPING = "finger_tapping"
    """Not supported (MDS-UPDRS 3.4): no fingers."""
    HAND_OPENING = "hand_opening"
    """Not supported (MDS-UPDRS 3.5): no fingers."""
    PRONATION_SUPINATION = "pronation_supination"
    """Not supported (MDS-UPDRS 3.6): no fingers."""


_REFUSED = {
    RepeatedMovement.FINGER_TAPPING: "finger tapping",
    RepeatedMovement.HAND_OPENING: "opening and closing the hand",
    RepeatedMovement.PRONATION_SUPINATION: "turning the hand",
}
_JOINTS = {
    RepeatedMovement.LEG_AGILITY: ("ankle",),
    RepeatedMovement.TOE_TAPPING: ("toe", "heel"),
}


class DecaySettings(TaskSettings):
    """How repeated movements are measured.

    Parameters
    ----------
    movement : RepeatedMovement
        The movement; not used if a `signal` is given.
    side : {"left", "right"} or None
        Side that moves. None: the one that moves most.
    signal : SegmentSignal or None
        What to follow instead: a coordinate, distance, speed or angle of joints, or a joint angle.
    repetitions : RepetitionSettings
        How repetitions are distinguished from one another. Movements of less than 10 (mm, degrees
        or mm/s) are within the noise of poses from video.
    pause_factor : float
        An interval longer than this factor times the median is a pause.
    least_count : int
        Fewer repetitions say nothing about a decay.
    preparation : Preparation
        How trajectories are prepared; the low-pass is 10 Hz, as taps are quick.
    """

    movement: RepeatedMovement = RepeatedMovement.LEG_AGILITY
    side: Side | None = None
    signal: Signal | None = None
    repetitions: RepetitionSettings = RepetitionSettings(min_distance_s=0.15, least_prominence=10.0)
    pause_factor: Annotated[float, Field(gt=1.0)] = 1.5
    least_count: Annotated[int, Field(ge=6)] = 6
    preparation: Preparation = Preparation(cutoff_hz=10.0)


class _Followed(NamedTuple):
    values: Array
    was_missing: NDArray[np.bool_]
    trust: float
    reason: str | None = None


@with_standard_errors
def measure_decay(recording: PoseSequence, settings: DecaySettings | None = None) -> Report:
    """Measure repeated movements, and how they change from the early to the late third.

    Parameters
    ----------
    recording : PoseSequence
        Recording of one series of repetitions.
    settings : DecaySettings, optional
        Movement, side, signal and thresholds; default: `DecaySettings()`.

    Returns
    -------
    Report
        ``repetitions``, ``rate``, ``interval`` (from peak to peak), ``interval_cv`` (rhythm),
        ``pauses`` (intervals longer than `pause_factor` times the median) and ``longest_pause``
        (beyond the median); ``amplitude`` (peak above its valleys) and ``peak_speed`` (fastest
        change of the signal in either direction) over all repetitions, of the early third
        (``_early``) and of the late one (``_late``); ``amplitude_decay``, ``speed_decay``: by how
        much the late third is smaller, percent of the early one; ``interval_increase`` likewise;
        ``amplitude_slope``: of the straight line through all amplitudes, percent of their mean a
        repetition; ``sparc``: smoothness of each movement from valley to peak. The table
        ``repetitions`` lists them one by one.

    Raises
    ------
    MissingJointsError
        If the skeleton has no such joints.

    Notes
    -----
    The signs of bradykinesia that the MDS-UPDRS assesses (Goetz et al. 2008, Mov Disord 23:2129,
    items 3.4 to 3.8): speed, amplitude, hesitations, decrement. The slope is the sequence effect
    of Bologna et al. 2020, Brain 143:727. What these numbers mean for a score is not known.

    Examples
    --------
    >>> from neuropose.testing import simulate_taps
    >>> report = measure_decay(simulate_taps([120.0, 110.0, 100.0, 90.0, 80.0, 70.0]).sequence)
    >>> round(report.measures["amplitude_decay"].value), round(report.measures["rate"].value, 2)
    (35, 2.0)
    """
    settings = DecaySettings() if settings is None else settings
    unit = "mm" if settings.signal is None else settings.signal.unit
    found, prepared = Findings("repetitions", _units(unit)), None
    if settings.signal is None and settings.movement in _REFUSED:
        found.miss(_FINGERS.format(movement=_REFUSED[settings.movement]))
        return found.report(recording, settings, None)
    sides = _sides(recording, settings)
    with found.refusals():
        prepared = prepare_recording(recording, settings.preparation)
        chosen = _follow(prepared, sides, settings, found)
        _measure(prepared, chosen, settings, found)
    return found.report(recording, settings, prepared)


def _units(unit: str) -> dict[str, str]:
    speed = "mm/s²" if unit == "mm/s" else f"{unit}/s"
    return {
        "repetitions": "1",
        "rate": "Hz",
        "interval": "s",
        "interval_cv": "%",
        "pauses": "1",
        "longest_pause": "s",
        "amplitude": unit,
        "amplitude_early": unit,
        "amplitude_late": unit,
        "amplitude_decay": "%",
        "amplitude_slope": "%",
        "peak_speed": speed,
        "peak_speed_early": speed,
        "peak_speed_late": speed,
        "speed_decay": "%",
        "interval_increase": "%",
        "sparc": "1",
    }


def _sides(recording: PoseSequence, settings: DecaySettings) -> dict[str, tuple[str, ...]]:
    """Joints to follow, by side; one entry if there is nothing to choose."""
    if settings.signal is not None:
        refuse_fingers(recording, settings.signal.joints)
        recording.require(*settings.signal.joints)
        return {"": settings.signal.joints}
    sides: tuple[Side, ...] = SIDES if settings.side is None else (settings.side,)
    joints: dict[str, tuple[str, ...]] = {
        side: tuple(f"{side}_{joint}" for joint in _JOINTS[settings.movement]) for side in sides
    }
    recording.require(*(joint for names in joints.values() for joint in names))
    return joints


def _follow(
    prepared: PreparedRecording,
    sides: dict[str, tuple[str, ...]],
    settings: DecaySettings,
    found: Findings,
) -> _Followed:
    if settings.signal is not None:
        return _follow_signal(prepared, settings.signal, found)
    heights = {side: _height_mm(prepared, joints) for side, joints in sides.items()}
    ranges = {side: _range(each) for side, each in heights.items()}
    side = max(ranges, key=lambda each: ranges[each])
    moved = ", ".join(f"the {each} one {ranges[each]:.0f} mm" for each in sides)
    found.choices["side"] = Choice(
        method=side,
        warnings=() if len(sides) == 1 else (f"the side that moved most was taken: {moved}",),
    )
    joints = sides[side]
    trust = prepared.confidence(*joints) * prepared.vertical.confidence
    return _Followed(heights[side], prepared.was_missing(*joints), trust)


def _follow_signal(
    prepared: PreparedRecording, signal: SegmentSignal, found: Findings
) -> _Followed:
    followed = follow(prepared, signal)
    found.choices["signal"] = Choice(method=signal.description, warnings=followed.warnings)
    if signal.angle is not None:
        trust = followed.confidence * float(1.0 - followed.was_missing.mean())
        return _Followed(followed.values, followed.was_missing, trust, followed.reason)
    trust = prepared.confidence(*signal.joints)
    if signal.needs_vertical:
        trust *= prepared.vertical.confidence
    return _Followed(followed.values, followed.was_missing, trust)


def _height_mm(prepared: PreparedRecording, joints: tuple[str, ...]) -> Array:
    """Height of the first joint, above the second if there is one."""
    heights = [prepared.height_mm(joint) for joint in joints]
    return heights[0] if len(heights) == 1 else heights[0] - heights[1]


def _range(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(np.ptp(np.percentile(known, [2.0, 98.0]))) if len(known) else 0.0


def _measure(
    prepared: PreparedRecording, chosen: _Followed, settings: DecaySettings, found: Findings
) -> None:
    if chosen.reason is not None:
        found.miss(chosen.reason)
        return
    all_found = find_repetitions(
        prepared.time_s,
        chosen.values,
        settings.repetitions,
        filled=chosen.was_missing,
    )
    speed = np.abs(prepared.rate_of_change(chosen.values))
    rows = [_row(chosen.values, speed, prepared.rate_hz, each) for each in all_found]
    found.tables["repetitions"] = Table.from_columns(
        {
            name: (unit, [row[name] for row in rows])
            for name, unit in _columns(found.units["amplitude"], found.units["peak_speed"]).items()
        }
    )
    good = [each for each, row in zip(all_found, rows, strict=True) if row["note"] is None]
    rows = [row for row in rows if row["note"] is None]
    if len(good) < len(all_found):
        found.warnings.append(
            f"{len(all_found) - len(good)} of {len(all_found)} repetitions do not count: "
            "see the table"
        )
    trust = chosen.trust
    if not good:
        moved = f"{round(_range(chosen.values), 2):g} {found.units['amplitude']}"
        found.miss(
            "no repetition counts: see the table"
            if all_found
            else f"no repetition was found: the signal moves by {moved} in all"
        )
        return
    found.give("repetitions", len(good), len(all_found), confidence=trust)
    _measure_rhythm(np.array([each.peak_s for each in good]), settings, trust, found)
    for name in ("amplitude", "peak_speed", "sparc"):
        found.summarise(
            name,
            [row[name] for row in rows],
            confidence=trust,
            reason="no movement is long enough, at this frame rate",
        )
    _measure_decay(rows, settings, trust, found)


def _columns(unit: str, speed: str) -> dict[str, str | None]:
    return {
        "start": "s",
        "peak": "s",
        "end": "s",
        "amplitude": unit,
        "peak_speed": speed,
        "sparc": "1",
        "confidence": "1",
        "note": None,
    }


def _row(values: Array, speed: Array, rate_hz: float, found: Repetition) -> dict[str, Any]:
    """Measure one repetition; a note states why it does not count."""
    start, peak, end = found.start_frame, found.peak_frame, found.end_frame
    window, rise = speed[start : end + 1], speed[start : peak + 1]
    try:
        smooth = sparc(rise[np.isfinite(rise)], rate_hz)
    except SignalError:  # too short, or the rate too low
        smooth = float("nan")
    sure = found.confidence >= _LEAST_CONFIDENCE
    return {
        "start": found.start_s,
        "peak": found.peak_s,
        "end": found.end_s,
        "amplitude": float(values[peak] - 0.5 * (values[start] + values[end])),
        "peak_speed": float(np.nanmax(window)) if np.isfinite(window).any() else float("nan"),
        "sparc": smooth,
        "confidence": found.confidence,
        "note": None if sure else "; ".join(found.reasons),
    }


def _measure_rhythm(peaks_s: Array, settings: DecaySettings, trust: float, found: Findings) -> None:
    intervals_s = np.diff(peaks_s)
    one = "one repetition has no rhythm"
    names = ("rate", "interval", "interval_cv", "pauses", "longest_pause", "interval_increase")
    if not len(intervals_s):
        found.miss(one, *names)
        return
    n = len(intervals_s)
    median_s = float(np.median(intervals_s))
    found.give("rate", n / float(intervals_s.sum()), n, confidence=trust)
    found.summarise("interval", intervals_s, confidence=trust)
    found.give(
        "interval_cv",
        100.0 * float(intervals_s.std(ddof=1) / intervals_s.mean()) if n > 1 else float("nan"),
        n,
        confidence=trust,
        reason="one interval does not vary",
    )
    pauses = intervals_s > settings.pause_factor * median_s
    found.give("pauses", int(pauses.sum()), n, confidence=trust)
    found.give("longest_pause", float(intervals_s.max() - median_s), n, confidence=trust)
    third = (n + 1) // 3
    if n + 1 < settings.least_count:
        found.miss(_few(n + 1, settings), "interval_increase")
        return
    early, late = (float(each.mean()) for each in (intervals_s[:third], intervals_s[-third:]))
    found.give("interval_increase", 100.0 * (late - early) / early, n, confidence=trust)


def _measure_decay(
    rows: list[dict[str, Any]], settings: DecaySettings, trust: float, found: Findings
) -> None:
    n = len(rows)
    if n < settings.least_count:
        found.miss(_few(n, settings))
        return
    third = n // 3
    for name, change in (("amplitude", "amplitude_decay"), ("peak_speed", "speed_decay")):
        values = np.array([row[name] for row in rows])
        early, late = values[:third], values[-third:]
        found.summarise(f"{name}_early", early, confidence=trust)
        found.summarise(f"{name}_late", late, confidence=trust)
        first = float(early.mean())
        found.give(change, 100.0 * (first - float(late.mean())) / first, n, confidence=trust)
    amplitudes = np.array([row["amplitude"] for row in rows])
    slope = float(np.polyfit(np.arange(n), amplitudes, 1)[0])
    found.give("amplitude_slope", 100.0 * slope / float(amplitudes.mean()), n, confidence=trust)


def _few(n: int, settings: DecaySettings) -> str:
    found = counted(n, "repetition is", "repetitions are")
    return f"{found} too few: a decay needs {settings.least_count}"
