"""Noise of feet, and recordings that were smoothed before they were stored."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analyzer.tasks.gait import walks

from neuropose.analyzer.tasks.gait import analyze_gait
from neuropose.analyzer.tasks.gait.foot_noise import (
    bandwidth_hz,
    residual_noise_mm,
    white_noise_mm,
)
from neuropose.filters import low_pass
from neuropose.testing import walker_sequence

UP = np.array([0.0, 1.0, 0.0])


def test_without_noise_there_is_none() -> None:
    walk = walks.sequence()
    forward = np.tile([1.0, 0.0, 0.0], (len(walk), 1))
    assert residual_noise_mm(walk, walk, forward, 6.0) == 0.0
    assert residual_noise_mm(walk, walk, forward, 0.0) == 0.0
    nothing = walks.changed(walk, np.full_like(walk.positions_mm, np.nan))
    assert residual_noise_mm(nothing, nothing, forward, 6.0) == 0.0


@pytest.mark.parametrize("noise_mm", [1.0, 5.0, 15.0])
@pytest.mark.parametrize("fps", [60.0, 120.0])
def test_white_noise_is_told(noise_mm: float, fps: float) -> None:
    noisy = walker_sequence(walks.trial(fps=fps).with_noise(noise_mm))
    assert white_noise_mm(noisy, UP) == pytest.approx(noise_mm, rel=0.15)
    gap = noisy.positions_mm.copy()
    gap[20:40] = np.nan
    assert white_noise_mm(noisy.with_positions(gap), UP) == pytest.approx(noise_mm, rel=0.2)
    assert white_noise_mm(noisy.with_positions(np.full_like(gap, np.nan)), UP) == 0.0


def test_markers_that_were_smoothed_are_told_by_their_bandwidth() -> None:
    walk = walks.sequence(fps=120.0)
    smooth = low_pass(walk.positions_mm, rate_hz=120.0, cutoff_hz=6.0).values
    assert bandwidth_hz(walk, UP) > 20.0
    assert bandwidth_hz(walk.with_positions(smooth), UP) < 14.0
    assert bandwidth_hz(walk.slice(0.0, 0.5), UP) == float("inf")
    assert bandwidth_hz(walk.with_positions(np.full_like(smooth, np.nan)), UP) == float("inf")


def test_contacts_of_smoothed_markers_are_less_certain_and_foot_offs_are_not() -> None:
    walk = walks.sequence(fps=120.0)
    smooth = low_pass(walk.positions_mm, rate_hz=120.0, cutoff_hz=6.0).values
    errors_s = [
        {each.kind: each.systematic_s for each in analyze_gait(seen).events}
        for seen in (walk, walk.with_positions(smooth))
    ]
    assert errors_s[1]["initial_contact"] > 1.2 * errors_s[0]["initial_contact"]
    assert errors_s[1]["foot_off"] == errors_s[0]["foot_off"]
