"""Skeletons: joint names, edges, left and right pairs, and the way to canonical joint names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

CANONICAL_JOINTS: tuple[str, ...] = (
    "pelvis",
    "neck",
    "head",
    "nose",
    *(
        f"{side}_{joint}"
        for side in ("left", "right")
        for joint in (
            "eye",
            "ear",
            "shoulder",
            "elbow",
            "wrist",
            "hand",
            "hip",
            "knee",
            "ankle",
            "heel",
            "toe",
        )
    ),
)
"""The names that the analyzer speaks; every skeleton maps to those that it can give."""

MOST_JOINTS = 10_000
"""More than any body model has; a damaged or hostile file cannot ask for more."""


class Skeleton(BaseModel):
    """The joints of a pose and how they hang together.

    Parameters
    ----------
    name : str
        Unique name, with the number of joints (``blazepose_33``).
    joints : tuple of str
        Joint names in the order of the pose arrays, at most `MOST_JOINTS`. Left and right are the
        subject's own.
    edges : tuple of (int, int)
        Bones, as pairs of indices into `joints`.
    canonical : mapping of str to tuple of str, optional
        For each canonical joint name (`CANONICAL_JOINTS`) that this skeleton can give, the joints
        whose mean it is. Not stored in files: `find_skeleton` gives it back by name.

    Examples
    --------
    >>> BLAZEPOSE_33.index("left_knee")
    25
    >>> BLAZEPOSE_33.canonical["pelvis"]
    ('left_hip', 'right_hip')
    >>> BLAZEPOSE_33.mirror("left_knee")
    'right_knee'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1)]
    joints: Annotated[tuple[str, ...], Field(min_length=1, max_length=MOST_JOINTS)]
    edges: tuple[tuple[int, int], ...] = ()
    canonical: Annotated[Mapping[str, tuple[str, ...]], Field(exclude=True)] = {}

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(set(self.joints)) != len(self.joints):
            raise ValueError("joint names must be unique")
        for edge in self.edges:
            if not all(0 <= joint < len(self.joints) for joint in edge):
                raise ValueError(f"edge {edge} points outside the {len(self.joints)} joints")
        for name, sources in self.canonical.items():
            if name not in CANONICAL_JOINTS:
                raise ValueError(f"{name!r} is not a canonical joint name")
            if not sources or any(joint not in self.joints for joint in sources):
                raise ValueError(f"canonical {name!r} must name joints of this skeleton")
        return self

    def index(self, joint: str) -> int:
        """Position of a joint in the pose arrays.

        Parameters
        ----------
        joint : str
            One of `joints`.

        Returns
        -------
        int
            Index into the joint axis.

        Raises
        ------
        KeyError
            If the skeleton has no such joint; the message names both.

        Examples
        --------
        >>> BLAZEPOSE_33.index("nose")
        0
        """
        try:
            return self.joints.index(joint)
        except ValueError:
            raise KeyError(f"skeleton {self.name!r} has no joint {joint!r}") from None

    def mirror(self, joint: str) -> str:
        """Name of the same joint on the other side; midline joints are their own mirror.

        Parameters
        ----------
        joint : str
            One of `joints`.

        Returns
        -------
        str
            The opposite joint's name.

        Examples
        --------
        >>> BLAZEPOSE_33.mirror("nose")
        'nose'
        """
        self.index(joint)  # unknown joints have no mirror
        if joint.startswith("left_"):
            return "right_" + joint.removeprefix("left_")
        if joint.startswith("right_"):
            return "left_" + joint.removeprefix("right_")
        if joint.endswith("_left"):
            return joint.removesuffix("_left") + "_right"
        if joint.endswith("_right"):
            return joint.removesuffix("_right") + "_left"
        return joint


def _both_sides(*pairs: tuple[str, str]) -> dict[str, tuple[str, ...]]:
    return {
        f"{side}_{canonical}": (f"{side}_{joint}",)
        for side in ("left", "right")
        for canonical, joint in pairs
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
        **{
            f"{side}_hand": (f"{side}_pinky", f"{side}_index", f"{side}_thumb")
            for side in ("left", "right")
        },
    },
)
"""The 33 body landmarks of BlazePose (Bazarevsky et al. 2020, arXiv:2006.10204)."""

SKELETONS: Mapping[str, Skeleton] = {skeleton.name: skeleton for skeleton in (BLAZEPOSE_33,)}
"""The skeletons that NeuroPose knows by name."""


def find_skeleton(name: str, joints: tuple[str, ...]) -> Skeleton | None:
    """Known skeleton of this name, if its joints are exactly these.

    Parameters
    ----------
    name : str
        Skeleton name, as stored in a file.
    joints : tuple of str
        Joint names, as stored in a file.

    Returns
    -------
    Skeleton or None
        None if the name is unknown or its joints differ.

    Examples
    --------
    >>> find_skeleton("blazepose_33", BLAZEPOSE_33.joints) is BLAZEPOSE_33
    True
    """
    known = SKELETONS.get(name)
    return known if known is not None and known.joints == joints else None
