"""A camera: from points to its picture, and back."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from neuropose.data import Camera, Lens

SKEWED = ((800.0, 3.0, 310.0), (0.0, 790.0, 250.0), (0.0, 0.0, 1.0))
CAMERAS = {
    "straight": Camera(intrinsic_matrix=SKEWED, source="given"),
    "pinhole": Camera(
        intrinsic_matrix=SKEWED, distortion=(-0.3, 0.1, 1e-3, -2e-3, 0.0), source="given"
    ),
    "fisheye": Camera(
        intrinsic_matrix=SKEWED, distortion=(0.1, 0.0, 0.0, 0.0), lens="fisheye", source="given"
    ),
}


@pytest.fixture(params=CAMERAS, name="camera")
def any_camera(request: pytest.FixtureRequest) -> Camera:
    return CAMERAS[request.param]


def points() -> np.ndarray:
    x, y = np.meshgrid(np.linspace(-1500.0, 1500.0, 7), np.linspace(-900.0, 900.0, 5))
    return np.stack([x, y, np.full(x.shape, 4000.0) + x / 5.0], axis=-1)


def test_rays_are_the_inverse_of_the_projection(camera: Camera) -> None:
    rays = camera.rays(camera.project(points()))
    np.testing.assert_allclose(rays, points()[..., :2] / points()[..., 2:], atol=1e-9)


def test_undistorted_points_are_those_of_a_straight_camera(camera: Camera) -> None:
    np.testing.assert_allclose(
        camera.undistort(camera.project(points())), CAMERAS["straight"].project(points()), atol=1e-6
    )


def test_what_is_not_in_front_is_not_seen(camera: Camera) -> None:
    unseen = np.array([[0.0, 0.0, -1.0], [0.0, 0.0, 0.0], [np.nan, 0.0, 1.0]])
    assert np.isnan(camera.project(unseen)).any(axis=1).all()


def test_a_fisheye_has_four_coefficients() -> None:
    for distortion in ((), (0.1,) * 5):
        with pytest.raises(ValidationError, match="4 coefficients"):
            Camera(intrinsic_matrix=SKEWED, distortion=distortion, lens="fisheye", source="given")


def test_only_a_lens_that_bends_is_distorted() -> None:
    assert [CAMERAS[name].is_distorted for name in CAMERAS] == [False, True, True]
    zeros = Camera(intrinsic_matrix=SKEWED, distortion=(0.0,) * 4, source="given")
    assert not zeros.is_distorted
    assert zeros.lens is Lens.PINHOLE
