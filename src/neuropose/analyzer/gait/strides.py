"""Strides and their parameters, each with its doubts; none is dropped."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.gait.definitions import STRIDE_MEASURES
from neuropose.analyzer.gait.events import FootEvent
from neuropose.analyzer.gait.feet import SIDES, Feet, FootPoint, Side, other
from neuropose.analyzer.gait.footprints import Ground, footprints, rests
from neuropose.analyzer.gait.turns import Turn, turning

if TYPE_CHECKING:
    from neuropose.analyzer.gait.settings import GaitSettings

Array = NDArray[np.float64]

PLAUSIBLE: dict[str, tuple[float, float]] = {
    "cadence": (40.0, 173.0),
    "walking_speed": (0.08, 2.22),
    "stride_length": (150.0, 2190.0),
}
"""Outside these a number is flagged, not changed."""

TURNING, BESIDE_TURN = "turning", "next to a turn"
MISSED = "much longer than the others: a contact may have been missed"
INCOMPLETE = "not just one foot off of this foot and one contact of the other within it"
NO_TOES = "without toes, it is not known when a foot leaves the floor"
DISORDERED = "the feet's events within it are incomplete or out of order"

_NEED_TOES = (
    "stance",
    "swing",
    "initial_double_support",
    "single_support",
    "terminal_double_support",
    "foot_clearance",
)
_LONG = 1.6  # medians: two strides taken for one
_DOUBTFUL = 0.5  # confidence of an event
_SWING_FROM, _SWING_TO = 0.25, 0.85  # of swing: the toe passes low over the floor
_FLAT_FROM, _FLAT_TO = 0.2, 0.5  # of stance: the foot lies flat
_LEAST_PROGRESS_MM = 150.0  # a shorter stride does not tell where it leads: the heading does
_HALF_SURE_MM = 30.0  # unrest of a heel at rest


@dataclass(frozen=True)
class Stride:
    """From one initial contact of a foot to the next.

    Parameters
    ----------
    side : {"left", "right"}
    start_s, end_s : float
        Seconds, in the recording's own time.
    values : mapping of str to float
        By the names of `STRIDE_MEASURES`, in their units. NaN: see `reasons`.
    reasons : mapping of str to str
        Why a value is missing.
    confidence : float
        0 to 1: of the least sure event that it was made from, times the share of frames in which
        feet and pelvis were seen.
    place_confidence : float
        The same for lengths: times 1 / (1 + (u / 30 mm)²), where u is how far the heels move
        while they rest.
    missing : float
        Share of frames in which a foot or the pelvis was not seen.
    flags : tuple of str
        What speaks against it.
    excluded : str or None
        Why it is not in the summaries of straight walking. None: it is.
    """

    side: Side
    start_s: float
    end_s: float
    values: Mapping[str, float]
    reasons: Mapping[str, str] = field(default_factory=dict)
    confidence: float = 0.0
    place_confidence: float = 0.0
    missing: float = 0.0
    flags: tuple[str, ...] = ()
    excluded: str | None = None


@dataclass(frozen=True, eq=False)
class _Prints:
    """Contacts of one side, and where the heel rests after each."""

    contact_s: Array
    place_mm: Array
    unrest_mm: Array

    def at(self, contact_s: float) -> tuple[Array, float]:
        number = int(np.argmin(np.abs(self.contact_s - contact_s)))
        return self.place_mm[number], float(self.unrest_mm[number])


def find_strides(
    feet: Feet,
    events: Sequence[FootEvent],
    ground: Ground,
    settings: GaitSettings,
    *,
    turns: Sequence[Turn] = (),
    missing: Callable[[Side, float, float], float] | None = None,
) -> tuple[Stride, ...]:
    """Measure every stride of both feet.

    Parameters
    ----------
    feet : Feet
    events : sequence of FootEvent
        Ascending in time.
    ground : Ground
    settings : GaitSettings
    turns : sequence of Turn
    missing : callable, optional
        Gives for a side and a span (from, to, seconds) the share of frames in which the foot or
        the pelvis was not seen.

    Returns
    -------
    tuple of Stride
        Ascending in time.

    Notes
    -----
    The line of progression of a stride leads from one place of rest of its heel to the next
    (Huxham et al. 2006, Gait Posture 23:159), so that it follows a curved path too; step length
    and width are along and across it. Places of rest, not positions at the moment of contact: on
    both, the same distances are measured, but a place at rest is known from many frames.
    """
    last_s = float(feet.time_s[-1])
    prints = {}
    for side in SIDES:
        rest = rests(events, side, last_s)
        prints[side] = _Prints(rest.contact_s, *footprints(feet, rest, side, ground))
    times = [event.time_s for event in events]
    found: list[Stride] = []
    for side in SIDES:
        strides = []
        contacts = [e for e in events if e.side == side and e.kind == "initial_contact"]
        for first, last in pairwise(contacts):
            within = events[bisect_right(times, first.time_s) : bisect_left(times, last.time_s)]
            share = missing(side, first.time_s, last.time_s) if missing else 0.0
            strides.append(_stride(feet, (first, *within, last), prints, share))
        found += _judged(strides, turns, settings)
    return tuple(sorted(found, key=lambda stride: stride.start_s))


def _stride(
    feet: Feet, events: tuple[FootEvent, ...], prints: dict[Side, _Prints], missing: float
) -> Stride:
    """Measure one stride; `events` begin and end with its contacts."""
    first, last = events[0], events[-1]
    span_s = last.time_s - first.time_s
    own_off = _only(events, first.side, "foot_off")
    opposite = _only(events, other(first.side), "initial_contact")
    values = dict.fromkeys(STRIDE_MEASURES, np.nan)
    values |= {"stride_time": span_s, "cadence": 120.0 / span_s}
    if opposite is not None:
        values["step_time"] = last.time_s - opposite.time_s
    if own_off is not None:
        stance = 100.0 * (own_off.time_s - first.time_s) / span_s
        values |= {"stance": stance, "swing": 100.0 - stance}
        values["foot_clearance"] = _clearance(feet, feet.toe[first.side], first, own_off, last)
    phases = _phases(events)
    values |= phases
    places, unrest_mm = _places(feet, first, opposite, last, prints)
    values |= places
    values["walking_speed"] = 0.001 * values["stride_length"] / span_s
    reasons = {
        name: _reason(name, own_off, opposite) for name, value in values.items() if np.isnan(value)
    }
    if feet.points["toe"] == "ankle":  # whose turning point is some 80 ms before foot off
        values |= dict.fromkeys(_NEED_TOES, np.nan)
        reasons |= dict.fromkeys(_NEED_TOES, NO_TOES)
    sure = min(event.confidence for event in events) * (1.0 - missing)
    named = [(f"{event.side} {event.kind.replace('_', ' ')}", event.flags) for event in events]
    flags = [
        *(f"{name}: {flag}" for name, event_flags in named for flag in event_flags),
        *((f"not seen in {100.0 * missing:.0f} % of its frames",) if missing > 0.0 else ()),
        *((f"confidence of its events {sure:.2f}",) if sure < _DOUBTFUL else ()),
        *(() if phases else (DISORDERED,)),
    ]
    return Stride(
        side=first.side,
        start_s=first.time_s,
        end_s=last.time_s,
        values=values,
        reasons=reasons,
        confidence=sure,
        place_confidence=sure / (1.0 + (unrest_mm / _HALF_SURE_MM) ** 2),
        missing=missing,
        flags=tuple(flags),
        excluded=INCOMPLETE if own_off is None or opposite is None else None,
    )


def _reason(name: str, own_off: FootEvent | None, opposite: FootEvent | None) -> str:
    """Say why a value is missing."""
    if name == "foot_clearance" and own_off is not None:
        return "the toe has no lowest point in mid-swing"
    if name in {"stride_length", "walking_speed"} or (opposite and STRIDE_MEASURES[name].spatial):
        return "a heel was not seen at rest"
    return DISORDERED


def _only(events: Sequence[FootEvent], side: Side, kind: str) -> FootEvent | None:
    """Give the one event of this kind between the two contacts; None if there is not just one."""
    found = [event for event in events[1:-1] if event.side == side and event.kind == kind]
    return found[0] if len(found) == 1 else None


def _phases(events: tuple[FootEvent, ...]) -> dict[str, float]:
    """Shares of the stride with both feet and with one on the floor; empty if out of order."""
    side, opposite = events[0].side, other(events[0].side)
    between = [(event.side, event.kind) for event in events[1:-1]]
    if between != [(opposite, "foot_off"), (opposite, "initial_contact"), (side, "foot_off")]:
        return {}
    times_s = np.array([event.time_s for event in events])
    shares = 100.0 * np.diff(times_s)[:3] / (times_s[-1] - times_s[0])
    names = ("initial_double_support", "single_support", "terminal_double_support")
    return dict(zip(names, shares.tolist(), strict=True))


def _places(
    feet: Feet,
    first: FootEvent,
    opposite: FootEvent | None,
    last: FootEvent,
    prints: dict[Side, _Prints],
) -> tuple[dict[str, float], float]:
    """Lengths between places of rest, and the greatest unrest of the heels there, mm."""
    side = first.side
    (start, unrest), (end, unrest_end) = (prints[side].at(e.time_s) for e in (first, last))
    progress = end - start
    length = float(np.hypot(*progress))
    heading = feet.forward[_between(feet, first.time_s, last.time_s, 0.0, 1.0)].mean(axis=0)
    heading = heading / np.hypot(*heading)
    # A stride that leads nowhere, or back, keeps its sign.
    line = progress / length if length >= _LEAST_PROGRESS_MM else heading
    line = line if line @ heading >= 0.0 else -line
    found = {"stride_length": float(progress @ line)}
    doubts = [unrest, unrest_end]
    if opposite is not None:
        between, unrest_between = prints[opposite.side].at(opposite.time_s)
        step = end - between
        across = float(step @ np.array([-line[1], line[0]]))  # to the left positive
        found |= {
            "step_length": float(step @ line),
            "step_width": across if side == "left" else -across,
        }
        doubts.append(unrest_between)
    known = [doubt for doubt in doubts if np.isfinite(doubt)]
    return found, max(known, default=0.0)


def _clearance(
    feet: Feet, toe: FootPoint, first: FootEvent, off: FootEvent, last: FootEvent
) -> float:
    """Lowest point of the toe in mid-swing above where it lies flat; NaN if there is none."""
    flat = _between(feet, first.time_s, off.time_s, _FLAT_FROM, _FLAT_TO)
    swing = _between(feet, off.time_s, last.time_s, _SWING_FROM, _SWING_TO)
    height = toe.height_mm[swing]
    if len(height) < 3 or np.isnan(height).any() or not np.isfinite(toe.height_mm[flat]).any():
        return float("nan")
    lowest = int(np.argmin(height))
    if lowest in (0, len(height) - 1):
        return float("nan")
    return float(height[lowest] - np.nanmedian(toe.height_mm[flat]))


def _between(feet: Feet, start_s: float, end_s: float, first: float, last: float) -> slice:
    span_s = end_s - start_s
    at = (np.array([start_s + first * span_s, start_s + last * span_s]) - feet.time_s[0]) * (
        feet.rate_hz
    )
    return slice(int(np.ceil(at[0])), int(np.floor(at[1])) + 1)


def _judged(strides: list[Stride], turns: Sequence[Turn], settings: GaitSettings) -> list[Stride]:
    """Flag what the strides of one side show together, and say which are not summarised."""
    if not strides:
        return []
    within = turning([s.start_s for s in strides], [s.end_s for s in strides], turns)
    near = np.convolve(within, [True, True, True])[1:-1].astype(bool)
    usual_s = float(np.median([stride.values["stride_time"] for stride in strides]))
    judged = []
    for number, stride in enumerate(strides):
        turn = TURNING if within[number] else BESIDE_TURN if near[number] else None
        missed = MISSED if stride.values["stride_time"] > _LONG * usual_s else None
        strange = [
            f"implausible {name.replace('_', ' ')}"
            for name, (low, high) in PLAUSIBLE.items()
            if np.isfinite(stride.values[name]) and not low <= stride.values[name] <= high
        ]
        unseen = (
            f"not seen in {100.0 * stride.missing:.0f} % of its frames"
            if stride.missing > settings.most_missing
            else None
        )
        judged.append(
            replace(
                stride,
                flags=(*stride.flags, *(flag for flag in (turn, missed, *strange) if flag)),
                excluded=turn or unseen or missed or stride.excluded,
            )
        )
    return judged
