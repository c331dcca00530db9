"""A completed job made ready to be worked on again, without finding the poses anew."""

from __future__ import annotations

from pathlib import Path

from neuropose.errors import JobError, NeuroPoseError, OutputError
from neuropose.interfacer.layout import RESULTS_NAME, WORK_NAME
from neuropose.io import load_job_results, save_video_predictions
from neuropose.io.atomic import PRIVATE_FOLDER


def restore_predictions(folder: Path) -> None:
    """Put the predictions of a completed job back where an attempt finds them.

    Parameters
    ----------
    folder : Path
        The job's folder, with its results.

    Raises
    ------
    JobError
        If its results cannot be read.
    OutputError
        If the working folder cannot be written.
    """
    try:
        results = load_job_results(folder / RESULTS_NAME)
    except NeuroPoseError as error:
        raise JobError(
            f"its results cannot be read: {error.message}",
            hint="put the folder into in/ without results.json: it is then processed as a new job",
        ) from error
    work = folder / WORK_NAME
    try:
        work.mkdir(PRIVATE_FOLDER, exist_ok=True)
    except OSError as error:
        raise OutputError(f"the job's folder cannot be written: {error.strerror}") from error
    for key, predictions in results.videos.items():
        save_video_predictions(work / f"{key}.json", predictions)
