"""What a job's entry in the status becomes when its state changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from neuropose.data import JobEntry, JobState, VideoOutcome
from neuropose.interfacer.layout import RESULTS_NAME, WORK_NAME, Layout, readable

_LASTING = ("queued_at", "started_at", "attempts", "videos", "other_files")


def completed(
    entry: JobEntry, name: str, now: datetime, outcomes: tuple[VideoOutcome, ...] = ()
) -> JobEntry:
    """Entry of a job that is in ``out/`` with its results.

    Parameters
    ----------
    entry : JobEntry
        As it was.
    name : str
        Of the job.
    now : datetime
        UTC.
    outcomes : tuple of VideoOutcome
        What was found in each video, if it is known.

    Returns
    -------
    JobEntry
    """
    return JobEntry(
        **lasting(entry),
        outcomes=outcomes,
        state=JobState.COMPLETED,
        finished_at=now,
        results=f"out/{name}/{RESULTS_NAME}",
    )


def failed(entry: JobEntry, name: str, now: datetime, error: str, layout: Layout) -> JobEntry:
    """Entry of a job that is in ``failed/``, with the predictions that it leaves.

    Parameters
    ----------
    entry : JobEntry
        As it was.
    name : str
        Of the job.
    now : datetime
        UTC.
    error : str
        From `describe`.
    layout : Layout
        Where the job lies.

    Returns
    -------
    JobEntry
    """
    kept = sorted((layout.failed / name / WORK_NAME).glob("video_*.json"))
    return JobEntry(
        **lasting(entry),
        state=JobState.FAILED,
        finished_at=now,
        predictions=tuple(path.relative_to(layout.root).as_posix() for path in kept),
        error=error,
    )


def lasting(entry: JobEntry) -> dict[str, Any]:
    """Give what of an entry outlasts a change of state.

    Parameters
    ----------
    entry : JobEntry

    Returns
    -------
    dict
        Fields of `JobEntry`.
    """
    return {name: getattr(entry, name) for name in _LASTING}


def describe(error: BaseException) -> str:
    r"""Put an error into one line, ``<ExceptionType>: <message>``.

    Parameters
    ----------
    error : BaseException

    Returns
    -------
    str

    Examples
    --------
    >>> describe(ValueError("no such\nfile"))
    'ValueError: no such file'
    """
    return readable(f"{type(error).__name__}: {' '.join(str(error).split())}")
