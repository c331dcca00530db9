"""Metadata of predictions: the video, and how the numbers were made."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

Text = Annotated[str, Field(min_length=1)]
NonNegativeInt = Annotated[int, Field(ge=0)]

LEAST_PICTURES = 0.95
"""Share of frames with a picture below which a video counts as incomplete.

A measure over a walk of some ten seconds loses a stride at most to the gaps of a complete one.
"""
LEFT_OUT = "left out"
"""What the reason of a gap begins with that a person made: its frames have a picture."""
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
    MEASURED = "measured"
    """Found from the recording, as what sees it is calibrated: several cameras, or markers."""
    ASSUMED = "assumed"
    """None of these: a default, a habit of the format, or the program's own choice."""
    NOT_RECORDED = "not_recorded"
    """Not recorded: an older file does not say which of these."""


class FrameGap(Contract):
    """A run of frames without data: no picture, none that the model could use, or left out.

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
        return sum(
            gap.last_frame - gap.first_frame + 1
            for gap in self.gaps
            if not gap.reason.startswith(LEFT_OUT)
        )

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
