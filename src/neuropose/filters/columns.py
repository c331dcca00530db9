"""What the filters share: arrays as columns of samples, their gaps, and valid times."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuropose.errors import SignalError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


def as_columns(values: ArrayLike) -> Floats:
    """Reshape an array of any shape into columns of samples.

    Parameters
    ----------
    values : array_like, shape (T, …)
        NaN: missing.

    Returns
    -------
    ndarray of float64, shape (T, C)
        One column for each position in the other axes; may share the memory of `values`.

    Raises
    ------
    SignalError
        If a value is infinite, not a number at all, or there is no axis of time.

    Examples
    --------
    >>> as_columns(np.zeros((5, 33, 3))).shape
    (5, 99)
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise SignalError(f"a signal must be numeric: {error}", hint="give an array") from error
    if array.ndim == 0:
        raise SignalError(
            "a single number is not a signal", hint="give an array with an axis of time"
        )
    columns = array.reshape(len(array), int(np.prod(array.shape[1:])))
    if np.isinf(columns).any():
        frame = int(np.isinf(columns).any(axis=1).argmax())
        raise SignalError(
            f"the value of sample {frame} is infinite",
            hint="use NaN for missing values, not infinity",
        )
    return columns


def as_times(time_s: ArrayLike, count: int) -> Floats:
    """Check the times of samples.

    Parameters
    ----------
    time_s : array_like, shape (T,)
        Seconds.
    count : int
        The number of samples, T.

    Returns
    -------
    ndarray of float64, shape (T,)

    Raises
    ------
    SignalError
        If they are not T finite times, each later than the one before.

    Examples
    --------
    >>> as_times([0.0, 0.04, 0.08], 3)
    array([0.  , 0.04, 0.08])
    """
    times = np.asarray(time_s, dtype=np.float64)
    if times.shape != (count,):
        raise SignalError(
            f"{count} samples, but times of shape {times.shape}", hint="give one time per sample"
        )
    rises = np.isfinite(times)
    rises[1:] &= np.diff(times) > 0
    if not rises.all():
        frame = int(rises.argmin())
        raise SignalError(
            f"the times do not increase at sample {frame}",
            hint="every sample needs a time, later than the one before; resample() leaves out "
            "frames without",
        )
    return times


def positive(value: float, name: str) -> float:
    """Check that a parameter is a finite number above 0.

    Parameters
    ----------
    value : float
        Value of the parameter.
    name : str
        Name of the parameter, with its unit.

    Returns
    -------
    float

    Raises
    ------
    SignalError
        If it is not finite, or too small.
    """
    if not (np.isfinite(value) and value > 0):
        raise SignalError(f"{name} is {value:g}", hint=f"{name} is a number above 0")
    return float(value)


def not_negative(value: float, name: str) -> float:
    """Check that a parameter is a finite number of at least 0.

    Parameters
    ----------
    value : float
        Value of the parameter.
    name : str
        Name of the parameter, with its unit.

    Returns
    -------
    float

    Raises
    ------
    SignalError
        If it is not finite, or too small.
    """
    if not (np.isfinite(value) and value >= 0):
        raise SignalError(f"{name} is {value:g}", hint=f"{name} is a number from 0")
    return float(value)


def runs(mask: Bools) -> Ints:
    """Find the runs of true values.

    Parameters
    ----------
    mask : ndarray of bool, shape (T,)
        True where a run goes on.

    Returns
    -------
    ndarray of int64, shape (R, 2)
        Of each run the first index, and one more than the last.

    Examples
    --------
    >>> runs(np.array([True, False, True, True]))
    array([[0, 1],
           [2, 4]])
    """
    changes = np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))
    return np.stack([np.flatnonzero(changes == 1), np.flatnonzero(changes == -1)], axis=1)


def patterns(valid: Bools) -> list[tuple[Bools, Ints]]:
    """Group columns that have their gaps at the same places.

    The coordinates of a joint do, and mostly all joints of a person. What depends only on the gaps
    is then computed once per group, for all of its columns together.

    Parameters
    ----------
    valid : ndarray of bool, shape (T, C)
        False where a value is missing.

    Returns
    -------
    list of (ndarray of bool, shape (T,), ndarray of int64)
        Which samples are valid, and the columns of which that holds.

    Examples
    --------
    >>> valid = np.array([[True, False, True], [True, True, True]])
    >>> [columns.tolist() for _, columns in patterns(valid)]
    [[0, 2], [1]]
    """
    if valid.all():
        return [(valid[:, 0], np.arange(valid.shape[1]))] if valid.shape[1] else []
    groups: dict[bytes, list[int]] = {}
    for column, bits in enumerate(np.packbits(valid, axis=0).T):
        groups.setdefault(bits.tobytes(), []).append(column)
    return [(valid[:, columns[0]].copy(), np.array(columns)) for columns in groups.values()]
