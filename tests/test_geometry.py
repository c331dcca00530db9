"""Directions, angles and frames."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from neuropose.geometry import (
    AXIS_NAMES,
    angle_deg,
    direction,
    direction_name,
    frame_of,
    nearest_axis,
    perpendicular,
    smooth,
    unit,
)


@given(angle=st.floats(0.0, 180.0), seed=st.integers(0, 1000))
def test_angles_are_exact_from_straight_to_opposite(angle: float, seed: int) -> None:
    turn = Rotation.random(random_state=seed).as_matrix()
    one = np.array([3.0, 0.0, 0.0])
    other = 0.01 * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle)), 0.0])
    assert angle_deg(turn @ one, turn @ other) == pytest.approx(angle, abs=1e-7)


def test_no_direction_no_angle() -> None:
    assert np.isnan(angle_deg(np.zeros(3), np.ones(3)))
    assert np.isnan(unit(np.array([0.0, 0.9, 0.0]))).all()
    almost = np.array([1.0, 0.05, 0.0])
    assert np.isnan(perpendicular(almost, np.array([1.0, 0.0, 0.0]))).all()


@pytest.mark.parametrize("axes", ["xy", "yx", "yz", "zy", "zx", "xz"])
def test_frames_are_right_handed_and_keep_the_first_axis(axes: str) -> None:
    random = np.random.default_rng(0)
    first, second = random.normal(size=(2, 50, 3))
    frames = frame_of(first, second, axes)
    np.testing.assert_allclose(np.linalg.det(frames), 1.0)
    np.testing.assert_allclose(
        frames.transpose(0, 2, 1) @ frames, np.tile(np.eye(3), (50, 1, 1)), atol=1e-12
    )
    np.testing.assert_allclose(frames[..., "xyz".index(axes[0])], unit(first, least=0.0))
    along = np.sum(frames[..., "xyz".index(axes[1])] * second, axis=1)
    assert (along > 0.0).all()


class TestSmooth:
    def test_keeps_what_is_constant(self) -> None:
        values = np.full((40, 3), 7.0)
        values[10:20] = np.nan
        np.testing.assert_allclose(smooth(values, 15)[:10], 7.0)
        np.testing.assert_allclose(smooth(values, 30), 7.0)

    def test_is_symmetric(self) -> None:
        pulse = np.zeros(41)
        pulse[20] = 1.0
        smoothed = smooth(pulse, 11)
        np.testing.assert_allclose(smoothed, smoothed[::-1])
        assert smoothed[20] == smoothed.max()
        assert np.count_nonzero(smoothed) == 11

    def test_nothing_known_nothing_given(self) -> None:
        values = np.ones(30)
        values[5:25] = np.nan
        assert np.isnan(smooth(values, 5)[8:22]).all()

    def test_width_one_changes_nothing(self) -> None:
        values = np.random.default_rng(0).normal(size=(9, 3))
        np.testing.assert_allclose(smooth(values, 1), values)


@pytest.mark.parametrize("name", AXIS_NAMES)
def test_axes_by_name(name: str) -> None:
    assert direction(name).tolist() == list(AXIS_NAMES[name])
    assert direction_name(direction(name)) == name
    assert direction_name(nearest_axis(direction(name) + 0.3 * np.ones(3))) == name


def test_directions_as_people_write_them() -> None:
    assert direction(" +Z ").tolist() == direction("0,0,2").tolist() == [0.0, 0.0, 1.0]
    named = direction_name(direction([0.1, -0.9, -0.3]))
    np.testing.assert_allclose(direction(named), direction([0.1, -0.9, -0.3]), atol=0.01)
    for wrong in ("", "up", "w", "1,2", "0,0,0", "nan,0,1", [1.0, 2.0], [0.0, 0.0, np.inf]):
        with pytest.raises(ValueError, match="a direction is x, y, z"):
            direction(wrong)
