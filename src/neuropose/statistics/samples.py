"""What the statistics share: numbers checked, missing ones refused or left out and counted."""

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
        Finite.
    kept : ndarray of bool
        Which of the rows that came in these are.
    dropped : int
        How many came in but are not here.
    """

    values: Floats
    kept: Bools
    dropped: int


def complete_rows(values: ArrayLike, name: str, *, least: int, missing: Missing = "raise") -> Rows:
    """Check numbers, and leave out rows in which one is missing, if that is wanted.

    Parameters
    ----------
    values : array_like, shape (N, …)
        One row a subject, pair or value. NaN: missing.
    name : str
        What the rows are, in the plural (``pairs``).
    least : int
        How many complete rows there must be.
    missing : {"raise", "drop"}

    Returns
    -------
    Rows

    Raises
    ------
    StatisticsError
        If something is no finite number, missing though it is to be refused, or too few rows are
        complete.

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
            f"{len(array) - dropped} complete {name} are too few", hint=f"it needs {least} or more"
        )
    return Rows(array[kept], kept, dropped)


def as_numbers(values: ArrayLike, name: str) -> Floats:
    """Give an array of numbers with at least one axis.

    Parameters
    ----------
    values : array_like
        NaN: missing.
    name : str
        What it holds, in the plural.

    Returns
    -------
    ndarray of float64

    Raises
    ------
    StatisticsError
        If something in it is no number, or infinite, or it is a single number.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise StatisticsError(f"{name} are no numbers: {error}", hint="give an array") from error
    if array.ndim == 0:
        raise StatisticsError(f"a single number instead of {name}", hint="give an array")
    if np.isinf(array).any():
        raise StatisticsError(f"{name} hold infinity", hint="a missing value is NaN")
    return array


def as_sample(values: ArrayLike, name: str, *, least: int, missing: Missing) -> Rows:
    """Give a sample of single numbers; see `complete_rows`.

    Parameters
    ----------
    values : array_like, shape (N,)
    name : str
    least : int
    missing : {"raise", "drop"}

    Returns
    -------
    Rows

    Raises
    ------
    StatisticsError
        As `complete_rows`, or if there is more than one axis.
    """
    rows = complete_rows(values, name, least=least, missing=missing)
    if rows.values.ndim != 1:
        raise StatisticsError(
            f"{name} of shape {np.shape(values)}", hint="give one number a subject, shape (N,)"
        )
    return rows


def as_pairs(first: ArrayLike, second: ArrayLike, *, least: int, missing: Missing) -> Rows:
    """Give pairs; one of which a value is missing is not complete.

    Parameters
    ----------
    first, second : array_like, shape (N,)
        In the same order.
    least : int
    missing : {"raise", "drop"}

    Returns
    -------
    Rows
        Shape (N, 2).

    Raises
    ------
    StatisticsError
        As `complete_rows`, or if the two are not of one length.
    """
    one, other = as_numbers(first, "first values"), as_numbers(second, "second values")
    if one.ndim != 1 or one.shape != other.shape:
        raise StatisticsError(
            f"pairs of shapes {one.shape} and {other.shape}",
            hint="give two arrays of the same length, in the same order",
        )
    return complete_rows(np.column_stack([one, other]), "pairs", least=least, missing=missing)


def check_level(level: float, name: str = "level") -> None:
    """Refuse a level of confidence or significance that is none.

    Parameters
    ----------
    level : float
    name : str

    Raises
    ------
    StatisticsError
        If it is not between 0 and 1.
    """
    if not 0.0 < level < 1.0:
        raise StatisticsError(f"{name} is {level:g}", hint="give a number between 0 and 1, as 0.95")


def too_few(count: int, wanted: int, what: str) -> tuple[str, ...]:
    """Warn of a small sample.

    Parameters
    ----------
    count, wanted : int
    what : str
        In the plural.

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
