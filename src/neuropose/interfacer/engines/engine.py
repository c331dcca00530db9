"""What the daemon needs of whatever processes jobs, and the engine that does so on this machine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar

from neuropose.config import Settings
from neuropose.data import JobProgress
from neuropose.interfacer.engines.processing import JobOutcome, JobRun
from neuropose.interfacer.engines.reconstruction import Fit
from neuropose.interfacer.engines.worker import VideoEstimator
from neuropose.interfacer.intake import WaitingJob
from neuropose.study.contract.session import Session


@dataclass(frozen=True, slots=True)
class JobTask:
    """A job that is to be processed.

    Parameters
    ----------
    job : WaitingJob
        The job, in its own directory and under its final name.
    left_out : mapping of str to str
        Names of the videos and marker files to go without, and the error of each.
    attempt : int
        Which attempt at the job this is, from 1.
    session : Session or None
        What is asked for if the job has no ``session.yaml``.
    """

    job: WaitingJob
    left_out: Mapping[str, str]
    attempt: int
    session: Session | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """How a job's progress is followed, and how it is stopped.

    Parameters
    ----------
    show : callable
        Called with the progress.
    report : callable
        Called with a line, without names, that is worth knowing later.
    cancel : callable
        Called repeatedly; returns True to stop.
    """

    show: Callable[[JobProgress], None]
    report: Callable[[str], None]
    cancel: Callable[[], bool]


class Engine(ABC):
    """Processes jobs; the daemon alone moves them and writes their status.

    Attributes
    ----------
    is_here : bool
        Whether some of the work is done in this process.
    """

    is_here: ClassVar[bool] = False

    @property
    @abstractmethod
    def free(self) -> int:
        """How many more jobs it takes now."""

    @property
    def waiting_for(self) -> str | None:
        """Why it takes none although none runs; None if it is only busy."""
        return None

    @abstractmethod
    def begin(self, task: JobTask, watch: Watch) -> Future[JobOutcome]:
        """Begin a job.

        Parameters
        ----------
        task : JobTask
            The job.
        watch : Watch
            Its callables are called from any thread.

        Returns
        -------
        Future of JobOutcome
            Its error is what `JobRun.process` raises, or `WorkerLostError`.
        """

    def listen(self, wake: Callable[[], None]) -> None:  # noqa: B027
        """Say whom to wake, from any thread, when `tick` has something to do.

        Parameters
        ----------
        wake : callable
            Returns at once.
        """

    def tick(self, waiting: int) -> None:  # noqa: B027
        """Do what is due; called about twice a second.

        Parameters
        ----------
        waiting : int
            Jobs that are ready to begin.
        """

    @abstractmethod
    def drain(self) -> None:
        """Wait for the jobs that still run; they are cancelled, or about to end."""


class LocalEngine(Engine):
    """Processes jobs in threads of this process, with an estimator that may use others.

    Parameters
    ----------
    estimator : VideoEstimator
        Processes the videos. Its attribute ``concurrency``, if it has one, is the number of jobs
        processed at once.
    settings : Settings
        How they are processed.
    fit : callable or None
        Fits a body to the subject of each video.
    clock : callable
        Gives seconds that never go back.
    """

    is_here = True

    def __init__(
        self,
        estimator: VideoEstimator,
        settings: Settings,
        fit: Fit | None,
        clock: Callable[[], float],
    ) -> None:
        self._estimator = estimator
        self._settings = settings
        self._fit = fit
        self._clock = clock
        self._threads: ThreadPoolExecutor | None = None
        self._running: set[Future[JobOutcome]] = set()

    @property
    def free(self) -> int:
        """How many more jobs it takes now."""
        self._running = {future for future in self._running if not future.done()}
        return self._slots - len(self._running)

    @property
    def _slots(self) -> int:
        return int(getattr(self._estimator, "concurrency", 1))

    def begin(self, task: JobTask, watch: Watch) -> Future[JobOutcome]:
        """Begin a job in a thread; see `Engine.begin`."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._slots, thread_name_prefix="job")
        run = JobRun(
            task.job,
            self._estimator,
            checkpoint_s=self._settings.checkpoint_seconds,
            allow_gaps=self._settings.allow_gaps,
            clock=self._clock,
            show=watch.show,
            report=watch.report,
            cancel=watch.cancel,
            left_out=task.left_out,
            fit=self._fit,
            session=task.session,
            fits_markers=self._settings.reconstruct == "on",
        )
        future = self._threads.submit(run.process)
        self._running.add(future)
        return future

    def drain(self) -> None:
        """Wait for the jobs that still run."""
        if self._threads is not None:
            self._threads.shutdown()
            self._threads = None
