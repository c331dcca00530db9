"""Recordings to analyse, from whatever files hold them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuropose.checksums import sha256_of
from neuropose.data import MARKER_SUFFIXES, UNTRACKED, InputFile, Reconstruct
from neuropose.estimator.tracking import assign_tracks
from neuropose.io import Results, holds_reconstruction, load_reconstruction, load_results
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.study.contract.pipeline import ANY_SUBJECT, Source

if TYPE_CHECKING:
    from neuropose.body.movement import Fit, Progress
    from neuropose.data import Provenance, Reconstruction, VideoPredictions


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
    reconstruction : Reconstruction or None
        The body that was fitted. None: none was.
    """

    sequence: PoseSequence
    input: InputFile
    predictions: Provenance | None
    video: str | None = None
    reconstruction: Reconstruction | None = None


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
    return path.suffix.lower() in MARKER_SUFFIXES


def read_markers(source: Source) -> PoseSequence:
    """Read a C3D or TRC file.

    Parameters
    ----------
    source : Source
        The file, and how to read it.

    Returns
    -------
    PoseSequence
        Of all its frames.

    Raises
    ------
    FileMissingError, FileReadError, FileFormatError
        If the file is not what it should be.
    SequenceError
        If the markers do not fit.
    """
    is_c3d = source.file.suffix.lower() == ".c3d"
    read = PoseSequence.from_c3d if is_c3d else PoseSequence.from_trc
    return read(
        source.file,
        markers=source.markers or None,
        units=source.units,
        subject=None if source.subject == ANY_SUBJECT else source.subject,
        up=source.up,
        confirm_up=source.confirm_up,
    )


def tracked_results(path: Path, video: str | None = None) -> Results:
    """Load predictions in which everybody has an identity.

    Parameters
    ----------
    path : Path
        A predictions file or a job's results.
    video : str, optional
        Key of the video, if the file holds several.

    Returns
    -------
    Results
        Older files, and those of the original program, have no identities: these are assigned.

    Raises
    ------
    FileMissingError, FileReadError, FileFormatError
        If the file is missing, cannot be read or is not valid.
    VideoChoiceError
        If it is not clear which video is meant.
    """
    found = load_results(path, video)
    if (found.predictions.track_ids == UNTRACKED).any():
        return replace(found, predictions=assign_tracks(found.predictions))
    return found


def recording_of(
    predictions: VideoPredictions,
    origin: InputFile,
    subject: str,
    *,
    up: tuple[float, float, float] | None = None,
    video: str | None = None,
    reconstruction: Reconstruction | None = None,
) -> Recording:
    """Return the recording of predictions that have been read, and of a body that is fitted.

    Parameters
    ----------
    predictions : VideoPredictions
        Of one video, tracked.
    origin : InputFile
        The file that they are from.
    subject : str
        Whose movement.
    up : tuple of float, optional
        Direction away from the floor, in the axes of the camera. Default: that of the body, or
        estimated.
    video : str, optional
        Key of the video, if the file holds several.
    reconstruction : Reconstruction, optional
        The body of that person. Default: the poses are taken as they are.

    Returns
    -------
    Recording

    Raises
    ------
    SubjectError
        If the subject cannot be picked.
    """
    from neuropose.body.movement import movement_of_predictions

    def kept(*_: object, **__: object) -> Reconstruction:
        assert reconstruction is not None
        return reconstruction

    fits = Reconstruct.OFF if reconstruction is None else Reconstruct.ON
    moved = movement_of_predictions(predictions, subject, up=up, reconstruct=fits, fit=kept)
    return Recording(moved.sequence, origin, predictions.provenance, video, moved.reconstruction)


def read_recording(
    source: Source, *, progress: Progress | None = None, fit: Fit | None = None
) -> Recording:
    """Read a recording, and fit a body to it if the source says so.

    Parameters
    ----------
    source : Source
        The file, and how to read it.
    progress : callable, optional
        Called with the share of the fit that is done.
    fit : callable, optional
        What fits a body; default: `neuropose.body`.

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
    ReconstructionError
        If no body can be fitted, and the source says that one is.
    """
    # Takes a second to load, which nobody should wait for whose file cannot be analysed.
    from neuropose.body.movement import Moved, movement_of_markers, movement_of_predictions

    path, predictions, video = source.file, None, None
    vertical: dict[str, Any] = {"up": source.up, "confirm_up": source.confirm_up}
    how: dict[str, Any] = {
        "reconstruct": source.reconstruct,
        "height_mm": source.height_mm,
        "progress": progress,
        "fit": fit,
    }
    if holds_markers(path):
        kind = path.suffix.lower()[1:]
        moved = movement_of_markers(read_markers(source), **how)
    elif holds_reconstruction(path):
        kind, reconstruction = "reconstruction", load_reconstruction(path)
        predictions = reconstruction.provenance
        sequence = PoseSequence.from_reconstruction(reconstruction, **vertical)
        moved = Moved(sequence, reconstruction)
    else:
        found = tracked_results(path, source.video)
        kind = "predictions" if found.job is None else "job_results"
        predictions, video = found.predictions.provenance, found.video
        moved = movement_of_predictions(found.predictions, source.subject, **vertical, **how)
    sequence = moved.sequence
    if source.start_s is not None or source.end_s is not None:
        sequence = sequence.slice(
            float(sequence.time_s[0]) if source.start_s is None else source.start_s,
            float(sequence.time_s[-1]) if source.end_s is None else source.end_s,
        )
    origin = InputFile(kind=kind, sha256=sha256_of(path))
    return Recording(sequence, origin, predictions, video, moved.reconstruction)
