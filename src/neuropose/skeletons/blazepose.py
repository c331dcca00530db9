"""The skeleton of BlazePose."""

from __future__ import annotations

from neuropose.skeletons.sides import SIDES
from neuropose.skeletons.skeleton import Skeleton


def _both_sides(*pairs: tuple[str, str]) -> dict[str, tuple[str, ...]]:
    return {
        f"{side}_{canonical}": (f"{side}_{joint}",) for side in SIDES for canonical, joint in pairs
    }


BLAZEPOSE_33 = Skeleton(
    name="blazepose_33",
    joints=(
        "nose",
        "left_eye_inner",
        "left_eye",
        "left_eye_outer",
        "right_eye_inner",
        "right_eye",
        "right_eye_outer",
        "left_ear",
        "right_ear",
        "mouth_left",
        "mouth_right",
        "left_shoulder",
        "right_shoulder",
        "left_elbow",
        "right_elbow",
        "left_wrist",
        "right_wrist",
        "left_pinky",
        "right_pinky",
        "left_index",
        "right_index",
        "left_thumb",
        "right_thumb",
        "left_hip",
        "right_hip",
        "left_knee",
        "right_knee",
        "left_ankle",
        "right_ankle",
        "left_heel",
        "right_heel",
        "left_foot_index",
        "right_foot_index",
    ),
    edges=(
        *((0, 1), (1, 2), (2, 3), (3, 7), (0, 4), (4, 5), (5, 6), (6, 8), (9, 10)),
        *((11, 12), (11, 13), (13, 15), (15, 17), (15, 19), (15, 21), (17, 19)),
        *((12, 14), (14, 16), (16, 18), (16, 20), (16, 22), (18, 20)),
        *((11, 23), (12, 24), (23, 24)),
        *((23, 25), (25, 27), (27, 29), (29, 31), (27, 31)),
        *((24, 26), (26, 28), (28, 30), (30, 32), (28, 32)),
    ),
    canonical={
        "pelvis": ("left_hip", "right_hip"),
        "neck": ("left_shoulder", "right_shoulder"),
        "head": ("left_ear", "right_ear"),
        "nose": ("nose",),
        **_both_sides(
            ("eye", "eye"),
            ("ear", "ear"),
            ("shoulder", "shoulder"),
            ("elbow", "elbow"),
            ("wrist", "wrist"),
            ("hip", "hip"),
            ("knee", "knee"),
            ("ankle", "ankle"),
            ("heel", "heel"),
            ("toe", "foot_index"),
        ),
        **{f"{side}_hand": (f"{side}_pinky", f"{side}_index", f"{side}_thumb") for side in SIDES},
    },
)
"""The 33 body landmarks of BlazePose (Bazarevsky et al. 2020, arXiv:2006.10204)."""
