"""Stretches to look at again: a leg that trembles, steps that become short and fast."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.analyzer.tasks.gait import walks

from neuropose.analyzer import PoseSequence, analyze_gait, gait_report
from neuropose.testing import WalkerParameters, simulate_walk, walker_sequence

LONG = {"duration_s": 40.0, "fps": 100.0}


def trembling(amplitude_mm: float) -> PoseSequence:
    """A walk whose left foot trembles at 6 Hz from 15 to 25 s."""
    walk = walks.sequence(**LONG)
    positions = walk.positions_mm.copy()
    inside = (walk.time_s > 15.0) & (walk.time_s < 25.0)
    shaking = amplitude_mm * np.sin(2.0 * np.pi * 6.0 * walk.time_s) * inside
    for joint in ("left_ankle", "left_heel", "left_toe"):
        positions[:, walk.joints.index(joint), 1] += shaking
    return walks.changed(walk, positions)


def hurrying() -> PoseSequence:
    """Ordinary steps, then steps of half the length in 70 % of the time, then ordinary ones."""
    ordinary, hurried = (100.0, 1.1, 12.0), (145.0, 0.75, 4.966)
    parts = [
        simulate_walk(
            WalkerParameters(
                cadence_steps_min=cadence, speed_m_s=speed, duration_s=duration_s, fps=100.0
            )
        )
        for cadence, speed, duration_s in (ordinary, hurried, ordinary)
    ]
    positions, end_mm = [], 0.0
    for part in parts:
        pelvis = part.positions_mm[:, :, 0].mean(axis=1)
        moved = part.positions_mm.copy()
        moved[:, :, 0] += end_mm - pelvis[0]
        end_mm += pelvis[-1] - pelvis[0]
        positions.append(moved)
    joined = np.concatenate(positions)
    time_s = np.arange(len(joined)) / 100.0
    return walker_sequence(replace(parts[0], time_s=time_s, positions_mm=joined))


def test_trembling_is_told_where_it_is() -> None:
    report = gait_report(analyze_gait(trembling(12.0)))
    table = report.tables["to_review"]
    assert set(table.column("kind")) == {"freezing"}
    assert table.column("start").min() > 10.0
    assert table.column("end").max() < 30.0
    assert "left" in table.rows[0][-1]
    assert any("no diagnosis" in warning for warning in report.warnings)


def test_short_and_fast_steps_are_told_where_they_are() -> None:
    analysis = analyze_gait(hurrying())
    [stretch] = [each for each in analysis.to_review if each.kind == "festination"]
    assert 11.0 < stretch.start_s < 14.0
    assert 15.0 < stretch.end_s < 18.0


@pytest.mark.parametrize("noise_mm", [0.0, 1.0, 10.0])
def test_an_ordinary_walk_has_none(noise_mm: float) -> None:
    walk = walker_sequence(walks.trial(**LONG).with_noise(noise_mm))
    analysis = analyze_gait(walk)
    assert analysis.to_review == ()
    assert "to_review" not in gait_report(analysis).tables


def test_standing_still_is_no_trembling() -> None:
    time_s = np.arange(4000) / 100.0
    pace = 1.0 - np.clip(np.minimum(time_s - 14.0, 26.0 - time_s), 0.0, 1.0)  # a second to stop
    walk = simulate_walk(WalkerParameters(**LONG), times_s=np.cumsum(pace) / 100.0)
    still = walker_sequence(replace(walk, time_s=time_s).with_noise(0.2))
    analysis = analyze_gait(still)
    assert [each for each in analysis.to_review if each.kind == "freezing"] == []
