"""Regions of interest: the rotated square round a person that the landmark graph looks at."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.estimator.model import Picture
from neuropose.estimator.models.blazepose.cropping import crop_rgb, crop_stored
from neuropose.video.stored_picture import StoredPicture

Seen = Picture | StoredPicture
"""A picture in RGB, or as it is stored: then only what the graphs look at becomes RGB."""
REGION_SCALE = 1.25
"""Side of the region over the diameter of the circle round the body."""
_MARGIN_PX = 4.0  # for the interpolation at the edge of the region


@dataclass(frozen=True, slots=True)
class Region:
    """A rotated square in the picture.

    Parameters
    ----------
    x_px, y_px : float
        Centre (picture corners at 0, pixel centres at halves).
    side_px : float
        Side length.
    angle_rad : float
        Rotation, clockwise on the screen; 0 for an upright person.
    """

    x_px: float
    y_px: float
    side_px: float
    angle_rad: float

    @classmethod
    def from_alignment(cls, centre: NDArray[np.floating], circle: NDArray[np.floating]) -> Region:
        """Region of a body from its mid-hip and a point on the circle round it.

        Parameters
        ----------
        centre : ndarray, shape (2,)
            Mid-hip, px.
        circle : ndarray, shape (2,)
            Point on the circle round the whole body, above the head of an upright person, px.

        Returns
        -------
        Region
            Rotated so that `centre` to `circle` points up.
        """
        dx, dy = float(circle[0] - centre[0]), float(circle[1] - centre[1])
        return cls(
            x_px=float(centre[0]),
            y_px=float(centre[1]),
            side_px=max(2.0 * REGION_SCALE * math.hypot(dx, dy), 1.0),
            angle_rad=math.atan2(dx, -dy),
        )

    @property
    def rotation(self) -> NDArray[np.float64]:
        """Rotation from region axes to picture axes, shape (2, 2)."""
        cos, sin = math.cos(self.angle_rad), math.sin(self.angle_rad)
        return np.array([[cos, -sin], [sin, cos]])

    def to_picture(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Map points of the region to the picture.

        Parameters
        ----------
        points : ndarray, shape (..., 2)
            0 to 1 across the region, from its top left corner.

        Returns
        -------
        ndarray, shape (..., 2)
            px in the picture.
        """
        centred = (points - 0.5) * self.side_px
        moved: NDArray[np.float64] = centred @ self.rotation.T + np.array([self.x_px, self.y_px])
        return moved

    def crop(self, picture: Seen, size_px: int) -> Picture:
        """Cut the region out, upright.

        Parameters
        ----------
        picture : ndarray of uint8, shape (H, W, 3), or StoredPicture
            RGB.
        size_px : int
            Side of the cut-out.

        Returns
        -------
        ndarray of uint8, shape (size_px, size_px, 3)
            Bilinear; beyond the picture its edge is repeated.
        """
        scale = self.side_px / size_px
        linear = self.rotation * scale
        # Cropping counts from pixel centres, regions from corners.
        shift = linear @ np.full(2, 0.5 - size_px / 2.0) + (self.x_px - 0.5, self.y_px - 0.5)
        matrix = np.column_stack([linear, shift])
        if isinstance(picture, StoredPicture):
            height, width, _ = picture.shape
            if (tables := picture.tables) is not None:
                return crop_stored(picture.planes, (height, width), tables, matrix, size_px)
            picture = picture.rgb(*self._window((height, width)))
        return crop_rgb(picture, matrix, size_px)

    def _window(self, shape: tuple[int, ...]) -> tuple[slice, slice]:
        """Return rows and columns of all pixels that a cut-out depends on."""
        reach_px = self.side_px / 2.0 * float(np.abs(self.rotation).sum(axis=1).max()) + _MARGIN_PX
        rows, columns = (
            slice(
                min(max(math.floor(centre - reach_px), 0), side - 1),
                max(min(math.ceil(centre + reach_px), side), 1),
            )
            for centre, side in zip((self.y_px, self.x_px), shape, strict=False)
        )
        return rows, columns
