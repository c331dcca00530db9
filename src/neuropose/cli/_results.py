"""Predictions out of a file: of one video, or of one of a job's videos."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from neuropose.io import JobResults, VideoPredictions


@dataclass(frozen=True)
class Loaded:
    """Predictions, and where in the file they were.

    Parameters
    ----------
    predictions : VideoPredictions
    video : str or None
        Key in the job's results. None: the file is of one video.
    job : JobResults or None
        All of the job's results.
    """

    predictions: VideoPredictions
    video: str | None
    job: JobResults | None

    def save(self, path: Path, changed: VideoPredictions) -> None:
        """Write the file with these predictions changed.

        Parameters
        ----------
        path : Path
        changed : VideoPredictions
        """
        from neuropose.io import save_job_results, save_video_predictions

        if self.job is None or self.video is None:
            save_video_predictions(path, changed)
            return
        videos = {**self.job.videos, self.video: changed}
        save_job_results(path, self.job.model_copy(update={"videos": videos}))


def load_results(path: Path, video: str | None) -> Loaded:
    """Load a predictions file, or one video of a job's results.

    Parameters
    ----------
    path : Path
    video : str or None
        Which, of a job's results of several videos.

    Returns
    -------
    Loaded

    Raises
    ------
    FileMissingError, FileReadError, FileFormatError
        If the file is not what it should be.
    typer.BadParameter
        If it is not clear which video is meant.
    """
    from neuropose.io import holds_job_results, load_job_results, load_video_predictions

    if not holds_job_results(path):
        if video is not None:
            raise typer.BadParameter(f"{path} is of one video; --video is for a job's results")
        return Loaded(load_video_predictions(path), None, None)
    job = load_job_results(path)
    known = ", ".join(job.videos)
    if video is None and len(job.videos) != 1:
        raise typer.BadParameter(f"say with --video which one: {known}")
    key = video if video is not None else next(iter(job.videos))
    if key not in job.videos:
        raise typer.BadParameter(f"there is no {key}: the videos are {known}")
    return Loaded(job.videos[key], key, job)
