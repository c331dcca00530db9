from __future__ import annotations

import pytest
from pydantic import ValidationError

from neuropose.skeletons import (
    BLAZEPOSE_33,
    CANONICAL_JOINTS,
    MOST_JOINTS,
    SKELETONS,
    Skeleton,
    find_skeleton,
)

each_skeleton = pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=lambda s: s.name)


def swapped(name: str) -> str:
    other = {"left": "right", "right": "left"}
    return "_".join(other.get(part, part) for part in name.split("_"))


class TestCanonicalNames:
    def test_each_is_there_once(self) -> None:
        assert len(set(CANONICAL_JOINTS)) == len(CANONICAL_JOINTS)

    def test_each_side_has_the_same(self) -> None:
        assert {swapped(name) for name in CANONICAL_JOINTS} == set(CANONICAL_JOINTS)

    def test_the_analyzer_finds_what_gait_needs(self) -> None:
        for joint in ("pelvis", "left_hip", "left_knee", "left_ankle", "left_heel", "right_toe"):
            assert joint in CANONICAL_JOINTS


@each_skeleton
class TestKnownSkeletons:
    def test_its_name_ends_in_the_number_of_joints(self, skeleton: Skeleton) -> None:
        assert skeleton.name.rsplit("_", 1)[1] == str(len(skeleton.joints))
        assert SKELETONS[skeleton.name] is skeleton

    def test_mirroring_twice_changes_nothing(self, skeleton: Skeleton) -> None:
        for joint in skeleton.joints:
            mirrored = skeleton.mirror(joint)
            assert mirrored in skeleton.joints
            assert skeleton.mirror(mirrored) == joint
            assert (mirrored == joint) == ("left" not in joint and "right" not in joint)

    def test_bones_are_the_same_on_both_sides(self, skeleton: Skeleton) -> None:
        def bones(names: list[tuple[str, str]]) -> set[frozenset[str]]:
            return {frozenset(pair) for pair in names}

        named = [(skeleton.joints[a], skeleton.joints[b]) for a, b in skeleton.edges]
        mirrored = [(skeleton.mirror(a), skeleton.mirror(b)) for a, b in named]
        assert bones(named) == bones(mirrored)
        assert len(bones(named)) == len(skeleton.edges)

    def test_canonical_joints_are_the_same_on_both_sides(self, skeleton: Skeleton) -> None:
        for name, sources in skeleton.canonical.items():
            mirrored = {skeleton.mirror(joint) for joint in sources}
            assert mirrored == set(skeleton.canonical[swapped(name)]), name

    def test_canonical_sides_come_from_their_own_side(self, skeleton: Skeleton) -> None:
        for name, sources in skeleton.canonical.items():
            for side in ("left", "right"):
                if name.startswith(f"{side}_"):
                    assert all(side in joint.split("_") for joint in sources), name

    def test_its_map_is_complete_for_the_legs(self, skeleton: Skeleton) -> None:
        legs = {f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee")}
        assert legs | {"pelvis"} <= set(skeleton.canonical)


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
    ("joint", "mirrored"),
    [("left_hip", "right_hip"), ("mouth_right", "mouth_left"), ("nose", "nose")],
)
def test_mirror(joint: str, mirrored: str) -> None:
    assert BLAZEPOSE_33.mirror(joint) == mirrored


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


def test_finding_needs_name_and_joints() -> None:
    assert find_skeleton("blazepose_33", BLAZEPOSE_33.joints) is BLAZEPOSE_33
    assert find_skeleton("blazepose_33", BLAZEPOSE_33.joints[::-1]) is None
    assert find_skeleton("blazepose", BLAZEPOSE_33.joints) is None
