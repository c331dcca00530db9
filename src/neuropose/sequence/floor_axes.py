"""Axes that stand on the floor, for a recording in any axes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.geometry import frame_of
from neuropose.sequence.data import ReferenceFrame

Array = NDArray[np.float64]


def floor_axes(frame: ReferenceFrame, up: Array) -> Array:
    """Return axes of which Y is vertical: X along the floor, Z to the right of X.

    Parameters
    ----------
    frame : ReferenceFrame
        What the axes of the recording are fixed to. Of a camera, X points away from it; of a
        laboratory, along its first axis that is not the vertical.
    up : ndarray, shape (3,)
        Unit vector away from the floor, in the axes of the recording.

    Returns
    -------
    ndarray, shape (3, 3)
        Columns are X, Y and Z in the axes of the recording: ``positions @ floor_axes(…)`` are
        positions in the new axes.

    Examples
    --------
    >>> floor_axes(ReferenceFrame.CAMERA, np.array([0.0, -1.0, 0.0])).T + 0.0
    array([[ 0.,  0.,  1.],
           [ 0., -1.,  0.],
           [ 1.,  0.,  0.]])
    """
    is_camera = frame is ReferenceFrame.CAMERA
    ahead = np.array([0.0, 0.0, 1.0]) if is_camera else np.eye(3)[int(np.argmin(np.abs(up)))]
    axes = frame_of(up, ahead, "yx")
    if not np.isfinite(axes).all():  # the camera looks straight down
        axes = frame_of(up, np.array([0.0, -1.0, 0.0]), "yx")
    return axes
