"""Moving jobs between ``in/``, ``out/`` and ``failed/``, with the status kept up to date."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from neuropose.data import JobEntry, JobProgress, JobState
from neuropose.errors import CancelledError, JobError, OutputError
from neuropose.interfacer import entries
from neuropose.interfacer.engines.restoring import prepare_again
from neuropose.interfacer.engines.steps import remove, replace
from neuropose.interfacer.entries import MarkerOutcomes, Outcomes, videos_to_leave_out
from neuropose.interfacer.intake import WaitingJob
from neuropose.interfacer.layout import (
    CORRECTED_NAME,
    KEPT_NAME,
    RESULTS_NAME,
    WORK_NAME,
    Layout,
    note_made,
    noted_as_made,
    readable,
)
from neuropose.interfacer.recovery import MOST_INTERRUPTIONS, recover
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
    most_interruptions : int
        How often a job is continued by itself after a daemon ended in the middle of it.
    """

    def __init__(
        self,
        layout: Layout,
        store: Store,
        now: Callable[[], datetime] = utc_now,
        *,
        most_interruptions: int = MOST_INTERRUPTIONS,
    ) -> None:
        self._layout = layout
        self._store = store
        self._now = now
        self._most_interruptions = most_interruptions
        self._unsynced: set[Path] = set()
        self._unwritten: str | None = None  # why, as the log has said it
        self._leftovers: list[Path] = []
        store.before_writes(self._sync)
        store.after_writes(self._clear)

    def recover(self) -> dict[str, JobEntry]:
        """Reconcile the status with the directories after an earlier daemon ended.

        Returns
        -------
        dict of str to JobEntry
            The entries that are new or have changed, by name.

        Raises
        ------
        OutputError
            If a job that was interrupted cannot be moved to ``failed/``.
        """
        clear_staging(self._layout)
        changes = recover(
            self._layout, self._store.jobs, self._now(), most_interruptions=self._most_interruptions
        )
        self._leftovers.extend(self._layout.out.glob(f"*/{WORK_NAME}*"))
        self._put(changes)
        if not self._store.is_behind:
            self._clear()
        return {name: entry for name, entry in changes.items() if entry is not None}

    def entry(self, name: str) -> JobEntry | None:
        """Return the entry of a job.

        Parameters
        ----------
        name : str
            Name of the job.

        Returns
        -------
        JobEntry or None
            None if there is none.
        """
        return self._store.jobs.get(name)

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
            os.path.lexists(f"{folder}/{name}")
            for folder in (self._layout.out, self._layout.failed)
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
                before = self._store.jobs.get(job.name)
                entry = self._queued(job, before, position, reasons(job.name) or job.reason)
                if entry != before:
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
        before = self._store.jobs.get(job.name) or self._unknown()
        now = {
            "number": before.number or self._store.next_number(),
            "started_at": self._now(),
            "attempts": before.attempts + 1,
            **_files(job),
        }
        entry = JobEntry(**{**entries.lasting(before), **now}, state=JobState.PROCESSING)
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

    def complete(
        self, name: str, outcomes: Outcomes = (), markers: MarkerOutcomes = ()
    ) -> JobEntry:
        """Move a job whose results lie in its working folder to ``out/``.

        Parameters
        ----------
        name : str
            Name of the job.
        outcomes : tuple of VideoOutcome or VideoFailure
            What became of each video.
        markers : tuple of MarkersOutcome or VideoFailure
            What became of each marker file.

        Returns
        -------
        JobEntry
            Its new entry.

        Raises
        ------
        OutputError
            If it cannot be moved; in that case it stays in ``in/``.
        """
        folder = self._layout.inbox / name
        work = folder / WORK_NAME
        try:
            made = {each.name: each for each in _made(work)}
            earlier = noted_as_made(folder)
            if made or earlier:
                note_made(folder, earlier | made.keys())
            for gone in earlier - made.keys():
                remove(folder / gone)
            for path in made.values():
                replace(path, folder / path.name)
            (work / RESULTS_NAME).replace(folder / RESULTS_NAME)
        except OSError as error:
            raise OutputError(f"{RESULTS_NAME} cannot be written: {error.strerror}") from error
        self._move(name, self._layout.inbox, self._layout.out)
        self._leftovers.append(self._layout.out / name / WORK_NAME)
        entry = entries.completed(self._store.jobs[name], name, self._now(), outcomes, markers)
        self._put({name: entry})
        return entry

    def fail(
        self,
        name: str,
        error: Exception,
        outcomes: Outcomes = (),
        markers: MarkerOutcomes = (),
    ) -> JobEntry:
        """Move a job to ``failed/``.

        Parameters
        ----------
        name : str
            Name of the job.
        error : Exception
            The reason.
        outcomes : tuple of VideoOutcome or VideoFailure
            What became of each video, if known.
        markers : tuple of MarkersOutcome or VideoFailure
            What became of each marker file, if known.

        Returns
        -------
        JobEntry
            Its new entry.

        Raises
        ------
        OutputError
            If it cannot be moved; in that case it stays in ``in/``.
        """
        self._move(name, self._layout.inbox, self._layout.failed)
        before = self._store.jobs.get(name) or self._unknown()
        reason = entries.describe(error)
        entry = entries.failed(before, name, self._now(), reason, self._layout, outcomes, markers)
        self._put({name: entry})
        return entry

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

    def interrupt(self, name: str) -> bool:
        """Record that a job waits again, as it was interrupted through no fault of its own.

        Parameters
        ----------
        name : str
            Name of the job.

        Returns
        -------
        bool
            False if that has happened too often, and nothing was recorded.
        """
        before = self._store.jobs[name]
        if before.interruptions >= self._most_interruptions:
            return False
        again = {"interruptions": before.interruptions + 1, "started_at": None}
        lasting = {**entries.lasting(before), **again}
        self._put({name: JobEntry(**lasting, state=JobState.QUEUED, position=1)})
        return True

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
        entry = self._store.jobs.get(name)
        if entry is not None and entry.state is JobState.QUEUED and entry.interruptions:
            return "was interrupted, and waits to be continued already"
        self._require_failed(name)
        self._queue_again(name, {})
        return "waits to be tried again"

    def rerun(self, name: str) -> str:
        """Move a completed job back into ``in/``; its poses are kept.

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
            If it has not completed, its results cannot be read, or another job with that name
            waits.
        OutputError
            If it cannot be moved.
        """
        self.flush()  # its working folder is then gone
        place = self._place_of(name)
        if place != self._layout.out:
            raise JobError(
                f"the job has not completed, it is in {place.name}/",
                hint="neuropose jobs retry tries a failed job again",
            )
        before = self._store.jobs.get(name)
        inputs = () if before is None else (*before.videos, *before.markers, *before.other_files)
        prepare_again(place / name, inputs)
        self._queue_again(name, {} if before is None else before.left_out, self._layout.out)
        corrected = os.path.lexists(self._layout.inbox / name / CORRECTED_NAME)
        followed = f", as corrected in {CORRECTED_NAME}" if corrected else ""
        return f"waits for everything after the poses to be done again{followed}"

    def accept(self, name: str, without: tuple[str, ...] = ()) -> str:
        """Move a failed job back into ``in/``, to be completed without some of its videos.

        Parameters
        ----------
        name : str
            Name of the job.
        without : tuple of str
            The videos to go without, by file name or as ``video_02``; empty for all that failed.

        Returns
        -------
        str
            What was done, in a few words.

        Raises
        ------
        JobError
            If it has not failed, has no such video, or would have no video left.
        OutputError
            If it cannot be moved.
        """
        self._require_failed(name)
        entry = self._store.jobs.get(name) or self._unknown()
        left_out = videos_to_leave_out(entry, without)
        self._queue_again(name, left_out)
        names = ", ".join(sorted(left_out))
        return f"waits to be completed without {names}"

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

    def _require_failed(self, name: str) -> None:
        place = self._place_of(name)
        if place != self._layout.failed:
            raise JobError(
                f"the job has not failed, it is in {place.name}/",
                hint="only failed jobs can be tried again; neuropose jobs list --state failed",
            )

    def _queue_again(
        self, name: str, left_out: Mapping[str, str], start: Path | None = None
    ) -> None:
        self._move(name, start or self._layout.failed, self._layout.inbox)
        entry = self._store.jobs.get(name) or self._unknown()
        anew = {"queued_at": self._now(), "started_at": None, "interruptions": 0}
        lasting = {**entries.lasting(entry), **anew, "left_out": left_out}
        self._put({name: JobEntry(**lasting, state=JobState.QUEUED, position=1)})

    @contextmanager
    def together(self) -> Iterator[None]:
        """Record what is done within by one write of the status, at the end."""
        with self._store.held():
            yield
        self.write_again()

    def write_again(self) -> None:
        """Write the status if it is out of date, and that is due."""
        self._put({})

    def flush(self) -> None:
        """Write the status if it is out of date."""
        if self._store.is_behind:
            with self._logged():
                self._store.write()

    def _place_of(self, name: str) -> Path:
        if name not in ("", ".", "..") and "/" not in name and "\0" not in name:
            for place in (self._layout.inbox, self._layout.failed, self._layout.out):
                if (place / name).is_dir() and not (place / name).is_symlink():
                    return place
        raise JobError("there is no such job", hint="neuropose jobs list shows all")

    def _queued(
        self, job: WaitingJob, before: JobEntry | None, position: int, reason: str | None
    ) -> JobEntry:
        files = _files(job)
        if before is None:
            before = self._unknown()
        elif before.state is JobState.QUEUED and all(
            getattr(before, kind) == names for kind, names in files.items()
        ):  # with thousands of jobs, each scan only moves them up
            return before.model_copy(update={"position": position, "waiting_for": reason})
        now = {
            "number": before.number or self._store.next_number(),
            "queued_at": before.queued_at if before.state is JobState.QUEUED else self._now(),
            "started_at": None,
            **files,
        }
        return JobEntry(
            **{**entries.lasting(before), **now},
            state=JobState.QUEUED,
            position=position,
            waiting_for=reason,
        )

    def _unknown(self) -> JobEntry:
        return JobEntry(state=JobState.QUEUED, queued_at=self._now())

    def _move(self, name: str, start: Path, end: Path) -> None:
        goal = end / name
        if os.path.lexists(goal):
            raise OutputError(
                f"there is a job of that name in {end.name}/ already",
                hint="rename or remove one of them",
            )
        try:
            (start / name).rename(goal)
        except OSError as error:
            raise OutputError(
                f"the job cannot be moved to {end.name}/: {error.strerror}",
                hint="free some space, or fix the permissions of the data directory",
            ) from error
        self._unsynced |= {start, end}

    def _sync(self) -> None:
        """Sync the folders from and to which jobs have been moved: before the status says so."""
        for folder in self._unsynced:
            with suppress(OSError):  # it was moved, even if a power cut could still undo it
                sync_folder(folder)
        self._unsynced.clear()

    def _clear(self) -> None:
        """Remove the working folders of jobs in ``out/``: the status says how they ended."""
        for folder in self._leftovers:
            shutil.rmtree(folder, ignore_errors=True)
        self._leftovers.clear()

    def _put(self, changes: dict[str, JobEntry | None]) -> None:
        """Record transitions; a status that cannot be written does not stop the work."""
        with self._logged():
            self._store.put(changes)
            self._store.write_if_due()  # what could not be written before

    @contextmanager
    def _logged(self) -> Iterator[None]:
        """Log that the status cannot be written: once, not at every attempt."""
        try:
            yield
        except OutputError as error:
            system = error.__cause__
            reason = (system.strerror if isinstance(system, OSError) else None) or "unknown"
            if reason != self._unwritten:
                _LOG.error("the status cannot be written", extra={"error": reason})
            self._unwritten = reason
        else:
            if not self._store.is_behind:
                self._unwritten = None


def _made(work: Path) -> list[Path]:
    """Return what goes from the working folder beside the results."""
    there = os.listdir(work)  # noqa: PTH208 - twice as fast, for each of thousands
    made = [work / name for name in there if name.endswith(SUFFIX)]
    kept = (work / KEPT_NAME).glob("[!.]*") if KEPT_NAME in there else ()
    return sorted([*made, *kept])


def _files(job: WaitingJob) -> dict[str, tuple[str, ...]]:
    return {
        "videos": tuple(map(readable, job.videos)),
        "markers": tuple(map(readable, job.markers)),
        "other_files": tuple(map(readable, job.other_files)),
    }
