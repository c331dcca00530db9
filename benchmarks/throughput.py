"""Speed of the estimator, decoding included, beside mediapipe's own ``Pose`` in the same run.

Run: ``python -m benchmarks.throughput [VIDEO …] [--rounds 5] [--json FILE]`` on a machine that does
nothing else. Same clips, same weights, same decoder (PyAV, one decoding thread), default settings;
every run is in a process of its own, which loads everything with a run that does not count, and
the two take turns. Medians over rounds. mediapipe finds one person, we find everybody.

The limit is what the cores could do if a frame cost nothing but its decoding, and a cut-out and a
run of the landmark graph for each person who is found in it: ``cores / CPU time of these three``,
measured in the same rounds on the frames of the clip as they stream by, on all cores at once. It is
given for the landmark graph as it comes, and for the one that NeuroPose runs, from which the branch
of the segmentation mask is cut away. Whoever finds people also searches, and looks where nobody is:
the last limit counts the runs of both graphs that there were, as a trace tells.

Last, the estimator's own overhead: a model that costs nothing, against decoding alone.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import balance_trial, peers
from neuropose.estimator import Estimator, load_model
from neuropose.estimator.core import available_cores
from neuropose.estimator.models.blazepose.detector import find_regions, search_views
from neuropose.estimator.models.blazepose.graph import Graph, without_outputs
from neuropose.estimator.models.blazepose.landmarks import INPUT_PX, MASK_SHAPE
from neuropose.estimator.models.blazepose.region import Region
from neuropose.testing import FakeModel, write_numbered_video
from neuropose.tracing import Trace, traced
from neuropose.video.reader import VideoReader

CLIPS = ("cam03", "cam04")
MEDIAPIPE = Path(__file__).with_name("mediapipe_pose.py")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("videos", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve()
        return
    result = {
        "cores": available_cores(),
        "clips": {
            path.name: beside_mediapipe(path, arguments.rounds)
            for path in arguments.videos or map(balance_trial.video, CLIPS)
        },
        "overhead_ms_per_frame": overhead_ms(arguments.rounds),
    }
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2))


def beside_mediapipe(path: Path, rounds: int) -> dict[str, float]:
    ours = [sys.executable, "-m", "benchmarks.throughput", "--serve"]
    theirs = [str(peers.mediapipe()), str(MEDIAPIPE), "serve"]
    runs = []
    for _ in range(rounds):
        fps, cpu_s, people, looks, searches = own_process(ours, path)
        limits = (
            limit_fps(path, people, cut=False),
            limit_fps(path, people, cut=True),
            limit_fps(path, looks, searches, cut=True),
        )
        runs.append((fps, cpu_s, *own_process(theirs, path), *limits))
    columns = zip(*runs, strict=True)
    fps, cpu_s, their_fps, their_cpu_s, limit, cut_limit, work_limit = map(
        statistics.median, columns
    )
    result = {
        "neuropose_fps": fps,
        "mediapipe_fps": their_fps,
        "ratio": statistics.median(run[0] / run[2] for run in runs),
        "neuropose_cpu_ms": 1e3 * cpu_s,
        "mediapipe_cpu_ms": 1e3 * their_cpu_s,
        "limit_fps": limit,
        "of_limit": statistics.median(run[0] / run[4] for run in runs),
        "people_per_frame": people,
        "cut_limit_fps": cut_limit,
        "of_cut_limit": statistics.median(run[0] / run[5] for run in runs),
        "looks_per_frame": looks,
        "searches_per_frame": searches,
        "work_limit_fps": work_limit,
        "of_work_limit": statistics.median(run[0] / run[6] for run in runs),
    }
    print(
        f"{path.stem}: {fps:.1f} frames/s, mediapipe {their_fps:.1f} frames/s, "
        f"ratio {result['ratio']:.2f}; CPU {1e3 * cpu_s:.1f} and {1e3 * their_cpu_s:.1f} ms a "
        f"frame; {people:.2f} people a frame; limit {limit:.1f} frames/s, of it "
        f"{100 * result['of_limit']:.0f} %; without the mask's branch "
        f"{cut_limit:.1f} frames/s, of it {100 * result['of_cut_limit']:.0f} %; with the "
        f"{looks:.2f} looks and {searches:.2f} searches of a frame {work_limit:.1f} frames/s, "
        f"of it {100 * result['of_work_limit']:.0f} %",
        flush=True,
    )
    return result


def own_process(command: list[str], path: Path) -> tuple[float, ...]:
    """What the second run of a process says: frames per second and CPU seconds a frame first."""
    done = subprocess.run(
        command,
        input=f"{path}\n{path}\n",
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
        env={**os.environ, "GLOG_minloglevel": "3"},
    )
    return tuple(map(float, done.stdout.splitlines()[-1].split()))


def serve() -> None:
    """Process each video that is named on stdin, as ``mediapipe_pose.py serve`` does.

    The third number is how many people are in a frame, on average; then come the runs of the
    landmark graph and of the detector graph. A run that is traced comes first, and does not count.
    """
    estimator = Estimator(load_model("blazepose", model_cache_dir=balance_trial.CACHE_DIR))
    for line in sys.stdin:
        path = Path(line.strip())
        with traced() as trace:
            estimator.process_video(path)
        before = time.process_time()
        result = estimator.process_video(path)
        metrics = result.metrics
        cpu_s = (time.process_time() - before) / metrics.frames
        counts = (
            len(result.predictions.track_ids),
            spans(trace, "landmark graph"),
            spans(trace, "detector graph"),
        )
        print(
            metrics.frames_per_second,
            cpu_s,
            *(count / metrics.frames for count in counts),
            flush=True,
        )


def spans(trace: Trace, name: str) -> int:
    return sum(span.name == name for span in trace.spans)


def limit_fps(path: Path, looks: float, searches: float = 0.0, *, cut: bool) -> float:
    """Frames per second if all cores did nothing but decode, cut people out and run the graph.

    The CPU time of a frame is taken while every core does just that, each on its own copy of the
    clip: cores share caches and memory, and a frame costs more than on an idle machine.
    """
    cores = available_cores()
    with ProcessPoolExecutor(cores, multiprocessing.get_context("spawn")) as pool:
        work = partial(bare_cpu_s, looks=looks, searches=searches, cut=cut)
        list(pool.map(work, [path] * cores))  # starts the processes, warms the caches
        cpu_s = statistics.mean(pool.map(work, [path] * cores))
    return cores / cpu_s


def bare_cpu_s(path: Path, looks: float, searches: float, *, cut: bool) -> float:
    """CPU time of a frame: decoding; so many cut-outs and runs of the landmark graph; searches."""
    weights = (balance_trial.CACHE_DIR / "pose_landmark_full.tflite").read_bytes()
    graph = Graph(without_outputs(weights, {MASK_SHAPE}) if cut else weights)
    detector = Graph((balance_trial.CACHE_DIR / "pose_detection.tflite").read_bytes())
    graph.run(np.zeros((1, INPUT_PX, INPUT_PX, 3), np.float32))
    frames = looked = searched = 0
    start = time.process_time()
    with VideoReader(path) as reader:
        region = Region(reader.width / 2, reader.height / 2, 1100.0, 0.1)
        views = search_views(reader.height, reader.width)
        for frame in reader:
            frames += 1
            while looked < round(frames * looks):
                crop = region.crop(frame.picture, INPUT_PX)
                graph.run(crop[None].astype(np.float32) / np.float32(255.0))
                looked += 1
            while searched < round(frames * searches):
                find_regions(detector, frame.picture, [views[searched % len(views)]])
                searched += 1
    return (time.process_time() - start) / frames


def overhead_ms(rounds: int) -> float:
    """Time a frame of the estimator with a model that costs nothing, less decoding alone."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_numbered_video(Path(folder) / "numbered.mp4", frame_count=3000)
        estimator = Estimator(FakeModel())
        differences = []
        for _ in range(rounds):
            decoding_s = timed(lambda: sum(1 for _ in decoded(path)))
            whole_s = timed(lambda: estimator.process_video(path))
            differences.append(1000.0 * (whole_s - decoding_s) / 3000)
    overhead = statistics.median(differences)
    print(f"overhead beyond decoding, model that costs nothing: {overhead:.3f} ms a frame")
    return overhead


def decoded(path: Path) -> Iterator[object]:
    with VideoReader(path) as reader:
        yield from reader


def timed(work: object) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
