"""What is known of jobs: the status of all of them, and the results of one."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, FiniteFloat, model_validator

from neuropose.data.metadata import Contract, NonNegativeInt, Text
from neuropose.data.predictions import VideoPredictions

JOBS_SCHEMA_VERSION: Literal[1] = 1

_NonNegativeFloat = Annotated[FiniteFloat, Field(ge=0)]
_Share = Annotated[FiniteFloat, Field(ge=0, le=100)]


class JobState(StrEnum):
    """Where a job is in its life."""

    QUEUED = "queued"
    """In ``in/``, waiting for its files to settle or for its turn."""
    PROCESSING = "processing"
    """In ``in/``, being worked on."""
    COMPLETED = "completed"
    """In ``out/``, with its results."""
    FAILED = "failed"
    """In ``failed/``, with a reason."""


class JobProgress(Contract):
    """How far a job that is being worked on has come.

    Parameters
    ----------
    video : str
        File name of the current video.
    number, count : int
        Which video of how many it is, from 1.
    frames_done, frames_expected : int
        Of the current video.
    frames_resumed : int
        Of the frames that are done, those that were taken over from an earlier attempt.
    percent : float
        Of the current video, 0 to 100.
    frames_per_second : float or None
        Of those that were not taken over; None: not known yet.
    seconds_left : float or None
        Until the current video is done, at that rate; None: not known yet.
    """

    video: str
    number: Annotated[int, Field(ge=1)]
    count: Annotated[int, Field(ge=1)]
    frames_done: NonNegativeInt
    frames_expected: NonNegativeInt
    frames_resumed: NonNegativeInt = 0
    percent: _Share
    frames_per_second: _NonNegativeFloat | None = None
    seconds_left: _NonNegativeFloat | None = None


class VideoOutcome(Contract):
    """What was found in one video of a job.

    Parameters
    ----------
    people : int
        How many different people.
    frames : int
        Frames of the video, gaps included.
    frames_with_people : int
        Frames in which anybody was found.
    frames_without_picture : int
        Frames that are damaged or lost.
    warnings : tuple of str
        Those of its predictions.

    Examples
    --------
    >>> from neuropose.testing import synthetic_predictions
    >>> VideoOutcome.of(synthetic_predictions(frame_count=3)).frames_with_people
    3
    """

    people: NonNegativeInt
    frames: NonNegativeInt
    frames_with_people: NonNegativeInt
    frames_without_picture: NonNegativeInt = 0
    warnings: tuple[Text, ...] = ()

    @classmethod
    def of(cls, predictions: VideoPredictions) -> Self:
        """Sum up predictions.

        Parameters
        ----------
        predictions : VideoPredictions

        Returns
        -------
        VideoOutcome
        """
        return cls(
            people=predictions.people_count,
            frames=predictions.metadata.frame_count,
            frames_with_people=predictions.frames_with_people,
            frames_without_picture=predictions.metadata.missing_frame_count,
            warnings=predictions.warnings,
        )


class JobEntry(Contract):
    """What is known of one job.

    Parameters
    ----------
    state : JobState
    queued_at, started_at, finished_at : datetime or None
        UTC; of the newest attempt.
    attempts : int
        How often it was begun.
    position : int or None
        Place in the queue, from 1; None: not queued.
    waiting_for : str or None
        Why a queued job is not begun yet; None: for its turn, or not queued.
    progress : JobProgress or None
        None: not being worked on.
    videos, other_files : tuple of str
        File names in the job's folder, in the order in which they are processed.
    results : str or None
        Path of the results, relative to the data directory; None: there are none.
    predictions : tuple of str
        Paths of finished videos' predictions that a failed job leaves, relative as well.
    error : str or None
        ``<ExceptionType>: <message>`` of a failed job.
    outcomes : tuple of VideoOutcome
        What was found in each video of a completed job, in the order of `videos`. Empty: not
        known (its status was lost, or it is of an older daemon).
    """

    state: JobState
    queued_at: AwareDatetime
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None
    attempts: NonNegativeInt = 0
    position: Annotated[int, Field(ge=1)] | None = None
    waiting_for: str | None = None
    progress: JobProgress | None = None
    videos: tuple[str, ...] = ()
    other_files: tuple[str, ...] = ()
    results: str | None = None
    predictions: tuple[str, ...] = ()
    error: str | None = None
    outcomes: tuple[VideoOutcome, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.results is not None) is not (self.state is JobState.COMPLETED):
            raise ValueError("results are those of a completed job")
        if (self.error is not None) is not (self.state is JobState.FAILED):
            raise ValueError("an error is that of a failed job")
        if self.progress is not None and self.state is not JobState.PROCESSING:
            raise ValueError("progress is that of a job being processed")
        if self.outcomes and self.state is not JobState.COMPLETED:
            raise ValueError("outcomes are those of a completed job")
        return self


class Status(Contract):
    """The status of all jobs, by name: ``status.json``.

    Parameters
    ----------
    jobs : mapping of str to JobEntry

    Examples
    --------
    >>> Status().jobs
    {}
    """

    schema_version: Literal[1] = JOBS_SCHEMA_VERSION
    jobs: Mapping[str, JobEntry] = {}


class JobResults(Contract):
    """The predictions of all videos of a job: ``results.json``.

    Parameters
    ----------
    videos : mapping of str to VideoPredictions
        By ``video_01``, ``video_02`` …, in the order of the videos' file names. The names are not
        kept: they identify patients. Which video it is, the hash in its provenance tells.
    """

    schema_version: Literal[1] = JOBS_SCHEMA_VERSION
    videos: Mapping[str, VideoPredictions]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if list(self.videos) != [video_key(number + 1) for number in range(len(self.videos))]:
            raise ValueError("videos must be video_01, video_02, … in order")
        return self


def video_key(number: int) -> str:
    """Key of a video in a job's results.

    Parameters
    ----------
    number : int
        From 1.

    Returns
    -------
    str

    Examples
    --------
    >>> video_key(3)
    'video_03'
    """
    return f"video_{number:02d}"
