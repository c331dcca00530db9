"""The bones between the canonical joints, to draw a body."""

from __future__ import annotations

from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.skeletons.sides import SIDES

_LIMBS = (
    *(("shoulder", "elbow"), ("elbow", "wrist"), ("wrist", "hand")),
    *(("hip", "knee"), ("knee", "ankle"), ("ankle", "heel"), ("ankle", "toe"), ("heel", "toe")),
)
_TRUNK = (("pelvis", "neck"), ("neck", "head"))


def body_bones(sequence: PoseSequence) -> tuple[tuple[int, int, str], ...]:
    """Return the bones between the joints that a recording has.

    Parameters
    ----------
    sequence : PoseSequence
        The recording.

    Returns
    -------
    tuple of (int, int, str)
        Columns of both ends, and the side.
    """
    wanted: list[tuple[str, str, str]] = [(first, last, "middle") for first, last in _TRUNK]
    shoulders_from, hips_from = ("neck", "pelvis") if sequence.has("neck", "pelvis") else ("", "")
    for side in SIDES:
        wanted += [(f"{side}_{first}", f"{side}_{last}", side) for first, last in _LIMBS]
        if hips_from:
            wanted += [(shoulders_from, f"{side}_shoulder", side), (hips_from, f"{side}_hip", side)]
        else:
            wanted.append((f"{side}_shoulder", f"{side}_hip", side))
    if not hips_from:
        wanted += [(f"left_{part}", f"right_{part}", "middle") for part in ("shoulder", "hip")]
    index = {name: column for column, name in enumerate(sequence.joints)}
    return tuple(
        (index[first], index[last], side)
        for first, last, side in wanted
        if first in index and last in index
    )
