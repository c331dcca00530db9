"""A job's entry in the status after a change of state."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from neuropose.data import (
    JobEntry,
    JobState,
    MarkersOutcome,
    StepOutcome,
    VideoFailure,
    VideoOutcome,
)
from neuropose.data.jobs import markers_key, video_key
from neuropose.errors import JobError, NeuroPoseError, did_you_mean
from neuropose.interfacer.layout import RESULTS_NAME, WORK_NAME, Layout, readable

_LASTING = (
    *("queued_at", "started_at", "attempts", "videos", "markers", "other_files"),
    *("number", "interruptions", "left_out"),
)
Outcomes = tuple[VideoOutcome | VideoFailure, ...]
"""What became of each video of a job, in their order."""
MarkerOutcomes = tuple[MarkersOutcome | VideoFailure, ...]
"""What became of each marker file of a job, in their order."""
ACCEPTED = "left out by the operator"


def completed(
    entry: JobEntry,
    name: str,
    now: datetime,
    outcomes: Outcomes = (),
    markers: MarkerOutcomes = (),
) -> JobEntry:
    """Return the entry of a job that is in ``out/`` with its results.

    Parameters
    ----------
    entry : JobEntry
        The previous entry.
    name : str
        Name of the job.
    now : datetime
        Current time in UTC.
    outcomes : tuple of VideoOutcome or VideoFailure
        What became of each video, if known.
    markers : tuple of MarkersOutcome or VideoFailure
        What became of each marker file, if known.

    Returns
    -------
    JobEntry
    """
    return JobEntry(
        **lasting(entry),
        outcomes=outcomes,
        marker_outcomes=markers,
        state=JobState.COMPLETED,
        finished_at=now,
        results=f"out/{name}/{RESULTS_NAME}",
    )


def failed(
    entry: JobEntry,
    name: str,
    now: datetime,
    error: str,
    layout: Layout,
    outcomes: Outcomes = (),
    markers: MarkerOutcomes = (),
) -> JobEntry:
    """Return the entry of a job that is in ``failed/``, with the predictions it leaves.

    Parameters
    ----------
    entry : JobEntry
        The previous entry.
    name : str
        Name of the job.
    now : datetime
        Current time in UTC.
    error : str
        The error, from `describe`.
    layout : Layout
        The data directory.
    outcomes : tuple of VideoOutcome or VideoFailure
        What became of each video, if known.
    markers : tuple of MarkersOutcome or VideoFailure
        What became of each marker file, if known.

    Returns
    -------
    JobEntry
    """
    kept = sorted((layout.failed / name / WORK_NAME).glob("video_*.json"))
    return JobEntry(
        **lasting(entry),
        outcomes=outcomes,
        marker_outcomes=markers,
        state=JobState.FAILED,
        finished_at=now,
        predictions=tuple(path.relative_to(layout.root).as_posix() for path in kept),
        error=error,
    )


def lasting(entry: JobEntry) -> dict[str, Any]:
    """Return the fields of an entry that outlast a change of state.

    Parameters
    ----------
    entry : JobEntry
        The previous entry.

    Returns
    -------
    dict
        Fields of `JobEntry`.
    """
    return {name: getattr(entry, name) for name in _LASTING}


def describe(error: BaseException) -> str:
    r"""Describe an error in one line, ``<ExceptionType>: <message>``.

    Parameters
    ----------
    error : BaseException
        The error.

    Returns
    -------
    str

    Examples
    --------
    >>> describe(ValueError("no such\nfile"))
    'ValueError: no such file'
    """
    return readable(f"{type(error).__name__}: {' '.join(str(error).split())}")


def failed_step(step: str, error: Exception) -> StepOutcome:
    """Return what became of a step of a session that failed.

    Parameters
    ----------
    step : str
        What the step is called.
    error : Exception
        Why it failed.

    Returns
    -------
    StepOutcome
    """
    hint = error.hint if isinstance(error, NeuroPoseError) else None
    return StepOutcome(step=step, error=describe(error), hint=hint and readable(hint))


def videos_to_leave_out(entry: JobEntry, without: tuple[str, ...]) -> dict[str, str]:
    """Return which videos and marker files of a failed job are left out, and why each failed.

    Parameters
    ----------
    entry : JobEntry
        Entry of the job.
    without : tuple of str
        File names, or keys such as ``video_02`` or ``markers_01``; empty for all that failed.

    Returns
    -------
    dict of str to str
        The error of each video by file name.

    Raises
    ------
    JobError
        If there is no such video, none failed, or none would be left.

    Examples
    --------
    >>> entry = JobEntry(
    ...     state=JobState.FAILED,
    ...     queued_at=datetime.fromisoformat("2026-03-01T20:15:00Z"),
    ...     error="VideoEmptyError: b.mp4: the file is empty",
    ...     videos=("a.mp4", "b.mp4"),
    ...     outcomes=(
    ...         VideoOutcome(people=1, frames=9, frames_with_people=9),
    ...         VideoFailure(error="VideoEmptyError: the file is empty"),
    ...     ),
    ... )
    >>> videos_to_leave_out(entry, ())
    {'b.mp4': 'VideoEmptyError: the file is empty'}
    """
    became = [
        *zip(entry.videos, entry.outcomes, strict=False),
        *zip(entry.markers, entry.marker_outcomes, strict=False),
    ]
    errors = {name: each.error for name, each in became if isinstance(each, VideoFailure)}
    keys = {video_key(number): name for number, name in enumerate(entry.videos, start=1)}
    keys |= {markers_key(number): name for number, name in enumerate(entry.markers, start=1)}
    files = (*entry.videos, *entry.markers)
    chosen = [keys.get(video, video) for video in without] or list(errors)
    if not chosen:
        raise JobError(
            "it is not known which of its videos failed",
            hint="name them with --without VIDEO, or try the job again",
        )
    for name in chosen:
        if name not in files:
            hint = did_you_mean(name, files, instead=f"it has {', '.join(files)}")
            raise JobError(f"it has no video {name}", hint=hint)
    left_out = {**entry.left_out, **{name: errors.get(name, ACCEPTED) for name in chosen}}
    if not set(files) - set(left_out):
        raise JobError("without them it would have no video", hint="neuropose jobs remove")
    return left_out
