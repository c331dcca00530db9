"""Distances between all pairs of many movements, on all cores."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.compare.dtw.band import band_radius
from neuropose.analyzer.compare.dtw.inputs import Movement, rows_of, worker_count
from neuropose.analyzer.compare.dtw.layout import column_layout, row_layout
from neuropose.analyzer.compare.dtw.settings import DtwSettings
from neuropose.analyzer.compare.dtw.values import Rows
from neuropose.analyzer.compare.dtw.warping import finite_distance, step_weight
from neuropose.data.arrays import read_only

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

_BLOCKS = 32  # for each worker, at least: enough that none waits long for the last one
_BLOCK_TERMS = 2**32  # at most, of the sums of local costs: half a second until it can be stopped


@dataclass(frozen=True, eq=False)
class DtwMatrix:
    """How far movements are apart, pair by pair.

    Parameters
    ----------
    distances : ndarray of float64, shape (N, K)
        Distance of movement i (row) to movement j (column); read-only.
    normalized : bool
        Whether each is divided by the weight of its path, see `DtwResult`.
    frames : tuple of int
        Number of frames of each movement that were compared: of the rows, then of the columns if
        these are other movements.
    settings : DtwSettings
        Settings of the comparison.
    warnings : dict of int to tuple of str
        Warnings by number of the movement (counted as in `frames`), for those that have any.
    """

    distances: Array
    normalized: bool
    frames: tuple[int, ...]
    settings: DtwSettings
    warnings: dict[int, tuple[str, ...]]


def dtw_matrix(
    movements: Sequence[Movement],
    others: Sequence[Movement] | None = None,
    settings: DtwSettings | None = None,
    *,
    normalized: bool = False,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> DtwMatrix:
    """Compare every movement with every other one, or with each of `others`.

    Parameters
    ----------
    movements : sequence of PoseSequence, or of array_like, shape (T, …)
        N movements of any length, with the same number of values per frame.
    others : sequence, optional
        K movements. Default: the same ones; the matrix is then symmetric and 0 on its diagonal.
    settings : DtwSettings, optional
        For sequences `ComparisonSettings`; ``align="sequence"`` is for two movements at a time
        and refused here.
    normalized : bool
        Whether to divide distances by the weight of their paths, for lengths that differ.
    workers : int, optional
        Threads; default: all cores. The result does not depend on it.
    progress : callable, optional
        Called from time to time with the number of pairs done and the total.

    Returns
    -------
    DtwMatrix

    Raises
    ------
    SignalError
        If movements cannot be compared; the message names them.
    SequenceError, MissingJointsError, AlignmentError
        See `dtw_all`.

    Examples
    --------
    >>> found = dtw_matrix([[0.0, 1.0, 2.0], [0.0, 0.0, 1.0, 2.0], [1.0, 2.0]])
    >>> found.distances
    array([[0., 0., 1.],
           [0., 0., 2.],
           [1., 2., 0.]])
    """
    settings = DtwSettings() if settings is None else settings
    rows = rows_of([*movements, *(() if others is None else others)], settings)
    count = len(movements)
    if others is None:
        first, second = np.triu_indices(count, 1)
    else:
        first, second = (each.ravel() for each in np.indices((count, len(others))))
        second += count
    values = _pair_distances(
        rows, first, second, settings, normalized, worker_count(workers), progress
    )
    if others is None:
        distances = np.zeros((count, count))
        distances[first, second] = distances[second, first] = values
    else:
        distances = values.reshape(count, len(others))
    return DtwMatrix(
        distances=read_only(distances, np.float64),
        normalized=normalized,
        frames=tuple(len(each) for each in rows),
        settings=settings,
        warnings={number: each.warnings for number, each in enumerate(rows) if each.warnings},
    )


def _pair_distances(
    rows: Sequence[Rows],
    first: Ints,
    second: Ints,
    settings: DtwSettings,
    normalized: bool,
    workers: int,
    progress: Callable[[int, int], None] | None,
) -> Array:
    from neuropose.analyzer.compare.dtw import kernels

    lengths = np.array([len(each) for each in rows])
    at = np.concatenate([[0], lengths.cumsum()])
    flat = np.concatenate([row_layout(each.values) for each in rows])
    columns = np.concatenate([column_layout(each.values).ravel() for each in rows])
    radius = band_radius(lengths[first], lengths[second], settings)
    out = np.empty(len(first))
    how = settings.cost == "squared", step_weight(settings), normalized

    def compare(start: int, stop: int) -> int:
        block = np.s_[start:stop]
        kernels.distances(
            flat, columns, at, first[block], second[block], radius[block], *how, out[block]
        )
        return stop - start

    done = 0
    with ThreadPoolExecutor(workers) as pool:
        terms = lengths[first] * lengths[second] * rows[0].values.shape[1]
        blocks = _blocks(terms, workers)
        waiting = [pool.submit(compare, start, stop) for start, stop in blocks]
        try:
            for each in as_completed(waiting):
                done += each.result()
                if progress is not None:
                    progress(done, len(first))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    finite_distance(out.max(initial=0.0))
    return out


def _blocks(terms: Ints, workers: int) -> list[tuple[int, int]]:
    """Divide the pairs into blocks of about the same amount of work."""
    work = terms.cumsum()
    total = int(work[-1]) if len(work) else 0
    shares = np.linspace(0.0, total, max(_BLOCKS * workers, total // _BLOCK_TERMS) + 1)[1:]
    edges = np.unique(np.searchsorted(work, shares) + 1)
    edges = np.concatenate([[0], np.minimum(edges, len(terms))])
    return [(int(a), int(b)) for a, b in itertools.pairwise(edges) if b > a]
