"""Results of aligning points, frames or whole movements."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Alignment:
    """How points were aligned with others: ``scale · rotation @ point + translation_mm``.

    Parameters
    ----------
    rotation : ndarray, shape (3, 3)
        Proper rotation matrix, determinant +1.
    translation_mm : ndarray, shape (3,)
        mm, in the axes of the fixed points.
    scale : float
        Scale factor; 1 if none was requested.
    rms_before_mm, rms_after_mm : float
        Root of the (weighted) mean of the squared distances between the pairs of points.
    points : int
        Number of pairs that were used.
    mirrored : bool
        Whether a mirror image would fit at least twice as well: left and right may be swapped.
    """

    rotation: Array
    translation_mm: Array
    scale: float
    rms_before_mm: float
    rms_after_mm: float
    points: int
    mirrored: bool

    @property
    def angle_deg(self) -> float:
        """Angle of the rotation, 0° to 180°."""
        sine = np.linalg.norm(self.rotation - self.rotation.T) / np.sqrt(8.0)
        return float(np.degrees(np.arctan2(sine, (np.trace(self.rotation) - 1.0) / 2.0)))

    def apply(self, positions_mm: ArrayLike) -> Array:
        """Move other points in the same way.

        Parameters
        ----------
        positions_mm : array_like, shape (…, 3)
            mm, in the axes of the points that were moved. NaN: missing.

        Returns
        -------
        ndarray, shape (…, 3)
            mm, in the axes of the fixed points.
        """
        turned = np.asarray(positions_mm, dtype=np.float64) @ self.rotation.T
        return np.asarray(self.scale * turned + self.translation_mm)


@dataclass(frozen=True, eq=False)
class FrameAlignments:
    """One `Alignment` per frame, T frames; NaN where a frame cannot be aligned.

    Parameters
    ----------
    rotation : ndarray, shape (T, 3, 3)
        Rotation matrices, determinant +1.
    translation_mm : ndarray, shape (T, 3)
        mm, in the axes of the fixed points.
    scale, rms_before_mm, rms_after_mm : ndarray, shape (T,)
        Scale, and root mean square distance before and after the alignment, mm.
    points : ndarray of int, shape (T,)
        Number of pairs of points that were used.
    mirrored : ndarray of bool, shape (T,)
        See `Alignment`.
    refused : tuple of (int, str)
        Frames that cannot be aligned, and why.
    """

    rotation: Array
    translation_mm: Array
    scale: Array
    rms_before_mm: Array
    rms_after_mm: Array
    points: NDArray[np.int64]
    mirrored: NDArray[np.bool_]
    refused: tuple[tuple[int, str], ...] = ()

    def apply(self, positions_mm: ArrayLike) -> Array:
        """Move points of the same frames in the same way.

        Parameters
        ----------
        positions_mm : array_like, shape (T, P, 3)
            mm. NaN: missing.

        Returns
        -------
        ndarray, shape (T, P, 3)
            mm; NaN in frames that cannot be aligned.
        """
        turned = np.asarray(positions_mm, dtype=np.float64) @ self.rotation.transpose(0, 2, 1)
        return np.asarray(self.scale[:, None, None] * turned + self.translation_mm[:, None])
