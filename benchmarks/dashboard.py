"""What the dashboard takes with very many jobs and open pages, and what it costs the daemon.

Run: ``python -m benchmarks.dashboard [--jobs 10000] [--clients 50]``. The first page and a search
over finished jobs; from a transition, written as the daemon does, to every open page; memory of the
process while all clients listen; then a daemon that processes jobs with and without a dashboard
whose pages are open.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
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
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        many(Path(folder), arguments.jobs, arguments.clients)
    with tempfile.TemporaryDirectory() as folder:
        daemon(Path(folder), arguments.clients, arguments.runs)


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
                    time.sleep(0.001)
                delays.append(max(arrived) - changed_s)
                time.sleep(0.3)
            print(
                f"  from a transition to the last of {clients} pages: median "
                f"{1000 * statistics.median(delays):.0f} ms, most {1000 * max(delays):.0f} ms"
            )
            print(f"  memory: {before_mb:.0f} MB before, {memory_mb(process):.0f} MB after")


def daemon(folder: Path, clients: int, runs: int) -> None:
    video = write_numbered_video(folder / "clip.mp4", 300)
    walls: dict[str, list[float]] = {"without": [], "with": []}
    own_s: list[float] = []
    dashboard_s: list[float] = []
    for run in range(runs):
        for kind in walls:
            root = folder / f"{kind} {run}"
            finished(root, 1000)
            if kind == "without":
                walls[kind].append(work(root, video))
                continue
            with dashboard(root) as (url, process), listening(url, clients, []):
                before_s, start_s = cpu_s(process), time.process_time()
                walls[kind].append(work(root, video))
                own_s.append(time.process_time() - start_s)
                dashboard_s.append(cpu_s(process) - before_s)
    alone, beside = (statistics.median(walls[kind]) for kind in walls)
    print(
        f"the daemon, on {os.cpu_count()} cores: {alone:.2f} s without a dashboard, {beside:.2f} s "
        f"with one and {clients} pages open: {100 * (beside / alone - 1):+.1f} %"
    )
    print(
        f"  CPU: {statistics.median(own_s):.2f} s of the daemon (and of the pages, which are in "
        f"its process), {statistics.median(dashboard_s):.2f} s of the dashboard"
    )


def work(root: Path, video: Path, jobs: int = 20) -> float:
    layout = Layout(root)
    for number in range(jobs):
        job = layout.inbox / f"new {number}"
        job.mkdir()
        (job / "walk.mp4").write_bytes(video.read_bytes())
    settings = Settings(data_dir=root, settle_seconds=0, reconstruct="off")
    start = time.perf_counter()
    Interfacer(settings, Estimator(FakeModel())).run_once()
    return time.perf_counter() - start


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
