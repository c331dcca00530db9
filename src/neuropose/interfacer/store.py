"""The status of all jobs, in memory and in ``status.json``; only the daemon writes it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import MappingProxyType

from pydantic_core import to_json

from neuropose.data import JobEntry, Status
from neuropose.data.jobs import JOBS_SCHEMA_VERSION
from neuropose.errors import FileFormatError, FileMissingError
from neuropose.interfacer.layout import Layout
from neuropose.io import load_status
from neuropose.io.atomic import write_atomically

_LOG = logging.getLogger(__name__)
PROGRESS_INTERVAL_S = 1.0
"""Least time in seconds between two writes that only report progress."""
CHEAP_S = 0.002
"""Processor time in seconds of a write that is made at once."""
_PAUSE_PER_WRITE, _LEAST_PAUSE_PER_WRITE = 200.0, 20.0
"""How many times as long as the last write, of processor time, there is no other."""
LONGEST_PAUSE_S = 0.5
"""Whoever watches learns of a transition within this time, as long as a write takes 25 ms or less.
"""


class Store:
    """The status of all jobs.

    Parameters
    ----------
    layout : Layout
        The data directory; its subdirectories must exist.
    clock : callable
        Returns a monotonic time in seconds.
    pause_s : float
        Least time in seconds between two writes, but for those that are asked for.

    Raises
    ------
    FileReadError
        If there is a status file that cannot be read.

    Notes
    -----
    Each entry is encoded once: with thousands of finished jobs, a transition costs little more
    than the write. With so many that this is no longer cheap, several transitions share one write,
    so that writing takes half a percent of the time at most. A damaged ``status.json`` is set aside
    as ``status.damaged.json``, and the jobs are found from the directories.
    """

    def __init__(self, layout: Layout, clock: Callable[[], float], pause_s: float = 0.0) -> None:
        self._path = layout.status
        self._pause_s = pause_s
        self._clock = clock
        self._written_s = -float("inf")
        self._due_s = -float("inf")
        self._entries: dict[str, JobEntry] = {}
        self._encoded: dict[str, bytes] = {}
        self._last_number = 0
        self._behind = False
        self._has_progress = False
        self._is_held = False
        self._before: Callable[[], None] = lambda: None
        self._after: Callable[[], None] = lambda: None
        with suppress(FileMissingError):
            self._load()

    @property
    def jobs(self) -> Mapping[str, JobEntry]:
        """Every job by name, read-only."""
        return MappingProxyType(self._entries)

    def before_writes(self, do: Callable[[], None]) -> None:
        """Say what is done before each write.

        Parameters
        ----------
        do : callable
            Makes durable what the status is about to say.
        """
        self._before = do

    def after_writes(self, do: Callable[[], None]) -> None:
        """Say what is done after each write.

        Parameters
        ----------
        do : callable
            Removes what is not needed once the status says it.
        """
        self._after = do

    def next_number(self) -> int:
        """Return a number for a job that no other job has or had.

        Returns
        -------
        int
            From 1.
        """
        self._last_number += 1
        return self._last_number

    def put(self, changes: Mapping[str, JobEntry | None]) -> None:
        """Record transitions, and write them at once unless writing has become expensive.

        Parameters
        ----------
        changes : mapping of str to JobEntry or None
            New entries by name; None removes the job.

        Raises
        ------
        OutputError
            If it cannot be written; the next write includes it.
        """
        for name, entry in changes.items():
            self._note(name, entry)
        if changes:
            self._behind = True
            self.write_if_due()

    def put_progress(self, name: str, entry: JobEntry) -> None:
        """Record progress; written at most once a second.

        Parameters
        ----------
        name : str
            Name of the job.
        entry : JobEntry
            Its new entry.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        self._note(name, entry)
        self._has_progress = True
        self.write_if_due()

    def write_if_due(self) -> None:
        """Write what is not yet written, unless a write was too expensive too recently.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        if self._is_held:
            return
        now_s = self._clock()
        is_time = self._has_progress and now_s - self._written_s >= PROGRESS_INTERVAL_S
        if (self._behind or is_time) and now_s >= self._due_s:
            self.write()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Write what is recorded within, all of it by one write, at the end."""
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False

    def write(self) -> None:
        """Write everything.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        self._behind = True
        began_s = time.thread_time()
        self._before()
        write_atomically(self._path, self._content())
        cost_s = time.thread_time() - began_s
        self._written_s = self._clock()
        pause_s = (cost_s > CHEAP_S) * min(
            cost_s * _PAUSE_PER_WRITE, max(LONGEST_PAUSE_S, cost_s * _LEAST_PAUSE_PER_WRITE)
        )
        self._due_s = self._written_s + max(pause_s, self._pause_s)
        self._behind = self._has_progress = False
        self._after()

    @property
    def is_behind(self) -> bool:
        """Whether the file is out of date: the last write failed, or the next is not yet due."""
        return self._behind

    def _note(self, name: str, entry: JobEntry | None) -> None:
        if entry is None:
            self._entries.pop(name, None)
            self._encoded.pop(name, None)
        else:
            self._entries[name] = entry
            self._encoded[name] = b"%b:%b" % (to_json(name), to_json(entry))

    def _content(self) -> Iterator[bytes]:
        head = b'{"schema_version":%d,"last_number":%d,"jobs":{\n'
        yield head % (JOBS_SCHEMA_VERSION, self._last_number)
        yield b",\n".join(self._encoded.values())
        yield b"}}\n"

    def _load(self) -> None:
        try:
            status = load_status(self._path)
        except FileFormatError:
            aside = self._path.with_suffix(".damaged.json")
            self._path.replace(aside)
            _LOG.warning("the status is damaged, and set aside as %s", aside.name)
            status = Status()
        numbers = (entry.number or 0 for entry in status.jobs.values())
        self._last_number = max(status.last_number, *numbers, 0)
        for name, entry in status.jobs.items():
            self._note(name, entry)
