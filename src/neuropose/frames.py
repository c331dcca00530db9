"""Named coordinate frames and the rotations between them.

Poses are stored in the camera frame: x right, y down, z forward, millimetres, origin at the
optical centre. The other frames are what other programs expect of the same points.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class CoordinateFrame(StrEnum):
    """A right-handed frame fixed to the camera."""

    CAMERA = "camera"
    """x right, y down, z forward (OpenCV, MeTRAbs)."""
    CAMERA_Y_UP = "camera_y_up"
    """x right, y up, z backward (OpenGL, most viewers)."""
    CAMERA_Z_UP = "camera_z_up"
    """x right, y forward, z up (Blender, ROS-like worlds seen from the camera)."""


_FROM_CAMERA: dict[CoordinateFrame, NDArray[np.float64]] = {
    CoordinateFrame.CAMERA: np.eye(3),
    CoordinateFrame.CAMERA_Y_UP: np.diag([1.0, -1.0, -1.0]),
    CoordinateFrame.CAMERA_Z_UP: np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]),
}


def rotation(source: CoordinateFrame, target: CoordinateFrame) -> NDArray[np.float64]:
    """Rotation matrix from one named frame to another.

    Parameters
    ----------
    source, target : CoordinateFrame
        The frame that the points are in, and the one they are wanted in.

    Returns
    -------
    ndarray, shape (3, 3)
        `R` such that ``points @ R.T`` are the points in `target`. Determinant +1.

    Examples
    --------
    >>> down = np.array([0.0, 1.0, 0.0])
    >>> rotation(CoordinateFrame.CAMERA, CoordinateFrame.CAMERA_Z_UP) @ down
    array([ 0.,  0., -1.])
    """
    return _FROM_CAMERA[target] @ _FROM_CAMERA[source].T
