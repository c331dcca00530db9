"""A vertical stated by a file or by the caller, and whether the body contradicts it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.data import Source
from neuropose.errors import VerticalError
from neuropose.geometry import angle_deg, direction_name
from neuropose.sequence.body_axis import BodyAxis, body_axis
from neuropose.sequence.data import ReferenceFrame, SequenceData
from neuropose.sequence.room_axis import upright_axis

Array = NDArray[np.float64]

INCLINED_DEG = 45.0
"""A body whose average direction is further than this from a stated vertical gets a warning."""
CONTRADICTED_DEG = 60.0
"""A stated vertical further than this from the body is not followed until it is confirmed.

People who walk, stand or sit keep within 30° of the vertical on the whole (`body_axis`), so a
vertical that is 90° or 180° wrong is always detected. A person who lies or crawls exceeds the
limit as well; the vertical must then be confirmed. A file by which the body hangs upside down was
overruled before (`neuropose.sequence.room_axis`).
"""


@dataclass(frozen=True, eq=False)
class StatedVertical:
    """A stated vertical, compared with the body.

    Parameters
    ----------
    up : ndarray, shape (3,)
        As stated; unit vector in the axes of the sequence.
    apart_deg : float
        Angle from it to the body, on the whole; 0 if the source does not show the body.
    refusal : str or None
        Why it is not followed. None: it is followed.
    remedy : str or None
        What the caller can do about it.
    warnings : tuple of str
        What speaks against it, though it is followed.
    """

    up: Array
    apart_deg: float
    refusal: str | None = None
    remedy: str | None = None
    warnings: tuple[str, ...] = ()

    def followed(self) -> Array:
        """Return the vertical, unless the body contradicts it.

        Returns
        -------
        ndarray, shape (3,)

        Raises
        ------
        VerticalError
            If the body contradicts it and nobody has confirmed it.
        """
        if self.refusal is not None:
            raise VerticalError(self.refusal, hint=self.remedy)
        return self.up


def stated_vertical(sequence: SequenceData) -> StatedVertical | None:
    """Compare the vertical that a sequence states with the body.

    Parameters
    ----------
    sequence : PoseSequence
        Joint positions over time.

    Returns
    -------
    StatedVertical or None
        None if the sequence states no vertical.

    Examples
    --------
    >>> from neuropose.analyzer import PoseSequence
    >>> standing = [[[0, 0, 900], [0, 0, 1400]]]
    >>> sequence = PoseSequence.from_arrays([0.0], standing, ["pelvis", "neck"], up="-z")
    >>> stated_vertical(sequence).refusal
    'the given vertical is -z, but the trunk points 180° away from it: by the body, up is z'
    """
    if sequence.up is None:
        return None
    body = body_axis(sequence)
    if body is None:
        return StatedVertical(sequence.up, 0.0)
    apart_deg = _apart_deg(sequence.up, body)
    if apart_deg <= INCLINED_DEG:
        return StatedVertical(sequence.up, apart_deg)
    is_assumed = sequence.up_source is Source.ASSUMED
    estimated = is_assumed and sequence.up_error_deg is not None  # with the body: no contradiction
    if apart_deg <= CONTRADICTED_DEG or sequence.up_confirmed or estimated:
        confirmed = ", which was confirmed" if sequence.up_confirmed else ""
        kind = "estimated" if estimated else "stated"
        warning = f"the body is inclined to the {kind} vertical by {apart_deg:.0f}°{confirmed}"
        return StatedVertical(sequence.up, apart_deg, warnings=(warning,))
    what = " and ".join(body.parts)
    points = "points" if len(body.parts) == 1 and what != "legs" else "point"
    upright = _upright_name(sequence, body)
    return StatedVertical(
        sequence.up,
        apart_deg,
        refusal=(
            f"{_statement(sequence)}, but the {what} {points} {apart_deg:.0f}° away from it: "
            f"by the body, up is {upright}"
        ),
        remedy=(
            f"if that is right, set up to {upright} (--up {upright}); if the stated vertical is "
            "right, confirm it (--confirm-up)"
        ),
    )


def _apart_deg(up: Array, body: BodyAxis) -> float:
    """Angle from the vertical to the body; an upright trunk is enough, as in kneeling."""
    if body.trunk is not None:
        trunk_deg = float(angle_deg(up, body.trunk))
        if trunk_deg <= INCLINED_DEG:
            return trunk_deg
    return float(angle_deg(up, body.direction))


def vertical_doubts(sequence: SequenceData) -> tuple[str, ...]:
    """Return why the stated vertical of a sequence is in doubt, for the top of a report.

    Parameters
    ----------
    sequence : PoseSequence
        Joint positions over time.

    Returns
    -------
    tuple of str
        Empty if it is not in doubt.
    """
    stated = stated_vertical(sequence)
    if stated is None or stated.refusal is None:
        return ()
    return (f"{stated.refusal}. Whatever depends on the vertical is refused: {stated.remedy}",)


def _statement(sequence: SequenceData) -> str:
    assert sequence.up is not None  # the caller has checked
    name = direction_name(sequence.up)
    if sequence.up_source is Source.FILE:
        return f"{sequence.source} says that up is {name}"
    if sequence.up_source is Source.ASSUMED:
        return f"{sequence.source} does not say which way is up, and {name} was assumed"
    return f"the given vertical is {name}"


def _upright_name(sequence: SequenceData, body: BodyAxis) -> str:
    """Name the vertical that the body suggests, in the form that ``--up`` accepts."""
    axis = upright_axis(sequence) if sequence.frame is ReferenceFrame.LAB else None
    if axis is not None:
        return direction_name(axis)
    # The shanks of somebody who walks lean forward by some 15° on the whole, the trunk hardly.
    leads = body.trunk is not None and angle_deg(body.trunk, body.direction) <= INCLINED_DEG
    return direction_name(body.trunk if leads and body.trunk is not None else body.direction)
