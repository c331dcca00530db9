"""A mirrored movement, with left and right swapped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from neuropose.geometry import unit
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.skeletons import CANONICAL_JOINTS, LANDMARKS

_OTHER = {"left_": "right_", "right_": "left_"}


def mirrored(sequence: PoseSequence, up: ArrayLike) -> PoseSequence:
    """Mirror a movement from side to side, so that its right side can be compared with the left.

    Parameters
    ----------
    sequence : PoseSequence
        The movement to mirror.
    up : array_like, shape (3,)
        Unit vector away from the floor, which is unchanged.

    Returns
    -------
    PoseSequence
        Mirrored in a vertical plane: the heading changes but not the movement, except that
        ``left_knee`` is what ``right_knee`` was. Joints whose names do not state the side are left
        out, unless they are canonical joints or landmarks.

    Examples
    --------
    >>> from neuropose.analyzer import joint_angles
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> walk = walker_sequence(simulate_walk())
    >>> right = joint_angles(walk)["right_knee_flexion"]
    >>> left = joint_angles(mirrored(walk, [0.0, 1.0, 0.0]))["left_knee_flexion"]
    >>> np.allclose(left.values_deg, right.values_deg)
    True
    """
    names = [name for name in sequence.joints if _side(name) or name in _UNPAIRED]
    kept = sequence.select(*names)
    upwards = np.asarray(up, dtype=np.float64)
    across = np.eye(3)[int(np.argmin(np.abs(upwards)))]
    normal = unit(across - (across @ upwards) * upwards, least=0.0)
    positions_mm = kept.positions_mm
    renamed = {name: _mirror_name(name) for name in names}
    return replace(
        kept.with_positions(positions_mm - 2.0 * (positions_mm @ normal)[..., None] * normal),
        joints=tuple(renamed.values()),
        made_of={renamed[name]: points for name, points in kept.made_of.items()},
    )


def _mirror_name(name: str) -> str:
    side = _side(name)
    return _OTHER[side] + name.removeprefix(side) if side else name


def _side(name: str) -> str:
    return next((side for side in _OTHER if name.startswith(side)), "")


_UNPAIRED = frozenset(name for name in CANONICAL_JOINTS + LANDMARKS if not _side(name))
