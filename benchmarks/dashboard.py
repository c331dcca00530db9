"""What the dashboard takes with very many jobs and open pages, and what it costs the daemon.

Run: ``python -m benchmarks.dashboard [--jobs 10000] [--clients 50]``. The first page and a search
over finished jobs; from a transition, written as the daemon does, to every open page; memory of the
process while all clients listen; then a daemon that processes jobs with and without a dashboard
whose pages are open, in a process of their own. Runs with and without it take turns, so that
whatever else the machine does meets both; each pair gives a ratio, and their median counts.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path

import requests

from neuropose.config import Settings
from neuropose.data import JobEntry, JobState, VideoOutcome
from neuropose.estimator import Estimator
from neuropose.interfacer import Interfacer, Layout
from neuropose.interfacer.store import Store
from neuropose.testing import FakeModel, write_numbered_video

TRANSITIONS = 20
WARM_UP_S = 2.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--pairs", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        many(Path(folder), arguments.jobs, arguments.clients)
    with tempfile.TemporaryDirectory() as folder:
        daemon(Path(folder), arguments.clients, arguments.pairs)


def many(folder: Path, jobs: int, clients: int) -> None:
    store = finished(folder, jobs)
    with dashboard(folder) as (url, process):
        print(f"{jobs} finished jobs:")
        with requests.Session() as session:
            for path in ("/jobs", "/jobs", "/jobs?search=p04242", "/jobs?page=100", "/api/v1/jobs"):
                start = time.perf_counter()
                session.get(url + path, timeout=60).raise_for_status()
                print(f"  {path}: {1000 * (time.perf_counter() - start):.0f} ms")
        arrived: list[float] = []
        with listening(url, clients, arrived):
            before_mb = memory_mb(process)
            delays = []
            for number in range(TRANSITIONS):
                arrived.clear()
                changed_s = time.perf_counter()
                store.put({"p00001": entry("p00001", 2, number)})
                while len(arrived) < clients:
                    store.write_if_due()  # a large status is written less often
                    time.sleep(0.001)
                delays.append(max(arrived) - changed_s)
                time.sleep(0.3)
            print(
                f"  from a transition to the last of {clients} pages: median "
                f"{1000 * statistics.median(delays):.0f} ms, most {1000 * max(delays):.0f} ms"
            )
            print(f"  memory: {before_mb:.0f} MB before, {memory_mb(process):.0f} MB after")


@dataclass(frozen=True)
class Run:
    """What the work of the daemon took, in seconds."""

    wall_s: float
    daemon_cpu_s: float
    dashboard_cpu_s: float = 0.0


def daemon(folder: Path, clients: int, pairs: int) -> None:
    video = write_numbered_video(folder / "clip.mp4", 300)

    def without(root: Path) -> Run:
        return work(root, video)

    def beside(root: Path) -> Run:
        with dashboard(root) as (url, process), visited(url, clients):
            before_s = cpu_s(process)
            run = work(root, video)
            return replace(run, dashboard_cpu_s=cpu_s(process) - before_s)

    kinds = {"without": without, "with": beside}
    runs: dict[str, list[Run]] = {kind: [] for kind in kinds}
    for number in range(-1, pairs):  # the first pair, in which everything is new, does not count
        for kind in kinds if number % 2 else reversed(kinds):
            root = folder / f"{kind} {number}"
            finished(root, 1000)
            run = kinds[kind](root)
            shutil.rmtree(root)
            if number >= 0:
                runs[kind].append(run)
    pages = f"with one and {clients} pages open"
    print(f"the daemon, on {os.cpu_count()} cores, {pairs} pairs, without a dashboard and {pages}:")
    for field, unit in (("wall_s", "wall"), ("daemon_cpu_s", "CPU of the daemon")):
        one, other = ([getattr(run, field) for run in runs[kind]] for kind in kinds)
        percent = [100.0 * (b / a - 1.0) for a, b in zip(one, other, strict=True)]
        medians = [f"{statistics.median(seconds):.2f} s" for seconds in (one, other)]
        print(
            f"  {unit}: median {' and '.join(medians)}; "
            f"of the pairs {statistics.median(percent):+.1f} %, "
            f"from {min(percent):+.1f} to {max(percent):+.1f} %"
        )
    shares = [100.0 * run.dashboard_cpu_s / run.wall_s for run in runs["with"]]
    print(f"  CPU of the dashboard: {statistics.median(shares):.1f} % of a core")


def work(root: Path, video: Path, jobs: int = 20) -> Run:
    layout = Layout(root)
    for number in range(jobs):
        job = layout.inbox / f"new {number}"
        job.mkdir()
        (job / "walk.mp4").write_bytes(video.read_bytes())
    settings = Settings(data_dir=root, settle_seconds=0, reconstruct="off")
    start_s, before = time.perf_counter(), os.times()
    Interfacer(settings, Estimator(FakeModel())).run_once()
    after = os.times()
    own_s = sum(after[:4]) - sum(before[:4])  # of this process and of its children
    return Run(time.perf_counter() - start_s, own_s)


def finished(root: Path, jobs: int) -> Store:
    layout = Layout(root)
    layout.make()
    for number in range(jobs):
        folder = layout.out / f"p{number:05}"
        folder.mkdir()
        (folder / "results.json").touch()
    store = Store(layout, time.monotonic)
    store.put({f"p{k:05}": entry(f"p{k:05}", k + 1) for k in range(jobs)})
    return store


def entry(name: str, number: int, attempts: int = 1) -> JobEntry:
    began = datetime(2026, 3, 1, 20, tzinfo=UTC) + timedelta(minutes=number)
    return JobEntry(
        state=JobState.COMPLETED,
        queued_at=began,
        started_at=began,
        finished_at=began + timedelta(minutes=1),
        attempts=attempts,
        number=number,
        videos=("walk.mp4", "turn.mp4"),
        results=f"out/{name}/results.json",
        outcomes=(VideoOutcome(people=1, frames=900, frames_with_people=890),) * 2,
    )


@contextmanager
def dashboard(root: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run a dashboard in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "neuropose", "dashboard", "--port", "0"],
        env={**os.environ, "NEUROPOSE_DATA_DIR": str(root)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        yield line.split()[-1].rstrip("/"), process
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def listening(url: str, clients: int, arrived: list[float]) -> Iterator[None]:
    """Open pages, all in one thread, that note when they are told of a change."""
    host, port = url.removeprefix("http://").split(":")
    request = f"GET /events HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
    ready, done = threading.Semaphore(0), threading.Event()

    async def listen() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(request)
        while line := await reader.readline():
            if line == b"event: hello\n":
                ready.release()
            elif line == b"event: jobs\n":
                arrived.append(time.perf_counter())

    async def all_pages() -> None:
        pages = [asyncio.create_task(listen()) for _ in range(clients)]
        while not done.is_set():
            await asyncio.sleep(0.1)
        for page in pages:
            page.cancel()

    thread = threading.Thread(target=asyncio.run, args=(all_pages(),))
    thread.start()
    for _ in range(clients):
        ready.acquire()
    time.sleep(WARM_UP_S)
    try:
        yield
    finally:
        done.set()
        thread.join()


@contextmanager
def visited(url: str, clients: int) -> Iterator[None]:
    """Keep pages open in another process, which takes what nobody else needs of the machine."""
    spawning = multiprocessing.get_context("spawn")
    ready, over = spawning.Event(), spawning.Event()
    process = spawning.Process(target=visit, args=(url, clients, ready, over))
    process.start()
    try:
        ready.wait()
        yield
    finally:
        over.set()
        process.join()


def visit(url: str, clients: int, ready: Event, over: Event) -> None:
    os.nice(19)
    with listening(url, clients, []):
        ready.set()
        over.wait()


def cpu_s(process: subprocess.Popen[str]) -> float:
    fields = (
        Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    )
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(process: subprocess.Popen[str]) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return float(status.split("VmRSS:")[1].split()[0]) / 1000.0


if __name__ == "__main__":
    main()
