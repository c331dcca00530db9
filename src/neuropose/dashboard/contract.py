"""What the API answers, as contracts."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field, FiniteFloat

from neuropose.data import JobEntry
from neuropose.data.metadata import Contract, NonNegativeInt
from neuropose.interfacer.machine.summary import Summary

_NonNegative = Annotated[FiniteFloat, Field(ge=0)]


class Job(Contract):
    """A job.

    Parameters
    ----------
    key : str
        Stands for it in addresses.
    name : str
        Name of the job.
    entry : JobEntry
        Its status.
    """

    key: str
    name: str
    entry: JobEntry


class JobList(Contract):
    """A page of jobs: those in work, then the queue, then those that ended last.

    Parameters
    ----------
    jobs : tuple of Job
        Those of the page.
    total : int
        How many there are on all pages.
    page, pages : int
        Number of the page, from 1, and how many there are.
    """

    jobs: tuple[Job, ...]
    total: NonNegativeInt
    page: Annotated[int, Field(ge=1)]
    pages: Annotated[int, Field(ge=1)]


class Gpu(Contract):
    """A graphics card.

    Parameters
    ----------
    name : str
        What it is.
    memory_used_mb, memory_total_mb : float
        Its memory.
    used_percent : float or None
        How busy it is; None if it does not say.
    """

    name: str
    memory_used_mb: _NonNegative
    memory_total_mb: _NonNegative
    used_percent: _NonNegative | None = None


class Machine(Contract):
    """The machine that does the work.

    Parameters
    ----------
    version : str
        Of NeuroPose.
    daemon_running : bool or None
        Whether a daemon is at work; None if nobody knows, as the disk has no locks.
    daemon_since : datetime or None
        When it began, if it says so.
    queue_done_at : datetime or None
        When all waiting jobs will be done at the speed so far; None if none wait, or no speed is
        known.
    disk_free_gb, disk_total_gb : float or None
        Space on the disk of the data directory, in 10⁹ bytes; None if the system does not tell.
    disk_reserve_gb : float
        Free space below which no job is started.
    model : str
        The pose model.
    weights : str or None
        ``present``, ``missing`` or ``damaged``; None if the model has none of the pinned ones.
    device : str
        Where it runs, as it was set.
    cores : int
        CPU cores that may be used.
    gpus : tuple of Gpu
        Those of NVIDIA; others are not looked for.
    """

    version: str
    daemon_running: bool | None
    daemon_since: AwareDatetime | None = None
    queue_done_at: AwareDatetime | None = None
    disk_free_gb: _NonNegative | None = None
    disk_total_gb: _NonNegative | None = None
    disk_reserve_gb: _NonNegative
    model: str
    weights: str | None = None
    device: str
    cores: Annotated[int, Field(ge=1)]
    gpus: tuple[Gpu, ...] = ()


class SummarySince(Contract):
    """What happened since a moment.

    Parameters
    ----------
    since : datetime
        The moment.
    summary : Summary
        What happened.
    """

    since: AwareDatetime
    summary: Summary


class Refusal(Contract):
    """Why there is no other answer.

    Parameters
    ----------
    error : str
        One line: what happened.
    hint : str or None
        One line: what to do about it.
    languages : mapping of str to str
        The code of the language of each that is in another one than was asked for.
    """

    error: str
    hint: str | None = None
    languages: dict[str, str] = Field(default_factory=dict)
