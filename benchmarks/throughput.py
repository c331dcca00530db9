"""Speed of the estimator, decoding included, beside mediapipe's own ``Pose`` in the same run.

Run: ``python -m benchmarks.throughput [--rounds 7] [--json FILE]`` on a machine that does nothing
else. Same clips, same weights, same decoder (PyAV, one decoding thread), default settings,
alternating; medians over rounds. The limit is what the cores could do if a frame cost nothing but
its decoding, its cut-out and one run of the landmark graph: ``cores / CPU time of these three``,
measured in the same rounds on the frames of the clip as they stream by, on all cores at once. It is
given twice: for the landmark graph as it comes, and for the one that NeuroPose runs, from which the
branch of the segmentation mask is cut away.

Last, the estimator's own overhead: a model that costs nothing, against decoding alone.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
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
from neuropose.estimator.models.blazepose.graph import Graph, without_outputs
from neuropose.estimator.models.blazepose.landmarks import INPUT_PX, MASK_SHAPE
from neuropose.estimator.models.blazepose.region import Region
from neuropose.testing import FakeModel, write_numbered_video
from neuropose.video.reader import VideoReader

CLIPS = ("cam03", "cam04")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    result = {
        "cores": available_cores(),
        "clips": beside_mediapipe(arguments.rounds),
        "overhead_ms_per_frame": overhead_ms(arguments.rounds),
    }
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2))


def beside_mediapipe(rounds: int) -> dict[str, dict[str, float]]:
    estimator = Estimator(load_model("blazepose", model_cache_dir=balance_trial.CACHE_DIR))
    script = Path(__file__).with_name("mediapipe_pose.py")
    result = {}
    with subprocess.Popen(
        [peers.mediapipe(), script, "serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "GLOG_minloglevel": "3"},
    ) as mediapipe:
        mediapipe.stdout.readline()
        for clip in CLIPS:
            path = balance_trial.video(clip)
            estimator.process_video(path)  # warms the caches
            runs: list[tuple[float, float, float, float]] = []
            for _ in range(rounds):
                ours = estimator.process_video(path).metrics.frames_per_second
                mediapipe.stdin.write(f"{path}\n")
                mediapipe.stdin.flush()
                theirs = float(mediapipe.stdout.readline().split()[0])
                runs.append((ours, theirs, *(limit_fps(path, cut) for cut in (False, True))))
            ours, theirs, limit, cut_limit = (
                statistics.median(column) for column in zip(*runs, strict=True)
            )
            result[clip] = {
                "neuropose_fps": ours,
                "mediapipe_fps": theirs,
                "ratio": statistics.median(run[0] / run[1] for run in runs),
                "limit_fps": limit,
                "of_limit": statistics.median(run[0] / run[2] for run in runs),
                "cut_limit_fps": cut_limit,
                "of_cut_limit": statistics.median(run[0] / run[3] for run in runs),
            }
            print(
                f"{clip}: {ours:.1f} frames/s, mediapipe {theirs:.1f} frames/s, "
                f"ratio {result[clip]['ratio']:.2f}; limit {limit:.1f} frames/s, "
                f"of it {100 * result[clip]['of_limit']:.0f} %; without the mask's branch "
                f"{cut_limit:.1f} frames/s, of it {100 * result[clip]['of_cut_limit']:.0f} %",
                flush=True,
            )
        mediapipe.stdin.close()
    return result


def limit_fps(path: Path, cut: bool) -> float:
    """Frames per second if all cores did nothing but decode, cut out and run the graph.

    The CPU time of a frame is taken while every core does just that, each on its own copy of the
    clip: cores share caches and memory, and a frame costs more than on an idle machine.
    """
    cores = available_cores()
    with ProcessPoolExecutor(cores, multiprocessing.get_context("spawn")) as pool:
        work = partial(bare_cpu_s, cut=cut)
        list(pool.map(work, [path] * cores))  # starts the processes, warms the caches
        cpu_s = statistics.mean(pool.map(work, [path] * cores))
    return cores / cpu_s


def bare_cpu_s(path: Path, cut: bool) -> float:
    """CPU time of a frame: decoding, cutting out, one run of the landmark graph."""
    weights = (balance_trial.CACHE_DIR / "pose_landmark_full.tflite").read_bytes()
    graph = Graph(without_outputs(weights, {MASK_SHAPE}) if cut else weights)
    graph.run(np.zeros((1, INPUT_PX, INPUT_PX, 3), np.float32))
    frames = 0
    start = time.process_time()
    with VideoReader(path) as reader:
        region = Region(reader.width / 2, reader.height / 2, 1100.0, 0.1)
        for frame in reader:
            crop = region.crop(frame.picture, INPUT_PX)
            graph.run(crop[None].astype(np.float32) / np.float32(255.0))
            frames += 1
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
