"""Signals of joints whose movement is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from neuropose.analyzer.signals.from_joints import angle, coordinate, distance, speed
from neuropose.errors import SignalError
from neuropose.testing import simulate_walk

RANDOM = np.random.default_rng(0).normal(0.0, 500.0, (20, 3, 3))


def test_coordinate_along_axes_of_any_length() -> None:
    points = RANDOM[:, 0]
    np.testing.assert_allclose(coordinate(points, [0.0, -2.0, 0.0]), -points[:, 1])
    axes = RANDOM[:, 1]
    expected = [point @ axis / np.linalg.norm(axis) for point, axis in zip(points, axes)]  # noqa: B905
    np.testing.assert_allclose(coordinate(points, axes), expected)
    np.testing.assert_allclose(coordinate(points, axes, points), 0.0, atol=1e-9)
    assert np.isnan(coordinate(points, [0.0, 0.0, 0.0])).all()


@settings(deadline=None)
@given(st.integers(0, 1000))
def test_distance_and_angle_are_the_same_from_every_side(seed: int) -> None:
    moved = RANDOM @ Rotation.random(rng=seed).as_matrix().T + [300.0, -20.0, 4000.0]
    a, b, c = (RANDOM[:, joint] for joint in range(3))
    d, e, f = (moved[:, joint] for joint in range(3))
    np.testing.assert_allclose(distance(d, e), distance(a, b), atol=1e-9)
    np.testing.assert_allclose(angle(d, e, f), angle(a, b, c), atol=1e-9)


@pytest.mark.parametrize("degrees", [0.0, 1e-6, 0.5, 30.0, 90.0, 150.0, 179.999999, 180.0])
def test_angles_are_exact_near_straight_too(degrees: float) -> None:
    turned = 90.0 * np.array([[np.cos(np.radians(degrees)), np.sin(np.radians(degrees)), 0.0]])
    found = angle([[250.0, 0.0, 0.0]], [[0.0, 0.0, 0.0]], turned)
    np.testing.assert_allclose(found, degrees, atol=1e-9)


def test_the_knee_of_the_walker() -> None:
    trial = simulate_walk()
    knee = angle(*(trial.joint(f"left_{joint}") for joint in ("hip", "knee", "ankle")))
    np.testing.assert_allclose(180.0 - knee, trial.left.knee_flexion_deg, atol=1e-6)


def test_speed_along_the_path() -> None:
    time_s = np.arange(400) / 200.0
    circle = np.stack([np.cos(3 * time_s), np.sin(3 * time_s), np.zeros(400)], axis=1) * 100.0
    np.testing.assert_allclose(speed(circle, 200.0)[1:-1], 300.0, rtol=1e-3)


def test_missing_stays_missing() -> None:
    gap = RANDOM.copy()
    gap[4, 1, 2] = np.nan
    a, b, c = (gap[:, joint] for joint in range(3))
    for signal in (coordinate(b, [0, 0, 1.0]), distance(a, b), angle(a, b, c), angle(b, a, c)):
        assert np.flatnonzero(np.isnan(signal)).tolist() == [4]
    assert np.flatnonzero(np.isnan(speed(b, 30.0))).tolist() == [0, 3, 4, 5, 19]
    assert np.isnan(angle(a, a, c)).all()


@pytest.mark.parametrize("points", [np.zeros(3), np.zeros((4, 2)), np.zeros((4, 33, 3))])
def test_refuses_other_shapes(points: np.ndarray) -> None:
    for call in (
        lambda: coordinate(points, [1.0, 0.0, 0.0]),
        lambda: distance(points, points),
        lambda: speed(points, 30.0),
        lambda: angle(points, points, points),
    ):
        with pytest.raises(SignalError, match="positions of shape"):
            call()
