"""A skeleton: joint names, edges, left and right pairs, and canonical joints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from neuropose.skeletons.sides import SIDES, other

CANONICAL_JOINTS: tuple[str, ...] = (
    "pelvis",
    "neck",
    "head",
    "nose",
    *(
        f"{side}_{joint}"
        for side in SIDES
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
"""The joint names that the analyzer uses; every skeleton maps to as many as it can."""

LANDMARKS: tuple[str, ...] = tuple(
    f"{side}_{landmark}"
    for side in SIDES
    for landmark in (
        "asis",
        "psis",
        "knee_lateral",
        "knee_medial",
        "ankle_lateral",
        "ankle_medial",
    )
)
"""Bony landmarks under the skin that make segments anatomical; few skeletons have any.

The front and back spines of the pelvis, the epicondyles of the femur and the malleoli.
"""

MOST_JOINTS = 10_000
"""More joints than any body model has: a limit for damaged or hostile files."""


class Skeleton(BaseModel):
    """The joints of a pose and the bones between them.

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
        For each canonical joint name (`CANONICAL_JOINTS`, `LANDMARKS`) that this skeleton provides,
        the joints whose mean it is. Files hold it only where `make_skeleton` does not restore it by
        the skeleton's name.

    Examples
    --------
    >>> from neuropose.skeletons import BLAZEPOSE_33
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
            if name not in CANONICAL_JOINTS + LANDMARKS:
                raise ValueError(f"{name!r} is not a canonical joint name")
            if not sources or any(joint not in self.joints for joint in sources):
                raise ValueError(f"canonical {name!r} must name joints of this skeleton")
        return self

    def index(self, joint: str) -> int:
        """Return the index of a joint in the pose arrays.

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
        >>> from neuropose.skeletons import BLAZEPOSE_33
        >>> BLAZEPOSE_33.index("nose")
        0
        """
        try:
            return self.joints.index(joint)
        except ValueError:
            raise KeyError(f"skeleton {self.name!r} has no joint {joint!r}") from None

    def mirror(self, joint: str) -> str:
        """Return the name of the same joint on the other side.

        Sides are recognised by the words (``left_hip``, ``mouth_left``) or by the first letter
        (``lhip``). A joint without a partner among `joints`, such as every midline joint, is its
        own mirror.

        Parameters
        ----------
        joint : str
            One of `joints`.

        Returns
        -------
        str
            The opposite joint's name, one of `joints`.

        Raises
        ------
        KeyError
            If the skeleton has no such joint.

        Examples
        --------
        >>> from neuropose.skeletons import SKELETONS
        >>> [SKELETONS["coco_19"].mirror(joint) for joint in ("lear", "rkne", "neck")]
        ['rear', 'lkne', 'neck']
        """
        self.index(joint)  # unknown joints have no mirror
        return next((name for name in _opposites(joint) if name in self.joints), joint)


def counted_once(names: Sequence[str], made_of: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Leave out joints that are made of other joints in the list, so that no point counts twice.

    Parameters
    ----------
    names : sequence of str
        Names of the joints.
    made_of : mapping of str to sequence of str
        For each joint, the points it is made of. A joint that is not listed is itself a point.

    Returns
    -------
    tuple of str
        The remaining names in the same order. A joint stays if no other joint is made of only some
        of its points; of two joints that are the same point, the first stays.

    Examples
    --------
    >>> hips = {"pelvis": ("left_hip", "right_hip")}
    >>> counted_once(("pelvis", "left_hip", "right_hip", "left_knee"), hips)
    ('left_hip', 'right_hip', 'left_knee')
    >>> counted_once(("pelvis", "left_knee"), hips)
    ('pelvis', 'left_knee')
    """
    points = [frozenset(made_of.get(name, (name,))) for name in names]
    return tuple(
        name
        for row, name in enumerate(names)
        if not any(other < points[row] for other in points) and points[row] not in points[:row]
    )


def _opposites(joint: str) -> Iterator[str]:
    """Return the names that the joint on the other side may have."""
    for side in SIDES:
        opposite = other(side)
        if joint.startswith(f"{side}_"):
            yield opposite + joint.removeprefix(side)
        if joint.endswith(f"_{side}"):
            yield joint.removesuffix(side) + opposite
        if joint.startswith(side[0]):
            yield opposite[0] + joint[1:]
