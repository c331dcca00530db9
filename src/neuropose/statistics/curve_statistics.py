"""Student's t and Hotelling's T² along curves, for many labellings at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import ArrayLike

from neuropose.errors import StatisticsError
from neuropose.statistics.records import Bools, Floats, Missing
from neuropose.statistics.samples import as_numbers, complete_rows

_RIDGE = 1e-12  # of the variance: keeps matrices of samples without spread from being singular
_SMALLEST = 1e-100


class Curves(NamedTuple):
    """Curves prepared for relabelling.

    Parameters
    ----------
    values : ndarray, shape (N, T, C)
        Differences of pairs, or all curves of two groups less their common mean.
    first, second : int
        Sizes of the groups; `second` is 0 for pairs.
    scalar : bool
        Whether a sample is a number, not a vector.
    dropped : int
        Number of curves, or pairs, that were left out.
    """

    values: Floats
    first: int
    second: int
    scalar: bool
    dropped: int

    @property
    def freedom(self) -> int:
        """Degrees of freedom of the variances."""
        return self.first - 1 if not self.second else self.first + self.second - 2

    @property
    def still(self) -> Bools:
        """Samples at which nothing varies, shape (T,); there the statistic is 0."""
        spread = np.ptp(self.values, axis=0) if self.second else np.abs(self.values).max(axis=0)
        return np.asarray((spread == 0.0).any(axis=1))

    def critical(self, p_value: float) -> float:
        """Return the statistic with a two-sided, uncorrected p-value, for normal curves.

        Parameters
        ----------
        p_value : float
            Two-sided, uncorrected p-value.

        Returns
        -------
        float
        """
        if self.scalar:
            return float(scipy.stats.t.isf(0.5 * p_value, self.freedom))
        components, rest = self.values.shape[2], self.freedom - self.values.shape[2] + 1
        factor = components * self.freedom / rest
        return float(factor * scipy.stats.f.isf(p_value, components, rest))

    def moments(self, mask: Bools) -> tuple[Floats, Floats]:
        """Return the difference of the means, and its (co)variance, under some labellings.

        Parameters
        ----------
        mask : ndarray of bool, shape (R, N)
            Labellings, as `Relabelling.masks` yields them.

        Returns
        -------
        tuple of ndarray, shapes (R, T, C) and (R, T, C, C)
        """
        count, samples, components = self.values.shape
        flat = self.values.reshape(count, -1)
        outer = self.values[..., :, None] * self.values[..., None, :]
        shape = len(mask), samples, components

        def means_and_scatter(weights: Floats, squares: Floats, n: int) -> tuple[Floats, Floats]:
            means = (weights @ flat / n).reshape(shape)
            scatter = squares.reshape(-1, samples, components, components) - n * (
                means[..., :, None] * means[..., None, :]
            )
            return means, scatter / (n * (n - 1.0))

        if not self.second:
            signs = np.where(mask, -1.0, 1.0)
            return means_and_scatter(signs, outer.sum(axis=0), count)
        one = mask.astype(np.float64)
        squares = outer.reshape(count, -1)
        first = means_and_scatter(one, one @ squares, self.first)
        second = means_and_scatter(1.0 - one, (1.0 - one) @ squares, self.second)
        return first[0] - second[0], first[1] + second[1]

    def statistics(self, mask: Bools) -> Floats:
        """Return t, or T² for vectors, under some labellings.

        Parameters
        ----------
        mask : ndarray of bool, shape (R, N)
            Labellings, as `Relabelling.masks` yields them.

        Returns
        -------
        ndarray, shape (R, T)
            0 where nothing varies.
        """
        means, covariance = self.moments(mask)
        if self.scalar:
            error = np.sqrt(np.maximum(covariance[..., 0, 0], _SMALLEST))
            statistic = means[..., 0] / error
        else:
            size = np.trace(covariance, axis1=-2, axis2=-1)[..., None, None]
            ridge = (_RIDGE * size + _SMALLEST) * np.eye(means.shape[-1])
            solved = np.linalg.solve(covariance + ridge, means[..., None])[..., 0]
            statistic = (means * solved).sum(axis=-1)
        return np.where(self.still, 0.0, statistic)


def as_curves(first: ArrayLike, second: ArrayLike, *, paired: bool, missing: Missing) -> Curves:
    """Check two sets of curves.

    Parameters
    ----------
    first, second : array_like, shape (N, T) or (N, T, C)
        Curves of the two groups, or of the two sides of the pairs. NaN: missing.
    paired : bool
        Whether row i of one belongs to row i of the other.
    missing : {"raise", "drop"}

    Returns
    -------
    Curves

    Raises
    ------
    StatisticsError
        If shapes do not fit, there are too few curves, or something is missing.
    """
    one, other = as_numbers(first, "first curves"), as_numbers(second, "second curves")
    scalar = one.ndim == 2
    if one.ndim not in (2, 3) or one.shape[1:] != other.shape[1:] or 0 in one.shape[1:]:
        raise StatisticsError(
            f"curves of shapes {one.shape} and {other.shape}",
            hint="give one row per curve, all on the same samples: (N, T) or (N, T, C)",
        )
    if paired and len(one) != len(other):
        raise StatisticsError(
            f"{len(one)} and {len(other)} curves cannot be paired",
            hint="give the same number of both",
        )
    one, other = (each[..., None] if scalar else each for each in (one, other))
    least = 2 if scalar else one.shape[2] + 1
    if paired:
        rows = complete_rows(one - other, "pairs of curves", least=least, missing=missing)
        return Curves(rows.values, len(rows.values), 0, scalar, rows.dropped)
    both = [
        complete_rows(curves, f"{name} curves", least=least, missing=missing)
        for curves, name in ((one, "first"), (other, "second"))
    ]
    together = np.concatenate([rows.values for rows in both])
    centred = together - together.mean(axis=0)
    n, m = (len(rows.values) for rows in both)
    return Curves(centred, n, m, scalar, sum(rows.dropped for rows in both))
