"""The one task that looks whether the status has changed, and tells every open page."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from neuropose.dashboard.live.feed import Feed
from neuropose.dashboard.live.job_index import JobIndex, key_of
from neuropose.dashboard.live.status_reader import StatusReader
from neuropose.data import JobEntry
from neuropose.errors import NeuroPoseError, OutputError
from neuropose.interfacer.layout import Layout
from neuropose.interfacer.lock import is_held, lock_owner

_LOG = logging.getLogger(__name__)
INTERVAL_S = 0.25
"""How often the status is looked at while a page is open, in seconds."""
_DAEMON_EVERY_S = 2.0
MOST_CHANGES = 100
"""Changes in one message; of more, pages are only told to look anew."""


@dataclass(frozen=True, slots=True)
class DaemonState:
    """Whether a daemon is at work.

    Parameters
    ----------
    is_running : bool or None
        None if this disk has no locks, so that nobody knows.
    since : datetime or None
        When it began, if it says so.
    """

    is_running: bool | None
    since: datetime | None = None


class Watcher:
    """The jobs as they are now.

    Parameters
    ----------
    layout : Layout
        The data directory.
    interval_s : float
        How often the status is looked at while a page is open, in seconds.

    Notes
    -----
    The file is read when it has changed and somebody looks: at night the daemon has the machine for
    itself. It is only read, so that the daemon never waits for the dashboard.
    """

    def __init__(self, layout: Layout, *, interval_s: float = INTERVAL_S) -> None:
        self.layout = layout
        self.feed = Feed()
        self._interval_s = interval_s
        self._reader = StatusReader(layout.status)
        self._index = JobIndex({})
        self._mark: tuple[int, ...] | None = None
        self._trouble: str | None = None
        self._looking = asyncio.Lock()
        self._daemon = DaemonState(is_running=None)

    @property
    def trouble(self) -> str | None:
        """Why the status could not be read when it was last looked at; None if it could."""
        return self._trouble

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        daemon_s = -float("inf")
        clock = asyncio.get_running_loop().time
        while True:
            if len(self.feed):
                try:
                    await self.jobs()
                    if clock() - daemon_s >= _DAEMON_EVERY_S:
                        daemon_s = clock()
                        await self._look_for_daemon()
                except Exception:
                    _LOG.exception("the status could not be watched")
            await asyncio.sleep(self._interval_s)

    async def jobs(self) -> JobIndex:
        """Return all jobs as they are now, and tell every page if they have changed.

        Returns
        -------
        JobIndex
            The latest that could be read.
        """
        async with self._looking:
            mark = await asyncio.to_thread(_mark_of, self.layout.status)
            if mark == self._mark:
                return self._index
            try:
                jobs = await asyncio.to_thread(self._reader.read)
            except NeuroPoseError as error:
                self._trouble = error.message
                return self._index
            self._trouble = None
            before, self._index, self._mark = self._index, JobIndex(jobs), mark
            self.feed.tell("jobs", changes(before.jobs, self._index))
            return self._index

    async def daemon(self) -> DaemonState:
        """Return whether a daemon is at work.

        Returns
        -------
        DaemonState
        """
        self._daemon = await asyncio.to_thread(daemon_state, self.layout)
        return self._daemon

    async def _look_for_daemon(self) -> None:
        before = self._daemon
        if await self.daemon() != before:
            self.feed.tell("daemon", {"running": self._daemon.is_running})


def daemon_state(layout: Layout) -> DaemonState:
    """Return whether a daemon is at work in a data directory.

    Parameters
    ----------
    layout : Layout
        The data directory.

    Returns
    -------
    DaemonState
    """
    try:
        owner = lock_owner(layout)
        return DaemonState(
            is_running=owner is not None or is_held(layout),
            since=None if owner is None else owner.since,
        )
    except OutputError:
        return DaemonState(is_running=None)


def changes(before: Mapping[str, JobEntry], index: JobIndex) -> dict[str, Any]:
    """Return what has changed, as pages are told.

    Parameters
    ----------
    before : mapping of str to JobEntry
        The jobs as they were.
    index : JobIndex
        As they are now.

    Returns
    -------
    dict
        ``counts`` by state; ``changed``: a mapping for each job that is new or different, without
        its name; ``anew`` is true if too many changed, or some are gone.
    """
    now = index.jobs
    changed = [
        name
        for name, entry in now.items()
        if before.get(name) is not entry and before.get(name) != entry
    ]
    gone = any(name not in now for name in before)
    few = () if len(changed) > MOST_CHANGES else changed
    told = [_told(name, now[name]) for name in few]
    return {"counts": index.counts, "changed": told, "anew": gone or len(told) < len(changed)}


def _told(name: str, entry: JobEntry) -> dict[str, Any]:
    at = entry.progress
    return {
        "key": key_of(name, entry),
        "state": entry.state.value,
        "progress": None if at is None else at.model_dump(mode="json", exclude={"video"}),
    }


def _mark_of(path: Path) -> tuple[int, ...]:
    """Return what changes whenever the file is replaced."""
    try:
        about = path.stat()
    except OSError:
        return ()
    return about.st_mtime_ns, about.st_size, about.st_ino
