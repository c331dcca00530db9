"""Several cameras in one world: places, directions, clocks, and what is no rig."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.spatial.transform import Rotation
from tests.rigs import POINTS, make_rig, rig_camera

from neuropose.data import Clock
from neuropose.errors import MultiviewError


def test_where_a_camera_is_and_looks() -> None:
    side = make_rig()["side"]
    np.testing.assert_allclose(side.centre_mm, [0.0, -5000.0, 1200.0], atol=1e-9)
    np.testing.assert_allclose(side.axis, [0.0, 1.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(make_rig().heights_mm(), 1200.0)
    np.testing.assert_allclose(make_rig().centres_mm()[0], side.centre_mm)
    assert np.isnan(make_rig(up=None, floor_mm=None).heights_mm()).all()


def test_a_world_point_lies_on_the_ray_to_its_picture() -> None:
    for camera in make_rig().cameras:
        directions = camera.directions(camera.project(POINTS))
        away = POINTS - camera.centre_mm
        np.testing.assert_allclose(
            directions, away / np.linalg.norm(away, axis=-1, keepdims=True), atol=1e-9
        )
        np.testing.assert_allclose(camera.to_world(camera.to_camera(POINTS)), POINTS, atol=1e-9)


def test_what_is_behind_or_missing_is_not_projected() -> None:
    side = make_rig()["side"]
    unseen = np.array([[0.0, -9000.0, 0.0], [np.nan, 0.0, 0.0]])
    assert np.isnan(side.project(unseen)).all()


def test_clocks_go_there_and_back() -> None:
    clock = Clock(offset_s=2.5, drift=2e-4, offset_error_s=0.002)
    times = np.array([0.0, 60.0, np.nan])
    np.testing.assert_allclose(clock.shared_time_s(times), [2.5, 62.512, np.nan])
    np.testing.assert_allclose(clock.video_time_s(clock.shared_time_s(times)), times)
    with pytest.raises(ValidationError):
        Clock(drift=-1.0)


def test_a_size_that_is_only_assumed_is_that_of_the_video() -> None:
    # Twice the centre, in a file that states no size.
    side = rig_camera("side", 90.0, width=1304, height=706, size_source="assumed")
    assert side.camera_at(1280, 720) is side.camera
    with pytest.raises(MultiviewError, match=r"640 × 360 pixels.*about 1304 × 706") as caught:
        side.camera_at(640, 360)
    assert "state the size" in str(caught.value.hint)
    stated = rig_camera("side", 90.0, width=1280, height=720)
    assert stated.camera_at(640, 360).matrix[0, 0] == stated.camera.matrix[0, 0] / 2


def test_an_unknown_camera_is_answered_with_those_that_exist() -> None:
    with pytest.raises(KeyError, match=r"no camera 'back'; there are side, front"):
        make_rig()["back"]


def mirrored() -> list[list[float]]:
    return np.diag([1.0, 1.0, -1.0]).tolist()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rotation": mirrored()}, "mirrored"),
        ({"rotation": (2.0 * np.eye(3)).tolist()}, "orthonormal"),
        ({"name": ""}, "at least 1 character"),
        ({"width": 0}, "greater than 0"),
        ({"translation_mm": (0.0, 0.0, float("nan"))}, "finite"),
    ],
)
def test_what_is_no_camera_of_a_rig(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        rig_camera("side", 90.0, **change)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cameras": ()}, "at least 1 item"),
        ({"cameras": (rig_camera("side", 0.0), rig_camera("side", 9.0))}, "two cameras are called"),
        ({"up": (0.0, 0.0, 2.0)}, "unit length"),
        ({"up": None}, "floor_mm needs up"),
        ({"schema_version": 2}, "schema_version"),
    ],
)
def test_what_is_no_rig(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        make_rig(**change)


def test_any_rotation_is_accepted_to_rounding() -> None:
    rotation = Rotation.from_rotvec([0.3, -1.2, 2.0]).as_matrix().round(8)
    assert rig_camera("side", 0.0, rotation=rotation.tolist()).rotation_matrix.shape == (3, 3)
