"""What a cluster costs: two workers against one, and a daemon with 500 workers and 20,000 videos.

python -m benchmarks.cluster local     # throughput of one and of two workers of one core
python -m benchmarks.cluster daemon --workers 500 --jobs 20000
python -m benchmarks.cluster pieces VIDEO --minutes 10 --pieces 8
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import multiprocessing
import os
import resource
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from neuropose.config import ClusterSettings, Settings
from neuropose.data import VideoOutcome, VideoPredictions
from neuropose.estimator import Estimator, ModelInfo, load_estimator
from neuropose.estimator.pieces import join_pieces, plan_pieces, process_piece
from neuropose.interfacer import Interfacer, Layout
from neuropose.interfacer.cluster import DaskEngine, WorkerPool, facts, worker
from neuropose.interfacer.engines.processing import JobOutcome
from neuropose.io import load_status
from neuropose.testing import FakeModel, write_numbered_video


class Busy(FakeModel):
    """Uses a core for so long a picture."""

    def __init__(self, busy_s: float) -> None:
        super().__init__()
        self.busy_s = busy_s

    def predict(self, pictures: Any, camera: Any, **options: Any) -> Iterator[Any]:
        for found in super().predict(pictures, camera, **options):
            until_s = time.thread_time() + self.busy_s
            while time.thread_time() < until_s:
                pass
            yield found


def busy(busy_s: float, device: str = "cpu", workers: int | None = None) -> Estimator:
    del device, workers
    return Estimator(Busy(busy_s))


def settings_of(folder: Path, **cluster: Any) -> Settings:
    return Settings(
        data_dir=folder,
        settle_seconds=0,
        poll_interval_seconds=0.2,
        reconstruct="off",
        engine="dask",
        disk_reserve_gb=0,
        cluster=ClusterSettings(**cluster),
    )


def timed(folder: Path, workers: int, jobs: int, frames: int, busy_s: float) -> dict[str, Any]:
    """Process so many jobs on local workers, once all of them are ready."""
    layout = Layout(folder)
    layout.make()
    video = write_numbered_video(folder / "walk.mp4", frames)
    settings = settings_of(folder, kind="local", workers=workers, workers_kept=workers, cores=1)
    engine = DaskEngine(settings, partial(busy, busy_s))
    engine.prepare()
    try:
        while engine.free < workers:
            engine.tick(workers)
            time.sleep(0.1)
        for number in range(jobs):
            (layout.inbox / f"{number:04}").mkdir()
            shutil.copy(video, layout.inbox / f"{number:04}" / "walk.mp4")
        began_s = time.monotonic()
        done = Interfacer(settings, engine).run_once()
        wall_s = time.monotonic() - began_s
    finally:
        engine.close()
    assert done == jobs == len(list(layout.out.glob("*/results.json")))
    return {"workers": workers, "jobs": jobs, "wall_s": wall_s, "work_s": frames * busy_s}


def local(options: argparse.Namespace) -> dict[str, Any]:
    runs = []
    for count in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            runs.append(timed(Path(folder), count, options.jobs, options.frames, options.busy_s))
    rates = [run["jobs"] / run["wall_s"] for run in runs]
    per_video_s = runs[0]["wall_s"] / runs[0]["jobs"] - alone(options)
    return {
        "runs": runs,
        "videos_per_s": rates,
        "ratio": rates[1] / rates[0],
        "overhead_ms_per_video": 1000 * per_video_s,
        "load": os.getloadavg(),
    }


def alone(options: argparse.Namespace) -> float:
    """Seconds that a video takes in this process, written and moved by a local daemon."""
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout(Path(folder))
        layout.make()
        video = write_numbered_video(Path(folder) / "walk.mp4", options.frames)
        for number in range(options.jobs):
            (layout.inbox / f"{number:04}").mkdir()
            shutil.copy(video, layout.inbox / f"{number:04}" / "walk.mp4")
        began_s = time.monotonic()
        Interfacer(settings_of(Path(folder)), busy(options.busy_s)).run_once()
        return (time.monotonic() - began_s) / options.jobs


class NoChild:
    """A child that has loaded a model at once."""

    info: ModelInfo = FakeModel().info

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def prepare(self) -> ModelInfo:
        return self.info

    def close(self) -> None:
        pass


def simulated(work_s: float, order: worker.Order) -> JobOutcome:
    """Leave results as a worker does, after a while in which nothing is done."""
    time.sleep(work_s * (0.5 + secrets.randbelow(1000) / 1000))
    (order.work / "results.json").write_bytes(b"{}")
    return JobOutcome((VideoOutcome(people=1, frames=100, frames_with_people=100),))


class SimulatedEngine(DaskEngine):
    """Workers that only wait."""

    work_s = 2.0

    def prepare(self) -> None:
        model = facts.ModelFacts.of(NoChild.info)
        self._pool = WorkerPool(
            self._settings.cluster or ClusterSettings(),
            self._settings.data_dir,
            "simulated",
            make_child=NoChild,
            model=model,
            said=self._hear,
            wake=self._has_arrived,
        )
        self._process_job = partial(simulated, self.work_s)
        self._pool.open()


def site(workers: int, port: Any) -> None:
    """A scheduler and its workers in one process, each worker with a thread for its task."""
    import dask
    from distributed import Scheduler, Worker

    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    dask.config.set({"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []})

    async def run() -> None:
        async with Scheduler(host="127.0.0.1", port=0, dashboard=False) as scheduler:
            options = {"nthreads": 1, "memory_limit": 0, "dashboard": False}
            made = [Worker(scheduler.address, **options) for _ in range(workers)]
            await asyncio.gather(*made)
            port.send(scheduler.address)
            await asyncio.Event().wait()

    asyncio.run(run())


def daemon(options: argparse.Namespace) -> dict[str, Any]:
    """The daemon's own work, with a fake of everything that workers do."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=site, args=(options.workers, there))
    process.start()
    try:
        return watched(options, here.recv())
    finally:
        process.kill()
        process.join()


def watched(options: argparse.Namespace, address: str) -> dict[str, Any]:
    """Run the daemon, and look at what it uses."""
    seen: list[tuple[int, float, float]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        layout = Layout(folder)
        layout.make()
        for number in range(options.jobs):
            (layout.inbox / f"{number:05}").mkdir()
            (layout.inbox / f"{number:05}" / "walk.mp4").write_bytes(b"0")
        settings = settings_of(folder, kind="scheduler", scheduler=address)
        engine = SimulatedEngine(settings, busy)
        engine.work_s = options.work_s
        engine.prepare()
        while engine.free < options.workers:
            engine.tick(options.workers)
            time.sleep(0.1)
        interfacer = Interfacer(settings, engine)
        looked_s = [0.0]

        def look() -> None:
            if time.monotonic() - looked_s[0] > 5.0:
                looked_s[0] = time.monotonic()
                done = sum(1 for _ in layout.out.iterdir())
                seen.append((done, time.thread_time(), memory_mb()))

        interfacer._on_tick = look
        began_s, cpu_s = time.monotonic(), time.thread_time()
        process_s = time.process_time()
        count = interfacer.run_once()
        wall_s, cpu_s = time.monotonic() - began_s, time.thread_time() - cpu_s
        process_s = time.process_time() - process_s
        engine.close()
        jobs = load_status(layout.status).jobs
        assert count == len(jobs) == options.jobs
    half = [memory for done, _, memory in seen if done > options.jobs / 2]
    return {
        "workers": options.workers,
        "jobs": count,
        "wall_s": wall_s,
        "daemons_thread_ms_per_video": 1000 * cpu_s / count,
        "daemons_process_ms_per_video": 1000 * process_s / count,
        "memory_mb": [round(memory) for _, _, memory in seen[:: max(len(seen) // 10, 1)]],
        "growth_in_second_half_mb": round(half[-1] - half[0], 1) if half else None,
        "load": os.getloadavg(),
    }


def memory_mb() -> float:
    with contextlib.suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 1e6
    return float("nan")


def pieces(options: argparse.Namespace) -> dict[str, Any]:
    """A long video in pieces against the whole, by the model of the settings."""
    with tempfile.TemporaryDirectory() as folder:
        video = repeated(options.video, Path(folder) / "long.mp4", 60.0 * options.minutes)
        estimator = load_estimator(Settings(data_dir=folder), model=options.model)
        began_s = time.monotonic()
        whole = estimator.process_video(video).predictions
        whole_s = time.monotonic() - began_s
        count, fps = whole.metadata.frame_count, whole.metadata.fps
        plan = plan_pieces(count, fps, count / fps / options.pieces * 0.999)
        spent_s, found = [], []
        for piece in plan:
            began_s = time.monotonic()
            found.append(process_piece(estimator, video, piece)[1])
            spent_s.append(time.monotonic() - began_s)
        began_s = time.monotonic()
        joined = join_pieces(estimator, video, found).predictions
        joining_s = time.monotonic() - began_s
    return {
        "frames": count,
        "pieces": len(plan),
        "whole_s": whole_s,
        "longest_piece_s": max(spent_s),
        "joining_s": joining_s,
        **difference(whole, joined),
    }


def difference(whole: VideoPredictions, joined: VideoPredictions) -> dict[str, Any]:
    """How far people are apart in each frame, whatever their identities; and how many there are."""
    apart_mm, apart_px, others = [], [], 0
    for one, other in zip(whole.frames.values(), joined.frames.values(), strict=True):
        same = len(one.boxes) == len(other.boxes)
        others += not same
        for person in range(len(one.boxes) if same else 0):
            px = np.abs(one.poses2d[person] - other.poses2d).max(axis=(1, 2))
            apart_px.append(float(px.min()))
            mm = np.linalg.norm(one.poses3d[person] - other.poses3d[px.argmin()], axis=-1)
            apart_mm.append(float(mm.max()))
    return {
        "equal": whole == joined,
        "people": [whole.people_count, joined.people_count],
        "frames_with_another_number_of_people": others,
        "people_who_differ": sum(mm > 0 for mm in apart_mm),
        "of": len(apart_mm),
        "differences_mm": np.percentile(apart_mm, [50, 90, 99, 100]).tolist() if apart_mm else [],
        "differences_px": np.percentile(apart_px, [50, 90, 99, 100]).tolist() if apart_px else [],
    }


def repeated(video: Path, out: Path, seconds: float) -> Path:
    """The same clip again and again, without encoding it anew."""
    import av

    with av.open(str(video)) as source, av.open(str(out), "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        packets = [packet for packet in source.demux(stream) if packet.size]
        span = max(p.pts + (p.duration or 1) for p in packets) - min(p.dts for p in packets)
        contents = [(bytes(p), p.pts, p.dts, p.is_keyframe, p.duration) for p in packets]
        times = int(np.ceil(seconds / float(span * stream.time_base)))
        for turn in range(times):
            for content, pts, dts, is_keyframe, duration in contents:
                packet = av.Packet(content)
                packet.pts, packet.dts = pts + turn * span, dts + turn * span
                packet.time_base, packet.stream = stream.time_base, copy
                packet.duration, packet.is_keyframe = duration, is_keyframe
                target.mux(packet)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    kinds = parser.add_subparsers(required=True)
    kind = kinds.add_parser("local")
    kind.add_argument("--jobs", type=int, default=20)
    kind.add_argument("--frames", type=int, default=50)
    kind.add_argument("--busy-s", type=float, default=0.02)
    kind.set_defaults(run=local)
    kind = kinds.add_parser("daemon")
    kind.add_argument("--workers", type=int, default=500)
    kind.add_argument("--jobs", type=int, default=20_000)
    kind.add_argument("--work-s", type=float, default=5.0)
    kind.set_defaults(run=daemon)
    kind = kinds.add_parser("pieces")
    kind.add_argument("video", type=Path)
    kind.add_argument("--minutes", type=float, default=10.0)
    kind.add_argument("--pieces", type=int, default=8)
    kind.add_argument("--model", default="blazepose")
    kind.set_defaults(run=pieces)
    options = parser.parse_args()
    run: Callable[[argparse.Namespace], dict[str, Any]] = options.run
    json.dump(run(options), sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    from benchmarks import cluster  # by this name workers can import it too

    cluster.main()
