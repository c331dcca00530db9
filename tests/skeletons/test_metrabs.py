from __future__ import annotations

import pytest

from neuropose.skeletons import BLAZEPOSE_33, LANDMARKS, SKELETONS

NAMES = sorted(set(SKELETONS) - {BLAZEPOSE_33.name})


def test_those_that_movement_measures_are_made_from_are_there() -> None:
    assert NAMES == [
        "berkeley_mhad_43",
        "bml_movi_87",
        "coco_19",
        "h36m_17",
        "h36m_25",
        "mpi_inf_3dhp_17",
        "smpl+head_30",
        "smpl_24",
    ]


@pytest.mark.parametrize(
    ("name", "joint", "sources"),
    [
        ("smpl_24", "pelvis", "pelv"),
        ("smpl_24", "left_toe", "ltoe"),
        ("smpl_24", "right_hand", "rhan"),
        ("smpl+head_30", "right_ankle", "rank_smpl"),
        ("smpl+head_30", "nose", "nose_coco"),
        ("smpl+head_30", "left_ear", "lear_coco"),
        ("coco_19", "head", "lear rear"),
        ("coco_19", "right_eye", "reye"),
        ("h36m_17", "neck", "neck"),
        ("h36m_25", "left_hand", "lfin lthu"),
        ("h36m_25", "right_toe", "rtoe"),
        ("mpi_inf_3dhp_17", "head", "head"),
        ("bml_movi_87", "pelvis", "mhip"),
        ("bml_movi_87", "neck", "backneck clavicle"),
        ("bml_movi_87", "left_ankle", "lank"),
        ("bml_movi_87", "right_heel", "rhee"),
        ("berkeley_mhad_43", "pelvis", "lhipb lhipf lhipl rhipb rhipf rhipl"),
        ("berkeley_mhad_43", "neck", "lsho1 lsho2 rsho1 rsho2"),
        ("berkeley_mhad_43", "right_shoulder", "rsho1 rsho2"),
        ("berkeley_mhad_43", "right_hip", "rhipb rhipf rhipl"),
        ("berkeley_mhad_43", "left_hand", "lhan1 lhan2 lhan3"),
        ("berkeley_mhad_43", "left_toe", "lfoo"),
    ],
)
def test_a_canonical_joint_has_these_sources(name: str, joint: str, sources: str) -> None:
    assert set(SKELETONS[name].canonical[joint]) == set(sources.split())


@pytest.mark.parametrize(
    ("joint", "without"),
    [
        ("left_toe", {"coco_19", "h36m_17", "mpi_inf_3dhp_17"}),
        ("left_heel", set(NAMES) - {"berkeley_mhad_43", "bml_movi_87"}),
        ("left_hand", {"coco_19", "h36m_17", "mpi_inf_3dhp_17"}),
        ("nose", set(NAMES) - {"coco_19", "smpl+head_30"}),
        ("left_eye", set(NAMES) - {"coco_19", "smpl+head_30"}),
        ("left_ear", set(NAMES) - {"coco_19", "smpl+head_30"}),
    ],
)
def test_what_a_skeleton_does_not_have_it_does_not_give(joint: str, without: set[str]) -> None:
    assert {name for name in NAMES if joint not in SKELETONS[name].canonical} == without


def test_a_canonical_joint_of_movi_is_a_joint_centre_where_there_is_one() -> None:
    skeleton = SKELETONS["bml_movi_87"]
    centres = skeleton.joints[skeleton.index("head") :]
    markers = {
        joint for joint, sources in skeleton.canonical.items() if not set(sources) <= set(centres)
    }
    assert markers - set(LANDMARKS) == {"neck", "left_heel", "right_heel", "left_toe", "right_toe"}
    assert {name for name in markers if name.startswith("left_")} - {"left_heel", "left_toe"} == {
        *("left_asis", "left_psis", "left_knee_lateral", "left_knee_medial", "left_ankle_lateral")
    }


@pytest.mark.parametrize(
    ("name", "joint", "place"),
    [
        ("smpl_24", "lhip", 1),
        ("smpl_24", "rhan", 23),
        ("smpl+head_30", "reye_coco", 29),
        ("coco_19", "rear", 18),
        ("h36m_17", "rhip", 1),
        ("h36m_25", "pelv", 24),
        ("mpi_inf_3dhp_17", "head", 16),
        ("bml_movi_87", "head", 67),
        ("berkeley_mhad_43", "lhipb", 27),
    ],
)
def test_joints_stand_where_released_models_have_them(name: str, joint: str, place: int) -> None:
    assert SKELETONS[name].index(joint) == place
