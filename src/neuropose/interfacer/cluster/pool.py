"""Workers of dask that have been looked at, each with one task at a time."""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError as CancelledFutureError
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from neuropose.config import ClusterSettings
from neuropose.errors import ClusterError, WorkerLostError
from neuropose.interfacer.cluster.batch import has_ended
from neuropose.interfacer.cluster.connection import Connection, connect
from neuropose.interfacer.cluster.facts import (
    MachineFacts,
    ModelFacts,
    machine_facts,
    pick_gpu,
    why_not,
    why_not_model,
)
from neuropose.interfacer.cluster.worker import TOPIC, MakeChild, close_child, load_model
from neuropose.interfacer.entries import describe
from neuropose.io.atomic import write_atomically

_LOG = logging.getLogger(__name__)
_LOOK_S = 1.0
_SCALE_S = 2.0
_RECONNECT_S = 5.0
_CALL_S = 20.0
_CLOSE_S = 30.0
_JOINING_S = 30.0
"""How long a worker that was asked for may not have joined before the batch system is asked."""
_REFUSED_S = 10.0
"""How long others may still join when every worker has been refused."""
_TICK_S = 0.05


@dataclass(slots=True)
class _Slot:
    """A worker."""

    address: str
    joined_s: float
    asked: Future[Any] | None = None  # what it is looked at with, or its task
    machine: MachineFacts | None = None
    gpu: str | None = None
    is_ready: bool = False
    refusal: str | None = None
    task: _Task | None = None
    idle_since_s: float = 0.0


@dataclass(slots=True)
class _Task:
    """What a worker is doing."""

    key: str
    result: Future[Any] = field(default_factory=Future)
    is_given_up: bool = False


class WorkerPool:
    """Workers of dask, on one or more machines; only one thread may use it.

    Parameters
    ----------
    settings : ClusterSettings
        Where the workers are, and what each gets.
    shared : Path
        A folder that every worker must see.
    name : str
        Name of the jobs in a batch system; no other pool at work has the same.
    make_child : callable, optional
        Makes the child process of a worker that holds the model; default: workers need none.
    model : ModelFacts, optional
        The model that every worker must have.
    uses_gpu : bool
        Whether each worker gets a GPU of its own, if its machine has any.
    said : callable, optional
        Called, from another thread, with the key of a task and what the worker says of it.
    wake : callable, optional
        Called, from another thread, when a worker has done something.
    clock : callable
        Gives seconds that never go back.

    Notes
    -----
    A worker gets work once it has been found to see the folder and to have the same NeuroPose,
    libraries, model and processor features; otherwise the log says why not. Its task ends with
    `WorkerLostError` when it is gone; what it may send later is ignored.
    """

    def __init__(
        self,
        settings: ClusterSettings,
        shared: Path,
        name: str,
        *,
        make_child: MakeChild | None = None,
        model: ModelFacts | None = None,
        uses_gpu: bool = False,
        said: Callable[[str, Any], None] | None = None,
        wake: Callable[[], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._shared = shared
        self._name = name
        self._make_child = make_child
        self._model = model
        self._uses_gpu = uses_gpu
        self._said = said
        self._wake = wake
        self._clock = clock
        self._token_file = shared / f".{name}.token"
        self._mine: MachineFacts | None = None
        self._device: str | None = None
        self._connection: Connection | None = None
        self._slots: dict[str, _Slot] = {}
        self._free: dict[str, _Slot] = {}
        self._arrived: SimpleQueue[tuple[_Slot, Future[Any]]] = SimpleQueue()
        self._has_worked = False
        self._looked_s = self._scaled_s = self._reconnect_s = -float("inf")
        self._asked_for: dict[str, float] = {}
        self._refusals: Counter[str] = Counter()

    def open(self) -> None:
        """Connect to the scheduler.

        Raises
        ------
        ClusterError, ConfigError, MissingLibraryError
            If that is impossible; see `connect`.
        OutputError
            If the shared folder cannot be written.
        """
        write_atomically(self._token_file, [secrets.token_hex(16).encode()])
        self._mine = machine_facts(self._token_file)
        self._connect()

    def close(self) -> None:
        """End the workers that are our own, and the children of all others."""
        connection, self._connection = self._connection, None
        if connection is not None:
            if self._make_child is not None and connection.cluster is None:
                with suppress(Exception):  # a scheduler that is gone has no workers either
                    connection.client.run(close_child, on_error="ignore")
            connection.close()
        self._slots.clear()
        self._free.clear()
        self._token_file.unlink(missing_ok=True)

    @property
    def free(self) -> int:
        """Number of workers that would begin a task at once."""
        return len(self._free)

    @property
    def size(self) -> int:
        """Number of workers that may work, those that do included."""
        return sum(slot.is_ready for slot in self._slots.values())

    @property
    def waiting_for(self) -> str | None:
        """Why there is no worker; None if there is one."""
        if self._free or self.size:
            return None
        if self._connection is None:
            return "the scheduler cannot be reached"
        refusals = sorted({slot.refusal for slot in self._slots.values() if slot.refusal})
        return f"no worker: {refusals[0]}" if refusals else "no worker yet"

    def submit(self, key: str, work: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Begin a task on a worker that is free.

        Parameters
        ----------
        key : str
            Name of the task, which no other has.
        work : callable
            A function of a module that workers have too.
        *arguments : object
            Its arguments.

        Returns
        -------
        Future
            Its error is what `work` raises, or `WorkerLostError`.

        Raises
        ------
        ClusterError
            If no worker is free.
        """
        if not self._free:
            raise ClusterError("no worker is free")
        _, slot = self._free.popitem()
        slot.task = _Task(key)
        slot.asked = self._send(slot, key, work, *arguments)
        return slot.task.result

    def give_up(self, key: str, error: Exception) -> None:
        """End a task with an error; its worker gets no other until it has stopped.

        Parameters
        ----------
        key : str
            Name of the task.
        error : Exception
            Its outcome.
        """
        for slot in self._slots.values():
            if slot.task is not None and slot.task.key == key and not slot.task.is_given_up:
                slot.task.is_given_up = True
                slot.task.result.set_exception(error)

    def tick(self, waiting: int) -> None:
        """Look at new workers, take results, and have as many workers as are needed.

        Parameters
        ----------
        waiting : int
            Tasks that wait for a worker.

        Raises
        ------
        ClusterError
            If no worker can be used: each was refused, and none has worked before.
        """
        now_s = self._clock()
        if self._connection is None:
            if now_s >= self._reconnect_s:
                self._reconnect(now_s)
            return
        if now_s - self._looked_s >= _LOOK_S:
            self._looked_s = now_s
            self._look(now_s)
        with suppress(Empty):
            while True:
                slot, asked = self._arrived.get_nowait()
                if slot.asked is asked and self._slots.get(slot.address) is slot:
                    self._take(slot, asked, now_s)
        if self._connection is not None and self._connection.cluster is not None:
            self._scale(waiting, now_s)
        self._require_some(now_s)

    def map(
        self, work: Callable[..., Any], items: Iterable[tuple[Any, ...]], most_lost: int = 3
    ) -> Iterator[Any]:
        """Call a function for many items on all workers.

        Parameters
        ----------
        work : callable
            A function of a module that workers have too.
        items : iterable of tuple
            The arguments of each call.
        most_lost : int
            How often an item is tried again after its worker was lost.

        Yields
        ------
        object
            What it returns for each item, in their order, or the exception that it raises.

        Raises
        ------
        ClusterError
            If no worker can be used.
        """
        waiting = deque(enumerate(items))
        arguments = dict(waiting)
        running: dict[int, Future[Any]] = {}
        done: dict[int, Any] = {}
        lost: Counter[int] = Counter()
        mark = secrets.token_hex(6)
        for number in range(len(arguments)):
            while number not in done:
                self.tick(len(waiting))
                for each in [each for each, future in running.items() if future.done()]:
                    error = running[each].exception()
                    if isinstance(error, WorkerLostError) and lost[each] < most_lost:
                        lost[each] += 1
                        waiting.appendleft((each, arguments[each]))
                    else:
                        done[each] = error or running[each].result()
                    del running[each]
                while waiting and self.free:
                    each, given = waiting.popleft()
                    running[each] = self.submit(f"{mark}-{each}-{lost[each]}", work, *given)
                if number not in done:
                    time.sleep(_TICK_S)
            yield done.pop(number)

    def drain(self) -> None:
        """Wait until no worker has a task, for half a minute at most."""
        until_s = time.monotonic() + _CLOSE_S
        while self._connection is not None and time.monotonic() < until_s:
            if not any(slot.task is not None for slot in self._slots.values()):
                return
            self.tick(0)
            time.sleep(_TICK_S)

    def _connect(self) -> None:
        self._connection = connect(self._settings, self._shared, self._name)
        if self._said is not None:
            self._connection.client.subscribe_topic(TOPIC, partial(_pass_on, self._said))

    def _reconnect(self, now_s: float) -> None:
        try:
            self._connect()
            _LOG.info("the scheduler is there again")
        except ClusterError:
            self._reconnect_s = now_s + _RECONNECT_S

    def _look(self, now_s: float) -> None:
        """See which workers have come and gone."""
        assert self._connection is not None
        client = self._connection.client
        try:
            there: Mapping[str, int] = client.sync(
                client.scheduler.ncores, callback_timeout=_CALL_S
            )
            is_connected = client.status == "running"
        except Exception:  # of tornado, asyncio or a socket
            is_connected = False
        if not is_connected:
            _LOG.warning("the scheduler is gone")
            for slot in self._slots.values():
                self._lose(slot)
            self._slots.clear()
            self._free.clear()
            connection, self._connection = self._connection, None
            self._reconnect_s = now_s
            # In a thread, as it waits for what is not there.
            threading.Thread(target=connection.close, daemon=True).start()
            return
        for address in [address for address in self._slots if address not in there]:
            self._lose(self._slots.pop(address))
            self._free.pop(address, None)
        for address in there:
            if address not in self._slots:
                slot = self._slots[address] = _Slot(address, now_s)
                slot.asked = self._ask(slot, machine_facts, self._token_file)

    def _lose(self, slot: _Slot) -> None:
        task = slot.task
        if task is not None and not task.is_given_up:
            task.result.set_exception(
                WorkerLostError(
                    "the worker that processed the job is gone",
                    hint="see the log of the batch system; neuropose jobs retry continues the job",
                )
            )
        slot.task = None
        if slot.asked is not None:
            slot.asked.cancel()

    def _ask(self, slot: _Slot, work: Callable[..., Any], *arguments: Any) -> Future[Any]:
        return self._send(slot, f"look-{secrets.token_hex(8)}", work, *arguments)

    def _send(
        self, slot: _Slot, key: str, work: Callable[..., Any], *arguments: Any
    ) -> Future[Any]:
        assert self._connection is not None
        client = self._connection.client
        asked = client.submit(
            work,
            *arguments,
            key=key,
            workers=[slot.address],
            allow_other_workers=False,
            pure=False,
            retries=0,
        )
        # Waited for in the client's thread: a result whose worker has just gone may never come.
        waiting = client.gather(asked, asynchronous=True)
        found: Future[Any] = asyncio.run_coroutine_threadsafe(waiting, client.loop.asyncio_loop)
        found.add_done_callback(partial(self._note, slot))
        return found

    def _note(self, slot: _Slot, found: Future[Any]) -> None:
        """Note that a worker has returned something; called from another thread."""
        self._arrived.put((slot, found))
        if self._wake is not None:
            self._wake()

    def _take(self, slot: _Slot, asked: Future[Any], now_s: float) -> None:
        """Take what a worker has returned."""
        slot.asked = None
        slot.idle_since_s = now_s
        found, error = _outcome(asked)
        if isinstance(error, WorkerLostError):
            self._lose(slot)
            slot.refusal = slot.refusal or "it is gone"
            slot.is_ready = False
        elif slot.task is not None:
            task, slot.task = slot.task, None
            self._free[slot.address] = slot
            if task.is_given_up:
                pass
            elif error is None:
                task.result.set_result(found)
            else:
                task.result.set_exception(error)
        elif error is not None:
            self._refuse(slot, f"it cannot be used: {describe(error)}")
        elif isinstance(found, MachineFacts):
            self._judge(slot, found)
        else:
            self._accept(slot, found)

    def _judge(self, slot: _Slot, its: MachineFacts) -> None:
        assert self._mine is not None
        slot.machine = its
        reason = why_not(self._mine, its, any_cpu=self._settings.cpu == "any")
        if reason is not None:
            self._refuse(slot, reason)
        elif self._make_child is None:
            self._accept(slot, None)
        else:
            if self._uses_gpu and its.gpus:
                taken = {
                    other.gpu
                    for other in self._slots.values()
                    if other.machine is not None and other.machine.host == its.host
                }
                slot.gpu = pick_gpu(its.gpus, taken.__contains__)
                if slot.gpu is None:
                    self._refuse(slot, "every GPU of its machine has a worker")
                    return
            slot.asked = self._ask(slot, load_model, self._make_child, slot.gpu)

    def _accept(self, slot: _Slot, its: ModelFacts | None) -> None:
        if its is not None and self._model is not None:
            reason = why_not_model(self._model, its)
            if reason is None and its.device != (self._device or its.device):
                reason = f"its model runs on {its.device}, the others' on {self._device}"
            if reason is not None:
                self._refuse(slot, reason)
                return
            self._device = its.device
        slot.is_ready = self._has_worked = True
        self._free[slot.address] = slot
        _LOG.info("a worker is ready", extra={"workers": self.size})

    def _refuse(self, slot: _Slot, reason: str) -> None:
        slot.refusal = reason
        slot.gpu = None
        if not self._refusals[reason]:  # said once, not for each of 500 workers
            _LOG.warning("a worker is refused: %s", reason)
        self._refusals[reason] += 1

    def _require_some(self, now_s: float) -> None:
        if self._has_worked:
            return
        slots = self._slots.values()
        if not slots or any(slot.refusal is None for slot in slots):
            return
        if now_s - max(slot.joined_s for slot in slots) >= _REFUSED_S:
            reason = next(slot.refusal for slot in slots if slot.refusal is not None)
            raise ClusterError(
                f"no worker can be used: {reason}",
                hint="workers need the same installation and the same data directory; see "
                "docs/guides/cluster.md",
            )

    def _scale(self, waiting: int, now_s: float) -> None:
        """Have as many workers as are needed, and no more for longer than it pays."""
        if now_s - self._scaled_s < _SCALE_S:
            return
        self._scaled_s = now_s
        assert self._connection is not None
        cluster = self._connection.cluster
        busy = sum(slot.task is not None for slot in self._slots.values())
        wanted = min(max(busy + waiting, self._settings.workers_kept), self._settings.workers)
        known = {
            str(state.name): address for address, state in list(cluster.scheduler.workers.items())
        }
        useless = self._useless(known, wanted, now_s) | self._ended(cluster, known, now_s)
        spec = {str(name): name for name in cluster.worker_spec}
        gone = [spec[name] for name in useless if name in spec]
        if gone:
            with suppress(Exception):  # of the batch system: tried again
                cluster.sync(cluster.scale_down, gone, callback_timeout=_CALL_S)
        if wanted > len(cluster.worker_spec) or len(cluster.workers) < len(cluster.worker_spec):
            cluster.scale(max(wanted, len(cluster.worker_spec)))

    def _useless(self, known: Mapping[str, str], wanted: int, now_s: float) -> set[str]:
        """Workers that were refused, and those that have been idle for long and are too many."""
        slots = {name: self._slots[each] for name, each in known.items() if each in self._slots}
        refused = {name for name, slot in slots.items() if slot.refusal is not None}
        if not self._has_worked:
            refused.clear()  # others would be refused too: see _require_some
        surplus = len(slots) - wanted
        idle = [
            name
            for name, slot in slots.items()
            if slot.is_ready
            and slot.task is None
            and now_s - slot.idle_since_s >= self._settings.idle_s
        ]
        return refused | {*idle[: max(surplus, 0)]}

    def _ended(self, cluster: Any, known: Mapping[str, str], now_s: float) -> set[str]:
        """Workers that were asked for, whose job ended before they joined."""
        missing = {str(name) for name in cluster.workers} - set(known)
        self._asked_for = {name: self._asked_for.get(name, now_s) for name in missing}
        ended = set()
        for name, job in list(cluster.workers.items()):
            since_s = self._asked_for.get(str(name), now_s)
            if now_s - since_s >= _JOINING_S and has_ended(self._settings.kind, job):
                ended.add(str(name))
                self._asked_for.pop(str(name))
        for name in self._asked_for.keys() - ended:
            if now_s - self._asked_for[name] >= _JOINING_S:
                self._asked_for[name] = now_s  # asked again after as long
        return ended


def _outcome(asked: Future[Any]) -> tuple[Any, BaseException | None]:
    """Return what a worker has returned, or its error."""
    from distributed.client import FutureCancelledError
    from distributed.scheduler import KilledWorker

    try:
        return asked.result(), None
    except (KilledWorker, FutureCancelledError, CancelledFutureError):
        return None, WorkerLostError("the worker that processed the job is gone")
    except Exception as error:
        return None, error


def _pass_on(said: Callable[[str, Any], None], event: tuple[float, Any]) -> None:
    _, message = event
    said(message["attempt"], message["said"])
