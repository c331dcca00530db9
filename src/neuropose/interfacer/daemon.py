"""The daemon: takes jobs from ``in/``; each ends in ``out/``, or in ``failed/`` with a reason."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from queue import Empty, SimpleQueue
from typing import TypeVar

from neuropose.config import Settings
from neuropose.data import JobEntry, JobProgress, JobState, VideoOutcome
from neuropose.errors import CancelledError, NeuroPoseError, OutputError, WorkerLostError
from neuropose.interfacer.engines.engine import Engine, JobTask, LocalEngine, Watch
from neuropose.interfacer.engines.processing import JobOutcome
from neuropose.interfacer.engines.reconstruction import Fit, fit_subject
from neuropose.interfacer.engines.worker import VideoEstimator
from neuropose.interfacer.intake import Intake, WaitingJob
from neuropose.interfacer.layout import Layout, readable
from neuropose.interfacer.lifecycle import Lifecycle, utc_now
from neuropose.interfacer.lock import hold_lock
from neuropose.interfacer.logs import NamesInLogs
from neuropose.interfacer.machine.disk import DiskReserve
from neuropose.interfacer.machine.hooks import Hooks
from neuropose.interfacer.recovery import INTERRUPTED, finished_by_the_original
from neuropose.interfacer.requests import Action, Request, act_on, clear_answers, serve
from neuropose.interfacer.staging import clear_staging
from neuropose.interfacer.store import Store
from neuropose.study.contract.loading import load_default_session
from neuropose.study.contract.session import Session

_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")
_TICK_S = 0.5
"""Longest interval at which requests are checked and progress is recorded."""
_SETTLING_S = 1.0
"""Longest interval at which jobs that will soon be ready are checked."""
_APART_S = 0.02
"""Time in seconds after which there may be another look at jobs that are processed elsewhere."""
_PAUSE_PER_LOOK, _PAUSE_PER_IDLE_LOOK = 30.0, 300.0
"""How many times as long as a scan no other is made: while jobs are needed, and while more wait."""
_STATUS_PAUSE_S = 0.25
"""Least time between two writes of the status where jobs are processed elsewhere, so many a second.
"""


@dataclass(slots=True)
class _Running:
    """A job that a thread is processing."""

    job: WaitingJob
    future: Future[JobOutcome] | None = None
    is_cancelled: bool = False


@dataclass(slots=True)
class _Queue:
    """What the latest scan of ``in/`` found."""

    due_s: float = -float("inf")
    """Time of the next scan."""
    soonest_s: float = -float("inf")
    """Earliest time of a scan after an event; with many jobs, a scan takes a while."""
    ready: list[WaitingJob] = field(default_factory=list)
    is_settling: bool = False
    scanned_s: float = -float("inf")
    """Time of the scan."""


class Interfacer:
    """Owns the life cycle of every job in a data directory.

    Parameters
    ----------
    settings : Settings
        The data directory, and how often it is scanned.
    estimator : VideoEstimator or Engine
        An `Estimator`; or `Children`, whose crashes the daemon survives. Its attribute
        ``concurrency``, if it has one, is the number of jobs processed at once. Or an `Engine`,
        which processes jobs elsewhere.
    clock : callable
        Gives seconds that never go back.
    now : callable
        Returns the current time in UTC.
    names : NamesInLogs, optional
        Which names of jobs may appear in the log; default: none.
    free_bytes : callable, optional
        Returns the free space of the disk in bytes; default: that of the data directory's disk.
    on_tick : callable, optional
        Called about twice a second as long as all is well.
    fit : callable, optional
        Fits a body to the subject of a video; default: `neuropose.body`, unless the setting
        ``reconstruct`` is off.

    Notes
    -----
    A job is a directory. It moves from ``in/`` to ``out/`` or ``failed/`` by one rename, after
    everything that belongs to it has been written, so that it is always in exactly one of them.
    Threads process jobs; only the caller's thread moves them and writes the status.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
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
    ['results.json', 'video_01.reconstruction.npz', 'walk.mp4']
    """

    def __init__(
        self,
        settings: Settings,
        estimator: VideoEstimator | Engine,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
        names: NamesInLogs | None = None,
        free_bytes: Callable[[], int] | None = None,
        on_tick: Callable[[], None] | None = None,
        fit: Fit | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._now = now
        self._names = names or NamesInLogs(log_names=False)
        self._on_tick = on_tick
        if not isinstance(estimator, Engine):
            fit = None if settings.reconstruct == "off" else fit or fit_subject
            estimator = LocalEngine(estimator, settings, fit, clock)
        self._engine = estimator
        self._layout = Layout(settings.data_dir)
        self._intake = Intake(self._layout, settings.settle_seconds)
        self._reserve = DiskReserve(settings.data_dir, settings.disk_reserve_gb, free_bytes)
        self._shortage: str | None = None
        self._hooks: Hooks
        self._lifecycle: Lifecycle
        self._session: Session | None = None
        self._queue = _Queue()
        self._running: dict[str, _Running] = {}
        # What threads say is looked at by the daemon's own; an append needs no lock.
        self._over: deque[str] = deque()
        self._said: deque[tuple[str, JobProgress]] = deque()
        self._held: dict[str, tuple[float, str]] = {}
        self._finished_before: frozenset[str] = frozenset()
        self._processed = 0
        # Plain values and a SimpleQueue, because a signal handler must not wait for a lock.
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._engine.listen(partial(self._wake.put, None))
        self._ticked_s = 0.0
        self._stops_asked = 0
        self._stop_asked_s: float | None = None

    def request_stop(self) -> None:
        """Request a stop: the first time after the current jobs, the second time at once.

        Safe to call from a signal handler, and from any thread.
        """
        self._stops_asked += 1
        self._wake.put(None)

    def run(self, on_ready: Callable[[], None] | None = None) -> None:
        """Process jobs until a stop is requested.

        Parameters
        ----------
        on_ready : callable, optional
            Called once when the lock is held and the jobs of an earlier daemon have been recovered.

        Raises
        ------
        DaemonRunningError
            If another daemon is using the data directory.
        OutputError
            If the data directory cannot be created or locked.
        """
        with self._owning(on_ready):
            while self._running or not self._stops_asked:
                self._tick()
                self._wait()

    def run_once(self, on_ready: Callable[[], None] | None = None) -> int:
        """Process the jobs that are present, once their files have settled, and return.

        Parameters
        ----------
        on_ready : callable, optional
            Called once when the lock is held and the jobs of an earlier daemon have been recovered.

        Returns
        -------
        int
            Number of jobs processed, whatever their outcome.

        Raises
        ------
        DaemonRunningError
            If a daemon is using the data directory.
        OutputError
            If the data directory cannot be created or locked.
        """
        with self._owning(on_ready):
            self._tick()
            settled_s = self._queue.scanned_s + self._settings.settle_seconds
            if self._queue.is_settling:
                _LOG.info("waiting until files have settled")
            while self._running or (
                not self._stops_asked
                and (
                    (self._queue.ready and self._shortage is None)
                    or (self._queue.is_settling and self._queue.scanned_s < settled_s)
                )
            ):
                self._wait()
                self._tick()
        return self._processed

    @contextmanager
    def _owning(self, on_ready: Callable[[], None] | None) -> Iterator[None]:
        self._layout.make()
        if self._settings.default_session is not None:
            self._session = load_default_session(self._settings.default_session)
        with hold_lock(self._layout):
            self._lifecycle = Lifecycle(
                self._layout,
                Store(self._layout, self._clock, 0.0 if self._engine.is_here else _STATUS_PAUSE_S),
                self._now,
                most_interruptions=self._settings.continue_interrupted,
            )
            self._finished_before = finished_by_the_original(self._layout)
            if self._finished_before:
                count = len(self._finished_before)
                _LOG.info("%d jobs finished by the original NeuroPose are left as they are", count)
            self._hooks = Hooks(self._settings)
            self._report_recovered(self._lifecycle.recover())
            clear_answers(self._layout)
            if on_ready is not None:
                on_ready()
            self._processed = 0
            try:
                yield
            except BaseException:  # leave nothing behind that works on
                for running in self._running.values():
                    running.is_cancelled = True
                raise
            finally:
                self._hooks.close()
                self._engine.drain()
                self._lifecycle.flush()

    def _report_recovered(self, jobs: dict[str, JobEntry]) -> None:
        for name, entry in jobs.items():
            if entry.error == INTERRUPTED:
                self._log(logging.WARNING, "job failed, as it was interrupted too often", name)
                self._hooks.tell(name, entry)
            elif entry.state is JobState.QUEUED:
                self._log(logging.INFO, "job was interrupted, to be continued", name)

    def _tick(self) -> None:
        """Do everything that is due now."""
        self._engine.tick(len(self._queue.ready))
        with self._lifecycle.together():
            over = list(_drained(self._over))
            if over and not self._engine.is_here and not self._stops_asked:
                self._begin_ready()  # a worker does not wait until its last job has been moved
            for name in over:
                self._end(self._running.pop(name))
        serve(self._layout, self._act)
        if not self._stops_asked:
            # What runs here may end the daemon at once: that must not be forgotten.
            with nullcontext() if self._engine.is_here else self._lifecycle.together():
                self._fill_slots()
        for name, progress in dict(_drained(self._said)).items():
            if name in self._running:
                self._lifecycle.show(name, progress)
        self._lifecycle.write_again()
        if self._on_tick is not None:
            self._on_tick()

    def _wait(self) -> None:
        """Wait until a job ends, a stop is requested or the next scan is due."""
        seconds = min(_TICK_S, self._settings.poll_interval_seconds)
        try:
            self._wake.get(timeout=seconds)
            if not self._engine.is_here:  # of hundreds of workers, several are seen to at once
                time.sleep(max(self._ticked_s + _APART_S - time.monotonic(), 0.0))
            while True:
                self._wake.get_nowait()
        except Empty:
            pass
        self._ticked_s = time.monotonic()

    def _fill_slots(self) -> None:
        if self._clock() >= self._queue.due_s:
            self._look()
        self._begin_ready()

    def _begin_ready(self) -> None:
        """Begin as many jobs as the engine takes."""
        self._shortage = self._reserve.shortage() if self._queue.ready else None
        while self._queue.ready and self._shortage is None and self._engine.free > 0:
            self._start(self._queue.ready.pop(0))
            self._queue.due_s = self._queue.soonest_s
            if not self._queue.ready:  # there may be more by now
                self._look()

    def _look(self) -> None:
        """Scan ``in/``, and record the waiting jobs."""
        now_s = self._clock()
        try:
            clear_staging(self._layout)
            waiting = self._intake.scan(now_s, {*self._running, *self._finished_before})
        except OSError as error:
            self._log(logging.ERROR, "the data directory cannot be read", error=error)
            self._queue = _Queue(now_s + self._settings.poll_interval_seconds)
            return
        self._shortage = self._reserve.shortage()
        self._lifecycle.queue(waiting, self._reason_to_hold)
        is_settling = any(job.recordings and not job.ready for job in waiting)
        pause_s = self._settings.poll_interval_seconds
        if is_settling:
            pause_s = min(pause_s, _SETTLING_S)
        ready = [job for job in waiting if job.ready and not self._is_held(job.name, now_s)]
        pause_per_look = _PAUSE_PER_IDLE_LOOK if ready else _PAUSE_PER_LOOK
        soonest_s = now_s + pause_per_look * (self._clock() - now_s)
        self._queue = _Queue(
            due_s=max(now_s + pause_s, soonest_s),
            soonest_s=soonest_s,
            ready=ready,
            is_settling=is_settling,
            scanned_s=now_s,
        )

    def _is_held(self, name: str, now_s: float) -> bool:
        return name in self._held and self._held[name][0] > now_s

    def _reason_to_hold(self, name: str) -> str | None:
        if name in self._held:
            return self._held[name][1]
        return self._shortage or self._engine.waiting_for

    def _start(self, job: WaitingJob) -> None:
        if not self._intake.is_unchanged(job):
            return
        try:
            if job.loose or self._lifecycle.is_taken(job.name) or readable(job.name) != job.name:
                job = self._intake.adopt(job)
        except OSError as error:
            self._hold(job.name, error, f"{type(error).__name__}: {error.strerror}")
            return
        entry = self._lifecycle.begin(job)
        if self._engine.is_here:
            self._lifecycle.flush()
        if job.name not in self._held:  # said once, not at every attempt
            self._log(
                logging.INFO,
                "job begun",
                job.name,
                videos=len(job.videos),
                markers=len(job.markers),
                attempt=entry.attempts,
            )
        running = _Running(job)

        def show(progress: JobProgress) -> None:
            self._said.append((job.name, progress))

        def cancel() -> bool:
            return running.is_cancelled or self._is_stopping_now()

        def report(line: str) -> None:
            self._log(logging.INFO, line, job.name)

        self._running[job.name] = running
        running.future = self._engine.begin(
            JobTask(job, entry.left_out, entry.attempts, self._session), Watch(show, report, cancel)
        )
        running.future.add_done_callback(partial(self._note_over, job.name))

    def _note_over(self, name: str, _: object) -> None:
        """Note that a job is over; called from any thread."""
        self._over.append(name)
        self._wake.put(None)

    def _end(self, running: _Running) -> None:
        """Handle the outcome of a job: move it and record its state."""
        name = running.job.name
        self._processed += 1
        self._queue.due_s = self._queue.soonest_s
        try:
            try:
                assert running.future is not None
                outcome = running.future.result()
            except CancelledError as error:
                if not running.is_cancelled:
                    self._lifecycle.put_back(name, None)
                    self._log(logging.INFO, "job stopped, to be continued", name)
                    return
                self._lifecycle.fail(name, error)
                self._log(logging.INFO, "job cancelled", name)
            except WorkerLostError as error:
                if self._lifecycle.interrupt(name):
                    self._log(logging.WARNING, "worker lost, job to be continued", name)
                    self._processed -= 1
                else:
                    self._fail(name, JobOutcome((), error))
            except OutputError:  # most likely the disk is full: the job waits until there is space
                raise
            except Exception as error:  # whatever a model does, the other jobs continue
                self._fail(name, JobOutcome((), error))
            else:
                end = self._complete if outcome.error is None else self._fail
                end(name, outcome)
            self._held.pop(name, None)
        except OutputError as error:
            self._processed -= 1
            reason = f"{type(error).__name__}: {error.message}"
            self._hold(name, error, reason)
            self._lifecycle.put_back(name, reason)

    def _complete(self, name: str, outcome: JobOutcome) -> None:
        entry = self._lifecycle.complete(name, outcome.videos, outcome.markers)
        self._log(logging.INFO, "job completed", name)
        for number, video in enumerate(outcome.videos, start=1):
            for warning in video.warnings if isinstance(video, VideoOutcome) else ():
                self._log(logging.WARNING, warning, name, video=number)
        self._hooks.tell(name, entry)

    def _fail(self, name: str, outcome: JobOutcome) -> None:
        assert outcome.error is not None
        entry = self._lifecycle.fail(name, outcome.error, outcome.videos, outcome.markers)
        self._log(logging.WARNING, "job failed", name, error=outcome.error)
        self._hooks.tell(name, entry)

    def _hold(self, name: str, error: Exception, reason: str) -> None:
        """Delay the next attempt at a job: what prevents it will take a while."""
        if self._held.get(name, (0.0, ""))[1] != reason:  # said once, not at every attempt
            self._log(logging.ERROR, "job held back", name, error=error)
        until_s = self._clock() + max(self._settings.poll_interval_seconds, 1.0)
        self._held[name] = until_s, reason

    def _log(
        self,
        level: int,
        message: str,
        name: str | None = None,
        *,
        error: Exception | None = None,
        **fields: object,
    ) -> None:
        entry = None if name is None else self._lifecycle.entry(name)
        number = None if entry is None else entry.number
        extra = {
            **({} if name is None else {"job": self._names.job(name, number)}),
            **fields,
            **({} if error is None else {"error": self._names.error(error)}),
        }
        unexpected = None if isinstance(error, NeuroPoseError | OSError) else error
        _LOG.log(level, message, extra=extra, exc_info=unexpected)

    def _act(self, request: Request) -> str:
        running = self._running.get(request.job)
        if running is None or request.action is not Action.CANCEL:
            done = act_on(self._lifecycle, request)
            self._lifecycle.flush()
            self._queue = _Queue()  # what was ready may have changed
            return done
        running.is_cancelled = True
        return "is being stopped; neuropose jobs retry resumes it"

    def _is_stopping_now(self) -> bool:
        if self._stops_asked == 0:
            return False
        if self._stop_asked_s is None:
            self._stop_asked_s = self._clock()
        grace_s = self._settings.stop_seconds
        return self._stops_asked > 1 or (
            grace_s is not None and self._clock() - self._stop_asked_s >= grace_s
        )


def _drained(said: deque[_T]) -> Iterator[_T]:
    """Yield what is there now, and remove it, while other threads append."""
    for _ in range(len(said)):
        yield said.popleft()
