"""Walks with a turn: its strides are told from those that go straight."""

from __future__ import annotations

import pytest
from tests.analyzer.tasks.gait import walks

from neuropose.analyzer.tasks.gait import analyze_gait
from neuropose.analyzer.tasks.gait.strides import BESIDE_TURN, TURNING


class TestWalk:
    """Five metres, half a circle of half a metre, and five metres back."""

    WALK = walks.bent(walks.sequence(duration_s=16.0), 0.0, 180.0, 500.0)

    def test_it_has_one_turn(self) -> None:
        [turn] = analyze_gait(self.WALK).turns
        assert turn.angle_deg == pytest.approx(180.0, abs=5.0)

    def test_its_strides_are_left_out_and_the_straight_ones_beside_it_stay(self) -> None:
        analysis = analyze_gait(self.WALK)
        [turn] = analysis.turns
        for side in ("left", "right"):
            strides = analysis.chosen(side, straight=False)
            reasons = [stride.excluded for stride in strides]
            share = [
                (min(s.end_s, turn.end_s) - max(s.start_s, turn.start_s)) / (s.end_s - s.start_s)
                for s in strides
            ]
            assert [reason == TURNING for reason in reasons] == [part > 0.2 for part in share]
            first, last = reasons.index(TURNING), len(reasons) - 1 - reasons[::-1].index(TURNING)
            assert reasons[:first] == [None] * first
            assert BESIDE_TURN in strides[first - 1].flags
            assert BESIDE_TURN in strides[last + 1].flags

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
