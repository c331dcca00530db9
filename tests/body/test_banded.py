"""The banded system, against dense matrices."""

from __future__ import annotations

import numpy as np
import pytest

from neuropose.body.banded import Factor, smoothness


def _dense(time_s: np.ndarray, density: np.ndarray, breaks: np.ndarray | None = None) -> np.ndarray:
    smooth = smoothness(time_s, density, breaks)
    size = smooth.own.size
    return np.stack(
        [smooth.gradient(row.reshape(smooth.own.shape)).ravel() for row in np.eye(size)]
    )


def test_constant_speed_costs_nothing_at_any_times() -> None:
    time_s = np.cumsum(np.random.default_rng(1).uniform(0.01, 0.1, 30))
    smooth = smoothness(time_s, np.ones(2))
    line = np.stack([3.0 + 2.0 * time_s, -time_s], axis=1)
    assert np.abs(smooth.gradient(line)).max() < 1e-6 * smooth.own.max()


def test_the_cost_is_the_integral_of_the_squared_acceleration() -> None:
    time_s = np.linspace(0.0, 2.0, 401)
    values = np.sin(3.0 * time_s)[:, None]
    cost = float((values * smoothness(time_s, np.ones(1)).gradient(values)).sum())
    exact = 81.0 * (1.0 - np.sin(12.0) / 12.0)
    assert cost == pytest.approx(exact, rel=0.01)


def test_breaks_let_frames_apart() -> None:
    time_s = np.arange(10) / 10.0
    breaks = np.zeros(9, np.bool_)
    breaks[4] = True
    matrix = _dense(time_s, np.ones(1), breaks)
    assert np.abs(matrix[:5, 5:]).max() == 0.0


def test_solutions_are_those_of_the_dense_matrix() -> None:
    random = np.random.default_rng(2)
    time_s = np.cumsum(random.uniform(0.02, 0.05, 12))
    density = np.array([1.0, 20.0, 400.0])
    roots = random.normal(size=(12, 5, 3))
    blocks = np.swapaxes(roots, 1, 2) @ roots
    dense = _dense(time_s, density)
    for frame, block in enumerate(blocks):
        rows = slice(3 * frame, 3 * frame + 3)
        dense[rows, rows] += block
    right = random.normal(size=(12, 3, 4))
    found = Factor(blocks, smoothness(time_s, density)).solve(right)
    expected = np.linalg.solve(dense, right.reshape(36, 4)).reshape(right.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9)


def test_noise_has_the_matrix_as_its_covariance() -> None:
    time_s = np.array([0.0, 0.1, 0.25, 0.3, 0.5])
    smooth = smoothness(time_s, np.array([0.01]))
    directions = np.eye(3)[:, None, :]
    root = smooth.noise(directions)[:, 0]
    np.testing.assert_allclose(root @ root.T, _dense(time_s, np.array([0.01])), rtol=1e-9)
