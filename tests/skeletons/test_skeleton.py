from __future__ import annotations

import pytest
from pydantic import ValidationError

from neuropose.skeletons import BLAZEPOSE_33, CANONICAL_JOINTS, MOST_JOINTS, Skeleton


class TestCanonicalNames:
    def test_each_is_there_once(self) -> None:
        assert len(set(CANONICAL_JOINTS)) == len(CANONICAL_JOINTS)

    def test_each_side_has_the_same(self) -> None:
        left, right = (
            {name.removeprefix(side) for name in CANONICAL_JOINTS if name.startswith(side)}
            for side in ("left_", "right_")
        )
        assert left == right != set()

    def test_the_analyzer_finds_what_gait_needs(self) -> None:
        for joint in ("pelvis", "left_hip", "left_knee", "left_ankle", "left_heel", "right_toe"):
            assert joint in CANONICAL_JOINTS


def test_blazepose_has_its_landmarks_in_their_order() -> None:
    places = {
        "nose": 0,
        "left_shoulder": 11,
        "right_shoulder": 12,
        "left_wrist": 15,
        "left_hip": 23,
        "right_hip": 24,
        "left_knee": 25,
        "right_ankle": 28,
        "left_heel": 29,
        "right_foot_index": 32,
    }
    assert {joint: BLAZEPOSE_33.index(joint) for joint in places} == places
    assert len(BLAZEPOSE_33.joints) == 33
    assert set(BLAZEPOSE_33.canonical) == set(CANONICAL_JOINTS)


def test_midpoints_are_made_of_both_sides() -> None:
    assert BLAZEPOSE_33.canonical["pelvis"] == ("left_hip", "right_hip")
    assert BLAZEPOSE_33.canonical["left_toe"] == ("left_foot_index",)


def test_an_unknown_joint_names_skeleton_and_joint() -> None:
    for use in (BLAZEPOSE_33.index, BLAZEPOSE_33.mirror):
        with pytest.raises(KeyError, match=r"blazepose_33.*left_tail"):
            use("left_tail")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("left_hip", "right_hip"),
        ("mouth_left", "mouth_right"),
        ("lkne", "rkne"),
        ("lear_coco", "rear_coco"),
        ("lback", "rback"),
        ("lank", "rank"),
    ],
)
def test_opposite_joints_mirror_each_other(one: str, other: str) -> None:
    skeleton = Skeleton(name="a", joints=("nose", other, one))
    assert skeleton.mirror(one) == other
    assert skeleton.mirror(other) == one


@pytest.mark.parametrize("joint", ["nose", "rank", "lumbar", "left_hip", "mouth_right", "l"])
def test_a_joint_without_partner_is_its_own_mirror(joint: str) -> None:
    assert Skeleton(name="a", joints=("hip", joint)).mirror(joint) == joint


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": ""}, "at least 1 character"),
        ({"joints": ()}, "at least 1 item"),
        ({"joints": ("hip", "hip")}, "must be unique"),
        ({"joints": tuple(map(str, range(MOST_JOINTS + 1)))}, "at most 10000 items"),
        ({"edges": ((0, 2),)}, "outside the 2 joints"),
        ({"edges": ((-1, 0),)}, "outside the 2 joints"),
        ({"edges": ((0, 1, 1),)}, "at most 2 items"),
        ({"canonical": {"hip": ("hip",)}}, "not a canonical joint name"),
        ({"canonical": {"pelvis": ("spine",)}}, "must name joints of this skeleton"),
        ({"canonical": {"pelvis": ()}}, "must name joints of this skeleton"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_what_is_no_skeleton(change: dict[str, object], message: str) -> None:
    sound: dict[str, object] = {"name": "leg_2", "joints": ("hip", "knee"), "edges": ((0, 1),)}
    Skeleton(**sound)
    with pytest.raises(ValidationError, match=message):
        Skeleton(**{**sound, **change})


def test_a_skeleton_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        BLAZEPOSE_33.name = "other"  # type: ignore[misc]
