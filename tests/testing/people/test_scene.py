"""Projection, and what a perfect model would find."""

from __future__ import annotations

import numpy as np
import pytest

from neuropose.data import Camera, CameraSource
from neuropose.testing import detect, project
from neuropose.testing.people.synthetic import synthetic_poses_mm

CAMERA = Camera.from_fov(640, 480, 55.0)


def test_projection_is_that_of_a_pinhole() -> None:
    points = np.array([[[100.0, -200.0, 1000.0], [0.0, 0.0, 500.0]]])
    homogeneous = points @ CAMERA.matrix.T
    assert project(points, CAMERA) == pytest.approx(homogeneous[..., :2] / homogeneous[..., 2:])


def test_the_lens_distorts() -> None:
    barrel = Camera(
        intrinsic_matrix=CAMERA.intrinsic_matrix,
        distortion=(-0.2, 0.0, 0.0, 0.0),
        source=CameraSource.GIVEN,
    )
    point = np.array([300.0, 0.0, 1000.0])
    focal, centre = CAMERA.intrinsic_matrix[0][0], CAMERA.intrinsic_matrix[0][2]
    assert project(point, barrel)[0] == pytest.approx(centre + focal * 0.3 * (1 - 0.2 * 0.09))


def test_what_is_behind_the_camera_or_missing_is_not_seen() -> None:
    points = np.array([[0.0, 0.0, -1.0], [0.0, 0.0, 0.0], [np.nan, 0.0, 1.0], [0.0, 0.0, 1.0]])
    assert np.isnan(project(points, CAMERA)).any(axis=1).tolist() == [True, True, True, False]
    assert project(np.empty((0, 33, 3)), CAMERA).shape == (0, 33, 2)


def test_detections_enclose_the_joints() -> None:
    [poses_mm] = synthetic_poses_mm(np.zeros(1), people=2)
    found = detect(poses_mm, CAMERA, confidence=0.7)
    assert found.boxes.dtype == found.poses3d.dtype == found.poses2d.dtype == np.float32
    corner, end = found.boxes[:, :2], found.boxes[:, :2] + found.boxes[:, 2:4]
    assert found.poses2d.min(axis=1) == pytest.approx(corner)
    assert found.poses2d.max(axis=1) == pytest.approx(end)
    assert (found.confidence == np.float32(0.7)).all()
    assert detect(np.empty((0, 33, 3)), CAMERA).boxes.shape == (0, 5)


def test_missing_joints_stay_missing() -> None:
    [poses_mm] = synthetic_poses_mm(np.zeros(1))
    poses_mm[0, 5] = np.nan
    found = detect(poses_mm, CAMERA)
    assert np.isnan(found.poses2d[0, 5]).all()
    assert np.isfinite(found.boxes).all()
