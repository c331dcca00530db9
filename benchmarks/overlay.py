"""Time to draw an overlay beside the time to find the people in it, in the same run.

Run: ``python -m benchmarks.overlay [VIDEO …] [--rounds 5]`` on a machine that does nothing else;
default: the clips of the balance trial. Both decode the same video with one thread, alternating;
medians over rounds.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import balance_trial
from neuropose.estimator import Estimator, load_model
from neuropose.viz import write_overlay

CLIPS = ("cam01", "cam03")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("videos", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    estimator = Estimator(load_model("blazepose", model_cache_dir=balance_trial.CACHE_DIR))
    for video in arguments.videos or map(balance_trial.video, CLIPS):
        finding_s, drawing_s = beside_each_other(estimator, video, arguments.rounds)
        print(
            f"{video.name}: finding {finding_s:.2f} s, drawing {drawing_s:.2f} s "
            f"({drawing_s / finding_s:.2f} of it)"
        )


def beside_each_other(estimator: Estimator, video: Path, rounds: int) -> tuple[float, float]:
    predictions = estimator.process_video(video).predictions
    finding_s, drawing_s = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            finding_s.append(seconds(lambda: estimator.process_video(video)))
            overlay = Path(folder) / "overlay.mp4"
            drawing_s.append(seconds(lambda: write_overlay(video, predictions, overlay)))  # noqa: B023
    return statistics.median(finding_s), statistics.median(drawing_s)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
