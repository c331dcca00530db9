"""The loops of dynamic time warping, compiled by numba; the only module that imports it.

The first movement is rows ``a`` (N, D), the second columns ``b`` (D, M), float64, contiguous,
finite. ``start`` and ``stop`` (N,) give the columns of each row that lie in the band. Totals of
column j stand at j + 1, and what stands beside the band is infinite.

All loops over the columns of a row are plain arithmetic on contiguous memory, so that the compiler
makes them vectors; only the steps along a row (`_advance`) wait for one another. No sum is
reordered and nothing is contracted (no ``fastmath``): the numbers are the same, bit for bit, on any
number of threads and whatever the width of the vectors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]
F = TypeVar("F", bound=Callable[..., Any])

DIAGONAL, DOWN, RIGHT = 0, 1, 2
"""Steps: both movements go on, only the first does, only the second does."""


def compiled(function: F) -> F:
    """Let numba compile a function when it is first called; it then runs without the GIL.

    Parameters
    ----------
    function : callable

    Returns
    -------
    callable

    Notes
    -----
    What was compiled is kept beside the module, or in the user's cache folder if that cannot be
    written. Where neither can be, every process compiles for itself.
    """
    try:
        return cast("F", numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # no place to keep it
        return cast("F", numba.njit(nogil=True)(function))


@compiled
def band_limits(n: int, m: int, radius: int) -> tuple[Ints, Ints]:
    """First column of each row in the band, and one more than the last; radius −1: no band."""
    start = np.zeros(n, np.int64)
    stop = np.full(n, m, np.int64)
    if radius < 0 or n == 1 or m == 1:
        return start, stop
    last_row, last_column = n - 1, m - 1
    reach = max(radius * min(last_row, last_column), max(last_row, last_column) // 2)
    for i in range(n):
        at = i * last_column
        start[i] = max(0, -((reach - at) // last_row))
        stop[i] = min(last_column, (at + reach) // last_row) + 1
    return start, stop


@compiled
def _local_costs(
    a: Floats, i: int, b: Floats, start: int, stop: int, squared: bool, costs: Floats
) -> None:
    """Compute the local costs of rows i and i + 1 together: each column is then read once."""
    depth = b.shape[0]
    after = min(i + 1, a.shape[0] - 1)
    one, two = costs[0, start:stop], costs[1, start:stop]
    for k in range(one.shape[0]):
        one[k] = 0.0
        two[k] = 0.0
    d = 0
    while d + 4 <= depth:  # four at a time: less to load and store
        b0, b1 = b[d, start:stop], b[d + 1, start:stop]
        b2, b3 = b[d + 2, start:stop], b[d + 3, start:stop]
        p0, p1, p2, p3 = a[i, d], a[i, d + 1], a[i, d + 2], a[i, d + 3]
        q0, q1, q2, q3 = a[after, d], a[after, d + 1], a[after, d + 2], a[after, d + 3]
        for k in range(one.shape[0]):
            x0, x1, x2, x3 = b0[k], b1[k], b2[k], b3[k]
            one[k] += ((p0 - x0) ** 2 + (p1 - x1) ** 2) + ((p2 - x2) ** 2 + (p3 - x3) ** 2)
            two[k] += ((q0 - x0) ** 2 + (q1 - x1) ** 2) + ((q2 - x2) ** 2 + (q3 - x3) ** 2)
        d += 4
    while d < depth:
        b0 = b[d, start:stop]
        p0, q0 = a[i, d], a[after, d]
        for k in range(one.shape[0]):
            one[k] += (p0 - b0[k]) ** 2
            two[k] += (q0 - b0[k]) ** 2
        d += 1
    if not squared:
        for k in range(one.shape[0]):
            one[k] = np.sqrt(one[k])
            two[k] = np.sqrt(two[k])


@compiled
def _advance(
    diagonal: Floats,
    down: Floats,
    cost: Floats,
    start: int,
    stop: int,
    weight: float,
    best: Floats,
    now: Floats,
) -> None:
    """Add one row up from the totals of the row before, which two steps may see differently."""
    c, least = cost[start:stop], best[start:stop]
    x, y, out = diagonal[start:stop], down[start + 1 : stop + 1], now[start + 1 : stop + 1]
    for k in range(c.shape[0]):
        both, first = x[k] + weight * c[k], y[k] + c[k]
        least[k] = first if first < both else both
    total = np.inf
    for k in range(c.shape[0]):
        second = total + c[k]
        total = second if second < least[k] else least[k]
        out[k] = total
    now[start] = np.inf


@compiled
def _choose(
    diagonal: Floats,
    down: Floats,
    cost: Floats,
    start: int,
    stop: int,
    weight: float,
    best: Floats,
    now: Floats,
    choice: Bytes,
) -> None:
    """Tell the step into each cell of a row that `_advance` added up; of equals, the first."""
    c, least, chosen = cost[start:stop], best[start:stop], choice[start:stop]
    x, y, out = diagonal[start:stop], down[start + 1 : stop + 1], now[start + 1 : stop + 1]
    for k in range(c.shape[0]):
        step = DOWN if y[k] + c[k] < x[k] + weight * c[k] else DIAGONAL
        chosen[k] = RIGHT if out[k] < least[k] else step


@compiled
def _carry(choice: Bytes, before: Ints, now: Ints, start: int, stop: int, more: int) -> None:
    """Hand a number from each cell to the next on the path, with more added."""
    chosen, out = choice[start:stop], now[start + 1 : stop + 1]
    diagonal, down = before[start:stop], before[start + 1 : stop + 1]
    for k in range(chosen.shape[0]):
        out[k] = (down[k] if chosen[k] == DOWN else diagonal[k]) + more
    last = 0
    for k in range(chosen.shape[0]):
        last = last + more if chosen[k] == RIGHT else out[k]
        out[k] = last


@compiled
def _pack(choice: Bytes, start: int, stop: int, packed: Bytes) -> None:
    """Put four steps into a byte; `choice` has three more places than columns."""
    for k in range((stop - start + 3) // 4):
        j = start + 4 * k
        packed[k] = choice[j] | (choice[j + 1] << 2) | (choice[j + 2] << 4) | (choice[j + 3] << 6)


@compiled
def _open_band(before: Floats, stop_before: int, stop: int) -> None:
    """Nothing has come to the columns that the band reaches first in this row."""
    for j in range(stop_before + 1, stop + 1):
        before[j] = np.inf


@compiled
def total_cost(
    a: Floats, b: Floats, start: Ints, stop: Ints, squared: bool, weight: float
) -> float:
    """Accumulated cost of the best path; two rows of totals."""
    n, m = a.shape[0], b.shape[1]
    costs, best = np.empty((2, m)), np.empty(m)
    before, now = np.full(m + 1, np.inf), np.empty(m + 1)
    before[0] = 0.0
    for i in range(n):
        if i % 2 == 0:
            _local_costs(a, i, b, start[i], stop[min(i + 1, n - 1)], squared, costs)
        if i > 0:
            _open_band(before, stop[i - 1], stop[i])
        _advance(before, before, costs[i % 2], start[i], stop[i], weight, best, now)
        before, now = now, before
    return float(before[m])


@compiled
def path_steps(
    a: Floats, b: Floats, start: Ints, stop: Ints, squared: bool, weight: float
) -> tuple[float, Bytes]:
    """Accumulated cost of the best path, and the step into every cell, two bits each."""
    n, m = a.shape[0], b.shape[1]
    costs, best = np.empty((2, m)), np.empty(m)
    before, now = np.full(m + 1, np.inf), np.empty(m + 1)
    before[0] = 0.0
    choice = np.zeros(m + 3, np.uint8)
    packed = np.empty((n, (np.max(stop - start) + 3) // 4), np.uint8)
    for i in range(n):
        if i % 2 == 0:
            _local_costs(a, i, b, start[i], stop[min(i + 1, n - 1)], squared, costs)
        if i > 0:
            _open_band(before, stop[i - 1], stop[i])
        cost = costs[i % 2]
        _advance(before, before, cost, start[i], stop[i], weight, best, now)
        _choose(before, before, cost, start[i], stop[i], weight, best, now, choice)
        _pack(choice, start[i], stop[i], packed[i])
        before, now = now, before
    return float(before[m]), packed


@compiled
def trace(packed: Bytes, start: Ints, m: int) -> Ints:
    """Follow the steps back from the last cell; rows of (row, column), from the first cell on."""
    n = packed.shape[0]
    path = np.empty((n + m - 1, 2), np.int64)
    i, j, at = n - 1, m - 1, n + m - 1
    while True:
        at -= 1
        path[at, 0], path[at, 1] = i, j
        if i == 0 and j == 0:
            return path[at:].copy()
        k = j - start[i]
        step = (packed[i, k // 4] >> (2 * (k % 4))) & 3
        if step != RIGHT:
            i -= 1
        if step != DOWN:
            j -= 1


@compiled
def last_row(
    a: Floats, b: Floats, start: Ints, stop: Ints, squared: bool, weight: float, free: bool
) -> tuple[Floats, Ints, Ints]:
    """Best path to every column of the last row: its cost, its first column, its length.

    If free, it may begin at any column, otherwise at the first.
    """
    n, m = a.shape[0], b.shape[1]
    costs, best, choice = np.empty((2, m)), np.empty(m), np.zeros(m, np.uint8)
    nowhere = np.full(m + 1, np.inf)
    before, now = np.full(m + 1, np.inf), np.full(m + 1, np.inf)
    before[: m + 1 if free else 1] = 0.0
    begun, begun_now = (
        np.arange(m + 1) if free else np.zeros(m + 1, np.int64),
        np.zeros(m + 1, np.int64),
    )
    count, count_now = np.zeros(m + 1, np.int64), np.zeros(m + 1, np.int64)
    for i in range(n):
        if i % 2 == 0:
            _local_costs(a, i, b, start[i], stop[min(i + 1, n - 1)], squared, costs)
        if i > 0:
            _open_band(before, stop[i - 1], stop[i])
        cost, down = costs[i % 2], before if i > 0 else nowhere
        _advance(before, down, cost, start[i], stop[i], weight, best, now)
        _choose(before, down, cost, start[i], stop[i], weight, best, now, choice)
        if free:
            _carry(choice, begun, begun_now, start[i], stop[i], 0)
        _carry(choice, count, count_now, start[i], stop[i], 1)
        before, now = now, before
        begun, begun_now = begun_now, begun
        count, count_now = count_now, count
    return before[1:], begun[1:], count[1:]


@compiled
def distances(
    rows: Floats,
    columns: Floats,
    at: Ints,
    first: Ints,
    second: Ints,
    radius: Ints,
    squared: bool,
    weight: float,
    normalized: bool,
    out: Floats,
) -> None:
    """Compare pairs of movements; movement p has the frames ``at[p]:at[p + 1]``.

    They lie one after the other in `rows` (ΣN, D), and in `columns` (flat, each of them (D, N)).
    """
    depth = rows.shape[1]
    for p in range(first.shape[0]):
        a = rows[at[first[p]] : at[first[p] + 1]]
        left, right = at[second[p]], at[second[p] + 1]
        n, m = a.shape[0], right - left
        b = columns[depth * left : depth * right].reshape((depth, m))
        start, stop = band_limits(n, m, radius[p])
        if weight == 1.0 and normalized:
            totals, _, lengths = last_row(a, b, start, stop, squared, weight, False)
            out[p] = totals[m - 1] / lengths[m - 1]
        else:
            total = total_cost(a, b, start, stop, squared, weight)
            out[p] = total / (n + m) if normalized else total
