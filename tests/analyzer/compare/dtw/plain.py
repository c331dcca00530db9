"""Dynamic time warping as the papers write it: a full matrix, one cell after the other."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.compare.dtw import DtwSettings

Array = NDArray[np.float64]
Cell = tuple[int, int]
Steps = dict[Cell, Cell | None]


def in_band(i: int, j: int, n: int, m: int, radius: int | None) -> bool:
    """Whether a cell may be used, in exact arithmetic, as `band_radius` defines it."""
    if radius is None or min(n, m) == 1:
        return True
    if m > n:
        i, j, n, m = j, i, m, n
    apart = abs(i - j * Fraction(n - 1, m - 1))  # frames of the longer movement
    nearest = abs(i * Fraction(m - 1, n - 1) - j) <= Fraction(1, 2)
    return apart <= radius or nearest


def plain_radius(n: int, m: int, settings: DtwSettings) -> int | None:
    if settings.band is not None:
        return int(Fraction(settings.band).limit_denominator(1000) * max(n, m))
    return None if settings.band_frames is None else min(settings.band_frames, max(n, m))


def plain_dtw(a: Array, b: Array, settings: DtwSettings) -> tuple[Array, Steps]:
    """Totals of all cells, and the cell before each."""
    n, m = len(a), len(b)
    radius = plain_radius(n, m, settings)
    weight = 2.0 if settings.step_pattern == "symmetric2" else 1.0
    totals = np.full((n, m), np.inf)
    came: Steps = {}
    for i in range(n):
        for j in range(m):
            if not in_band(i, j, n, m, radius):
                continue
            cost = float(((a[i] - b[j]) ** 2).sum())
            if settings.cost == "euclidean":
                cost = math.sqrt(cost)  # correctly rounded on any machine, unlike a power
            ways: list[tuple[float, Cell | None]] = []
            if (i, j) == (0, 0):
                ways.append((weight * cost, None))
            if i > 0 and j > 0:
                ways.append((totals[i - 1, j - 1] + weight * cost, (i - 1, j - 1)))
            if i > 0:
                ways.append((totals[i - 1, j] + cost, (i - 1, j)))
            if j > 0:
                ways.append((totals[i, j - 1] + cost, (i, j - 1)))
            totals[i, j], came[i, j] = min(ways, key=lambda way: way[0])  # of equals, the first
    return totals, came


def plain_path(came: Steps, end: Cell) -> list[Cell]:
    path = [end]
    while (before := came[path[-1]]) is not None:
        path.append(before)
    return path[::-1]
