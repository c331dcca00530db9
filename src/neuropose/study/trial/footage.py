"""The video that predictions were made from, found beside them by its hash."""

from __future__ import annotations

from pathlib import Path

from neuropose.checksums import sha256_of
from neuropose.data import VideoPredictions
from neuropose.io import holds_reconstruction, load_results
from neuropose.study.contract.pipeline import Source
from neuropose.study.trial.recordings import holds_markers

_NOT_VIDEOS = (".json", ".npz", ".html", ".pdf", ".csv", ".xlsx", ".yaml", ".txt", ".png")


def predictions_of(source: Source) -> VideoPredictions | None:
    """Return the predictions that a source is of.

    Parameters
    ----------
    source : Source
        The file, and which of its videos.

    Returns
    -------
    VideoPredictions or None
        None if the file holds markers or a reconstruction.

    Raises
    ------
    FileMissingError, FileReadError, FileFormatError
        If the file is not what it should be.
    """
    if holds_markers(source.file) or holds_reconstruction(source.file):
        return None
    return load_results(source.file, source.video).predictions


def video_beside(file: Path, predictions: VideoPredictions) -> Path | None:
    """Return the video of predictions, if it lies beside their file, as that of a job does.

    Parameters
    ----------
    file : Path
        The file of the predictions.
    predictions : VideoPredictions
        Their provenance has the hash of the video.

    Returns
    -------
    Path or None
        None if no file there is this video, whatever its name.
    """
    wanted = None if predictions.provenance is None else predictions.provenance.input_sha256
    if wanted is None:
        return None
    for path in sorted(file.absolute().parent.iterdir()):
        if path.name.startswith(".") or path.suffix.lower() in _NOT_VIDEOS or not path.is_file():
            continue
        if sha256_of(path) == wanted:
            return path
    return None
