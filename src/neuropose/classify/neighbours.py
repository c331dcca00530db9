"""Series classified by their nearest neighbours: their DTW distances, and their storage."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.compare.dtw import dtw_matrix
from neuropose.classify.settings import ClassifierSettings
from neuropose.classify.trials import Trials
from neuropose.cores import Pool, Workers
from neuropose.errors import UntrustedModelError

Floats = NDArray[np.float64]
PairProgress = Callable[[int, int], None]
"""Called with the number of pairs of series done and the total."""

_BLOCK = 40
"""Series whose distances to as many others are one task for a worker elsewhere."""
_STORED = np.dtype("<f8")


def by_distances(
    trials: Trials,
    settings: ClassifierSettings,
    *,
    workers: Workers = 1,
    progress: PairProgress | None = None,
) -> Trials:
    """Return trials in the form that their model learns from, distances for nearest neighbours.

    Parameters
    ----------
    trials : Trials
        Features, distances or series, with the group and subject of each trial.
    settings : ClassifierSettings
        The classifier and how it is validated.
    workers : int or Pool
        Threads, or workers elsewhere; does not change the result.
    progress : callable, optional
        Called with the number of compared pairs of series and the total.

    Returns
    -------
    Trials
        For series and ``knn-dtw``, the DTW distances between all of them; other trials unchanged.

    Notes
    -----
    A distance depends on its two series alone, so no test subject leaks into the training.

    Examples
    --------
    >>> from neuropose.classify import SeriesDtwSettings
    >>> series = Trials(
    ...     "series",
    ...     np.array([[[0.0, 1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0, 0.0]], [[0.0, 0.0, 0.0, 0.0]]]),
    ...     ("knee_flexion_deg",),
    ...     ("trial 1", "trial 2", "trial 3"),
    ...     ("subject 1", "subject 2", "subject 3"),
    ...     ("a", "a", "b"),
    ... )
    >>> settings = ClassifierSettings(model="knn-dtw", dtw=SeriesDtwSettings(band=0.25))
    >>> by_distances(series, settings).values
    array([[0., 0., 1.],
           [0., 0., 1.],
           [1., 1., 0.]])
    """
    if settings.model != "knn-dtw" or trials.kind != "series":
        return trials
    if isinstance(workers, int):
        distances = _distances(trials.values, None, settings, workers, progress)
    else:
        distances = _distances_elsewhere(trials.values, settings, workers, progress)
    names = trials.names
    return Trials("distances", distances, names, names, trials.subjects, trials.labels)


def distances_to(
    trained: Floats,
    values: Floats,
    settings: ClassifierSettings,
    *,
    workers: int = 1,
    progress: PairProgress | None = None,
) -> Floats:
    """Return the DTW distances of new series to those trained on.

    Parameters
    ----------
    trained : ndarray, shape (N, F, T)
        Series that the classifier was trained on: trials, features, samples.
    values : ndarray, shape (M, F, T)
        New series, with the channels in the same order.
    settings : ClassifierSettings
        The classifier and how it is validated.
    workers : int
        Threads; does not change the result.
    progress : callable, optional
        Called with the number of compared pairs of series and the total.

    Returns
    -------
    ndarray, shape (M, N)
    """
    return _distances(values, trained, settings, workers, progress)


def encode_series(values: Floats) -> bytes:
    """Encode series as an npy file; the same series yield the same bytes.

    Parameters
    ----------
    values : ndarray, shape (N, F, T)
        Series: trials, features, samples.

    Returns
    -------
    bytes
        Plain numbers, no names and no pickle.
    """
    buffer = io.BytesIO()
    stored = np.ascontiguousarray(values, dtype=_STORED)
    np.lib.format.write_array(buffer, stored, version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


def decode_series(data: bytes, shape: tuple[int, ...]) -> Floats:
    """Read series from bytes that contain nothing else.

    Parameters
    ----------
    data : bytes
        Bytes from `encode_series`.
    shape : tuple of int
        Shape that the series must have.

    Returns
    -------
    ndarray, shape (N, F, T)

    Raises
    ------
    UntrustedModelError
        If they are anything else.
    """
    buffer = io.BytesIO(data)
    try:
        if np.lib.format.read_magic(buffer) != (1, 0):
            raise ValueError("another version")
        found = np.lib.format.read_array_header_1_0(buffer)
    except Exception as error:  # whatever damaged bytes lead to
        raise _refusal("they are not an npy file") from error
    if found != (shape, False, _STORED):
        raise _refusal(f"they are of shape {found[0]} and type {found[2]}, not {shape} and <f8")
    start = buffer.tell()
    if len(data) - start != int(np.prod(shape)) * _STORED.itemsize:
        raise _refusal("there are more or fewer numbers than their header says")
    values = np.frombuffer(data, _STORED, offset=start).reshape(shape)
    if not np.isfinite(values).all():
        raise _refusal("a number is missing or infinite")
    return values.astype(np.float64)


def _distances(
    values: Floats,
    others: Floats | None,
    settings: ClassifierSettings,
    workers: int,
    progress: PairProgress | None,
) -> Floats:
    return dtw_matrix(
        [each.T for each in values],
        None if others is None else [each.T for each in others],
        settings.dtw,
        workers=workers,
        progress=progress,
    ).distances


def _distances_elsewhere(
    values: Floats, settings: ClassifierSettings, pool: Pool, progress: PairProgress | None
) -> Floats:
    """Compute the matrix block by block, each pair once."""
    count = len(values)
    blocks = [slice(first, first + _BLOCK) for first in range(0, count, _BLOCK)]
    pairs = list(itertools.combinations_with_replacement(blocks, 2))
    distances, done = np.zeros((count, count)), 0
    items = (
        (values[rows], None if rows == columns else values[columns], settings, 1, None)
        for rows, columns in pairs
    )
    for (rows, columns), found in zip(pairs, pool.map(_distances, items), strict=True):
        if isinstance(found, BaseException):
            raise found
        distances[rows, columns] = found
        distances[columns, rows] = found.T
        done += len(found) * (len(found) - 1) // 2 if rows == columns else found.size
        if progress is not None:
            progress(done, count * (count - 1) // 2)
    return distances


def _refusal(problem: str) -> UntrustedModelError:
    return UntrustedModelError(
        f"the series that the classifier was trained on are refused: {problem}",
        hint="take the file from where it was made, or train again",
    )
