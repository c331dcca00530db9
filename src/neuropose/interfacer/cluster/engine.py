"""The daemon's jobs on workers of dask: the disk is the queue, the cluster can be lost any time."""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuropose.config import ClusterSettings, Settings
from neuropose.data import JobProgress
from neuropose.errors import CancelledError, ClusterError, OutputError, WorkerLostError
from neuropose.interfacer.engines.attempts import open_attempt, take_back
from neuropose.interfacer.cluster.facts import ModelFacts
from neuropose.interfacer.cluster.pool import WorkerPool
from neuropose.interfacer.cluster.worker import Order, process_job
from neuropose.interfacer.engines.engine import Engine, JobTask, Watch
from neuropose.interfacer.engines.processing import JobOutcome
from neuropose.interfacer.engines.worker import ChildEstimator

if TYPE_CHECKING:
    from neuropose.estimator import Estimator

_LOG = logging.getLogger(__name__)
CHILDS_SHARE = 0.9
"""Share of a worker's memory that the process with the model may use."""


@dataclass(slots=True)
class _Attempt:
    """An attempt at a job."""

    task: JobTask
    watch: Watch
    on_worker: Future[JobOutcome]
    outcome: Future[JobOutcome]


class DaskEngine(Engine):
    """Processes each job on a worker of dask, in a working folder of the attempt.

    Parameters
    ----------
    settings : Settings
        Where the workers are, and how jobs are processed.
    make_estimator : callable
        Makes an estimator in the child of a worker; takes ``device`` and ``workers``. A function of
        a module that workers have too, or a `functools.partial` of one.
    clock : callable
        Gives seconds that never go back.

    Notes
    -----
    The results are those of the local engine, bit for bit, if all processors have the same
    features. A child that crashes costs its video, as on one machine. A worker that is lost costs
    its job an interruption (setting ``continue_interrupted``).
    """

    def __init__(
        self,
        settings: Settings,
        make_estimator: Callable[..., Estimator],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._make_estimator = make_estimator
        self._clock = clock
        self._mark = secrets.token_hex(4)  # no attempt of another daemon has the same name
        self._wake: Callable[[], None] | None = None
        self._pool: WorkerPool | None = None
        self._attempts: dict[str, _Attempt] = {}

    def prepare(self) -> None:
        """Load the model once on this machine, to compare those of workers, and connect.

        Raises
        ------
        NeuroPoseError
            Whatever loading it raises, or `ClusterError`.
        """
        settings = self._settings
        cluster = settings.cluster or ClusterSettings()
        here = ChildEstimator(
            partial(self._make_estimator, device="cpu", workers=1),
            stall_s=settings.stall_seconds,
            is_silent=not settings.log_names,
        )
        try:
            model = ModelFacts.of(here.prepare())
        finally:
            here.close()
        self._pool = WorkerPool(
            cluster,
            settings.data_dir,
            batch_name(settings.data_dir),
            make_child=partial(
                ChildEstimator,
                partial(self._make_estimator, workers=cluster.cores),
                stall_s=settings.stall_seconds,
                is_silent=not settings.log_names,
                memory_bytes=int(cluster.memory_gb * CHILDS_SHARE * 1e9),
            ),
            model=model,
            uses_gpu=settings.device != "cpu" and _may_use_gpu(settings),
            said=self._hear,
            wake=self._wake,
            clock=self._clock,
        )
        self._pool.open()

    @property
    def free(self) -> int:
        """How many more jobs it takes now."""
        return 0 if self._pool is None else self._pool.free

    @property
    def waiting_for(self) -> str | None:
        """Why it takes none although none runs; None if it is only busy."""
        return None if self._pool is None else self._pool.waiting_for

    def begin(self, task: JobTask, watch: Watch) -> Future[JobOutcome]:
        """Begin a job on a worker that is free; see `Engine.begin`."""
        outcome: Future[JobOutcome] = Future()
        if self._pool is None:
            raise ClusterError("the engine is not prepared")
        key = f"{task.attempt}-{self._mark}-{secrets.token_hex(4)}"
        try:
            work = open_attempt(task.job.folder, key)
        except OutputError as error:
            outcome.set_exception(error)
            return outcome
        order = Order(task, key, work, self._settings)
        on_worker = self._pool.submit(key, process_job, order)
        self._attempts[key] = _Attempt(task, watch, on_worker, outcome)
        return outcome

    def listen(self, wake: Callable[[], None]) -> None:
        """Say whom to wake when a worker has done something; see `Engine.listen`."""
        self._wake = wake

    def tick(self, waiting: int) -> None:
        """Take what has ended, stop what is cancelled, and have as many workers as are needed."""
        if self._pool is None:
            return
        self._pool.tick(waiting)
        for key, attempt in list(self._attempts.items()):
            if attempt.on_worker.done():
                self._end(key)
            elif attempt.watch.cancel():
                self._pool.give_up(key, CancelledError("the work was cancelled"))
                self._end(key)

    def drain(self) -> None:
        """Stop the jobs that still run, and wait for their workers."""
        if self._pool is not None:
            for key in list(self._attempts):
                self._pool.give_up(key, CancelledError("the work was cancelled"))
                self._end(key)
            self._pool.drain()

    def close(self) -> None:
        """End the workers that are our own, and the children of all others."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _end(self, key: str) -> None:
        """Take the working folder back first: what the attempt does from now on has no effect."""
        attempt = self._attempts.pop(key)
        try:
            take_back(attempt.task.job.folder)
        except OutputError as error:
            attempt.outcome.set_exception(error)
            return
        error = attempt.on_worker.exception()
        if error is None:
            attempt.outcome.set_result(attempt.on_worker.result())
            return
        if isinstance(error, ClusterError | CancelledError) and not attempt.watch.cancel():
            # Whatever it was, the job is not to blame.
            error = WorkerLostError(f"the worker could not go on: {error}")
        attempt.outcome.set_exception(error)

    def _hear(self, key: str, said: Any) -> None:
        """Pass on what a worker says; called from another thread."""
        attempt = self._attempts.get(key)
        if attempt is None:
            return  # of an attempt that is over
        if isinstance(said, str):
            attempt.watch.report(said)
        else:
            attempt.watch.show(JobProgress.model_validate(said))


def batch_name(data_dir: Path) -> str:
    """Return the name of a data directory's jobs in a batch system.

    Parameters
    ----------
    data_dir : Path
        The data directory, whose path is not given away.

    Returns
    -------
    str

    Examples
    --------
    >>> batch_name(Path("/data"))
    'neuropose-bd47413b'
    """
    return f"neuropose-{hashlib.sha256(str(data_dir).encode()).hexdigest()[:8]}"


def _may_use_gpu(settings: Settings) -> bool:
    """Whether the model could run on a GPU, as far as its loader says."""
    from neuropose.estimator import available

    for model in available():
        if model.name == settings.model.partition(":")[0]:
            devices = model.capabilities.devices
            return devices is None or "gpu" in devices
    return False
