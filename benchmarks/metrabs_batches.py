"""MeTRAbs' two entry points on one SavedModel: pictures in batches beside one by one.

Run: ``python -m benchmarks.metrabs_batches [--rounds 7] [--frames 96]`` in an environment with the
extra ``metrabs``. The released weights are used if ``--model`` names their folder; without, the
stand-in of the test suite, whose work on a picture is small, so that it shows what the calls cost.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from tests.estimator.models.metrabs.saved_models import build, draw

from neuropose.data import Camera
from neuropose.estimator import InferenceOptions
from neuropose.estimator.models.metrabs.device import tensorflow
from neuropose.estimator.models.metrabs.saved_model import SavedPoseModel

WIDTH, HEIGHT = 320, 240
BATCHES = (8, 32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--frames", type=int, default=96)
    parser.add_argument("--model", type=Path)
    arguments = parser.parse_args()
    people = [(0, n % 200, 40, 40, 120, 220) for n in range(arguments.frames)]
    pictures = np.stack([draw(WIDTH, HEIGHT, person) for person in people])
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.model or build(Path(folder) / "model")
        compare(path, pictures, arguments.rounds)


def compare(path: Path, pictures: np.ndarray, rounds: int) -> None:
    saved = SavedPoseModel(path, "cpu")
    skeleton = next(iter(saved.skeletons()))
    camera = Camera.from_fov(WIDTH, HEIGHT, 55.0)
    ways = {"one by one (detect_poses)": lambda: one_by_one(saved, pictures, camera, skeleton)}
    for size in BATCHES:
        ways[f"batches of {size}"] = lambda size=size: in_batches(
            saved, pictures, camera, skeleton, size
        )
    for work in ways.values():
        work()  # traces and warms up
    times = {name: [] for name in ways}
    for _ in range(rounds):
        for name, work in ways.items():
            start = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - start)
    first = next(iter(times.values()))
    for name, seconds in times.items():
        ratio = statistics.median(one / other for one, other in zip(first, seconds, strict=True))
        fps = len(pictures) / statistics.median(seconds)
        print(f"{name:28s} {fps:7.1f} frames/s, ratio {ratio:.2f}")


def one_by_one(saved: SavedPoseModel, pictures: np.ndarray, camera: Camera, skeleton: str) -> None:
    tf = tensorflow()
    for picture in pictures:
        found = saved._model.detect_poses(
            tf.constant(picture),
            intrinsic_matrix=tf.constant(camera.matrix, tf.float32),
            skeleton=tf.constant(skeleton),
        )
        found["poses3d"].numpy()


def in_batches(
    saved: SavedPoseModel, pictures: np.ndarray, camera: Camera, skeleton: str, size: int
) -> None:
    for start in range(0, len(pictures), size):
        saved.detect(pictures[start : start + size], camera, skeleton, InferenceOptions())


if __name__ == "__main__":
    main()
