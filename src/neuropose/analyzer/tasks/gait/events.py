"""Initial contacts and foot offs of both feet, each with its confidence and its doubts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.tasks.gait.detection import oconnor, zeni
from neuropose.analyzer.tasks.gait.feet import Feet
from neuropose.analyzer.tasks.gait.timing import contact_times, foot_off_times, walking_speeds
from neuropose.skeletons.sides import SIDES, Side, other

if TYPE_CHECKING:
    from neuropose.analyzer.tasks.gait.settings import GaitSettings

Array = NDArray[np.float64]
EventKind = Literal["initial_contact", "foot_off"]
KINDS: tuple[EventKind, EventKind] = ("initial_contact", "foot_off")

ALONE = "the second detector (O'Connor) finds none nearby"
NOT_TIMED = "timed by the foot's turning point: nothing sharper is known"
OUT_OF_ORDER = "out of order"

_NEAR_S = 0.15  # events of two detectors further apart are different ones
_HALF_SURE_S = 0.06  # disagreement, beyond the usual one, at which agreement is one half
_USUALLY_S, _ENOUGH = 0.03, 5  # by how much O'Connor's is later; with as many, it is measured
_POSSIBLE_S = (-0.03, 0.09)
_ALONE = 0.4  # agreement if the second detector finds nothing near
_UNTIMED, _MISPLACED = 0.7, 0.5
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
        0 to 1.
    flags : tuple of str
        Reasons to doubt it.
    """

    side: Side
    kind: EventKind
    time_s: float
    zeni_s: float
    oconnor_s: float
    confidence: float
    flags: tuple[str, ...] = ()


def find_events(
    feet: Feet,
    settings: GaitSettings,
    *,
    sharper: Feet | None = None,
    seen: Callable[[Side, Array], Array] | None = None,
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

    Returns
    -------
    tuple of FootEvent
        Ascending in time. No event is deleted for being unlikely; see `flags`.

    Notes
    -----
    Found by `zeni`, timed by `contact_times` and `foot_off_times`. Confidence is the product of

    - agreement with `oconnor`: 1 / (1 + (d / 60 ms)²), where d is how much later that detector's
      event is, less what is usual: the two mean different moments of the same event. That is the
      median of the recording's events of this kind, within −30 to 90 ms, or 30 ms if there are
      fewer than five. 0.4 if that detector finds none within 0.15 s;
    - 0.7 if the event could not be timed by the foot's speed;
    - 0.5 if it is out of order (R-IC, L-FO, L-IC, R-FO);
    - how well the foot was seen within 0.1 s, if `seen` is given.

    Examples
    --------
    >>> from neuropose.analyzer.tasks.gait.settings import GaitSettings
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> from neuropose.analyzer.tasks.gait.feet import feet_of
    >>> walk = walker_sequence(simulate_walk())
    >>> feet = feet_of(walk, np.tile([1.0, 0.0, 0.0], (len(walk), 1)), np.array([0.0, 1.0, 0.0]))
    >>> events = find_events(feet, GaitSettings())
    >>> [(event.side, event.kind, round(event.time_s, 2)) for event in events[:2]]
    [('left', 'initial_contact', 0.22), ('right', 'foot_off', 0.35)]
    """
    places: dict[tuple[Side, EventKind], tuple[Array, Array]] = {}
    second: dict[tuple[Side, EventKind], Array] = {}
    for side in SIDES:
        turned = dict(zip(KINDS, zeni(feet, side, settings), strict=True))
        stances = walking_speeds(feet, side, turned["initial_contact"], turned["foot_off"])
        contacts, foot_offs = (turned[kind] for kind in KINDS)
        timed, _ = contact_times(sharper or feet, side, contacts, stances, settings)
        places[side, "initial_contact"] = contacts, timed
        timed = foot_off_times(sharper or feet, side, foot_offs, stances, settings)
        places[side, "foot_off"] = foot_offs, timed
        for kind, found in zip(KINDS, oconnor(feet, side), strict=True):
            second[side, kind] = found
    events = []
    for kind in KINDS:
        events += _rated(feet, kind, places, second, seen)
    return _ordered(sorted(events, key=lambda event: event.time_s))


def _rated(
    feet: Feet,
    kind: EventKind,
    places: dict[tuple[Side, EventKind], tuple[Array, Array]],
    second: dict[tuple[Side, EventKind], Array],
    seen: Callable[[Side, Array], Array] | None,
) -> list[FootEvent]:
    """Return events of one kind, both sides, with their confidence."""
    sides = [side for side in SIDES for _ in places[side, kind][0]]
    turned, timed = (np.concatenate([places[side, kind][i] for side in SIDES]) for i in (0, 1))
    final = np.where(np.isnan(timed), turned, timed)
    near = np.concatenate(
        [_nearest(second[side, kind], places[side, kind][0], feet.rate_hz) for side in SIDES]
    )
    apart_s = (near - final) / feet.rate_hz
    agreement = 1.0 / (1.0 + ((apart_s - _usual_s(apart_s)) / _HALF_SURE_S) ** 2)
    confidence = np.where(np.isnan(apart_s), _ALONE, agreement)
    confidence = confidence * np.where(np.isnan(timed), _UNTIMED, 1.0)
    final_s, turned_s, near_s = (_times_s(feet, at) for at in (final, turned, near))
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
            flags=(
                *((ALONE,) if np.isnan(near[number]) else ()),
                *((NOT_TIMED,) if np.isnan(timed[number]) else ()),
            ),
        )
        for number, side in enumerate(sides)
    ]


def _usual_s(apart_s: Array) -> float:
    """Return how much later the second detector usually is, limited to plausible values."""
    known = apart_s[np.isfinite(apart_s)]
    usual_s = float(np.median(known)) if len(known) >= _ENOUGH else _USUALLY_S
    return float(np.clip(usual_s, *_POSSIBLE_S))


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


def _ordered(events: list[FootEvent]) -> tuple[FootEvent, ...]:
    """Flag what does not follow R-IC, L-FO, L-IC, R-FO; nothing is deleted."""
    checked = events[:1]
    for before, event in pairwise(events):
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
