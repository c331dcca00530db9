"""When the queue will be done, from how long earlier jobs took for videos of what size."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from neuropose.data import JobEntry, JobState
from neuropose.data.jobs import JobProgress
from neuropose.interfacer.layout import Layout

_LATEST = 20
"""How many completed jobs the speed is taken from."""

Sizes = Mapping[str, tuple[int, ...]]
"""Sizes in bytes of the videos of each job, by its name."""


def sizes_of_videos(layout: Layout, jobs: Mapping[str, JobEntry]) -> dict[str, tuple[int, ...]]:
    """Return the sizes of the videos that `forecast` needs.

    Parameters
    ----------
    layout : Layout
        The data directory.
    jobs : mapping of str to JobEntry
        All jobs.

    Returns
    -------
    dict of str to tuple of int
        In bytes, by job; 0 for a video that is not there any more.
    """
    waiting = [name for name, job in jobs.items() if job.state in _UNFINISHED]
    places = [(layout.inbox, waiting), (layout.out, list(_timed(jobs)))]
    return {
        name: tuple(_size_bytes(place / name, video) for video in jobs[name].videos)
        for place, names in places
        for name in names
    }


def forecast(jobs: Mapping[str, JobEntry], sizes: Sizes, now: datetime) -> datetime | None:
    """Estimate when all waiting jobs will have been processed.

    Parameters
    ----------
    jobs : mapping of str to JobEntry
        All jobs.
    sizes : mapping of str to tuple of int
        From `sizes_of_videos`.
    now : datetime
        Current time in UTC.

    Returns
    -------
    datetime or None
        None if nothing waits, or no speed is known yet. The latest 20 completed jobs tell the time
        per byte of a video, and the jobs that run now how many run at once.

    Examples
    --------
    >>> from datetime import UTC
    >>> began = datetime(2026, 3, 1, 20, tzinfo=UTC)
    >>> done = JobEntry(
    ...     state=JobState.COMPLETED,
    ...     queued_at=began,
    ...     started_at=began,
    ...     finished_at=began + timedelta(minutes=10),
    ...     attempts=1,
    ...     results="out/a/results.json",
    ... )
    >>> waits = JobEntry(state=JobState.QUEUED, queued_at=began)
    >>> end = forecast({"a": done, "b": waits}, {"a": (50,), "b": (25,)}, done.finished_at)
    >>> (end - done.finished_at).total_seconds() / 60.0
    5.0
    """
    left = sum(_left_bytes(job, sizes.get(name, ())) for name, job in jobs.items())
    per_byte_s = _seconds_per_byte(jobs, sizes) or _running_seconds_per_byte(jobs, sizes, now)
    if left == 0 or per_byte_s is None:
        return None
    at_once = max(1, sum(job.state is JobState.PROCESSING for job in jobs.values()))
    return now + timedelta(seconds=left * per_byte_s / at_once)


_UNFINISHED = (JobState.QUEUED, JobState.PROCESSING)


def _timed(jobs: Mapping[str, JobEntry]) -> dict[str, float]:
    """Return how long the latest jobs took that completed at their first attempt, in seconds."""
    ended = [
        (job.finished_at, name, (job.finished_at - job.started_at).total_seconds())
        for name, job in jobs.items()
        if job.state is JobState.COMPLETED
        and job.attempts == 1
        and job.finished_at is not None
        and job.started_at is not None
    ]
    return {name: seconds for _, name, seconds in sorted(ended)[-_LATEST:]}


def _seconds_per_byte(jobs: Mapping[str, JobEntry], sizes: Sizes) -> float | None:
    took = _timed(jobs)
    total = sum(sum(sizes.get(name, ())) for name in took)
    return sum(took.values()) / total if total else None


def _running_seconds_per_byte(
    jobs: Mapping[str, JobEntry], sizes: Sizes, now: datetime
) -> float | None:
    seconds = done = 0.0
    for name, job in jobs.items():
        if job.state is JobState.PROCESSING and job.started_at is not None:
            own = sizes.get(name, ())
            seconds += (now - job.started_at).total_seconds()
            done += sum(own) - _left_bytes(job, own)
    return seconds / done if done > 0.0 else None


def _left_bytes(job: JobEntry, sizes: tuple[int, ...]) -> float:
    if job.state not in _UNFINISHED:
        return 0.0
    if (at := job.progress) is None:
        return sum(sizes)
    if at.video in job.markers:  # which come after the videos, and take next to no time
        return 0.0
    return sum(sizes[at.number :]) + _share_left(at) * sum(sizes[at.number - 1 : at.number])


def _share_left(at: JobProgress) -> float:
    return 1.0 - at.percent / 100.0


def _size_bytes(folder: Path, video: str) -> int:
    try:
        return (folder / video).stat().st_size
    except OSError:
        return 0
