"""Dynamic time warping of two cycles, exact."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def warped_distance(
    first: Array,
    second: Array,
    *,
    cost: Literal["euclidean", "squared"] = "euclidean",
    step_pattern: Literal["symmetric1", "symmetric2"] = "symmetric2",
    band: float | None = None,
) -> float:
    """Give the normalised distance of two cycles after dynamic time warping.

    Parameters
    ----------
    first, second : ndarray, shape (N, D)
        The same number of points, no NaN.
    cost : {"euclidean", "squared"}
        Between two points.
    step_pattern : {"symmetric1", "symmetric2"}
    band : float, optional
        Points may be that share of the cycle apart (Sakoe–Chiba).

    Returns
    -------
    float
        Sum of the costs along the best path, over 2 N (``symmetric2``, in which the weights of
        every path add up to that), or over N (``symmetric1``): a cost a point.

    Notes
    -----
    Sakoe & Chiba 1978, IEEE Trans Acoust Speech Signal Process 26:43. O(N²) time, O(N) memory:
    meant for cycles of some hundred points.

    Examples
    --------
    >>> up = np.array([[0.0], [0.0], [1.0], [2.0]])
    >>> warped_distance(up, up + 1.0)
    0.5
    """
    count = len(first)
    costs = ((first[:, None] - second[None]) ** 2).sum(axis=2)
    if cost == "euclidean":
        costs = np.sqrt(costs)
    reach = count if band is None else max(int(np.floor(band * count)), 0)
    twice = 2.0 if step_pattern == "symmetric2" else 1.0
    before = [np.inf] * (count + 1)
    before[0] = 0.0
    for row in range(count):
        now = [np.inf] * (count + 1)
        local = costs[row].tolist()
        for column in range(max(0, row - reach), min(count, row + reach + 1)):
            here = local[column]
            now[column + 1] = min(
                before[column] + twice * here, before[column + 1] + here, now[column] + here
            )
        before = now
    return before[count] / (twice * count)
