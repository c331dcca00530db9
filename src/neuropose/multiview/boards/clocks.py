"""When videos began, from how fast a board turned in each: every camera sees the same speed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from neuropose.multiview.boards.poses import Pose

Array = NDArray[np.float64]

_FLIPS = 5  # a flat board far away has a twin, which a picture or two may take it for
_STEP_S = 0.02
_LONGEST_GAP_S = 0.4
_LEAST_OVERLAP_S = 4.0
_LEAST_CORRELATION = 0.7
_ELSEWHERE_S = 0.6  # another peak as far away would be another answer
_LEAST_LEAD = 2.0  # how much more any other answer leaves unexplained


def turning_speed(times_s: Sequence[float], poses: Sequence[Pose]) -> tuple[Array, Array]:
    """Return how fast a board turned between pictures.

    Parameters
    ----------
    times_s : sequence of float
        Times of the pictures, ascending, s.
    poses : sequence of Pose
        The board before the camera.

    Returns
    -------
    tuple of ndarray, each of shape (T,)
        Evenly spaced times, and the speed in rad/s. NaN: the board was not seen.
    """
    times = np.asarray(times_s, np.float64)
    if len(times) < 2:
        return np.empty(0), np.empty(0)
    turns = np.stack([pose.rotation for pose in poses])
    between = np.einsum("tij,tkj->tik", turns[1:], turns[:-1])
    cosine = (np.trace(between, axis1=1, axis2=2) - 1.0) / 2.0
    gaps = np.diff(times)
    speed = np.arccos(np.clip(cosine, -1.0, 1.0)) / np.maximum(gaps, 1e-6)
    speed = median_filter(speed, _FLIPS, mode="nearest")
    middle = times[:-1] + gaps / 2.0
    even = np.arange(times[0], times[-1], _STEP_S)
    found = np.interp(even, middle, speed)
    after = np.clip(np.searchsorted(times, even, side="right"), 1, len(times) - 1)
    found[gaps[after - 1] > _LONGEST_GAP_S] = np.nan
    return even, found


def clock_offset_s(one: tuple[Array, Array], other: tuple[Array, Array]) -> float | None:
    """Return what has to be added to the times of the other video.

    Parameters
    ----------
    one, other : tuple of ndarray
        Of `turning_speed`.

    Returns
    -------
    float or None
        s. None if the board did not turn enough, or not in a way that happens only once.
    """
    if not len(one[0]) or not len(other[0]):
        return None
    least = int(_LEAST_OVERLAP_S / _STEP_S)
    lags = range(-len(other[1]) + least, len(one[1]) - least + 1)
    found = np.array([_correlation(one[1], other[1], lag, least) for lag in lags])
    if not len(found) or not np.isfinite(found).any():
        return None
    best = int(np.nanargmax(found))
    elsewhere = np.abs(np.arange(len(found)) - best) * _STEP_S > _ELSEWHERE_S
    rival = float(np.nanmax(np.where(elsewhere, found, -1.0), initial=-1.0))
    if found[best] < _LEAST_CORRELATION or 1.0 - rival < _LEAST_LEAD * (1.0 - found[best]):
        return None
    return float(one[0][0] - other[0][0] + _STEP_S * (lags[best] + _between(found, best)))


def _correlation(one: Array, other: Array, lag: int, least: int) -> float:
    start, end = max(0, lag), min(len(one), lag + len(other))
    a, b = one[start:end], other[start - lag : end - lag]
    known = np.isfinite(a + b)
    if known.sum() < least:
        return float("nan")
    a, b = a[known] - a[known].mean(), b[known] - b[known].mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 0.0 else float("nan")


def _between(values: Array, at: int) -> float:
    """Place of the top of the parabola through a peak and its neighbours."""
    if not 0 < at < len(values) - 1:
        return 0.0
    before, peak, after = values[at - 1 : at + 2]
    bend = before - 2.0 * peak + after
    if not np.isfinite(bend) or bend >= 0.0:
        return 0.0
    return float(0.5 * (before - after) / bend)
