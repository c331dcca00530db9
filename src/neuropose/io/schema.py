"""The prediction schema: what a video becomes, array-backed, frozen and read-only.

T frames, N detections over the whole video (any number a frame), J joints. Detections of one frame
are adjacent: those of frame t are rows ``offsets[t]:offsets[t + 1]``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from neuropose.errors import SubjectError
from neuropose.io.arrays import (
    PredictionArrays,
    ReadOnlyFloat32,
    ReadOnlyFloat64,
    ReadOnlyInt32,
    dataset,
    dense_arrays,
)
from neuropose.io.subjects import Subject, pick_subject
from neuropose.skeletons import Skeleton

if TYPE_CHECKING:
    import xarray

SCHEMA_VERSION: Literal[1] = 1
UNTRACKED = -1
"""Track id of a detection to which no identity has been given (null on disk)."""

NonNegativeInt = Annotated[int, Field(ge=0)]


class _Contract(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, ser_json_inf_nan="null"
    )


class FrameGap(_Contract):
    """A run of frames of which no picture could be decoded.

    Parameters
    ----------
    first_frame, last_frame : int
        Frame numbers, both inclusive.
    reason : str
        Why there is no picture.
    """

    first_frame: NonNegativeInt
    last_frame: NonNegativeInt
    reason: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.last_frame < self.first_frame:
            raise ValueError("last_frame is before first_frame")
        return self


class VideoMetadata(_Contract):
    """What is known of the video itself. No path and no file name: they identify patients.

    Parameters
    ----------
    frame_count : int
        Number of frames, gaps included.
    fps : float
        Mean frame rate, frames per second. For timing use each frame's ``time_s``.
    width, height : int
        Size in px as displayed, after rotation.
    rotation_deg : int
        Clockwise rotation that was applied to the stored picture: 0, 90, 180 or 270.
    variable_frame_rate : bool or None
        Whether frame times are unevenly spaced. None: not known (older files).
    gaps : tuple of FrameGap
        Frames without a picture, ascending, and why.
    """

    frame_count: NonNegativeInt
    fps: PositiveFloat
    width: PositiveInt
    height: PositiveInt
    rotation_deg: Literal[0, 90, 180, 270] = 0
    variable_frame_rate: bool | None = None
    gaps: tuple[FrameGap, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not np.isfinite(self.fps):
            raise ValueError("fps must be finite")
        after = -1
        for gap in self.gaps:
            if gap.first_frame <= after:
                raise ValueError("gaps must be ascending and disjoint")
            after = gap.last_frame
        if after >= self.frame_count:
            raise ValueError(f"a gap ends at frame {after}, beyond frame_count {self.frame_count}")
        return self


class CameraSource(StrEnum):
    """Where the intrinsics came from."""

    GIVEN = "given"
    FOV = "fov"


class Camera(_Contract):
    """Pinhole camera with OpenCV distortion.

    Parameters
    ----------
    intrinsic_matrix : 3 × 3 tuple of float
        ``[[fx, 0, cx], [0, fy, cy], [0, 0, 1]]`` in px of the displayed (rotated) picture.
    distortion : tuple of float
        OpenCV's coefficients (k1, k2, p1, p2, k3, …), empty for none.
    source : CameraSource
        ``given`` by the caller, or made from a field of view (``fov``).
    fov_degrees : float or None
        The field of view along the larger picture side if `source` is ``fov``.
    """

    intrinsic_matrix: tuple[
        tuple[FiniteFloat, FiniteFloat, FiniteFloat],
        tuple[FiniteFloat, FiniteFloat, FiniteFloat],
        tuple[FiniteFloat, FiniteFloat, FiniteFloat],
    ]
    distortion: tuple[FiniteFloat, ...] = ()
    source: CameraSource
    fov_degrees: PositiveFloat | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        (fx, _, _), (_, fy, _), last = self.intrinsic_matrix
        if fx <= 0 or fy <= 0 or last != (0.0, 0.0, 1.0):
            raise ValueError(
                "intrinsic_matrix must be [[fx, s, cx], [0, fy, cy], [0, 0, 1]], fx, fy > 0"
            )
        if len(self.distortion) not in (0, 4, 5, 8, 12, 14):
            raise ValueError("distortion must have 0, 4, 5, 8, 12 or 14 coefficients (OpenCV)")
        return self

    @property
    def matrix(self) -> NDArray[np.float64]:
        """Intrinsic matrix as an array, shape (3, 3), px."""
        return np.array(self.intrinsic_matrix)

    @classmethod
    def from_fov(cls, width: int, height: int, fov_degrees: float) -> Self:
        """Camera with square pixels, its centre in the middle of the picture.

        Parameters
        ----------
        width, height : int
            Picture size, px.
        fov_degrees : float
            Field of view along the larger side, between 0 and 180 exclusive.

        Returns
        -------
        Camera
            With `source` ``fov``.

        Raises
        ------
        ValueError
            If the field of view is not between 0 and 180 degrees.

        Examples
        --------
        >>> Camera.from_fov(1920, 1080, 90.0).intrinsic_matrix[0]
        (960.0, 0.0, 960.0)
        """
        if not 0.0 < fov_degrees < 180.0:
            raise ValueError(f"field of view must be between 0 and 180 degrees, not {fov_degrees}")
        focal_px = round(max(width, height) / 2.0 / float(np.tan(np.radians(fov_degrees) / 2.0)), 6)
        return cls(
            intrinsic_matrix=(
                (focal_px, 0.0, width / 2.0),
                (0.0, focal_px, height / 2.0),
                (0.0, 0.0, 1.0),
            ),
            source=CameraSource.FOV,
            fov_degrees=fov_degrees,
        )


class Provenance(_Contract):
    """What the numbers were made from: enough to make them again, bit for bit.

    Parameters
    ----------
    neuropose_version : str
    model : str
        Name of the pose model.
    model_sha256 : mapping of str to str
        SHA-256 of each weights file.
    input_sha256 : str
        SHA-256 of the video file.
    versions : mapping of str to str
        Versions of Python and of the libraries that touch the numbers.
    settings : mapping
        Every setting that the result depends on.
    """

    neuropose_version: str
    model: str
    model_sha256: Mapping[str, str] = {}
    input_sha256: str | None = None
    versions: Mapping[str, str] = {}
    settings: Mapping[str, Any] = {}


class FramePrediction(_Contract):
    """One frame of a `VideoPredictions`: read-only views of P detections.

    Parameters
    ----------
    time_s : float
        Presentation time of the frame, seconds from the first frame. NaN: not known.
    boxes : ndarray, shape (P, 5)
        ``x, y, width, height`` in px and the detection's confidence, 0 to 1.
    poses3d : ndarray, shape (P, J, 3)
        mm, camera frame (x right, y down, z forward). NaN: missing.
    poses2d : ndarray, shape (P, J, 2)
        px in the displayed picture. NaN: missing.
    confidence : ndarray, shape (P, J)
        Per joint, 0 to 1. NaN: the model gives none.
    track_ids : ndarray, shape (P,)
        Identity of each person, constant over the video; `UNTRACKED` if none was given.
    uncertainty_mm : ndarray, shape (P, J), or None
        Standard deviation per joint, if the model gives one.
    gap_reason : str or None
        Why there is no picture, if the frame lies in a gap.
    """

    time_s: float
    boxes: ReadOnlyFloat32
    poses3d: ReadOnlyFloat32
    poses2d: ReadOnlyFloat32
    confidence: ReadOnlyFloat32
    track_ids: ReadOnlyInt32
    uncertainty_mm: ReadOnlyFloat32 | None = None
    gap_reason: str | None = None


class VideoPredictions(_Contract):
    """Everything that was found in one video.

    Parameters
    ----------
    metadata : VideoMetadata
    camera : Camera or None
        None: not known (older files).
    skeleton : Skeleton
    time_s : ndarray of float64, shape (T,)
        Presentation times in seconds, ascending. NaN: not known.
    offsets : ndarray of int32, shape (T + 1,)
        Rows of frame t are ``offsets[t]:offsets[t + 1]``.
    boxes : ndarray of float32, shape (N, 5)
    poses3d : ndarray of float32, shape (N, J, 3)
    poses2d : ndarray of float32, shape (N, J, 2)
    confidence : ndarray of float32, shape (N, J)
    track_ids : ndarray of int32, shape (N,)
    uncertainty_mm : ndarray of float32, shape (N, J), or None
    segmentations : mapping
        Named segmentations of the video, with their settings (the analyzer's).
    provenance : Provenance or None
        None: not known (older files).

    Notes
    -----
    Units, frames and the meaning of NaN are those of `FramePrediction`. Arrays that are given
    read-only are kept, others are copied: nothing outside can change a prediction.

    Examples
    --------
    >>> from neuropose.testing import synthetic_predictions
    >>> predictions = synthetic_predictions(frame_count=3)
    >>> predictions.frames["frame_000002"].poses3d.shape
    (1, 33, 3)
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    metadata: VideoMetadata
    camera: Camera | None = None
    skeleton: Skeleton
    time_s: ReadOnlyFloat64
    offsets: ReadOnlyInt32
    boxes: ReadOnlyFloat32
    poses3d: ReadOnlyFloat32
    poses2d: ReadOnlyFloat32
    confidence: ReadOnlyFloat32
    track_ids: ReadOnlyInt32
    uncertainty_mm: ReadOnlyFloat32 | None = None
    segmentations: Mapping[str, Any] = {}
    provenance: Provenance | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        self._check_frames()
        self._check_detections()
        return self

    def _check_frames(self) -> None:
        frame_count = self.metadata.frame_count
        if self.time_s.shape != (frame_count,):
            raise ValueError(f"time_s has shape {self.time_s.shape}, frame_count is {frame_count}")
        known = self.time_s[~np.isnan(self.time_s)]
        if np.isinf(known).any() or (np.diff(known) < 0).any():
            raise ValueError("time_s must be finite and ascending")
        if self.offsets.shape != (frame_count + 1,):
            raise ValueError(f"offsets has shape {self.offsets.shape}, not ({frame_count + 1},)")
        counts = np.diff(self.offsets)
        if self.offsets[0] != 0 or (counts < 0).any():
            raise ValueError("offsets must start at 0 and ascend")
        for gap in self.metadata.gaps:
            if counts[gap.first_frame : gap.last_frame + 1].any():
                raise ValueError(
                    f"frames {gap.first_frame} to {gap.last_frame} are a gap but hold detections"
                )

    def _check_detections(self) -> None:
        count, joints = int(self.offsets[-1]), len(self.skeleton.joints)
        shapes = {
            "boxes": (count, 5),
            "poses3d": (count, joints, 3),
            "poses2d": (count, joints, 2),
            "confidence": (count, joints),
            "track_ids": (count,),
            "uncertainty_mm": (count, joints),
        }
        for name, shape in shapes.items():
            array = getattr(self, name)
            if array is None:
                continue
            if array.shape != shape:
                raise ValueError(f"{name} has shape {array.shape}, not {shape}")
            if array.dtype.kind == "f" and np.isinf(array).any():
                raise ValueError(f"{name} must be finite or missing")
        if (self.confidence < 0).any() or (self.confidence > 1).any():
            raise ValueError("confidence must lie between 0 and 1")
        if (self.track_ids < UNTRACKED).any():
            raise ValueError("track_ids must not be negative")
        keys = np.stack([self.frame_index, self.track_ids])[:, self.track_ids != UNTRACKED]
        if np.unique(keys, axis=1).shape[1] != keys.shape[1]:
            raise ValueError("a track id occurs twice in one frame")

    @cached_property
    def frame_index(self) -> NDArray[np.int32]:
        """Frame number of each detection, shape (N,), read-only."""
        frames = np.repeat(
            np.arange(self.metadata.frame_count, dtype=np.int32), np.diff(self.offsets)
        )
        frames.flags.writeable = False
        return frames

    @cached_property
    def frames(self) -> FramesView:
        """The frames by their ids, ``frame_000000`` onwards."""
        return FramesView(self)

    def subject(self, strategy: str = "longest") -> Subject:
        """Pick the person that the video is about; see `neuropose.io.pick_subject`.

        Parameters
        ----------
        strategy : str
            ``longest``, ``largest``, ``most_central`` or ``track:N``.

        Returns
        -------
        Subject
            The choice, its reason and the alternatives.

        Raises
        ------
        SubjectError
            If nobody was found, the strategy is not known, the track does not exist or the
            detections are not tracked.

        Examples
        --------
        >>> from neuropose.testing import synthetic_predictions
        >>> synthetic_predictions().subject("largest").track_id
        0
        """
        self._require_tracks()
        return pick_subject(self, strategy)

    def to_arrays(self) -> PredictionArrays:
        """Lay the predictions out densely, one axis for people; NaN where not found.

        Returns
        -------
        PredictionArrays
            Writable copies, shapes (T, P, J, …).

        Raises
        ------
        SubjectError
            If the detections are not tracked.

        Examples
        --------
        >>> from neuropose.testing import synthetic_predictions
        >>> synthetic_predictions(frame_count=5).to_arrays().poses2d.shape
        (5, 1, 33, 2)
        """
        self._require_tracks()
        return dense_arrays(self)

    def to_xarray(self) -> xarray.Dataset:
        """Give the predictions as an xarray dataset, in the layout of the `movement` package.

        Returns
        -------
        xarray.Dataset
            See `neuropose.io.arrays.dataset`.

        Raises
        ------
        SubjectError
            If the detections are not tracked.
        ImportError
            If xarray is not installed (extra ``xarray``).

        Examples
        --------
        >>> from neuropose.testing import synthetic_predictions
        >>> synthetic_predictions(frame_count=5).to_xarray().sizes["time"]
        5
        """
        self._require_tracks()
        return dataset(self)

    def _require_tracks(self) -> None:
        if (self.track_ids == UNTRACKED).any():
            raise SubjectError(
                "the detections of this (older) file carry no identities",
                hint="give them some with neuropose.estimator.assign_tracks(predictions)",
            )


class FramesView(Mapping[str, FramePrediction]):
    """The frames of a `VideoPredictions` by id; each is made when it is asked for.

    Parameters
    ----------
    predictions : VideoPredictions
        Whose frames.
    """

    def __init__(self, predictions: VideoPredictions) -> None:
        self._predictions = predictions

    def __len__(self) -> int:
        return self._predictions.metadata.frame_count

    def __iter__(self) -> Iterator[str]:
        return (frame_id(number) for number in range(len(self)))

    def __getitem__(self, key: str) -> FramePrediction:
        digits = key.removeprefix("frame_") if isinstance(key, str) else ""
        number = int(digits) if digits.isascii() and digits.isdigit() else -1
        if not 0 <= number < len(self) or key != frame_id(number):
            raise KeyError(key)
        source = self._predictions
        rows = slice(int(source.offsets[number]), int(source.offsets[number + 1]))
        uncertainty_mm = source.uncertainty_mm
        return FramePrediction.model_construct(
            time_s=float(source.time_s[number]),
            boxes=source.boxes[rows],
            poses3d=source.poses3d[rows],
            poses2d=source.poses2d[rows],
            confidence=source.confidence[rows],
            track_ids=source.track_ids[rows],
            uncertainty_mm=None if uncertainty_mm is None else uncertainty_mm[rows],
            gap_reason=next(
                (
                    gap.reason
                    for gap in source.metadata.gaps
                    if gap.first_frame <= number <= gap.last_frame
                ),
                None,
            ),
        )


def frame_id(number: int) -> str:
    """Key of a frame in `VideoPredictions.frames` and on disk.

    Parameters
    ----------
    number : int
        Frame number from 0.

    Returns
    -------
    str
        At least six digits.

    Examples
    --------
    >>> frame_id(42)
    'frame_000042'
    """
    return f"frame_{number:06d}"
