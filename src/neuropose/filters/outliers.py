"""Single samples that leap out of a trajectory are found and replaced: the Hampel filter."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from neuropose.errors import SignalError
from neuropose.filters.columns import (
    Bools,
    Floats,
    Ints,
    as_columns,
    not_negative,
    positive,
)
from neuropose.filters.robust import MAD_TO_SD

_AT_ONCE = 1 << 14  # samples; few enough that all windows stay in the processor's cache


class WithoutOutliers(NamedTuple):
    """Result of `hampel`.

    Parameters
    ----------
    values : ndarray of float64
        The signal with outliers replaced.
    replaced : ndarray of bool
        Samples that were replaced; same shape.
    """

    values: Floats
    replaced: Bools


def hampel(
    values: ArrayLike,
    *,
    window: int = 7,
    threshold: float = 3.0,
    floor: float = 0.0,
    points: bool = False,
) -> WithoutOutliers:
    """Replace samples that lie far from the median of their neighbourhood by that median.

    A sample is an outlier if it is further from the median of the window around it than
    `threshold` times 1.4826 times the window's median absolute deviation (MAD), and further than
    `floor`. Everything else stays as it is, bit for bit.

    Parameters
    ----------
    values : array_like, shape (T, …)
        Any unit; each column is judged by itself. NaN: missing; it stays missing, and counts
        neither for the median nor for the MAD.
    window : int
        Samples in the window, odd, the judged one in its middle.
    threshold : float
        In scaled MADs, that is, in standard deviations of normally distributed samples.
    floor : float
        Smaller leaps are never outliers, unit of `values`. If more than half of a window are equal
        its MAD is 0, and every other sample in it would be one ("implosion", Pearson 2016).
    points : bool
        Whether the last axis holds the components of points (x, y, z). Each point is judged along
        the principal axes of its own movement then, so that the verdict does not depend on how the
        axes of the room lie, and replaced along those of these axes on which it is an outlier; then
        all its components are `replaced`. One of which a component is missing is not judged.

    Returns
    -------
    WithoutOutliers
        Values and which of them were replaced.

    Raises
    ------
    SignalError
        If the window is not odd or below 3, threshold or floor is negative, or a value infinite.

    Notes
    -----
    At the ends of the recording, and beside gaps, the window holds fewer samples. Where it holds
    less than at the very ends, ``window // 2 + 1``, no sample is judged.

    The principal axes are those of the directions from each sample to the next, whatever the
    distances (the spatial sign covariance), which a few leaps do not turn.

    Sources: Hampel 1974, J Am Stat Assoc 69:383 (median and MAD); Pearson et al. 2016, EURASIP J
    Adv Signal Process 2016:87, eq. 2 to 4 (the filter); Visuri, Koivunen and Oja 2000, J Stat
    Plan Inference 91:557 (the covariance).

    Examples
    --------
    >>> x = np.array([1.0, 2.0, 3.0, 40.0, 5.0, 6.0, np.nan, 8.0])
    >>> filtered, replaced = hampel(x)
    >>> filtered
    array([ 1.,  2.,  3.,  4.,  5.,  6., nan,  8.])
    >>> replaced.sum()
    np.int64(1)
    """
    if window < 3 or window % 2 == 0:
        raise SignalError(f"a window of {window} samples has no middle", hint="use 3, 5, 7, …")
    positive(threshold, "threshold")
    not_negative(floor, "floor")
    columns = as_columns(values)
    shape = np.shape(values)
    if points and len(shape) > 1 and columns.size:
        places = columns.reshape(len(columns), -1, shape[-1])
        axes = _principal_axes(places)
        turned = np.einsum("tpi,pij->tpj", places, axes)
        along, found = hampel(turned, window=window, threshold=threshold, floor=floor)
        is_out = np.broadcast_to(found.any(axis=2, keepdims=True), places.shape)
        kept = np.where(is_out, np.einsum("tpj,pij->tpi", along, axes), places)
        return WithoutOutliers(kept.reshape(shape), is_out.reshape(shape))
    count, width = columns.shape
    half = window // 2
    padded = np.full((count + 2 * half, width), np.inf)
    np.copyto(padded[half : half + count], columns, where=~np.isnan(columns))
    filtered = columns.copy()
    replaced = np.zeros(columns.shape, dtype=bool)
    rows = max(1, _AT_ONCE // max(width, 1))
    for start in range(0, count, rows):
        stop = min(start + rows, count)
        around = [padded[start + shift : stop + shift] for shift in range(window)]
        median, mad, held = _median_and_mad(around)
        bound = np.maximum(threshold * MAD_TO_SD * mad, floor)
        out = (np.abs(filtered[start:stop] - median) > bound) & (held > half)
        replaced[start:stop] = out
        np.copyto(filtered[start:stop], median, where=out)
    return WithoutOutliers(filtered.reshape(shape), replaced.reshape(shape))


def _principal_axes(places: Floats) -> Floats:
    """Return the axes of each point's movement, in columns, shape (P, D, D)."""
    steps = np.diff(places, axis=0)
    length = np.linalg.norm(steps, axis=2, keepdims=True)
    directions = np.divide(steps, length, out=np.zeros_like(steps), where=length > 0.0)
    return np.linalg.eigh(np.einsum("tpi,tpj->pij", directions, directions)).eigenvectors


def _median_and_mad(around: list[Floats]) -> tuple[Floats, Floats, Ints]:
    """Median and MAD over a list of equal arrays, infinity not counted; and how many count."""
    held = np.full(around[0].shape, len(around))
    if not all(np.isfinite(array).all() for array in around):
        held = np.isfinite(around).sum(axis=0)
    median = _middle(_sorted(around), held)
    deviations = [np.abs(array - median) for array in around]
    return median, _middle(_sorted(deviations), held), held


def _middle(ascending: list[Floats], held: Ints) -> Floats:
    if held.size and held.min() == len(ascending):
        return ascending[len(ascending) // 2]
    stacked = np.stack(ascending)
    low = np.take_along_axis(stacked, np.maximum(held - 1, 0)[None] // 2, axis=0)[0]
    high = np.take_along_axis(stacked, held[None] // 2, axis=0)[0]
    return np.where(held > 0, 0.5 * (low + high), 0.0)


def _sorted(arrays: list[Floats]) -> list[Floats]:
    """Sort a list of arrays elementwise, by a network of comparisons (Batcher 1968).

    A window has few samples, and there are millions of windows: comparing whole arrays is 4 times
    as fast as sorting every window, 20 times as fast as ``np.median``.
    """
    arrays = [array.copy() for array in arrays]
    lower = np.empty_like(arrays[0])
    for one, other in _comparisons(len(arrays)):
        np.minimum(arrays[one], arrays[other], out=lower)
        np.maximum(arrays[one], arrays[other], out=arrays[other])
        arrays[one], lower = lower, arrays[one]
    return arrays


def _comparisons(count: int) -> list[tuple[int, int]]:
    # Knuth, The Art of Computer Programming 3, section 5.2.2, algorithm M.
    pairs: list[tuple[int, int]] = []
    top = 1 << (count - 1).bit_length() - 1
    step = top
    while step:
        reach, offset, distance = top, 0, step
        while True:
            pairs += [(i, i + distance) for i in range(count - distance) if i & step == offset]
            if reach == step:
                break
            distance, reach, offset = reach - step, reach // 2, step
        step //= 2
    return pairs
