"""All jobs at one moment, in the order in which they are shown, found by key or by words."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from neuropose.data import JobEntry, JobState
from neuropose.interfacer.names import apart, composed, printable, same_name

PAGE_SIZE = 50
_HASH_LENGTH = 20
_FIRST = {
    JobState.PROCESSING: 0,
    JobState.QUEUED: 1,
    JobState.FAILED: 2,
    JobState.COMPLETED: 2,
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A job as it is listed.

    Parameters
    ----------
    key : str
        Stands for it in addresses: its number, or letters for one that has none. No name of a job
        is ever part of an address, where it would end up in the history of a browser.
    name : str
        Name of the job; only what the status says is ever used to find a folder.
    entry : JobEntry
        Its entry.
    """

    key: str
    name: str
    entry: JobEntry


@dataclass(frozen=True, slots=True)
class Selection:
    """One page of the jobs that somebody asked for.

    Parameters
    ----------
    jobs : sequence of Listed
        Those of the page.
    total : int
        How many there are on all pages.
    page, pages : int
        Number of the page, from 1, and how many there are.
    """

    jobs: Sequence[Listed]
    total: int
    page: int
    pages: int


class JobIndex:
    """All jobs at one moment.

    Parameters
    ----------
    jobs : mapping of str to JobEntry
        By name, from ``status.json``.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> entry = JobEntry(state="queued", queued_at=datetime(2026, 3, 1, tzinfo=UTC), number=7)
    >>> index = JobIndex({"Anna": entry})
    >>> index.find("7").name, index.select(search="ann").total, index.find("../7")
    ('Anna', 1, None)
    """

    def __init__(self, jobs: Mapping[str, JobEntry]) -> None:
        self.jobs = jobs

    @cached_property
    def _by_key(self) -> dict[str, Listed]:
        found: dict[str, Listed] = {}
        for name, entry in self.jobs.items():
            key = key_of(name, entry)
            if key in found:  # two of a number, in a status that was put together by hand
                key = _hashed(name)
            found[key] = Listed(key, name, entry)
        return found

    @cached_property
    def _ordered(self) -> list[Listed]:
        return sorted(self._by_key.values(), key=_order)

    @cached_property
    def _looks(self) -> Counter[str]:
        return Counter(composed(name) for name in self.jobs)

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many jobs are in each state."""
        counted = Counter(entry.state for entry in self.jobs.values())
        return {state.value: counted[state] for state in JobState}

    def find(self, key: str) -> Listed | None:
        """Return a job.

        Parameters
        ----------
        key : str
            From an address, whatever it says.

        Returns
        -------
        Listed or None
            None if there is none.
        """
        return self._by_key.get(key)

    def of(self, name: str) -> Listed | None:
        """Return the job of a name.

        Parameters
        ----------
        name : str
            Name of the job, exactly.

        Returns
        -------
        Listed or None
            None if there is none.
        """
        entry = self.jobs.get(name)
        if entry is None:
            return None
        job = self._by_key[key_of(name, entry)]
        return job if job.name == name else self._by_key[_hashed(name)]

    def shown(self, name: str) -> str:
        """Return a name as it is shown: on one line, and apart from others that look the same.

        Parameters
        ----------
        name : str
            Name of a job.

        Returns
        -------
        str
        """
        looks = composed(name)
        if self._looks[looks] < 2:
            return printable(name)
        return apart(name, {other for other in self.jobs if composed(other) == looks})

    def select(
        self,
        *,
        state: JobState | None = None,
        search: str = "",
        page: int = 1,
        size: int = PAGE_SIZE,
    ) -> Selection:
        """Return a page of jobs: those in work, then the queue, then those that ended last.

        Parameters
        ----------
        state : JobState, optional
            Only jobs in this state.
        search : str
            Only jobs whose name or number has this in it, whatever the case.
        page : int
            From 1; one too large is the last.
        size : int
            Most jobs a page.

        Returns
        -------
        Selection
        """
        wanted = same_name(search.strip())
        found = [
            job
            for job in self._ordered
            if (state is None or job.entry.state is state)
            and (not wanted or wanted in same_name(job.name) or wanted == job.key)
        ]
        pages = max(1, -(-len(found) // size))
        page = min(max(1, page), pages)
        return Selection(found[(page - 1) * size : page * size], len(found), page, pages)


def key_of(name: str, entry: JobEntry) -> str:
    """Return what stands for a job in addresses, unless another has the same number.

    Parameters
    ----------
    name : str
        Name of the job.
    entry : JobEntry
        Its entry.

    Returns
    -------
    str
    """
    return _hashed(name) if entry.number is None else str(entry.number)


def _hashed(name: str) -> str:
    return "j" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_LENGTH]


def _order(job: Listed) -> tuple[int, int, float, str]:
    entry = job.entry
    since = entry.finished_at or entry.started_at or entry.queued_at
    return _FIRST[entry.state], entry.position or 0, -since.timestamp(), job.name
