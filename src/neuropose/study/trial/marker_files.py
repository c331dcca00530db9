"""What a C3D or TRC file has: its markers, their set, the joints they give, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from neuropose.analyzer.tasks.needs import missing_joints
from neuropose.io import read_c3d, read_trc
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.skeletons import CANONICAL_JOINTS, LANDMARKS
from neuropose.skeletons.named_sets import SetCoverage, recognise_sets
from neuropose.study.contract.pipeline import ANY_SUBJECT, Source


@dataclass(frozen=True, slots=True)
class MarkerFile:
    """What a marker file has.

    Parameters
    ----------
    frames : int
        Number of frames.
    unit : str or None
        Unit of length; None: not recorded.
    subjects : tuple of str
        Of a file of several people of whom none was chosen, their names.
    seen : mapping of str to float
        Share of the frames in which each marker is seen, by its name.
    sets : tuple of SetCoverage
        Marker sets that are recognised, the likeliest first.
    joints : mapping of str to tuple of str
        The canonical joints that there are, and the markers that each is made of.
    unused : tuple of str
        Markers that no joint is made of.
    missing : mapping of str to tuple of str
        By task, the joints that it lacks.
    """

    frames: int
    unit: str | None
    subjects: tuple[str, ...]
    seen: Mapping[str, float]
    sets: tuple[SetCoverage, ...]
    joints: Mapping[str, tuple[str, ...]]
    unused: tuple[str, ...]
    missing: Mapping[str, tuple[str, ...]]

    def mapping(self) -> dict[str, tuple[str, ...]]:
        """Return a mapping of all joints to edit.

        Returns
        -------
        dict of str to tuple of str
            Empty for joints that are missing, or that are estimated from other markers.
        """
        named = {
            joint: sources
            for joint, sources in self.joints.items()
            if all(name in self.seen for name in sources)
        }
        return {joint: named.get(joint, ()) for joint in CANONICAL_JOINTS + LANDMARKS}

    def remarks(self) -> list[str]:
        """Return what somebody who edits the mapping wants to know.

        Returns
        -------
        list of str
            One line each.
        """
        lines = [f"{each.name}: {each.share:.0%} of its markers" for each in self.sets[:1]]
        lines += [f"not used: {', '.join(self.unused)}"] if self.unused else []
        return lines + [
            f"{task} lacks {', '.join(joints)}" for task, joints in self.missing.items() if joints
        ]


def look_at_markers(source: Source) -> MarkerFile:
    """Find out what a marker file has.

    Parameters
    ----------
    source : Source
        A C3D or TRC file, and how to read it.

    Returns
    -------
    MarkerFile

    Raises
    ------
    FileMissingError, FileReadError, FileFormatError
        If the file is not what it should be.
    SubjectError
        If there is no such subject.
    SequenceError
        If the mapping does not fit the file.
    """
    read = read_c3d if source.file.suffix.lower() == ".c3d" else read_trc
    recording = read(
        source.file,
        units=source.units,
        subject=None if source.subject == ANY_SUBJECT else source.subject,
    )
    known = np.isfinite(recording.positions_mm).all(axis=-1).mean(axis=0)
    seen = dict(zip(recording.names, map(float, known), strict=True))
    sequence = PoseSequence.from_recording(recording, markers=source.markers or None)
    names = CANONICAL_JOINTS + LANDMARKS
    own = {column: name for name, column in sequence.aliases.items()}
    joints = {
        joint: sequence.made_of.get(joint, (own.get(joint, joint),))
        for joint in names
        if sequence.has(joint)
    }
    used = {name for sources in joints.values() for name in sources}
    return MarkerFile(
        frames=len(recording.time_s),
        unit=recording.unit,
        subjects=recording.subjects if recording.subject is None else (),
        seen=seen,
        sets=recognise_sets(recording.names),
        joints=joints,
        unused=tuple(name for name in recording.names if name not in used),
        missing=missing_joints(sequence),
    )
