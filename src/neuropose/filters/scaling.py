"""Values brought to the range from 0 to 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from neuropose.errors import SignalError
from neuropose.filters.columns import Floats


def min_max(values: ArrayLike, *, per_axis: bool = False) -> Floats:
    """Bring a movement to the range from 0 to 1: the least value is 0, the largest range is 1.

    Parameters
    ----------
    values : array_like, shape (…, D)
        Positions or other values, in any unit. NaN: missing.
    per_axis : bool
        Whether each of the D axes is scaled by its own range, which distorts the shape of a body.
        Default: all by the largest one.

    Returns
    -------
    ndarray of float64, of the same shape
        Without unit. NaN where missing. An axis without a range is 0.

    Raises
    ------
    SignalError
        If nothing is known, or nothing has a range.

    Examples
    --------
    >>> min_max([[0.0, 10.0], [2.0, 14.0]]).tolist()
    [[0.0, 0.0], [0.5, 1.0]]
    >>> min_max([[0.0, 10.0], [2.0, 14.0]], per_axis=True).tolist()
    [[0.0, 0.0], [1.0, 1.0]]
    """
    given = np.asarray(values, dtype=np.float64)
    rows = given.reshape(-1, given.shape[-1]) if given.ndim else given.reshape(1, 1)
    rows = rows[:, None] if rows.ndim == 1 else rows
    if not rows.size or np.isnan(rows).all(axis=0).any():
        raise SignalError("an axis has no known value", hint="leave it out")
    if np.isinf(rows).any():
        raise SignalError("a value is infinite", hint="make it NaN if it is missing")
    least = np.nanmin(rows, axis=0)
    ranges = np.nanmax(rows, axis=0) - least
    if not ranges.any():
        raise SignalError("nothing moves: all values are the same", hint="choose another stretch")
    scale = np.where(ranges > 0.0, ranges, 1.0) if per_axis else ranges.max()
    return np.asarray((rows - least) / scale, dtype=np.float64).reshape(given.shape)
