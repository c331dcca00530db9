"""The signal of a prepared recording in which repetitions are looked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer import signals
from neuropose.analyzer.tasks.scene import Scene
from neuropose.io import SegmentSignal

Array = NDArray[np.float64]

_CAMERA_AXES = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}


def followed(scene: Scene, signal: SegmentSignal) -> Array:
    """Compute the signal.

    Parameters
    ----------
    scene : Scene
    signal : SegmentSignal
        ``forward`` and ``right`` are seen from the pelvis.

    Returns
    -------
    ndarray, shape (T',)
        In the signal's unit; NaN: missing. An inverted one has the other sign.

    Raises
    ------
    MissingJointsError
        If the source does not give a joint.
    """
    first, *others = scene.sequence.require(*signal.joints)
    if signal.kind == "distance":
        values = signals.distance(first, *others)
    elif signal.kind == "speed":
        values = signals.speed(first, scene.rate_hz)
    elif signal.kind == "angle":
        values = signals.angle(first, *others)
    elif signal.axis == "up":
        values = signals.coordinate(first, scene.upright.up)
    elif signal.axis in ("forward", "right"):
        axis = scene.ahead.forward if signal.axis == "forward" else scene.ahead.right
        values = signals.coordinate(first, axis, scene.sequence.joint("pelvis"))
    else:
        values = signals.coordinate(first, _CAMERA_AXES[signal.axis or "x"])
    return -values if signal.inverted else values
