"""What the daemon costs beside the work itself: many small jobs, many finished ones.

Run: ``python -m benchmarks.jobs [--jobs 200]``. A model that costs nothing, in the daemon's own
process and in a child; the same videos through the estimator alone are subtracted. Then one
transition of a job among 10,000 finished ones, and what a daemon costs that has nothing to do
beside them, or that waits for 10,000 jobs which are not complete yet.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from neuropose.config import Settings
from neuropose.data import JobEntry, JobState
from neuropose.estimator import Estimator
from neuropose.interfacer import ChildEstimator, Interfacer, Layout
from neuropose.interfacer.store import Store
from neuropose.testing import FakeModel, write_numbered_video

FINISHED = 10_000
IDLE_S = 30.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=200)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        overhead(Path(folder), arguments.jobs)
    with tempfile.TemporaryDirectory() as folder:
        transition(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        idle(Path(folder), place="out")
    with tempfile.TemporaryDirectory() as folder:
        idle(Path(folder), place="in")


def overhead(folder: Path, jobs: int) -> None:
    video = write_numbered_video(folder / "clip.mp4", 10)
    alone = Estimator(FakeModel())
    start = time.perf_counter()
    for _ in range(jobs):
        alone.process_video(video)
    work_s = time.perf_counter() - start
    child = ChildEstimator(make_estimator, stall_s=60.0)
    child.prepare()
    for name, estimator in {"own process": alone, "child process": child}.items():
        layout = Layout(folder / name)
        layout.make()
        for number in range(jobs):
            job = layout.inbox / f"job {number}"
            job.mkdir()
            (job / "walk.mp4").write_bytes(video.read_bytes())
        settings = Settings(data_dir=layout.root, settle_seconds=0)
        start = time.perf_counter()
        count = Interfacer(settings, estimator).run_once()
        spent_s = time.perf_counter() - start
        print(
            f"{name}: {count} jobs, {1000 * (spent_s - work_s) / jobs:.1f} ms a job beyond the work"
        )
    child.close()


def make_estimator() -> Estimator:
    return Estimator(FakeModel())


def transition(folder: Path) -> None:
    layout = Layout(folder)
    layout.make()
    now = datetime.now(UTC)
    store = Store(layout, time.monotonic)
    done = JobEntry(
        state=JobState.COMPLETED,
        queued_at=now,
        started_at=now,
        finished_at=now,
        attempts=1,
        videos=("walk.mp4", "sit.mp4"),
        results="out/some job/results.json",
    )
    store.put({f"job {number}": done for number in range(FINISHED)})
    times_s = []
    for number in range(50):
        entry = JobEntry(state=JobState.QUEUED, queued_at=now, position=number + 1)
        start = time.perf_counter()
        store.put({"new": entry})
        times_s.append(time.perf_counter() - start)
    size_mb = layout.status.stat().st_size / 1e6
    print(
        f"a transition among {FINISHED} finished jobs ({size_mb:.1f} MB): "
        f"median {1000 * statistics.median(times_s):.1f} ms, "
        f"longest {1000 * max(times_s):.1f} ms"
    )


def idle(folder: Path, *, place: str) -> None:
    layout = Layout(folder)
    layout.make()
    for number in range(FINISHED):
        job = folder / place / f"job {number}"
        job.mkdir()
        (job / ("results.json" if place == "out" else "notes.txt")).touch()
    interfacer = Interfacer(Settings(data_dir=folder), make_estimator())
    ready = threading.Event()
    daemon = threading.Thread(target=interfacer.run, args=(ready.set,))
    daemon.start()
    ready.wait()
    time.sleep(5.0)  # the first look
    start_s = time.process_time()
    time.sleep(IDLE_S)
    share = 100.0 * (time.process_time() - start_s) / IDLE_S
    interfacer.request_stop()
    daemon.join()
    print(f"a daemon with nothing to do, {FINISHED} jobs in {place}/: {share:.2f} % of a core")


if __name__ == "__main__":
    main()
