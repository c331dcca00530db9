"""A standard deviation that a few outliers do not change."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MAD_TO_SD = 1.4826
"""Standard deviation over median absolute deviation (MAD) of normally distributed values."""


def robust_sd(values: NDArray[np.float64], *, centre: float | None = None) -> float:
    """Estimate the standard deviation of normally distributed values from their MAD.

    Parameters
    ----------
    values : ndarray, shape (N,)
        Finite, at least one.
    centre : float, optional
        What the values deviate from. Default: their median.

    Returns
    -------
    float
        1.4826 times the median absolute deviation, in the unit of `values`. Up to half of them
        may be outliers.

    Notes
    -----
    Source: Rousseeuw and Croux 1993, J Am Stat Assoc 88:1273 (the factor is their b).

    Examples
    --------
    >>> round(robust_sd(np.array([-2.0, -1.0, 0.0, 1.0, 500.0])), 4)
    1.4826
    """
    about = np.median(values) if centre is None else centre
    return MAD_TO_SD * float(np.median(np.abs(values - about)))
