"""The recordings that a pipeline names, read from their files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from neuropose.analyzer.pipeline.contract import Source
from neuropose.analyzer.sequence import PoseSequence
from neuropose.assets.workspace import sha256_of
from neuropose.errors import FileFormatError
from neuropose.io import (
    InputFile,
    holds_job_results,
    load_job_results,
    load_video_predictions,
)

if TYPE_CHECKING:
    from neuropose.io import Provenance

_MARKER_FILES = (".c3d", ".trc")


@dataclass(frozen=True, eq=False)
class Recording:
    """A movement, and the file that it is from.

    Parameters
    ----------
    sequence : PoseSequence
    input : InputFile
    predictions : Provenance or None
        Where the poses came from, if it is known.
    """

    sequence: PoseSequence
    input: InputFile
    predictions: Provenance | None


def read_recording(source: Source) -> Recording:
    """Read a recording.

    Parameters
    ----------
    source : Source

    Returns
    -------
    Recording

    Raises
    ------
    FileMissingError, FileReadError, FileFormatError
        If the file is not what it should be.
    SubjectError
        If the subject cannot be picked.
    SequenceError
        If no frame lies in the stretch of time, or the markers do not fit.
    """
    path, suffix = source.file, source.file.suffix.lower()
    predictions = None
    if suffix in _MARKER_FILES:
        kind = suffix[1:]
        read = PoseSequence.from_c3d if suffix == ".c3d" else PoseSequence.from_trc
        sequence = read(path, markers=source.markers or None, up=source.up)
    else:
        kind = "predictions"
        if holds_job_results(path):
            videos = load_job_results(path).videos
            if len(videos) != 1:
                raise FileFormatError(
                    f"{path} holds {len(videos)} videos, not one",
                    hint="name the predictions of one video",
                )
            found = next(iter(videos.values()))
        else:
            found = load_video_predictions(path)
        sequence = PoseSequence.from_predictions(found, source.subject, up=source.up)
        predictions = found.provenance
    if source.start_s is not None or source.end_s is not None:
        sequence = sequence.slice(
            float(sequence.time_s[0]) if source.start_s is None else source.start_s,
            float(sequence.time_s[-1]) if source.end_s is None else source.end_s,
        )
    return Recording(sequence, InputFile(kind=kind, sha256=sha256_of(path)), predictions)
