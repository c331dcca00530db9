"""Segmentations of a video: the movements it is cut into, by which signal, and how."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import Field, FiniteFloat, ValidationError, model_validator
from pydantic_core import PydanticSerializationError, to_json

from neuropose.data.format_errors import explain
from neuropose.data.metadata import Contract, NonNegativeInt

SignalKind = Literal["axis", "distance", "speed", "angle"]
SignalAxis = Literal["up", "forward", "right", "x", "y", "z"]

_VERSION_KEY = "segmentation_version"
_JOINTS: dict[str, int] = {"axis": 1, "distance": 2, "speed": 1, "angle": 3}
_UNITS: dict[str, str] = {"axis": "mm", "distance": "mm", "speed": "mm/s", "angle": "deg"}


class SegmentSignal(Contract):
    """The signal whose peaks mark movements.

    Parameters
    ----------
    kind : {"axis", "distance", "speed", "angle"}
        Coordinate of a joint along an axis; distance between two joints; speed of a joint; angle at
        the second of three joints (180: straight).
    joints : tuple of str
        One, two, one or three names, respectively.
    axis : {"up", "forward", "right", "x", "y", "z"} or None
        For ``axis``: a direction of the body (``forward`` and ``right`` from the pelvis), or of
        the camera (x right, y down, z forward).
    inverted : bool
        Whether valleys of the signal mark movements instead: the elbow's angle, for example, has a
        valley where the elbow is bent.

    Examples
    --------
    >>> SegmentSignal(kind="distance", joints=("left_wrist", "nose"), inverted=True).unit
    'mm'
    """

    kind: SignalKind
    joints: tuple[str, ...]
    axis: SignalAxis | None = None
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
        return self

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
