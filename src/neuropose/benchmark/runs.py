"""Repeated timed runs on one video: of one estimator, or of two in alternation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from neuropose.benchmark.difference import PoseDifference, pose_difference
from neuropose.data import VideoMetadata, VideoPredictions
from neuropose.estimator import Estimator, Metrics

Progress = Callable[[int, int, Metrics], None]
"""Called with the number of runs done, the total, and the metrics of this run."""


class Spread(BaseModel):
    """How a figure varies over runs.

    Parameters
    ----------
    minimum, p5, median, p95, maximum : float
        Smallest value, percentiles and largest value, in the unit of the figure.
    """

    model_config = ConfigDict(frozen=True)

    minimum: float
    p5: float
    median: float
    p95: float
    maximum: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        """Compute the spread of these values.

        Parameters
        ----------
        values : list of float
            The values, at least one.

        Returns
        -------
        Spread

        Examples
        --------
        >>> Spread.of([1.0, 2.0, 3.0]).median
        2.0
        """
        minimum, p5, median, p95, maximum = np.percentile(values, [0, 5, 50, 95, 100]).tolist()
        return cls(minimum=minimum, p5=p5, median=median, p95=p95, maximum=maximum)


class BenchmarkResult(BaseModel):
    """Repeated runs of one model on one video.

    Parameters
    ----------
    model : str
        Name of the pose model.
    metadata : VideoMetadata
        Properties of the video, which do not identify it.
    runs : tuple of Metrics
        The timed runs in order, without the warm-up.
    frames_per_second : Spread
        Speed of whole runs, decoding included.
    identical : bool
        Whether all runs, including the warm-up, produced the same predictions bit for bit.
    """

    model_config = ConfigDict(frozen=True)

    model: str
    metadata: VideoMetadata
    runs: tuple[Metrics, ...]
    frames_per_second: Spread
    identical: bool


class BenchmarkComparison(BaseModel):
    """Repeated runs of two models, or of one on two devices, on one video.

    Parameters
    ----------
    base, other : BenchmarkResult
        Results of the alternating runs. Peak memory is that of the process, so of both together.
    ratio : float
        Speed of `other` relative to `base`, above 1 if `other` is faster: the median over rounds of
        one run of each.
    difference : PoseDifference
        Distance between the predictions of their first runs, warm-up or not.
    """

    model_config = ConfigDict(frozen=True)

    base: BenchmarkResult
    other: BenchmarkResult
    ratio: float
    difference: PoseDifference


def run_benchmark(
    estimator: Estimator,
    path: Path,
    *,
    runs: int = 5,
    warm_up: int = 1,
    progress: Progress | None = None,
) -> BenchmarkResult:
    """Process a video repeatedly.

    Parameters
    ----------
    estimator : Estimator
        The estimator, with its model loaded.
    path : Path
        The video.
    runs : int
        Number of timed runs.
    warm_up : int
        Number of untimed runs before them.
    progress : callable, optional
        Called after each run, and never during one, with the number of runs done, the total, and
        the metrics of this run.

    Returns
    -------
    BenchmarkResult

    Raises
    ------
    VideoError
        If the video cannot be used.
    ModelError
        If the model fails.
    ValueError
        If `runs` is less than 1 or `warm_up` less than 0.

    Examples
    --------
    >>> import tempfile
    >>> from neuropose.testing import FakeModel, write_numbered_video
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     video = write_numbered_video(Path(folder) / "clip.mp4", frame_count=10)
    ...     result = run_benchmark(Estimator(FakeModel()), video, runs=2)
    >>> len(result.runs), result.identical
    (2, True)
    """
    [series] = _take_turns([estimator], path, runs, warm_up, progress)
    return series.result(warm_up)


def compare_benchmarks(
    base: Estimator,
    other: Estimator,
    path: Path,
    *,
    runs: int = 5,
    warm_up: int = 1,
    progress: Progress | None = None,
) -> BenchmarkComparison:
    """Process a video repeatedly with two estimators in alternation.

    Parameters
    ----------
    base, other : Estimator
        The estimators, with their models loaded. They alternate so that other load on the machine
        affects both.
    path : Path
        The video.
    runs : int
        Number of timed runs of each.
    warm_up : int
        Number of untimed runs of each before them.
    progress : callable, optional
        Called after each run, and never during one, with the number of runs done, the total, and
        the metrics of this run. Odd runs, from 1, are those of `base`.

    Returns
    -------
    BenchmarkComparison

    Raises
    ------
    VideoError
        If the video cannot be used.
    ModelError
        If a model fails.
    ValueError
        If `runs` is less than 1 or `warm_up` less than 0.

    Examples
    --------
    >>> import tempfile
    >>> from neuropose.testing import FakeModel, write_numbered_video
    >>> base, other = Estimator(FakeModel()), Estimator(FakeModel())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     video = write_numbered_video(Path(folder) / "clip.mp4", frame_count=10)
    ...     comparison = compare_benchmarks(base, other, video, runs=2)
    >>> comparison.difference.largest_mm
    0.0
    """
    mine, theirs = _take_turns([base, other], path, runs, warm_up, progress)
    one, two = mine.result(warm_up), theirs.result(warm_up)
    ratios = [
        second.frames_per_second / first.frames_per_second
        for first, second in zip(one.runs, two.runs, strict=True)
    ]
    return BenchmarkComparison(
        base=one,
        other=two,
        ratio=float(np.median(ratios)),
        difference=pose_difference(mine.first, theirs.first),
    )


class _Series:
    """The runs of one estimator; only the predictions of the first are kept."""

    first: VideoPredictions

    def __init__(self, estimator: Estimator) -> None:
        self._estimator = estimator
        self._metrics: list[Metrics] = []
        self._identical = True

    def run(self, path: Path) -> Metrics:
        result = self._estimator.process_video(path)
        if not self._metrics:
            self.first = result.predictions
        self._identical = self._identical and result.predictions == self.first
        self._metrics.append(result.metrics)
        return result.metrics

    def result(self, warm_up: int) -> BenchmarkResult:
        counted = self._metrics[warm_up:]
        return BenchmarkResult(
            model=self._estimator.model.info.name,
            metadata=self.first.metadata,
            runs=tuple(counted),
            frames_per_second=Spread.of([run.frames_per_second for run in counted]),
            identical=self._identical,
        )


def _take_turns(
    estimators: Sequence[Estimator],
    path: Path,
    runs: int,
    warm_up: int,
    progress: Progress | None,
) -> list[_Series]:
    if runs < 1 or warm_up < 0:
        raise ValueError("there must be at least one run, and no negative warm-up")
    all_series = [_Series(estimator) for estimator in estimators]
    turns = all_series * (warm_up + runs)
    for done, series in enumerate(turns, start=1):
        metrics = series.run(path)
        if progress is not None:
            progress(done, len(turns), metrics)
    return all_series
