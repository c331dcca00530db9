"""From which side one camera sees the subject."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.orientation.estimate_heading import Heading
from neuropose.data.arrays import read_only
from neuropose.errors import MissingJointsError
from neuropose.geometry import across, dot, unit
from neuropose.sequence.data import SequenceData

Array = NDArray[np.float64]

FRONTAL_DEG, LATERAL_DEG = 30.0, 60.0
"""Angles between the subject's direction and the line of sight: frontal below, lateral above."""
TRAVEL_WINDOW_S = 2.0
LEAST_TRAVEL_MM = 500.0
"""A subject who travels this far within `TRAVEL_WINDOW_S` faces the direction of travel."""


class View(StrEnum):
    """From which side one camera sees the subject."""

    LATERAL = "from the side"
    OBLIQUE = "obliquely"
    FRONTAL = "from the front or behind"


@dataclass(frozen=True, eq=False)
class Viewpoint:
    """Where the camera stands relative to the subject, T frames.

    Parameters
    ----------
    time_s : ndarray of float64, shape (T,)
        Seconds.
    angle_deg : ndarray of float64, shape (T,)
        Between the line of sight and the direction in which the subject faces or goes: 0 from the
        front or behind, 90 from the side. NaN: not known.
    """

    time_s: Array
    angle_deg: Array

    def during(self, start_s: float = -np.inf, end_s: float = np.inf) -> View | None:
        """Return the view in a stretch of time.

        Parameters
        ----------
        start_s, end_s : float
            Seconds; default: the whole recording.

        Returns
        -------
        View or None
            By the median angle. None if it is not known in any frame.
        """
        angle_deg = self.angle_deg[(self.time_s >= start_s) & (self.time_s <= end_s)]
        angle_deg = angle_deg[np.isfinite(angle_deg)]
        if not len(angle_deg):
            return None
        middle_deg = float(np.median(angle_deg))
        if middle_deg < FRONTAL_DEG:
            return View.FRONTAL
        return View.OBLIQUE if middle_deg < LATERAL_DEG else View.LATERAL


def viewpoint(sequence: SequenceData, facing: Heading) -> Viewpoint | None:
    """Find from which side one camera sees the subject.

    Parameters
    ----------
    sequence : PoseSequence
        Evenly sampled.
    facing : Heading
        Heading of the subject.

    Returns
    -------
    Viewpoint or None
        None if the positions do not come from one camera.

    Notes
    -----
    Where the subject goes is known much better than where a pose faces: it needs no depth within
    the body, and a model that mistakes the back for the front does not change it. So the direction
    of travel is used wherever the pelvis travels, the heading elsewhere.
    """
    if not sequence.position_error.one_camera:
        return None
    try:
        pelvis_mm = sequence.joint("pelvis")
    except MissingJointsError:
        return None
    frames = np.arange(len(sequence))
    rate_hz = sequence.sampling_rate_hz
    half = 1 if np.isnan(rate_hz) else max(1, round(0.5 * TRAVEL_WINDOW_S * rate_hz))
    later, earlier = np.minimum(frames + half, frames[-1]), np.maximum(frames - half, 0)
    travel_mm = across(pelvis_mm[later] - pelvis_mm[earlier], facing.up)
    goes = unit(travel_mm, least=LEAST_TRAVEL_MM)
    direction = np.where(np.isfinite(goes), goes, facing.forward)
    cosine = np.clip(np.abs(dot(direction, unit(pelvis_mm))), 0.0, 1.0)
    return Viewpoint(sequence.time_s, read_only(np.degrees(np.arccos(cosine)), np.float64))
