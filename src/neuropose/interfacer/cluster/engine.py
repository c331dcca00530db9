"""The daemon's jobs on workers of dask: the disk is the queue, the cluster can be lost any time."""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuropose.config import Settings
from neuropose.data import JobProgress
from neuropose.errors import CancelledError, ClusterError, OutputError, WorkerLostError
from neuropose.interfacer.cluster.opening import pool_with_model
from neuropose.interfacer.cluster.pool import WorkerPool
from neuropose.interfacer.cluster.worker import Order, Way, process_job, process_piece
from neuropose.interfacer.engines.attempts import hand_back, open_attempt
from neuropose.interfacer.engines.engine import Engine, JobTask, Watch
from neuropose.interfacer.engines.pieces import WantedPiece, keep_whole
from neuropose.interfacer.engines.processing import JobOutcome

if TYPE_CHECKING:
    from neuropose.estimator import Estimator

_LOG = logging.getLogger(__name__)
_LOOK_S = 0.4
"""Time in seconds from one look at who is cancelled to the next."""
MOST_PIECES_LOST = 10
"""How many pieces of a job may be processed again after their workers were lost."""


@dataclass(slots=True)
class _Attempt:
    """An attempt at a job: one task on one worker, or pieces of a video on several."""

    order: Order
    watch: Watch
    outcome: Future[JobOutcome] = field(default_factory=Future)
    waiting: list[WantedPiece] = field(default_factory=list)
    running: dict[str, tuple[WantedPiece | None, Future[Any]]] = field(default_factory=dict)
    tasks: int = 0
    lost: int = 0

    @property
    def wants(self) -> int:
        """How many more workers it could use."""
        return len(self.waiting) or not self.running


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
        self._way = Way.of(settings)
        self._make_estimator = make_estimator
        self._process_job: Callable[[Order], Any] = process_job
        self._clock = clock
        self._mark = secrets.token_hex(4)  # no attempt of another daemon has the same name
        self._wake: Callable[[], None] | None = None
        self._pool: WorkerPool | None = None
        self._attempts: dict[str, _Attempt] = {}
        self._wanting: dict[str, _Attempt] = {}
        self._ended: list[tuple[_Attempt, str]] = []
        self._looked_s = -float("inf")

    def prepare(self) -> None:
        """Load the model once on this machine, to compare those of workers, and connect.

        Raises
        ------
        NeuroPoseError
            Whatever loading it raises, or `ClusterError`.
        """
        self._pool = pool_with_model(
            self._settings,
            self._settings.data_dir,
            batch_name(self._settings.data_dir),
            self._make_estimator,
            said=self._hear,
            wake=self._has_arrived,
            clock=self._clock,
        )
        self._pool.open()

    @property
    def free(self) -> int:
        """How many more jobs it takes now; what is begun goes first."""
        return 0 if self._pool is None else max(self._pool.free - self._wants, 0)

    @property
    def _wants(self) -> int:
        return sum(attempt.wants for attempt in self._wanting.values())

    @property
    def waiting_for(self) -> str | None:
        """Why it takes none although none runs; None if it is only busy."""
        return None if self._pool is None else self._pool.waiting_for

    def begin(self, task: JobTask, watch: Watch) -> Future[JobOutcome]:
        """Begin a job on a worker that is free; see `Engine.begin`."""
        name = f"{task.attempt}-{self._mark}-{secrets.token_hex(4)}"
        try:
            work = open_attempt(task.job.folder, name)
        except OutputError as error:
            refused: Future[JobOutcome] = Future()
            refused.set_exception(error)
            return refused
        attempt = _Attempt(Order(task, name, work, self._way), watch)
        self._attempts[name] = attempt
        self._go_on(attempt)
        return attempt.outcome

    def listen(self, wake: Callable[[], None]) -> None:
        """Say whom to wake when a worker has done something; see `Engine.listen`."""
        self._wake = wake

    def tick(self, waiting: int) -> None:
        """Take what has ended, stop what is cancelled, and have as many workers as are needed.

        Parameters
        ----------
        waiting : int
            Jobs that are ready to begin.
        """
        if self._pool is None:
            return
        self._pool.tick(waiting + self._wants)
        ended, self._ended = self._ended, []
        for attempt, key in ended:
            if not attempt.outcome.done():
                self._take(attempt, *attempt.running.pop(key))
        if self._clock() - self._looked_s >= _LOOK_S:
            self._looked_s = self._clock()
            for attempt in [each for each in self._attempts.values() if each.watch.cancel()]:
                self._end(attempt, CancelledError("the work was cancelled"))
        for attempt in list(self._wanting.values()):
            self._go_on(attempt)

    def drain(self) -> None:
        """Stop the jobs that still run, and wait for their workers."""
        if self._pool is not None:
            for attempt in list(self._attempts.values()):
                self._end(attempt, CancelledError("the work was cancelled"))
            self._pool.drain()

    def close(self) -> None:
        """End the workers that are our own, and the children of all others."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _has_arrived(self) -> None:
        """Wake whoever listens by now; called from another thread."""
        if self._wake is not None:
            self._wake()

    def _go_on(self, attempt: _Attempt) -> None:
        """Use the workers that are free for pieces, or for the job if none is left."""
        assert self._pool is not None
        name = attempt.order.attempt
        while self._pool.free and attempt.wants:
            attempt.tasks += 1
            key = f"{name}-{attempt.tasks}"
            piece = attempt.waiting.pop(0) if attempt.waiting else None
            if piece is None:
                task = self._pool.submit(key, self._process_job, attempt.order)
            else:
                task = self._pool.submit(key, process_piece, attempt.order.work, piece)
            attempt.running[key] = piece, task
            task.add_done_callback(partial(self._note, attempt, key))
        if attempt.wants:
            self._wanting[name] = attempt
        else:
            self._wanting.pop(name, None)

    def _note(self, attempt: _Attempt, key: str, _: Future[Any]) -> None:
        self._ended.append((attempt, key))

    def _take(self, attempt: _Attempt, piece: WantedPiece | None, task: Future[Any]) -> None:
        """Take what a worker has returned."""
        error = task.exception()
        if piece is not None:
            if isinstance(error, ClusterError) and attempt.lost < MOST_PIECES_LOST:
                attempt.lost += 1
                attempt.waiting.append(piece)
            elif error is not None:  # processed whole, the video says what is wrong with it
                attempt.waiting.clear()
                keep_whole(piece.out.parent)
        elif isinstance(error, ClusterError | CancelledError):  # the job is not to blame
            self._end(attempt, WorkerLostError(f"the worker could not go on: {error}"))
        elif error is not None:
            self._end(attempt, error)
        elif isinstance(found := task.result(), JobOutcome):
            self._end(attempt, found)
        else:
            attempt.waiting.extend(found)
            attempt.watch.report(f"a long video is processed in {len(found)} pieces")
        if not attempt.outcome.done():
            self._wanting[attempt.order.attempt] = attempt

    def _end(self, attempt: _Attempt, outcome: JobOutcome | BaseException) -> None:
        """Take the working folder back first: what the attempt does from now on has no effect."""
        assert self._pool is not None
        del self._attempts[attempt.order.attempt]
        self._wanting.pop(attempt.order.attempt, None)
        for key in list(attempt.running):
            self._pool.give_up(key, CancelledError("the work was cancelled"))
        try:
            hand_back(attempt.order.work)
        except OutputError as error:
            outcome = error
        if isinstance(outcome, JobOutcome):
            attempt.outcome.set_result(outcome)
        else:
            attempt.outcome.set_exception(outcome)

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
