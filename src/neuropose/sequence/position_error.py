"""How far the positions of a source are from the truth, along and across the line of sight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuropose.data.marker_recording import Pictures

Array = NDArray[np.float64]

HIDDEN_BELOW = 0.2, 0.5
"""Confidences between which a point goes over from hidden to visible.

In a rendered walk and a real trial, four cameras each, wrists are 57 to 179 mm off in the picture
below 0.2, 16 to 41 above 0.6.
"""


@dataclass(frozen=True, slots=True)
class PositionError:
    """Standard deviation of a joint's position, mm, before any filter.

    The line of sight runs from the origin of the axes, where the camera is, to the joint.

    Parameters
    ----------
    along_mm, across_mm : float
        Standard deviation of a visible joint along the line of sight, and in each direction across
        it, mm.
    hidden_along_mm, hidden_across_mm : float
        The same for a hidden joint. A joint of confidence c has ``c`` of the variance of a visible
        one and ``1 − c`` of that of a hidden one.

    Examples
    --------
    >>> ONE_CAMERA.standard_deviation_mm(np.array([1.0, 0.0]))[:, 2]
    array([ 50., 100.])
    """

    along_mm: float
    across_mm: float
    hidden_along_mm: float
    hidden_across_mm: float

    @classmethod
    def isotropic(cls, error_mm: float) -> PositionError:
        """Return an error that is the same in every direction, and for hidden joints.

        Parameters
        ----------
        error_mm : float
            Standard deviation along each axis, mm.

        Returns
        -------
        PositionError
        """
        return cls(error_mm, error_mm, error_mm, error_mm)

    @property
    def one_camera(self) -> bool:
        """Whether depth is known much worse than the rest, as from one camera."""
        return self.along_mm > 2.0 * self.across_mm

    @property
    def from_pictures(self) -> bool:
        """Whether joints are known no better than a pose model sees them."""
        return self.across_mm > 2.0 * MARKERS.across_mm

    @property
    def pictures(self) -> Pictures | None:
        """What the joints were estimated from; None if they were measured, or are exact."""
        if self.one_camera:
            return Pictures.ONE_CAMERA
        return Pictures.SEVERAL_CAMERAS if self.from_pictures else None

    def of_unknown_confidence(self) -> PositionError:
        """Return the error of joints of which it is not known whether they were visible.

        Returns
        -------
        PositionError
            As of joints of which half were: more than that of the visible ones.

        Examples
        --------
        >>> round(ONE_CAMERA.of_unknown_confidence().along_mm)
        79
        """
        across_mm, _, along_mm = map(float, self.standard_deviation_mm(np.array(0.5)))
        return replace(self, along_mm=along_mm, across_mm=across_mm)

    def standard_deviation_mm(self, confidence: Array) -> Array:
        """Return the standard deviations of joints.

        Parameters
        ----------
        confidence : ndarray, shape (…)
            0 to 1. NaN: not known, taken as visible.

        Returns
        -------
        ndarray, shape (…, 3)
            mm, in the columns of `sight_axes`: twice across, then along.
        """
        visible = np.nan_to_num(confidence, nan=1.0)[..., None]
        seen = np.array([self.across_mm, self.across_mm, self.along_mm])
        hidden = np.array([self.hidden_across_mm, self.hidden_across_mm, self.hidden_along_mm])
        return np.asarray(np.sqrt(visible * seen**2 + (1.0 - visible) * hidden**2))


ONE_CAMERA = PositionError(
    along_mm=50.0, across_mm=15.0, hidden_along_mm=100.0, hidden_across_mm=40.0
)
"""A pose model that sees one camera (``docs/evidence/accuracy.md``, "Errors of one camera")."""
MARKERS = PositionError(along_mm=3.0, across_mm=3.0, hidden_along_mm=30.0, hidden_across_mm=30.0)
"""Markers in the room."""
SEVERAL_CAMERAS = PositionError.isotropic(20.0)
"""A pose model that sees several calibrated cameras (``docs/evidence/accuracy.md``)."""
OF_PICTURES: Mapping[Pictures, PositionError] = {
    Pictures.ONE_CAMERA: ONE_CAMERA.of_unknown_confidence(),
    Pictures.SEVERAL_CAMERAS: SEVERAL_CAMERAS,
}
"""By what the positions of a file were estimated from, which does not say who was hidden. The line
of sight of one camera runs from the origin of the file's axes, which is below the camera."""
EXACT = PositionError.isotropic(0.0)
"""Joints that are where they are said to be."""


LEVELLED_DEG = 2.0
"""Standard error of a vertical that is stated for one camera, in each direction.

A camera that looks level, and is said to be, is a few degrees off; a spirit level is better.
"""


def drawn_up(up: Array | None, error_deg: float | None, number: int) -> Array | None:
    """Return a direction that an estimated vertical could have.

    Parameters
    ----------
    up : ndarray, shape (3,), or None
        The estimate, a unit vector.
    error_deg : float or None
        Its standard error in either direction across it. None: it is exact.
    number : int
        Which of the draws; the same number gives the same direction.

    Returns
    -------
    ndarray, shape (3,), or None

    Examples
    --------
    >>> up = np.array([0.0, 1.0, 0.0])
    >>> turned = [drawn_up(up, 3.0, number) for number in range(500)]
    >>> float(np.degrees(np.std(turned, axis=0)[0]).round(1))
    3.0
    """
    if up is None or not error_deg:
        return up
    slope = np.radians(error_deg) * np.random.default_rng(number).normal(size=2)
    turned = up + slope @ sight_axes(up)[:2]
    return np.asarray(turned / np.linalg.norm(turned))


def sight_axes(positions_mm: Array) -> Array:
    """Return two directions across the line of sight, and the line of sight itself.

    Parameters
    ----------
    positions_mm : ndarray, shape (…, 3)
        Where the camera is the origin.

    Returns
    -------
    ndarray, shape (…, 3, 3)
        Unit vectors in the rows, at right angles to each other; those of the axes themselves at
        the origin. NaN where the position is missing.

    Examples
    --------
    >>> sight_axes(np.array([0.0, 0.0, 2000.0]))[2]
    array([0., 0., 1.])
    """
    length_mm = np.linalg.norm(positions_mm, axis=-1, keepdims=True)
    at_origin = length_mm == 0.0
    along = np.where(at_origin, [0.0, 0.0, 1.0], positions_mm) / np.where(at_origin, 1.0, length_mm)
    least = np.argmin(np.abs(np.nan_to_num(along)), axis=-1)
    first = np.cross(along, np.eye(3)[least])
    first = first / np.linalg.norm(first, axis=-1, keepdims=True)
    return np.stack([first, np.cross(along, first), along], axis=-2)
