"""An angle over time, and how its values are to be read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose.data import Choice
from neuropose.data.arrays import read_only

Array = NDArray[np.float64]


class AngleKind(StrEnum):
    """How an angle is measured."""

    ANATOMICAL = "anatomical"
    """A rotation between anatomical frames (flexion–adduction–rotation, Z-X-Y)."""
    INCLUSIVE = "inclusive"
    """The angle between two bones in the plane that they span, from three or four points."""
    PROJECTED = "projected"
    """The angle of a bone as seen along an axis of the body or along the floor."""


@dataclass(frozen=True, eq=False)
class Angle:
    """One angle over time, T frames.

    Parameters
    ----------
    name : str
        Name of the angle; the direction in the name is the positive one.
    values_deg : ndarray of float64, shape (T,)
        Degrees. NaN: a joint is missing, or the geometry does not determine the angle.
    kind : AngleKind
        How it is measured: anatomical, inclusive or projected.
    method : str
        Joints or segments that it was measured from.
    confidence : float
        0 to 1: ``1 / (1 + (error_deg / 5)²)``, times the confidence of the heading where the angle
        is measured from it, the share of frames in which the sense of a knee's bend is certain, and
        that of frames in which the angle is one that a body can have.
    warnings : tuple of str
        Reasons to doubt it.
    error_deg : float
        Standard error of one frame's value, root mean square over the recording, degrees
        (`neuropose.analyzer.kinematics.angles.errors`). NaN: not known.
    errors_deg : ndarray of float64, shape (T,), or None
        Standard error of each frame's value, degrees. NaN: not known. None: only `error_deg` is.
    reason : str or None
        Why the values should not be used: this view does not show the angle, or no body has it.
        None: they can be used.
    is_hidden : bool
        Whether the recording does not show this movement at all, so that nothing measured of it can
        be used either, whatever its errors: seen end on, of the other side, or impossible.
    """

    name: str
    values_deg: Array
    kind: AngleKind
    method: str
    confidence: float = 1.0
    warnings: tuple[str, ...] = ()
    error_deg: float = float("nan")
    errors_deg: Array | None = None
    reason: str | None = None
    is_hidden: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "values_deg", read_only(self.values_deg, np.float64))
        if self.errors_deg is not None:
            object.__setattr__(self, "errors_deg", read_only(self.errors_deg, np.float64))

    @property
    def usable_deg(self) -> Array:
        """The values, or NaN in every frame if there is a `reason` not to use them."""
        return self.values_deg if self.reason is None else np.full_like(self.values_deg, np.nan)

    @property
    def measurable(self) -> bool:
        """Whether measures of the values have errors of their own, by which they are judged."""
        return self.errors_deg is not None and not self.is_hidden

    @property
    def measurable_deg(self) -> Array:
        """What measures are made of: all values if these have errors of their own, else the usable.

        A range may be known where the angle itself is not: what all frames have in common is not in
        its error.
        """
        return self.values_deg if self.measurable else self.usable_deg

    def error_of(self, measure: str) -> float | None:
        """Return the standard error of a measure that is read off the values.

        Parameters
        ----------
        measure : str
            ``range`` is a difference between two frames; anything else is one frame's value.

        Returns
        -------
        float or None
            Degrees. None: the recording has draws of its error, and measures theirs by them.
        """
        if self.errors_deg is not None:
            return None
        return float(np.sqrt(2.0)) * self.error_deg if measure == "range" else self.error_deg

    def as_choice(self) -> Choice:
        """Return how the angle was measured, in the form of a report.

        Returns
        -------
        Choice
        """
        error = f"; standard error {self.error_deg:.1f}°" if np.isfinite(self.error_deg) else ""
        return Choice(
            method=f"{self.kind.value}: {self.method}{error}",
            confidence=self.confidence if np.isfinite(self.confidence) else None,
            warnings=self.warnings,
        )

    @property
    def known_share(self) -> float:
        """Share of the frames in which the angle is known."""
        return float(np.isfinite(self.values_deg).mean())


@dataclass(frozen=True, eq=False)
class JointAngles(Mapping[str, Angle]):
    """Angles by name, over the same T frames.

    Parameters
    ----------
    time_s : ndarray of float64, shape (T,)
        Seconds.
    angles : mapping of str to Angle
        The angles by name.
    refused : mapping of str to str
        Angles that cannot be measured, and why.

    Examples
    --------
    >>> from neuropose.analyzer import joint_angles
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> angles = joint_angles(walker_sequence(simulate_walk()))
    >>> knee = angles["left_knee_flexion"]
    >>> round(float(knee.values_deg.max()), 1), knee.kind.value
    (58.6, 'inclusive')
    >>> angles.refused["pelvis_tilt"]
    'the synthetic walker has no left_asis, right_asis, left_psis, right_psis'
    """

    time_s: Array
    angles: Mapping[str, Angle]
    refused: Mapping[str, str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "angles", MappingProxyType(dict(self.angles)))
        object.__setattr__(self, "refused", MappingProxyType(dict(self.refused)))

    def __reduce__(self) -> tuple[Any, ...]:  # a read-only mapping cannot be pickled
        return JointAngles, (self.time_s, dict(self.angles), dict(self.refused))

    def __repr__(self) -> str:
        return (
            f"<JointAngles: {len(self)} angles in {len(self.time_s)} frames, "
            f"{len(self.refused)} refused>"
        )

    def among(self, names: Collection[str]) -> JointAngles:
        """Keep some of the angles, with the reasons why others of them were refused.

        Parameters
        ----------
        names : collection of str
            Names of the angles to keep.

        Returns
        -------
        JointAngles
        """
        return JointAngles(
            self.time_s,
            {name: self.angles[name] for name in names if name in self.angles},
            {name: self.refused[name] for name in names if name in self.refused},
        )

    def __getitem__(self, name: str) -> Angle:
        if name in self.refused:
            raise KeyError(f"{name} was refused: {self.refused[name]}")
        return self.angles[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.angles)

    def __len__(self) -> int:
        return len(self.angles)
