"""Repeated timed runs of the estimator on one video."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from neuropose.estimator import Estimator, Metrics
from neuropose.io import VideoMetadata


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
    metadata : VideoMetadata
        What the video is like; not which one it is.
    runs : tuple of Metrics
        Those that count, in order; the warm-up is left out.
    frames_per_second : Spread
        Of whole runs, decoding included.
    identical : bool
        Whether all runs, the warm-up too, gave the same predictions, bit for bit.
    """

    model_config = ConfigDict(frozen=True)

    model: str
    metadata: VideoMetadata
    runs: tuple[Metrics, ...]
    frames_per_second: Spread
    identical: bool


def run_benchmark(
    estimator: Estimator,
    path: Path,
    *,
    runs: int = 5,
    warm_up: int = 1,
    progress: Callable[[int, int, Metrics], None] | None = None,
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
        Called after each run, and never during one, with the number of runs done, the number of
        all, and how this one went.

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
    if runs < 1 or warm_up < 0:
        raise ValueError("there must be at least one run, and no negative warm-up")
    metrics: list[Metrics] = []
    first = None
    identical = True
    for done in range(1, warm_up + runs + 1):
        result = estimator.process_video(path)
        if first is None:
            first = result.predictions
        identical = identical and result.predictions == first
        metrics.append(result.metrics)
        if progress is not None:
            progress(done, warm_up + runs, result.metrics)
    counted = metrics[warm_up:]
    return BenchmarkResult(
        model=estimator.model.info.name,
        metadata=result.predictions.metadata,
        runs=tuple(counted),
        frames_per_second=Spread.of([run.frames_per_second for run in counted]),
        identical=identical,
    )
