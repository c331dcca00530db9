from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from neuropose.io import load_video_predictions, save_video_predictions
from neuropose.skeletons import BLAZEPOSE_33, SKELETONS, Skeleton, make_skeleton
from neuropose.testing import synthetic_predictions

MIDLINE = {
    "blazepose_33": "nose",
    "berkeley_mhad_43": "head backl backt bell chest",
    "bml_movi_87": "backneck upperback clavicle sternum umbilicus head mhip pelv thor",
    "smpl_24": "pelv bell spin thor neck head",
    "smpl+head_30": "pelv_smpl bell_smpl spin_smpl thor_smpl neck_smpl head_smpl "
    "htop_mpi_inf_3dhp nose_coco",
    "coco_19": "neck nose pelv",
    "h36m_17": "pelv spin neck head htop",
    "h36m_25": "pelv spin neck head htop",
    "mpi_inf_3dhp_17": "pelv spin neck head htop",
}

each_skeleton = pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=lambda s: s.name)


def swapped(name: str) -> str:
    other = {"left": "right", "right": "left"}
    return "_".join(other.get(part, part) for part in name.split("_"))


def side(skeleton: Skeleton, joint: str) -> str:
    if joint in MIDLINE[skeleton.name].split():
        return ""
    if {"left", "right"} & set(joint.split("_")):
        return "left" if "left" in joint else "right"
    return {"l": "left", "r": "right"}[joint[0]]


def shuffled(skeleton: Skeleton) -> Skeleton:
    """In another order, each bone still between the same joints, without canonical joints."""
    joints = random.Random(3).sample(skeleton.joints, len(skeleton.joints))
    edges = tuple(
        (joints.index(skeleton.joints[a]), joints.index(skeleton.joints[b]))
        for a, b in skeleton.edges
    )
    return Skeleton(name=skeleton.name, joints=tuple(joints), edges=edges)


@each_skeleton
class TestKnownSkeletons:
    def test_its_name_ends_in_the_number_of_joints(self, skeleton: Skeleton) -> None:
        assert skeleton.name.rsplit("_", 1)[1] == str(len(skeleton.joints))
        assert SKELETONS[skeleton.name] is skeleton

    def test_mirroring_changes_the_side_and_nothing_else(self, skeleton: Skeleton) -> None:
        for joint in skeleton.joints:
            mirrored = skeleton.mirror(joint)
            assert skeleton.mirror(mirrored) == joint
            assert side(skeleton, mirrored) == swapped(side(skeleton, joint))
            assert (mirrored == joint) == (side(skeleton, joint) == "")

    def test_bones_are_the_same_on_both_sides(self, skeleton: Skeleton) -> None:
        named = [(skeleton.joints[a], skeleton.joints[b]) for a, b in skeleton.edges]
        bones = {frozenset(pair) for pair in named}
        assert bones == {frozenset(map(skeleton.mirror, pair)) for pair in named}
        assert all(len(bone) == 2 for bone in bones)
        assert len(bones) == len(skeleton.edges) > 0

    def test_canonical_joints_are_the_same_on_both_sides(self, skeleton: Skeleton) -> None:
        for name, sources in skeleton.canonical.items():
            mirrored = {skeleton.mirror(joint) for joint in sources}
            assert mirrored == set(skeleton.canonical[swapped(name)]), name

    def test_no_joint_of_one_side_serves_the_other(self, skeleton: Skeleton) -> None:
        for name, sources in skeleton.canonical.items():
            sides = {side(skeleton, joint) for joint in sources}
            if name.startswith(("left_", "right_")):
                assert sides == {name.split("_")[0]}, name
            else:
                assert sides in ({""}, {"left", "right"}), name

    def test_no_joint_counts_twice(self, skeleton: Skeleton) -> None:
        for sources in skeleton.canonical.values():
            assert len(set(sources)) == len(sources)

    def test_it_has_trunk_arms_and_legs(self, skeleton: Skeleton) -> None:
        limbs = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
        both = {f"{side}_{joint}" for side in ("left", "right") for joint in limbs}
        assert both | {"pelvis", "neck", "head"} <= set(skeleton.canonical)


@each_skeleton
class TestMakeSkeleton:
    def test_the_known_one_is_given_itself(self, skeleton: Skeleton) -> None:
        assert make_skeleton(skeleton.name, skeleton.joints, skeleton.edges) is skeleton

    def test_order_does_not_matter(self, skeleton: Skeleton) -> None:
        other = shuffled(skeleton)
        made = make_skeleton(other.name, other.joints, other.edges)
        assert made.joints == other.joints != skeleton.joints
        assert made.edges == other.edges
        assert made.canonical == skeleton.canonical

    def test_a_missing_source_empties_the_map(self, skeleton: Skeleton) -> None:
        for sources in skeleton.canonical.values():
            fewer = tuple(joint for joint in skeleton.joints if joint != sources[0])
            made = make_skeleton(skeleton.name, fewer)
            assert made.joints == fewer
            assert made.canonical == {}

    def test_a_joint_that_is_no_source_may_be_called_anything(self, skeleton: Skeleton) -> None:
        sources = {joint for each in skeleton.canonical.values() for joint in each}
        joints = tuple(joint if joint in sources else f"my {joint}" for joint in skeleton.joints)
        made = make_skeleton(skeleton.name, joints)
        assert made.joints == joints
        assert made.canonical == skeleton.canonical

    def test_a_saved_file_brings_canonical_joints_back(
        self, skeleton: Skeleton, tmp_path: Path
    ) -> None:
        other, people = shuffled(skeleton), 2
        predictions = synthetic_predictions(frame_count=people)
        shape = (people, len(other.joints))
        changed = predictions.model_copy(
            update={
                "skeleton": other,
                "poses3d": np.ones((*shape, 3), np.float32),
                "poses2d": np.ones((*shape, 2), np.float32),
                "confidence": np.ones(shape, np.float32),
                "uncertainty_mm": None,
            }
        )
        save_video_predictions(tmp_path / "a.json", changed)
        loaded = load_video_predictions(tmp_path / "a.json").skeleton
        assert (loaded.joints, loaded.edges) == (other.joints, other.edges)
        assert loaded.canonical == skeleton.canonical


@pytest.mark.parametrize(
    ("name", "spelling", "joint", "sources"),
    [
        ("smpl_24", lambda joint: f"{joint}_smpl", "left_knee", ("lkne_smpl",)),
        ("coco_19", lambda joint: f"{joint}_coco", "head", ("lear_coco", "rear_coco")),
        ("coco_19", lambda joint: f"{joint}coco", "right_eye", ("reyecoco",)),
        ("mpi_inf_3dhp_17", lambda joint: f"{joint}_mpi_inf_3dhp", "neck", ("neck_mpi_inf_3dhp",)),
        ("smpl+head_30", lambda joint: joint.replace("_coco", "coco"), "left_ear", ("learcoco",)),
        ("smpl+head_30", lambda joint: joint.split("_")[0], "pelvis", ("pelv",)),
        ("smpl+head_30", lambda joint: joint.replace("spin", "spi2"), "head", ("head_smpl",)),
    ],
    ids=["smpl", "coco", "coco run on", "mpi", "head run on", "head bare", "numbered spine"],
)
def test_released_spellings_are_understood(
    name: str, spelling: Callable[[str], str], joint: str, sources: tuple[str, ...]
) -> None:
    joints = tuple(map(spelling, SKELETONS[name].joints))
    made = make_skeleton(name, joints)
    assert made.joints == joints
    assert made.canonical[joint] == sources
    assert set(made.canonical) == set(SKELETONS[name].canonical)


@pytest.mark.parametrize(
    ("name", "joints"),
    [
        ("smpl_24", tuple(f"joint_{number}" for number in range(24))),
        ("smpl_24", BLAZEPOSE_33.joints),
        ("smpl_24", tuple(f"{joint}_h36m" for joint in SKELETONS["smpl_24"].joints)),
        ("smpl_24", tuple(joint.upper() for joint in SKELETONS["smpl_24"].joints)),
        ("smpl_24", (*SKELETONS["smpl_24"].joints, "lkne_coco")),
        ("smpl_25", SKELETONS["smpl_24"].joints),
    ],
    ids=["numbers", "other skeleton", "other suffix", "capitals", "one twice", "other name"],
)
def test_canonical_joints_are_never_guessed(name: str, joints: tuple[str, ...]) -> None:
    made = make_skeleton(name, joints, ((0, 1),))
    assert made == Skeleton(name=name, joints=joints, edges=((0, 1),))
    assert made.canonical == {}


def test_what_is_no_skeleton_cannot_be_made() -> None:
    with pytest.raises(ValidationError, match="outside the 1 joints"):
        make_skeleton("smpl_24", ("pelv",), ((0, 1),))


# As the released models have them, in part.
OTHERS = {
    "lsp_14": "rank rkne rhip lhip lkne lank rwri relb rsho lsho lelb lwri neck htop",
    "aspset_17": (
        "rank rkne rhip rwri relb rsho lank lkne lhip lwri lelb lsho htop head neck spin pelv"
    ),
    "kinectv2_25": (
        "spinebase spinemid neck head lsho lelb lwri lhan rsho relb rwri rhan lhip lkne lank lfoo "
        "rhip rkne rank rfoo spineshoulder lhandtip lthu rhandtip rthu"
    ),
    "mpi_inf_3dhp_28": (
        "thor spi4 spi2 spin pelv neck head htop lcla lsho lelb lwri lhan rcla rsho relb rwri rhan "
        "lhip lkne lank lfoo ltoe rhip rkne rank rfoo rtoe"
    ),
}
OF_GAIT = {f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "ankle")}


@pytest.mark.parametrize("name", OTHERS)
def test_the_other_skeletons_of_metrabs_have_canonical_joints_by_name(name: str) -> None:
    joints = tuple(OTHERS[name].split())
    canonical = make_skeleton(name, joints).canonical
    assert OF_GAIT | {"pelvis", "neck", "left_wrist", "right_wrist"} <= set(canonical)
    suffixed = make_skeleton(name, tuple(f"{joint}_coco" for joint in joints)).canonical
    assert suffixed == {
        joint: tuple(f"{source}_coco" for source in sources) for joint, sources in canonical.items()
    }
    assert make_skeleton("another_14", joints).canonical == {}


def test_names_that_mean_something_else_in_kinect() -> None:
    canonical = make_skeleton("kinectv2_25", tuple(OTHERS["kinectv2_25"].split())).canonical
    assert canonical["pelvis"] == ("spinebase",)
    assert canonical["neck"] == ("spineshoulder",)
    assert canonical["left_toe"] == ("lfoo",)
    three = make_skeleton("mpi_inf_3dhp_28", tuple(OTHERS["mpi_inf_3dhp_28"].split())).canonical
    assert three["left_toe"] == ("ltoe",)
