"""Systems of normal equations that couple each frame with the next two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_solve_banded, cholesky_banded

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Smoothness:
    """The cost of acceleration, for T frames at any times.

    Parameters
    ----------
    own : ndarray, shape (T, D)
        Diagonal of its matrix.
    next : ndarray, shape (T - 1, D)
        Entries between a frame and the next.
    after : ndarray, shape (T - 2, D)
        Entries between a frame and the one after the next.
    root : ndarray, shape (T - 2, 3)
        Coefficients of the second derivative, times the root of the time it stands for.
    weight : ndarray, shape (D,)
        One over the spectral density of the acceleration.
    """

    own: Array
    next: Array
    after: Array
    root: Array
    weight: Array

    def gradient(self, values: Array) -> Array:
        """Return the product of the matrix with values, shape (T, D).

        Parameters
        ----------
        values : ndarray, shape (T, D)
            Coordinates.

        Returns
        -------
        ndarray, shape (T, D)
        """
        product = self.own * values
        product[:-1] += self.next * values[1:]
        product[1:] += self.next * values[:-1]
        product[:-2] += self.after * values[2:]
        product[2:] += self.after * values[:-2]
        return product

    def noise(self, normal: Array) -> Array:
        """Return the root of the matrix times white noise: its covariance is the matrix.

        Parameters
        ----------
        normal : ndarray, shape (T - 2, D, …)
            Standard normal numbers.

        Returns
        -------
        ndarray, shape (T, D, …)
        """
        shape = (len(self.own), *normal.shape[1:])
        product = np.zeros(shape)
        scaled = normal * np.sqrt(self.weight).reshape(1, -1, *[1] * (normal.ndim - 2))
        for lag in range(3):
            column = self.root[:, lag].reshape(-1, *[1] * (normal.ndim - 1))
            product[lag : lag + len(normal)] += column * scaled
        return product


def smoothness(
    time_s: Array, density: Array, breaks: NDArray[np.bool_] | None = None
) -> Smoothness:
    """Make the cost of acceleration: the integral of its square over its spectral density.

    Parameters
    ----------
    time_s : ndarray, shape (T,)
        Seconds, at any intervals.
    density : ndarray, shape (D,)
        Spectral density of each coordinate's acceleration.
    breaks : ndarray of bool, shape (T - 1,), optional
        Where two frames do not belong together.

    Returns
    -------
    Smoothness

    Notes
    -----
    The second derivative at a frame is that of the parabola through it and its neighbours, and
    stands for half of the two intervals (Wahba 1990; for even times the discrete smoothing spline).
    """
    frames = len(time_s)
    before, behind = np.diff(time_s)[:-1], np.diff(time_s)[1:]
    span = before + behind
    root = np.stack([2.0 / (before * span), -2.0 / (before * behind), 2.0 / (behind * span)], 1)
    root *= np.sqrt(0.5 * span)[:, None]
    if breaks is not None:
        root[breaks[:-1] | breaks[1:]] = 0.0
    own = np.zeros(frames)
    for lag in range(3):
        own[lag : lag + len(root)] += root[:, lag] ** 2
    beside = np.zeros(max(frames - 1, 0))
    beside[: len(root)] += root[:, 0] * root[:, 1]
    beside[1:] += root[:, 1] * root[:, 2] if len(root) else 0.0
    weight = 1.0 / density
    return Smoothness(
        own=own[:, None] * weight,
        next=beside[:, None] * weight,
        after=(root[:, 0] * root[:, 2])[:, None] * weight,
        root=root,
        weight=weight,
    )


class Factor:
    """The Cholesky factor of blocks on the diagonal and the cost of acceleration.

    Parameters
    ----------
    blocks : ndarray, shape (T, D, D)
        Symmetric blocks, one per frame.
    smooth : Smoothness
        What couples the frames.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the matrix is not positive definite.
    """

    def __init__(self, blocks: Array, smooth: Smoothness) -> None:
        frames, size, _ = blocks.shape
        self._shape = (frames, size)
        band = np.zeros((2 * size + 1, frames * size))
        by_frame = band.reshape(2 * size + 1, frames, size)
        for below in range(size):
            columns = np.arange(size - below)
            by_frame[below, :, : size - below] = blocks[:, columns + below, columns]
        by_frame[0] += smooth.own
        by_frame[size, : frames - 1] += smooth.next
        by_frame[2 * size, : frames - 2] += smooth.after
        self._factor = cholesky_banded(band, lower=True, overwrite_ab=True, check_finite=False)
        if not np.isfinite(self._factor[0]).all():
            raise LinAlgError("not positive definite")

    def solve(self, right: Array) -> Array:
        """Solve for one or several right-hand sides.

        Parameters
        ----------
        right : ndarray, shape (T, D) or (T, D, N)
            Right-hand sides.

        Returns
        -------
        ndarray, same shape
        """
        frames, size = self._shape
        flat = right.reshape(frames * size, -1)
        solved = cho_solve_banded((self._factor, True), flat, check_finite=False)
        return np.asarray(solved.reshape(right.shape))
