"""Average of movements with different timing: a reference movement from several trials."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.compare.dtw.inputs import Movement, rows_of, worker_count
from neuropose.analyzer.compare.dtw.matrix import dtw_matrix
from neuropose.analyzer.compare.dtw.settings import DtwSettings
from neuropose.analyzer.compare.dtw.values import Rows
from neuropose.analyzer.compare.dtw.warping import warp
from neuropose.data.arrays import read_only
from neuropose.errors import SignalError

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

_GAIN = 1e-9  # of the sum of squares: a round that brings less is the last


@dataclass(frozen=True, eq=False)
class DtwAverage:
    """A DTW barycentre.

    Parameters
    ----------
    values : ndarray of float64, shape (T, C)
        The mean movement; read-only.
    spread : ndarray of float64, shape (T, C)
        Standard deviation over the movements (n − 1) at each frame; of a movement with several
        frames there, their mean counts. NaN for a single movement.
    start : int
        Number of the initial movement: the one with the smallest sum of distances.
    kept : ndarray of int64, shape (T,)
        Frames of that movement, one for each frame of the mean.
    distances : ndarray of float64, shape (N,)
        Squared DTW distance of each movement to the mean.
    sums : tuple of float
        Sum of `distances` after each round; it never grows.
    converged : bool
        Whether the last round brought no further improvement.
    warnings : tuple of str
        Frames that were filled or left out.
    """

    values: Array
    spread: Array
    start: int
    kept: Ints
    distances: Array
    sums: tuple[float, ...]
    converged: bool
    warnings: tuple[str, ...] = ()


def dtw_average(
    movements: Sequence[Movement],
    settings: DtwSettings | None = None,
    *,
    rounds: int = 50,
    workers: int | None = None,
) -> DtwAverage:
    """Average movements frame by frame, regardless of their timing.

    Parameters
    ----------
    movements : sequence of PoseSequence, or of array_like, shape (T, …)
        Movements of any length, with the same number of values per frame.
    settings : DtwSettings, optional
        Squared cost and ``symmetric1`` (the mean minimises the sum of squares); default: these,
        without a band. For sequences `ComparisonSettings`; ``align="sequence"`` aligns all of them
        with the first.
    rounds : int
        Largest number of rounds.
    workers : int, optional
        Threads; default: all cores. The result does not depend on it.

    Returns
    -------
    DtwAverage
        It has the length of the initial movement.

    Raises
    ------
    SignalError
        If another cost or step pattern is set, or movements cannot be compared.
    SequenceError, MissingJointsError, AlignmentError
        See `dtw_all`.

    Notes
    -----
    DTW barycentre averaging (Petitjean, Ketterlin & Gançarski 2011, Pattern Recognition 44:678):
    every movement is warped onto the mean, each frame of the mean becomes the mean of what was
    paired with it, until the sum of squared distances no longer falls. It begins with the medoid,
    of equals the first, and not with a random movement: the result is always the same. It is a
    local optimum.

    Examples
    --------
    >>> mean = dtw_average([[0.0, 0.0, 2.0, 0.0], [0.0, 4.0, 0.0, 0.0], [0.0, 3.0, 3.0, 0.0]])
    >>> mean.values.ravel(), mean.start
    (array([0., 3., 3., 0.]), 2)
    """
    settings = DtwSettings(cost="squared") if settings is None else settings
    check_average(settings, rounds)
    return average_rows(
        rows_of(movements, settings, over_first=True), settings, rounds=rounds, workers=workers
    )


def check_average(settings: DtwSettings, rounds: int) -> None:
    """Check that a mean exists for the settings.

    Parameters
    ----------
    settings : DtwSettings
        Settings of the comparison.
    rounds : int
        Number of averaging rounds, at least 1.

    Raises
    ------
    SignalError
        If cost and step pattern are not squared and ``symmetric1``, or there are no rounds.
    """
    if settings.cost != "squared" or settings.step_pattern != "symmetric1":
        raise SignalError(
            f"no mean minimises the sum of {settings.cost} costs of {settings.step_pattern}",
            hint="set cost squared and step_pattern symmetric1",
        )
    if rounds < 1:
        raise SignalError(f"{rounds} rounds", hint="give at least 1")


def average_rows(
    rows: Sequence[Rows],
    settings: DtwSettings,
    *,
    counted: NDArray[np.bool_] | None = None,
    rounds: int,
    workers: int | None,
) -> DtwAverage:
    """Average movements as `dtw_average` does, paired by some of their values.

    Parameters
    ----------
    rows : sequence of Rows
        Movements as rows of values.
    settings : DtwSettings
        Squared cost and ``symmetric1``.
    counted : ndarray of bool, shape (C,), optional
        Values that decide which frames belong together, and count in the distances; the others are
        averaged along with them. Default: all.
    rounds : int
        Number of averaging rounds, at least 1.
    workers : int or None
        Number of threads. None: one per processor core.

    Returns
    -------
    DtwAverage
    """
    whole = rows
    if counted is not None:
        rows = [Rows(each.values[:, counted], each.kept, each.warnings) for each in whole]
    plain = DtwSettings(cost="squared", band=settings.band, band_frames=settings.band_frames)
    between = dtw_matrix([each.values for each in rows], None, plain, workers=workers).distances
    start = int(between.sum(axis=1).argmin())
    mean, mean_of_whole = rows[start].values, whole[start].values
    with ThreadPoolExecutor(worker_count(workers)) as pool:
        paths, distances = _paths(pool, mean, rows, plain)
        sums, converged = [float(distances.sum())], False
        while not converged and len(sums) <= rounds:
            better = _mean(paths, rows)
            new_paths, new_distances = _paths(pool, better, rows, plain)
            converged = not new_distances.sum() < sums[-1] * (1.0 - _GAIN)
            if new_distances.sum() < sums[-1]:
                mean, mean_of_whole = better, _mean(paths, whole)
                paths, distances = new_paths, new_distances
                sums.append(float(distances.sum()))
    return DtwAverage(
        values=read_only(mean_of_whole, np.float64),
        spread=read_only(_spread(paths, whole), np.float64),
        start=start,
        kept=read_only(rows[start].kept, np.int64),
        distances=read_only(distances, np.float64),
        sums=tuple(sums),
        converged=converged,
        warnings=tuple(dict.fromkeys(each for row in rows for each in row.warnings)),
    )


def _paths(
    pool: ThreadPoolExecutor, mean: Array, rows: Sequence[Rows], settings: DtwSettings
) -> tuple[list[Ints], Array]:
    centre = Rows(mean, np.arange(len(mean)))

    def onto(each: Rows) -> tuple[Ints, float]:
        result = warp(centre, Rows(each.values, np.arange(len(each))), settings, path=True)
        return np.asarray(result.path), result.distance

    found = list(pool.map(onto, rows))
    return [path for path, _ in found], np.array([distance for _, distance in found])


def _mean(paths: Sequence[Ints], rows: Sequence[Rows]) -> Array:
    """Mean of all frames that are paired with each frame of the mean."""
    sums, counts = zip(
        *(_sums(path, each.values) for path, each in zip(paths, rows, strict=True)), strict=True
    )
    return np.asarray(np.sum(sums, axis=0) / np.sum(counts, axis=0))


def _spread(paths: Sequence[Ints], rows: Sequence[Rows]) -> Array:
    means = []
    for path, each in zip(paths, rows, strict=True):
        total, count = _sums(path, each.values)
        means.append(total / count)
    if len(means) < 2:
        return np.full_like(means[0], np.nan)
    return np.asarray(np.std(means, axis=0, ddof=1))


def _sums(path: Ints, values: Array) -> tuple[Array, Array]:
    """Sum and number of a movement's frames at each frame of the mean."""
    first = np.searchsorted(path[:, 0], np.arange(path[-1, 0] + 1))
    counts = np.diff(np.append(first, len(path)))
    return np.add.reduceat(values[path[:, 1]], first, axis=0), counts[:, None].astype(np.float64)
