"""Gathers what was found, frame after frame, into the arrays of the predictions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from neuropose.estimator.batches import BatchResult
from neuropose.estimator.model import Detections, ModelInfo
from neuropose.estimator.tracking import Tracker
from neuropose.io import Camera, Provenance, VideoMetadata, VideoPredictions
from neuropose.io.video import VideoFrame


class Collector:
    """Takes frames as they are decoded and batches as they are ready, both in order.

    Parameters
    ----------
    info : ModelInfo
        Of the model that makes the batches.
    """

    def __init__(self, info: ModelInfo) -> None:
        self.batch_times: list[tuple[int, float]] = []
        self._info = info
        self._joints = len(info.skeletons[0].joints)
        self._tracker = Tracker()
        self._times_s: list[float] = []
        self._with_picture: list[int] = []
        self._frames_done = 0
        self._counts: list[NDArray[np.int32]] = []
        self._track_ids: list[NDArray[np.int32]] = []
        self._chunks: list[Detections] = []

    @property
    def frames_done(self) -> int:
        """Frames up to the last one with a result."""
        return self._with_picture[self._frames_done - 1] + 1 if self._frames_done else 0

    def add_frame(self, frame: VideoFrame) -> None:
        """Note the next frame of the video.

        Parameters
        ----------
        frame : VideoFrame
            With or without a picture.
        """
        self._times_s.append(frame.time_s)
        if frame.picture is not None:
            self._with_picture.append(frame.number)

    def add_batch(self, result: BatchResult) -> None:
        """Add the next results, and identify the people in them.

        Parameters
        ----------
        result : BatchResult
            For the next frames that have a picture.
        """
        for found in result.detections:
            time_s = self._times_s[self._with_picture[self._frames_done]]
            self._track_ids.append(self._tracker.update(time_s, found.poses2d))
            self._frames_done += 1
        self._counts.append(np.array([len(found.boxes) for found in result.detections], np.int32))
        self._chunks.append(self._joined(result.detections))
        self.batch_times.append((len(result.detections), result.inference_s))

    def predictions(
        self, *, metadata: VideoMetadata, camera: Camera, provenance: Provenance
    ) -> VideoPredictions:
        """Make the predictions; the collector is empty afterwards.

        Parameters
        ----------
        metadata : VideoMetadata
        camera : Camera
        provenance : Provenance

        Returns
        -------
        VideoPredictions
            Validated.
        """
        counts = np.zeros(metadata.frame_count, np.int32)
        if self._counts:
            counts[self._with_picture] = np.concatenate(self._counts)
        chunks, self._chunks = self._chunks, []
        arrays = self._joined(chunks)
        del chunks
        return VideoPredictions(
            metadata=metadata,
            camera=camera,
            skeleton=self._info.skeletons[0],
            time_s=np.array(self._times_s, np.float64),
            offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
            boxes=arrays.boxes,
            poses3d=arrays.poses3d,
            poses2d=arrays.poses2d,
            confidence=arrays.confidence,
            uncertainty_mm=arrays.uncertainty_mm,
            track_ids=_joined_ids(self._track_ids),
            provenance=provenance,
        )

    def _joined(self, parts: list[Detections]) -> Detections:
        def join(pick: Callable[[Detections], NDArray[np.float32] | None]) -> NDArray[np.float32]:
            joined = np.concatenate([pick(part) for part in parts])
            joined.flags.writeable = False
            return joined

        if not parts:
            return Detections.none(self._joints)
        return Detections(
            boxes=join(lambda part: part.boxes),
            poses3d=join(lambda part: part.poses3d),
            poses2d=join(lambda part: part.poses2d),
            confidence=join(lambda part: part.confidence),
            uncertainty_mm=(
                join(lambda part: part.uncertainty_mm) if self._info.gives_uncertainty else None
            ),
        )


def _joined_ids(parts: list[NDArray[np.int32]]) -> NDArray[np.int32]:
    return np.concatenate(parts) if parts else np.empty(0, np.int32)
