"""Repeated timed runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from neuropose.benchmark import BenchmarkResult, Spread, run_benchmark
from neuropose.errors import VideoNotFoundError
from neuropose.estimator import Estimator, Metrics
from neuropose.estimator.model import Detections, Picture
from neuropose.io import Camera
from neuropose.testing import FakeModel, write_numbered_video
from neuropose.testing.scene import detect
from neuropose.testing.synthetic import synthetic_poses_mm

FRAMES = 8


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_numbered_video(tmp_path_factory.mktemp("videos") / "walk.mp4", FRAMES)


class Counting:
    """The same is found in every picture, but for some, counted over all runs."""

    def __init__(self, *wrong: int) -> None:
        self.calls = 0
        self.wrong = wrong

    def __call__(self, picture: Picture, camera: Camera) -> Detections:
        drift_mm = 1.0 if self.calls in self.wrong else 0.0
        self.calls += 1
        return detect(synthetic_poses_mm(np.zeros(1))[0] + drift_mm, camera)


def test_the_warm_up_does_not_count(video: Path) -> None:
    seen: list[tuple[int, int, Metrics]] = []
    result = run_benchmark(
        Estimator(FakeModel()),
        video,
        runs=3,
        warm_up=2,
        progress=lambda *at: seen.append(at),
    )
    assert [at[:2] for at in seen] == [(done, 5) for done in range(1, 6)]
    assert result.runs == tuple(metrics for _, _, metrics in seen[2:])
    speeds = [run.frames_per_second for run in result.runs]
    assert result.frames_per_second == Spread.of(speeds)
    assert result.model == "fake"
    assert result.metadata.frame_count == FRAMES


def test_every_run_processes_every_frame(video: Path) -> None:
    steady = Counting()
    result = run_benchmark(Estimator(FakeModel(steady)), video, runs=2, warm_up=1)
    assert steady.calls == 3 * FRAMES
    assert result.identical


@pytest.mark.parametrize("wrong", [0, FRAMES, 2 * FRAMES - 1, 3 * FRAMES - 1])
def test_one_frame_that_differs_is_noticed(video: Path, wrong: int) -> None:
    model = FakeModel(Counting(wrong))
    assert not run_benchmark(Estimator(model), video, runs=2, warm_up=1).identical


def test_nobody_in_any_run_is_identical(video: Path) -> None:
    assert run_benchmark(Estimator(FakeModel([])), video, runs=2, warm_up=0).identical


def test_the_result_survives_json(video: Path) -> None:
    result = run_benchmark(Estimator(FakeModel()), video, runs=1, warm_up=0)
    assert BenchmarkResult.model_validate_json(result.model_dump_json()) == result
    with pytest.raises(ValidationError, match="frozen"):
        result.identical = False  # type: ignore[misc]


@pytest.mark.parametrize(("runs", "warm_up"), [(0, 1), (-1, 0), (1, -1)])
def test_impossible_numbers_of_runs(runs: int, warm_up: int, video: Path) -> None:
    with pytest.raises(ValueError, match="at least one run"):
        run_benchmark(Estimator(FakeModel()), video, runs=runs, warm_up=warm_up)


def test_no_video(tmp_path: Path) -> None:
    with pytest.raises(VideoNotFoundError):
        run_benchmark(Estimator(FakeModel()), tmp_path / "missing.mp4")


def test_spread() -> None:
    assert Spread.of([float(value) for value in range(101)]) == Spread(
        minimum=0.0, p5=5.0, median=50.0, p95=95.0, maximum=100.0
    )
    assert Spread.of([7.0]) == Spread(minimum=7.0, p5=7.0, median=7.0, p95=7.0, maximum=7.0)
