"""Moments at which several cameras saw the board, each with where it saw the corners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from neuropose.multiview.boards.detection import FEWEST_CORNERS, Sighting

Array = NDArray[np.float64]

_EVERY_S = 0.1
_LONGEST_GAP_S = 0.4
_FARTHEST_STEP_PX = 12.0
_LEAST_SIGMA_PX = 0.2
_OF_STEP = 0.1
_MOST_OF_A_PAIR = 25
_APART_PX = 25.0


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What one camera saw of the board at a moment, between two of its pictures.

    Parameters
    ----------
    ids : ndarray of int, shape (N,)
        Which corners.
    points_px : ndarray, shape (N, 2)
        Where they were.
    speed_px_s : ndarray, shape (N, 2)
        How fast they moved.
    sigma_px : float
        Standard deviation of `points_px`.
    """

    ids: NDArray[np.intp]
    points_px: Array
    speed_px_s: Array
    sigma_px: float

    @property
    def speed(self) -> float:
        """Median speed of the corners, px/s."""
        return float(np.median(np.linalg.norm(self.speed_px_s, axis=1)))


Moment = dict[str, Glimpse]
"""By name of the camera."""


def shared_moments(
    sightings: Mapping[str, Sequence[Sighting]], offsets_s: Mapping[str, float]
) -> list[Moment]:
    """Return moments at which at least two cameras saw the board.

    Parameters
    ----------
    sightings : mapping of str to sequence of Sighting
        By camera, ascending in time.
    offsets_s : mapping of str to float
        What has to be added to the times of each video, s.

    Returns
    -------
    list of Moment
        Of each pair of cameras the slowest ones that differ in place, 25 at most.
    """
    starts = [sightings[n][0].time_s + offsets_s[n] for n in sightings if sightings[n]]
    ends = [sightings[n][-1].time_s + offsets_s[n] for n in sightings if sightings[n]]
    if not starts:
        return []
    exact = {each.time_s + offsets_s[name] for name, seen in sightings.items() for each in seen}
    times = np.unique(np.round([*np.arange(min(starts), max(ends), _EVERY_S), *exact], 6))
    moments = []
    for time_s in times:
        moment = {
            name: glimpse
            for name, seen in sightings.items()
            if (glimpse := glimpse_at(seen, float(time_s) - offsets_s[name])) is not None
        }
        if len(moment) >= 2:
            moments.append(moment)
    return _chosen(moments, list(sightings))


def glimpse_at(seen: Sequence[Sighting], time_s: float) -> Glimpse | None:
    """Return where the corners were at a time of the video.

    Parameters
    ----------
    seen : sequence of Sighting
        Of one camera, ascending in time.
    time_s : float
        Time of its video, s.

    Returns
    -------
    Glimpse or None
        None if it did not see the board then, or the board moved too fast.
    """
    times = np.array([each.time_s for each in seen])
    after = int(np.searchsorted(times, time_s, side="right"))
    if not 0 < after < len(seen):
        return None
    one, other = seen[after - 1], seen[after]
    gap = other.time_s - one.time_s
    if gap > _LONGEST_GAP_S:
        return None
    ids, first, second = np.intersect1d(one.ids, other.ids, return_indices=True)
    if len(ids) < FEWEST_CORNERS:
        return None
    step = other.points_px[second] - one.points_px[first]
    length = float(np.median(np.linalg.norm(step, axis=1)))
    share = (time_s - one.time_s) / gap
    bend = 4.0 * share * (1.0 - share)  # nothing is interpolated at the pictures themselves
    if length * max(bend, 0.1) > _FARTHEST_STEP_PX:
        return None
    return Glimpse(
        ids=ids,
        points_px=one.points_px[first] + share * step,
        speed_px_s=step / gap,
        sigma_px=float(np.hypot(_LEAST_SIGMA_PX, _OF_STEP * length * bend)),
    )


def _chosen(moments: Sequence[Moment], names: Sequence[str]) -> list[Moment]:
    kept: dict[int, Moment] = {}
    for pair in combinations(names, 2):
        both = [n for n, moment in enumerate(moments) if all(name in moment for name in pair)]
        both.sort(key=lambda n: max(moments[n][name].speed for name in pair))
        taken: list[Array] = []
        for number in both:
            place = np.concatenate([_place(moments[number][name]) for name in pair])
            if len(taken) >= _MOST_OF_A_PAIR:
                break
            if all(np.linalg.norm(place - other) > _APART_PX for other in taken):
                taken.append(place)
                kept[number] = moments[number]
    return [kept[number] for number in sorted(kept)]


def _place(glimpse: Glimpse) -> Array:
    """Where the board was and how it was turned, in px."""
    return np.concatenate([glimpse.points_px.mean(axis=0), glimpse.points_px.std(axis=0)])
