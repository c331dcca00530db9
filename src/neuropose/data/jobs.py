"""Jobs: the status of all of them, and the results of one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, FiniteFloat, model_validator

from neuropose.data.metadata import Contract, NonNegativeInt, Text
from neuropose.data.predictions import VideoPredictions

JOBS_SCHEMA_VERSION: Literal[1] = 1
CAMERAS = "cameras"
"""What names of results begin with that are of several cameras together."""

_VIDEO_KEY = re.compile(r"video_\d{2,9}", re.ASCII)
_NonNegativeFloat = Annotated[FiniteFloat, Field(ge=0)]
_Share = Annotated[FiniteFloat, Field(ge=0, le=100)]


class JobState(StrEnum):
    """Stage of a job's life cycle."""

    QUEUED = "queued"
    """In ``in/``, waiting for its files to settle or for its turn."""
    PROCESSING = "processing"
    """In ``in/``, being processed."""
    COMPLETED = "completed"
    """In ``out/``, with its results."""
    FAILED = "failed"
    """In ``failed/``, with a reason."""


class JobProgress(Contract):
    """Progress of a job that is being processed.

    Parameters
    ----------
    video : str
        File name of the current video.
    number, count : int
        Number of the current video, from 1, and the total.
    frames_done, frames_expected : int
        Frames of the current video.
    frames_resumed : int
        How many of the completed frames were carried over from an earlier attempt.
    percent : float
        Share of the current video that is done, 0 to 100.
    frames_per_second : float or None
        Speed, not counting frames that were carried over; None if not known yet.
    seconds_left : float or None
        Time until the current video is done, at that speed; None if not known yet.
    step : str or None
        The step after the poses that is being done, as in `StepOutcome`; None while poses are
        found. `video`, `number` and `count` are of marker files if those are being measured.
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
    step: Text | None = None


class StepOutcome(Contract):
    """What became of a step of a session: an analysis, its page, an export, or the overlay.

    Parameters
    ----------
    step : str
        ``gait analysis``, ``gait page``, ``trc export``, ``overlay`` …
    error : str or None
        ``<ExceptionType>: <message>``. None: it is done.
    hint : str or None
        What to do about the error, if that is known.
    """

    step: Text
    error: str | None = None
    hint: str | None = None

    @property
    def reason(self) -> str | None:
        """The error, and what to do about it; None if it is done."""
        return self.error if self.hint is None else f"{self.error}; {self.hint}"


class VideoOutcome(Contract):
    """What was found in one video of a job.

    Parameters
    ----------
    people : int
        Number of different people.
    frames : int
        Number of frames, gaps included.
    frames_with_people : int
        Number of frames in which anybody was found.
    frames_without_picture : int
        Number of frames that are damaged or lost.
    warnings : tuple of str
        Warnings of its predictions.
    steps : tuple of StepOutcome
        What a ``session.yaml`` asked for besides.

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
    steps: tuple[StepOutcome, ...] = ()

    @classmethod
    def of(cls, predictions: VideoPredictions) -> Self:
        """Summarise predictions.

        Parameters
        ----------
        predictions : VideoPredictions
            The predictions of one video.

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


class MarkersOutcome(Contract):
    """What a marker file of a job holds, and what was made of it.

    Parameters
    ----------
    frames : int
        Number of frames.
    markers : int
        Number of markers.
    warnings : tuple of str
        What reading the file doubted.
    steps : tuple of StepOutcome
        What the session asked for.

    Examples
    --------
    >>> MarkersOutcome(frames=205, markers=39).steps
    ()
    """

    frames: NonNegativeInt
    markers: NonNegativeInt
    warnings: tuple[Text, ...] = ()
    steps: tuple[StepOutcome, ...] = ()


class VideoFailure(Contract):
    """Why a video of a job has no predictions, or a marker file cannot be read.

    Parameters
    ----------
    error : str
        ``<ExceptionType>: <message>``.
    is_left_out : bool
        Whether it was left out by the operator: the job is then complete without it.

    Examples
    --------
    >>> VideoFailure(error="VideoEmptyError: the file is empty").is_left_out
    False
    """

    error: str
    is_left_out: bool = False


class JobEntry(Contract):
    """The status of one job.

    Parameters
    ----------
    state : JobState
        Stage of its life cycle.
    queued_at, started_at, finished_at : datetime or None
        When the job was queued, and when its latest attempt began and ended, in UTC.
    attempts : int
        How many times it was started.
    position : int or None
        Place in the queue, from 1; None if not queued.
    waiting_for : str or None
        Why a queued job has not started; None if it only waits for its turn or is not queued.
    progress : JobProgress or None
        Progress of the current attempt; None if it is not being processed.
    videos, other_files : tuple of str
        File names in the job's folder, in the order in which they are processed.
    results : str or None
        Path of the results, relative to the data directory; None if there are none.
    predictions : tuple of str
        Paths of the predictions that a failed job leaves for its finished videos, also relative.
    error : str or None
        ``<ExceptionType>: <message>`` of a failed job.
    outcomes : tuple of VideoOutcome or VideoFailure
        What was found in each video of a job that has ended, or why nothing was, in the order of
        `videos`. Empty if not known (its status was lost, it was cancelled, or an older daemon
        wrote it).
    number : int or None
        What the log calls the job, from 1; None if an older daemon wrote the status.
    interruptions : int
        How often a daemon ended in the middle of the job since it was last queued by a person.
    left_out : mapping of str to str
        The videos that the operator accepted to go without, and the error of each.
    markers : tuple of str
        Names of the marker files (C3D, TRC) in the job's folder, in the order of their numbers.
    marker_outcomes : tuple of MarkersOutcome or VideoFailure
        What was found in each marker file, as `outcomes`.
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
    outcomes: tuple[VideoOutcome | VideoFailure, ...] = ()
    number: Annotated[int, Field(ge=1)] | None = None
    interruptions: NonNegativeInt = 0
    left_out: Mapping[str, str] = {}
    markers: tuple[str, ...] = ()
    marker_outcomes: tuple[MarkersOutcome | VideoFailure, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.results is not None) is not (self.state is JobState.COMPLETED):
            raise ValueError("only a completed job has results")
        if (self.error is not None) is not (self.state is JobState.FAILED):
            raise ValueError("only a failed job has an error")
        if self.progress is not None and self.state is not JobState.PROCESSING:
            raise ValueError("only a job that is being processed has progress")
        if (self.outcomes or self.marker_outcomes) and self.state not in (
            JobState.COMPLETED,
            JobState.FAILED,
        ):
            raise ValueError("only a job that has ended has outcomes")
        return self


class Status(Contract):
    """The status of all jobs: ``status.json``.

    Parameters
    ----------
    jobs : mapping of str to JobEntry
        The entry of each job, by the job's name.
    last_number : int
        The highest `JobEntry.number` that was ever given, so that none is given twice.

    Examples
    --------
    >>> Status().jobs
    {}
    """

    schema_version: Literal[1] = JOBS_SCHEMA_VERSION
    jobs: Mapping[str, JobEntry] = {}
    last_number: NonNegativeInt = 0


class JobResults(Contract):
    """The predictions of all videos of a job: ``results.json``.

    Parameters
    ----------
    videos : mapping of str to VideoPredictions
        By ``video_01``, ``video_02`` …, in the order of the videos' file names; a video that was
        left out keeps its number. File names are not kept, because they identify patients; the
        hash in the provenance identifies the video.
    """

    schema_version: Literal[1] = JOBS_SCHEMA_VERSION
    videos: Mapping[str, VideoPredictions]

    def __repr__(self) -> str:
        return f"<JobResults: {', '.join(self.videos) or 'no video'}>"

    @model_validator(mode="after")
    def _check(self) -> Self:
        misplaced = misplaced_video(self.videos)
        if misplaced is not None:
            raise ValueError(f"videos must be video_01, video_02, … in order, not {misplaced}")
        return self


def video_key(number: int) -> str:
    """Return the key of a video in a job's results.

    Parameters
    ----------
    number : int
        Number of the video, from 1.

    Returns
    -------
    str

    Examples
    --------
    >>> video_key(3)
    'video_03'
    """
    return f"video_{number:02d}"


def markers_key(number: int) -> str:
    """Return what the results of a marker file of a job begin with.

    Parameters
    ----------
    number : int
        Number of the marker file, from 1.

    Returns
    -------
    str

    Examples
    --------
    >>> markers_key(3)
    'markers_03'
    """
    return f"markers_{number:02d}"


def misplaced_video(keys: Iterable[str]) -> str | None:
    """Return the first key of a job's results that is not the key of a later video.

    Parameters
    ----------
    keys : iterable of str
        The keys, in the order of the file.

    Returns
    -------
    str or None
        None if all are keys of videos in rising order; videos may be left out.

    Examples
    --------
    >>> misplaced_video(["video_01", "video_03"]), misplaced_video(["video_02", "video_01"])
    (None, 'video_01')
    """
    before = 0
    for key in keys:
        number = int(key[6:]) if _VIDEO_KEY.fullmatch(key) else 0
        if number <= before or key != video_key(number):
            return key
        before = number
    return None
