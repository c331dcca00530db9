"""Loading predictions from a file of one video, or from a job's results."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from neuropose.data.jobs import JobResults
from neuropose.data.predictions import VideoPredictions
from neuropose.errors import VideoChoiceError
from neuropose.io.job_files import holds_job_results, load_job_results, save_job_results
from neuropose.io.predictions_file import load_video_predictions, save_video_predictions


@dataclass(frozen=True, eq=False)
class Results:
    """Predictions, and where in the file they come from.

    Parameters
    ----------
    predictions : VideoPredictions
        The predictions of the video.
    video : str or None
        Key of the video in the job's results; None if the file is of one video.
    job : JobResults or None
        All of the job's results; None if the file is of one video.
    """

    predictions: VideoPredictions
    video: str | None
    job: JobResults | None

    def save(self, path: Path, changed: VideoPredictions) -> None:
        """Write the file again with changed predictions.

        Parameters
        ----------
        path : Path
            The file to write; an existing one is replaced.
        changed : VideoPredictions
            The predictions to write in place of the loaded ones.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        if self.job is None or self.video is None:
            save_video_predictions(path, changed)
            return
        videos = {**self.job.videos, self.video: changed}
        save_job_results(path, self.job.model_copy(update={"videos": videos}))


def load_results(path: Path, video: str | None = None) -> Results:
    """Load a predictions file, or one video of a job's results.

    Parameters
    ----------
    path : Path
        A predictions file or a results file.
    video : str, optional
        Key of the video, if the file holds several.

    Returns
    -------
    Results

    Raises
    ------
    FileMissingError, FileReadError, FileFormatError
        If the file is missing, cannot be read or is not valid.
    VideoChoiceError
        If it is not clear which video is meant.

    Examples
    --------
    >>> import tempfile
    >>> from neuropose.testing import synthetic_predictions
    >>> path = Path(tempfile.mkdtemp()) / "results.json"
    >>> save_job_results(path, JobResults(videos={"video_01": synthetic_predictions()}))
    >>> load_results(path).video
    'video_01'
    """
    if not holds_job_results(path):
        if video is not None:
            raise VideoChoiceError(
                f"{path} is of one video", hint="only a job's results let you choose a video"
            )
        return Results(load_video_predictions(path), None, None)
    job = load_job_results(path)
    known = ", ".join(job.videos)
    if not job.videos:
        raise VideoChoiceError(
            f"{path} is of no video", hint="give one of the marker files in its folder"
        )
    if video is None and len(job.videos) != 1:
        raise VideoChoiceError(f"{path} is of several videos", hint=f"say which one: {known}")
    key = video if video is not None else next(iter(job.videos))
    if key not in job.videos:
        raise VideoChoiceError(f"{path} has no {key}", hint=f"the videos are {known}")
    return Results(job.videos[key], key, job)
