"""What a sequence of poses holds: frozen arrays, checked once, and joints by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuropose.data import Assumption, Source, Subject
from neuropose.data.arrays import read_only
from neuropose.data.corrections import Correction
from neuropose.errors import MissingJointsError, SequenceError
from neuropose.geometry import direction
from neuropose.sequence.position_error import (
    EXACT,
    MARKERS,
    ONE_CAMERA,
    PositionError,
    drawn_up,
)
from neuropose.skeletons import counted_once

Array = NDArray[np.float64]

UNEVEN = 0.1
"""A frame this far from its place on an even clock, in frame intervals, makes the rate uneven."""


class ReferenceFrame(StrEnum):
    """What the axes of a sequence are fixed to."""

    CAMERA = "camera"
    """x right, y down, z forward; the camera may be tilted, so down is not y."""
    LAB = "lab"
    """A right-handed frame fixed to the room; `PoseSequence.up` says where up is, if known."""


@dataclass(frozen=True, slots=True)
class SequenceGap:
    """A run of frames in which the whole subject is missing.

    Parameters
    ----------
    first, last : int
        Rows of the sequence, both inclusive.
    reason : str
        Why.
    """

    first: int
    last: int
    reason: str


@dataclass(frozen=True, eq=False)
class SequenceData:
    """Fields of `neuropose.sequence.pose_sequence.PoseSequence`, and access to them."""

    time_s: Array
    positions_mm: Array
    joints: tuple[str, ...]
    frame: ReferenceFrame = ReferenceFrame.LAB
    up: Array | None = None
    confidence: Array | None = None
    source: str = "arrays"
    aliases: Mapping[str, str] = field(default_factory=dict)
    first_frame: int | None = 0
    gaps: tuple[SequenceGap, ...] = ()
    subject: Subject | None = None
    warnings: tuple[str, ...] = ()
    position_error: PositionError = None  # type: ignore[assignment] # set below, from the frame
    assumptions: Mapping[str, Assumption] = field(default_factory=dict)
    made_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    up_source: Source = Source.GIVEN
    up_confirmed: bool = False
    remedy: str = "use a model or marker set with these joints"
    up_error_deg: float | None = None
    draws_mm: NDArray[np.float32] | None = None
    corrections: tuple[Correction, ...] = ()

    def __post_init__(self) -> None:
        try:
            values: dict[str, Any] = {
                "time_s": read_only(self.time_s, np.float64),
                "positions_mm": read_only(self.positions_mm, np.float64),
                "confidence": (
                    None if self.confidence is None else read_only(self.confidence, np.float64)
                ),
                "up": None if self.up is None else read_only(_up(self.up), np.float64),
                "draws_mm": (
                    None if self.draws_mm is None else read_only(self.draws_mm, np.float32)
                ),
                "frame": ReferenceFrame(self.frame),
                "up_source": Source(self.up_source),
                "aliases": MappingProxyType(dict(self.aliases)),
                "assumptions": MappingProxyType(dict(self.assumptions)),
                "made_of": MappingProxyType(dict(self.made_of)),
            }
        except ValueError as error:
            raise SequenceError(f"not poses: {error}") from error
        for name, value in values.items():
            object.__setattr__(self, name, value)
        if self.position_error is None:
            usual = ONE_CAMERA if self.frame is ReferenceFrame.CAMERA else MARKERS
            object.__setattr__(self, "position_error", usual)
        _check(self)

    def __reduce__(self) -> tuple[Any, ...]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        plain = {name: dict(values[name]) for name in ("aliases", "assumptions", "made_of")}
        return partial(type(self), **values | plain), ()

    def __len__(self) -> int:
        return len(self.time_s)

    @property
    def duration_s(self) -> float:
        """Time from the first frame to the last."""
        return float(self.time_s[-1] - self.time_s[0])

    @property
    def sampling_rate_hz(self) -> float:
        """Mean frame rate; NaN for fewer than two frames."""
        return (len(self) - 1) / self.duration_s if len(self) > 1 else float("nan")

    @property
    def draw_count(self) -> int:
        """Number of draws of the error."""
        return 0 if self.draws_mm is None else len(self.draws_mm)

    @cached_property
    def is_uniform(self) -> bool:
        """Whether every frame lies within `UNEVEN` of an interval of its place on an even clock."""
        if len(self) < 3:
            return True
        even_s = np.linspace(self.time_s[0], self.time_s[-1], len(self))
        return bool(np.abs(self.time_s - even_s).max() <= UNEVEN / self.sampling_rate_hz)

    @cached_property
    def _columns(self) -> dict[str, int]:
        columns = {name: index for index, name in enumerate(self.joints)}
        return {other: columns[name] for other, name in self.aliases.items()} | columns

    def has(self, *names: str) -> bool:
        """Whether the source has all these joints.

        Parameters
        ----------
        *names : str
            Canonical names, or the source's own.

        Returns
        -------
        bool
            True even if a joint is missing in every frame.
        """
        return all(name in self._columns for name in names)

    def require(self, *names: str) -> tuple[Array, ...]:
        """Return the positions of several joints, or raise an error that names all missing ones.

        Parameters
        ----------
        *names : str
            Canonical names, or the source's own.

        Returns
        -------
        tuple of ndarray, shape (T, 3)
            mm, in the order of `names`; read-only views.

        Raises
        ------
        MissingJointsError
            If the source lacks one of them; the error names all that it lacks.

        Examples
        --------
        >>> from neuropose.analyzer import PoseSequence
        >>> sequence = PoseSequence.from_arrays([0.0], [[[0, 0, 0]]], ["pelvis"], source="a toy")
        >>> sequence.require("pelvis", "left_heel")
        Traceback (most recent call last):
        neuropose.errors.MissingJointsError: a toy has no left_heel
        """
        missing = [name for name in names if name not in self._columns]
        if missing:
            raise MissingJointsError(
                f"{self.source} has no {', '.join(missing)}",
                hint=self.remedy.replace("JOINT", missing[0]),
                source=self.source,
                missing=tuple(missing),
            )
        return tuple(self.positions_mm[:, self._columns[name]] for name in names)

    def counted_once(self, *names: str) -> tuple[str, ...]:
        """Leave out joints derived from others that are present, as the pelvis is from the hips.

        Parameters
        ----------
        *names : str
            Canonical names, or the source's own; default: all columns.

        Returns
        -------
        tuple of str
            In the same order; of all columns, those of the source's own joints, each once.

        Raises
        ------
        MissingJointsError
            If the source lacks one of them.

        Examples
        --------
        >>> from neuropose.analyzer import PoseSequence
        >>> from neuropose.testing import synthetic_predictions
        >>> sequence = PoseSequence.from_predictions(synthetic_predictions())
        >>> len(sequence.joints), len(sequence.counted_once())
        (38, 33)
        """
        names = names or self.joints
        self.require(*names)
        columns = {name: self.joints[self._columns[name]] for name in names}
        made_of = {name: self.made_of.get(column, (column,)) for name, column in columns.items()}
        return counted_once(names, made_of)

    def joint(self, name: str) -> Array:
        """Return the positions of one joint.

        Parameters
        ----------
        name : str
            Canonical names, or the source's own.

        Returns
        -------
        ndarray, shape (T, 3)
            mm; a read-only view. NaN: missing.

        Raises
        ------
        MissingJointsError
            If the source lacks it.
        """
        return self.require(name)[0]

    def joint_confidence(self, name: str) -> Array:
        """Return the confidence of one joint.

        Parameters
        ----------
        name : str
            Canonical names, or the source's own.

        Returns
        -------
        ndarray, shape (T,)
            0 to 1; NaN where not known, everywhere if the source has none.

        Raises
        ------
        MissingJointsError
            If the source lacks the joint.
        """
        self.require(name)
        if self.confidence is None:
            return np.full(len(self), np.nan)
        return self.confidence[:, self._columns[name]]

    def drawn(self, number: int) -> Self:
        """Return a movement that the recording allows: the positions and one draw of their error.

        Parameters
        ----------
        number : int
            Which of the draws, from 0.

        Returns
        -------
        PoseSequence
            Without draws, and as if it were exact. An estimated `up` is turned by a draw of its own
            error.

        Raises
        ------
        SequenceError
            If the sequence has no such draw.
        """
        if self.draws_mm is None or not 0 <= number < len(self.draws_mm):
            raise SequenceError(f"the sequence has no draw {number} of its error")
        return replace(
            self,
            positions_mm=self.positions_mm + self.draws_mm[number],
            draws_mm=None,
            position_error=EXACT,
            up=drawn_up(self.up, self.up_error_deg, number),
            up_error_deg=None if self.up_error_deg is None else 0.0,
        )


def _up(vector: ArrayLike) -> Array:
    try:
        return direction(vector)
    except ValueError as error:
        raise ValueError(f"up: {error}") from None


def _check(sequence: SequenceData) -> None:
    frames, joints = len(sequence.time_s), len(sequence.joints)
    shapes = {
        "time_s": (sequence.time_s, (frames,)),
        "positions_mm": (sequence.positions_mm, (frames, joints, 3)),
        "confidence": (sequence.confidence, (frames, joints)),
    }
    if not frames:
        raise SequenceError("there are no frames")
    for name, (array, shape) in shapes.items():
        if array is not None and array.shape != shape:
            raise SequenceError(f"{name} has shape {array.shape}, not {shape}")
    draws_mm = sequence.draws_mm
    if draws_mm is not None and draws_mm.shape[1:] != (frames, joints, 3):
        raise SequenceError(f"draws_mm has shape {draws_mm.shape}, not (K, {frames}, {joints}, 3)")
    if len(set(sequence.joints)) != joints:
        raise SequenceError("joint names must be unique")
    unknown = [name for name in sequence.aliases.values() if name not in sequence.joints]
    if unknown:
        raise SequenceError(f"an alias stands for {unknown[0]}, which is not a joint")
    if not (np.isfinite(sequence.time_s).all() and (np.diff(sequence.time_s) > 0.0).all()):
        raise SequenceError("times must be finite and strictly ascending")
    if np.isinf(sequence.positions_mm).any() or (draws_mm is not None and np.isinf(draws_mm).any()):
        raise SequenceError("positions must be finite, or NaN where missing")
    confidence = sequence.confidence
    if confidence is not None and ((confidence < 0.0) | (confidence > 1.0)).any():
        raise SequenceError("confidence must lie between 0 and 1, or be NaN")
