"""What a source shows of a body: rays and depths of one camera, or points in space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuropose.data import VideoPredictions
from neuropose.geometry import unit
from neuropose.multiview.rays import meet
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.sequence.position_error import HIDDEN_BELOW, PositionError
from neuropose.skeletons.canonical import means
from neuropose.skeletons.sides import SIDES

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


ALONG = {
    "elbow": 1.3,
    "wrist": 2.8,
    "hand": 3.0,
    "knee": 1.2,
    "ankle": 1.5,
    "heel": 1.6,
    "toe": 1.6,
}
"""How much farther off in depth than `KEYPOINTS` points are that are far from the trunk.

Relative to the trunk, scaled median deviations in a rendered walk and a real trial, four cameras
each: shoulders and hips 26 to 61 mm, elbows 60 to 140, knees 49 to 143, wrists 119 to 300, ankles
and feet 80 to 236.
"""
HIDDEN = {"elbow": 1.6, "wrist": 2.8, "hand": 3.0}
"""How much farther off in the picture than `KEYPOINTS` points of an arm are that is hidden.

At confidences below 0.4, in the same recordings: knees 41 mm, elbows 57 to 98, wrists 63 to 164.
"""


CORRELATED_S = 0.25
"""Correlation time of the errors of keypoints: two such times hold one independent observation."""
FAR, FAR_MM = 1.3, 150.0
"""A limb on the far side is partly hidden, whatever its confidence.

Knees that one camera sees from the side: near 2.0° to 5.2° off, far 4.8° to 7.9° (seven clips).
"""


FROM_FRONT = 2.5
"""Seen from the front or behind, it is less clear how high the points of a leg are in the picture.

From the side 11 to 27 mm off, from the front and behind 12 to 100 mm (a rendered walk from four
cameras; in a real trial 14 to 24 and 18 to 38 mm): a leg that swings towards the camera moves
little in its picture.
"""
_LEG = ("knee", "ankle", "heel", "toe")


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
    spread_mm : ndarray, shape (T, L, 3)
        Standard deviation of a position along the picture's axes and along the line of sight; the
        same three times for points in space.
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
    spread_mm: Array
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
            spread_mm=self.spread_mm[chosen],
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
        if (source == np.arange(source.shape[1])).all():
            return self
        t = np.arange(len(self))[:, None]
        return replace(
            self,
            points_mm=self.points_mm[t, source],
            spread_mm=self.spread_mm[t, source],
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
        return self.with_spread(np.stack([factor, factor, np.ones_like(factor)], axis=2))

    def legs_from_the_front_apart(self) -> Observations:
        """Return the observations with more doubt in legs that are seen from the front or behind.

        Returns
        -------
        Observations
            Down the picture, points of a leg have up to `FROM_FRONT` times the error.
        """
        assert self.camera is not None
        landmarks = list(self.landmarks)
        to_the_right = np.zeros((len(self), 3))
        for joint in ("hip", "shoulder"):
            ends = [
                landmarks.index(f"{side}_{joint}")
                for side in SIDES
                if f"{side}_{joint}" in landmarks
            ]
            if len(ends) == 2:
                to_the_right += np.nan_to_num(
                    self.points_mm[:, ends[1]] - self.points_mm[:, ends[0]]
                )
        facing = 1.0 - np.nan_to_num(unit(to_the_right) @ self.camera[2], nan=1.0) ** 2
        leg = np.array([name.partition("_")[2] in _LEG for name in landmarks])
        factor = np.ones((len(self), len(landmarks), 3))
        factor[:, leg, 1] += (FROM_FRONT - 1.0) * facing[:, None]
        return self.with_spread(factor)

    def lasting(self, share: float, views: int) -> Observations:
        """Return the observations with the deviations of single frames whose errors last.

        Parameters
        ----------
        share : float
            Which share of the frames counts as independent.
        views : int
            How many there are of the same moments.

        Returns
        -------
        Observations
            Errors of depths last; a pose model makes about the same ones in all views, which count
            as one. So do errors in the picture of points that are hidden: of several views, those
            that see a point tell where it is.
        """
        factor = np.ones_like(self.spread_mm)
        factor[..., 2] = np.sqrt(views / share)
        if views > 1:
            low, high = HIDDEN_BELOW
            hidden = (high - np.nan_to_num(self.confidence, nan=1.0)) / (high - low)
            hidden = np.clip(hidden, 0.0, 1.0)[..., None]
            factor[..., :2] = np.sqrt(1.0 + hidden * (1.0 / share - 1.0))
        return self.with_spread(factor)

    def with_spread(self, factor: Array) -> Observations:
        """Return the observations with other standard deviations.

        Parameters
        ----------
        factor : ndarray, broadcast to shape (T, L, 3)
            By which the present ones are multiplied.

        Returns
        -------
        Observations
        """
        return replace(self, spread_mm=self.spread_mm * factor)

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
    assert predictions.camera is not None
    points_px = picture_points_px(predictions, sequence, landmarks)
    rays = predictions.camera.rays(points_px)
    positions_mm = np.stack([sequence.joint(name) for name in landmarks], axis=1)
    in_picture = np.asarray(np.isfinite(rays).all(axis=2))
    positions_mm = np.where(in_picture[..., None], positions_mm, np.nan)
    confidence = np.stack([sequence.joint_confidence(name) for name in landmarks], axis=1)
    spread_mm = _usual_spread_mm(confidence, landmarks)
    if predictions.uncertainty_mm is not None:
        stated_mm = _of_person(predictions, sequence, landmarks, predictions.uncertainty_mm)
        spread_mm = _stated(stated_mm, spread_mm)
    return Observations(
        time_s=sequence.time_s,
        landmarks=tuple(landmarks),
        points_mm=positions_mm,
        spread_mm=spread_mm,
        camera=np.eye(3),
        centre_mm=np.zeros(3),
        rays=rays,
        confidence=confidence,
    )


def picture_points_px(
    predictions: VideoPredictions, sequence: PoseSequence, landmarks: Sequence[str]
) -> Array:
    """Return where a person's landmarks are in the picture.

    Parameters
    ----------
    predictions : VideoPredictions
        Predictions.
    sequence : PoseSequence
        The person in them.
    landmarks : sequence of str
        Canonical names.

    Returns
    -------
    ndarray, shape (T, L, 2)
        px. NaN: missing.
    """
    return _of_person(predictions, sequence, landmarks, predictions.poses2d)


def _of_person(
    predictions: VideoPredictions,
    sequence: PoseSequence,
    landmarks: Sequence[str],
    values: NDArray[np.float32],
) -> Array:
    """Return the values of a person's landmarks in each frame of the sequence."""
    assert sequence.subject is not None
    rows = np.flatnonzero(predictions.track_ids == sequence.subject.track_id)
    at = predictions.frame_index[rows] - (sequence.first_frame or 0)
    sources = {name: tuple(sequence.made_of[name]) for name in landmarks}
    own = means(values[rows].astype(np.float64), predictions.skeleton.joints, sources)
    found = np.full((len(sequence), *own.shape[1:]), np.nan)
    found[at] = own
    return found


def _usual_spread_mm(confidence: Array, landmarks: Sequence[str]) -> Array:
    """Return the standard deviations of `KEYPOINTS`, larger where `ALONG` and `HIDDEN` say so."""
    spread_mm = np.empty((*confidence.shape, 3))
    for row, name in enumerate(landmarks):
        joint = name.partition("_")[2]
        along = ALONG.get(joint, 1.0)
        error = PositionError(
            along_mm=along * KEYPOINTS.along_mm,
            across_mm=KEYPOINTS.across_mm,
            hidden_along_mm=along * KEYPOINTS.hidden_along_mm,
            hidden_across_mm=HIDDEN.get(joint, 1.0) * KEYPOINTS.hidden_across_mm,
        )
        spread_mm[:, row] = error.standard_deviation_mm(confidence[:, row])
    return spread_mm


def _stated(stated_mm: Array, spread_mm: Array) -> Array:
    """Split the total deviation that a model states, in the usual proportion of the directions."""
    usual = np.array([KEYPOINTS.across_mm, KEYPOINTS.across_mm, KEYPOINTS.along_mm])
    share = usual / np.linalg.norm(usual)
    known = np.asarray(np.isfinite(stated_mm) & (stated_mm > 0.0))
    least_mm = [5.0, 5.0, 15.0]
    stated = np.maximum(stated_mm[..., None] * share, least_mm)
    return np.where(known[..., None], stated, spread_mm)


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
        spread_mm=np.repeat(spread_mm[..., :1], 3, axis=2),
        camera=None,
        centre_mm=np.zeros(3),
        rays=np.full((*positions_mm.shape[:2], 2), np.nan),
        confidence=confidence,
    )


def where_rays_meet_mm(views: Sequence[Observations]) -> Array:
    """Return where the rays of several views meet.

    Parameters
    ----------
    views : sequence of Observations
        Of the same landmarks at the same times, in the same axes.

    Returns
    -------
    ndarray, shape (T, L, 3)
        mm, in the axes of the fit. NaN: fewer than two views see it.
    """
    cameras = np.stack([_camera_of(view) for view in views])
    return meet(
        np.stack([view.rays for view in views]),
        np.stack([view.spread_mm[..., :2].mean(axis=2) for view in views]),
        cameras,
        np.stack([-turn @ view.centre_mm for turn, view in zip(cameras, views, strict=True)]),
    ).points_mm


def _camera_of(view: Observations) -> Array:
    assert view.camera is not None
    return view.camera


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


def independent_share(time_s: Array) -> float:
    """Return which share of the frames counts as independent where errors last (`CORRELATED_S`).

    Parameters
    ----------
    time_s : ndarray, shape (T,)
        Seconds.

    Returns
    -------
    float
    """
    interval_s = float(np.median(np.diff(time_s))) if len(time_s) > 1 else 1.0
    return min(1.0, interval_s / (2.0 * CORRELATED_S))
