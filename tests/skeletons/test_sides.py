"""Which limbs a joint belongs to, by its name."""

from __future__ import annotations

import pytest

from neuropose.data import Limbs
from neuropose.skeletons import CANONICAL_JOINTS, LANDMARKS
from neuropose.skeletons.sides import limbs_of


@pytest.mark.parametrize(
    ("joint", "limbs"),
    [
        ("left_hip", Limbs.LEGS),
        ("left_foot_index", Limbs.LEGS),
        ("right_ankle_medial", Limbs.LEGS),
        ("left_index", Limbs.ARMS),
        ("right_pinky", Limbs.ARMS),
        ("left_ear", None),
        ("neck", None),
    ],
)
def test_limbs(joint: str, limbs: Limbs | None) -> None:
    assert limbs_of(joint) is limbs


def test_the_canonical_joints_of_legs_and_arms() -> None:
    names = {name.partition("_")[2] for name in CANONICAL_JOINTS if limbs_of(name) is Limbs.LEGS}
    assert names == {"hip", "knee", "ankle", "heel", "toe"}
    names = {name.partition("_")[2] for name in CANONICAL_JOINTS if limbs_of(name) is Limbs.ARMS}
    assert names == {"shoulder", "elbow", "wrist", "hand"}
    assert all(limbs_of(name) is Limbs.LEGS for name in LANDMARKS)
