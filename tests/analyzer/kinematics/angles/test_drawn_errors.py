"""Standard errors of angles from draws, against angles whose errors are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neuropose.analyzer import PoseSequence, joint_angle, joint_angles
from neuropose.analyzer.kinematics.angles.drawn_errors import root_mean_square
from neuropose.sequence import PositionError
from neuropose.sequence.position_error import LEVELLED_DEG
from neuropose.testing import (
    CameraView,
    WalkerParameters,
    reconstructed,
    simulate_walk,
    walker_sequence,
)

TRIAL = simulate_walk(WalkerParameters(duration_s=4.0, fps=30))
NAMES = ("left_hip_flexion", "right_knee_flexion", "left_ankle_dorsiflexion", "trunk_lean_forward")
DEEP = PositionError(along_mm=40.0, across_mm=6.0, hidden_along_mm=40.0, hidden_across_mm=6.0)


def seen(heading_deg: float = 0.0) -> PoseSequence:
    """The exact walk in the axes of a camera, its vertical known."""
    view = CameraView(heading_deg=heading_deg)
    return replace(walker_sequence(TRIAL, view), up=-view.rotation[:, 1] * [0, -1, 0])


def test_the_truth_is_within_the_intervals_as_often_as_it_should_be() -> None:
    exact = seen()
    truth = joint_angles(exact, NAMES)
    within = []
    for seed in range(12):
        walk = reconstructed(exact, 8.0, seed=seed, correlation_s=0.1)
        found = replace(PoseSequence.from_reconstruction(walk), up_error_deg=None)  # it is exact
        angles = joint_angles(found, NAMES)
        for name in NAMES:
            errors_deg = angles[name].errors_deg
            assert errors_deg is not None
            off_deg = angles[name].values_deg - truth[name].values_deg
            within.append(np.abs(off_deg) < 1.96 * errors_deg)
    assert 0.92 <= np.mean(within) <= 0.97


def test_the_error_changes_from_frame_to_frame_as_that_of_the_joints() -> None:
    walk = reconstructed(seen(), 5.0)
    draws_mm = walk.position_draws_mm.copy()
    draws_mm[:, 60:] *= 4.0
    sequence = PoseSequence.from_reconstruction(
        walk.model_copy(update={"position_draws_mm": draws_mm})
    )
    knee = joint_angles(sequence, ["left_knee_flexion"])["left_knee_flexion"]
    assert knee.errors_deg is not None
    before, after = (
        np.sqrt(np.mean(knee.errors_deg[rows] ** 2)) for rows in (np.s_[:60], np.s_[60:])
    )
    assert 2.5 < after / before < 5.0
    assert knee.error_deg == pytest.approx(np.sqrt(np.mean(knee.errors_deg**2)))


def test_from_the_front_a_knee_is_known_worse_than_from_the_side() -> None:
    errors_deg = {}
    for view, heading_deg in (("side", 0.0), ("front", 270.0)):
        sequence = PoseSequence.from_reconstruction(reconstructed(seen(heading_deg), DEEP))
        knee = joint_angles(sequence, ["right_knee_flexion"])["right_knee_flexion"]
        errors_deg[view] = knee.error_deg
    assert errors_deg["front"] > 1.7 * errors_deg["side"]


def test_the_tilt_of_an_estimated_vertical_counts() -> None:
    exact = replace(seen(), up=[0.0, -1.0, 0.0])
    leans = []
    for error_deg in (0.0, LEVELLED_DEG, 4.0):
        stated = None if error_deg == LEVELLED_DEG else error_deg
        walk = PoseSequence.from_reconstruction(reconstructed(exact, 2.0, up_error_deg=stated))
        leans.append(joint_angles(walk, ["trunk_lean_forward"])["trunk_lean_forward"].error_deg)
    assert leans[0] < 0.5
    assert leans[1:] == pytest.approx([LEVELLED_DEG, 4.0], rel=0.35)


def test_an_angle_between_any_three_joints_has_its_error_too() -> None:
    sequence = PoseSequence.from_reconstruction(reconstructed(seen(), 8.0))
    three = joint_angle(sequence, "left_hip", "left_knee", "left_ankle")
    knee = joint_angles(sequence, ["left_knee_flexion"])["left_knee_flexion"]
    assert three.errors_deg is not None
    assert three.error_deg == pytest.approx(knee.error_deg, rel=0.3)


def test_frames_in_which_the_angle_is_missing_have_no_error() -> None:
    walk = reconstructed(seen(), 5.0)
    positions_mm, draws_mm = walk.positions_mm.copy(), walk.position_draws_mm.copy()
    positions_mm[10:20], draws_mm[:, 10:20] = np.nan, np.nan
    values = {"positions_mm": positions_mm, "position_draws_mm": draws_mm}
    sequence = PoseSequence.from_reconstruction(walk.model_copy(update=values))
    knee = joint_angles(sequence, ["left_knee_flexion"])["left_knee_flexion"]
    assert knee.errors_deg is not None
    assert np.flatnonzero(np.isnan(knee.errors_deg)).tolist() == list(range(10, 20))
    assert np.isfinite(knee.error_deg)
    assert np.isnan(root_mean_square(np.full(3, np.nan)))


def test_without_draws_only_the_usual_error_is_known() -> None:
    knee = joint_angles(seen(), ["left_knee_flexion"])["left_knee_flexion"]
    assert knee.errors_deg is None
    assert knee.error_deg > 0.0
    exact = PoseSequence.from_reconstruction(reconstructed(seen(), 5.0)).drawn(0)
    assert joint_angles(exact, ["left_knee_flexion"])["left_knee_flexion"].error_deg == 0.0
