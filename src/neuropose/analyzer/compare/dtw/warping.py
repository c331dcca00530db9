"""Exact dynamic time warping of two signals."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuropose.analyzer.compare.alignment import Alignment
from neuropose.analyzer.compare.dtw.band import NO_BAND, band_radius
from neuropose.analyzer.compare.dtw.layout import column_layout, row_layout
from neuropose.analyzer.compare.dtw.result import DtwResult
from neuropose.analyzer.compare.dtw.settings import DtwSettings
from neuropose.analyzer.compare.dtw.values import Rows, finite_rows, same_width
from neuropose.data.arrays import read_only
from neuropose.errors import SignalError
from neuropose.sequence.pose_sequence import PoseSequence

FIRST, SECOND = "the first movement", "the second movement"
"""Names of the movements in messages."""


def dtw(
    a: ArrayLike, b: ArrayLike, settings: DtwSettings | None = None, *, path: bool = True
) -> DtwResult:
    """Compare two signals regardless of their timing, by exact dynamic time warping.

    Parameters
    ----------
    a : array_like, shape (N, …)
        The first signal, in any unit; the axes after the first hold the C values of one frame.
        NaN: missing.
    b : array_like, shape (M, …)
        The second signal, with the same number of values per frame.
    settings : DtwSettings, optional
        Cost, steps, band and handling of missing values; default: `DtwSettings()`.
    path : bool
        Whether to return the path. It takes two bits for each cell in the band, the
        distance alone only a few rows.

    Returns
    -------
    DtwResult

    Raises
    ------
    SignalError
        If there are no frames, values are missing that `settings` do not handle, the signals
        differ in their number of values per frame, or the distance overflows.

    Notes
    -----
    Sakoe & Chiba 1978, IEEE TASSP 26:43, symmetric forms, in float64 without any approximation.
    The distance of b to a is that of a to b, bit for bit. So is the normalised one, unless several
    paths of different length are the best: ``symmetric1`` divides by the length of the one that is
    returned (see `DtwResult`). The loops are compiled by numba the first time that they are
    needed: some seconds, once per machine; later processes load them in about half a second.

    Examples
    --------
    >>> slow, fast = [0.0, 1.0, 1.0, 2.0], [0.0, 1.0, 2.0]
    >>> result = dtw(slow, fast)
    >>> result.distance, result.path.tolist()
    (0.0, [[0, 0], [1, 1], [2, 1], [3, 2]])
    """
    settings = DtwSettings() if settings is None else settings
    if isinstance(a, PoseSequence) or isinstance(b, PoseSequence):
        raise SignalError("dtw compares arrays", hint="dtw_all compares sequences")
    one = finite_rows(a, settings.nan_policy, FIRST)
    return warp(one, finite_rows(b, settings.nan_policy, SECOND), settings, path=path)


def warp(
    a: Rows,
    b: Rows,
    settings: DtwSettings,
    *,
    path: bool,
    alignment: Alignment | None = None,
    warnings: tuple[str, ...] = (),
) -> DtwResult:
    """Compare two movements without missing values.

    Parameters
    ----------
    a, b : Rows
        Movements as rows of values, nothing missing.
    settings : DtwSettings
        Cost, steps, band and handling of missing values.
    path : bool
        Whether to return the warping path.
    alignment : Alignment or None
        How the second movement was aligned with the first, for the result.
    warnings : tuple of str
        Warnings for the result.

    Returns
    -------
    DtwResult
    """
    from neuropose.analyzer.compare.dtw import kernels

    same_width(a, b)
    n, m = len(a), len(b)
    radius = int(band_radius(n, m, settings))
    rows, columns = row_layout(a.values), column_layout(b.values)
    start, stop = kernels.band_limits(n, m, radius)
    how = settings.cost == "squared", step_weight(settings)
    constant = settings.step_pattern == "symmetric2"
    pairs: NDArray[np.int64] | None = None
    if path:
        total, steps = kernels.path_steps(rows, columns, start, stop, *how)
        finite_distance(total)
        pairs = kernels.trace(steps, start, m)
        weight = n + m if constant else len(pairs)
        pairs = np.stack([a.kept[pairs[:, 0]], b.kept[pairs[:, 1]]], axis=1)
    elif constant:
        total, weight = kernels.total_cost(rows, columns, start, stop, *how), n + m
    else:
        totals, _, lengths = kernels.last_row(rows, columns, start, stop, *how, False)
        total, weight = totals[-1], int(lengths[-1])
    return DtwResult(
        distance=finite_distance(total),
        normalized_distance=float(total) / weight,
        path=None if pairs is None else read_only(pairs, np.int64),
        frames=(n, m),
        band_frames=None if radius == NO_BAND else radius,
        settings=settings,
        alignment=alignment,
        warnings=(*warnings, *a.warnings, *b.warnings),
    )


def step_weight(settings: DtwSettings) -> float:
    """Return the weight of a diagonal step.

    Parameters
    ----------
    settings : DtwSettings
        Settings, of which the step pattern is used.

    Returns
    -------
    float
        Multiplies the cost of a step that advances in both sequences.
    """
    return 2.0 if settings.step_pattern == "symmetric2" else 1.0


def finite_distance(total: float) -> float:
    """Return a distance, unless the sum overflowed.

    Parameters
    ----------
    total : float
        The summed cost.

    Returns
    -------
    float
        The same.

    Raises
    ------
    SignalError
        If it is infinite or NaN.
    """
    if not np.isfinite(total):
        raise SignalError("the distance overflows", hint="scale the values down")
    return float(total)
