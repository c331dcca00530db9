"""Movements in the memory layout of the compiled loops."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def row_layout(values: Array) -> Array:
    """Lay out a movement as the first argument of the compiled loops.

    Parameters
    ----------
    values : ndarray, shape (T, C)
        Finite values, one row per frame.

    Returns
    -------
    ndarray, shape (T, D)
        Contiguous; D is C, filled up with zeros to a multiple of four.
    """
    if values.shape[1] % 4 == 0:
        return np.ascontiguousarray(values)
    rows = np.zeros((len(values), values.shape[1] + -values.shape[1] % 4))
    rows[:, : values.shape[1]] = values
    return rows


def column_layout(values: Array) -> Array:
    """Lay out a movement as the second argument of the compiled loops: `row_layout`, transposed.

    Parameters
    ----------
    values : ndarray, shape (T, C)
        Finite values, one row per frame.

    Returns
    -------
    ndarray, shape (D, T)
    """
    columns = np.zeros((values.shape[1] + -values.shape[1] % 4, len(values)))
    columns[: values.shape[1]] = values.T
    return columns
