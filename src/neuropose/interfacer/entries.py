"""A job's entry in the status after a change of state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from neuropose.data import JobEntry, JobState, VideoOutcome
from neuropose.interfacer.layout import RESULTS_NAME, WORK_NAME, Layout, readable

_LASTING = ("queued_at", "started_at", "attempts", "videos", "other_files")


def completed(
    entry: JobEntry, name: str, now: datetime, outcomes: tuple[VideoOutcome, ...] = ()
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
    outcomes : tuple of VideoOutcome
        What was found in each video, if known.

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


def failed(
    entry: JobEntry,
    name: str,
    now: datetime,
    error: str,
    layout: Layout,
    faults: Mapping[str, str] = MappingProxyType({}),
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
    faults : mapping of str to str
        The error of each video that failed, by file name.

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
        faults=faults,
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
