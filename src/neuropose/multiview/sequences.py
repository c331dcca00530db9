"""Triangulated joints as a sequence, for measures and exports."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neuropose.data.cameras import Rig
from neuropose.multiview.triangulation import Triangulation
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.sequence.position_error import SEVERAL_CAMERAS
from neuropose.skeletons import Skeleton
from neuropose.skeletons.canonical import arrange, means


def triangulated_sequence(found: Triangulation, rig: Rig, skeleton: Skeleton) -> PoseSequence:
    """Return triangulated joints under their canonical names.

    Parameters
    ----------
    found : Triangulation
        Joints in the world.
    rig : Rig
        The cameras that they were triangulated with.
    skeleton : Skeleton
        That of the views. Joints that it has no canonical name for keep their own.

    Returns
    -------
    PoseSequence
        In the axes of the rig's world, with its vertical, assumptions and warnings. Positions that
        were not triangulated are NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from neuropose.data.cameras import Camera, RigCamera
    >>> from neuropose.skeletons import BLAZEPOSE_33
    >>> camera = RigCamera(
    ...     name="side", camera=Camera.from_fov(200, 100, 60.0), width=200, height=100,
    ...     rotation=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    ...     translation_mm=(0.0, 0.0, 0.0))
    >>> found = Triangulation(
    ...     time_s=np.array([0.0]), joints=("left_foot_index",), cameras=("side",),
    ...     points_mm=np.ones((1, 1, 3)), covariance_mm2=np.ones((1, 1, 3, 3)),
    ...     residual_px=np.ones((1, 1, 1)), weight=np.ones((1, 1, 1)),
    ...     exchanged=np.zeros((1, 1, 2), bool))
    >>> triangulated_sequence(found, Rig(cameras=(camera,), origin="example"), BLAZEPOSE_33).joints
    ('left_toe',)
    """
    there = set(found.joints)
    made = {name: parts for name, parts in skeleton.canonical.items() if set(parts) <= there}
    sources, aliases = arrange(found.joints, made)
    sequence = PoseSequence.from_arrays(
        found.time_s,
        means(found.points_mm, found.joints, sources),
        tuple(sources),
        frame="lab",
        up=None if rig.up is None else np.array(rig.up),
        source=f"{len(found.cameras)} cameras, triangulated",
        position_error=SEVERAL_CAMERAS,
    )
    return replace(
        sequence,
        aliases=aliases,
        made_of=sources,
        assumptions={**sequence.assumptions, **rig.assumptions},
        warnings=(*rig.warnings, *sequence.warnings),
    )
