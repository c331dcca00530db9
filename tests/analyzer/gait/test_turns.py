"""Turns: found, measured, and not seen where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analyzer.gait import walks

from neuropose.analyzer.gait import GaitSettings, analyze_gait
from neuropose.analyzer.gait.strides import BESIDE_TURN, TURNING
from neuropose.analyzer.gait.turns import Turn, find_turns, turning

TIME_S = np.arange(0.0, 10.0, 0.02)


def ramp(angle_deg: float, start_s: float, length_s: float) -> np.ndarray:
    return angle_deg * np.clip((TIME_S - start_s) / length_s, 0.0, 1.0)


def turns(turned_deg: np.ndarray) -> tuple[Turn, ...]:
    return find_turns(TIME_S, turned_deg, GaitSettings())


@pytest.mark.parametrize("angle_deg", [180.0, -180.0, 90.0, -50.0])
def test_a_turn_is_measured(angle_deg: float) -> None:
    [turn] = turns(ramp(angle_deg, 4.0, 1.5))
    assert turn.start_s == pytest.approx(4.0, abs=0.03)
    assert turn.end_s == pytest.approx(5.5, abs=0.03)
    assert turn.angle_deg == pytest.approx(angle_deg, rel=0.02)
    assert turn.peak_rate_deg_s == pytest.approx(angle_deg / 1.5, rel=0.01)


@pytest.mark.parametrize(
    "turned_deg",
    [
        ramp(40.0, 4.0, 1.0),  # too little
        ramp(90.0, 1.0, 8.0),  # too slow: a curved path
        10.0 * np.sin(2.0 * np.pi * TIME_S),  # the pelvis swings
        np.full_like(TIME_S, np.nan),
    ],
)
def test_no_turn(turned_deg: np.ndarray) -> None:
    assert turns(turned_deg) == ()


def test_a_turn_may_pause_but_not_for_long() -> None:
    assert len(turns(ramp(90.0, 3.0, 1.0) + ramp(90.0, 4.2, 1.0))) == 1
    assert len(turns(ramp(90.0, 3.0, 1.0) + ramp(90.0, 5.0, 1.0))) == 2


def test_too_short_for_anything() -> None:
    assert find_turns(TIME_S[:2], np.zeros(2), GaitSettings()) == ()


def test_strides_in_part_within_a_turn_count_as_turning() -> None:
    turn = Turn(2.0, 3.0, 90.0, 90.0)
    starts, ends = [0.0, 1.0, 2.2, 2.9, 3.0], [1.0, 2.1, 2.8, 4.0, 4.0]
    assert turning(starts, ends, [turn]).tolist() == [False, True, True, True, False]
    assert turning([], [], [turn]).tolist() == []


class TestWalk:
    """Five metres, half a circle of half a metre, and five metres back."""

    WALK = walks.bent(walks.sequence(duration_s=16.0), 0.0, 180.0, 500.0)

    def test_it_has_one_turn(self) -> None:
        [turn] = analyze_gait(self.WALK).turns
        assert turn.angle_deg == pytest.approx(180.0, abs=5.0)

    def test_its_strides_and_their_neighbours_are_counted_and_left_out(self) -> None:
        analysis = analyze_gait(self.WALK)
        [turn] = analysis.turns
        for side in ("left", "right"):
            strides = analysis.chosen(side, straight=False)
            reasons = [stride.excluded for stride in strides]
            inside = [s.start_s < turn.end_s and s.end_s > turn.start_s for s in strides]
            assert [reason == TURNING for reason in reasons] == inside
            first, last = reasons.index(TURNING), len(reasons) - 1 - reasons[::-1].index(TURNING)
            assert reasons[first - 1] == reasons[last + 1] == BESIDE_TURN
            assert reasons[: first - 1] == [None] * (first - 1)

    def test_the_straight_strides_are_those_of_a_straight_walk(self) -> None:
        analysis = analyze_gait(self.WALK)
        parameters = walks.trial(duration_s=16.0).parameters
        assert len(analysis.values("stride_length")) >= 8
        for name, expected in (
            ("stride_length", parameters.stride_length_mm),
            ("step_length", parameters.step_length_mm("left")),
            ("step_width", parameters.step_width_mm),
            ("walking_speed", parameters.speed_m_s),
        ):
            assert analysis.values(name) == pytest.approx(expected, rel=0.02), name
