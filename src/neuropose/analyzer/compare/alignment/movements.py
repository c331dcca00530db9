"""A movement laid over another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from neuropose.analyzer.compare.alignment.points import align_frames, align_points
from neuropose.analyzer.compare.alignment.result import Alignment, FrameAlignments
from neuropose.errors import SequenceError
from neuropose.sequence.pose_sequence import PoseSequence


@dataclass(frozen=True, eq=False)
class AlignedSequence:
    """A movement laid over another.

    Parameters
    ----------
    sequence : PoseSequence
        In the frame of reference of the other; all of its joints.
    alignment : Alignment or FrameAlignments
    joints : tuple of str
        Those that determined it.
    """

    sequence: PoseSequence
    alignment: Alignment | FrameAlignments
    joints: tuple[str, ...]


def align_sequence(
    moving: PoseSequence,
    fixed: PoseSequence,
    *,
    per: Literal["sequence", "frame"] = "sequence",
    joints: tuple[str, ...] | None = None,
    scale: bool = False,
) -> AlignedSequence:
    """Lay a movement over another one of as many frames, frame i over frame i.

    Parameters
    ----------
    moving, fixed : PoseSequence
    per : {"sequence", "frame"}
        One rotation and translation for the whole movement, or another one in every frame.
    joints : tuple of str, optional
        Joints that determine it; default: those that both have, each once (`common_joints`).
    scale : bool
        Whether size is adapted, too.

    Returns
    -------
    AlignedSequence

    Raises
    ------
    AlignmentError
        If the joints do not determine it.
    SequenceError
        If the movements have not the same number of frames, or no joint in common.
    MissingJointsError
        If one of them lacks one of `joints`.

    Examples
    --------
    >>> from neuropose.testing import CameraView, simulate_walk, walker_sequence
    >>> walk = simulate_walk()
    >>> seen = walker_sequence(walk, CameraView(heading_deg=30.0))
    >>> found = align_sequence(seen, walker_sequence(walk)).alignment
    >>> found.rms_before_mm > 1000.0, found.rms_after_mm < 1e-6
    (True, True)
    """
    if len(moving) != len(fixed):
        raise SequenceError(
            f"{len(moving)} frames cannot be laid over {len(fixed)}",
            hint="compare them by dtw_all with align='sequence', which finds what belongs together",
        )
    names = common_joints((moving, fixed)) if joints is None else joints
    one, other = np.stack(moving.require(*names), 1), np.stack(fixed.require(*names), 1)
    found: Alignment | FrameAlignments
    if per == "sequence":
        found = align_points(one, other, scale=scale)
    else:
        found = align_frames(one, other, scale=scale)
    return AlignedSequence(moved(moving, found, fixed), found, names)


def moved(
    sequence: PoseSequence, alignment: Alignment | FrameAlignments, onto: PoseSequence
) -> PoseSequence:
    """Give a sequence in the frame of reference of the one that it was laid over.

    Parameters
    ----------
    sequence : PoseSequence
    alignment : Alignment or FrameAlignments
    onto : PoseSequence

    Returns
    -------
    PoseSequence
        All of its joints; with a warning if frames cannot be aligned, or would fit at least twice
        as well if they were mirrored.
    """
    refused = alignment.refused if isinstance(alignment, FrameAlignments) else ()
    mirrored = int(np.sum(alignment.mirrored))
    notes = [f"{len(refused)} of {len(sequence)} frames cannot be aligned"] if refused else []
    if mirrored:
        what = "it" if isinstance(alignment, Alignment) else f"{mirrored} of {len(sequence)} frames"
        notes.append(f"{what} would fit better mirrored: left and right may be exchanged")
    return replace(
        sequence.with_positions(alignment.apply(sequence.positions_mm), *notes),
        frame=onto.frame,
        up=onto.up,
        up_source=onto.up_source,
        up_confirmed=onto.up_confirmed,
    )


def common_joints(sequences: Sequence[PoseSequence]) -> tuple[str, ...]:
    """Name the joints that all movements have, each once.

    Those that are made of others among them are left out: the pelvis counts with the hips already.

    Parameters
    ----------
    sequences : sequence of PoseSequence

    Returns
    -------
    tuple of str
        In the order of the first.

    Raises
    ------
    SequenceError
        If there is none.
    """
    names = shared_joints(sequences)
    for each in sequences:
        names = each.counted_once(*names)
    return names


def shared_joints(sequences: Sequence[PoseSequence]) -> tuple[str, ...]:
    """Name the joints that all movements have, also those that are made of others.

    Parameters
    ----------
    sequences : sequence of PoseSequence

    Returns
    -------
    tuple of str
        In the order of the first.

    Raises
    ------
    SequenceError
        If there is none.
    """
    first = sequences[0]
    names = tuple(each for each in first.joints if all(other.has(each) for other in sequences))
    if not names:
        others = ", ".join(dict.fromkeys(each.source for each in sequences))
        raise SequenceError(f"the movements have no joint in common: {others}")
    return names
