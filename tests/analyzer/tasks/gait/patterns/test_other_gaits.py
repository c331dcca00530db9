"""What is not level walking forwards is refused by name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.analyzer.tasks.gait import walks

from neuropose.analyzer import PoseSequence, VerticalMethod
from neuropose.analyzer.tasks.gait import analyze_gait, gait_report
from neuropose.analyzer.tasks.gait.patterns.other_gaits import (
    BACKWARDS,
    LIKE_STAIRS,
    RUNNING,
    STAIRS,
    other_gait,
)
from neuropose.testing import WalkerParameters, WalkerTrial, simulate_walk, walker_sequence


@pytest.mark.parametrize("rise_mm", [170.0, -170.0])
def test_stairs(rise_mm: float) -> None:
    analysis = analyze_gait(walks.stairs(rise_mm))
    assert STAIRS in analysis.warnings
    assert not analysis.chosen()
    assert STAIRS in gait_report(analysis).measures["stride_time"].reason


@pytest.mark.parametrize("rise_mm", [170.0, -170.0])
def test_stairs_where_nothing_says_which_way_is_up(rise_mm: float) -> None:
    """The plane of the steps is taken for the floor: speeds would be those along the slope."""
    climbing = walks.stairs(rise_mm, speed_m_s=0.6, cadence_steps_min=100.0)
    analysis = analyze_gait(walks.changed(climbing, climbing.positions_mm, up=None))
    assert analysis.walk.prepared.vertical.method is VerticalMethod.TRUNK_AND_FEET
    assert LIKE_STAIRS in analysis.warnings
    assert not analysis.chosen()


def test_who_is_bent_forwards_is_not_on_stairs() -> None:
    walk = walks.sequence(duration_s=10.0)
    positions = walk.positions_mm.copy()
    above_mm = positions[..., 1] - walk.joint("pelvis")[:, None, 1]
    positions[..., 0] += np.where(above_mm > 100.0, 0.4 * above_mm, 0.0)
    analysis = analyze_gait(walks.changed(walk, positions, up=None))
    assert LIKE_STAIRS not in analysis.warnings
    assert analysis.chosen()


def test_a_ramp_is_no_staircase() -> None:
    analysis = analyze_gait(walks.stairs(50.0))
    assert not any(each in analysis.warnings for each in (STAIRS, RUNNING, BACKWARDS))
    assert analysis.chosen()


@pytest.mark.parametrize(
    "trial", [walks.trial(duration_s=10.0), walks.trial(duration_s=10.0).on_treadmill()]
)
def test_backwards(trial: WalkerTrial) -> None:
    """The film of a walk, from its end to its beginning."""
    walk = walker_sequence(trial)
    analysis = analyze_gait(walks.changed(walk, walk.positions_mm[::-1].copy()))
    assert BACKWARDS in analysis.warnings
    assert not analysis.chosen()


@pytest.mark.parametrize("share", [0.25, 0.4, 0.8, 1.0])
def test_who_walks_back_keeps_the_strides_forwards(share: float) -> None:
    """Forwards, and then some of the way back with the face to where it began."""
    walk = walks.sequence(duration_s=12.0)
    back = walk.positions_mm[::-1][1 : round(share * len(walk))]
    positions = np.concatenate([walk.positions_mm, back])
    time_s = np.arange(len(positions)) / walk.sampling_rate_hz
    there, both = (
        gait_report(analyze_gait(PoseSequence.from_arrays(each_s, each_mm, walk.joints)))
        for each_s, each_mm in ((walk.time_s, walk.positions_mm), (time_s, positions))
    )
    for name in ("walking_speed", "step_length", "stride_time", "stance"):
        expected, found = there.measures[name], both.measures[name]
        assert found.value == pytest.approx(expected.value, rel=0.01), name
        assert found.n >= expected.n - 2
    assert any("walking backwards" in each for each in both.warnings)


@pytest.mark.parametrize(("speed_m_s", "stance_percent"), [(2.2, 40.0), (3.0, 35.0)])
def test_a_runner_whose_events_are_known(speed_m_s: float, stance_percent: float) -> None:
    """The walker with shorter stances, as no walk may have: both feet are off the floor."""
    how = WalkerParameters(speed_m_s=speed_m_s / 2.0, duration_s=8.0, fps=60.0).model_dump()
    how |= {"speed_m_s": speed_m_s, "stance_percent": stance_percent, "cadence_steps_min": 165.0}
    runner = simulate_walk(WalkerParameters.model_construct(**how))
    analysis = analyze_gait(walker_sequence(runner))
    assert RUNNING in analysis.warnings
    assert not analysis.chosen()
    for kind in walks.KINDS:
        inner = walks.errors_ms(analysis.events, runner, kind)
        assert np.median(np.abs(inner)) < 1000.0 / 60.0
        assert np.percentile(np.abs(inner), 80) < 1000.0 / 60.0  # but at the ends


def test_running() -> None:
    analysis = analyze_gait(walks.sequence(duration_s=10.0))
    assert analysis.walk is not None
    strides = analysis.strides
    assert other_gait(analysis.walk.feet, analysis.events, strides) is None
    flying = [replace(s, values={**s.values, "stance": 40.0}) for s in strides]
    assert other_gait(analysis.walk.feet, analysis.events, flying) == RUNNING
    assert other_gait(analysis.walk.feet, analysis.events, flying[:2]) is None
