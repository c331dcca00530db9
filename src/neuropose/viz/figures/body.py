"""Stick figures in space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neuropose.errors import SequenceError
from neuropose.sequence.data import ReferenceFrame
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.viz.bones import body_bones
from neuropose.viz.figures.axes import given_or_new, side_color

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_body(sequence: PoseSequence, times_s: Sequence[float], axes: Axes | None = None) -> Axes:
    """Draw the body at some times as stick figures in space, the earlier ones paler.

    Parameters
    ----------
    sequence : PoseSequence
        The movement.
    times_s : sequence of float
        Times, seconds; the frames nearest to them are drawn.
    axes : matplotlib.axes.Axes, optional
        With the projection ``3d``. Default: of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        In mm, with the vertical upwards if the sequence states one.

    Raises
    ------
    SequenceError
        If no time is given, or one at which nothing was recorded.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> axes = plot_body(walker_sequence(simulate_walk()), [1.0, 1.5])
    >>> axes.name
    '3d'
    """
    if not len(times_s):
        raise SequenceError("no time to draw the body at", hint="give times in seconds")
    _require_recorded(sequence, times_s)
    axes = given_or_new(axes, projection="3d")
    space: Any = axes  # `Axes3D` has no types
    turned_mm = sequence.positions_mm @ _upright(sequence).T
    bones = body_bones(sequence)
    drawn = []
    for number, time_s in enumerate(times_s, start=1):
        row = int(np.argmin(np.abs(sequence.time_s - time_s)))
        points = turned_mm[row]
        for first, last, side in bones:
            ends = points[[first, last]]
            if np.isfinite(ends).all():
                space.plot(*ends.T, color=side_color(side), alpha=number / len(times_s))
                drawn.append(ends)
    if drawn:
        _equal(space, np.concatenate(drawn))
    space.set_xlabel("mm")
    return axes


def _require_recorded(sequence: PoseSequence, times_s: Sequence[float]) -> None:
    """Refuse a time outside the recording by more than a frame: its nearest frame is another's."""
    first_s, last_s = float(sequence.time_s[0]), float(sequence.time_s[-1])
    frame_s = sequence.duration_s / max(len(sequence) - 1, 1)
    for time_s in times_s:
        if not first_s - frame_s <= time_s <= last_s + frame_s:
            raise SequenceError(
                f"there is no frame at {time_s:g} s",
                hint=f"the recording goes from {first_s:g} to {last_s:g} s",
            )


def _upright(sequence: PoseSequence) -> NDArray[np.float64]:
    """Return the rotation that turns up to the third axis."""
    in_picture = sequence.frame is ReferenceFrame.CAMERA
    usual = [0.0, -1.0, 0.0] if in_picture else [0.0, 0.0, 1.0]
    up = np.asarray(usual if sequence.up is None else sequence.up)
    across = np.array([1.0, 0.0, 0.0])
    if abs(across @ up) > 0.9:
        across = np.array([0.0, 1.0, 0.0])
    across = across - (across @ up) * up
    across /= np.linalg.norm(across)
    return np.stack([across, np.cross(up, across), up])


def _equal(space: Any, points: NDArray[np.float64]) -> None:
    """Give all axes the same scale, which matplotlib does not do by itself."""
    low, high = points.min(axis=0), points.max(axis=0)
    extent = np.maximum(high - low, 0.2 * (high - low).max())
    middle = (low + high) / 2
    for name, centre, size in zip("xyz", middle, extent, strict=True):
        getattr(space, f"set_{name}lim")(centre - size / 2, centre + size / 2)
    space.set_box_aspect(tuple(extent))
