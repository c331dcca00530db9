"""What happened to the jobs since a moment, in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import Field, FiniteFloat

from neuropose.data import JobEntry, JobState, VideoOutcome
from neuropose.data.metadata import Contract, NonNegativeInt


class Summary(Contract):
    """What happened since a moment, and what waits.

    Parameters
    ----------
    completed, failed : int
        Jobs that ended since then.
    processing, queued : int
        Jobs that are being processed now, or wait.
    videos, frames, frames_with_people : int
        Of the jobs that ended.
    seconds : float
        How long these took together.
    jobs : tuple of str
        Their names.
    """

    completed: NonNegativeInt
    failed: NonNegativeInt
    processing: NonNegativeInt
    queued: NonNegativeInt
    videos: NonNegativeInt
    frames: NonNegativeInt
    frames_with_people: NonNegativeInt
    seconds: Annotated[FiniteFloat, Field(ge=0)]
    jobs: tuple[str, ...] = ()


def ended_since(jobs: Mapping[str, JobEntry], since: datetime) -> dict[str, JobEntry]:
    """Return the jobs that ended since a moment.

    Parameters
    ----------
    jobs : mapping of str to JobEntry
        All jobs.
    since : datetime
        The moment.

    Returns
    -------
    dict of str to JobEntry
    """
    return {
        name: job
        for name, job in jobs.items()
        if job.finished_at is not None and job.finished_at >= since
    }


def summarise(jobs: Mapping[str, JobEntry], since: datetime) -> Summary:
    """Sum up what happened since a moment.

    Parameters
    ----------
    jobs : mapping of str to JobEntry
        All jobs.
    since : datetime
        Jobs that ended earlier do not count.

    Returns
    -------
    Summary

    Examples
    --------
    >>> from datetime import UTC
    >>> evening = datetime(2026, 3, 1, 20, tzinfo=UTC)
    >>> summarise({"anna": JobEntry(state="queued", queued_at=evening)}, evening).queued
    1
    """
    ended = ended_since(jobs, since)
    found = [
        outcome
        for job in ended.values()
        for outcome in job.outcomes
        if isinstance(outcome, VideoOutcome)
    ]
    states = [job.state for job in ended.values()]
    spans = (
        (job.finished_at - job.started_at).total_seconds()
        for job in ended.values()
        if job.finished_at is not None and job.started_at is not None
    )
    return Summary(
        completed=states.count(JobState.COMPLETED),
        failed=states.count(JobState.FAILED),
        processing=sum(job.state is JobState.PROCESSING for job in jobs.values()),
        queued=sum(job.state is JobState.QUEUED for job in jobs.values()),
        videos=len(found),
        frames=sum(outcome.frames for outcome in found),
        frames_with_people=sum(outcome.frames_with_people for outcome in found),
        seconds=max(0.0, sum(spans)),
        jobs=tuple(ended),
    )
