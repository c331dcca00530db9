"""The daemon: takes jobs from ``in/``; each ends in ``out/``, or in ``failed/`` with a reason."""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from neuropose.config import Settings
from neuropose.errors import CancelledError, OutputError
from neuropose.interfacer import entries
from neuropose.interfacer.intake import Intake, WaitingJob
from neuropose.interfacer.layout import RESULTS_NAME, WORK_NAME, Layout, readable
from neuropose.interfacer.lock import hold_lock
from neuropose.interfacer.processing import JobRun
from neuropose.interfacer.recovery import recover
from neuropose.interfacer.store import Store
from neuropose.interfacer.worker import VideoEstimator
from neuropose.io import JobEntry, JobProgress, JobResults, JobState, save_job_results
from neuropose.io.atomic import sync_folder

_LOG = logging.getLogger(__name__)


def utc_now() -> datetime:
    """Give the time of day, in UTC.

    Returns
    -------
    datetime
    """
    return datetime.now(UTC)


class Interfacer:
    """Owns the life of every job in a data directory.

    Parameters
    ----------
    settings : Settings
        Where the data directory is, and how often it is looked at.
    estimator : VideoEstimator
        An `Estimator`, or a `ChildEstimator`, whose crashes the daemon survives.
    clock : callable
        Gives seconds that never go back.
    now : callable
        Gives the time of day, in UTC.

    Notes
    -----
    A job is a directory. It goes from ``in/`` to ``out/`` or ``failed/`` by one rename, after
    everything that belongs to it has been written, so that it is always in exactly one of them.

    Examples
    --------
    >>> import tempfile
    >>> from neuropose.estimator import Estimator
    >>> from neuropose.testing import FakeModel, write_numbered_video
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     settings = Settings(data_dir=folder, settle_seconds=0)
    ...     interfacer = Interfacer(settings, Estimator(FakeModel()))
    ...     (Path(folder) / "in" / "anna").mkdir(parents=True)
    ...     _ = write_numbered_video(Path(folder) / "in" / "anna" / "walk.mp4", frame_count=5)
    ...     interfacer.run_once()
    ...     sorted(path.name for path in (Path(folder) / "out" / "anna").iterdir())
    1
    ['results.json', 'walk.mp4']
    """

    def __init__(
        self,
        settings: Settings,
        estimator: VideoEstimator,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._settings = settings
        self._estimator = estimator
        self._clock = clock
        self._now = now
        self._layout = Layout(settings.data_dir)
        self._intake = Intake(self._layout, settings.settle_seconds)
        self._held_until_s: dict[str, float] = {}
        self._is_settling = False
        self._store: Store
        self._stop = threading.Event()
        self._stop_now = threading.Event()

    def request_stop(self) -> None:
        """Ask for the end: the first time after the current job, the second time at once.

        Safe to call from a signal handler, and from any thread.
        """
        if self._stop.is_set():
            self._stop_now.set()
        self._stop.set()

    def run(self, on_ready: Callable[[], None] | None = None) -> None:
        """Work until a stop is requested.

        Parameters
        ----------
        on_ready : callable, optional
            Called once when the lock is held and the jobs of an earlier daemon have been sorted.

        Raises
        ------
        DaemonRunningError
            If another daemon works on the data directory.
        OutputError
            If the data directory cannot be made or locked.
        """
        with self._owning(on_ready):
            while not self._stop.is_set():
                self._pass()
                self._stop.wait(self._settings.poll_interval_seconds)

    def run_once(self, on_ready: Callable[[], None] | None = None) -> int:
        """Process the jobs that are there, once their files have settled, and return.

        Parameters
        ----------
        on_ready : callable, optional
            Called once when the lock is held and the jobs of an earlier daemon have been sorted.

        Returns
        -------
        int
            How many were processed, whatever became of them.

        Raises
        ------
        DaemonRunningError
            If a daemon works on the data directory.
        OutputError
            If the data directory cannot be made or locked.
        """
        with self._owning(on_ready):
            settled_s = self._clock() + self._settings.settle_seconds
            processed = self._pass()
            if self._is_settling:
                _LOG.info("waiting until files have settled")
            while self._is_settling and self._clock() < settled_s and not self._stop.is_set():
                self._stop.wait(min(self._settings.poll_interval_seconds, 1.0))
                processed += self._pass()
            return processed

    @contextmanager
    def _owning(self, on_ready: Callable[[], None] | None) -> Iterator[None]:
        self._layout.make()
        with hold_lock(self._layout):
            self._store = Store(self._layout, self._clock)
            self._put(recover(self._layout, self._store.jobs, self._now()))
            if on_ready is not None:
                on_ready()
            yield

    def _pass(self) -> int:
        """Look at ``in/`` and process what is ready, until nothing is."""
        processed = 0
        while not self._stop.is_set():
            job = self._next()
            if job is None:
                break
            self._process(job)
            processed += 1
        if self._store.is_behind:
            self._put({})
        return processed

    def _next(self) -> WaitingJob | None:
        """Note what waits, and pick the job whose turn it is."""
        waiting = self._intake.scan(self._clock())
        self._is_settling = any(job.videos and not job.ready for job in waiting)
        ready = [job for job in waiting if job.ready and not self._is_held(job.name)]
        changes: dict[str, JobEntry | None] = dict.fromkeys(
            self._gone({job.name for job in waiting if not job.loose})
        )
        for position, job in enumerate(waiting, start=1):
            if not job.loose and not self._is_taken(job.name) and _is_readable(job.name):
                entry = self._queued(job, position)
                if entry != self._store.jobs.get(job.name):
                    changes[job.name] = entry
        self._put(changes)
        return ready[0] if ready else None

    def _queued(self, job: WaitingJob, position: int) -> JobEntry:
        before = self._store.jobs.get(job.name)
        known = before is not None and before.state is JobState.QUEUED
        held = before.waiting_for if before and known and self._is_held(job.name) else None
        return JobEntry(
            state=JobState.QUEUED,
            queued_at=before.queued_at if before is not None and known else self._now(),
            attempts=before.attempts if before is not None else 0,
            position=position,
            waiting_for=held or job.reason,
            videos=tuple(map(readable, job.videos)),
            other_files=tuple(map(readable, job.other_files)),
        )

    def _gone(self, waiting: set[str]) -> list[str]:
        """Queued jobs that an operator took away again."""
        return [
            name
            for name, entry in self._store.jobs.items()
            if entry.state is JobState.QUEUED and name not in waiting
        ]

    def _is_held(self, name: str) -> bool:
        return self._clock() < self._held_until_s.get(name, -float("inf"))

    def _is_taken(self, name: str) -> bool:
        """Whether an earlier job of this name is in ``out/`` or ``failed/``."""
        return any(
            os.path.lexists(folder / name) for folder in (self._layout.out, self._layout.failed)
        )

    def _process(self, job: WaitingJob) -> None:
        try:
            job = self._claim(job)
        except OSError as error:
            self._hold(job.name, f"{type(error).__name__}: {error.strerror}")
            return
        entry = self._begin(job)
        try:
            videos = self._run(job, entry).predict()
            # In the working folder first, where what a killed writer leaves is in nobody's way.
            save_job_results(job.folder / WORK_NAME / RESULTS_NAME, JobResults(videos=videos))
        except CancelledError:
            self._put({job.name: self._queued(job, 1)})
        except OutputError as error:  # no space, most likely: the job waits until there is some
            self._wait(job, error)
        except Exception as error:  # whatever a model does, the other jobs go on
            self._fail(job, error)
        else:
            self._complete(job)

    def _claim(self, job: WaitingJob) -> WaitingJob:
        """Give the job a directory and a name of its own."""
        if job.loose or self._is_taken(job.name) or not _is_readable(job.name):
            job = self._intake.adopt(job)
        return job

    def _begin(self, job: WaitingJob) -> JobEntry:
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
        _LOG.info("job begun: videos: %d, attempt: %d", len(job.videos), entry.attempts)
        return entry

    def _run(self, job: WaitingJob, entry: JobEntry) -> JobRun:
        def show(progress: JobProgress) -> None:
            with suppress(OutputError):  # the next write has it
                self._store.put_progress(job.name, entry.model_copy(update={"progress": progress}))

        return JobRun(
            job,
            self._estimator,
            clock=self._clock,
            show=show,
            cancel=self._stop_now.is_set,
        )

    def _complete(self, job: WaitingJob) -> None:
        entry = self._store.jobs[job.name]
        try:
            (job.folder / WORK_NAME / RESULTS_NAME).replace(job.folder / RESULTS_NAME)
        except OSError as error:
            self._wait(job, OutputError(f"{RESULTS_NAME} cannot be written: {error.strerror}"))
            return
        if not self._move(job, self._layout.out):
            return
        shutil.rmtree(self._layout.out / job.name / WORK_NAME, ignore_errors=True)
        self._put({job.name: entries.completed(entry, job.name, self._now())})
        _LOG.info("job completed")

    def _fail(self, job: WaitingJob, error: Exception) -> None:
        entry = self._store.jobs[job.name]
        if not self._move(job, self._layout.failed):
            return
        reason = entries.describe(error)
        self._put({job.name: entries.failed(entry, job.name, self._now(), reason, self._layout)})
        _LOG.warning("job failed: %s", type(error).__name__)

    def _wait(self, job: WaitingJob, error: OutputError) -> None:
        reason = entries.describe(error)
        self._hold(job.name, reason)
        entry = self._store.jobs[job.name]
        waiting = JobEntry(
            **{**entries.lasting(entry), "started_at": None},
            state=JobState.QUEUED,
            position=1,
            waiting_for=reason,
        )
        self._put({job.name: waiting})
        _LOG.error("a job waits: %s", reason)

    def _hold(self, name: str, reason: str) -> None:
        _LOG.error("a job is held back: %s", reason)
        self._held_until_s[name] = self._clock() + max(self._settings.poll_interval_seconds, 1.0)

    def _move(self, job: WaitingJob, folder: Path) -> bool:
        """Move a job out of ``in/`` by one rename; one that cannot be moved waits."""
        try:
            job.folder.rename(folder / job.name)
            sync_folder(folder)
            sync_folder(self._layout.inbox)
        except OSError as error:
            failure = OutputError(f"the job cannot be moved to {folder.name}/: {error.strerror}")
            self._wait(job, failure)
            return False
        return True

    def _put(self, changes: dict[str, JobEntry | None]) -> None:
        """Note transitions; a status that cannot be written does not stop the work."""
        try:
            self._store.put(changes)
            if self._store.is_behind:
                self._store.write()
        except OutputError as error:
            _LOG.error("the status cannot be written: %s", error)


def _is_readable(name: str) -> bool:
    return readable(name) == name
