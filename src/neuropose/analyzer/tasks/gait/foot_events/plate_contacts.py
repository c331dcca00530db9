"""Contacts and foot offs as force plates measured them, each given to the foot that stood there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.data.force_plates import ForcePlate, ForcePlates
from neuropose.filters.columns import runs
from neuropose.skeletons.sides import SIDES, Side

Array = NDArray[np.float64]

THRESHOLD_N = 20.0
"""Vertical force above which a foot is on a plate."""
_SURE = 4.0  # standard deviations of an idle plate that the threshold is above, at least
_RISEN_N = 50.0
_SLOW_RISE_S = 0.008  # from 20 to 50 N; a heel needs 2 to 4 ms, a low-passed force 10 to 15
_SMOOTH_HZ = 20.0
_BRIDGED_S, _SHORTEST_S, _LONGEST_S = 0.03, 0.1, 3.0
_LEAST_PEAK_N = 100.0
_LOADED_N = 60.0  # so that the centre of pressure is known
_BESIDE_MM = 120.0  # from the line between heel and toe; shoes are wider and longer
_MOSTLY = 0.85
_ENDS = 0.1  # of a load, where it must be the foot's too
_MARGIN_MM = 10.0  # by which a marker may be outside the plate


@dataclass(frozen=True, slots=True)
class PlateContact:
    """A foot stands on a plate.

    Parameters
    ----------
    side : {"left", "right"}
    plate : str
        Its name.
    contact_s, foot_off_s : float
        Seconds, on the clock of the recording; NaN if it is before or after the recording.
    rise_s : float
        How long the force took from 20 to 50 N, seconds. NaN: not seen.
    """

    side: Side
    plate: str
    contact_s: float
    foot_off_s: float
    rise_s: float = float("nan")


@dataclass(frozen=True, slots=True)
class RefusedLoad:
    """A load that says nothing of one foot.

    Parameters
    ----------
    plate : str
        Name of the plate.
    start_s, end_s : float
        Seconds.
    reason : str
        Why it is not used.
    """

    plate: str
    start_s: float
    end_s: float
    reason: str


NOBODY = "neither foot stands where the load is"
TWO_FEET = "the other foot stands on the plate too"
BESIDE = "the foot stands partly beside the plate"
TOO_LONG = "lasts longer than a step"


def plate_contacts(
    plates: ForcePlates,
    time_s: Array,
    heels_mm: Mapping[Side, Array],
    toes_mm: Mapping[Side, Array],
    up: Array,
) -> tuple[tuple[PlateContact, ...], tuple[RefusedLoad, ...]]:
    """Find when each foot stood on a force plate alone.

    Parameters
    ----------
    plates : ForcePlates
        Forces along the same axes as the positions, on the same clock.
    time_s : ndarray, shape (T,)
        Times of the positions, seconds.
    heels_mm, toes_mm : mapping of str to ndarray, shape (T, 3)
        Heel and toe of each side.
    up : ndarray, shape (3,)
        Unit vector away from the floor.

    Returns
    -------
    contacts : tuple of PlateContact
        Ascending in time.
    refused : tuple of RefusedLoad
        Every other load, with its reason.

    Notes
    -----
    Contact and foot off are where the vertical force passes 20 N, or four standard deviations of
    what the plate shows when it is idle if that is more (instrumented treadmills). Contacts, which
    load a plate within milliseconds, are found in the force as it is: a low-pass would make them
    earlier. A foot unloads it slowly, so that a threshold far above 20 N would make foot offs
    earlier: they are found in the force after a low-pass at 20 Hz where the plate is noisy.

    A load belongs to a foot if the centre of pressure is within 120 mm of the line from its heel
    to its toe for most of the time, at its beginning and its end too, and nearer than to that of
    the other foot, and if the foot is within the plate's corners.
    """
    contacts: list[PlateContact] = []
    refused: list[RefusedLoad] = []
    for plate in plates.plates:
        for start, end, rise_s, first, last in _loads(plate, plates.time_s, up):
            span = slice(first, last)
            outcome = _whose(plate, plates.time_s, span, time_s, heels_mm, toes_mm, up)
            if end - start > _LONGEST_S:
                outcome = TOO_LONG
            if outcome in ("left", "right"):
                side: Side = "left" if outcome == "left" else "right"
                cut = (first == 0, last >= len(plates.time_s) - 1)
                contacts.append(
                    PlateContact(
                        side,
                        plate.name,
                        float("nan") if cut[0] else start,
                        float("nan") if cut[1] else end,
                        float("nan") if cut[0] else rise_s,
                    )
                )
            else:
                refused.append(RefusedLoad(plate.name, start, end, outcome))
    return (
        tuple(sorted(contacts, key=lambda each: np.nanmin([each.contact_s, each.foot_off_s]))),
        tuple(refused),
    )


def were_smoothed(contacts: Sequence[PlateContact]) -> bool:
    """Tell whether forces were low-passed before they were stored, by how slowly they rise.

    Parameters
    ----------
    contacts : sequence of PlateContact
        Steps on force plates.

    Returns
    -------
    bool
        The force needs more than 8 ms from 20 to 50 N (median). Contacts are then up to 35 ms too
        early, and foot offs up to 15 ms too late (low-pass of 6 Hz).

    Examples
    --------
    >>> were_smoothed([PlateContact("left", "1", 0.5, 1.1, rise_s=0.014)])
    True
    """
    return usual_rise_s(contacts) > _SLOW_RISE_S


def usual_rise_s(contacts: Sequence[PlateContact]) -> float:
    """Return how long the force needs from 20 to 50 N (median), seconds.

    Parameters
    ----------
    contacts : sequence of PlateContact
        Steps on force plates.

    Returns
    -------
    float
        NaN: no rise was seen.
    """
    rises_s = [each.rise_s for each in contacts if np.isfinite(each.rise_s)]
    return float(np.median(rises_s)) if rises_s else float("nan")


def _loads(
    plate: ForcePlate, time_s: Array, up: Array
) -> list[tuple[float, float, float, int, int]]:
    """Return start, end (s, between samples), rise (s), and the samples, of every load."""
    from scipy.signal import butter, sosfiltfilt

    vertical = np.nan_to_num(plate.force_n @ up)
    if vertical.sum() < 0.0:  # a plate whose corners are in the other order
        vertical = -vertical
    rate_hz = (len(time_s) - 1) / (time_s[-1] - time_s[0])
    idle_n = _idle_sd(vertical)
    threshold = max(THRESHOLD_N, _SURE * idle_n)
    unloading, off_threshold = vertical, THRESHOLD_N
    if threshold > THRESHOLD_N and rate_hz > 2.5 * _SMOOTH_HZ:
        unloading = sosfiltfilt(butter(2, _SMOOTH_HZ, fs=rate_hz, output="sos"), vertical)
        off_threshold = max(THRESHOLD_N, _SURE * _idle_sd(unloading))
    loaded = vertical > threshold
    for start, stop in runs(~loaded):
        if start > 0 and stop < len(loaded) and stop - start < _BRIDGED_S * rate_hz:
            loaded[start:stop] = True
    found = []
    for start, stop in runs(loaded):
        if vertical[start:stop].max() < max(_LEAST_PEAK_N, 2.0 * threshold):
            continue
        if stop - start < _SHORTEST_S * rate_hz:
            continue
        while stop < len(unloading) and unloading[stop] > off_threshold:
            stop += 1
        start_s = _crossing_s(time_s, vertical, threshold, start - 1, start)
        end_s = _crossing_s(time_s, unloading, off_threshold, stop, stop - 1)
        rise_s = float("nan")
        if threshold == THRESHOLD_N:
            risen = int(start + np.argmax(vertical[start:stop] >= _RISEN_N))
            rise_s = _crossing_s(time_s, vertical, _RISEN_N, risen - 1, risen) - start_s
        found.append((start_s, end_s, rise_s, int(start), int(stop)))
    return found


def _crossing_s(time_s: Array, force: Array, threshold: float, out: int, into: int) -> float:
    """Return when the force passes the threshold, between an unloaded and a loaded sample."""
    if not 0 <= out < len(time_s) or force[into] <= force[out]:
        return float(time_s[into])
    return float(np.interp(threshold, force[[out, into]], time_s[[out, into]]))


def _idle_sd(vertical: Array) -> float:
    idle = vertical[np.abs(vertical) < 3.0 * THRESHOLD_N]
    if len(idle) < 10:
        return 0.0
    return float(1.4826 * np.median(np.abs(idle - np.median(idle))))


def _whose(
    plate: ForcePlate,
    plate_s: Array,
    span: slice,
    time_s: Array,
    heels_mm: Mapping[Side, Array],
    toes_mm: Mapping[Side, Array],
    up: Array,
) -> str:
    """Return the side of the foot that stood there, or why it is not known."""
    enough = np.linalg.norm(plate.force_n[span], axis=1) > _LOADED_N
    at_s = plate_s[span][enough]
    centre = plate.centre_of_pressure_mm[span][enough]
    known = np.isfinite(centre).all(axis=1)
    if not known.any():
        return NOBODY
    at_s, centre = at_s[known], centre[known]
    apart = {}
    feet = {}
    for side in SIDES:
        heel, toe = (_at(at_s, time_s, of[side]) for of in (heels_mm, toes_mm))
        feet[side] = heel, toe
        apart[side] = _from_line(centre, heel, toe, up)
    ends = max(1, int(_ENDS * len(at_s)))
    shares = {
        side: min(
            float(np.mean(near[part]))
            for near in (apart[side] < _BESIDE_MM,)
            for part in (slice(None), slice(ends), slice(-ends, None))
        )
        for side in SIDES
    }
    nearest: Side = "left" if np.median(apart["left"]) < np.median(apart["right"]) else "right"
    if shares[nearest] < _MOSTLY:
        both = all((apart[each] < _BESIDE_MM).mean() > 1.0 - _MOSTLY for each in SIDES)
        return TWO_FEET if both else NOBODY
    if plate.corners_mm is not None:
        middle = slice(len(at_s) // 4, max(len(at_s) // 2, len(at_s) // 4 + 1))
        inside = [_inside(points[middle], plate.corners_mm, up) for points in feet[nearest]]
        if not all(inside):
            return BESIDE
    return nearest


def _at(at_s: Array, time_s: Array, points: Array) -> Array:
    """Interpolate positions; NaN where they are missing."""
    return np.stack([np.interp(at_s, time_s, points[:, axis]) for axis in range(3)], axis=1)


def _from_line(points: Array, start: Array, end: Array, up: Array) -> Array:
    """Return the distance on the floor of each point from its line; inf where that is missing."""
    along = end - start
    along = along - (along @ up)[:, None] * up
    away = points - start
    away = away - (away @ up)[:, None] * up
    squared = np.maximum(np.sum(along * along, axis=1), 1e-9)
    share = np.clip(np.sum(away * along, axis=1) / squared, 0.0, 1.0)
    apart = np.linalg.norm(away - share[:, None] * along, axis=1)
    return np.where(np.isnan(apart), np.inf, apart)


def _inside(points: Array, corners: Array, up: Array) -> bool:
    """Return whether the middle of these points is within the corners, but for a margin."""
    point = np.nanmedian(points, axis=0)
    middle = corners.mean(axis=0)
    for number in range(4):
        one, two = corners[number], corners[(number + 1) % 4]
        inward = np.cross(up, two - one)
        inward = inward / np.linalg.norm(inward)
        if inward @ (middle - one) < 0.0:
            inward = -inward
        if inward @ (point - one) < -_MARGIN_MM:
            return False
    return True
