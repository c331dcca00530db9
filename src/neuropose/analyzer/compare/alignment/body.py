"""A movement in the axes of the moving body, without its place, heading and size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.orientation import Heading, Vertical, heading, vertical
from neuropose.data import Source
from neuropose.data.arrays import read_only
from neuropose.errors import AlignmentError
from neuropose.geometry import unit
from neuropose.sequence.data import ReferenceFrame
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.skeletons.sides import SIDES

Array = NDArray[np.float64]

SIZED_MM = 1000.0
"""Length of the reference body length after scaling."""
_TURNING = 0.7  # length of the mean heading below which there is no heading on the whole


@dataclass(frozen=True, eq=False)
class BodyFrame:
    """A movement in the axes of its own body, and how it was transformed.

    Parameters
    ----------
    sequence : PoseSequence
        X forward, Y up, Z to the subject's right; the root is at 0 in every frame.
    origin_mm : ndarray, shape (T, 3)
        The root in the axes of the recording.
    axes : ndarray, shape (T, 3, 3)
        Columns are X, Y and Z in the axes of the recording.
    size_mm : float or None
        The body length that was scaled to `SIZED_MM`. None: sizes are unchanged.
    size_of : str or None
        Name of that length.
    upright : Vertical
        Vertical that was used.
    facing : Heading
        Heading that was used.
    """

    sequence: PoseSequence
    origin_mm: Array
    axes: Array
    size_mm: float | None
    size_of: str | None
    upright: Vertical
    facing: Heading


def in_body_frame(
    sequence: PoseSequence,
    *,
    root: str = "pelvis",
    follow: bool = True,
    size: Literal["leg", "trunk"] | float | None = None,
    upright: Vertical | None = None,
    facing: Heading | None = None,
) -> BodyFrame:
    """Remove the place, the heading and, if requested, the size of the body.

    Parameters
    ----------
    sequence : PoseSequence
        Evenly sampled; with hips or shoulders (`neuropose.analyzer.heading`).
    root : str
        Joint that becomes the origin, in every frame.
    follow : bool
        Whether the axes turn with the heading, frame by frame. False: one heading for the whole
        movement.
    size : {"leg", "trunk"} or float, optional
        Body length that becomes `SIZED_MM`: thigh and shank (median over time, mean of both
        sides), pelvis to neck (median), or a measured length in mm. Default: sizes are unchanged.
    upright : Vertical, optional
        Default: estimated by `neuropose.analyzer.vertical`.
    facing : Heading, optional
        Default: estimated by `neuropose.analyzer.heading`.

    Returns
    -------
    BodyFrame
        Frames without root or heading are missing. The warnings of the sequence include those of
        the vertical and the heading.

    Raises
    ------
    MissingJointsError
        If the source lacks the root, what the heading needs, or the joints of the body length.
    AlignmentError
        If a single heading is requested but the subject turns, or the body length is not known.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> body = in_body_frame(walker_sequence(simulate_walk()), size="leg")
    >>> bool(np.abs(body.sequence.joint("pelvis")).max() < 1e-9), body.size_of
    (True, 'leg')
    """
    upright = vertical(sequence) if upright is None else upright
    facing = heading(sequence, upright) if facing is None else facing
    forward = facing.forward if follow else np.broadcast_to(_one(facing), facing.forward.shape)
    up = np.broadcast_to(upright.up, forward.shape)
    axes = np.stack([forward, up, np.cross(forward, up)], axis=-1)
    origin_mm = sequence.joint(root)
    size_mm = _size_mm(sequence, size)
    positions_mm = (sequence.positions_mm - origin_mm[:, None]) @ axes
    if size_mm is not None:
        positions_mm = positions_mm * (SIZED_MM / size_mm)
    notes = [warning for warning in facing.warnings if warning not in sequence.warnings]
    return BodyFrame(
        sequence=replace(
            sequence.with_positions(positions_mm, *notes),
            frame=ReferenceFrame.LAB,
            up=np.array([0.0, 1.0, 0.0]),
            up_source=Source.GIVEN,
        ),
        origin_mm=read_only(origin_mm, np.float64),
        axes=read_only(axes, np.float64),
        size_mm=size_mm,
        size_of=size if isinstance(size, str) else None if size is None else "given",
        upright=upright,
        facing=facing,
    )


def _one(facing: Heading) -> Array:
    """Return the average heading."""
    known = facing.forward[np.isfinite(facing.forward).all(axis=1)]
    mean = known.mean(axis=0) if len(known) else np.zeros(3)
    if np.linalg.norm(mean) < _TURNING:
        raise AlignmentError(
            "the subject turns, so there is no single heading"
            if len(known)
            else "no heading is known",
            hint="let the axes follow the heading, or cut the movement into parts",
        )
    return unit(mean, least=0.0)


def _size_mm(sequence: PoseSequence, size: str | float | None) -> float | None:
    if size is None:
        return None
    if size == "leg":
        sides = [
            _length_mm(sequence, f"{side}_hip", f"{side}_knee", f"{side}_ankle") for side in SIDES
        ]
        known = [length for length in sides if np.isfinite(length)]
        length_mm = float(np.mean(known)) if known else np.nan
    elif size == "trunk":
        length_mm = _length_mm(sequence, "pelvis", "neck")
    elif isinstance(size, str):
        raise AlignmentError(
            f"unknown body length {size!r}", hint="use leg, trunk or a length in mm"
        )
    else:
        length_mm = float(size)
    if not 0.0 < length_mm < np.inf:
        raise AlignmentError(f"the body length is not known: {size}", hint="give the length in mm")
    return length_mm


def _length_mm(sequence: PoseSequence, *names: str) -> float:
    """Length of a chain of bones: the median over the frames in which all of it is known."""
    chain = np.stack(sequence.require(*names))
    lengths = np.linalg.norm(np.diff(chain, axis=0), axis=-1).sum(axis=0)
    known = lengths[np.isfinite(lengths)]
    return float(np.median(known)) if len(known) else float("nan")
