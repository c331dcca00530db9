"""The loops of dynamic time warping, compiled by numba.

The first movement is rows ``a`` (N, D), the second columns ``b`` (D, M), float64, contiguous,
finite, D a multiple of four. ``start`` and ``stop`` (N,) give the columns of each row that lie in
the band. In rows of totals column j stands at j + 1, and what stands beside the band is infinite,
so that no step is taken there.

Most of the work is the local costs. Their loops go along the columns of four rows at a time, plain
arithmetic on contiguous memory, so that the compiler makes them vectors. No sum is reordered, and
nothing is contracted that is not written so (no ``fastmath``): the numbers are the same, bit for
bit, on any number of threads and whatever the width of the vectors.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.compiled import compiled, fused_multiply_add

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

DIAGONAL, DOWN, RIGHT = 0, 1, 2
"""Steps: both movements go on, only the first does, only the second does."""


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


_fma = fused_multiply_add()


@compiled
def _add_squares(total: float, w: float, x: float, y: float, z: float) -> float:
    """Add four squares, one after the other."""
    sum_: float = _fma(z, z, _fma(y, y, _fma(x, x, _fma(w, w, total))))
    return sum_


@compiled
def _local_costs(
    a: Floats, i: int, b: Floats, start: Ints, stop: Ints, squared: bool, costs: Floats
) -> None:
    """Compute the local costs of rows i to i + 3 together: each column is then read once.

    What lies after the last row is the last row again.
    """
    last = a.shape[0] - 1
    i1, i2, i3 = min(i + 1, last), min(i + 2, last), min(i + 3, last)
    low, high = start[i], stop[i3]
    c0, c1, c2, c3 = costs[0, low:high], costs[1, low:high], costs[2, low:high], costs[3, low:high]
    for k in range(c0.shape[0]):
        c0[k], c1[k], c2[k], c3[k] = 0.0, 0.0, 0.0, 0.0
    for d in range(0, b.shape[0], 4):
        b0, b1, b2, b3 = b[d, low:high], b[d + 1, low:high], b[d + 2, low:high], b[d + 3, low:high]
        p0, p1, p2, p3 = a[i, d], a[i, d + 1], a[i, d + 2], a[i, d + 3]
        q0, q1, q2, q3 = a[i1, d], a[i1, d + 1], a[i1, d + 2], a[i1, d + 3]
        r0, r1, r2, r3 = a[i2, d], a[i2, d + 1], a[i2, d + 2], a[i2, d + 3]
        s0, s1, s2, s3 = a[i3, d], a[i3, d + 1], a[i3, d + 2], a[i3, d + 3]
        for k in range(c0.shape[0]):
            x0, x1, x2, x3 = b0[k], b1[k], b2[k], b3[k]
            c0[k] = _add_squares(c0[k], p0 - x0, p1 - x1, p2 - x2, p3 - x3)
            c1[k] = _add_squares(c1[k], q0 - x0, q1 - x1, q2 - x2, q3 - x3)
            c2[k] = _add_squares(c2[k], r0 - x0, r1 - x1, r2 - x2, r3 - x3)
            c3[k] = _add_squares(c3[k], s0 - x0, s1 - x1, s2 - x2, s3 - x3)
    if not squared:
        for k in range(c0.shape[0]):
            c0[k], c1[k] = np.sqrt(c0[k]), np.sqrt(c1[k])
            c2[k], c3[k] = np.sqrt(c2[k]), np.sqrt(c3[k])


@compiled
def _next_row(
    i: int,
    before: Floats,
    costs: Floats,
    start: Ints,
    stop: Ints,
    weight: float,
    now: Floats,
    choice: Bytes | None = None,
) -> None:
    """Compute the totals of row i from those of the row before.

    `choice` gets the best step into each cell; of equal ones, the first.
    """
    low, high, cost = start[i], stop[i], costs[i % 4]
    before[stop[max(i - 1, 0)] + 1 : high + 1] = np.inf  # columns that the band reaches here
    now[low] = np.inf
    left = np.inf
    diagonal, above = before[low:high], before[low + 1 : high + 1]
    local, out = cost[low:high], now[low + 1 : high + 1]
    for k in range(local.shape[0]):
        total, step = diagonal[k] + weight * local[k], DIAGONAL
        down, right = above[k] + local[k], left + local[k]
        if down < total:
            total, step = down, DOWN
        if right < total:
            total, step = right, RIGHT
        out[k], left = total, total
        if choice is not None:
            choice[low + k] = step


@compiled
def _carry(choice: Bytes, before: Ints, now: Ints, start: int, stop: int, more: int) -> None:
    """Hand a number from each cell to the next on the path, with more added; column j at j + 1."""
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
def _begin(m: int, free: bool) -> tuple[Floats, Floats]:
    """Return the row before the first, and room for the next.

    All has come to the start, or, if free, to everywhere.
    """
    before = np.full(m + 1, 0.0 if free else np.inf)
    before[0] = 0.0
    return before, np.empty(m + 1)


@compiled
def total_cost(
    a: Floats, b: Floats, start: Ints, stop: Ints, squared: bool, weight: float
) -> float:
    """Accumulated cost of the best path."""
    m = b.shape[1]
    costs = np.empty((4, m))
    before, now = _begin(m, False)
    for i in range(a.shape[0]):
        if i % 4 == 0:
            _local_costs(a, i, b, start, stop, squared, costs)
        _next_row(i, before, costs, start, stop, weight, now)
        before, now = now, before
    return float(before[m])


@compiled
def path_steps(
    a: Floats, b: Floats, start: Ints, stop: Ints, squared: bool, weight: float
) -> tuple[float, Bytes]:
    """Accumulated cost of the best path, and the step into every cell, two bits each."""
    n, m = a.shape[0], b.shape[1]
    costs, choice = np.empty((4, m)), np.zeros(m + 3, np.uint8)
    packed = np.empty((n, (np.max(stop - start) + 3) // 4), np.uint8)
    before, now = _begin(m, False)
    for i in range(n):
        if i % 4 == 0:
            _local_costs(a, i, b, start, stop, squared, costs)
        _next_row(i, before, costs, start, stop, weight, now, choice)
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

    If free, it may begin at any column, otherwise at the first; with a weight of 1 only.
    """
    n, m = a.shape[0], b.shape[1]
    costs, choice = np.empty((4, m)), np.zeros(m, np.uint8)
    before, now = _begin(m, free)
    begun, begun_now = np.zeros(m + 1, np.int64), np.zeros(m + 1, np.int64)
    count, count_now = np.zeros(m + 1, np.int64), np.zeros(m + 1, np.int64)
    if free:
        begun = np.arange(m + 1)
    for i in range(n):
        if i % 4 == 0:
            _local_costs(a, i, b, start, stop, squared, costs)
        _next_row(i, before, costs, start, stop, weight, now, choice)
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
    start, stop = band_limits(0, 0, 0)
    of = (0, 0, 0)  # whose limits these are: many movements are of one length
    for p in range(first.shape[0]):
        a = rows[at[first[p]] : at[first[p] + 1]]
        left, right = at[second[p]], at[second[p] + 1]
        n, m = a.shape[0], right - left
        b = columns[depth * left : depth * right].reshape((depth, m))
        if of != (n, m, radius[p]):
            start, stop = band_limits(n, m, radius[p])
            of = (n, m, radius[p])
        if weight == 1.0 and normalized:
            ends, _, lengths = last_row(a, b, start, stop, squared, weight, False)
            out[p] = ends[m - 1] / lengths[m - 1]
        else:
            total = total_cost(a, b, start, stop, squared, weight)
            out[p] = total / (n + m) if normalized else total
