"""Initial contacts and foot offs of both feet, each with its error and its doubts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.tasks.gait.feet import Feet
from neuropose.analyzer.tasks.gait.foot_events.contacts import contact_times
from neuropose.analyzer.tasks.gait.foot_events.detection import oconnor, zeni
from neuropose.analyzer.tasks.gait.foot_events.errors import (
    steadied,
    systematic_s,
    within_50_ms,
)
from neuropose.analyzer.tasks.gait.foot_events.foot_offs import foot_off_times
from neuropose.analyzer.tasks.gait.foot_events.timing import (
    Timed,
    Turns,
    nearest_speeds,
    turning_jitter,
    walking_speeds,
)
from neuropose.skeletons.sides import SIDES, Side, other

if TYPE_CHECKING:
    from neuropose.analyzer.tasks.gait.settings import GaitSettings

Array = NDArray[np.float64]
EventKind = Literal["initial_contact", "foot_off"]
"""What an event of a foot is."""
KINDS: tuple[EventKind, EventKind] = ("initial_contact", "foot_off")
"""The two kinds of events."""

ALONE = "the second detector (O'Connor) finds none nearby"
NOT_TIMED = "timed by the foot's turning point: nothing sharper is known"
OUT_OF_ORDER = "out of order"

_NEAR_S = 0.15  # events of two detectors further apart are different ones
_MISPLACED = 0.5
_WINDOW_S = 0.1  # on either side, in which the foot must be seen


@dataclass(frozen=True, slots=True)
class FootEvent:
    """A foot meets or leaves the floor.

    Parameters
    ----------
    side : {"left", "right"}
    kind : {"initial_contact", "foot_off"}
    time_s : float
        Seconds, in the recording's own time; between frames.
    zeni_s : float
        When the heel or toe turns back, before the timing was refined, seconds.
    oconnor_s : float
        The nearest event of the second detector, seconds. NaN: none within 0.15 s.
    confidence : float
        How likely it is within 50 ms of the truth, times how well the foot was seen; half of that
        if it is out of order.
    random_s : float
        Standard deviation of the error that is its own, seconds.
    systematic_s : float
        That of the error that all events of its kind in the recording share, seconds.
    flags : tuple of str
        Reasons to doubt it.
    of_plate : bool
        Whether a force plate measured it.
    """

    side: Side
    kind: EventKind
    time_s: float
    zeni_s: float
    oconnor_s: float
    confidence: float
    random_s: float
    systematic_s: float
    flags: tuple[str, ...] = ()
    of_plate: bool = False

    @property
    def standard_error_s(self) -> float:
        """Standard deviation of the time around the truth, seconds."""
        return float(np.hypot(self.random_s, self.systematic_s))


def find_events(
    feet: Feet,
    settings: GaitSettings,
    *,
    sharper: Feet | None = None,
    seen: Callable[[Side, Array], Array] | None = None,
    from_pictures: bool = False,
) -> tuple[FootEvent, ...]:
    """Find the events of both feet.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    settings : GaitSettings
        How gait is detected.
    sharper : Feet, optional
        The same feet with less smoothing, for timing. Default: `feet`.
    seen : callable, optional
        Returns, for a side and times (E, 2) (from, to), how well the foot was seen then, 0 to 1.
    from_pictures : bool
        The positions are those of a pose model, from one camera or several.

    Returns
    -------
    tuple of FootEvent
        Ascending in time. No event is deleted for being unlikely; see `flags`.

    Notes
    -----
    Found by `zeni`, timed by `contact_times` and `foot_off_times`, and weighed against the other
    events of the recording by `steadied`, which also tells how far a time may be off. An event is
    flagged, but not doubted more, if `oconnor` finds none within 0.15 s: that says nothing of its
    time.

    Examples
    --------
    >>> from neuropose.analyzer.tasks.gait.settings import GaitSettings
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> from neuropose.analyzer.tasks.gait.feet import feet_of
    >>> walk = walker_sequence(simulate_walk())
    >>> feet = feet_of(walk, np.tile([1.0, 0.0, 0.0], (len(walk), 1)), np.array([0.0, 1.0, 0.0]))
    >>> events = find_events(feet, GaitSettings())
    >>> [(event.side, event.kind, round(event.time_s, 2)) for event in events[:2]]
    [('left', 'initial_contact', 0.21), ('right', 'foot_off', 0.35)]
    """
    places: dict[tuple[Side, EventKind], tuple[Array, Timed]] = {}
    second: dict[tuple[Side, EventKind], Array] = {}
    timings = (contact_times, foot_off_times)
    turned = {side: zeni(feet, side, settings) for side in SIDES}
    stances = {side: walking_speeds(feet, side, *turned[side]) for side in SIDES}
    for side in SIDES:
        # Both feet walk at one speed: a foot without a whole stance has that of the other.
        known = stances[side] if len(stances[side]) else stances[other(side)]
        for column, (kind, at, timing) in enumerate(zip(KINDS, turned[side], timings, strict=True)):
            walking_mm_s = nearest_speeds(known, at, column)
            turns = Turns(sharper or feet, side, at, walking_mm_s, settings)
            places[side, kind] = at, timing(turns)
        for kind, found in zip(KINDS, oconnor(feet, side), strict=True):
            second[side, kind] = found
    events = []
    for kind in KINDS:
        sharp_hz = (sharper or feet).sharpness_hz
        events += _rated(feet, kind, places, second, seen, sharp_hz, from_pictures=from_pictures)
    return in_order(sorted(events, key=lambda event: event.time_s))


def _rated(
    feet: Feet,
    kind: EventKind,
    places: dict[tuple[Side, EventKind], tuple[Array, Timed]],
    second: dict[tuple[Side, EventKind], Array],
    seen: Callable[[Side, Array], Array] | None,
    sharp_hz: float,
    *,
    from_pictures: bool,
) -> list[FootEvent]:
    """Return events of one kind, both sides, with their errors."""
    sides = [side for side in SIDES for _ in places[side, kind][0]]
    turned = np.concatenate([places[side, kind][0] for side in SIDES])
    timed, jitter = (
        np.concatenate([getattr(places[side, kind][1], part) for side in SIDES])
        for part in ("places", "jitter")
    )
    points = feet.heel if kind == "initial_contact" else feet.toe
    at_turn = np.concatenate(
        [turning_jitter(feet, points[side], places[side, kind][0]) for side in SIDES]
    )
    final = steadied(kind, turned, timed, jitter, feet.rate_hz, turned_jitter=at_turn)
    near = np.concatenate(
        [_nearest(second[side, kind], places[side, kind][0], feet.rate_hz) for side in SIDES]
    )
    final_s, turned_s, near_s = (_times_s(feet, at) for at in (final.places, turned, near))
    random_s = final.error / feet.rate_hz
    shared_s = systematic_s(
        kind,
        sharp_hz,
        from_pictures=from_pictures,
        apart_s=_usual([places[side, kind][1] for side in SIDES]) / feet.rate_hz,
    )
    confidence = np.array([within_50_ms(float(np.hypot(own, shared_s))) for own in random_s])
    if seen is not None:
        windows = np.stack([final_s - _WINDOW_S, final_s + _WINDOW_S], axis=1)
        for side in SIDES:
            mine = np.array([s == side for s in sides], dtype=bool)
            confidence[mine] *= seen(side, windows[mine])
    return [
        FootEvent(
            side=side,
            kind=kind,
            time_s=float(final_s[number]),
            zeni_s=float(turned_s[number]),
            oconnor_s=float(near_s[number]),
            confidence=float(confidence[number]),
            random_s=float(random_s[number]),
            systematic_s=shared_s,
            flags=(
                *((ALONE,) if np.isnan(near[number]) else ()),
                *((NOT_TIMED,) if np.isnan(timed[number]) else ()),
            ),
        )
        for number, side in enumerate(sides)
    ]


def _usual(timed: Sequence[Timed]) -> float:
    """Return how far apart motions usually are, samples; NaN: no event is told by two of them."""
    apart = np.concatenate([np.full(1, np.nan) if t.apart is None else t.apart for t in timed])
    known = apart[np.isfinite(apart)]
    return float(np.median(known)) if len(known) else float("nan")


def _nearest(found: Array, at: Array, rate_hz: float) -> Array:
    """Return the second detector's event nearest to each of the first; NaN if none is near."""
    if not len(found):
        return np.full(len(at), np.nan)
    after = np.clip(np.searchsorted(found, at), 1, max(1, len(found) - 1))
    before, after = after - 1, np.minimum(after, len(found) - 1)
    nearest = np.where(at - found[before] <= found[after] - at, found[before], found[after])
    return np.where(np.abs(nearest - at) <= _NEAR_S * rate_hz, nearest, np.nan)


def _times_s(feet: Feet, places: Array) -> Array:
    return np.asarray(feet.time_s[0] + places / feet.rate_hz)


def in_order(events: Sequence[FootEvent]) -> tuple[FootEvent, ...]:
    """Flag what does not follow R-IC, L-FO, L-IC, R-FO; nothing is deleted.

    Parameters
    ----------
    events : sequence of FootEvent
        Ascending in time. What they were flagged for in another order counts no more.

    Returns
    -------
    tuple of FootEvent
    """
    plain = [_without_order(event) for event in events]
    checked = plain[:1]
    for before, event in pairwise(plain):
        if before.kind == "initial_contact":
            follows = event.kind == "foot_off" and event.side == other(before.side)
        else:
            follows = event.kind == "initial_contact" and event.side == before.side
        if not follows:
            flag = f"{OUT_OF_ORDER}: after the {before.side} {before.kind.replace('_', ' ')}"
            event = replace(
                event,
                confidence=_MISPLACED * event.confidence,
                flags=(*event.flags, flag),
            )
        checked.append(event)
    return tuple(checked)


def _without_order(event: FootEvent) -> FootEvent:
    flags = tuple(flag for flag in event.flags if not flag.startswith(OUT_OF_ORDER))
    if flags == event.flags:
        return event
    return replace(event, confidence=event.confidence / _MISPLACED, flags=flags)
