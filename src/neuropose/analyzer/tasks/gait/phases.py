"""The events of one stride, and the times between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from neuropose.analyzer.tasks.gait.foot_events.find import FootEvent
from neuropose.skeletons.sides import SIDES, Side, other

_CONTACTS = ("first", "last")
_SPANS: dict[str, tuple[str, str]] = {
    "initial_double_support": ("first", "other_off"),
    "single_support": ("other_off", "opposite"),
    "terminal_double_support": ("opposite", "own_off"),
    "stance": ("first", "own_off"),
    "swing": ("own_off", "last"),
}
"""The events that each share of a stride is between."""
NEEDED: dict[str, tuple[str, ...]] = {
    "stride_time": _CONTACTS,
    "cadence": _CONTACTS,
    "step_time": ("opposite", "last"),
    "stance": ("own_off", *_CONTACTS),
    "swing": ("own_off", *_CONTACTS),
    "initial_double_support": ("other_off", *_CONTACTS),
    "single_support": ("other_off", "opposite", *_CONTACTS),
    "terminal_double_support": ("own_off", "opposite", *_CONTACTS),
    "stride_length": _CONTACTS,
    "step_length": ("opposite", *_CONTACTS),
    "step_width": ("opposite", *_CONTACTS),
    "walking_speed": _CONTACTS,
    "foot_clearance": ("own_off", *_CONTACTS),
    "margin_of_stability_ap": ("first",),
    "margin_of_stability_ml": ("first",),
}
"""The events of a stride that each measure is computed from."""


@dataclass(frozen=True, slots=True)
class ErrorParts:
    """Standard deviations of the two parts of a measure's error.

    Parameters
    ----------
    random : float
        What is its own: less in the mean of many.
    systematic : float
        What the recording's other strides have too: as much in the mean of many.
    """

    random: float
    systematic: float


@dataclass(frozen=True, slots=True)
class StrideEvents:
    """The events of a stride. None: missing, not unique, or out of order.

    Parameters
    ----------
    first, last : FootEvent
        Contacts of the foot at the beginning and the end of the stride.
    other_off : FootEvent or None
        Foot off of the other foot, before `opposite`; ends the initial double support.
    opposite : FootEvent or None
        Contact of the other foot.
    own_off : FootEvent or None
        Foot off of this foot.
    """

    first: FootEvent
    last: FootEvent
    other_off: FootEvent | None
    opposite: FootEvent | None
    own_off: FootEvent | None

    @property
    def side(self) -> Side:
        """Side of the foot."""
        return self.first.side

    @property
    def span_s(self) -> float:
        """Duration of the stride."""
        return self.last.time_s - self.first.time_s

    @property
    def all(self) -> tuple[FootEvent, ...]:
        """Events that were found, in the order of a stride."""
        each = (self.first, self.other_off, self.opposite, self.own_off, self.last)
        return tuple(event for event in each if event is not None)

    def confidence(self, measure: str) -> float:
        """Return the confidence of the least certain event that a measure is computed from.

        Parameters
        ----------
        measure : str
            One of `NEEDED`.

        Returns
        -------
        float
            0 if one of them is None.
        """
        events = [getattr(self, name) for name in NEEDED[measure]]
        return min(0.0 if event is None else event.confidence for event in events)

    def times(self) -> Mapping[str, float]:
        """Return the temporal measures that these events allow.

        Returns
        -------
        mapping of str to float
            s, steps/min and % of the stride. A double support is negative if the foot leaves the
            floor before the other one meets it.
        """
        times = {"stride_time": self.span_s, "cadence": 120.0 / self.span_s}
        if self.opposite is not None:
            times["step_time"] = self.last.time_s - self.opposite.time_s
        for name, ends in _SPANS.items():
            start, end = (getattr(self, each) for each in ends)
            if start is not None and end is not None:
                times[name] = 100.0 * (end.time_s - start.time_s) / self.span_s
        return times

    def errors(self) -> Mapping[str, ErrorParts]:
        """Return how far off the temporal measures may be.

        Returns
        -------
        mapping of str to ErrorParts
            In the units of `times`, for the same measures.

        Notes
        -----
        Errors of events are independent but for what all events of a kind in a recording share.
        That drops out of a time between two contacts, and does not out of a time between a contact
        and a foot off.
        """
        own_s = float(np.hypot(self.first.random_s, self.last.random_s))
        percent = 100.0 / self.span_s
        found = {
            "stride_time": ErrorParts(own_s, 0.0),
            "cadence": ErrorParts(120.0 * own_s / self.span_s**2, 0.0),
        }
        if self.opposite is not None:
            step_s = float(np.hypot(self.opposite.random_s, self.last.random_s))
            found["step_time"] = ErrorParts(step_s, 0.0)
        for name, ends in _SPANS.items():
            start, end = (getattr(self, each) for each in ends)
            if start is not None and end is not None:
                share = (end.time_s - start.time_s) / self.span_s
                own = np.hypot(np.hypot(start.random_s, end.random_s), share * own_s)
                shared = np.hypot(start.systematic_s, end.systematic_s)
                found[name] = ErrorParts(percent * float(own), percent * float(shared))
        return found


def stride_events(events: Sequence[FootEvent]) -> list[StrideEvents]:
    """Find the events that belong to each stride.

    Parameters
    ----------
    events : sequence of FootEvent
        Events of both feet, ascending in time.

    Returns
    -------
    list of StrideEvents
        By side, ascending in time.
    """
    own = {side: [event for event in events if event.side == side] for side in SIDES}
    strides = []
    for side in SIDES:
        opposites = _with_foot_off(own[other(side)])
        at = [number for number, e in enumerate(own[side]) if e.kind == "initial_contact"]
        start = 0
        for first, last in pairwise(at):
            begin, end = own[side][first], own[side][last]
            while start < len(opposites) and opposites[start][1].time_s <= begin.time_s:
                start += 1
            stop = start
            while stop < len(opposites) and opposites[stop][1].time_s < end.time_s:
                stop += 1
            other_off, opposite = opposites[start] if stop - start == 1 else (None, None)
            off = own[side][first + 1 : last]
            own_off = off[0] if len(off) == 1 else None
            strides.append(StrideEvents(begin, end, other_off, opposite, own_off))
    return strides


def _with_foot_off(own: Sequence[FootEvent]) -> list[tuple[FootEvent | None, FootEvent]]:
    """List the contacts of a foot, each with the foot off before it."""
    pairs = []
    for before, event in zip([None, *own], own, strict=False):
        if event.kind == "initial_contact":
            pairs.append((before if before and before.kind == "foot_off" else None, event))
    return pairs
