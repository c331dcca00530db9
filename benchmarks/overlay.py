"""Time to draw an overlay beside the time to find the people in it, in the same run.

Run: ``python -m benchmarks.overlay [VIDEO …] [--rounds 5]`` on a machine that does nothing else;
default: clips of the balance trial, and the sample clip. Both decode the same video with one
thread, alternating; medians over rounds, on the clock and of CPU.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import balance_trial
from neuropose.assets import SAMPLE_CLIP, fetch
from neuropose.estimator import Estimator, load_model
from neuropose.viz import write_overlay

CLIPS = ("cam01", "cam03")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("videos", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    estimator = Estimator(load_model("blazepose", model_cache_dir=balance_trial.CACHE_DIR))
    sample = fetch(SAMPLE_CLIP, balance_trial.CACHE_DIR)
    for video in arguments.videos or [*map(balance_trial.video, CLIPS), sample]:
        finding, drawing = beside_each_other(estimator, video, arguments.rounds)
        on_clock, of_cpu = (drawn / found for drawn, found in zip(drawing, finding, strict=True))
        print(
            f"{video.name}: finding {finding[0]:.2f} s ({finding[1]:.2f} s of CPU), drawing "
            f"{drawing[0]:.2f} s ({drawing[1]:.2f} s): {on_clock:.2f} of it ({of_cpu:.2f})"
        )


Seconds = tuple[float, float]
"""On the clock, and of CPU."""


def beside_each_other(estimator: Estimator, video: Path, rounds: int) -> tuple[Seconds, Seconds]:
    predictions = estimator.process_video(video).predictions
    finding, drawing = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            finding.append(seconds(lambda: estimator.process_video(video)))
            overlay = Path(folder) / "overlay.mp4"
            drawing.append(seconds(lambda: write_overlay(video, predictions, overlay)))  # noqa: B023
    return medians(finding), medians(drawing)


def medians(runs: list[Seconds]) -> Seconds:
    on_clock, of_cpu = zip(*runs, strict=True)
    return statistics.median(on_clock), statistics.median(of_cpu)


def seconds(work: Callable[[], object]) -> Seconds:
    start, before_s = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - before_s


if __name__ == "__main__":
    main()
