"""Moving jobs between ``in/``, ``out/`` and ``failed/``, with the status kept up to date."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from neuropose.data import JobEntry, JobProgress, JobState, VideoOutcome
from neuropose.errors import CancelledError, JobError, OutputError
from neuropose.interfacer import entries
from neuropose.interfacer.intake import WaitingJob
from neuropose.interfacer.layout import RESULTS_NAME, WORK_NAME, Layout, readable
from neuropose.interfacer.recovery import recover
from neuropose.interfacer.staging import clear_staging, remove_job
from neuropose.interfacer.store import Store
from neuropose.io.atomic import sync_folder
from neuropose.io.reconstruction_file import SUFFIX

_LOG = logging.getLogger(__name__)


def utc_now() -> datetime:
    """Return the current time in UTC.

    Returns
    -------
    datetime
    """
    return datetime.now(UTC)


class Lifecycle:
    """Moves jobs by one rename each and records it; only the holder of the lock may use one.

    Parameters
    ----------
    layout : Layout
        The data directory; its subdirectories must exist.
    store : Store
        The status of all jobs.
    now : callable
        Returns the current time in UTC.
    """

    def __init__(self, layout: Layout, store: Store, now: Callable[[], datetime] = utc_now) -> None:
        self._layout = layout
        self._store = store
        self._now = now

    def recover(self) -> None:
        """Reconcile the status with the directories after an earlier daemon ended.

        Raises
        ------
        OutputError
            If a job that was interrupted cannot be moved to ``failed/``.
        """
        clear_staging(self._layout)
        self._put(recover(self._layout, self._store.jobs, self._now()))

    def is_taken(self, name: str) -> bool:
        """Return whether an earlier job with this name is in ``out/`` or ``failed/``.

        Parameters
        ----------
        name : str
            Name of the job.

        Returns
        -------
        bool
        """
        return any(
            os.path.lexists(folder / name) for folder in (self._layout.out, self._layout.failed)
        )

    def queue(self, waiting: Iterable[WaitingJob], reasons: Callable[[str], str | None]) -> None:
        """Record which jobs wait in ``in/``, in which order, and which have disappeared.

        Parameters
        ----------
        waiting : iterable of WaitingJob
            All waiting jobs, without those being processed. A job whose name is taken, or cannot be
            stored, is recorded when it gets another name.
        reasons : callable
            Returns, by name, why a job is held back, or None.
        """
        waiting = list(waiting)
        there = {job.name for job in waiting if not job.loose}
        changes: dict[str, JobEntry | None] = {
            name: None
            for name, entry in self._store.jobs.items()
            if entry.state is JobState.QUEUED and name not in there
        }
        for position, job in enumerate(waiting, start=1):
            if not job.loose and readable(job.name) == job.name and not self.is_taken(job.name):
                entry = self._queued(job, position, reasons(job.name) or job.reason)
                if entry != self._store.jobs.get(job.name):
                    changes[job.name] = entry
        self._put(changes)

    def begin(self, job: WaitingJob) -> JobEntry:
        """Record that a job is being processed.

        Parameters
        ----------
        job : WaitingJob
            The job, in its own directory and under its final name.

        Returns
        -------
        JobEntry
        """
        before = self._store.jobs.get(job.name)
        entry = JobEntry(
            state=JobState.PROCESSING,
            queued_at=before.queued_at if before is not None else self._now(),
            started_at=self._now(),
            attempts=(before.attempts if before is not None else 0) + 1,
            videos=tuple(map(readable, job.videos)),
            other_files=tuple(map(readable, job.other_files)),
        )
        self._put({job.name: entry})
        return entry

    def show(self, name: str, progress: JobProgress) -> None:
        """Record the progress of a job; written at most once a second.

        Parameters
        ----------
        name : str
            Name of the job.
        progress : JobProgress
            Progress of the current video.
        """
        entry = self._store.jobs[name].model_copy(update={"progress": progress})
        with suppress(OutputError):  # the next write includes it
            self._store.put_progress(name, entry)

    def complete(self, name: str, outcomes: tuple[VideoOutcome, ...] = ()) -> None:
        """Move a job whose results lie in its working folder to ``out/``.

        Parameters
        ----------
        name : str
            Name of the job.
        outcomes : tuple of VideoOutcome
            What was found in each video.

        Raises
        ------
        OutputError
            If it cannot be moved; in that case it stays in ``in/``.
        """
        folder = self._layout.inbox / name
        try:
            for path in sorted((folder / WORK_NAME).glob(f"*{SUFFIX}")):
                path.replace(folder / path.name)
            (folder / WORK_NAME / RESULTS_NAME).replace(folder / RESULTS_NAME)
        except OSError as error:
            raise OutputError(f"{RESULTS_NAME} cannot be written: {error.strerror}") from error
        self._move(name, self._layout.inbox, self._layout.out)
        shutil.rmtree(self._layout.out / name / WORK_NAME, ignore_errors=True)
        entry = entries.completed(self._store.jobs[name], name, self._now(), outcomes)
        self._put({name: entry})

    def fail(
        self, name: str, error: Exception, faults: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Move a job to ``failed/``.

        Parameters
        ----------
        name : str
            Name of the job.
        error : Exception
            The reason.
        faults : mapping of str to str
            The error of each video that failed, by file name.

        Raises
        ------
        OutputError
            If it cannot be moved; in that case it stays in ``in/``.
        """
        self._move(name, self._layout.inbox, self._layout.failed)
        entry = self._store.jobs.get(name) or self._unknown()
        reason = entries.describe(error)
        told = {readable(video): fault for video, fault in faults.items()}
        self._put({name: entries.failed(entry, name, self._now(), reason, self._layout, told)})

    def put_back(self, name: str, reason: str | None) -> None:
        """Record that a job that was being processed waits again in ``in/``.

        Parameters
        ----------
        name : str
            Name of the job.
        reason : str or None
            What it waits for; None if only for its turn.
        """
        lasting = {**entries.lasting(self._store.jobs[name]), "started_at": None}
        self._put(
            {name: JobEntry(**lasting, state=JobState.QUEUED, position=1, waiting_for=reason)}
        )

    def retry(self, name: str) -> str:
        """Move a failed job back into ``in/``.

        Parameters
        ----------
        name : str
            Name of the job.

        Returns
        -------
        str
            What was done, in a few words.

        Raises
        ------
        JobError
            If it has not failed, or another job with that name waits.
        OutputError
            If it cannot be moved.
        """
        place = self._place_of(name)
        if place != self._layout.failed:
            raise JobError(
                f"the job has not failed, it is in {place.name}/",
                hint="only failed jobs can be tried again; neuropose jobs list --state failed",
            )
        self._move(name, place, self._layout.inbox)
        entry = self._store.jobs.get(name) or self._unknown()
        lasting = {**entries.lasting(entry), "queued_at": self._now(), "started_at": None}
        self._put({name: JobEntry(**lasting, state=JobState.QUEUED, position=1)})
        return "waits to be tried again"

    def cancel(self, name: str) -> str:
        """Move a waiting job to ``failed/``.

        Parameters
        ----------
        name : str
            Name of the job.

        Returns
        -------
        str
            What was done, in a few words.

        Raises
        ------
        JobError
            If it is not waiting.
        OutputError
            If it cannot be moved.
        """
        place = self._place_of(name)
        if place != self._layout.inbox:
            raise JobError(
                f"the job has ended already, it is in {place.name}/",
                hint="neuropose jobs remove removes it",
            )
        self.fail(name, CancelledError("cancelled by the operator"))
        return "is in failed/; neuropose jobs retry resumes it"

    def remove(self, name: str) -> str:
        """Remove a job with its videos and results, wherever it is.

        Parameters
        ----------
        name : str
            Name of the job.

        Returns
        -------
        str
            What was done, in a few words.

        Raises
        ------
        JobError
            If it is being processed, or does not exist.
        OutputError
            If it cannot be removed; in that case all of it remains.
        """
        entry = self._store.jobs.get(name)
        if entry is not None and entry.state is JobState.PROCESSING:
            raise JobError(
                "the job is being processed", hint="neuropose jobs cancel stops it first"
            )
        place = self._place_of(name)
        remove_job(place / name, self._layout)
        self._put({name: None})
        return f"is removed from {place.name}/"

    def write_again(self) -> None:
        """Write the status if the last write failed."""
        if self._store.is_behind:
            self._put({})

    def _place_of(self, name: str) -> Path:
        if name not in ("", ".", "..") and "/" not in name and "\0" not in name:
            for place in (self._layout.inbox, self._layout.failed, self._layout.out):
                if (place / name).is_dir() and not (place / name).is_symlink():
                    return place
        raise JobError("there is no such job", hint="neuropose jobs list shows all")

    def _queued(self, job: WaitingJob, position: int, reason: str | None) -> JobEntry:
        before = self._store.jobs.get(job.name)
        known = before is not None and before.state is JobState.QUEUED
        return JobEntry(
            state=JobState.QUEUED,
            queued_at=before.queued_at if before is not None and known else self._now(),
            attempts=before.attempts if before is not None else 0,
            position=position,
            waiting_for=reason,
            videos=tuple(map(readable, job.videos)),
            other_files=tuple(map(readable, job.other_files)),
        )

    def _unknown(self) -> JobEntry:
        return JobEntry(state=JobState.QUEUED, queued_at=self._now())

    def _move(self, name: str, start: Path, end: Path) -> None:
        if os.path.lexists(end / name):
            raise OutputError(
                f"there is a job of that name in {end.name}/ already",
                hint="rename or remove one of them",
            )
        try:
            (start / name).rename(end / name)
        except OSError as error:
            raise OutputError(
                f"the job cannot be moved to {end.name}/: {error.strerror}",
                hint="free some space, or fix the permissions of the data directory",
            ) from error
        with suppress(OSError):  # it has been moved, even if a power cut could still undo it
            sync_folder(end)
            sync_folder(start)

    def _put(self, changes: dict[str, JobEntry | None]) -> None:
        """Record transitions; a status that cannot be written does not stop the work."""
        try:
            self._store.put(changes)
            if self._store.is_behind:
                self._store.write()
        except OutputError as error:
            system = error.__cause__
            reason = system.strerror if isinstance(system, OSError) else None
            _LOG.error("the status cannot be written", extra={"error": reason})
