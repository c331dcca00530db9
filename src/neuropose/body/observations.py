"""What a source shows of a body: rays and depths of one camera, or points in space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuropose.data import VideoPredictions
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.sequence.position_error import PositionError
from neuropose.skeletons.canonical import means

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


KEYPOINTS = PositionError(
    along_mm=75.0, across_mm=22.0, hidden_along_mm=110.0, hidden_across_mm=50.0
)
"""How far a pose model's keypoints are from the joints, from one camera, relative to the trunk.

Measured on eight cameras and two people (``docs/evidence/accuracy.md``, "Errors of keypoints"). In
depth, an error of about the same size that stays for the whole recording comes on top
(`neuropose.body.draws.CONSTANT`).
"""


FAR, FAR_MM = 1.3, 150.0
"""A limb on the far side is partly hidden, whatever its confidence.

Knees that one camera sees from the side: near 2.0° to 5.2° off, far 4.8° to 7.9° (seven clips).
"""


@dataclass(frozen=True, eq=False)
class Observations:
    """Observations of L landmarks in T frames, in the axes of the fit.

    Parameters
    ----------
    time_s : ndarray, shape (T,)
        Seconds.
    landmarks : tuple of str
        Canonical names.
    points_mm : ndarray, shape (T, L, 3)
        The source's own positions. NaN: missing.
    across_mm, along_mm : ndarray, shape (T, L)
        Standard deviation of a position across the line of sight and along it; the same for points
        in space.
    camera : ndarray, shape (3, 3), or None
        Turns the axes of the fit into those of the camera; None: points in space.
    centre_mm : ndarray, shape (3,)
        Where the camera is, in the axes of the fit.
    rays : ndarray, shape (T, L, 2)
        Where the camera sees them, ``x / z`` and ``y / z`` in its axes.
    confidence : ndarray, shape (T, L)
        0 to 1; NaN: the source has none.
    """

    time_s: Array
    landmarks: tuple[str, ...]
    points_mm: Array
    across_mm: Array
    along_mm: Array
    camera: Array | None
    centre_mm: Array
    rays: Array
    confidence: Array

    def __len__(self) -> int:
        return len(self.time_s)

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Which landmarks are there, shape (T, L)."""
        return np.asarray(np.isfinite(self.points_mm).all(axis=2))

    def rows(self, chosen: Ints | slice) -> Observations:
        """Return some of the frames.

        Parameters
        ----------
        chosen : ndarray of int or slice
            Frames to keep, ascending.

        Returns
        -------
        Observations
        """
        return replace(
            self,
            time_s=self.time_s[chosen],
            points_mm=self.points_mm[chosen],
            across_mm=self.across_mm[chosen],
            along_mm=self.along_mm[chosen],
            rays=self.rays[chosen],
            confidence=self.confidence[chosen],
        )

    def taken(self, source: Ints) -> Observations:
        """Return the observations with those of exchanged landmarks put right.

        Parameters
        ----------
        source : ndarray of int, shape (T, L)
            For each landmark, the one whose observation is its own.

        Returns
        -------
        Observations
        """
        t = np.arange(len(self))[:, None]
        return replace(
            self,
            points_mm=self.points_mm[t, source],
            across_mm=self.across_mm[t, source],
            along_mm=self.along_mm[t, source],
            rays=self.rays[t, source],
            confidence=self.confidence[t, source],
        )

    def far_side_apart(self) -> Observations:
        """Return the observations with more doubt in limbs that are behind the other side's.

        Returns
        -------
        Observations
            A landmark that is `FAR_MM` or more farther away than its mirror image has `FAR` times
            the error across the line of sight.
        """
        depth_mm = (
            self.points_mm[..., 2] if self.camera is None else self.points_mm @ self.camera[2]
        )
        behind = (depth_mm - depth_mm[:, partners(self.landmarks)]) / FAR_MM
        factor = 1.0 + (FAR - 1.0) * np.clip(np.nan_to_num(behind), 0.0, 1.0)
        return replace(self, across_mm=self.across_mm * factor)

    def turned(self, rotation: Array) -> Observations:
        """Return the observations in other axes.

        Parameters
        ----------
        rotation : ndarray, shape (3, 3)
            Turns the old axes into the new ones.

        Returns
        -------
        Observations
        """
        return replace(
            self,
            points_mm=self.points_mm @ rotation.T,
            camera=None if self.camera is None else self.camera @ rotation.T,
            centre_mm=rotation @ self.centre_mm,
        )


def from_camera(
    predictions: VideoPredictions, sequence: PoseSequence, landmarks: Sequence[str]
) -> Observations:
    """Return what one camera shows of a person.

    Parameters
    ----------
    predictions : VideoPredictions
        Predictions with their camera.
    sequence : PoseSequence
        The person in them.
    landmarks : sequence of str
        Canonical names, each with its own points in the picture.

    Returns
    -------
    Observations
        In the axes of the camera.
    """
    assert sequence.subject is not None
    assert predictions.camera is not None
    rows = np.flatnonzero(predictions.track_ids == sequence.subject.track_id)
    at = predictions.frame_index[rows] - (sequence.first_frame or 0)
    sources = {name: tuple(sequence.made_of[name]) for name in landmarks}
    own = predictions.skeleton.joints
    points_px = means(predictions.poses2d[rows].astype(np.float64), own, sources)
    rays = np.full((len(sequence), len(landmarks), 2), np.nan)
    rays[at] = predictions.camera.rays(points_px)
    positions_mm = np.stack([sequence.joint(name) for name in landmarks], axis=1)
    positions_mm = np.where(np.isfinite(rays).all(axis=2)[..., None], positions_mm, np.nan)
    confidence = np.stack([sequence.joint_confidence(name) for name in landmarks], axis=1)
    spread_mm = KEYPOINTS.standard_deviation_mm(confidence)
    across_mm, along_mm = spread_mm[..., 0], spread_mm[..., 2]
    if predictions.uncertainty_mm is not None:
        own_mm = means(predictions.uncertainty_mm[rows].astype(np.float64), own, sources)
        stated_mm = np.full(confidence.shape, np.nan)
        stated_mm[at] = own_mm
        across_mm, along_mm = _stated(KEYPOINTS, stated_mm, across_mm, along_mm)
    return Observations(
        time_s=sequence.time_s,
        landmarks=tuple(landmarks),
        points_mm=positions_mm,
        across_mm=across_mm,
        along_mm=along_mm,
        camera=np.eye(3),
        centre_mm=np.zeros(3),
        rays=rays,
        confidence=confidence,
    )


def _stated(
    usual: PositionError, stated_mm: Array, across_mm: Array, along_mm: Array
) -> tuple[Array, Array]:
    """Split the total deviation that a model states, in the usual proportion of the directions."""
    total = np.sqrt(2.0 * usual.across_mm**2 + usual.along_mm**2)
    known = np.isfinite(stated_mm) & (stated_mm > 0.0)
    return (
        np.where(known, np.maximum(stated_mm * usual.across_mm / total, 5.0), across_mm),
        np.where(known, np.maximum(stated_mm * usual.along_mm / total, 15.0), along_mm),
    )


def from_space(sequence: PoseSequence, landmarks: Sequence[str]) -> Observations:
    """Return points in space, such as markers.

    Parameters
    ----------
    sequence : PoseSequence
        The recording.
    landmarks : sequence of str
        Canonical names.

    Returns
    -------
    Observations
        In the axes of the sequence.
    """
    positions_mm = np.stack([sequence.joint(name) for name in landmarks], axis=1)
    confidence = np.stack([sequence.joint_confidence(name) for name in landmarks], axis=1)
    spread_mm = sequence.position_error.standard_deviation_mm(confidence)
    return Observations(
        time_s=sequence.time_s,
        landmarks=tuple(landmarks),
        points_mm=positions_mm,
        across_mm=spread_mm[..., 0],
        along_mm=spread_mm[..., 0],
        camera=None,
        centre_mm=np.zeros(3),
        rays=np.full((*positions_mm.shape[:2], 2), np.nan),
        confidence=confidence,
    )


def partners(landmarks: Sequence[str]) -> Ints:
    """Return the index of each landmark's mirror image; its own where there is none.

    Parameters
    ----------
    landmarks : sequence of str
        Canonical names.

    Returns
    -------
    ndarray of int, shape (L,)
    """
    index = {name: row for row, name in enumerate(landmarks)}
    other = {"left": "right", "right": "left"}
    found = []
    for row, name in enumerate(landmarks):
        side, _, rest = name.partition("_")
        found.append(index.get(f"{other.get(side, side)}_{rest}", row))
    return np.array(found, np.int64)
