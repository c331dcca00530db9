"""Poses of pictures as they come: no file, no queue, identities that last."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from neuropose.data import (
    Camera,
    FramePrediction,
    Provenance,
    Source,
    VideoMetadata,
    VideoPredictions,
)
from neuropose.data.metadata import frame_gaps
from neuropose.errors import VideoEmptyError
from neuropose.estimator.collector import check_detections, row_shapes
from neuropose.estimator.model import ModelInfo, Picture, PoseModel
from neuropose.estimator.tracking import Tracker

_EVEN = 0.02
"""Share by which intervals between frames may differ and still be called even."""


@dataclass(frozen=True, slots=True)
class LivePose:
    """What was found in one picture of a stream.

    Parameters
    ----------
    time_s : float
        Time of the picture, as it was given.
    prediction : FramePrediction
        Everybody in it, with identities that last over the stream.
    latency_s : float
        Seconds from the moment the picture was handed to the model until the poses were there.
    """

    time_s: float
    prediction: FramePrediction
    latency_s: float


def stream_poses(
    model: PoseModel,
    frames: Iterable[tuple[float, Picture]],
    camera_of: Callable[[int, int], Camera],
    *,
    fps: float,
    workers: int,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[LivePose]:
    """Find everybody in each picture as soon as it is there; see `Estimator.stream`.

    Parameters
    ----------
    model : PoseModel
        The model.
    frames : iterable of (float, ndarray)
        Times in seconds and RGB pictures of one size.
    camera_of : callable
        Returns the camera, given width and height of the pictures.
    fps : float
        Frames per second, approximately.
    workers : int
        Number of CPU cores.
    clock : callable
        Returns a time in seconds.

    Yields
    ------
    LivePose
        One per picture, in order.
    """
    source = iter(frames)
    first = next(source, None)
    if first is None:
        return
    camera = camera_of(first[1].shape[1], first[1].shape[0])
    taken: deque[tuple[float, float]] = deque()

    def pictures() -> Iterator[Picture]:
        time_s, picture = first
        while True:
            taken.append((time_s, clock()))
            yield picture
            following = next(source, None)
            if following is None:
                return
            time_s, picture = following

    tracker = Tracker()
    for found in model.predict(pictures(), camera, fps=fps, workers=workers):
        check_detections(found, model.info)
        time_s, since_s = taken.popleft()
        ids = tracker.update(time_s, found.poses2d) if found.failure is None else ()
        prediction = FramePrediction(
            time_s=time_s,
            boxes=found.boxes,
            poses3d=found.poses3d,
            poses2d=found.poses2d,
            confidence=found.confidence,
            track_ids=np.asarray(ids, np.int32),
            uncertainty_mm=found.uncertainty_mm,
            gap_reason=found.failure,
        )
        yield LivePose(time_s, prediction, clock() - since_s)


def recorded(
    poses: Sequence[LivePose],
    info: ModelInfo,
    camera: Camera,
    size: tuple[int, int],
    provenance: Provenance,
    warnings: tuple[str, ...] = (),
) -> VideoPredictions:
    """Put the poses of a stream together as those of a video.

    Parameters
    ----------
    poses : sequence of LivePose
        In order of time.
    info : ModelInfo
        What the model declares.
    camera : Camera
        The camera.
    size : tuple of int
        Width and height of the pictures in px.
    provenance : Provenance
        How the poses were made.
    warnings : tuple of str
        What a reader of any of the numbers should know.

    Returns
    -------
    VideoPredictions
        Each frame has its own time; the first is at 0.

    Raises
    ------
    VideoEmptyError
        If there is no frame.
    """
    if not poses:
        raise VideoEmptyError("the live source ended before its first picture")
    frames = [pose.prediction for pose in poses]
    time_s = np.array([pose.time_s for pose in poses]) - poses[0].time_s
    counts = [len(frame.boxes) for frame in frames]
    intervals_s = np.diff(time_s)
    usual_s = float(np.median(intervals_s)) if len(intervals_s) else 0.0
    gaps = {number: frame.gap_reason for number, frame in enumerate(frames) if frame.gap_reason}
    return VideoPredictions(
        metadata=VideoMetadata(
            frame_count=len(frames),
            fps=float(f"{len(intervals_s) / time_s[-1]:.12g}") if time_s[-1] > 0.0 else 1.0,
            width=size[0],
            height=size[1],
            variable_frame_rate=bool((np.abs(intervals_s - usual_s) > _EVEN * usual_s).any()),
            gaps=frame_gaps(gaps),
            fps_source=Source.FILE,
        ),
        camera=camera,
        skeleton=info.skeletons[0],
        time_s=time_s,
        offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        track_ids=np.concatenate([frame.track_ids for frame in frames]),
        provenance=provenance,
        warnings=warnings,
        **{
            field: np.concatenate([getattr(frame, field) for frame in frames])
            for field in row_shapes(info)
        },
    )
