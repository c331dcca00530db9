"""Position of the camera relative to the walker."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat


class CameraView(BaseModel):
    """A camera beside a walker's path; level, it faces the vertical through the path's middle.

    Parameters
    ----------
    distance_mm : float
        Distance from the camera to the middle of the path, along the floor.
    height_mm : float
        Height of the camera above the floor.
    tilt_deg : float
        Tilt of the camera; looking down positive, 0 = level.
    roll_deg : float
        Clockwise turn of the camera about its line of sight.
    heading_deg : float
        Walking direction as seen from above: 0 towards the right of the picture, 90 away from the
        camera, 180 towards the left, 270 towards the camera.

    Examples
    --------
    >>> CameraView(distance_mm=3000, height_mm=1000).from_world(np.array([0.0, 1000.0, 0.0]))
    array([   0.,    0., 3000.])
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    distance_mm: PositiveFloat = 4000.0
    height_mm: float = 1000.0
    tilt_deg: float = Field(default=0.0, gt=-90.0, lt=90.0)
    roll_deg: float = 0.0
    heading_deg: float = 0.0

    @property
    def rotation(self) -> NDArray[np.float64]:
        """Rotation from the walker's axes (forward, up, right) to the camera's, shape (3, 3)."""
        heading = np.radians(self.heading_deg)
        level = np.array(
            [
                [np.cos(heading), 0.0, np.sin(heading)],
                [0.0, -1.0, 0.0],
                [np.sin(heading), 0.0, -np.cos(heading)],
            ]
        )
        return np.asarray(self._aim @ level)

    def from_world(self, points_mm: NDArray[np.floating]) -> NDArray[np.float64]:
        """Transform points from the walker's frame into the camera's.

        Parameters
        ----------
        points_mm : ndarray, shape (…, 3)
            X along the walking direction, Y up from the floor, Z to the walker's right; the middle
            of the path is the origin.

        Returns
        -------
        ndarray, shape (…, 3)
            Points in mm; x right, y down, z forward.
        """
        origin = np.array([0.0, self.height_mm, self.distance_mm])
        return np.asarray(points_mm @ self.rotation.T + self._aim @ origin)

    @property
    def _aim(self) -> NDArray[np.float64]:
        """Rotation from the axes of a level camera to those of the tilted one."""
        roll, tilt = np.radians(self.roll_deg), np.radians(self.tilt_deg)
        return np.asarray(_about_z(-roll) @ _about_x(tilt))


def _about_x(angle_rad: float) -> NDArray[np.float64]:
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[1.0, 0.0, 0.0], [0.0, cos, -sin], [0.0, sin, cos]])


def _about_z(angle_rad: float) -> NDArray[np.float64]:
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
