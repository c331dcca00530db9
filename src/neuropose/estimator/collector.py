"""Collects detections, frame by frame, into the arrays of the predictions."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose.data import Camera, Provenance, VideoMetadata, VideoPredictions
from neuropose.data.extra_arrays import ExtraArrays
from neuropose.data.metadata import frame_gaps
from neuropose.errors import ModelOutputError, ModelRunError
from neuropose.estimator.metrics import Latency, Metrics, peak_memory_mb
from neuropose.estimator.model import Detections, ModelInfo
from neuropose.estimator.tracking import Tracker
from neuropose.provenance import POSE_LIBRARIES, library_versions
from neuropose.video.reader import VideoFrame


class Collector:
    """Collects frames as they are decoded and detections as they are ready, both in order.

    Parameters
    ----------
    info : ModelInfo
        What the model declares; its detections are checked against it.
    """

    def __init__(self, info: ModelInfo) -> None:
        self._info = info
        self._tracker = Tracker()
        self._times_s: list[float] = []
        self._counts: list[int] = []
        self._waiting: deque[tuple[int, float]] = deque()
        self._latencies_s: list[float] = []
        self._columns = {
            field: _Column(shape, np.float32) for field, shape in row_shapes(info).items()
        }
        self._extra = {
            name: _Column(shape, np.float32) for name, shape in info.extra_arrays.items()
        }
        self._track_ids = _Column((), np.int32)
        self._resumed_frames = 0
        self._gap_reasons: dict[int, str] = {}
        self._first_failure: str | None = None

    @property
    def frames_done(self) -> int:
        """Number of frames up to the last one whose result is known."""
        return self._waiting[0][0] if self._waiting else len(self._times_s)

    def add_frame(self, frame: VideoFrame) -> None:
        """Add the next frame of the video.

        Parameters
        ----------
        frame : VideoFrame
            The frame; its picture, if it has one, is on its way to the model.
        """
        self._times_s.append(frame.time_s)
        self._counts.append(0)
        if frame.picture is not None:
            self._waiting.append((frame.number, time.perf_counter()))
        elif frame.gap_reason is not None:
            self._gap_reasons[frame.number] = frame.gap_reason

    def add_detections(self, found: Detections, *, resumed: bool = False) -> None:
        """Add the detections in the next picture, and identify the people in it.

        Parameters
        ----------
        found : Detections
            The detections in the next frame that has a picture.
        resumed : bool
            Whether the result comes from an earlier run.

        Raises
        ------
        ModelOutputError
            If the model breaks its contract.
        """
        if not self._waiting:
            raise ModelOutputError(
                f"model {self._info.name!r} returned more results than it was given pictures"
            )
        check_detections(found, self._info)
        number, given_at = self._waiting.popleft()
        if resumed:
            self._resumed_frames += 1
        else:
            self._latencies_s.append(time.perf_counter() - given_at)
        if found.failure is not None:
            self._gap_reasons[number] = found.failure
            self._first_failure = self._first_failure or found.failure
            return
        self._counts[number] = len(found.boxes)
        self._track_ids.add(self._tracker.update(self._times_s[number], found.poses2d))
        for field, column in self._columns.items():
            column.add(getattr(found, field))
        for name, column in self._extra.items():
            if len(found.boxes):  # `Detections.none` has no arrays
                column.add(found.extra_arrays[name])

    def predictions(
        self,
        metadata: VideoMetadata,
        camera: Camera,
        provenance: Provenance,
        warnings: tuple[str, ...] = (),
    ) -> VideoPredictions:
        """Return the predictions; nothing can be added afterwards.

        Parameters
        ----------
        metadata : VideoMetadata
            Metadata of the video; the frames on which the model failed are added to its gaps.
        camera : Camera
            The camera of the video.
        provenance : Provenance
            How the predictions were made.
        warnings : tuple of str
            Warnings about the video; one is added if nobody was found.

        Returns
        -------
        VideoPredictions
            Validated.

        Raises
        ------
        ModelOutputError
            If a picture has no result.
        ModelRunError
            If the model failed on every picture.
        """
        if self._waiting:
            raise ModelOutputError(
                f"model {self._info.name!r} returned no result for {len(self._waiting)} pictures"
            )
        if not any(self._counts):
            warnings = (*warnings, f"nobody was found in any of {len(self._counts)} frames")
        if self._first_failure is not None and len(self._gap_reasons) == len(self._counts):
            raise ModelRunError(
                f"model {self._info.name!r} failed on every picture: {self._first_failure}",
                hint="check the camera and its distortion, or use another model",
            )
        return VideoPredictions(
            warnings=warnings,
            metadata=metadata.model_copy(update={"gaps": frame_gaps(self._gap_reasons)}),
            camera=camera,
            skeleton=self._info.skeletons[0],
            time_s=np.array(self._times_s, np.float64),
            offsets=np.concatenate([[0], np.cumsum(self._counts)]).astype(np.int32),
            track_ids=self._track_ids.freeze(),
            provenance=provenance,
            **{field: column.freeze() for field, column in self._columns.items()},
        )

    def extra_arrays(self, predictions: VideoPredictions) -> ExtraArrays | None:
        """Return the model's further arrays; nothing can be added afterwards.

        Parameters
        ----------
        predictions : VideoPredictions
            The predictions that resulted.

        Returns
        -------
        ExtraArrays or None
            None: the model declares none.
        """
        if not self._extra:
            return None
        return ExtraArrays(
            offsets=predictions.offsets,
            track_ids=predictions.track_ids,
            arrays={name: column.freeze() for name, column in self._extra.items()},
        )

    def metrics(
        self, predictions: VideoPredictions, *, workers: int, wall_s: float, decode_s: float
    ) -> Metrics:
        """Return the metrics of the run.

        Parameters
        ----------
        predictions : VideoPredictions
            The predictions that resulted.
        workers : int
            CPU cores that the model was given.
        wall_s, decode_s : float
            Total time, and time spent waiting for the decoder, in seconds.

        Returns
        -------
        Metrics
        """
        metadata = predictions.metadata
        return Metrics(
            frames=metadata.frame_count,
            frames_with_pose=int(np.count_nonzero(self._counts)),
            gap_frames=sum(gap.last_frame - gap.first_frame + 1 for gap in metadata.gaps),
            wall_s=wall_s,
            decode_s=decode_s,
            inference_s=wall_s - decode_s,
            resumed_frames=self._resumed_frames,
            frames_per_second=(metadata.frame_count - self._resumed_frames) / wall_s,
            latency=Latency.of(self._latencies_s),
            workers=workers,
            peak_memory_mb=peak_memory_mb(),
            device=self._info.device,
            runtime=self._info.runtime,
            versions=library_versions(POSE_LIBRARIES),
        )


class _Column:
    """Rows of one array, added one by one; frozen without a second copy of all columns."""

    def __init__(self, row_shape: tuple[int, ...], dtype: type[np.generic]) -> None:
        self._row_shape = row_shape
        self._dtype = dtype
        self._rows = 0
        self._data = bytearray()

    def add(self, rows: NDArray[Any]) -> None:
        self._rows += len(rows)
        self._data += rows.tobytes()

    def freeze(self) -> NDArray[Any]:
        content, self._data = bytes(self._data), bytearray()
        return np.ndarray((self._rows, *self._row_shape), self._dtype, buffer=content)


def row_shapes(info: ModelInfo) -> dict[str, tuple[int, ...]]:
    """Return the shape of one person's row in each array that a model returns.

    Parameters
    ----------
    info : ModelInfo
        What the model declares.

    Returns
    -------
    dict of str to tuple of int
        Shape of a row, by field of `Detections`.

    Examples
    --------
    >>> from neuropose.testing import FakeModel
    >>> row_shapes(FakeModel().info)["poses3d"]
    (33, 3)
    """
    joints = len(info.skeletons[0].joints)
    shapes = {
        "boxes": (5,),
        "poses3d": (joints, 3),
        "poses2d": (joints, 2),
        "confidence": (joints,),
    }
    return {**shapes, "uncertainty_mm": (joints,)} if info.gives_uncertainty else shapes


def check_detections(found: Detections, info: ModelInfo) -> None:
    """Check a model's result for one picture against the contract.

    Parameters
    ----------
    found : Detections
        What the model returned.
    info : ModelInfo
        What it declares.

    Raises
    ------
    ModelOutputError
        If a shape or a type is wrong, a value is infinite, a confidence is not from 0 to 1, or a
        failure has no reason or comes with people.

    Examples
    --------
    >>> from neuropose.testing import FakeModel
    >>> check_detections(Detections.none(33), FakeModel().info)
    """
    if not isinstance(found, Detections):
        raise ModelOutputError(
            f"model {info.name!r} returned {type(found).__name__}, not Detections"
        )
    if not isinstance(found.state, bytes | None):
        got = type(found.state).__name__
        raise ModelOutputError(f"model {info.name!r} returned a state as {got}, not bytes")
    if found.failure is not None:
        _check_failure(found, info)
    people = next(iter(np.shape(found.boxes)), 0)
    extra_shapes = info.extra_arrays if people else {}
    for field, row_shape in {**row_shapes(info), **extra_shapes}.items():
        shape = (people, *row_shape)
        is_extra = field in extra_shapes
        array = found.extra_arrays.get(field) if is_extra else getattr(found, field)
        if not isinstance(array, np.ndarray) or array.shape != shape or array.dtype != np.float32:
            got = (
                f"{array.dtype} {array.shape}"
                if isinstance(array, np.ndarray)
                else type(array).__name__
            )
            raise ModelOutputError(
                f"model {info.name!r} returned {field} as {got}, not float32 {shape}"
            )
        if field == "boxes" and np.isnan(array).any():
            raise ModelOutputError(f"model {info.name!r} returned a box with a missing value")
        if np.isinf(array).any():
            raise ModelOutputError(f"model {info.name!r} returned an infinite value in {field}")
    for name, share in (("box confidence", found.boxes[:, 4]), ("confidence", found.confidence)):
        if (share < 0.0).any() or (share > 1.0).any():
            raise ModelOutputError(f"model {info.name!r} returned a {name} that is not from 0 to 1")
    deviation_mm = found.uncertainty_mm if info.gives_uncertainty else None
    if deviation_mm is not None and (deviation_mm < 0.0).any():
        raise ModelOutputError(f"model {info.name!r} returned a negative uncertainty")


def _check_failure(found: Detections, info: ModelInfo) -> None:
    reason = found.failure
    if not isinstance(reason, str) or not reason.strip() or len(reason.splitlines()) > 1:
        raise ModelOutputError(f"model {info.name!r} returned a failure that is not a line of text")
    if np.size(found.boxes):
        raise ModelOutputError(f"model {info.name!r} returned people with the failure {reason!r}")
