"""Rows of finite numbers to compare; missing values are filled or left out, and counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuropose.analyzer.compare.dtw.settings import NanPolicy
from neuropose.errors import SignalError
from neuropose.filters import fill_gaps
from neuropose.filters.columns import as_columns

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Rows:
    """A movement ready for comparison: T frames of C values.

    Parameters
    ----------
    values : ndarray of float64, shape (T, C)
        Finite, contiguous.
    kept : ndarray of int64, shape (T,)
        Frame of the movement for each row.
    warnings : tuple of str
        Values that were filled or left out.
    """

    values: Array
    kept: NDArray[np.int64]
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.values)


def finite_rows(
    values: ArrayLike,
    nan_policy: NanPolicy,
    name: str,
    *,
    columns: Sequence[str] | None = None,
    time_s: ArrayLike | None = None,
    first: int = 0,
) -> Rows:
    """Convert a movement to rows without missing values.

    Parameters
    ----------
    values : array_like, shape (T, …)
        NaN: missing.
    nan_policy : {"raise", "interpolate", "drop"}
        See `DtwSettings`.
    name : str
        Name of the movement in messages.
    columns : sequence of str, optional
        Names of its C values in messages.
    time_s : array_like, shape (T,), optional
        Times of the frames; default: evenly spaced.
    first : int
        Number of the first frame.

    Returns
    -------
    Rows

    Raises
    ------
    SignalError
        If there are no frames or values, one is infinite, or one is missing that the policy
        neither fills nor leaves out.

    Examples
    --------
    >>> finite_rows([0.0, np.nan, 2.0], "interpolate", "the movement").values.ravel()
    array([0., 1., 2.])
    """
    table = np.ascontiguousarray(as_columns(values))
    if not table.size:
        raise SignalError(f"{name} has no {'values' if len(table) else 'frames'}")
    missing = np.isnan(table)
    if not missing.any():
        return Rows(table, np.arange(first, first + len(table)))
    _refuse_absent(missing, name, columns)
    notes = []
    if nan_policy == "interpolate":
        table, notes = _filled(table, time_s), [_count(missing, name, "filled")]
        missing = np.isnan(table)
    elif nan_policy == "drop":
        notes = [_count(missing, name, "left out")]
    bad = missing.any(axis=1)
    if bad.any() and nan_policy != "drop":
        raise SignalError(
            f"{_count(missing, name, 'not known')} ({_named(missing.any(axis=0), columns)})",
            hint=(
                "what is missing at the ends cannot be filled: cut it off, or take nan_policy drop"
                if nan_policy == "interpolate"
                else "fill gaps first (analyzer.filters), or take nan_policy interpolate or drop"
            ),
        )
    if bad.all():
        raise SignalError(
            f"no frame of {name} is complete", hint="leave out joints that are missing"
        )
    kept = np.flatnonzero(~bad)
    return Rows(table[kept] if bad.any() else table, kept + first, tuple(notes))


def same_width(*movements: Rows) -> None:
    """Check that movements have the same number of values per frame.

    Parameters
    ----------
    *movements : Rows
        Movements as rows of values.

    Raises
    ------
    SignalError
        If the numbers differ.
    """
    widths = sorted({movement.values.shape[1] for movement in movements})
    if len(widths) > 1:
        raise SignalError(
            f"movements with {widths[0]} and {widths[-1]} values a frame cannot be compared",
            hint="give the same joints or angles of each",
        )


def _filled(table: Array, time_s: ArrayLike | None) -> Array:
    return fill_gaps(table, limit_frames=len(table), time_s=time_s, method="linear").values


def _refuse_absent(missing: NDArray[np.bool_], name: str, columns: Sequence[str] | None) -> None:
    absent = missing.all(axis=0)
    if absent.any():
        raise SignalError(
            f"{_named(absent, columns)}: missing in all of {name}", hint="leave it out"
        )


def _count(missing: NDArray[np.bool_], name: str, what: str) -> str:
    return f"values in {missing.any(axis=1).sum()} of {len(missing)} frames of {name}: {what}"


def _named(which: ArrayLike, columns: Sequence[str] | None) -> str:
    """Names of columns, each once."""
    at = np.flatnonzero(which).tolist()
    names = [f"column {column}" if columns is None else columns[column] for column in at]
    return ", ".join(dict.fromkeys(names))
