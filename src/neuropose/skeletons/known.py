"""The skeletons that NeuroPose knows by name, and their spelling variants."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from neuropose.skeletons.blazepose import BLAZEPOSE_33
from neuropose.skeletons.metrabs import (
    METRABS_SKELETONS,
    OTHER_SKELETONS,
    canonical_by_shared_names,
)
from neuropose.skeletons.skeleton import Skeleton

SKELETONS: Mapping[str, Skeleton] = {
    skeleton.name: skeleton for skeleton in (BLAZEPOSE_33, *METRABS_SKELETONS)
}
"""The skeletons that NeuroPose knows by name."""

_DATASET = re.compile(r"(_smpl|_mpi_inf_3dhp|_?coco)$")
"""The suffix of a joint name that only some released models use."""


def make_skeleton(
    name: str, joints: tuple[str, ...], edges: tuple[tuple[int, int], ...] = ()
) -> Skeleton:
    """Make a skeleton from the description in a model or file, with its canonical joints.

    The joints may be in any order, with or without the data set at the end of their names
    (``lear_coco``, ``learcoco``, ``lear``).

    Parameters
    ----------
    name : str
        Skeleton name. Canonical joints are known for the names in `SKELETONS`, and by the names
        of the joints for the other skeletons of MeTRAbs.
    joints : tuple of str
        Joint names in the order of the pose arrays.
    edges : tuple of (int, int), optional
        Bones, as pairs of indices into `joints`.

    Returns
    -------
    Skeleton
        A skeleton with these joints and edges; the one in `SKELETONS` if it is equal. `canonical`
        is empty if the name is unknown, or if any joint it needs is missing or occurs twice in
        different spellings: other names may mean other joints.

    Raises
    ------
    pydantic.ValidationError
        If the joints or edges are invalid.

    Examples
    --------
    >>> joints = SKELETONS["coco_19"].joints[::-1]
    >>> make_skeleton("coco_19", joints).canonical["head"]
    ('lear', 'rear')
    >>> make_skeleton("coco_19", ("hip", "knee")).canonical
    {}
    >>> make_skeleton("lsp_14", ("rkne", "lkne", "htop")).canonical
    {'left_knee': ('lkne',), 'right_knee': ('rkne',)}
    """
    canonical = _canonical(name, joints)
    made = Skeleton(name=name, joints=joints, edges=edges, canonical=canonical)
    known = SKELETONS.get(name)
    return known if known is not None and known == made else made


def _canonical(name: str, joints: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    times = Counter(map(_plain, joints))
    spelt = {_plain(joint): joint for joint in joints if times[_plain(joint)] == 1}
    if name in OTHER_SKELETONS:
        shared = canonical_by_shared_names(spelt)
        return {joint: tuple(map(spelt.__getitem__, each)) for joint, each in shared.items()}
    if name not in SKELETONS:
        return {}
    try:
        return {
            canonical: tuple(spelt[_plain(source)] for source in sources)
            for canonical, sources in SKELETONS[name].canonical.items()
        }
    except KeyError:
        return {}


def _plain(joint: str) -> str:
    return _DATASET.sub("", joint)
