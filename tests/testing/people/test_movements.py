"""The synthetic movements are what they say, and bodies hold together in them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from neuropose.analyzer import PoseSequence
from neuropose.skeletons import CANONICAL_JOINTS
from neuropose.testing import (
    MovementTrial,
    TimedUpAndGoPlan,
    simulate_reach,
    simulate_sit_to_stand,
    simulate_sway,
    simulate_taps,
    simulate_timed_up_and_go,
    simulate_walk,
    swing_arms,
)
from neuropose.testing.people.linkage import middle_joint

MOVEMENTS: dict[str, Callable[[], MovementTrial]] = {
    "reach": lambda: simulate_reach(trunk_mm=80.0, back=True),
    "sit_to_stand": lambda: simulate_sit_to_stand(3),
    "taps": lambda: simulate_taps([120.0, 90.0, 60.0]),
    "sway": simulate_sway,
    "timed_up_and_go": simulate_timed_up_and_go,
    "arms": lambda: swing_arms(simulate_walk()),
}
BONES = [
    ("pelvis", "neck"),
    *(
        (f"{side}_{one}", f"{side}_{other}")
        for side in ("left", "right")
        for one, other in (
            ("hip", "knee"),
            ("knee", "ankle"),
            ("ankle", "heel"),
            ("heel", "toe"),
            ("shoulder", "elbow"),
            ("elbow", "wrist"),
        )
    ),
]


def speed_mm_s(sequence: PoseSequence, joint: str) -> np.ndarray:
    return np.linalg.norm(np.gradient(sequence.joint(joint), sequence.time_s, axis=0), axis=1)


@pytest.mark.parametrize("name", MOVEMENTS)
def test_bones_keep_their_length(name: str) -> None:
    sequence = MOVEMENTS[name]().sequence
    assert set(sequence.joints) >= set(CANONICAL_JOINTS)
    for one, other in BONES:
        length = np.linalg.norm(sequence.joint(one) - sequence.joint(other), axis=1)
        assert np.ptp(length) < 1e-6, (one, other)


@pytest.mark.parametrize("name", MOVEMENTS)
def test_left_is_left(name: str) -> None:
    sequence = MOVEMENTS[name]().sequence
    left, right, neck, pelvis = sequence.require("left_hip", "right_hip", "neck", "pelvis")
    forward = np.cross(neck - pelvis, right - left)
    nose = sequence.joint("nose") - sequence.joint("head")
    assert ((forward * nose).sum(axis=1) > 0.0).all()


def test_a_reach_has_the_peak_speed_of_minimum_jerk() -> None:
    trial = simulate_reach(distance_mm=300.0, duration_s=0.9, fps=1000.0)
    speed = speed_mm_s(trial.sequence, "right_wrist")
    assert speed.max() == pytest.approx(1.875 * 300.0 / 0.9, rel=1e-4)
    moving = trial.sequence.time_s[speed > 0.02 * speed.max()]
    assert moving[-1] - moving[0] == pytest.approx(trial.truth["movement_time_s"], abs=2e-3)
    assert moving[0] == pytest.approx(trial.truth["onset_s"], abs=2e-3)
    assert np.ptp(trial.sequence.joint("left_wrist"), axis=0).max() == 0.0


def test_a_rise_passes_100_mm_s_when_it_says() -> None:
    trial = simulate_sit_to_stand(2, fps=1000.0)
    up = np.gradient(trial.sequence.joint("pelvis")[:, 1], trial.sequence.time_s)
    fast = trial.sequence.time_s[up > 100.0]
    first = fast[fast < fast[0] + 2.0]
    assert first[0] == pytest.approx(trial.truth["start_s"], abs=2e-3)
    assert np.ptp(first) == pytest.approx(trial.truth["rise_time_s"], abs=3e-3)
    assert fast[-1] - first[-1] == pytest.approx(trial.truth["period_s"], abs=3e-3)
    neck, pelvis = (trial.sequence.joint(name) for name in ("neck", "pelvis"))
    lean = np.degrees(np.arctan2((neck - pelvis)[:, 0], (neck - pelvis)[:, 1]))
    at = np.searchsorted(trial.sequence.time_s, trial.truth["start_s"])
    assert lean[at] == pytest.approx(trial.truth["lean_deg"], abs=0.1)


def test_taps_are_as_high_as_asked_for() -> None:
    trial = simulate_taps([100.0, 80.0, 60.0, 40.0, 30.0, 20.0], periods_s=0.6, fps=1000.0)
    height = trial.sequence.joint("right_heel")[:, 1]
    assert height.max() == pytest.approx(100.0, abs=1e-3)
    assert trial.truth["amplitude_mm_early"] == 90.0
    assert trial.truth["amplitude_mm_late"] == 25.0
    assert np.gradient(height, trial.sequence.time_s).max() == pytest.approx(937.5, rel=1e-3)


def test_sway_covers_its_ellipse() -> None:
    trial = simulate_sway(fps=120.0)
    floor = trial.sequence.joint("pelvis")[:-1, [0, 2]]
    covariance = np.cov(floor.T)
    area = np.pi * 5.991464547 * np.sqrt(np.linalg.det(covariance))
    assert area == pytest.approx(trial.truth["ellipse_mm2"], rel=1e-3)
    path = np.linalg.norm(np.diff(trial.sequence.joint("pelvis"), axis=0), axis=1).sum()
    assert path == pytest.approx(trial.truth["path_mm"], rel=1e-3)


def test_a_timed_up_and_go_turns_twice_and_comes_back() -> None:
    plan = TimedUpAndGoPlan(fps=100.0, pelvis_swing_deg=0.0)
    trial = simulate_timed_up_and_go(plan)
    sequence = trial.sequence
    hips = sequence.joint("right_hip") - sequence.joint("left_hip")
    heading = np.degrees(np.unwrap(np.arctan2(hips[:, 0], hips[:, 2])))
    assert heading[0] == pytest.approx(0.0, abs=1e-9)
    assert heading[-1] == pytest.approx(360.0, abs=1e-6)
    turning = np.gradient(heading, sequence.time_s)
    assert turning.max() == pytest.approx(trial.truth["peak_turn_deg_s"], rel=1e-3)
    pelvis = sequence.joint("pelvis")
    assert pelvis[:, 0].max() == pytest.approx(3150.0, abs=100.0)
    assert np.abs(pelvis[-1] - pelvis[0])[[0, 1]].max() < 1e-6


def test_feet_stand_still_between_their_steps() -> None:
    plan = TimedUpAndGoPlan()
    sequence = simulate_timed_up_and_go(plan).sequence
    for side in ("left", "right"):
        moving = speed_mm_s(sequence, f"{side}_heel") > 50.0
        swings = np.flatnonzero(np.diff(moving.astype(int)) == 1)
        contacts = [at for each, at in plan.contacts_s() if each == side]
        assert len(swings) >= len(contacts) - 2
        for at in contacts:
            stance = (sequence.time_s > at + 0.05) & (sequence.time_s < at + 0.6)
            assert not moving[stance].any()


def test_arms_swing_by_their_angles() -> None:
    trial = swing_arms(simulate_walk(), left_deg=25.0, right_deg=10.0)
    for side in ("left", "right"):
        arm = trial.sequence.joint(f"{side}_wrist") - trial.sequence.joint(f"{side}_shoulder")
        angle = np.degrees(np.arctan2(arm[:, 0], -arm[:, 1]))
        assert np.ptp(angle) == pytest.approx(trial.truth[f"angle_deg_{side}"], abs=0.05)
        assert np.ptp(arm[:, 0]) == pytest.approx(trial.truth[f"length_mm_{side}"], abs=0.5)


def test_noise_is_added_to_all() -> None:
    trial = simulate_sway(duration_s=20.0)
    noise = trial.with_noise(5.0).sequence.positions_mm - trial.sequence.positions_mm
    assert noise.std() == pytest.approx(5.0, rel=0.02)


def test_what_cannot_be_reached() -> None:
    with pytest.raises(ValueError, match="cannot join points"):
        middle_joint(np.zeros((1, 3)), np.array([[0.0, 20.0, 0.0]]), 5.0, 5.0, [1.0, 0.0, 0.0])
