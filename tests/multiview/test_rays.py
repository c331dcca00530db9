from __future__ import annotations

import numpy as np
import pytest
from tests.multiview.known_room import room

from neuropose.multiview.rays import LEAST_ANGLE_DEG, centre, meet

POINTS = np.random.default_rng(3).uniform([-1500, 0, -800], [1500, 1800, 800], (200, 3))


def seen(rig, points):
    cameras = rig.cameras
    return (
        np.stack([camera.camera.rays(camera.project(points)) for camera in cameras]),
        np.stack([camera.rotation_matrix for camera in cameras]),
        np.stack([camera.translation for camera in cameras]),
    )


@pytest.mark.parametrize("count", [2, 3, 4])
def test_rays_meet_where_they_come_from(count):
    rays, rotation, translation = seen(room(count=count), POINTS)
    met = meet(rays, np.full(rays.shape[:2], 20.0), rotation, translation)
    assert np.abs(met.points_mm - POINTS).max() < 1e-3
    assert met.weight.min() > 0.999


def test_covariances_are_those_of_least_squares():
    rays, rotation, translation = seen(room(), POINTS[:5])
    met = meet(rays, np.full(rays.shape[:2], 20.0), rotation, translation)
    towards = POINTS[:5] - centre(rotation, translation)[:, None]
    towards /= np.linalg.norm(towards, axis=2, keepdims=True)
    across = np.eye(3) - towards[..., :, None] * towards[..., None, :]
    expected = np.linalg.inv(across.sum(axis=0) / 20.0**2)
    assert met.covariance_mm2 == pytest.approx(expected, rel=1e-4)


def test_parallel_rays_and_single_ones_determine_nothing():
    rotation = np.stack([np.eye(3), np.eye(3)])
    near, far = np.tan(np.radians([0.3 * LEAST_ANGLE_DEG, 3.0 * LEAST_ANGLE_DEG]))
    rays = np.array([[[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]], [[-near, 0], [-far, 0], [np.nan, 0]]])
    translation = np.array([[0.0, 0.0, 0.0], [-500.0, 0.0, 0.0]])
    met = meet(rays, np.full((2, 3), 20.0), rotation, translation)
    assert np.isnan(met.points_mm[[0, 2]]).all()
    assert met.points_mm[1] == pytest.approx([0.0, 0.0, 500.0 / far], abs=1e-6)


def test_what_would_be_behind_a_camera_is_nothing():
    rotation = np.stack([np.eye(3), np.eye(3)])
    translation = np.array([[0.0, 0.0, 0.0], [-500.0, 0.0, 0.0]])
    rays = np.array([[[0.0, 0.0]], [[0.3, 0.0]]])  # they diverge
    met = meet(rays, np.full((2, 1), 20.0), rotation, translation)
    assert np.isnan(met.points_mm).all()
