"""Markers that leap away for a moment and back: a reflection had their name."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEAST_MM = 50.0
"""How far off a leap is at least. What the fastest limbs do between two frames is a tenth of it."""
LONGEST_FRAMES, LONGEST_S = 3, 0.03
"""How long a leap lasts at most: what is longer cannot be told from a fast turn, nor bridged."""
_EVEN = 0.8  # below it, a frame beside a leap is off its path by less than a leap is
_LEAST_RATE_HZ = 75.0  # of slower recordings, limbs turn more between frames: by the fourth power


def without_leaps(positions_mm: Array, rate_hz: float) -> tuple[Array, NDArray[np.bool_]]:
    """Put markers that leap away back on their paths.

    Parameters
    ----------
    positions_mm : ndarray, shape (T, N, 3)
        Markers. NaN: missing.
    rate_hz : float
        Frames a second.

    Returns
    -------
    positions_mm : ndarray, shape (T, N, 3)
        The same, bit for bit, but for the leaps: those are on the cubic through the two frames
        before and the two after.
    found : ndarray of bool, shape (T, N)
        Where a marker was `LEAST_MM` or more off that cubic, for at most `LONGEST_FRAMES` and
        `LONGEST_S` (a single frame, of slow recordings), and went on behind them where it came
        from. Below 75 frames a second the distance is larger, by the fourth power of the rate.
        Beside gaps and at the ends nothing is found.

    Examples
    --------
    >>> path_mm = np.zeros((9, 1, 3))
    >>> path_mm[:, 0, 0] = np.linspace(0.0, 200.0, 9)
    >>> path_mm[4:6, 0, 2] = 120.0
    >>> mended_mm, found = without_leaps(path_mm, 100.0)
    >>> np.flatnonzero(found).tolist(), mended_mm[4:6, 0].round().tolist()
    ([4, 5], [[100.0, 0.0, 0.0], [125.0, 0.0, 0.0]])
    """
    found = np.zeros(positions_mm.shape[:2], dtype=bool)
    mended_mm = np.array(positions_mm)
    least_mm = LEAST_MM * max(1.0, (_LEAST_RATE_HZ / rate_hz) ** 4)
    for length in range(1, LONGEST_FRAMES + 1):
        count = len(positions_mm) - length - 3  # runs with two frames on either side
        if count < 1 or (length > 1 and length > LONGEST_S * rate_hz):
            break
        at = [positions_mm[start : start + count] for start in range(length + 4)]
        one, before, after, other = at[0], at[1], at[-2], at[-1]
        # The four around it are on one path: none has leapt, and nothing has moved for good.
        steps = [before - one, (after - before) / (length + 1), other - after]
        away = np.all(
            [_size(step - next_) < _EVEN * least_mm for step, next_ in combinations(steps, 2)],
            axis=0,
        )
        places = np.array([0.0, 1.0, length + 2.0, length + 3.0])
        around = np.stack([one, before, after, other])
        paths = {
            inside: np.tensordot(_weights(places, inside), around, 1)
            for inside in range(2, length + 2)
        }
        for inside, path in paths.items():
            away &= _size(at[inside] - path) > least_mm
        for inside, path in paths.items():
            found[inside : inside + count] |= away
            mended_mm[inside : inside + count][away] = path[away]
    return mended_mm, found


def _size(vectors: Array) -> Array:
    """Length of vectors; NaN where one is missing, which is larger than nothing."""
    return np.asarray(np.linalg.norm(vectors, axis=-1))


def _weights(places: Array, at: float) -> Array:
    """Return by what the values at some places are multiplied in the polynomial through them."""
    return np.array(
        [
            np.prod([(at - other) / (own - other) for other in places if other != own])
            for own in places
        ]
    )
