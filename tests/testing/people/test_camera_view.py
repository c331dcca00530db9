"""Where the walker appears to a camera."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from neuropose.testing import CameraView, simulate_walk

RIGHT, DOWN, AWAY = 0, 1, 2


@pytest.mark.parametrize(
    ("heading_deg", "axis", "sign"),
    [(0, RIGHT, 1), (90, AWAY, 1), (180, RIGHT, -1), (270, AWAY, -1)],
)
def test_heading_is_the_direction_of_walking(heading_deg: float, axis: int, sign: int) -> None:
    view = CameraView(distance_mm=8000.0, heading_deg=heading_deg)
    trial = simulate_walk()
    hips = trial.in_camera(view)[:, trial.skeleton.index("left_hip")]
    way = hips[-1] - hips[0]
    assert np.abs(way).argmax() == axis
    assert np.sign(way[axis]) == sign
    assert (trial.in_camera(view)[..., AWAY] > 0).all()


def test_the_left_side_is_away_from_the_camera_when_walking_to_the_right() -> None:
    trial = simulate_walk()
    joints = trial.in_camera(CameraView(heading_deg=0.0))
    left, right = (trial.skeleton.index(f"{side}_shoulder") for side in ("left", "right"))
    assert (joints[:, left, AWAY] > joints[:, right, AWAY]).all()


def test_heights_are_those_above_the_floor() -> None:
    view = CameraView(height_mm=1200.0)
    assert view.from_world(np.array([500.0, 1200.0, 300.0]))[DOWN] == pytest.approx(0.0)
    assert view.from_world(np.array([500.0, 0.0, 300.0]))[DOWN] == pytest.approx(1200.0)


def test_tilt_looks_down() -> None:
    down = CameraView(distance_mm=3000.0, height_mm=1000.0, tilt_deg=np.degrees(np.arctan2(1, 3)))
    foot = down.from_world(np.zeros(3))
    assert foot == pytest.approx([0.0, 0.0, np.hypot(1000.0, 3000.0)])
    up = CameraView(tilt_deg=-15.0)
    assert up.from_world(np.array([0.0, up.height_mm, 0.0]))[DOWN] > 0


def test_a_camera_rolled_clockwise_sees_the_world_turned_the_other_way() -> None:
    view = CameraView(roll_deg=10.0)
    above = view.from_world(np.array([0.0, view.height_mm + 100.0, 0.0]))
    assert above[RIGHT] == pytest.approx(-100.0 * np.sin(np.radians(10.0)))


@pytest.mark.parametrize("heading_deg", [0, 37, 135, 290])
@pytest.mark.parametrize("tilt_deg", [-15, 0, 15])
def test_the_view_is_rigid_and_not_mirrored(heading_deg: float, tilt_deg: float) -> None:
    view = CameraView(heading_deg=heading_deg, tilt_deg=tilt_deg, roll_deg=5.0)
    assert np.linalg.det(view.rotation) == pytest.approx(1.0)
    points = np.random.default_rng(0).normal(0.0, 1000.0, (2, 5, 3))
    seen = view.from_world(points)
    assert seen.shape == points.shape
    apart = np.linalg.norm(np.diff(points, axis=1), axis=-1)
    assert np.linalg.norm(np.diff(seen, axis=1), axis=-1) == pytest.approx(apart)


def test_impossible_views_are_refused() -> None:
    with pytest.raises(ValidationError):
        CameraView(distance_mm=0.0)
    with pytest.raises(ValidationError):
        CameraView(tilt_deg=90.0)
