"""A recording to analyse, from whatever file holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from neuropose.cli._results import load_results

if TYPE_CHECKING:
    from neuropose.analyzer import PoseSequence
    from neuropose.io import InputFile, Provenance, VideoPredictions

_MARKER_FILES = (".c3d", ".trc")


@dataclass(frozen=True)
class Selection:
    """Which part of a file is meant, as the options say.

    Parameters
    ----------
    video : str, optional
        Of a job's results.
    subject : str, optional
        Strategy. Default: ``longest``.
    start_s, end_s : float, optional
        Stretch of time.
    up : sequence of float, optional
        Direction away from the floor, in the axes of the file.
    markers : mapping of str to sequence of str
        Joints, and the markers that each is made of.
    """

    video: str | None = None
    subject: str | None = None
    start_s: float | None = None
    end_s: float | None = None
    up: Sequence[float] | None = None
    markers: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Recording:
    """A sequence, and where it came from.

    Parameters
    ----------
    sequence : PoseSequence
    input : InputFile
    predictions : Provenance or None
    video : str or None
        Key of the video, of a job of several.
    parameters : mapping
        What was selected, for the report.
    """

    sequence: PoseSequence
    input: InputFile
    predictions: Provenance | None
    video: str | None
    parameters: Mapping[str, Any]


def load_recording(path: Path, chosen: Selection) -> Recording:
    """Load what is to be analysed.

    Parameters
    ----------
    path : Path
        Predictions, a job's results, C3D or TRC.
    chosen : Selection

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
    typer.BadParameter
        If an option does not go with this kind of file.
    """
    from neuropose.assets.workspace import sha256_of
    from neuropose.io import InputFile

    if path.suffix.lower() in _MARKER_FILES:
        kind, predictions, video = path.suffix.lower()[1:], None, None
        sequence = _of_markers(path, chosen)
    else:
        found = load_results(path, chosen.video)
        kind = "predictions" if found.job is None else "job_results"
        predictions, video = found.predictions, found.video
        sequence = _of_predictions(predictions, chosen)
    if chosen.start_s is not None or chosen.end_s is not None:
        sequence = sequence.slice(
            float(sequence.time_s[0]) if chosen.start_s is None else chosen.start_s,
            float(sequence.time_s[-1]) if chosen.end_s is None else chosen.end_s,
        )
    return Recording(
        sequence=sequence,
        input=InputFile(kind=kind, sha256=sha256_of(path)),
        predictions=None if predictions is None else predictions.provenance,
        video=video,
        parameters={
            "video": video,
            "subject": None if predictions is None else chosen.subject or "longest",
            "start_s": chosen.start_s,
            "end_s": chosen.end_s,
            "up": None if chosen.up is None else list(chosen.up),
            "markers": {joint: list(names) for joint, names in chosen.markers.items()},
        },
    )


def _of_markers(path: Path, chosen: Selection) -> PoseSequence:
    from neuropose.analyzer import PoseSequence

    for option, value in (("--video", chosen.video), ("--subject", chosen.subject)):
        if value is not None:
            raise typer.BadParameter(f"{option} is for predictions; {path} is of one person")
    read = PoseSequence.from_c3d if path.suffix.lower() == ".c3d" else PoseSequence.from_trc
    return read(path, markers=chosen.markers or None, up=chosen.up)


def _of_predictions(predictions: VideoPredictions, chosen: Selection) -> PoseSequence:
    from neuropose.analyzer import PoseSequence

    if chosen.markers:
        raise typer.BadParameter("--marker is for C3D and TRC files")
    return PoseSequence.from_predictions(predictions, chosen.subject or "longest", up=chosen.up)
