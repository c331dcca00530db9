"""What times an event: speeds, accelerations, and how far noise moves what they tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.tasks.gait.feet import Feet, FootPoint
from neuropose.filters.splines import evaluate
from neuropose.skeletons.sides import Side

if TYPE_CHECKING:
    from neuropose.analyzer.tasks.gait.settings import GaitSettings

Array = NDArray[np.float64]
Ints = NDArray[np.intp]

_STANCE_FROM, _STANCE_TO = 0.2, 0.5  # of stance: the foot lies flat
_LONGEST_STANCE_S = 3.0
_BEFORE_S, _AFTER_S = 0.05, 0.15  # where to look, from the extremum; the other way for foot off
_AFTER_CLEAN_S = 0.25  # a foot that comes down steeply turns back long before; noise would be found
_TOGETHER_S = 0.04  # further apart, two motions do not tell of the same moment
_NOT_SMALL = 2.0  # as walks with added noise show (`benchmarks.events`)
_ABOVE_NOISE = 5.0  # standard deviations of an acceleration, which a peak of it must exceed
_BEND_S = 0.01  # over which the sharpness of a peak is measured
_WITHIN_A_FRAME = 0.1  # frames: how far a blow seems to move with where between two frames it fell
GRID_S = 0.002
"""Steps in which a motion is looked at."""
_FINE_S = 0.0005  # where the step is to leave no trace in the place of a peak


def walking_speeds(feet: Feet, side: Side, contacts: Array, foot_offs: Array) -> Array:
    """Measure how fast the pelvis passes over the foot, stance by stance.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    side : {"left", "right"}
    contacts, foot_offs : ndarray
        Sample numbers of one detector, ascending.

    Returns
    -------
    ndarray, shape (stances, 3)
        Sample numbers of contact and foot off, and the speed in mm/s: that of the resting heel
        backwards from the pelvis, median from 20 to 50 % of stance. It is the walking speed on a
        floor and on a treadmill alike.
    """
    speed = -np.gradient(feet.heel[side].ahead_mm) * feet.rate_hz
    stances = []
    next_off = np.append(foot_offs, np.inf)[np.searchsorted(foot_offs, contacts, side="right")]
    for contact, foot_off in zip(contacts, next_off, strict=True):
        length = foot_off - contact
        if length > _LONGEST_STANCE_S * feet.rate_hz:
            continue
        first = int(np.ceil(contact + _STANCE_FROM * length))
        last = int(np.floor(contact + _STANCE_TO * length))
        within = speed[first : last + 1]
        if len(within) and np.isfinite(within).all():
            stances.append((contact, foot_off, float(np.median(within))))
    return np.array(stances).reshape(-1, 3)


@dataclass(frozen=True, eq=False)
class Turns:
    """Where the heel or the toe of a foot turns back, E times: events that are to be timed.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    side : {"left", "right"}
    at : ndarray, shape (E,)
        Sample numbers at which the heel (contacts) or the toe (foot offs) turns back.
    walking_mm_s : ndarray, shape (E,)
        Walking speed at each, see `nearest_speeds`. NaN: not known.
    settings : GaitSettings
        How gait is detected.
    """

    feet: Feet
    side: Side
    at: Array
    walking_mm_s: Array
    settings: GaitSettings

    @property
    def heel(self) -> FootPoint:
        """The heel of this foot."""
        return self.feet.heel[self.side]

    @property
    def toe(self) -> FootPoint:
        """The toe of this foot."""
        return self.feet.toe[self.side]

    @property
    def longest_search_s(self) -> float:
        """How far from its turning point an event is searched; less if noise would be found."""
        return _AFTER_CLEAN_S if self.feet.noise_mm <= self.settings.clean_mm else _AFTER_S

    def samples(self, time_s: float) -> float:
        """Return how many samples a time lasts.

        Parameters
        ----------
        time_s : float
            Seconds.

        Returns
        -------
        float
        """
        return time_s * self.feet.rate_hz


@dataclass(frozen=True, eq=False)
class Timed:
    """Exact places of E events, in samples with fractions.

    Parameters
    ----------
    places : ndarray, shape (E,)
        NaN: nothing sharper than the turning point is known.
    jitter : ndarray, shape (E,)
        Standard deviation that the noise of the positions gives them. NaN: not timed.
    apart : ndarray, shape (E,), optional
        Standard deviation of what several motions tell of each, samples. NaN: no two of them tell.
    """

    places: Array
    jitter: Array
    apart: Array | None = None


def noise_of_derivative(feet: Feet, order: int) -> float:
    """Return the noise of a derivative of a coordinate as it moves events.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    order : int
        1: of a speed; 2: of an acceleration; 3: of its change.

    Returns
    -------
    float
        Standard deviation, mm/s, mm/s² or mm/s³: twice that of `Feet.noise_of_derivative`, since
        noise that is not small finds other places, too, than one that only moves.
    """
    return _NOT_SMALL * feet.noise_of_derivative(order)


def turning_jitter(feet: Feet, point: FootPoint, at: Array) -> Array:
    """Tell how far noise moves the places at which a point turns back.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    point : FootPoint
        The heel or toe of one foot.
    at : ndarray, shape (E,)
        Sample numbers at which it turns back.

    Returns
    -------
    ndarray, shape (E,)
        Standard deviation, samples: noise of the speed over how fast the speed changes there.
    """
    change = np.abs(evaluate(point.ahead_mm, at, derivative=2)) * feet.rate_hz
    return np.asarray(noise_of_derivative(feet, 1) / np.maximum(change, np.finfo(float).tiny))


def later(timed: Timed, delay: float) -> Timed:
    """Move events.

    Parameters
    ----------
    timed : Timed
        Places of events.
    delay : float
        By how many samples; negative: earlier.

    Returns
    -------
    Timed
    """
    return Timed(timed.places + delay, timed.jitter)


def together(motions: Sequence[Timed], spreads: Sequence[float]) -> Timed:
    """Weigh what several motions tell of the same events.

    Parameters
    ----------
    motions : sequence of Timed
        Places of the same events. One that is NaN does not count.
    spreads : sequence of float
        Standard deviation of each motion without noise, samples.

    Returns
    -------
    Timed
        Means, weighed by the inverse squares of `spreads` and jitter; NaN: no motion tells.

    Examples
    --------
    >>> one, other = (Timed(np.array([place]), np.zeros(1)) for place in (10.0, 13.0))
    >>> together((one, other), (1.0, 2.0)).places
    array([10.6])
    """
    places, jitter = (
        np.stack([getattr(each, part) for each in motions]) for part in ("places", "jitter")
    )
    told = np.isfinite(places) & np.isfinite(jitter)
    places, jitter = (np.where(told, part, 0.0) for part in (places, jitter))
    weights = np.where(told, np.hypot(np.reshape(spreads, (-1, 1)), jitter) ** -2.0, 0.0)
    weights = weights / np.where(told.any(axis=0), weights.sum(axis=0), np.nan)
    mean = np.sum(weights * places, axis=0)
    scatter = np.sum(np.where(told, (places - mean) ** 2, 0.0), axis=0)
    others = np.maximum(told.sum(axis=0) - 1.0, 0.0)
    return Timed(
        mean,
        np.sqrt(np.sum((weights * jitter) ** 2, axis=0)),
        np.sqrt(scatter / np.where(others > 0.0, others, np.nan)),
    )


def sharpest_turn(feet: Feet, coordinate_mm: Array, near: Array) -> Timed:
    """Find where a coordinate of a foot is accelerated most.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    coordinate_mm : ndarray, shape (T,)
        Height of a point, or how far it is ahead.
    near : ndarray, shape (E,)
        Sample numbers near which it must be, within 40 ms.

    Returns
    -------
    Timed
        NaN: there is no such peak, or it does not stand out from the noise by five standard
        deviations.

    Notes
    -----
    A low-pass without delay makes a blow longer and leaves its middle where it is, whoever applied
    it and when.
    """
    places, jitter = np.full((2, len(near)), np.nan)
    if not len(near):
        return Timed(places, jitter)
    grid = near.reshape(-1, 1) + np.arange(-_TOGETHER_S, _TOGETHER_S, _FINE_S) * feet.rate_hz
    change = evaluate(coordinate_mm, grid, derivative=2, degree=5) * feet.rate_hz**2
    found, tops = _highest(grid, change, _ABOVE_NOISE * feet.noise_of_derivative(2))
    places[found] = tops
    three = tops[:, None] + np.array([-_BEND_S, 0.0, _BEND_S]) * feet.rate_hz
    before, top, after = evaluate(coordinate_mm, three, derivative=2, degree=5).T * feet.rate_hz**2
    bend = ((2.0 * top - before - after) / _BEND_S**2) ** 2 - feet.noise_of_derivative(4) ** 2
    bend = np.sqrt(np.maximum(bend, np.finfo(float).tiny))
    jitter[found] = np.hypot(noise_of_derivative(feet, 3) / bend * feet.rate_hz, _WITHIN_A_FRAME)
    return Timed(places, jitter)


def lowest(feet: Feet, height_mm: Array, near: Array) -> Timed:
    """Find where a point of a foot is lowest.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    height_mm : ndarray, shape (T,)
        Height of the point.
    near : ndarray, shape (E,)
        Sample numbers near which it must be, within 40 ms.

    Returns
    -------
    Timed
        NaN: it only falls, or only rises.
    """
    places, jitter = np.full((2, len(near)), np.nan)
    if not len(near):
        return Timed(places, jitter)
    grid = near.reshape(-1, 1) + np.arange(-_TOGETHER_S, _TOGETHER_S, _FINE_S) * feet.rate_hz
    found, tops = _highest(grid, -evaluate(height_mm, grid), -np.inf)
    places[found] = tops
    bend = np.abs(evaluate(height_mm, tops, derivative=2)) * feet.rate_hz
    jitter[found] = noise_of_derivative(feet, 1) / np.maximum(bend, np.finfo(float).tiny)
    return Timed(places, jitter)


def _highest(grid: Array, values: Array, least: float) -> tuple[Ints, Array]:
    """Return the rows that have a peak above `least`, and where the highest of each is."""
    inner = values[:, 1:-1]
    peaks = (inner > values[:, :-2]) & (inner >= values[:, 2:]) & (inner > least)
    rows = np.flatnonzero(peaks.any(axis=1))
    at = 1 + np.where(peaks, inner, -np.inf).argmax(axis=1)[rows]
    before, top, after = (values[rows, at + step] for step in (-1, 0, 1))
    vertex = 0.5 * (before - after) / (before - 2.0 * top + after)
    return rows, np.asarray(grid[rows, at] + vertex * (grid[rows, at + 1] - grid[rows, at]))


def crossing(turns: Turns, point: FootPoint, direction: float, share: float) -> Timed:
    """Find where the speed of a point falls below a share of the walking speed.

    Parameters
    ----------
    turns : Turns
        Events that are to be timed.
    point : FootPoint
        The heel or toe that turns back.
    direction : {1.0, -1.0}
        Whether to look forwards or backwards in time.
    share : float
        Of the walking speed.

    Returns
    -------
    Timed
        NaN: it is not passed, or the walking speed is not known.
    """
    rate_hz = turns.feet.rate_hz
    speed = turns.walking_mm_s.reshape(-1, 1)
    offset = direction * np.arange(-_BEFORE_S, turns.longest_search_s, GRID_S) * rate_hz
    grid = turns.at.reshape(-1, 1) + offset
    forwards, up = (
        evaluate(part, grid, derivative=1) * rate_hz for part in (point.ahead_mm, point.height_mm)
    )
    excess = np.hypot(forwards + speed, up) - share * speed
    passed = (excess[:, :-1] > 0.0) & (excess[:, 1:] <= 0.0) & (speed > 0.0)
    crossed = passed.any(axis=1)
    first = passed.argmax(axis=1)[crossed]
    before, after = excess[crossed, first], excess[crossed, first + 1]
    step = offset[1] - offset[0]
    places, jitter = np.full((2, len(turns.at)), np.nan)
    places[crossed] = grid[crossed, first] + step * before / (before - after)
    jitter[crossed] = noise_of_derivative(turns.feet, 1) * abs(step) / (before - after)
    return Timed(places, jitter)


def nearest_speeds(stances: Array, at: Array, column: int) -> Array:
    """Return the speed of the stance that begins or ends at each place, else of the nearest.

    Parameters
    ----------
    stances : ndarray, shape (stances, 3)
        See `walking_speeds`.
    at : ndarray, shape (E,)
        Sample numbers of events.
    column : {0, 1}
        0: contacts; 1: foot offs.

    Returns
    -------
    ndarray, shape (E,)
        mm/s. NaN: there is no stance.
    """
    if not len(stances):
        return np.full(len(at), np.nan)
    nearest = np.abs(stances[:, column] - at.reshape(-1, 1)).argmin(axis=1)
    return np.asarray(stances[nearest, 2])
