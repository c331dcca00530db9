"""Numbers as lines of text, many at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_AT_ONCE = 2000


def text_rows(
    template: str, values: NDArray[np.float64], *, missing: str = "NaN"
) -> Iterator[bytes]:
    r"""Format the rows of a table.

    Parameters
    ----------
    template : str
        One row in the manner of C, with its line end: ``"%d\t%.3f\n"``.
    values : ndarray, shape (R, C)
        NaN: missing.
    missing : str
        What stands for NaN.

    Yields
    ------
    bytes
        Some rows at once.

    Examples
    --------
    >>> list(text_rows("%d\t%.2f\n", np.array([[1, 0.5], [2, np.nan]])))
    [b'1\t0.50\n2\tNaN\n']
    """
    for first in range(0, len(values), _AT_ONCE):
        part = values[first : first + _AT_ONCE]
        text = (template * len(part)) % tuple(part.ravel().tolist())
        yield (text if missing == "nan" else text.replace("nan", missing)).encode()
