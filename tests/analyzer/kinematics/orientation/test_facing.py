"""The heading: the subject's own, whatever the camera, the direction and the model's mistakes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose.analyzer import PoseSequence, heading
from neuropose.errors import MissingJointsError
from neuropose.geometry import angle_deg
from neuropose.skeletons import BLAZEPOSE_33
from neuropose.testing import CameraView, WalkerParameters, simulate_walk, walker_sequence
from neuropose.testing.people.walker import WalkerTrial

WALK = simulate_walk()
MIRROR = [BLAZEPOSE_33.index(BLAZEPOSE_33.mirror(joint)) for joint in BLAZEPOSE_33.joints]


def errors_deg(sequence: PoseSequence, view: CameraView) -> np.ndarray:
    return angle_deg(heading(sequence).forward, view.rotation @ [1.0, 0.0, 0.0])


def turning(trial: WalkerTrial, radius_mm: float) -> tuple[WalkerTrial, np.ndarray]:
    """The same walk bent on to a circle to the left, and the walker's direction in radians."""
    middle = trial.joint("left_hip") + trial.joint("right_hip")
    angle = 0.5 * middle[:, 0] / radius_mm
    local = (
        trial.positions_mm - np.stack([0.5 * middle[:, 0], *np.zeros((2, len(angle)))], 1)[:, None]
    )
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    x, y, z = np.moveaxis(local, -1, 0)
    centre_x, centre_z = radius_mm * sin, -radius_mm * (1.0 - cos)
    bent = np.stack([centre_x + cos * x + sin * z, y, centre_z - sin * x + cos * z], axis=-1)
    return replace(trial, positions_mm=bent), angle


@given(
    heading_deg=st.floats(0.0, 360.0),
    tilt_deg=st.floats(-15.0, 15.0),
    treadmill=st.booleans(),
    speed_m_s=st.floats(0.6, 1.6),
)
@settings(max_examples=20, deadline=None)
def test_is_the_walking_direction(
    heading_deg: float, tilt_deg: float, treadmill: bool, speed_m_s: float
) -> None:
    trial = simulate_walk(WalkerParameters(speed_m_s=speed_m_s))
    view = CameraView(heading_deg=heading_deg, tilt_deg=tilt_deg)
    sequence = walker_sequence(trial.on_treadmill() if treadmill else trial, view)
    assert errors_deg(sequence, view).max() < 0.05


def test_noise() -> None:
    view = CameraView(heading_deg=200.0, tilt_deg=10.0)
    error_deg = errors_deg(walker_sequence(WALK.with_noise(20.0), view), view)
    assert np.median(error_deg) < 1.0
    assert error_deg.max() < 2.0


def test_shuffling_steps() -> None:
    trial = simulate_walk(WalkerParameters(speed_m_s=0.15, cadence_steps_min=60.0))
    sequence = walker_sequence(trial.with_noise(5.0), CameraView(heading_deg=77.0))
    assert errors_deg(sequence, CameraView(heading_deg=77.0)).max() < 3.0


def test_walking_backwards_faces_forwards() -> None:
    backwards = replace(WALK, positions_mm=WALK.positions_mm[::-1])
    sequence = walker_sequence(backwards)
    assert sequence.joint("pelvis")[-1, 0] < sequence.joint("pelvis")[0, 0]
    assert angle_deg(heading(sequence).forward, np.array([1.0, 0.0, 0.0])).max() < 0.01


def test_legs_that_spread_to_the_side_do_not_turn_the_heading() -> None:
    """Jumping jacks: the ankles swing across the body."""
    trial = simulate_walk()
    jacks = trial.positions_mm[100:101] + np.zeros((360, 1, 1))
    spread_mm = 350.0 * (1.0 - np.cos(np.arange(360) / 6.0))
    for side, sign in (("left", -1.0), ("right", 1.0)):
        for joint, share in (("knee", 0.5), ("ankle", 1.0), ("heel", 1.0), ("foot_index", 1.0)):
            index = BLAZEPOSE_33.index(f"{side}_{joint}")
            jacks[:, index, 2] += sign * share * spread_mm
    found = heading(walker_sequence(replace(trial, positions_mm=jacks)))
    assert angle_deg(found.forward, np.array([1.0, 0.0, 0.0])).max() < 10.0
    assert found.swing.max() == 0.0


def test_a_circle_is_followed() -> None:
    long = simulate_walk(WalkerParameters(duration_s=15.0))
    trial, angle = turning(long, radius_mm=3000.0)
    found = heading(walker_sequence(trial))
    expected = np.stack([np.cos(angle), 0.0 * angle, -np.sin(angle)], axis=1)
    error_deg = angle_deg(found.forward, expected)
    assert error_deg[90:-90].max() < 3.0
    assert error_deg.max() < 15.0  # at the ends, half of the window is missing
    turned_deg = found.turned_deg[-90] - found.turned_deg[90]
    assert turned_deg == pytest.approx(np.degrees(angle[-90] - angle[90]), abs=3.0)
    assert turned_deg > 280.0


@pytest.mark.parametrize("heading_deg", [0.0, 90.0, 180.0, 270.0])
def test_left_and_right_that_a_model_exchanges_do_not_turn_it_round(heading_deg: float) -> None:
    positions_mm = WALK.positions_mm.copy()
    positions_mm[120:200] = positions_mm[120:200][:, MIRROR]
    view = CameraView(heading_deg=heading_deg)
    sequence = walker_sequence(replace(WALK, positions_mm=positions_mm), view)
    found = heading(sequence)
    assert angle_deg(found.forward, view.rotation @ [1.0, 0.0, 0.0]).max() < 30.0
    assert "hips point backwards in 22 %" in found.warnings[0]
    assert found.confidence < heading(walker_sequence(WALK, view)).confidence


def test_pelvis_is_not_smoothed() -> None:
    found = heading(walker_sequence(WALK))
    swing_deg = np.degrees(np.arctan2(found.pelvis[:, 2], found.pelvis[:, 0]))
    assert np.abs(swing_deg).max() == pytest.approx(5.0, abs=0.01)
    np.testing.assert_allclose(found.right, np.tile([0.0, 0.0, 1.0], (360, 1)), atol=1e-9)


def test_standing_goes_by_the_body() -> None:
    one = walker_sequence(WALK).slice(1.0, 1.0)
    found = heading(one)
    assert found.swing.tolist() == [0.0]
    assert angle_deg(found.forward[0], np.array([1.0, 0.0, 0.0])) < 5.0
    assert found.confidence == pytest.approx(0.875, abs=0.03)


def test_missing_frames_are_bridged_only_within_the_window() -> None:
    positions_mm = walker_sequence(WALK).positions_mm.copy()
    positions_mm[20:60] = np.nan
    positions_mm[150:] = np.nan
    found = heading(walker_sequence(WALK).with_positions(positions_mm))
    known = np.isfinite(found.forward).all(axis=1)
    assert known[:150].all()
    assert not known[230:].any()
    assert np.isnan(found.pelvis[20:60]).all()


def test_without_a_front() -> None:
    sequence = walker_sequence(WALK).select("pelvis", "neck", "left_hip", "right_shoulder")
    with pytest.raises(MissingJointsError, match="neither hips nor shoulders"):
        heading(sequence)


def test_shoulders_stand_in_for_hips() -> None:
    sequence = walker_sequence(WALK).select("pelvis", "neck", "left_shoulder", "right_shoulder")
    found = heading(sequence)
    assert angle_deg(found.forward, np.array([1.0, 0.0, 0.0])).max() < 5.0
    assert found.confidence <= 0.5
