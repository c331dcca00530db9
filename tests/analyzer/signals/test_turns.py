"""Turns: found, measured, and not seen where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from neuropose.analyzer.signals.turns import Turn, TurnSettings, find_turns, turning

TIME_S = np.arange(0.0, 10.0, 0.02)


def ramp(angle_deg: float, start_s: float, length_s: float) -> np.ndarray:
    return angle_deg * np.clip((TIME_S - start_s) / length_s, 0.0, 1.0)


def turns(turned_deg: np.ndarray) -> tuple[Turn, ...]:
    return find_turns(TIME_S, turned_deg, TurnSettings())


@pytest.mark.parametrize("angle_deg", [180.0, -180.0, 90.0, -50.0])
def test_a_turn_is_measured(angle_deg: float) -> None:
    [turn] = turns(ramp(angle_deg, 4.0, 1.5))
    assert turn.start_s == pytest.approx(4.0, abs=0.03)
    assert turn.end_s == pytest.approx(5.5, abs=0.03)
    assert turn.angle_deg == pytest.approx(angle_deg, rel=0.02)
    assert turn.peak_deg_s == pytest.approx(abs(angle_deg) / 1.5, rel=0.01)


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
    assert find_turns(TIME_S[:2], np.zeros(2), TurnSettings()) == ()


def test_share_of_a_stride_within_a_turn() -> None:
    turn = Turn(2.0, 3.0, 2.0, 3.0, 90.0, 90.0)
    starts, ends = [0.0, 1.0, 2.2, 2.9, 3.0], [1.0, 2.1, 2.8, 4.0, 4.0]
    shares = turning(starts, ends, [turn])
    np.testing.assert_allclose(shares, [0.0, 0.1 / 1.1, 1.0, 0.1 / 1.1, 0.0])
    assert turning([], [], [turn]).tolist() == []


def test_a_turn_that_the_recording_cuts_off_has_no_start() -> None:
    turned_deg = ramp(180.0, -1.0, 3.0)
    [turn] = turns(turned_deg)
    assert np.isnan(turn.start_s)
    assert turn.first_s == TIME_S[0]
    assert turn.end_s == pytest.approx(2.0, abs=0.03)
    assert turning([0.0, 3.0], [1.0, 4.0], [turn]).tolist() == [1.0, 0.0]


def test_a_gap_ends_what_is_known_of_a_turn() -> None:
    turned_deg = np.where((TIME_S > 5.5) & (TIME_S < 6.5), np.nan, ramp(180.0, 4.0, 3.0))
    [turn] = turns(turned_deg)
    assert np.isnan(turn.end_s)
    assert turn.last_s == pytest.approx(5.5, abs=0.03)


def test_angle_and_speed_can_come_from_a_sharper_signal() -> None:
    [turn] = find_turns(
        TIME_S, ramp(180.0, 3.5, 2.0), TurnSettings(), sharper_deg=ramp(170.0, 4.0, 1.0)
    )
    assert (turn.end_s - turn.start_s, turn.angle_deg, turn.peak_deg_s) == pytest.approx(
        (2.0, 170.0, 170.0), rel=0.03
    )
