"""Read-only arrays for the contracts."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator

_PART = 1_000_000  # numbers


def read_only(array: Any, dtype: type[np.generic]) -> NDArray[Any]:
    """Return a C-contiguous array of this type that can never be changed.

    Parameters
    ----------
    array : array_like
        Returned as it is if it already is such an array, copied otherwise.
    dtype : type
        Element type of the result.

    Returns
    -------
    ndarray
        Backed by a ``bytes`` object, so NumPy itself refuses ``flags.writeable = True``.

    Raises
    ------
    ValueError
        If `dtype` cannot hold the values (ragged lists, text, overflow, fractions as integers).

    Examples
    --------
    >>> read_only([1, 2], np.int32).flags.writeable
    False
    """
    source = np.asarray(array)
    if source.dtype == dtype and source.flags.c_contiguous and _is_immutable(source):
        return source
    if source.dtype.kind not in "fiu" and source.size:
        raise ValueError(f"expected numbers, got {source.dtype}")
    memory = BytesIO()  # in parts, so that the whole is not in memory twice
    for part in _parts(source):
        with np.errstate(over="ignore", invalid="ignore"):
            values = np.ascontiguousarray(part, dtype=dtype)
        if np.issubdtype(dtype, np.integer) and not np.array_equal(values, part):
            raise ValueError(f"values do not fit {np.dtype(dtype)}")
        memory.write(values.data)
    return np.ndarray(source.shape, dtype, buffer=memory.getvalue())


def half_precision(values: Any) -> NDArray[np.float16]:
    """Round to half precision; what is too large for it becomes the largest.

    Parameters
    ----------
    values : array_like
        Numbers of which three digits matter.

    Returns
    -------
    ndarray of float16
        NaN stays NaN.

    Examples
    --------
    >>> half_precision([0.5, 1e9]).tolist()
    [0.5, 65504.0]
    """
    found = np.asarray(values)
    if found.dtype == np.float16:
        return found
    largest = float(np.finfo(np.float16).max)
    return np.asarray(np.clip(found, -largest, largest), np.float16)


def _parts(array: NDArray[Any]) -> Iterator[NDArray[Any]]:
    if not array.size or array.ndim == 0:
        yield array
        return
    rows = max(1, _PART * len(array) // array.size)
    for first in range(0, len(array), rows):
        yield array[first : first + rows]


def _is_immutable(array: NDArray[Any]) -> bool:
    if array.flags.writeable:  # pickle makes writable arrays backed by bytes objects
        return False
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    return isinstance(base, bytes)


def _as(dtype: type[np.generic]) -> BeforeValidator:
    return BeforeValidator(lambda array: read_only(array, dtype))


ReadOnlyFloat32 = Annotated[NDArray[np.float32], _as(np.float32)]
ReadOnlyFloat64 = Annotated[NDArray[np.float64], _as(np.float64)]
ReadOnlyInt32 = Annotated[NDArray[np.int32], _as(np.int32)]
