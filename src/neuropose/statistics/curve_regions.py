"""Runs of samples beyond a threshold, in many curves at once, and their masses."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neuropose.statistics.records import Floats

Ints = NDArray[np.int64]


class Runs(NamedTuple):
    """Runs of samples beyond a threshold.

    Parameters
    ----------
    rows : ndarray of int64, shape (K,)
        Curve of each run.
    first, last : ndarray of int64, shape (K,)
        First and last sample, inclusive; if `last` is before `first`, the run wraps around the end.
    masses : ndarray, shape (K,)
        Sum of the excess over the threshold.
    """

    rows: Ints
    first: Ints
    last: Ints
    masses: Floats


def find_runs(statistics: Floats, threshold: float, *, circular: bool) -> Runs:
    """Find the runs of samples above a threshold.

    Parameters
    ----------
    statistics : ndarray, shape (R, T)
        Test statistic of R labellings at T samples.
    threshold : float
        Level that the statistic must exceed.
    circular : bool
        Whether the last sample is followed by the first.

    Returns
    -------
    Runs
        In the order of rows and samples.

    Examples
    --------
    >>> runs = find_runs(np.array([[3.0, 0.0, 2.0, 4.0]]), 1.0, circular=True)
    >>> runs.first, runs.last, runs.masses
    (array([2]), array([0]), array([6.]))
    """
    rows, samples = statistics.shape
    beyond = np.zeros((rows, samples + 1))  # the last column keeps rows apart
    beyond[:, :-1] = np.maximum(statistics - threshold, 0.0)
    flat = beyond.ravel()
    above = flat > 0.0
    edges = np.diff(np.concatenate([[False], above]).astype(np.int8), append=0)
    first, stop = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    sums = np.concatenate([[0.0], np.cumsum(flat)])
    row = first // (samples + 1)
    runs = Runs(row, first % (samples + 1), (stop - 1) % (samples + 1), sums[stop] - sums[first])
    return _joined(runs, samples) if circular else runs


def _joined(runs: Runs, samples: int) -> Runs:
    """Join a run that begins a row with the one that ends it."""
    begins = np.flatnonzero(runs.first == 0)
    ends = np.flatnonzero(runs.last == samples - 1)
    _, one, other = np.intersect1d(runs.rows[begins], runs.rows[ends], return_indices=True)
    begins, ends = begins[one], ends[other]
    apart = begins != ends  # not one run over the whole row
    begins, ends = begins[apart], ends[apart]
    last, masses = runs.last.copy(), runs.masses.copy()
    last[ends] = runs.last[begins]
    masses[ends] += runs.masses[begins]
    kept = np.ones(len(masses), dtype=bool)
    kept[begins] = False
    return Runs(runs.rows[kept], runs.first[kept], last[kept], masses[kept])


def heaviest(statistics: Floats, threshold: float, *, signed: bool, circular: bool) -> Floats:
    """Return the mass of the heaviest run of every row.

    Parameters
    ----------
    statistics : ndarray, shape (R, T)
        Test statistic of R labellings at T samples.
    threshold : float
        Level that the statistic must exceed.
    signed : bool
        Whether runs below −threshold count as well, separately.
    circular : bool
        Whether the last sample is next to the first, as in a cycle.

    Returns
    -------
    ndarray, shape (R,)
        Mass; 0 where there is no run.
    """
    masses = np.zeros(len(statistics))
    for values in (statistics, -statistics) if signed else (statistics,):
        runs = find_runs(values, threshold, circular=circular)
        np.maximum.at(masses, runs.rows, runs.masses)
    return masses
