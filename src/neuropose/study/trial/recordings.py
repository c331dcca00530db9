"""Recordings to analyse, from whatever files hold them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuropose.checksums import sha256_of
from neuropose.data import UNTRACKED, InputFile
from neuropose.estimator.tracking import assign_tracks
from neuropose.io import load_results
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.study.contract.pipeline import Source

if TYPE_CHECKING:
    from neuropose.data import Provenance

_MARKER_FILES = (".c3d", ".trc")


@dataclass(frozen=True, eq=False)
class Recording:
    """A movement, and the file that it is from.

    Parameters
    ----------
    sequence : PoseSequence
        Joint positions over time.
    input : InputFile
        Hash of the file, for the provenance.
    predictions : Provenance or None
        Where the poses came from, if it is known.
    video : str or None
        Key of the video, of a job's results.
    """

    sequence: PoseSequence
    input: InputFile
    predictions: Provenance | None
    video: str | None = None


def holds_markers(path: Path) -> bool:
    """Whether a file holds markers, and not predictions, by its name.

    Parameters
    ----------
    path : Path
        Path of the file.

    Returns
    -------
    bool

    Examples
    --------
    >>> holds_markers(Path("walk.C3D")), holds_markers(Path("walk.poses.json"))
    (True, False)
    """
    return path.suffix.lower() in _MARKER_FILES


def read_recording(source: Source) -> Recording:
    """Read a recording.

    Parameters
    ----------
    source : Source
        The file, and how to read it.

    Returns
    -------
    Recording

    Raises
    ------
    FileMissingError, FileReadError, FileFormatError
        If the file is not what it should be.
    VideoChoiceError
        If it is not clear which of its videos is meant.
    SubjectError
        If the subject cannot be picked.
    SequenceError
        If no frame lies in the stretch of time, or the markers do not fit.
    """
    path, predictions, video = source.file, None, None
    vertical: dict[str, Any] = {"up": source.up, "confirm_up": source.confirm_up}
    if holds_markers(path):
        kind = path.suffix.lower()[1:]
        read = PoseSequence.from_c3d if kind == "c3d" else PoseSequence.from_trc
        sequence = read(path, markers=source.markers or None, **vertical)
    else:
        found = load_results(path, source.video)
        kind = "predictions" if found.job is None else "job_results"
        predictions, video = found.predictions.provenance, found.video
        tracked = found.predictions
        if (tracked.track_ids == UNTRACKED).any():  # older files, and those of the original program
            tracked = assign_tracks(tracked)
        sequence = PoseSequence.from_predictions(tracked, source.subject, **vertical)
    if source.start_s is not None or source.end_s is not None:
        sequence = sequence.slice(
            float(sequence.time_s[0]) if source.start_s is None else source.start_s,
            float(sequence.time_s[-1]) if source.end_s is None else source.end_s,
        )
    return Recording(sequence, InputFile(kind=kind, sha256=sha256_of(path)), predictions, video)
