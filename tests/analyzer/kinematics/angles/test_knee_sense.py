"""Whether a knee bends forwards: in quick turns, with exchanged hips, without feet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.analyzer.kinematics.angles.mannequin import Limbs, Mannequin

from neuropose.analyzer import PoseSequence, joint_angles
from neuropose.analyzer.kinematics.angles.knee_sense import _continued
from neuropose.testing import simulate_walk, walker_sequence

TRIAL = simulate_walk().on_treadmill()
SIDES = ("left", "right")
FEET = tuple(f"{side}_{joint}" for side in SIDES for joint in ("heel", "toe"))


def turning(turn_s: float, by_deg: float = 180.0) -> PoseSequence:
    """Somebody who turns about while they walk."""
    sequence = walker_sequence(TRIAL)
    share = np.clip((sequence.time_s - 5.0) / turn_s, 0.0, 1.0)
    angle = np.radians(by_deg) * (share - np.sin(2.0 * np.pi * share) / (2.0 * np.pi))
    middle = np.nanmean(sequence.joint("pelvis"), axis=0)
    cos, sin, zero = np.cos(angle), np.sin(angle), np.zeros_like(angle)
    rows = [[cos, zero, sin], [zero, zero + 1.0, zero], [-sin, zero, cos]]
    turn = np.moveaxis(np.array(rows), 2, 0)
    turned = np.einsum("tij,tkj->tki", turn, sequence.positions_mm - middle) + middle
    return sequence.with_positions(turned)


def without(sequence: PoseSequence, *names: str) -> PoseSequence:
    return sequence.select(*(name for name in sequence.joints if name not in names))


@pytest.mark.parametrize(("turn_s", "by_deg"), [(2.0, 180.0), (0.6, 180.0), (1.0, 270.0)])
def test_in_a_quick_turn_the_smoothed_heading_does_not_decide(turn_s: float, by_deg: float) -> None:
    sequence = turning(turn_s, by_deg)
    for side in SIDES:
        knee = joint_angles(sequence)[f"{side}_knee_flexion"]
        truth = TRIAL.side(side).knee_flexion_deg
        np.testing.assert_allclose(knee.values_deg, truth, atol=0.5)


def test_without_feet_a_turn_that_is_too_quick_is_doubted() -> None:
    sequence = without(turning(1.0, 270.0), *FEET)
    knees = [joint_angles(sequence)[f"{side}_knee_flexion"] for side in SIDES]
    wrong = [
        np.abs(knee.values_deg - TRIAL.side(side).knee_flexion_deg) > 20.0
        for side, knee in zip(SIDES, knees, strict=True)
    ]
    shares = [float(np.mean(each)) for each in wrong]
    assert max(shares) > 0.0
    for knee, share in zip(knees, shares, strict=True):
        assert knee.confidence <= 1.0 - share
        doubted = any("certain whether forwards or backwards" in each for each in knee.warnings)
        assert not share or doubted or knee.reason is not None or knee.error_deg > 15.0


def test_exchanged_hips_do_not_turn_the_knees_round() -> None:
    sequence = walker_sequence(TRIAL)
    positions_mm = sequence.positions_mm.copy()
    columns = [sequence.joints.index(f"{side}_hip") for side in SIDES]
    rows = np.s_[100:140]
    positions_mm[rows, columns[0]], positions_mm[rows, columns[1]] = (
        sequence.positions_mm[rows, columns[1]],
        sequence.positions_mm[rows, columns[0]],
    )
    for names in ((), FEET):
        swapped = without(sequence.with_positions(positions_mm), *names)
        knee = joint_angles(swapped)["left_knee_flexion"]
        assert knee.values_deg[100:140].min() > 0.0


def test_a_knee_that_bends_aside_is_doubted() -> None:
    standing = Mannequin(left=Limbs(knee_flexion=12.0)).sequence(landmarks=False)
    positions_mm = standing.positions_mm.copy()
    positions_mm[:, standing.joints.index("right_knee"), 2] += 60.0
    knees = joint_angles(standing.with_positions(positions_mm))
    assert knees["left_knee_flexion"].confidence > 0.95
    assert knees["left_knee_flexion"].warnings == ()
    assert knees["right_knee_flexion"].confidence == 0.0
    assert knees["right_knee_flexion"].warnings == (
        "bent by more than 10° in 4 of 4 frames in which it is uncertain whether forwards or "
        "backwards",
    )


def test_a_knee_that_truly_bends_backwards() -> None:
    back = Mannequin(left=Limbs(knee_flexion=-9.0)).sequence(landmarks=False)
    for names in ((), FEET):
        knee = joint_angles(without(back, *names))["left_knee_flexion"]
        assert knee.values_deg[0] == pytest.approx(-9.0, abs=1e-6)
        assert knee.confidence > 0.95


def test_a_bend_has_one_sense_until_the_knee_is_straight_again() -> None:
    """At the end of a turn the cues say backwards for some frames in the middle of a swing."""
    bend_deg = np.array([5.0, 20.0, 40.0, 40.0, 40.0, 20.0, 5.0, 15.0, 20.0, 15.0])
    cues = np.array([1.0, 1.0, 1.0, -0.44, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0])
    factor, decided, against = _continued(cues, bend_deg, bend_deg > 10.0)
    np.testing.assert_array_equal(factor, [1, 1, 1, 1, 1, 1, 1, -1, -1, -1])
    assert np.flatnonzero(against).tolist() == [3]
    assert np.flatnonzero(decided).tolist() == [1, 2, 3, 4, 5, 7, 8, 9]


def test_a_bend_without_a_common_sense_stays_as_it_is() -> None:
    cues = np.array([0.3, -0.2, 0.4, 0.1])
    factor, decided, _ = _continued(cues, np.full(4, 12.0), np.ones(4, dtype=bool))
    np.testing.assert_array_equal(factor, cues)
    assert not decided.any()


def test_missing_joints_stay_missing() -> None:
    sequence = walker_sequence(TRIAL)
    positions_mm = sequence.positions_mm.copy()
    positions_mm[50:60, sequence.joints.index("left_toe")] = np.nan
    positions_mm[70:80, sequence.joints.index("left_knee")] = np.nan
    values = joint_angles(replace(sequence, positions_mm=positions_mm))["left_knee_flexion"]
    assert np.flatnonzero(np.isnan(values.values_deg)).tolist() == list(range(70, 80))
