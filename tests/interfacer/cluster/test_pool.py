"""The pool of workers: who gets work, who is lost, and what is tried again; without any network."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.interfacer.cluster.fake_dask import FakeClient
from tests.loopback import PATIENCE_S

from neuropose.config import ClusterSettings
from neuropose.errors import CancelledError, ClusterError, WorkerLostError
from neuropose.interfacer.cluster import pool as module
from neuropose.interfacer.cluster.facts import ModelFacts, machine_facts
from neuropose.interfacer.cluster.pool import WorkerPool
from neuropose.testing import FakeModel

SETTINGS = ClusterSettings(kind="scheduler", scheduler="tcp://127.0.0.1:1")


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 0.3
        return self.now_s


class Child:
    """A child that has loaded its model at once."""

    def prepare(self) -> Any:
        return FakeModel().info

    def close(self) -> None:
        os.environ.pop("CUDA_VISIBLE_DEVICES", None)


def double(number: int) -> int:
    if number == 13:
        raise ValueError("unlucky")
    return 2 * number


def hang() -> None:
    raise AssertionError("held by the client")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeClient]:
    client = FakeClient("a", "b")
    monkeypatch.setattr(module, "connect", client.connection)
    monkeypatch.setattr(module, "_TICK_S", 0.0)
    yield client
    client.close()


@pytest.fixture
def pool(client: FakeClient, tmp_path: Path) -> Any:
    pool = WorkerPool(SETTINGS, tmp_path, "test", clock=Clock())
    pool.open()
    yield pool
    pool.close()
    assert list(tmp_path.iterdir()) == []


def tick_until(pool: WorkerPool, condition: Callable[[], object], waiting: int = 0) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not condition():
        pool.tick(waiting)
        assert time.monotonic() < until_s
        time.sleep(0.001)


def test_results_and_errors_come_in_order(pool: WorkerPool) -> None:
    found = list(pool.map(double, [(number,) for number in range(20)]))
    assert found[:13] == [2 * number for number in range(13)]
    assert isinstance(found[13], ValueError)
    assert found[14:] == [2 * number for number in range(14, 20)]


def test_a_worker_has_one_task_at_a_time(pool: WorkerPool, client: FakeClient) -> None:
    client.holds.add("hang")
    assert pool.waiting_for == "no worker yet"
    tick_until(pool, lambda: pool.free == 2)
    first, second = pool.submit("1", hang), pool.submit("2", hang)
    assert pool.free == 0
    with pytest.raises(ClusterError, match="no worker is free"):
        pool.submit("3", hang)
    assert {address for address, work in client.sent if work == "hang"} == {"a", "b"}
    client.held["a"].set_result("done")
    tick_until(pool, lambda: pool.free == 1)
    assert sorted([first.done(), second.done()]) == [False, True]
    assert pool.waiting_for is None


def test_a_lost_worker_ends_its_task_and_what_comes_late_is_ignored(
    pool: WorkerPool, client: FakeClient
) -> None:
    client.holds.add("hang")
    tick_until(pool, lambda: pool.free == 2)
    tasks = {"1": pool.submit("1", hang), "2": pool.submit("2", hang)}
    late = client.held["a"]
    client.workers.remove("a")
    tick_until(pool, lambda: any(task.done() for task in tasks.values()))
    [lost] = [task for task in tasks.values() if task.done()]
    with pytest.raises(WorkerLostError):
        lost.result()
    if not late.cancelled():
        late.set_result("late")
    for _ in range(10):
        pool.tick(0)
    assert (pool.size, pool.free) == (1, 0)
    client.workers.append("c")
    tick_until(pool, lambda: pool.free == 1)


def test_a_task_that_is_given_up_keeps_its_worker_until_it_stops(
    pool: WorkerPool, client: FakeClient
) -> None:
    client.holds.add("hang")
    tick_until(pool, lambda: pool.free == 2)
    task = pool.submit("1", hang)
    pool.give_up("1", CancelledError("enough"))
    assert isinstance(task.exception(), CancelledError)
    assert pool.free == 1
    next(iter(client.held.values())).set_exception(CancelledError("stopped"))
    tick_until(pool, lambda: pool.free == 2)


def test_an_item_whose_worker_is_lost_is_tried_again_but_not_for_ever(
    pool: WorkerPool, client: FakeClient
) -> None:
    client.holds.add("hang")
    names = iter("cdefgh")

    def lose() -> None:
        for address in list(client.held):
            client.held.pop(address)
            client.workers.remove(address)
            client.workers.append(next(names))

    look = pool.tick

    def tick(waiting: int) -> None:
        lose()
        look(waiting)

    pool.tick = tick  # type: ignore[method-assign]
    [found] = pool.map(hang, [()], most_lost=2)
    assert isinstance(found, WorkerLostError)
    assert sum(work == "hang" for _, work in client.sent) == 3


def test_a_scheduler_that_is_gone_is_connected_to_again(
    pool: WorkerPool, client: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.holds.add("hang")
    tick_until(pool, lambda: pool.free == 2)
    task = pool.submit("1", hang)
    client.status = "closed"
    tick_until(pool, task.done)
    assert isinstance(task.exception(), WorkerLostError)
    assert pool.waiting_for == "the scheduler cannot be reached"
    again = FakeClient("c")
    tries = [ClusterError("not yet"), ClusterError("not yet")]

    def connect(*_: object) -> Any:
        if tries:
            raise tries.pop()
        return again.connection()

    monkeypatch.setattr(module, "connect", connect)
    tick_until(pool, lambda: pool.free == 1)


def test_why_there_is_no_worker(client: FakeClient, tmp_path: Path) -> None:
    pool = WorkerPool(SETTINGS, tmp_path, "test", clock=Clock())
    pool.open()
    assert pool._mine is not None
    pool._mine = replace(pool._mine, version="2.0")
    with pytest.raises(ClusterError, match=r"no worker can be used: it has NeuroPose .*, not 2\.0"):
        tick_until(pool, lambda: False)
    assert str(pool.waiting_for).startswith("no worker: it has NeuroPose")
    pool.close()


def test_each_worker_has_a_gpu_of_its_own(
    client: FakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    client.workers.append("c")
    loaded: list[str | None] = []

    def load(make_child: Callable[[], Child], gpu: str | None) -> ModelFacts:
        loaded.append(gpu)
        return ModelFacts.of(make_child().prepare())

    monkeypatch.setattr(module, "load_model", load)
    monkeypatch.setattr("tests.interfacer.cluster.fake_dask.pickle.dumps", lambda it: it)
    monkeypatch.setattr("tests.interfacer.cluster.fake_dask.pickle.loads", lambda it: it)
    pool = WorkerPool(
        SETTINGS,
        tmp_path,
        "test",
        make_child=Child,  # type: ignore[arg-type]
        model=ModelFacts.of(FakeModel().info),
        uses_gpu=True,
        clock=Clock(),
    )
    pool.open()

    def refused() -> list[str]:
        return [slot.refusal for slot in pool._slots.values() if slot.refusal]

    tick_until(pool, lambda: pool.free == 2 and refused())
    assert refused() == ["every GPU of its machine has a worker"]
    assert sorted(str(gpu) for gpu in loaded) == ["3", "5"]
    pool.close()


class FakeCluster:
    """Starts and ends workers at once, as names of a client's workers."""

    def __init__(self, client: FakeClient) -> None:
        self.client = client
        self.worker_spec: dict[str, object] = {}
        self.workers: dict[str, object] = {}
        self.started = 0

    @property
    def scheduler(self) -> Any:
        return type("S", (), {"workers": {a: type("W", (), {"name": a}) for a in self.workers}})

    def scale(self, count: int) -> None:
        while len(self.worker_spec) < count:
            self.worker_spec[f"w{self.started}"] = object()
            self.started += 1
        self.workers |= self.worker_spec
        self.client.workers = list(self.workers)

    async def scale_down(self, names: list[str]) -> None:
        raise AssertionError("called by way of sync")

    def sync(self, _: object, names: list[str], callback_timeout: float) -> None:
        for name in names:
            del self.worker_spec[name], self.workers[name]
        self.client.workers = list(self.workers)

    def close(self) -> None:
        self.client.close()


def test_there_are_as_many_workers_as_are_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = FakeClient()
    cluster = FakeCluster(client)
    connection = replace(client.connection(), cluster=cluster)
    monkeypatch.setattr(module, "connect", lambda *_: connection)
    settings = ClusterSettings(kind="slurm", workers=4, workers_kept=1, idle_s=60)
    clock = Clock()
    pool = WorkerPool(settings, tmp_path, "test", clock=clock)
    pool.open()
    tick_until(pool, lambda: pool.free == 1)
    tick_until(pool, lambda: pool.free == 4, waiting=10)
    del cluster.workers["w2"]  # as dask does some time after one is lost
    client.workers.remove("w2")
    tick_until(pool, lambda: "w2" in client.workers, waiting=10)
    tick_until(pool, lambda: pool.free == 4, waiting=10)
    tick_until(pool, lambda: pool.free == 1)
    assert clock.now_s >= 60
    assert len(cluster.worker_spec) == 1
    pool.close()


def test_facts_can_be_sent() -> None:
    import pickle

    assert pickle.loads(pickle.dumps(machine_facts())) == machine_facts()
