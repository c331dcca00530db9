"""A movement in a mirror: what was on the right is on the left, and moves the same way."""

from __future__ import annotations

import numpy as np
import pytest

from neuropose.analyzer import (
    ANGLES,
    PoseSequence,
    in_body_frame,
    joint_angles,
    mirrored,
    vertical,
)
from neuropose.testing import CameraView, WalkerParameters, simulate_walk, walker_sequence

WALK = simulate_walk(WalkerParameters(step_length_asymmetry_percent=20.0))
VIEW = CameraView(heading_deg=35.0, tilt_deg=12.0)


def swapped(name: str) -> str:
    left = name.startswith("left_")
    if left or name.startswith("right_"):
        return ("right_" if left else "left_") + name.split("_", 1)[1]
    return name


@pytest.mark.parametrize("view", [None, VIEW])
def test_every_angle_changes_sides_and_keeps_its_sign(view: CameraView | None) -> None:
    walk = walker_sequence(WALK, view)
    upright = vertical(walk)
    before, after = joint_angles(walk), joint_angles(mirrored(walk, upright.up))
    assert set(after) == set(before)
    for name in (each for each in ANGLES if each in before):
        turned = name in ("pelvis_obliquity", "pelvis_rotation", "trunk_lean_right")
        wanted = (-1.0 if turned else 1.0) * before[swapped(name)].values_deg
        np.testing.assert_allclose(after[name].values_deg, wanted, atol=1e-6)


@pytest.mark.parametrize("view", [None, VIEW])
def test_seen_from_the_body_only_right_and_left_are_exchanged(view: CameraView | None) -> None:
    walk = walker_sequence(WALK, view)
    body = in_body_frame(walk).sequence
    mirror = in_body_frame(mirrored(walk, vertical(walk).up)).sequence
    for name in ("left_ankle", "right_wrist", "pelvis", "neck"):
        wanted = body.joint(swapped(name)) * [1.0, 1.0, -1.0]
        np.testing.assert_allclose(mirror.joint(name), wanted, atol=1e-6)


def test_twice_is_the_movement_itself() -> None:
    walk = walker_sequence(WALK)
    twice = mirrored(mirrored(walk, [0.0, 1.0, 0.0]), [0.0, 1.0, 0.0])
    for name in twice.joints:
        assert np.array_equal(twice.joint(name), walk.joint(name))


def test_what_joints_are_made_of_is_kept() -> None:
    walk = walker_sequence(WALK)
    mirror = mirrored(walk, [0.0, 1.0, 0.0])
    assert mirror.made_of["left_toe"] == walk.made_of["right_toe"]
    # Without the mouth, whose corners do not begin with their side.
    assert len(mirror.counted_once()) == 31
    assert "pelvis" not in mirror.counted_once()


def test_what_does_not_tell_its_side_is_left_out() -> None:
    joints = ["pelvis", "left_knee", "right_spike", "LANK", "T10"]
    marked = PoseSequence.from_arrays([0.0], np.arange(15.0).reshape(1, 5, 3), joints)
    mirror = mirrored(marked, [0.0, 0.0, 1.0])
    assert mirror.joints == ("pelvis", "right_knee", "left_spike")
    assert mirror.joint("right_knee").tolist() == [[-3.0, 4.0, 5.0]]
