"""Repeated timed runs of the estimator on one video."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from neuropose.estimator import Estimator, Metrics


class Spread(BaseModel):
    """How a figure varies over runs.

    Parameters
    ----------
    minimum, p5, median, p95, maximum : float
        In the unit of the figure.
    """

    model_config = ConfigDict(frozen=True)

    minimum: float
    p5: float
    median: float
    p95: float
    maximum: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        """Spread of these values.

        Parameters
        ----------
        values : list of float
            At least one.

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
    runs : tuple of Metrics
        Those that count, in order; the warm-up is left out.
    frames_per_second : Spread
        Of whole runs, decoding included.
    identical : bool
        Whether all runs gave the same predictions, bit for bit.
    """

    model_config = ConfigDict(frozen=True)

    model: str
    runs: tuple[Metrics, ...]
    frames_per_second: Spread
    identical: bool


def run_benchmark(
    estimator: Estimator,
    path: Path,
    *,
    runs: int = 5,
    warm_up: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> BenchmarkResult:
    """Process a video again and again.

    Parameters
    ----------
    estimator : Estimator
        With its model loaded.
    path : Path
        The video.
    runs : int
        Runs that count.
    warm_up : int
        Runs before them that do not.
    progress : callable, optional
        Called after each run with the number of runs done and of all.

    Returns
    -------
    BenchmarkResult

    Raises
    ------
    VideoError
        If the video cannot be used.
    ValueError
        If `runs` is less than 1 or `warm_up` less than 0.
    """
    if runs < 1 or warm_up < 0:
        raise ValueError("there must be at least one run, and no negative warm-up")
    metrics: list[Metrics] = []
    first = None
    identical = True
    for number in range(warm_up + runs):
        result = estimator.process_video(path)
        first = first or result.predictions
        identical = identical and all(
            np.array_equal(
                getattr(first, field), getattr(result.predictions, field), equal_nan=True
            )
            for field in ("offsets", "boxes", "poses3d", "poses2d", "confidence", "track_ids")
        )
        if number >= warm_up:
            metrics.append(result.metrics)
        if progress is not None:
            progress(number + 1, warm_up + runs)
    return BenchmarkResult(
        model=estimator.model.info.name,
        runs=tuple(metrics),
        frames_per_second=Spread.of([run.frames_per_second for run in metrics]),
        identical=identical,
    )
