"""A pause is not averaged with strides."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analyzer.tasks.gait import walks

from neuropose.analyzer import PoseSequence
from neuropose.analyzer.tasks.gait import analyze_gait, gait_report
from neuropose.analyzer.tasks.gait.patterns.standstill import STANDS_STILL
from neuropose.data import Report


def paused(at_s: tuple[float, ...], pause_s: float, duration_s: float) -> Report:
    """The walker, who halts as they are at some moments."""
    walk = walks.sequence(duration_s=duration_s)
    rate_hz = walk.sampling_rate_hz
    rows = np.arange(len(walk))
    halts = np.repeat(np.array(at_s) * rate_hz, round(pause_s * rate_hz)).astype(int)
    positions = walk.positions_mm[np.sort(np.concatenate([rows, halts]))]
    time_s = np.arange(len(positions)) / rate_hz
    return gait_report(analyze_gait(PoseSequence.from_arrays(time_s, positions, walk.joints)))


@pytest.mark.parametrize("at_s", [(2.0,), (1.5, 3.0)])
def test_strides_with_a_pause_are_left_out(at_s: tuple[float, ...]) -> None:
    whole, found = paused((), 0.0, 5.0), paused(at_s, 3.0, 5.0)
    for name in ("stride_time", "cadence", "walking_speed", "stance"):
        assert found.measures[name].value == pytest.approx(whole.measures[name].value, rel=0.03)
    assert any(STANDS_STILL in warning for warning in found.warnings)


def test_halts_are_told_beside_the_numbers_and_shown() -> None:
    """Who freezes stands still: the mean of the other strides alone would hide it."""
    found = paused((1.5, 3.0), 3.0, 5.0)
    halts = found.tables["to_review"]
    assert list(halts.column("kind")) == ["halt", "halt"]
    assert halts.column("start") == pytest.approx([1.5, 6.0], abs=0.2)
    assert halts.column("end") == pytest.approx([4.5, 9.0], abs=0.2)
    for name in ("stride_time", "step_time", "cadence", "walking_speed"):
        warning = found.measures[name].warnings[0]
        assert warning.startswith("without 4 of ")
    assert not any("without" in each for each in found.measures["stance"].warnings)
    assert "to_review" not in paused((), 0.0, 5.0).tables


def test_a_short_halt_is_part_of_the_walk() -> None:
    assert not any(STANDS_STILL in warning for warning in paused((2.0,), 0.5, 5.0).warnings)


def test_who_halts_in_every_stride_walks_like_that() -> None:
    found = paused(tuple(np.arange(0.2, 6.0, 0.54)), 1.5, 6.0)
    assert not any(STANDS_STILL in warning for warning in found.warnings)
    assert found.measures["stride_time"].value > 2.0
