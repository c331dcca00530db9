"""What the statistics share: checked numbers, with missing ones refused or left out and counted."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from neuropose.errors import StatisticsError
from neuropose.statistics.records import Bools, Floats, Missing


class Rows(NamedTuple):
    """Complete rows of numbers.

    Parameters
    ----------
    values : ndarray, shape (N, …)
        Finite values.
    kept : ndarray of bool
        Which of the input rows these are.
    dropped : int
        Number of input rows that were left out.
    """

    values: Floats
    kept: Bools
    dropped: int


def complete_rows(values: ArrayLike, name: str, *, least: int, missing: Missing = "raise") -> Rows:
    """Check numbers, and leave out rows with missing values if requested.

    Parameters
    ----------
    values : array_like, shape (N, …)
        One row per subject, pair or value. NaN: missing.
    name : str
        What the rows are, in the plural (``pairs``).
    least : int
        Smallest number of complete rows.
    missing : {"raise", "drop"}

    Returns
    -------
    Rows

    Raises
    ------
    StatisticsError
        If a value is not a finite number, is missing though missing values are refused, or too few
        rows are complete.

    Examples
    --------
    >>> complete_rows([1.0, np.nan, 3.0], "values", least=2, missing="drop").dropped
    1
    """
    if missing not in ("raise", "drop"):
        raise StatisticsError(f"missing is {missing!r}", hint="give 'raise' or 'drop'")
    array = as_numbers(values, name)
    kept = np.asarray(~np.isnan(array).any(axis=tuple(range(1, array.ndim))))
    dropped = int((~kept).sum())
    if dropped and missing == "raise":
        raise StatisticsError(
            f"{dropped} of {len(array)} {name} have missing values",
            hint="missing='drop' leaves them out and counts them",
        )
    if len(array) - dropped < least:
        raise StatisticsError(
            f"too few complete {name}: {len(array) - dropped}",
            hint=f"{least} or more are needed",
        )
    return Rows(array[kept], kept, dropped)


def as_numbers(values: ArrayLike, name: str) -> Floats:
    """Return an array of numbers with at least one axis.

    Parameters
    ----------
    values : array_like
        NaN: missing.
    name : str
        What it contains, in the plural.

    Returns
    -------
    ndarray of float64

    Raises
    ------
    StatisticsError
        If a value is not a number, or infinite, or it is a single number.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise StatisticsError(f"{name} are not numbers: {error}", hint="give an array") from error
    if array.ndim == 0:
        raise StatisticsError(f"a single number instead of {name}", hint="give an array")
    if np.isinf(array).any():
        raise StatisticsError(f"{name} contain infinite values", hint="use NaN for missing values")
    return array


def as_sample(values: ArrayLike, name: str, *, least: int, missing: Missing) -> Rows:
    """Return a sample of single numbers; see `complete_rows`.

    Parameters
    ----------
    values : array_like, shape (N,)
        One number per subject. NaN: missing.
    name : str
        What the values are, for error messages.
    least : int
        Smallest number of complete values.
    missing : {"raise", "drop"}

    Returns
    -------
    Rows

    Raises
    ------
    StatisticsError
        See `complete_rows`; also if there is more than one axis.
    """
    rows = complete_rows(values, name, least=least, missing=missing)
    if rows.values.ndim != 1:
        raise StatisticsError(
            f"{name} of shape {np.shape(values)}", hint="give one number per subject, shape (N,)"
        )
    return rows


def as_pairs(first: ArrayLike, second: ArrayLike, *, least: int, missing: Missing) -> Rows:
    """Return pairs of numbers; a pair with a missing value is not complete.

    Parameters
    ----------
    first, second : array_like, shape (N,)
        Values in the same order.
    least : int
        Smallest number of complete pairs.
    missing : {"raise", "drop"}

    Returns
    -------
    Rows
        Shape (N, 2).

    Raises
    ------
    StatisticsError
        See `complete_rows`; also if the lengths differ.
    """
    one, other = as_numbers(first, "first values"), as_numbers(second, "second values")
    if one.ndim != 1 or one.shape != other.shape:
        raise StatisticsError(
            f"pairs of shapes {one.shape} and {other.shape}",
            hint="give two arrays of the same length, in the same order",
        )
    return complete_rows(np.column_stack([one, other]), "pairs", least=least, missing=missing)


def check_level(level: float, name: str = "level") -> None:
    """Check a level of confidence or significance.

    Parameters
    ----------
    level : float
        The level to check.
    name : str
        Name of the parameter, for the error message.

    Raises
    ------
    StatisticsError
        If it is not between 0 and 1.
    """
    if not 0.0 < level < 1.0:
        raise StatisticsError(
            f"{name} is {level:g}", hint="give a number between 0 and 1, such as 0.95"
        )


def too_few(count: int, wanted: int, what: str) -> tuple[str, ...]:
    """Return a warning about a small sample.

    Parameters
    ----------
    count, wanted : int
        Size of the sample, and the size from which no warning is given.
    what : str
        What is counted, in the plural.

    Returns
    -------
    tuple of str
        Empty if there are enough.

    Examples
    --------
    >>> too_few(6, 30, "subjects")
    ('few subjects: 6, fewer than 30',)
    """
    return (f"few {what}: {count}, fewer than {wanted}",) if count < wanted else ()
