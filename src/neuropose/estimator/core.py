"""The estimator: a video and a pose model in, validated predictions out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from neuropose.errors import CameraError, CancelledError
from neuropose.estimator.batches import Batches, BatchResult
from neuropose.estimator.collector import Collector
from neuropose.estimator.metrics import Latency, Metrics, peak_memory_mb
from neuropose.estimator.model import PoseModel
from neuropose.io import Camera, VideoPredictions
from neuropose.io.video import VideoFrame, VideoReader, video_sha256
from neuropose.provenance import collect_provenance, library_versions

DEFAULT_FOV_DEGREES = 55.0
_MEMORY_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a video has come.

    Parameters
    ----------
    frames_done : int
        Frames with a result.
    frames_expected : int
        Frames that the container holds.
    """

    frames_done: int
    frames_expected: int


class ProcessVideoResult(BaseModel):
    """What `Estimator.process_video` returns.

    Parameters
    ----------
    predictions : VideoPredictions
        The same for the same video, model and settings, bit for bit.
    metrics : Metrics
        How it went this time.
    """

    model_config = ConfigDict(frozen=True)

    predictions: VideoPredictions
    metrics: Metrics


class Estimator:
    """Turns videos into predictions; touches no file but the video.

    Parameters
    ----------
    model : PoseModel
        From `load_model`, or any object that satisfies the protocol.
    workers : int, optional
        Batches of frames worked on side by side; default: one a CPU core. Does not change the
        result.
    default_fov_degrees : float
        Field of view along the larger picture side that is assumed when nothing is known of the
        camera.

    Examples
    --------
    >>> import tempfile
    >>> from neuropose.testing import FakeModel, write_numbered_video
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     video = write_numbered_video(Path(folder) / "clip.mp4", frame_count=10)
    ...     result = Estimator(FakeModel()).process_video(video)
    >>> result.predictions.metadata.frame_count
    10
    """

    def __init__(
        self,
        model: PoseModel,
        *,
        workers: int | None = None,
        default_fov_degrees: float = DEFAULT_FOV_DEGREES,
    ) -> None:
        if workers is not None and workers < 1:
            raise ValueError(f"workers must be at least 1, not {workers}")
        self.model = model
        self._workers = workers or available_cores()
        self._default_fov_degrees = default_fov_degrees

    def process_video(
        self,
        path: Path | str,
        *,
        camera: Camera | None = None,
        fov_degrees: float | None = None,
        progress: Callable[[Progress], None] | None = None,
        cancel: Callable[[], bool] | None = None,
    ) -> ProcessVideoResult:
        """Find everybody in every frame of a video.

        Parameters
        ----------
        path : Path or str
            The video.
        camera : Camera, optional
            Intrinsics of the displayed picture.
        fov_degrees : float, optional
            Field of view along the larger picture side, if the intrinsics are not known.
        progress : callable, optional
            Called from this thread after every batch.
        cancel : callable, optional
            Asked before every frame whether to stop.

        Returns
        -------
        ProcessVideoResult
            Predictions in mm (camera frame) and px, and metrics.

        Raises
        ------
        VideoError
            If the video cannot be used; the subclass says why.
        CameraError
            If both `camera` and `fov_degrees` are given, or the field of view is impossible.
        ModelError
            If the model fails.
        CancelledError
            If `cancel` said so.
        """
        path = Path(path)
        start = time.perf_counter()
        input_sha256 = video_sha256(path)
        with VideoReader(path) as reader:
            camera = _choose_camera(
                reader.width, reader.height, camera, fov_degrees, self._default_fov_degrees
            )
            workers = _affordable_workers(self._workers, self.model, reader.width, reader.height)
            collector = Collector(self.model.info)
            timer = _DecodeTimer()
            with Batches(self.model, camera, workers) as batches:
                for frame in timer.time(iter(reader)):
                    if cancel is not None and cancel():
                        raise CancelledError("the video was cancelled")
                    collector.add_frame(frame)
                    if frame.picture is not None:
                        _collect(batches.put(frame.picture), collector, reader, progress)
                _collect(batches.finish(), collector, reader, progress)
            metadata = reader.metadata()
        predictions = collector.predictions(
            metadata=metadata,
            camera=camera,
            provenance=collect_provenance(
                model=self.model.info.name,
                model_sha256=self.model.info.weights_sha256,
                settings={
                    "batch_frames": self.model.info.batch_frames,
                    "device": self.model.info.device,
                    "runtime": self.model.info.runtime,
                    **self.model.info.settings,
                },
                input_sha256=input_sha256,
            ),
        )
        wall_s = time.perf_counter() - start
        metrics = Metrics(
            frames=metadata.frame_count,
            frames_with_pose=int(np.count_nonzero(np.diff(predictions.offsets))),
            gap_frames=sum(gap.last_frame - gap.first_frame + 1 for gap in metadata.gaps),
            wall_s=wall_s,
            decode_s=timer.total_s,
            inference_s=sum(seconds for _, seconds in collector.batch_times),
            frames_per_second=metadata.frame_count / wall_s,
            latency=Latency.of_batches(collector.batch_times),
            workers=workers,
            peak_memory_mb=peak_memory_mb(),
            device=self.model.info.device,
            runtime=self.model.info.runtime,
            versions=library_versions(),
        )
        return ProcessVideoResult(predictions=predictions, metrics=metrics)


def available_cores() -> int:
    """CPU cores that this process may use.

    Returns
    -------
    int
        At least 1.

    Examples
    --------
    >>> available_cores() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _DecodeTimer:
    """Sums the time spent waiting for the next item of an iterator."""

    def __init__(self) -> None:
        self.total_s = 0.0

    def time(self, frames: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
        while True:
            start = time.perf_counter()
            frame = next(frames, None)
            self.total_s += time.perf_counter() - start
            if frame is None:
                return
            yield frame


def _collect(
    results: Iterable[BatchResult],
    collector: Collector,
    reader: VideoReader,
    progress: Callable[[Progress], None] | None,
) -> None:
    for result in results:
        collector.add_batch(result)
        if progress is not None:
            progress(Progress(collector.frames_done, reader.expected_frame_count))


def _choose_camera(
    width: int,
    height: int,
    camera: Camera | None,
    fov_degrees: float | None,
    default_fov_degrees: float,
) -> Camera:
    if camera is not None:
        if fov_degrees is not None:
            raise CameraError(
                "both a camera and a field of view were given", hint="give one of them"
            )
        return camera
    try:
        return Camera.from_fov(
            width, height, default_fov_degrees if fov_degrees is None else fov_degrees
        )
    except ValueError as error:
        raise CameraError(
            str(error), hint="phones have about 55 to 70 degrees along the larger picture side"
        ) from None


def _affordable_workers(workers: int, model: PoseModel, width: int, height: int) -> int:
    """So many that the pictures of their batches fit in a quarter of the machine's memory."""
    batch_bytes = model.info.batch_frames * width * height * 3
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(workers, int(_MEMORY_SHARE * memory_bytes / batch_bytes)))
