"""Lengths of a stride, between places of rest on the floor, and the toe's height above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.tasks.gait.feet import Feet
from neuropose.analyzer.tasks.gait.foot_events.find import FootEvent
from neuropose.analyzer.tasks.gait.foot_placement import Ground, foot_placements, rests
from neuropose.analyzer.tasks.gait.phases import ErrorParts, StrideEvents
from neuropose.skeletons.sides import SIDES, Side

Array = NDArray[np.float64]

_SWING_FROM, _SWING_TO = 0.25, 0.85  # of swing: the toe passes low over the floor
_FLAT_FROM, _FLAT_TO = 0.2, 0.5  # of stance: the foot lies flat
_LEAST_PROGRESS_MM = 150.0  # a shorter stride does not define its direction: the heading does


@dataclass(frozen=True, eq=False)
class FootPlacements:
    """The places where both feet rest, contact by contact.

    Parameters
    ----------
    contact_s : dict of str to ndarray, shape (R,)
        Initial contacts by side, seconds.
    place_mm : dict of str to ndarray, shape (R, 2)
        Places on the surface by side, mm. NaN: not known.
    unrest_mm2 : dict of str to ndarray, shape (R, 2, 2)
        Mean square distance that the heel moves meanwhile, by side.
    """

    contact_s: dict[Side, Array]
    place_mm: dict[Side, Array]
    unrest_mm2: dict[Side, Array]

    def after(self, contact: FootEvent) -> tuple[Array, Array]:
        """Return the place where a foot rests after a contact, and how far the heel moves there.

        Parameters
        ----------
        contact : FootEvent
            Initial contact of the foot.

        Returns
        -------
        place_mm : ndarray, shape (2,)
        unrest_mm2 : ndarray, shape (2, 2)
        """
        number = int(np.searchsorted(self.contact_s[contact.side], contact.time_s))
        return self.place_mm[contact.side][number], self.unrest_mm2[contact.side][number]


def find_foot_placements(feet: Feet, events: Sequence[FootEvent], ground: Ground) -> FootPlacements:
    """Find the places where both feet rest.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    events : sequence of FootEvent
        Ascending in time.
    ground : Ground
        Surface that the feet rest on.

    Returns
    -------
    FootPlacements
    """
    rest = {side: rests(events, side, float(feet.time_s[-1])) for side in SIDES}
    rested = {side: foot_placements(feet, rest[side], side, ground) for side in SIDES}
    return FootPlacements(
        contact_s={side: rest[side].contact_s for side in SIDES},
        place_mm={side: rested[side][0] for side in SIDES},
        unrest_mm2={side: rested[side][1] for side in SIDES},
    )


def lengths(
    feet: Feet, events: StrideEvents, placements: FootPlacements
) -> tuple[dict[str, float], dict[str, float]]:
    """Measure the lengths of a stride.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    events : StrideEvents
        Contacts and foot offs of the stride.
    placements : FootPlacements
        Where both feet rest.

    Returns
    -------
    values : dict of str to float
        Lengths in mm, and the walking speed in m/s. NaN: a place is not known.
    unrest_mm : dict of str to float
        For each of them, the largest distance that a heel moves where it should rest: along the
        line of progression, or across it.

    Notes
    -----
    The line of progression leads from one place of rest of the heel to the next (Huxham et al.
    2006, Gait Posture 23:159), so that it follows a curved path too; step length and width are
    along and across it. Places of rest, not places at the moment of contact: the distances are the
    same, but a place at rest is known from many frames.
    """
    side = events.side
    (start, unrest), (end, unrest_end) = (placements.after(e) for e in (events.first, events.last))
    progress, doubts = end - start, [unrest, unrest_end]
    length = float(np.hypot(*progress))
    span = part_of(feet, events.first.time_s, events.last.time_s)
    heading = feet.forward[span].mean(axis=0)
    # A stride that leads nowhere, or back, keeps its sign.
    line = progress / length if length >= _LEAST_PROGRESS_MM else heading / np.hypot(*heading)
    line = line if line @ heading >= 0.0 else -line
    values = {"stride_length": float(progress @ line)}
    values["walking_speed"] = 0.001 * values["stride_length"] / events.span_s
    if events.opposite is not None:
        between, unrest_between = placements.after(events.opposite)
        step = end - between
        to_left = float(step @ np.array([-line[1], line[0]]))
        values["step_length"] = float(step @ line)
        values["step_width"] = to_left if side == "left" else -to_left
        doubts.append(unrest_between)
    across = np.array([-line[1], line[0]])
    ways = {name: across if name == "step_width" else line for name in values}
    return values, {name: _greatest(doubts, way) for name, way in ways.items()}


def errors_over_belt(
    values: Mapping[str, float], ground: Ground, lasts_s: Mapping[str, float], random_s: float
) -> dict[str, ErrorParts]:
    """Return how far off lengths and speed may be by the error of a treadmill's speed.

    Parameters
    ----------
    values : mapping of str to float
        Lengths in mm, and the walking speed in m/s.
    ground : Ground
        Surface that the feet rest on.
    lasts_s : mapping of str to float
        How long the foot was carried by the surface, of each measure, seconds.
    random_s : float
        Standard deviation of the time that the walking speed is divided by.

    Returns
    -------
    dict of str to ErrorParts
        In the units of `values`. Empty on a floor: what errors of places do to them is not known.
    """
    if ground.error_mm_s == 0.0:
        return {}
    errors = {
        name: ErrorParts(0.0, ground.error_mm_s * lasts_s[name])
        for name in ("stride_length", "step_length")
        if name in values and name in lasts_s
    }
    errors["walking_speed"] = ErrorParts(
        abs(values["walking_speed"]) * random_s / lasts_s["walking_speed"],
        0.001 * ground.error_mm_s,
    )
    return errors


def _greatest(unrest_mm2: Sequence[Array], way: Array) -> float:
    """Return the largest of several heels' movements along one axis, mm; 0 where not known."""
    squares = [float(way @ unrest @ way) for unrest in unrest_mm2]
    return float(np.sqrt(max((square for square in squares if square > 0.0), default=0.0)))


class Clearance(NamedTuple):
    """How high the toe is over the floor where it passes lowest in mid-swing.

    Parameters
    ----------
    height_mm : float
        Above its lowest height on the floor, at push-off. NaN: no foot off, a gap, or no lowest
        point from 25 to 85 % of swing.
    above_flat_mm : float
        Above its height with the foot flat.
    error : ErrorParts
        How far off `height_mm` may be, mm: what the noise of both heights adds; and what both
        heights on the floor leave open, a √12th of their difference.
    """

    height_mm: float
    above_flat_mm: float
    error: ErrorParts


_NO_CLEARANCE = Clearance(float("nan"), float("nan"), ErrorParts(0.0, 0.0))


def clearance(feet: Feet, events: StrideEvents) -> Clearance:
    """Measure the lowest height of the toe over the floor in mid-swing.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet, smoothed so little that the toe's lowest point at push-off,
        which lasts for some hundredths of a second, is not filled.
    events : StrideEvents
        Contacts and foot offs of the stride.

    Returns
    -------
    Clearance

    Notes
    -----
    Minimum toe clearance: Winter 1992, Phys Ther 72:45. A marker sits on the toe, not under it, and
    sinks by 5 to 20 mm while the heel rises: with the foot flat it is further above the floor than
    where the toe is about to leave it.
    """
    off = events.own_off
    if off is None:
        return _NO_CLEARANCE
    height_mm = feet.toe[events.side].height_mm
    standing = part_of(feet, events.first.time_s, off.time_s, _FLAT_FROM, _FLAT_TO)
    swing = part_of(feet, off.time_s, events.last.time_s, _SWING_FROM, _SWING_TO)
    passing = height_mm[swing]
    unseen = np.isnan(height_mm[standing.start : swing.stop]).any()
    if standing.stop <= standing.start or len(passing) < 3 or unseen:
        return _NO_CLEARANCE
    number = int(np.argmin(passing))
    if number in (0, len(passing) - 1):
        return _NO_CLEARANCE
    above, flat = float(passing[number]), float(np.median(height_mm[standing]))
    lowest = float(height_mm[standing.start : swing.start].min())
    noise_mm = float(np.sqrt(2.0)) * feet.noise_of_derivative(0)
    return Clearance(
        height_mm=above - lowest,
        above_flat_mm=above - flat,
        error=ErrorParts(noise_mm, max(flat - lowest, 0.0) / float(np.sqrt(12.0))),
    )


def part_of(
    feet: Feet, start_s: float, end_s: float, first: float = 0.0, last: float = 1.0
) -> slice:
    """Return the samples of a part of a period of time.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    start_s, end_s : float
        Start and end of the period, seconds.
    first, last : float
        Start and end of the part, as shares of the period; below 0 and above 1 beside it.

    Returns
    -------
    slice
        Empty if it contains no sample.
    """
    span_s = end_s - start_s
    begin, stop = ((start_s + share * span_s - feet.time_s[0]) for share in (first, last))
    start = max(0, int(np.ceil(begin * feet.rate_hz)))
    return slice(start, max(start, int(np.floor(stop * feet.rate_hz)) + 1))
