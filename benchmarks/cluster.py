"""What a cluster costs: two workers against one, and a daemon with 500 workers and 20,000 videos.

python -m benchmarks.cluster local     # throughput of one and of two workers of one core
python -m benchmarks.cluster local --model blazepose --video VIDEO
python -m benchmarks.cluster daemon --workers 500 --jobs 20000
python -m benchmarks.cluster pieces VIDEO --minutes 10 --pieces 8
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import cluster_daemon
from neuropose.analyzer import PoseSequence, analyze_gait
from neuropose.config import ClusterSettings, Settings
from neuropose.data import VideoPredictions
from neuropose.errors import NeuroPoseError
from neuropose.estimator import Estimator, ProcessVideoResult, load_estimator
from neuropose.estimator.pieces import join_pieces, plan_pieces, process_piece
from neuropose.interfacer import Interfacer, Layout
from neuropose.interfacer.cluster import DaskEngine
from neuropose.testing import FakeModel, write_numbered_video
from neuropose.video.reader import VideoReader


class Recorded(Estimator):
    """Notes when each video was processed, and with how much of a core."""

    notes: Path

    def process_video(self, *given: Any, **options: Any) -> ProcessVideoResult:
        began_s, cpu_s = time.monotonic(), time.process_time()
        try:
            return super().process_video(*given, **options)
        finally:
            note = {
                "began_s": began_s,
                "ended_s": time.monotonic(),
                "cpu_s": time.process_time() - cpu_s,
                "worker_s": cpu_seconds(os.getppid()),
            }
            with (self.notes / str(os.getpid())).open("a") as file:
                print(json.dumps(note), file=file)


class Busy(FakeModel):
    """Takes so long a picture: of a core, or of time only."""

    def __init__(self, picture_s: float, *, waits: bool) -> None:
        super().__init__()
        self.picture_s = picture_s
        self.waits = waits

    def predict(self, pictures: Any, camera: Any, **options: Any) -> Iterator[Any]:
        for found in super().predict(pictures, camera, **options):
            if self.waits:
                time.sleep(self.picture_s)
            until_s = time.thread_time() + self.picture_s
            while not self.waits and time.thread_time() < until_s:
                pass
            yield found


def recorded(
    notes: Path,
    model: str | None,
    picture_s: float,
    waits: bool,
    device: str | None = None,
    workers: int | None = None,
) -> Estimator:
    """Make the estimator of a worker, which gets a core of its own together with it."""
    if device is None:  # it is a worker, and not what the workers' model is compared with
        pin(notes)
    if model is None:
        estimator = Recorded(Busy(picture_s, waits=waits))
    else:
        loaded = load_estimator(Settings(), model=model, device="cpu", workers=workers)
        estimator = Recorded(loaded.model)
    estimator.notes = notes
    return estimator


def pin(notes: Path) -> None:
    """Keep this process, and the worker that has started it, on a core that no other has taken."""
    for core in sorted(os.sched_getaffinity(0)):
        try:
            (notes / f"core-{core}").touch(exist_ok=False)
        except FileExistsError:
            continue
        threads = [int(task.name) for task in Path(f"/proc/{os.getppid()}/task").iterdir()]
        for each in (*threads, 0):
            os.sched_setaffinity(each, {core})
        return
    sys.exit("there are more workers than cores")


def cpu_seconds(pid: int | str) -> float:
    """Seconds of a core that a process has used: it, or with ``""`` all of the machine."""
    if pid == "":
        ticks = [int(word) for word in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


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


def timed(folder: Path, workers: int, options: argparse.Namespace) -> dict[str, Any]:
    """Process so many jobs on local workers, once all of them are ready."""
    layout = Layout(folder / "jobs")
    layout.make()
    notes = folder / "notes"
    notes.mkdir()
    video = options.video or write_numbered_video(folder / "walk.mp4", options.frames)
    settings = settings_of(
        layout.root, kind="local", workers=workers, workers_kept=workers, cores=1
    )
    engine = DaskEngine(
        settings, partial(recorded, notes, options.model, options.picture_s, options.waits)
    )
    engine.prepare()
    try:
        while engine.free < workers:
            engine.tick(workers)
            time.sleep(0.1)
        for number in range(options.jobs):
            (layout.inbox / f"{number:04}").mkdir()
            shutil.copy(video, layout.inbox / f"{number:04}" / "walk.mp4")
        began_s, cpu_s, all_s = time.monotonic(), time.process_time(), cpu_seconds("")
        done = Interfacer(settings, engine).run_once()
        wall_s = time.monotonic() - began_s
        cpu_s, all_s = time.process_time() - cpu_s, cpu_seconds("") - all_s
    finally:
        engine.close()
    assert done == options.jobs == len(list(layout.out.glob("*/results.json")))
    files = [path for path in notes.iterdir() if path.name.isdecimal()]
    assert len(files) == workers, "a model was loaded again"
    each = [[json.loads(line) for line in path.read_text().splitlines()] for path in files]
    return measured(each, wall_s, cpu_s, all_s)


def measured(
    each: list[list[dict[str, float]]], wall_s: float, cpu_s: float, all_s: float
) -> dict[str, Any]:
    """What workers did, from what they have noted."""
    notes = [note for of_worker in each for note in of_worker]
    gaps_s = [
        after["began_s"] - before["ended_s"]
        for of_worker in each
        for before, after in itertools.pairwise(of_worker)
    ]
    beside_s = [
        (of_worker[-1]["worker_s"] - of_worker[0]["worker_s"]) / max(len(of_worker) - 1, 1)
        for of_worker in each
    ]
    ours_s = cpu_s + sum(note["cpu_s"] for note in notes) + sum(beside_s) * len(notes) / len(each)
    return {
        "workers": len(each),
        "videos_of_each": [len(of_worker) for of_worker in each],
        "wall_s": wall_s,
        "videos_per_s": len(notes) / wall_s,
        "processing_s_per_video": statistics.mean(n["ended_s"] - n["began_s"] for n in notes),
        "of_it_on_a_core_s": statistics.mean(note["cpu_s"] for note in notes),
        "gap_ms": [1000 * statistics.median(gaps_s), 1000 * max(gaps_s)],
        "worker_beside_the_model_ms_per_video": 1000 * statistics.mean(beside_s),
        "daemon_and_scheduler_ms_per_video": 1000 * cpu_s / len(notes),
        "cores_that_others_used": (all_s - ours_s) / wall_s,
    }


def local(options: argparse.Namespace) -> dict[str, Any]:
    runs = []
    for count in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            runs.append(timed(Path(folder), count, options))
    one, two = runs
    return {
        "runs": runs,
        "ratio": two["videos_per_s"] / one["videos_per_s"],
        "overhead_ms_per_video": one["gap_ms"][0],
        "load": os.getloadavg(),
    }


def pieces(options: argparse.Namespace) -> dict[str, Any]:
    """A long video in pieces against the whole, by the model of the settings."""
    with tempfile.TemporaryDirectory() as folder:
        video = repeated(options.video, Path(folder) / "long.mp4", 60.0 * options.minutes)
        estimator = load_estimator(Settings(data_dir=folder), model=options.model)
        began_s = time.monotonic()
        whole = estimator.process_video(video).predictions
        whole_s = time.monotonic() - began_s
        count, fps = whole.metadata.frame_count, whole.metadata.fps
        with VideoReader(video) as reader:
            piece_s = count / fps / options.pieces * 0.999
            plan = plan_pieces(count, fps, piece_s, reader.key_frames)
        spent_s, found = [], []
        for piece in plan:
            began_s = time.monotonic()
            found.append(process_piece(estimator, video, piece))
            spent_s.append(time.monotonic() - began_s)
        began_s = time.monotonic()
        done = join_pieces(estimator, video, found)
        joining_s = time.monotonic() - began_s
    return {
        "frames": count,
        "pieces": len(plan),
        "whole_s": whole_s,
        "longest_piece_s": max(spent_s),
        "joining_s": joining_s,
        "pictures_from_the_first_worked_on_again": count - done.metrics.resumed_frames,
        **difference(whole, done.predictions),
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
    first = sorted(events_of(whole).values())
    events = [first, first if whole == joined else sorted(events_of(joined).values())]
    return {
        "equal": whole == joined,
        "events": [sum(map(len, each)) for each in events],
        "events_equal": events[0] == events[1],
        "people": [whole.people_count, joined.people_count],
        "frames_with_another_number_of_people": others,
        "people_who_differ": sum(mm > 0 for mm in apart_mm),
        "of": len(apart_mm),
        "differences_mm": np.percentile(apart_mm, [50, 90, 99, 100]).tolist() if apart_mm else [],
        "differences_px": np.percentile(apart_px, [50, 90, 99, 100]).tolist() if apart_px else [],
    }


def events_of(predictions: VideoPredictions) -> dict[int, list[tuple[float, str, str]]]:
    """When each foot of each person comes to the ground and leaves it."""
    found = {}
    for track in sorted(set(predictions.track_ids.tolist())):
        walk = PoseSequence.from_predictions(predictions, f"track:{track}")
        with contextlib.suppress(NeuroPoseError):
            events = analyze_gait(walk).events
            found[track] = [(each.time_s, each.side, each.kind) for each in events]
    return found


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
    kind.add_argument("--picture-s", type=float, default=0.02, help="of a model that pretends")
    kind.add_argument("--waits", action="store_true", help="it needs no core: for a busy machine")
    kind.add_argument("--model", help="a real one, with --video")
    kind.add_argument("--video", type=Path)
    kind.set_defaults(run=local)
    kind = kinds.add_parser("daemon")
    kind.add_argument("--workers", type=int, default=500)
    kind.add_argument("--jobs", type=int, default=20_000)
    kind.add_argument("--work-s", type=float, default=5.0)
    kind.add_argument("--dask", action="store_true", help="dask's scheduler and workers, too")
    kind.set_defaults(run=cluster_daemon.run)
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
