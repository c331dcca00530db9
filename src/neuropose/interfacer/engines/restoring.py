"""A completed job made ready to be worked on again, without finding the poses anew."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from neuropose.errors import JobError, NeuroPoseError
from neuropose.interfacer.engines.writing import writing_job
from neuropose.interfacer.layout import (
    POSES_KEPT_NAME,
    RESULTS_NAME,
    WORK_NAME,
    has_marker_name,
    is_made,
    note_exported,
    note_made,
    readable,
)
from neuropose.io import load_job_results, save_video_predictions
from neuropose.io.atomic import PRIVATE_FOLDER


def prepare_again(folder: Path, inputs: Collection[str]) -> None:
    """Put the predictions of a completed job back where an attempt finds them.

    They are kept whatever settings have changed since. What the job made is noted, so that an
    overlay is not taken for one of its videos, and so are exports that a person has put beside
    them, which would be taken for recordings of markers.

    Parameters
    ----------
    folder : Path
        The job's folder, with its results.
    inputs : collection of str
        Names of the files that the job was made of; empty: not known.

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
    with writing_job():
        work.mkdir(PRIVATE_FOLDER, exist_ok=True)
        made = [path.name for path in folder.iterdir() if is_made(readable(path.name), inputs)]
        note_made(folder, made)
        note_exported(folder, _exported(folder, {*map(readable, made), *inputs}))
        (work / POSES_KEPT_NAME).touch()
    for key, predictions in results.videos.items():
        save_video_predictions(work / f"{key}.json", predictions)


def _exported(folder: Path, known: Collection[str]) -> list[str]:
    from neuropose.io.markers.estimates import is_estimate

    return [
        path.name
        for path in folder.iterdir()
        if readable(path.name) not in known and has_marker_name(path.name) and is_estimate(path)
    ]
