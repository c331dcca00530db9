"""Reaching with one hand: duration, speed, straightness, smoothness and trunk movement."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat

from neuropose.analyzer.prepared import PreparedRecording, prepare_recording
from neuropose.analyzer.signals.smoothness import ldlj, sparc
from neuropose.analyzer.signals.spans import Span, span_round, spans_above
from neuropose.analyzer.tasks.drawn import with_standard_errors
from neuropose.analyzer.tasks.findings import Findings
from neuropose.analyzer.tasks.settings import TaskSettings
from neuropose.data import Choice, Event, Report
from neuropose.errors import MissingJointsError, SignalError
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.skeletons.sides import SIDES, Side

Array = NDArray[np.float64]

UNITS = {
    "movement_time": "s",
    "peak_speed": "mm/s",
    "time_to_peak_speed": "%",
    "movement_units": "1",
    "reach_distance": "mm",
    "path_length": "mm",
    "path_ratio": "1",
    "trunk_displacement": "mm",
    "sparc": "1",
    "ldlj": "1",
    "threshold_speed": "mm/s",
}
_COMPARABLE = 0.5  # of the highest peak speed: as much of a reach
_MOST_HIDDEN = 0.25  # of the frames of a movement
_QUIET_S = 0.25
_ABOVE_QUIET = 2.0  # the median speed at rest of pure noise, times this, is its 95th percentile
_SHORTEST_S = 0.25  # of an aimed movement of the arm
_WALKS_MM = 150.0  # of the pelvis: leaning as far as one can, seated or standing, moves it by less
_PEAK_OF_MEAN = 1.875  # speed, with minimum jerk: Flash & Hogan 1985, J Neurosci 5:1688


class ReachSettings(TaskSettings):
    """How a reach is measured.

    Parameters
    ----------
    side : {"left", "right"} or None
        Hand that reaches. None: the one that moves most.
    point : {"wrist", "hand"}
        The point of the hand that is followed.
    movement : int
        Number of the movement, from 1, among those at least half as fast as the fastest.
    threshold_percent : float
        Percentage of peak speed at which the movement begins and ends.
    highest_threshold_percent : float
        Where the hand at rest seems to move faster than the threshold (noise), the threshold is
        raised, at most to this.
    unit_rise_mm_s : float
        Least rise of speed from a minimum to the next maximum, to count as a movement unit.
    unit_interval_s : float
        Least time between the peaks of two movement units, seconds.
    least_distance_mm : float
        Least distance from beginning to end; anything shorter is not a reach.
    """

    side: Side | None = None
    point: Literal["wrist", "hand"] = "wrist"
    movement: Annotated[int, Field(ge=1)] = 1
    threshold_percent: Annotated[float, Field(gt=0.0, le=20.0)] = 2.0
    highest_threshold_percent: Annotated[float, Field(gt=0.0, le=50.0)] = 20.0
    unit_rise_mm_s: PositiveFloat = 20.0
    unit_interval_s: PositiveFloat = 0.15
    least_distance_mm: PositiveFloat = 50.0


@with_standard_errors
def measure_reach(recording: PoseSequence, settings: ReachSettings | None = None) -> Report:
    """Measure one reach.

    Parameters
    ----------
    recording : PoseSequence
        Recording of the reach, with a rest before and after it.
    settings : ReachSettings, optional
        Side, point and thresholds; default: `ReachSettings()`.

    Returns
    -------
    Report
        ``movement_time``, ``peak_speed``, ``time_to_peak_speed`` (percent of the movement time),
        ``movement_units``, ``reach_distance`` (straight, from beginning to end), ``path_length``,
        ``path_ratio`` (path over distance, 1 = straight), ``trunk_displacement`` (greatest distance
        of the middle of the shoulders from where it was at the beginning), ``sparc``, ``ldlj``, and
        the ``threshold_speed`` that was used. The choice ``hand`` says which hand, and why.

    Raises
    ------
    MissingJointsError
        If the skeleton has no such hand.

    Notes
    -----
    Alt Murphy, Willén & Sunnerhagen 2011, Neurorehabil Neural Repair 25:71: onset and offset at
    2 % of peak speed; a movement unit is a rise of speed by 20 mm/s or more from a minimum to the
    next maximum, peaks 150 ms or more apart; trunk displacement. Path ratio: Levin 1996, Brain
    119:281 (there: index of curvature). Smoothness: `neuropose.analyzer.signals.smoothness`.

    Speeds are those in the room, so a trunk that moves along counts. All measures are distances and
    times: no axis matters, nor which way the room lies. A movement is left out in which the hand is
    hidden (`PreparedRecording.is_hidden`) for more than a quarter of its frames.

    Examples
    --------
    >>> from neuropose.testing import simulate_reach
    >>> report = measure_reach(simulate_reach(distance_mm=300.0, duration_s=0.9).sequence)
    >>> report.choices["hand"].method, round(report.measures["path_ratio"].value, 3)
    ('right wrist', 1.0)
    """
    settings = ReachSettings() if settings is None else settings
    found, prepared = Findings("reach", UNITS), None
    sides = _sides(recording, settings)
    with found.refusals():
        prepared = prepare_recording(recording, settings.preparation)
        side = _hand(prepared, sides, settings, found)
        movement = _movement(prepared, f"{side}_{settings.point}", settings, found)
        if movement is not None:
            _measure(prepared, side, movement, settings, found)
    return found.report(recording, settings, prepared)


def _sides(recording: PoseSequence, settings: ReachSettings) -> list[Side]:
    if settings.side is not None:
        recording.require(f"{settings.side}_{settings.point}")
        return [settings.side]
    sides = [side for side in SIDES if recording.has(f"{side}_{settings.point}")]
    if not sides:
        recording.require(*(f"{side}_{settings.point}" for side in SIDES))
    return sides


def _hand(
    prepared: PreparedRecording, sides: list[Side], settings: ReachSettings, found: Findings
) -> Side:
    """Choose the hand that gets farthest from its usual place, unless one was specified."""
    if settings.side is not None:
        found.choices["hand"] = Choice(method=f"{settings.side} {settings.point}")
        return settings.side
    ranges_mm = {
        side: _range_mm(_where_seen(prepared, f"{side}_{settings.point}")) for side in sides
    }
    side = max(sides, key=lambda side: ranges_mm[side])
    moved = ", ".join(f"the {one} one {ranges_mm[one]:.0f} mm" for one in sides)
    found.choices["hand"] = Choice(
        method=f"{side} {settings.point}",
        warnings=(f"the hand that moved most was taken: {moved}",),
    )
    return side


def _where_seen(prepared: PreparedRecording, hand: str) -> Array:
    return prepared.sequence.joint(hand)[~prepared.is_hidden(hand)]


def _range_mm(positions_mm: Array) -> float:
    known = positions_mm[np.isfinite(positions_mm).all(axis=1)]
    if not len(known):
        return 0.0
    away_mm = np.linalg.norm(known - np.median(known, axis=0), axis=1)
    return float(np.percentile(away_mm, 98.0))


def _movement(
    prepared: PreparedRecording, hand: str, settings: ReachSettings, found: Findings
) -> tuple[Span, float] | None:
    """Find the reach from onset to offset, and the confidence of both."""
    speed = prepared.speed_mm_s(hand)
    if not np.isfinite(speed).any():
        found.miss(f"the {hand.replace('_', ' ')} is not visible long enough to compute a speed")
        return None
    hidden = prepared.is_hidden(hand)
    seen = speed[~hidden]
    if not np.isfinite(seen).any():
        found.miss(f"the {hand.replace('_', ' ')} is hidden: where it is, the model guesses")
        return None
    highest = float(np.nanmax(seen))
    quiet = _quiet_speed(speed, prepared.rate_hz)
    level = max(0.01 * settings.threshold_percent * highest, _ABOVE_QUIET * quiet)
    positions = prepared.sequence.joint(hand)
    fast = [
        span
        for span in spans_above(prepared.time_s, speed, level)
        if speed[span.peak] >= _COMPARABLE * highest
        and np.linalg.norm(positions[span.last] - positions[span.first])
        >= settings.least_distance_mm
    ]
    spans = [span for span in fast if hidden[span.rows].mean() <= _MOST_HIDDEN]
    if len(spans) < len(fast):
        share = 100.0 * max(float(hidden[span.rows].mean()) for span in fast)
        unseen = f"the {hand.replace('_', ' ')} is hidden in {share:.0f} % of a movement"
        if not spans:
            found.miss(f"{unseen}: where it is then, the model guesses")
            return None
        found.warnings.append(f"{unseen}, which is left out")
    if not spans:
        found.miss(f"the hand made no movement of {settings.least_distance_mm:g} mm or more")
        return None
    if settings.movement > len(spans):
        found.miss(f"movement {settings.movement} was requested, but there are {len(spans)}")
        return None
    if len(spans) > 1:
        found.warnings.append(
            f"{len(spans)} movements are about as fast: number {settings.movement} was measured"
        )
    return _own_edges(prepared, speed, spans[settings.movement - 1], quiet, settings, found)


def _own_edges(
    prepared: PreparedRecording,
    speed: Array,
    span: Span,
    quiet: float,
    settings: ReachSettings,
    found: Findings,
) -> tuple[Span, float] | None:
    """Find onset and offset by the peak speed of the movement itself."""
    peak = float(speed[span.peak])
    level = 0.01 * settings.threshold_percent * peak
    raised = max(level, _ABOVE_QUIET * quiet)
    if raised > 0.01 * settings.highest_threshold_percent * peak:
        found.give("peak_speed", peak, confidence=0.0, warnings=("the hand is never at rest",))
        found.miss(
            f"the hand moves at {quiet:.0f} mm/s even where it is quietest, so a movement with a "
            f"peak of {peak:.0f} mm/s has no clear beginning and end"
        )
        return None
    if raised > level:
        found.warnings.append(
            f"onset and offset are at {100.0 * raised / peak:.1f} % of peak speed, not at "
            f"{settings.threshold_percent:g} %: at rest the hand seems to move at {quiet:.0f} mm/s"
        )
    found.give("threshold_speed", raised)
    return span_round(prepared.time_s, speed, span.peak, raised), level / raised


def _quiet_speed(speed: Array, rate_hz: float) -> float:
    """Return the lowest median speed in any quarter of a second."""
    width = min(len(speed), max(1, round(_QUIET_S * rate_hz)))
    medians = np.median(np.lib.stride_tricks.sliding_window_view(speed, width), axis=1)
    return float(np.nanmin(medians)) if np.isfinite(medians).any() else 0.0


def _measure(
    prepared: PreparedRecording,
    side: Side,
    movement: tuple[Span, float],
    settings: ReachSettings,
    found: Findings,
) -> None:
    span, sure = movement
    hand = f"{side}_{settings.point}"
    speed = prepared.speed_mm_s(hand)
    jump_mm = _jump_mm(prepared, hand, span.peak, float(speed[span.peak]))
    if jump_mm is not None:
        found.miss(
            f"the hand moves {jump_mm:.0f} mm within {_SHORTEST_S:g} s: that is a jump of the "
            "poses, not a reach"
        )
        return
    peak_s = float(prepared.time_s[span.peak])
    trust = sure * prepared.confidence(
        hand, start_s=prepared.time_s[span.first], end_s=prepared.time_s[span.last]
    )
    cut = np.isnan(span.duration_s)
    found.give(
        "peak_speed",
        speed[span.peak],
        confidence=0.5 * trust if cut else trust,
        warnings=("the movement is cut off: its peak may be missing",) if cut else (),
    )
    if cut:
        which = "begins" if np.isnan(span.start_s) else "ends"
        found.miss(f"the movement {which} outside the recording, or where the hand is missing")
        return
    for name, time_s in (("onset", span.start_s), ("peak_speed", peak_s), ("offset", span.end_s)):
        found.events.append(Event(name=name, time_s=time_s, side=side, confidence=trust))
    found.give("movement_time", span.duration_s, confidence=trust)
    to_peak = 100.0 * (peak_s - span.start_s) / span.duration_s
    found.give("time_to_peak_speed", to_peak, confidence=trust)
    profile = speed[span.rows]
    units = movement_units(
        profile, prepared.rate_hz, settings.unit_rise_mm_s, settings.unit_interval_s
    )
    found.give("movement_units", units, confidence=trust)
    _measure_path(prepared, hand, span, trust, found)
    _measure_trunk(prepared, span, trust, found)
    for name, measure in (("sparc", sparc), ("ldlj", ldlj)):
        try:
            found.give(name, measure(profile, prepared.rate_hz), confidence=trust)
        except SignalError as error:
            found.miss(error.message, name)


def _jump_mm(prepared: PreparedRecording, hand: str, peak: int, speed_mm_s: float) -> float | None:
    """Return how far a hand goes that is faster than any movement of its length can be."""
    around = round(0.5 * _SHORTEST_S * prepared.rate_hz)
    path = prepared.sequence.joint(hand)[max(0, peak - around) : peak + around + 1]
    path_mm = float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
    is_whole = len(path) == 2 * around + 1 and np.isfinite(path_mm)
    return path_mm if is_whole and speed_mm_s > _PEAK_OF_MEAN / _SHORTEST_S * path_mm else None


def _measure_path(
    prepared: PreparedRecording, hand: str, span: Span, trust: float, found: Findings
) -> None:
    path = prepared.sequence.joint(hand)[span.rows]
    straight_mm = float(np.linalg.norm(path[-1] - path[0]))
    path_mm = float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
    found.give("reach_distance", straight_mm, confidence=trust)
    found.give("path_length", path_mm, confidence=trust)
    found.give("path_ratio", path_mm / straight_mm, confidence=trust)


def _measure_trunk(prepared: PreparedRecording, span: Span, trust: float, found: Findings) -> None:
    if prepared.sequence.has("pelvis"):
        pelvis = prepared.sequence.joint("pelvis")[span.rows]
        away_mm = np.linalg.norm(pelvis - pelvis[0], axis=1)
        if away_mm[np.isfinite(away_mm)].max(initial=0.0) > _WALKS_MM:
            found.warnings.append(
                f"the pelvis moves by {np.nanmax(away_mm):.0f} mm meanwhile: somebody who walks or "
                "rises carries the hand along, and every value is of both"
            )
    try:
        neck = prepared.sequence.joint("neck")[span.rows]
    except MissingJointsError as error:
        found.miss(error.message, "trunk_displacement")
        return
    moved_mm = np.linalg.norm(neck - neck[0], axis=1)
    own = prepared.confidence(
        "neck", start_s=prepared.time_s[span.first], end_s=prepared.time_s[span.last]
    )
    found.give(
        "trunk_displacement",
        float(np.nanmax(moved_mm)) if np.isfinite(moved_mm).any() else np.nan,
        confidence=min(trust, own),
        reason="the shoulders are missing at the beginning of the movement",
    )


def movement_units(
    speed: Array, rate_hz: float, least_rise: float = 20.0, least_interval_s: float = 0.15
) -> int:
    """Count the movement units of one movement.

    Parameters
    ----------
    speed : ndarray, shape (T,)
        Speed from onset to offset, mm/s.
    rate_hz : float
        Frames per second.
    least_rise : float
        Least rise from a minimum to the next maximum, mm/s.
    least_interval_s : float
        Least time between the peaks of two units; of two that are closer, the higher one counts.

    Returns
    -------
    int

    Notes
    -----
    Alt Murphy, Willén & Sunnerhagen 2011, Neurorehabil Neural Repair 25:71. A rise that smaller
    dips interrupt is one rise: it is taken from the lowest speed since the last unit's peak.

    Examples
    --------
    >>> t = np.linspace(0.0, 1.0, 101)
    >>> movement_units(500.0 * np.sin(np.pi * t) ** 2, 100.0)
    1
    >>> movement_units(500.0 * np.sin(2.0 * np.pi * t) ** 2, 100.0)
    2
    """
    from scipy.signal import find_peaks

    peaks: list[int] = []
    for row in find_peaks(speed)[0].tolist():
        low = float(speed[peaks[-1] if peaks else 0 : row + 1].min())
        if speed[row] - low < least_rise:
            continue
        if peaks and row - peaks[-1] < least_interval_s * rate_hz:
            peaks[-1] = max(peaks[-1], row, key=speed.__getitem__)
        else:
            peaks.append(row)
    return len(peaks)
