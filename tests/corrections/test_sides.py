"""Joints that change places, in every skeleton that is known."""

from __future__ import annotations

import numpy as np
import pytest

from neuropose.corrections.sides import exchanged_joints
from neuropose.data import Limbs
from neuropose.skeletons import BLAZEPOSE_33, SKELETONS


@pytest.mark.parametrize("limbs", list(Limbs))
@pytest.mark.parametrize("name", SKELETONS)
def test_twice_is_as_before(name: str, limbs: Limbs) -> None:
    taken = exchanged_joints(SKELETONS[name], limbs)
    np.testing.assert_array_equal(taken[taken], np.arange(len(taken)))


@pytest.mark.parametrize("name", SKELETONS)
def test_legs_and_arms_share_no_joint(name: str) -> None:
    own = np.arange(len(SKELETONS[name].joints))
    legs, arms = (exchanged_joints(SKELETONS[name], each) != own for each in Limbs if each != "all")
    assert legs.any()
    assert arms.any()
    assert not (legs & arms).any()


def test_a_foot_s_index_is_of_the_leg_and_a_finger_of_the_arm() -> None:
    joints = BLAZEPOSE_33.joints
    own = np.arange(len(joints))
    legs, arms = (
        {joints[column] for column in np.flatnonzero(exchanged_joints(BLAZEPOSE_33, each) != own)}
        for each in (Limbs.LEGS, Limbs.ARMS)
    )
    assert {"left_foot_index", "right_hip"} <= legs
    assert {"left_index", "right_thumb", "left_shoulder"} <= arms
    assert "left_eye" not in legs | arms
