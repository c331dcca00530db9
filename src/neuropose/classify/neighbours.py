"""Series to classify by their nearest neighbours: DTW distances among them, and kept to compare."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.compare.dtw import dtw_matrix
from neuropose.classify.settings import ClassifierSettings
from neuropose.classify.trials import Trials
from neuropose.errors import UntrustedModelError

Floats = NDArray[np.float64]
PairProgress = Callable[[int, int], None]
"""Called with the pairs of series that are compared, and those in all."""

_STORED = np.dtype("<f8")


def by_distances(
    trials: Trials,
    settings: ClassifierSettings,
    *,
    workers: int = 1,
    progress: PairProgress | None = None,
) -> Trials:
    """Give trials as their model learns from them: for nearest neighbours, by their distances.

    Parameters
    ----------
    trials : Trials
    settings : ClassifierSettings
    workers : int
        Threads; does not change the result.
    progress : callable, optional

    Returns
    -------
    Trials
        Of series for ``knn-dtw``, the DTW distances between them all. Others as they are.

    Notes
    -----
    A distance depends on its two series alone, so nothing of a test subject gets into the training.

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
    distances = _distances(trials.values, None, settings, workers, progress)
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
    """Give the DTW distances of new series to those trained on.

    Parameters
    ----------
    trained : ndarray, shape (N, F, T)
    values : ndarray, shape (M, F, T)
        With the channels in the same order.
    settings : ClassifierSettings
    workers : int
        Threads; does not change the result.
    progress : callable, optional

    Returns
    -------
    ndarray, shape (M, N)
    """
    return _distances(values, trained, settings, workers, progress)


def encode_series(values: Floats) -> bytes:
    """Encode series as an npy file; the same ones give the same bytes.

    Parameters
    ----------
    values : ndarray, shape (N, F, T)

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
    """Read series from bytes, if they hold nothing else.

    Parameters
    ----------
    data : bytes
        Of `encode_series`.
    shape : tuple of int
        That they must have.

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
        raise _refusal("they are no npy file") from error
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


def _refusal(problem: str) -> UntrustedModelError:
    return UntrustedModelError(
        f"the series that the classifier was trained on are refused: {problem}",
        hint="take the file from where it was made, or train again",
    )
