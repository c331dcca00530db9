"""Strides and their parameters, each with its flags; none is dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from neuropose.analyzer.bounds import bounds_of
from neuropose.analyzer.signals.turns import Turn, turning
from neuropose.analyzer.tasks.drawn import pair_nearest
from neuropose.analyzer.tasks.gait.definitions import STRIDE_MEASURES
from neuropose.analyzer.tasks.gait.feet import Feet
from neuropose.analyzer.tasks.gait.foot_events.find import FootEvent
from neuropose.analyzer.tasks.gait.foot_placement import Ground
from neuropose.analyzer.tasks.gait.lengths import (
    FootPlacements,
    clearance,
    errors_over_belt,
    find_foot_placements,
    lengths,
)
from neuropose.analyzer.tasks.gait.phases import ErrorParts, StrideEvents, stride_events
from neuropose.analyzer.tasks.gait.stability import margins_of_stability
from neuropose.skeletons.sides import SIDES, Side

if TYPE_CHECKING:
    from neuropose.analyzer.tasks.gait.settings import GaitSettings

PLAUSIBLE: dict[str, tuple[float, float]] = {
    "cadence": (40.0, 173.0),
    "walking_speed": (0.08, 2.22),
    "stride_length": (150.0, 2190.0),
}
"""Numbers outside these limits are flagged, not changed."""

TURNING, BESIDE_TURN = "turning", "next to a turn"
MISSED = "much longer than the others: a contact may have been missed"
INCOMPLETE = "does not contain exactly one foot off of this foot and one contact of the other"
AIRBORNE = "both feet are off the floor at once: not walking, or wrong events"
NO_DOUBLE_SUPPORT = "no double support"
NO_TOES = "without toes, it is not known when a foot leaves the floor"
NO_REST = "a heel was not seen at rest"
NO_LOWEST_POINT = "the toe has no lowest point in mid-swing, or was not seen on the floor"
NOT_ABOVE_FLAT = "the toe is no higher in mid-swing than with the foot flat"
ASIDE = (
    "the marker on the outer side of the ankle stands for the heel: the feet seem to be further "
    "apart than they are"
)
IMPOSSIBLE = "no walk can have what these events give"

_NEED_TOES = (
    "stance",
    "swing",
    "initial_double_support",
    "single_support",
    "terminal_double_support",
    "foot_clearance",
    "margin_of_stability_ap",
    "margin_of_stability_ml",
)
_DOUBLE_SUPPORTS = ("initial_double_support", "terminal_double_support")
_OF_WIDTH = ("step_width", "margin_of_stability_ml")
_OF_SIDES = ("step_width", "margin_of_stability_ap", "margin_of_stability_ml")
_LEAST_DOUBLE_SUPPORT = -5.0  # %; what errors of the events can make of a very short one
_MOSTLY_STRAIGHT = 0.2  # of a stride may be within a turn, which begins and ends slowly
_LONG = 1.6  # medians: two strides taken for one
_NEAR = 0.5  # of a stride: its start in another analysis
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
        Values by the names of `STRIDE_MEASURES`, in their units. NaN: see `reasons`.
    reasons : mapping of str to str
        Why a value is missing.
    confidence : mapping of str to float
        Confidence of each value, 0 to 1: that of the least certain event behind it, times the share
        of frames in which feet and pelvis were seen; for lengths on the floor also times
        1 / (1 + (u / 30 mm)²), where u is how far the heels move that way while they rest.
    errors : mapping of str to ErrorParts
        How far off times, foot clearance and margins of stability may be, in their units; on a
        treadmill the lengths along it and the speed too, by the error of its speed.
    missing : float
        Share of frames in which a foot or the pelvis was not seen.
    flags : tuple of str
        Reasons to doubt it.
    excluded : str or None
        Why it is not in the summaries of straight walking. None: it is included.
    """

    side: Side
    start_s: float
    end_s: float
    values: Mapping[str, float]
    reasons: Mapping[str, str] = field(default_factory=dict)
    confidence: Mapping[str, float] = field(default_factory=dict)
    errors: Mapping[str, ErrorParts] = field(default_factory=dict)
    missing: float = 0.0
    flags: tuple[str, ...] = ()
    excluded: str | None = None

    def without(self, names: Iterable[str], reason: str) -> Stride:
        """Return the stride without some of its values.

        Parameters
        ----------
        names : iterable of str
            Of `STRIDE_MEASURES`.
        reason : str
            Why they are missing.

        Returns
        -------
        Stride
            With NaN and the reason in their place.
        """
        reasons = dict.fromkeys(names, reason)
        return replace(
            self,
            values={**self.values, **dict.fromkeys(reasons, np.nan)},
            reasons={**self.reasons, **reasons},
        )


def find_strides(
    feet: Feet,
    events: Sequence[FootEvent],
    ground: Ground,
    settings: GaitSettings,
    *,
    sharper: Feet | None = None,
    turns: Sequence[Turn] = (),
    missing: Callable[[Side, float, float], float] | None = None,
) -> tuple[Stride, ...]:
    """Measure every stride of both feet.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    events : sequence of FootEvent
        Ascending in time.
    ground : Ground
        Surface that the feet rest on.
    settings : GaitSettings
        How gait is detected.
    sharper : Feet, optional
        The same feet, smoothed less: for the toe's clearance.
    turns : sequence of Turn
        Turns in the recording, in order of time.
    missing : callable, optional
        Returns, for a side and a span (from, to, seconds), the share of frames in which the foot
        or the pelvis was not seen.

    Returns
    -------
    tuple of Stride
        Ascending in time.
    """
    placements = find_foot_placements(feet, events, ground)
    measured: dict[Side, list[Stride]] = {side: [] for side in SIDES}
    for stride in stride_events(events):
        share = missing(stride.side, stride.first.time_s, stride.last.time_s) if missing else 0.0
        measured[stride.side].append(
            _stride(feet, stride, placements, ground, share, sharper or feet)
        )
    found = [stride for side in SIDES for stride in _judged(measured[side], turns, settings)]
    return tuple(sorted(found, key=lambda stride: stride.start_s))


def _stride(
    feet: Feet,
    events: StrideEvents,
    placements: FootPlacements,
    ground: Ground,
    missing: float,
    sharper: Feet,
) -> Stride:
    places, unrest_mm = lengths(feet, events, placements)
    values = {**dict.fromkeys(STRIDE_MEASURES, np.nan), **events.times(), **places}
    cleared = clearance(sharper, events)
    values["foot_clearance"] = cleared.height_mm
    margins, margin_errors = margins_of_stability(feet, events, ground)
    values |= margins
    if feet.points["toe"] == "ankle":  # whose turning point is some 80 ms before foot off
        values |= dict.fromkeys(_NEED_TOES, np.nan)
    shortest = min((values[name] for name in _DOUBLE_SUPPORTS), key=lambda v: np.nan_to_num(v))
    incomplete = events.own_off is None or events.opposite is None
    errors = events.errors()
    carried_s = dict.fromkeys(("stride_length", "walking_speed"), events.span_s)
    if events.opposite is not None:
        carried_s["step_length"] = values["step_time"]
    over_belt = errors_over_belt(values, ground, carried_s, errors["stride_time"].random)
    flags = [
        *(f"{_name(event)}: {flag}" for event in events.all for flag in event.flags),
        *((_unseen(missing),) if missing > 0.0 else ()),
        *((INCOMPLETE,) if incomplete else ()),
        *((NO_DOUBLE_SUPPORT,) if shortest <= 0.0 else ()),
        *((NOT_ABOVE_FLAT,) if cleared.above_flat_mm <= 0.0 else ()),
    ]
    return Stride(
        side=events.side,
        start_s=events.first.time_s,
        end_s=events.last.time_s,
        values=values,
        reasons={
            name: _reason(name, feet, events) for name, value in values.items() if np.isnan(value)
        },
        confidence={
            name: events.confidence(name)
            * (1.0 - missing)
            / (1.0 + (unrest_mm.get(name, 0.0) / _HALF_SURE_MM) ** 2)
            for name in values
        },
        errors={
            **errors,
            **over_belt,
            **margin_errors,
            "foot_clearance": cleared.error,
        },
        missing=missing,
        flags=tuple(flags),
        excluded=INCOMPLETE
        if incomplete
        else (AIRBORNE if shortest < _LEAST_DOUBLE_SUPPORT else None),
    )


def _name(event: FootEvent) -> str:
    return f"{event.side} {event.kind.replace('_', ' ')}"


def _unseen(missing: float) -> str:
    return f"not seen in {100.0 * missing:.0f} % of its frames"


def _reason(name: str, feet: Feet, events: StrideEvents) -> str:
    """Return why a value is missing."""
    if feet.points["toe"] == "ankle" and name in _NEED_TOES:
        return NO_TOES
    if events.confidence(name) == 0.0:
        return INCOMPLETE
    return NO_LOWEST_POINT if name == "foot_clearance" else NO_REST


def _judged(strides: list[Stride], turns: Sequence[Turn], settings: GaitSettings) -> list[Stride]:
    """Flag what the strides of one side reveal together, and mark those not summarised."""
    if not strides:
        return []
    starts_s, ends_s = [s.start_s for s in strides], [s.end_s for s in strides]
    within = turning(starts_s, ends_s, turns) > _MOSTLY_STRAIGHT
    near = np.convolve(within, [True, True, True])[1:-1].astype(bool)
    usual_s = float(np.median([stride.values["stride_time"] for stride in strides]))
    judged = []
    for number, stride in enumerate(strides):
        turn = TURNING if within[number] else None
        beside = BESIDE_TURN if near[number] and not turn else None
        missed = MISSED if stride.values["stride_time"] > _LONG * usual_s else None
        unseen = _unseen(stride.missing) if stride.missing > settings.most_missing else None
        strange = [
            f"implausible {name.replace('_', ' ')}"
            for name, (low, high) in PLAUSIBLE.items()
            if np.isfinite(stride.values[name]) and not low <= stride.values[name] <= high
        ]
        judged.append(
            replace(
                stride,
                flags=(*stride.flags, *(flag for flag in (turn, beside, missed, *strange) if flag)),
                excluded=turn or unseen or missed or stride.excluded,
            )
        )
    return judged


def without_impossible(stride: Stride) -> Stride:
    """Remove what no walk can have from a stride that is not summarised.

    Parameters
    ----------
    stride : Stride
        Any stride.

    Returns
    -------
    Stride
        With NaN, and the reason, in the place of such values: a double support of −20 %, for
        example. A stride that is summarised is as it was. It may have a double support slightly
        below 0, which is short and was measured with an error; without it, the mean would be too
        large.
    """
    if stride.excluded is None:
        return stride
    bounds = {name: bounds_of(name, STRIDE_MEASURES[name].unit) for name in stride.values}
    impossible = [
        name
        for name, (least, greatest) in bounds.items()
        if stride.values[name] < least or stride.values[name] > greatest
    ]
    return stride.without(impossible, IMPOSSIBLE)


def refuse_exchanged(strides: Sequence[Stride], exchanged: str | None) -> tuple[Stride, ...]:
    """Remove what is measured across the body, if left and right are not those of the subject.

    Parameters
    ----------
    strides : sequence of Stride
        Strides of both feet.
    exchanged : str or None
        Why they are not (`Heading.exchanged`). None: they are, and nothing is removed.

    Returns
    -------
    tuple of Stride
        All of them, with NaN and the reason in the place of step width and margins of stability:
        their sign is that of the sides, and hips are estimated from the sides of the pelvis.
    """
    if exchanged is None:
        return tuple(strides)
    return tuple(stride.without(_OF_SIDES, exchanged) for stride in strides)


def refuse_widths(strides: Sequence[Stride], *, aside: bool) -> tuple[Stride, ...]:
    """Remove what is measured from one foot to the other across the walk, if it is from ankles.

    Parameters
    ----------
    strides : sequence of Stride
        Strides of both feet.
    aside : bool
        Whether markers on the outer side of the ankles stand for the heels: two of them are some
        90 mm further apart than heels.

    Returns
    -------
    tuple of Stride
        With NaN and the reason in the place of step width and the margin of stability across.
    """
    return tuple(stride.without(_OF_WIDTH, ASIDE) if aside else stride for stride in strides)


def common_strides(
    strides: Sequence[Stride], others: Sequence[Stride]
) -> tuple[tuple[Stride, ...], tuple[Stride, ...]]:
    """Keep only the strides that two analyses of one walk have in common.

    Parameters
    ----------
    strides : sequence of Stride
        Those of the walk.
    others : sequence of Stride
        Those of the same walk with another error of the positions.

    Returns
    -------
    strides, others : tuple of Stride
        The same strides in the same order; those that are summarised in one are summarised in the
        other. What differs between their means is then not which strides were found.
    """
    own_kept, others_kept = list[Stride](), list[Stride]()
    for side in SIDES:
        mine, theirs = ([s for s in each if s.side == side] for each in (strides, others))
        limit_s = _NEAR * float(np.median([s.end_s - s.start_s for s in mine])) if mine else 0.0
        own_s, others_s = (np.array([s.start_s for s in each]) for each in (mine, theirs))
        for row, column in zip(*pair_nearest(own_s, others_s, limit_s), strict=True):
            stride, its_other = mine[row], theirs[column]
            if abs(stride.end_s - its_other.end_s) <= limit_s:
                own_kept.append(stride)
                others_kept.append(replace(its_other, excluded=stride.excluded))
    return tuple(own_kept), tuple(others_kept)
