"""From known poses to the detections of a perfect model."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from neuropose.data import Camera
from neuropose.estimator.model import Detections


def project(points_mm: NDArray[np.floating], camera: Camera) -> NDArray[np.float64]:
    """Project points into the picture, lens distortion included.

    Parameters
    ----------
    points_mm : ndarray, shape (…, 3)
        Camera frame (x right, y down, z forward).
    camera : Camera
        Intrinsics.

    Returns
    -------
    ndarray, shape (…, 2)
        Points in px. NaN for points behind the camera, and for missing ones.

    Examples
    --------
    >>> project(np.array([0.0, 0.0, 1000.0]), Camera.from_fov(640, 480, 55.0))
    array([320., 240.])
    """
    points = np.asarray(points_mm, np.float64).reshape(-1, 1, 3)
    if not len(points):
        return np.empty((*points_mm.shape[:-1], 2))
    pixels, _ = cv2.projectPoints(
        points, np.zeros(3), np.zeros(3), camera.matrix, np.array(camera.distortion)
    )
    pixels[~(points[..., 2] > 0)] = np.nan
    return np.asarray(pixels, np.float64).reshape(*points_mm.shape[:-1], 2)


def detect(
    poses_mm: NDArray[np.floating], camera: Camera, *, confidence: float = 0.9
) -> Detections:
    """Return what a perfect model would detect of these people.

    Parameters
    ----------
    poses_mm : ndarray, shape (P, J, 3)
        Camera frame, mm. NaN: missing.
    camera : Camera
        Intrinsics.
    confidence : float
        Confidence of every box and joint, 0 to 1.

    Returns
    -------
    Detections
        The boxes enclose the joints.

    Examples
    --------
    >>> camera = Camera.from_fov(640, 480, 55.0)
    >>> detect(np.full((1, 33, 3), 1000.0), camera).poses2d.shape
    (1, 33, 2)
    """
    poses2d = project(poses_mm, camera)
    corner = np.nanmin(poses2d, axis=1)
    size = np.nanmax(poses2d, axis=1) - corner
    boxes = np.concatenate([corner, size, np.full((len(corner), 1), confidence)], axis=1)
    return Detections(
        boxes=boxes.astype(np.float32),
        poses3d=poses_mm.astype(np.float32),
        poses2d=poses2d.astype(np.float32),
        confidence=np.full(poses_mm.shape[:2], confidence, np.float32),
    )
