"""Angles of the synthetic walker against its truth, whatever the camera and the direction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose.analyzer import PoseSequence, joint_angles
from neuropose.skeletons import BLAZEPOSE_33
from neuropose.testing import CameraView, WalkerParameters, simulate_walk, walker_sequence
from neuropose.testing.people.walker import WalkerTrial

SIDES = ("left", "right")
TRUTH = {
    "hip_flexion": "hip_flexion_deg",
    "knee_flexion": "knee_flexion_deg",
    "ankle_dorsiflexion": "ankle_dorsiflexion_deg",
}
MIRROR = [BLAZEPOSE_33.index(BLAZEPOSE_33.mirror(joint)) for joint in BLAZEPOSE_33.joints]


def errors_deg(trial: WalkerTrial, sequence: PoseSequence) -> dict[str, np.ndarray]:
    angles = joint_angles(sequence)
    return {
        f"{side}_{name}": angles[f"{side}_{name}"].values_deg - getattr(trial.side(side), truth)
        for side in SIDES
        for name, truth in TRUTH.items()
    }


@pytest.mark.parametrize("speed_m_s", [0.4, 1.0, 1.6])
@pytest.mark.parametrize("asymmetry", [0.0, 30.0])
def test_are_exact_where_up_is_known(speed_m_s: float, asymmetry: float) -> None:
    trial = simulate_walk(
        WalkerParameters(speed_m_s=speed_m_s, step_length_asymmetry_percent=asymmetry)
    )
    for name, error in errors_deg(trial, walker_sequence(trial)).items():
        assert np.abs(error).max() < 1e-6, name


@given(
    heading_deg=st.floats(0.0, 360.0),
    tilt_deg=st.floats(-15.0, 15.0),
    roll_deg=st.floats(-5.0, 5.0),
    treadmill=st.booleans(),
)
@settings(max_examples=20, deadline=None)
def test_do_not_depend_on_the_camera_or_the_direction(
    heading_deg: float, tilt_deg: float, roll_deg: float, treadmill: bool
) -> None:
    trial = simulate_walk()
    view = CameraView(heading_deg=heading_deg, tilt_deg=tilt_deg, roll_deg=roll_deg)
    sequence = walker_sequence(trial.on_treadmill() if treadmill else trial, view)
    for name, error in errors_deg(trial, sequence).items():
        assert np.abs(error).max() < 0.01, name


def test_pelvis_and_trunk() -> None:
    trial = simulate_walk(WalkerParameters(pelvis_rotation_deg=8.0))
    angles = joint_angles(walker_sequence(trial, CameraView(heading_deg=200.0, tilt_deg=5.0)))
    across = trial.joint("right_hip") - trial.joint("left_hip")
    rotation_deg = np.degrees(np.arctan2(across[:, 0], across[:, 2]))
    assert np.ptp(rotation_deg) == pytest.approx(16.0, abs=0.1)
    np.testing.assert_allclose(angles["pelvis_rotation"].values_deg, rotation_deg, atol=0.01)
    for name in ("pelvis_obliquity", "trunk_lean_forward", "trunk_lean_right"):
        np.testing.assert_allclose(angles[name].values_deg, 0.0, atol=0.01)


def test_arms_swing_against_the_legs() -> None:
    angles = joint_angles(walker_sequence(simulate_walk()))
    for side, other in (SIDES, SIDES[::-1]):
        arm, leg = angles[f"{side}_shoulder_flexion"], angles[f"{other}_hip_flexion"]
        assert np.corrcoef(arm.values_deg, leg.values_deg)[0, 1] > 0.8
        assert arm.values_deg.max() == pytest.approx(20.0, abs=1.0)
        elbow = angles[f"{side}_elbow_flexion"].values_deg
        assert (elbow.min(), elbow.max()) == pytest.approx((15.0, 35.0), abs=0.5)


@pytest.mark.parametrize(("noise_mm", "most_deg"), [(2.0, 1.0), (5.0, 2.5), (20.0, 10.0)])
def test_noise_adds_no_offset(noise_mm: float, most_deg: float) -> None:
    trial = simulate_walk()
    noisy = walker_sequence(trial.with_noise(noise_mm), CameraView(heading_deg=30.0))
    for name, error in errors_deg(trial, noisy).items():
        assert np.sqrt(np.mean(error**2)) < most_deg, name
        if noise_mm < 20.0:
            assert abs(error.mean()) < 0.3, name


def test_a_model_that_exchanges_the_legs_is_found_out() -> None:
    trial = simulate_walk()
    positions_mm = trial.positions_mm.copy()
    positions_mm[120:200] = positions_mm[120:200][:, MIRROR]
    swapped = replace(trial, positions_mm=positions_mm)
    angles = joint_angles(walker_sequence(swapped, CameraView(heading_deg=10.0)))
    for side in SIDES:
        hip = angles[f"{side}_hip_flexion"]
        assert np.isnan(hip.values_deg[120:200]).all()
        assert hip.known_share == pytest.approx(280 / 360)
        assert "left out in 80 frames in which the pelvis faces backwards" in hip.warnings
        knee = angles[f"{side}_knee_flexion"].values_deg[120:200]
        assert knee.min() > 0.0  # the other knee's, but no hyperextension


def test_joints_that_are_missing_for_a_while() -> None:
    trial = simulate_walk()
    sequence = walker_sequence(trial)
    positions_mm = sequence.positions_mm.copy()
    positions_mm[50:60, sequence.joints.index("left_knee")] = np.nan
    angles = joint_angles(sequence.with_positions(positions_mm))
    for name in ("hip_flexion", "hip_abduction", "knee_flexion", "ankle_dorsiflexion"):
        missing = np.isnan(angles[f"left_{name}"].values_deg)
        assert np.flatnonzero(missing).tolist() == list(range(50, 60)), name
        assert np.isfinite(angles[f"right_{name}"].values_deg).all()
        truth = getattr(trial.right, TRUTH.get(name, "hip_flexion_deg"))
        if name in TRUTH:
            np.testing.assert_allclose(angles[f"right_{name}"].values_deg, truth, atol=1e-6)
