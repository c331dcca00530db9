"""Numbers and matrices of files whose authors write them in several ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose.data.format_errors import refusal

Array = NDArray[np.float64]


def array_of(value: Any, where: str) -> Array:
    """Read a list of numbers, a nested one, or OpenCV's matrix with rows, columns and data.

    Parameters
    ----------
    value : list or mapping
        As a file has it.
    where : str
        Its location, for the message.

    Returns
    -------
    ndarray
        Finite; one-dimensional for a plain list.

    Raises
    ------
    FileFormatError
        If it is not made of finite numbers, or not as many as it says.

    Examples
    --------
    >>> array_of({"rows": 1, "cols": 2, "data": [1, 2.5]}, "K")
    array([[1. , 2.5]])
    """
    if isinstance(value, Mapping):
        try:
            data, shape = value["data"], (int(value["rows"]), int(value["cols"]))
        except (KeyError, TypeError, ValueError) as error:
            raise refusal(where, "expected a matrix of rows, cols and data") from error
        flat = array_of(data, where).ravel()
        if min(shape) < 0 or flat.size != shape[0] * shape[1]:
            raise refusal(where, f"expected {shape[0]} × {shape[1]} numbers, got {flat.size}")
        return np.asarray(flat.reshape(shape))
    try:
        numbers = np.asarray(value, np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise refusal(where, "expected numbers") from error
    if not np.isfinite(numbers).all():
        raise refusal(where, "expected finite numbers")
    return numbers


def matrix_of(value: Any, shape: tuple[int, ...], where: str) -> Array:
    """Read a matrix of a known shape.

    Parameters
    ----------
    value : list or mapping
        As a file has it; a flat list will do.
    shape : tuple of int
        What is expected.
    where : str
        Its location, for the message.

    Returns
    -------
    ndarray

    Raises
    ------
    FileFormatError
        If it has another number of numbers.
    """
    numbers = array_of(value, where)
    if numbers.size != int(np.prod(shape)):
        raise refusal(where, f"expected {' × '.join(map(str, shape))} numbers, got {numbers.size}")
    return np.asarray(numbers.reshape(shape))


def rotation_of(value: Any, where: str) -> Array:
    """Read a rotation: a matrix, or a vector along its axis with the angle in rad as its length.

    Parameters
    ----------
    value : list or mapping
        As a file has it.
    where : str
        Its location, for the message.

    Returns
    -------
    ndarray, shape (3, 3)
        Not yet checked to be a rotation.

    Raises
    ------
    FileFormatError
        If it has neither 3 nor 9 numbers.

    Examples
    --------
    >>> rotation_of([0.0, 0.0, np.pi / 2], "R").round(9) + 0.0
    array([[ 0., -1.,  0.],
           [ 1.,  0.,  0.],
           [ 0.,  0.,  1.]])
    """
    numbers = array_of(value, where)
    if numbers.size == 9:
        return np.asarray(numbers.reshape(3, 3))
    if numbers.size != 3:
        raise refusal(where, f"expected a rotation of 3 or 9 numbers, got {numbers.size}")
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.from_rotvec(numbers.ravel()).as_matrix())


def size_of(value: Any, where: str) -> tuple[int, int]:
    """Read the width and height of a picture.

    Parameters
    ----------
    value : list
        Two whole numbers, width first.
    where : str
        Its location, for the message.

    Returns
    -------
    tuple of int

    Raises
    ------
    FileFormatError
        If it is not two positive whole numbers.
    """
    width, height = matrix_of(value, (2,), where)
    if min(width, height) < 1.0 or width % 1.0 or height % 1.0:
        raise refusal(where, "expected a width and a height in px")
    return int(width), int(height)


def first_of(table: Mapping[str, Any], names: Sequence[str]) -> tuple[str, Any] | None:
    """Return the first of some keys that a table has.

    Parameters
    ----------
    table : mapping
        Where to look.
    names : sequence of str
        What authors call it.

    Returns
    -------
    tuple of str and value, or None
        Key and value. None: it has none of them.
    """
    return next(((name, table[name]) for name in names if name in table), None)
