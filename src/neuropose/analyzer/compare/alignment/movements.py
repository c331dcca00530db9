"""Alignment of one movement with another."""

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
    """A movement that was aligned with another.

    Parameters
    ----------
    sequence : PoseSequence
        The movement in the reference frame of the other, with all of its joints.
    alignment : Alignment or FrameAlignments
        How it was aligned with the other, once or frame by frame.
    joints : tuple of str
        Joints that determined the alignment.
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
    """Align a movement with another one of as many frames, frame i with frame i.

    Parameters
    ----------
    moving, fixed : PoseSequence
        The movement to align, and the one that it is aligned with.
    per : {"sequence", "frame"}
        One rotation and translation for the whole movement, or one per frame.
    joints : tuple of str, optional
        Joints that determine it; default: those that both have, each once (`common_joints`).
    scale : bool
        Whether to scale as well.

    Returns
    -------
    AlignedSequence

    Raises
    ------
    AlignmentError
        If the joints do not determine it.
    SequenceError
        If the movements differ in their number of frames, or have no joint in common.
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
            f"{len(moving)} frames cannot be aligned with {len(fixed)}",
            hint="use dtw_all with align='sequence', which finds the corresponding frames",
        )
    names = common_joints((moving, fixed)) if joints is None else joints
    one, other = np.stack(moving.require(*names), 1), np.stack(fixed.require(*names), 1)
    alignment: Alignment | FrameAlignments
    if per == "sequence":
        alignment = align_points(one, other, scale=scale)
    else:
        alignment = align_frames(one, other, scale=scale)
    return AlignedSequence(moved(moving, alignment, fixed), alignment, names)


def moved(
    sequence: PoseSequence, alignment: Alignment | FrameAlignments, onto: PoseSequence
) -> PoseSequence:
    """Return a sequence in the reference frame of the one that it was aligned with.

    Parameters
    ----------
    sequence : PoseSequence
        The movement to transform.
    alignment : Alignment or FrameAlignments
        Rotation, translation and scale, once or frame by frame.
    onto : PoseSequence
        The movement that it was aligned with.

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
    """Return the names of the joints that all movements have, each once.

    Joints derived from others among them are left out: the pelvis already counts through the hips.

    Parameters
    ----------
    sequences : sequence of PoseSequence
        Movements to compare.

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
    for sequence in sequences:
        names = sequence.counted_once(*names)
    return names


def shared_joints(sequences: Sequence[PoseSequence]) -> tuple[str, ...]:
    """Return the names of the joints that all movements have, including derived joints.

    Parameters
    ----------
    sequences : sequence of PoseSequence
        Movements to compare.

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
    names = tuple(name for name in first.joints if all(other.has(name) for other in sequences))
    if not names:
        others = ", ".join(dict.fromkeys(sequence.source for sequence in sequences))
        raise SequenceError(f"the movements have no joint in common: {others}")
    return names
