"""Which joints of a skeleton change places when the sides of some limbs are exchanged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.data import Limbs
from neuropose.skeletons import Skeleton
from neuropose.skeletons.sides import limbs_of


def exchanged_joints(skeleton: Skeleton, limbs: Limbs) -> NDArray[np.int64]:
    """Return from which column each joint is taken.

    Parameters
    ----------
    skeleton : Skeleton
        Joints, each with its mirror.
    limbs : Limbs
        What is exchanged. Joints of legs and arms are known by what the skeleton's canonical joints
        are made of, and by the words in other joints' names.

    Returns
    -------
    ndarray of int, shape (J,)

    Examples
    --------
    >>> leg = Skeleton(name="toy_3", joints=("left_knee", "right_knee", "left_wrist"))
    >>> exchanged_joints(leg, Limbs.LEGS).tolist()
    [1, 0, 2]
    """
    taken = np.arange(len(skeleton.joints))
    for column, joint in enumerate(skeleton.joints):
        if limbs is Limbs.ALL or _is_of(skeleton, joint, limbs):
            taken[column] = skeleton.index(skeleton.mirror(joint))
    return taken


def _is_of(skeleton: Skeleton, joint: str, limbs: Limbs) -> bool:
    known_as = [name for name, sources in skeleton.canonical.items() if joint in sources]
    sided = [name for name in known_as if name.startswith(("left_", "right_"))]
    return any(limbs_of(name) is limbs for name in sided or [joint])
