"""A camera: from points in front of it to its picture, and back."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import FiniteFloat, PositiveFloat, model_validator

from neuropose.data.cameras.lenses import distort, undistort
from neuropose.data.metadata import Contract, Source
from neuropose.errors import CameraError

Vector = tuple[FiniteFloat, FiniteFloat, FiniteFloat]
Matrix = tuple[Vector, Vector, Vector]
_LEAST_TANGENT = 1e-9  # below it, the focal length is not a finite number


class CameraSource(StrEnum):
    """Where the intrinsics come from."""

    GIVEN = "given"
    FOV = "fov"


class Lens(StrEnum):
    """How a lens bends what it sees, in OpenCV's models."""

    PINHOLE = "pinhole"
    """``cv2.projectPoints``: 0, 4, 5, 8, 12 or 14 coefficients."""
    FISHEYE = "fisheye"
    """``cv2.fisheye``: 4 coefficients."""


class Camera(Contract):
    """Pinhole or fisheye camera with OpenCV distortion.

    Parameters
    ----------
    intrinsic_matrix : 3 × 3 tuple of float
        ``[[fx, skew, cx], [0, fy, cy], [0, 0, 1]]`` in px of the displayed (rotated) picture.
    distortion : tuple of float
        OpenCV's distortion coefficients (k1, k2, p1, p2, k3, …; k1 to k4 of a fisheye), empty for
        none.
    lens : Lens
        The model that they belong to.
    source : CameraSource
        ``given`` by the caller, or computed from a field of view (``fov``).
    fov_degrees : float or None
        The field of view along the larger picture side if `source` is ``fov``.
    fov_source : Source or None
        Whether that field of view was ``given`` by the caller or ``assumed``; None if `source` is
        ``given`` or if this was not recorded (older files).
    """

    intrinsic_matrix: Matrix
    distortion: tuple[FiniteFloat, ...] = ()
    lens: Lens = Lens.PINHOLE
    source: CameraSource
    fov_degrees: PositiveFloat | None = None
    fov_source: Source | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        (fx, _, _), (_, fy, _), last = self.intrinsic_matrix
        if fx <= 0 or fy <= 0 or last != (0.0, 0.0, 1.0):
            raise ValueError(
                "intrinsic_matrix must be [[fx, s, cx], [0, fy, cy], [0, 0, 1]], fx, fy > 0"
            )
        count = len(self.distortion)
        if self.lens is Lens.FISHEYE and count != 4:
            raise ValueError("distortion of a fisheye must have 4 coefficients (OpenCV)")
        if count not in (0, 4, 5, 8, 12, 14):
            raise ValueError("distortion must have 0, 4, 5, 8, 12 or 14 coefficients (OpenCV)")
        if self.fov_source not in (None, Source.GIVEN, Source.ASSUMED):
            raise ValueError("fov_source must be given or assumed")
        if self.fov_source is not None and self.source is not CameraSource.FOV:
            raise ValueError("only a camera made from a field of view has fov_source")
        return self

    @property
    def matrix(self) -> NDArray[np.float64]:
        """Intrinsic matrix as an array, shape (3, 3), px."""
        return np.array(self.intrinsic_matrix)

    def rays(self, points_px: NDArray[np.floating]) -> NDArray[np.float64]:
        """Undistort points of the picture to the plane one unit in front of the camera.

        Parameters
        ----------
        points_px : ndarray, shape (…, 2)
            Points in the displayed picture. NaN: missing.

        Returns
        -------
        ndarray, shape (…, 2)
            ``x / z, y / z`` in the camera frame. NaN where a point is missing.

        Examples
        --------
        >>> Camera.from_fov(200, 200, 90.0).rays(np.array([[200.0, 100.0]]))
        array([[1., 0.]])
        """
        (fx, skew, cx), (_, fy, cy), _ = self.intrinsic_matrix
        y = (points_px[..., 1] - cy) / fy
        seen = np.stack([(points_px[..., 0] - cx - skew * y) / fx, y], axis=-1)
        if not self.is_distorted:
            return np.asarray(seen)
        return undistort(seen, self.distortion, fisheye=self.lens is Lens.FISHEYE)

    def project(self, points_mm: NDArray[np.floating]) -> NDArray[np.float64]:
        """Project points in front of the camera into the picture; the inverse of `rays`.

        Parameters
        ----------
        points_mm : ndarray, shape (…, 3)
            Points in the camera frame: x right, y down, z forward. NaN: missing.

        Returns
        -------
        ndarray, shape (…, 2)
            Px of the displayed picture. NaN where a point is missing, not in front of the camera,
            or so far to the side that the model of the lens does not reach it.

        Examples
        --------
        >>> Camera.from_fov(200, 200, 90.0).project(np.array([[1.0, 0.0, 1.0], [0.0, 0.0, -1.0]]))
        array([[200., 100.],
               [ nan,  nan]])
        """
        points = np.asarray(points_mm, np.float64)
        depth = points[..., 2:]
        rays = points[..., :2] / np.where(depth > 0.0, depth, np.nan)
        if self.is_distorted:
            rays = distort(rays, self.distortion, fisheye=self.lens is Lens.FISHEYE)
        return np.asarray(rays @ self.matrix[:2, :2].T + self.matrix[:2, 2])

    @property
    def is_distorted(self) -> bool:
        """Whether straight lines are bent in the picture."""
        return self.lens is Lens.FISHEYE or any(self.distortion)

    def undistort(self, points_px: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return where points would be if the lens bent nothing.

        Parameters
        ----------
        points_px : ndarray, shape (…, 2)
            Points in the displayed picture. NaN: missing.

        Returns
        -------
        ndarray, shape (…, 2)
            Px, with the same intrinsic matrix. NaN where a point is missing.

        Examples
        --------
        >>> Camera.from_fov(200, 200, 90.0).undistort(np.array([[200.0, 100.0]]))
        array([[200., 100.]])
        """
        return np.asarray(self.rays(points_px) @ self.matrix[:2, :2].T + self.matrix[:2, 2])

    @classmethod
    def from_fov(
        cls, width: int, height: int, fov_degrees: float, *, fov_source: Source = Source.GIVEN
    ) -> Self:
        """Make a camera with square pixels and its centre in the middle of the picture.

        Parameters
        ----------
        width, height : int
            Picture size in px.
        fov_degrees : float
            Field of view along the larger side, between 0 and 180 exclusive.
        fov_source : Source
            ``given``, or ``assumed`` if nothing is known about the camera.

        Returns
        -------
        Camera
            With `source` ``fov``.

        Raises
        ------
        CameraError
            If the field of view is not between 0 and 180 degrees.

        Examples
        --------
        >>> Camera.from_fov(1920, 1080, 90.0).intrinsic_matrix[0]
        (960.0, 0.0, 960.0)
        """
        possible = 0.0 < fov_degrees < 180.0
        half_tangent = float(np.tan(np.radians(fov_degrees) / 2.0)) if possible else 0.0
        if half_tangent < _LEAST_TANGENT:
            raise CameraError(
                f"no camera has a field of view of {fov_degrees:g} degrees",
                hint="phones have about 55 to 70 degrees along the larger picture side",
            )
        focal_px = round(max(width, height) / 2.0 / half_tangent, 6)
        return cls(
            intrinsic_matrix=(
                (focal_px, 0.0, width / 2.0),
                (0.0, focal_px, height / 2.0),
                (0.0, 0.0, 1.0),
            ),
            source=CameraSource.FOV,
            fov_degrees=fov_degrees,
            fov_source=fov_source,
        )
