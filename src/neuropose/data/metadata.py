"""Metadata of predictions: the video, the camera, and how the numbers were made."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

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

from neuropose.errors import CameraError

Text = Annotated[str, Field(min_length=1)]
NonNegativeInt = Annotated[int, Field(ge=0)]
_LEAST_TANGENT = 1e-9  # below it, the focal length is not a finite number

LEAST_PICTURES = 0.95
"""Share of frames with a picture below which a video counts as incomplete.

A measure over a walk of some ten seconds loses a stride at most to the gaps of a complete one.
"""
FEWEST_PICTURES = 0.5
"""Share of frames with a picture below which a video is no success: most of it is missing."""


class Contract(BaseModel):
    """Base class of the contracts: frozen, and unknown fields are an error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, ser_json_inf_nan="null"
    )


class Source(StrEnum):
    """Where a value that the numbers rest on comes from."""

    GIVEN = "given"
    """Stated by the caller."""
    FILE = "file"
    """Stated in the file that was read."""
    ASSUMED = "assumed"
    """Neither: a default, a habit of the format, or the program's own choice."""
    NOT_RECORDED = "not_recorded"
    """Not recorded: an older file does not say which of these."""


class FrameGap(Contract):
    """A run of frames without data: there was no picture, or the model failed on it.

    Parameters
    ----------
    first_frame, last_frame : int
        Frame numbers, both inclusive.
    reason : str
        Why there is no data.
    """

    first_frame: NonNegativeInt
    last_frame: NonNegativeInt
    reason: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.last_frame < self.first_frame:
            raise ValueError("last_frame is before first_frame")
        return self


def frame_gaps(reasons: Mapping[int, str]) -> tuple[FrameGap, ...]:
    """Gather frames without data into runs with the same reason.

    Parameters
    ----------
    reasons : mapping of int to str
        Why a frame has no data, by frame number.

    Returns
    -------
    tuple of FrameGap
        Ascending.

    Examples
    --------
    >>> [(gap.first_frame, gap.last_frame) for gap in frame_gaps({4: "lost", 2: "lost", 3: "lost"})]
    [(2, 4)]
    """
    runs: list[FrameGap] = []
    for number, reason in sorted(reasons.items()):
        if runs and runs[-1].last_frame == number - 1 and runs[-1].reason == reason:
            runs[-1] = runs[-1].model_copy(update={"last_frame": number})
        else:
            runs.append(FrameGap(first_frame=number, last_frame=number, reason=reason))
    return tuple(runs)


class VideoMetadata(Contract):
    """Properties of the video itself. Paths and file names are left out: they identify patients.

    Parameters
    ----------
    frame_count : int
        Number of frames, gaps included.
    fps : float
        Mean frame rate in frames per second. For timing, use each frame's ``time_s``.
    width, height : int
        Displayed size in px, after rotation.
    rotation_deg : int
        Clockwise rotation that was applied to the stored picture: 0, 90, 180 or 270.
    mirrored : bool
        Whether left and right were exchanged before that, as the file requests.
    variable_frame_rate : bool or None
        Whether frame times are unevenly spaced; None if not known (older files).
    gaps : tuple of FrameGap
        Frames without data, ascending, and why.
    fps_source : Source or None
        ``file`` if the container states the times of its frames, or their rate; ``assumed`` if it
        states neither; None if not recorded (older files).
    """

    frame_count: NonNegativeInt
    fps: PositiveFloat
    width: PositiveInt
    height: PositiveInt
    rotation_deg: Literal[0, 90, 180, 270] = 0
    mirrored: bool = False
    variable_frame_rate: bool | None = None
    gaps: tuple[FrameGap, ...] = ()
    fps_source: Source | None = None

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

    @property
    def missing_frame_count(self) -> int:
        """Number of frames without a picture."""
        return sum(gap.last_frame - gap.first_frame + 1 for gap in self.gaps)

    @property
    def picture_count(self) -> int:
        """Number of frames with a picture."""
        return self.frame_count - self.missing_frame_count

    @property
    def is_incomplete(self) -> bool:
        """Whether less than `LEAST_PICTURES` of the frames have a picture."""
        return self.picture_count < LEAST_PICTURES * self.frame_count

    @property
    def is_mostly_missing(self) -> bool:
        """Whether less than `FEWEST_PICTURES` of the frames have a picture."""
        return self.picture_count < FEWEST_PICTURES * self.frame_count


class CameraSource(StrEnum):
    """Where the intrinsics come from."""

    GIVEN = "given"
    FOV = "fov"


class Camera(Contract):
    """Pinhole camera with OpenCV distortion.

    Parameters
    ----------
    intrinsic_matrix : 3 × 3 tuple of float
        ``[[fx, 0, cx], [0, fy, cy], [0, 0, 1]]`` in px of the displayed (rotated) picture.
    distortion : tuple of float
        OpenCV's distortion coefficients (k1, k2, p1, p2, k3, …), empty for none.
    source : CameraSource
        ``given`` by the caller, or computed from a field of view (``fov``).
    fov_degrees : float or None
        The field of view along the larger picture side if `source` is ``fov``.
    fov_source : Source or None
        Whether that field of view was ``given`` by the caller or ``assumed``; None if `source` is
        ``given`` or if this was not recorded (older files).
    """

    intrinsic_matrix: tuple[
        tuple[FiniteFloat, FiniteFloat, FiniteFloat],
        tuple[FiniteFloat, FiniteFloat, FiniteFloat],
        tuple[FiniteFloat, FiniteFloat, FiniteFloat],
    ]
    distortion: tuple[FiniteFloat, ...] = ()
    source: CameraSource
    fov_degrees: PositiveFloat | None = None
    fov_source: Source | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        (fx, _, _), (_, fy, _), last = self.intrinsic_matrix
        if fx <= 0 or fy <= 0 or last != (0.0, 0.0, 1.0):
            raise ValueError(
                "intrinsic_matrix must be [[fx, s, cx], [0, fy, cy], [0, 0, 1]], fx, fy > 0"
            )
        if len(self.distortion) not in (0, 4, 5, 8, 12, 14):
            raise ValueError("distortion must have 0, 4, 5, 8, 12 or 14 coefficients (OpenCV)")
        if self.fov_source not in (None, Source.GIVEN, Source.ASSUMED):
            raise ValueError("fov_source must be given or assumed")
        if self.fov_source is not None and self.source is not CameraSource.FOV:
            raise ValueError("only a camera made from a field of view has fov_source")
        return self

    @property
    def matrix(self) -> NDArray[np.float64]:
        """Intrinsic matrix as an array, shape (3, 3), px."""
        return np.array(self.intrinsic_matrix)

    def rays(self, points_px: NDArray[np.floating]) -> NDArray[np.float64]:
        """Undistort points of the picture to the plane one unit in front of the camera.

        Parameters
        ----------
        points_px : ndarray, shape (…, 2)
            Points in the displayed picture. NaN: missing.

        Returns
        -------
        ndarray, shape (…, 2)
            ``x / z, y / z`` in the camera frame. NaN where a point is missing.

        Notes
        -----
        OpenCV's model of distortion.

        Examples
        --------
        >>> Camera.from_fov(200, 200, 90.0).rays(np.array([[200.0, 100.0]]))
        array([[1., 0.]])
        """
        if not self.distortion:
            (fx, skew, cx), (_, fy, cy), _ = self.intrinsic_matrix
            y = (points_px[..., 1] - cy) / fy
            straight = np.stack([(points_px[..., 0] - cx - skew * y) / fx, y], axis=-1)
            return np.asarray(straight)
        import cv2

        flat = np.asarray(points_px, np.float64).reshape(-1, 1, 2)
        known = np.isfinite(flat).all(axis=(1, 2))
        rays = np.full((len(flat), 2), np.nan)
        if known.any():
            undistorted = cv2.undistortPoints(flat[known], self.matrix, np.array(self.distortion))
            rays[known] = undistorted[:, 0]
        return rays.reshape(points_px.shape)

    @classmethod
    def from_fov(
        cls, width: int, height: int, fov_degrees: float, *, fov_source: Source = Source.GIVEN
    ) -> Self:
        """Make a camera with square pixels and its centre in the middle of the picture.

        Parameters
        ----------
        width, height : int
            Picture size in px.
        fov_degrees : float
            Field of view along the larger side, between 0 and 180 exclusive.
        fov_source : Source
            ``given``, or ``assumed`` if nothing is known about the camera.

        Returns
        -------
        Camera
            With `source` ``fov``.

        Raises
        ------
        CameraError
            If the field of view is not between 0 and 180 degrees.

        Examples
        --------
        >>> Camera.from_fov(1920, 1080, 90.0).intrinsic_matrix[0]
        (960.0, 0.0, 960.0)
        """
        possible = 0.0 < fov_degrees < 180.0
        half_tangent = float(np.tan(np.radians(fov_degrees) / 2.0)) if possible else 0.0
        if half_tangent < _LEAST_TANGENT:
            raise CameraError(
                f"no camera has a field of view of {fov_degrees:g} degrees",
                hint="phones have about 55 to 70 degrees along the larger picture side",
            )
        focal_px = round(max(width, height) / 2.0 / half_tangent, 6)
        return cls(
            intrinsic_matrix=(
                (focal_px, 0.0, width / 2.0),
                (0.0, focal_px, height / 2.0),
                (0.0, 0.0, 1.0),
            ),
            source=CameraSource.FOV,
            fov_degrees=fov_degrees,
            fov_source=fov_source,
        )


class Provenance(Contract):
    """How the numbers were made: enough to reproduce them bit for bit.

    Parameters
    ----------
    neuropose_version : str
        Version of NeuroPose.
    model : str
        Name of the pose model.
    model_sha256 : mapping of str to str
        SHA-256 of each weights file.
    model_license : str or None
        Licence of the model, which is that of its skeleton too. None: not recorded.
    input_sha256 : str
        SHA-256 of the video file.
    versions : mapping of str to str
        Versions of Python and of the libraries that affect the numbers.
    settings : mapping
        Every setting that the result depends on.
    """

    neuropose_version: str
    model: str
    model_sha256: Mapping[str, str] = {}
    model_license: str | None = None
    input_sha256: str | None = None
    versions: Mapping[str, str] = {}
    settings: Mapping[str, Any] = {}
