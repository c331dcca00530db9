"""The daemon with hundreds of workers and thousands of videos, of which only the daemon is real."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import logging
import multiprocessing
import os
import resource
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from neuropose.config import ClusterSettings, Settings
from neuropose.data import VideoOutcome
from neuropose.estimator import ModelInfo
from neuropose.interfacer import Interfacer, Layout
from neuropose.interfacer.cluster import DaskEngine, WorkerPool, facts, worker
from neuropose.interfacer.cluster import pool as pool_module
from neuropose.interfacer.cluster.connection import Connection
from neuropose.interfacer.engines.processing import JobOutcome
from neuropose.io import load_status
from neuropose.testing import FakeModel


class NoChild:
    """A child that has loaded a model at once."""

    info: ModelInfo = FakeModel().info

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def prepare(self) -> ModelInfo:
        return self.info

    def close(self) -> None:
        pass


def no_estimator(**_: object) -> None:
    """Workers that pretend need none."""


def leave_results(order: worker.Order) -> JobOutcome:
    """Leave results as a worker does."""
    (order.work / "results.json").write_bytes(b"{}")
    return JobOutcome((VideoOutcome(people=1, frames=100, frames_with_people=100),))


def wait_and_leave_results(work_s: float, order: worker.Order) -> JobOutcome:
    time.sleep(about(work_s))
    return leave_results(order)


def about(work_s: float) -> float:
    return work_s * (0.5 + secrets.randbelow(1000) / 1000)


class SimulatedEngine(DaskEngine):
    """The daemon's engine, with workers that only wait."""

    def __init__(self, settings: Settings, process: Callable[[worker.Order], JobOutcome]) -> None:
        super().__init__(settings, no_estimator)  # type: ignore[arg-type]
        self._process_job = process

    def prepare(self) -> None:
        self._pool = WorkerPool(
            self._settings.cluster or ClusterSettings(),
            self._settings.data_dir,
            "simulated",
            make_child=NoChild,  # type: ignore[arg-type]
            model=facts.ModelFacts.of(NoChild.info),
            said=self._hear,
            wake=self._has_arrived,
        )
        self._pool.open()


class PretendedClient:
    """As much of dask's client as the daemon uses: workers are timers of one thread."""

    status = "running"

    def __init__(self, workers: int, work_s: float) -> None:
        self._workers = {f"tls://worker:{number}": 1 for number in range(workers)}
        self._work_s = work_s
        self._looks: dict[str, Any] = {}
        self.scheduler = SimpleNamespace(ncores=lambda: self._workers)
        self.loop = SimpleNamespace(asyncio_loop=asyncio.new_event_loop())
        self._thread = threading.Thread(target=self.loop.asyncio_loop.run_forever, daemon=True)
        self._thread.start()

    def sync(self, ask: Callable[[], Any], callback_timeout: float) -> Any:
        del callback_timeout
        return ask()

    def submit(self, work: Callable[..., Any], *given: Any, **_: Any) -> Any:
        return partial(work, *given)

    async def gather(self, asked: partial[Any], *, asynchronous: bool) -> Any:
        del asynchronous
        if asked.func is leave_results:
            await asyncio.sleep(about(self._work_s))
            return asked()
        name = asked.func.__name__  # every worker has the same machine
        if name not in self._looks:
            self._looks[name] = asked()
        return self._looks[name]

    def subscribe_topic(self, topic: str, handler: Callable[[Any], None]) -> None:
        pass

    def run(self, work: Callable[[], None], on_error: str) -> None:
        pass

    def close(self) -> None:
        self.loop.asyncio_loop.call_soon_threadsafe(self.loop.asyncio_loop.stop)
        self._thread.join()


@contextmanager
def pretended(workers: int, work_s: float) -> Iterator[tuple[str, Callable[..., JobOutcome]]]:
    """Let the daemon find a client that pretends, whatever address it connects to."""
    client = PretendedClient(workers, work_s)
    connect = pool_module.connect
    pool_module.connect = lambda *_: Connection(client)  # type: ignore[arg-type]
    try:
        yield "tcp://127.0.0.1:1", leave_results
    finally:
        pool_module.connect = connect


def site(workers: int, port: Any) -> None:
    """A scheduler and its workers in one process, each worker with a thread for its task."""
    import dask
    from distributed import Scheduler, Worker

    from neuropose.interfacer.cluster.connection import QUIET

    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    dask.config.set({"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []})
    dask.config.set(QUIET)

    async def run() -> None:
        async with Scheduler(host="127.0.0.1", port=0, dashboard=False) as scheduler:
            options = {"nthreads": 1, "memory_limit": 0, "dashboard": False}
            made = [Worker(scheduler.address, **options) for _ in range(workers)]
            await asyncio.gather(*made)
            port.send(scheduler.address)
            await asyncio.Event().wait()

    asyncio.run(run())


@contextmanager
def of_dask(workers: int, work_s: float) -> Iterator[tuple[str, Callable[..., JobOutcome]]]:
    """A real scheduler in a process of its own, with workers that only sleep."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=site, args=(workers, there))
    process.start()
    try:
        yield here.recv(), partial(wait_and_leave_results, work_s)
    finally:
        process.kill()
        process.join()


def run(options: argparse.Namespace) -> dict[str, Any]:
    """The daemon's own work, with a fake of everything that workers do."""
    with (of_dask if options.dask else pretended)(options.workers, options.work_s) as site:
        return watched(options, *site)


def watched(
    options: argparse.Namespace, address: str, process: Callable[[worker.Order], JobOutcome]
) -> dict[str, Any]:
    """Run the daemon, and look at what it uses."""
    seen: list[tuple[int, float]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        layout = Layout(folder)
        layout.make()
        for number in range(options.jobs):
            (layout.inbox / f"{number:05}").mkdir()
            (layout.inbox / f"{number:05}" / "walk.mp4").write_bytes(b"0")
        settings = Settings(
            data_dir=folder,
            settle_seconds=0,
            reconstruct="off",
            engine="dask",
            disk_reserve_gb=0,
            cluster=ClusterSettings(kind="scheduler", scheduler=address),
        )
        engine = SimulatedEngine(settings, process)
        engine.prepare()
        while engine.free < options.workers:
            engine.tick(options.workers)
            time.sleep(0.05)
        interfacer = Interfacer(settings, engine)
        used = Used(engine)
        looked_s = [0.0]

        def look() -> None:
            if time.monotonic() - looked_s[0] > 2.0:
                looked_s[0] = time.monotonic()
                done = interfacer._processed
                seen.append((done, memory_mb()))

        interfacer._on_tick = look
        gc.collect()
        began_s, cpu_s, process_s = time.monotonic(), time.thread_time(), time.process_time()
        count = interfacer.run_once()
        wall_s, cpu_s = time.monotonic() - began_s, time.thread_time() - cpu_s
        process_s = time.process_time() - process_s
        engine.close()
        jobs = load_status(layout.status).jobs
        assert count == len(jobs) == options.jobs
        assert count == len(list(layout.out.glob("*/results.json")))
    half = [memory for done, memory in seen if done > options.jobs / 2]
    return {
        "client": "dask's" if options.dask else "pretended",
        "workers": options.workers,
        "jobs": count,
        "wall_s": wall_s,
        "videos_per_s": count / wall_s,
        "daemons_thread_ms_per_video": 1000 * cpu_s / count,
        "of_it_in_the_client": 1000 * used.submitting_s / count,
        "most_videos_per_s": count / cpu_s,
        "whole_process_ms_per_video": 1000 * process_s / count,
        "memory_mb": [round(memory) for _, memory in seen[:: max(len(seen) // 10, 1)]],
        "growth_in_second_half_bytes_per_video": (
            round(1e6 * (half[-1] - half[0]) / (count / 2)) if half else None
        ),
        "load": os.getloadavg(),
    }


class Used:
    """How long the daemon's thread was in the client, to give workers their tasks."""

    def __init__(self, engine: SimulatedEngine) -> None:
        assert engine._pool is not None
        self.submitting_s = 0.0
        self._send = engine._pool._send
        engine._pool._send = self  # type: ignore[method-assign, assignment]

    def __call__(self, *given: Any) -> Future[Any]:
        began_s = time.thread_time()
        try:
            return self._send(*given)
        finally:
            self.submitting_s += time.thread_time() - began_s


def memory_mb() -> float:
    with contextlib.suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 1e6
    return float("nan")
