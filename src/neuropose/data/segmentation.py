"""Segmentations of a video: the movements it is cut into, by which signal, and how."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    FiniteFloat,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticSerializationError, to_json

from neuropose.data.format_errors import explain
from neuropose.data.metadata import Contract, NonNegativeInt, Text

SignalKind = Literal["axis", "distance", "speed", "angle", "joint_angle"]
SignalAxis = Literal["up", "forward", "right", "x", "y", "z"]

_VERSION_KEY = "segmentation_version"
_JOINTS: dict[str, int] = {"axis": 1, "distance": 2, "speed": 1, "angle": 3, "joint_angle": 0}
_UNITS: dict[str, str] = {
    "axis": "mm",
    "distance": "mm",
    "speed": "mm/s",
    "angle": "deg",
    "joint_angle": "deg",
}


class SegmentSignal(Contract):
    """The signal whose peaks mark movements.

    Parameters
    ----------
    kind : {"axis", "distance", "speed", "angle", "joint_angle"}
        Coordinate of a joint along an axis; distance of two joints; speed of a joint; angle at
        the second of three joints (180: straight); an anatomical joint angle (0: neutral).
    joints : tuple of str
        One, two, one or three names; none for a joint angle.
    axis : {"up", "forward", "right", "x", "y", "z"} or None
        For ``axis``: a direction of the body (``forward`` and ``right`` from the pelvis), or of
        the camera (x right, y down, z forward).
    angle : str or None
        For ``joint_angle``: its name, one of `neuropose.analyzer.ANGLES`.
    inverted : bool
        Whether valleys of the signal mark movements instead: the elbow's angle, for example, has a
        valley where the elbow is bent.

    Examples
    --------
    >>> SegmentSignal(kind="distance", joints=("left_wrist", "nose"), inverted=True).unit
    'mm'
    """

    kind: SignalKind
    joints: tuple[str, ...] = ()
    axis: SignalAxis | None = None
    angle: Text | None = None
    inverted: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        wanted = _JOINTS[self.kind]
        if len(self.joints) != wanted:
            raise ValueError(f"{self.kind} needs {wanted} joints, not {len(self.joints)}")
        if len(set(self.joints)) != wanted:
            raise ValueError("the joints must differ")
        if (self.axis is not None) is not (self.kind == "axis"):
            raise ValueError("an axis is needed for kind axis, and for no other")
        if (self.angle is not None) is not (self.kind == "joint_angle"):
            raise ValueError("the name of an angle is needed for kind joint_angle only")
        return self

    @model_serializer(mode="wrap")
    def _without_a_name_that_there_is_not(
        self, handler: SerializerFunctionWrapHandler
    ) -> dict[str, Any]:
        # Versions before joint_angle refuse a key that they do not know, even if it is null.
        plain: dict[str, Any] = handler(self)
        if self.angle is None:
            plain.pop("angle", None)
        return plain

    @property
    def needs_vertical(self) -> bool:
        """Whether it is measured along a direction of the body: up, forward or right."""
        return self.axis in ("up", "forward", "right")

    @property
    def needs_heading(self) -> bool:
        """Whether it is measured along where the body faces: forward or right."""
        return self.axis in ("forward", "right")

    @property
    def description(self) -> str:
        """What is followed, in words: ``distance of left_wrist, nose``."""
        if self.angle is not None:
            return f"joint angle {self.angle}"
        about = self.kind if self.axis is None else f"{self.kind} {self.axis}"
        return f"{about} of {', '.join(self.joints)}"

    @property
    def unit(self) -> str:
        """Unit of the signal: mm, mm/s or deg."""
        return _UNITS[self.kind]


class Repetition(Contract):
    """One movement, from valley to valley around a peak of the signal.

    Parameters
    ----------
    start_frame, peak_frame, end_frame : int
        Frame numbers, all inclusive.
    start_s, peak_s, end_s : float
        The same on the recording's clock, in seconds; the peak may lie between frames.
    peak : float
        Value of the signal at the peak (at the valley if the signal is inverted).
    prominence : float
        How far the signal falls from the peak, on the side where it falls less, before it rises
        higher.
    confidence : float
        How far the repetition can be trusted, 0 to 1.
    reasons : tuple of str
        Why the confidence is below 1.
    """

    start_frame: NonNegativeInt
    peak_frame: NonNegativeInt
    end_frame: NonNegativeInt
    start_s: FiniteFloat
    peak_s: FiniteFloat
    end_s: FiniteFloat
    peak: FiniteFloat
    prominence: Annotated[FiniteFloat, Field(ge=0.0)]
    confidence: Annotated[FiniteFloat, Field(ge=0.0, le=1.0)]
    reasons: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.start_frame <= self.peak_frame <= self.end_frame:
            raise ValueError("start_frame, peak_frame and end_frame must not fall")
        if not self.start_s <= self.peak_s <= self.end_s:
            raise ValueError("start_s, peak_s and end_s must not fall")
        return self


class Segmentation(Contract):
    """Repetitions that were found in a video, and everything they depend on.

    Parameters
    ----------
    kind : {"repetitions"}
        Kind of the segmentation.
    track_id : int or None
        Track id of the person; None if the detections are not tracked.
    signal : SegmentSignal
        The signal that was segmented.
    settings : mapping
        Every setting that the windows depend on.
    windows : tuple of Repetition
        In the order of their peaks.
    warnings : tuple of str
        What holds for all of the windows, or why there are none.
    neuropose_version : str
        Version of NeuroPose that made it.
    """

    segmentation_version: Literal[1] = 1
    kind: Literal["repetitions"] = "repetitions"
    track_id: NonNegativeInt | None
    signal: SegmentSignal
    settings: Mapping[str, Any]
    windows: tuple[Repetition, ...]
    warnings: tuple[str, ...] = ()
    neuropose_version: str

    @model_validator(mode="after")
    def _check(self) -> Self:
        peaks = [window.peak_frame for window in self.windows]
        if any(later < earlier for earlier, later in pairwise(peaks)):
            raise ValueError("windows must be in the order of their peaks")
        return self


def typed_segmentations(segmentations: Any) -> Any:
    """Convert every entry that is a `Segmentation`; leave all others as they are.

    Parameters
    ----------
    segmentations : mapping
        By name, a `Segmentation` or anything JSON can hold. Only an object with
        ``segmentation_version`` is a segmentation and is checked.

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        In one line: where it is wrong, and what was expected.

    Examples
    --------
    >>> typed_segmentations({"gait": {"parts": [[0, 3]]}})
    {'gait': {'parts': [[0, 3]]}}
    """
    if not isinstance(segmentations, Mapping):
        return segmentations
    return {name: _typed(name, entry) for name, entry in segmentations.items()}


def _typed(name: str, entry: Any) -> Any:
    if not isinstance(entry, Mapping) or _VERSION_KEY not in entry:
        return entry
    try:
        # By way of JSON, so that a list is accepted as a tuple and nothing else is converted.
        return Segmentation.model_validate_json(to_json(dict(entry)), strict=True)
    except (ValidationError, PydanticSerializationError) as error:
        raise ValueError(explain(name, error).message) from error
