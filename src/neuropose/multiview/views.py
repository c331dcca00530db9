"""One person as one camera saw them, at the camera's own times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neuropose.data import VideoPredictions
from neuropose.data.cameras import Camera, Clock
from neuropose.errors import MissingJointsError, SequenceError
from neuropose.multiview.rays import whole
from neuropose.skeletons import Skeleton

Array = NDArray[np.float64]

LONGEST_GAP_S = 0.1
"""Over a longer gap between frames nothing is interpolated."""
MOMENT_S = 0.1
"""Half the length of what counts as a moment where frames are averaged."""
PLACED = ("nose", "ear", "shoulder", "elbow", "wrist", "knee", "ankle", "heel", "toe")
"""Landmarks whose place in the picture hardly depends on where they are seen from.

A hip has nothing in the picture that marks it: models put it up to 45 mm higher or lower from the
front, the side and behind. Fingers follow the wrist, and the rest of the face the nose and ears.
"""
_LEAST_PLACED = 8


@dataclass(frozen=True, eq=False)
class Sample:
    """What a view saw at given times.

    Parameters
    ----------
    rays : ndarray, shape (S, J, 2)
        ``x / z, y / z`` in the camera frame. NaN: missing.
    velocity : ndarray, shape (S, J, 2)
        Of the rays, 1/s.
    confidence : ndarray, shape (S, J)
        0 to 1; NaN: missing, or the model gives none.
    """

    rays: Array
    velocity: Array
    confidence: Array


@dataclass(frozen=True, eq=False)
class View:
    """A person in the pictures of one camera.

    Parameters
    ----------
    name : str
        Name of the camera.
    camera : Camera
        Its intrinsics and distortion.
    size_px : tuple of int
        Width and height of its pictures.
    skeleton : Skeleton
        Names of the J joints.
    time_s : ndarray, shape (T,)
        The camera's own times of its frames, ascending, s.
    points_px : ndarray, shape (T, J, 2)
        Where the joints are in the picture. NaN: missing.
    confidence : ndarray, shape (T, J)
        0 to 1. NaN: the model gives none.
    """

    name: str
    camera: Camera
    size_px: tuple[int, int]
    skeleton: Skeleton
    time_s: Array
    points_px: Array
    confidence: Array

    def __post_init__(self) -> None:
        frames, joints = len(self.time_s), len(self.skeleton.joints)
        if self.points_px.shape != (frames, joints, 2):
            raise SequenceError(
                f"{self.name}: points of shape {self.points_px.shape} for {frames} times and "
                f"{joints} joints"
            )
        if not (np.diff(self.time_s) > 0.0).all():
            raise SequenceError(f"{self.name}: the times of its frames do not ascend")

    @classmethod
    def from_predictions(
        cls, name: str, predictions: VideoPredictions, who: str | NDArray[np.integer] = "longest"
    ) -> View:
        """Return a person of a video.

        Parameters
        ----------
        name : str
            Name of the camera.
        predictions : VideoPredictions
            What was found in its video, with its camera.
        who : str or ndarray of int, shape (T,)
            A strategy of `neuropose.data.subjects.pick_subject`, or the person's detection in every
            frame, as a row of the predictions' arrays; -1 where there is none.

        Returns
        -------
        View

        Raises
        ------
        SequenceError
            If the predictions have no camera.

        Examples
        --------
        >>> from neuropose.testing import synthetic_predictions
        >>> view = View.from_predictions("left", synthetic_predictions(frame_count=3))
        >>> view.points_px.shape
        (3, 33, 2)
        """
        if predictions.camera is None:
            raise SequenceError(
                f"{name}: the predictions do not say what camera it was",
                hint="estimate the poses again, with --camera or --fov",
            )
        frames = len(predictions.time_s)
        rows = np.full(frames, -1, np.int64)
        if isinstance(who, str):
            found = np.flatnonzero(predictions.track_ids == predictions.subject(who).track_id)
            rows[predictions.frame_index[found]] = found
        else:
            rows[:] = who
        known = np.flatnonzero(rows >= 0)
        joints = len(predictions.skeleton.joints)
        points_px = np.full((frames, joints, 2), np.nan)
        confidence = np.full((frames, joints), np.nan)
        points_px[known] = predictions.poses2d[rows[known]]
        confidence[known] = predictions.confidence[rows[known]]
        timed = _timed(predictions)
        metadata = predictions.metadata
        return cls(
            name,
            predictions.camera,
            (metadata.width, metadata.height),
            predictions.skeleton,
            np.asarray(predictions.time_s[timed]),
            points_px[timed],
            confidence[timed],
        )

    @cached_property
    def rays(self) -> Array:
        """``x / z, y / z`` of the joints in the camera frame, shape (T, J, 2)."""
        return self.camera.rays(self.points_px)

    @cached_property
    def seen(self) -> NDArray[np.bool_]:
        """Frames in which the person is seen, shape (T,)."""
        return np.asarray(whole(self.points_px).any(axis=1))

    @cached_property
    def frame_s(self) -> float:
        """Median time from frame to frame, s; 1 of a single frame."""
        return float(np.median(np.diff(self.time_s))) if len(self.time_s) > 1 else 1.0

    @cached_property
    def extent(self) -> float:
        """Median height of the person in the picture, in the unit of `rays`."""
        upright = self.rays[self.seen][..., 1]
        if not len(upright):
            return float("nan")
        return float(np.median(np.nanmax(upright, axis=1) - np.nanmin(upright, axis=1)))

    @cached_property
    def focal_px(self) -> float:
        """Mean focal length, px."""
        return float(self.camera.matrix[[0, 1], [0, 1]].mean())

    def at(self, time_s: Array, joints: Sequence[str]) -> Sample:
        """Return where joints were at given times.

        Parameters
        ----------
        time_s : ndarray, shape (S,)
            The camera's own times, s.
        joints : sequence of str
            Names of joints of the skeleton.

        Returns
        -------
        Sample
            Interpolated with cubic polynomials; NaN outside the frames and in gaps longer than
            `LONGEST_GAP_S`.

        Examples
        --------
        >>> from neuropose.testing import synthetic_predictions
        >>> view = View.from_predictions("left", synthetic_predictions(frame_count=3))
        >>> view.at(np.array([0.05, 9.0]), ["nose"]).rays.shape
        (2, 1, 2)
        """
        columns = [self.skeleton.index(joint) for joint in joints]
        missing = Sample(
            np.full((len(time_s), len(columns), 2), np.nan),
            np.full((len(time_s), len(columns), 2), np.nan),
            np.full((len(time_s), len(columns)), np.nan),
        )
        if len(self.time_s) < 2 or not len(time_s):
            return missing
        low = np.searchsorted(self.time_s, time_s, side="right") - 1
        low = np.clip(low, 0, len(self.time_s) - 2)
        near = slice(max(int(low.min()) - 1, 0), int(low.max()) + 3)  # with neighbours, for slopes
        own_s, low = self.time_s[near], low - near.start
        rays, confidence = self.rays[near][:, columns], self.confidence[near][:, columns]
        span = np.diff(own_s)[low]
        share = (time_s - own_s[low]) / span
        within = (share >= -1e-9) & (share <= 1.0 + 1e-9) & (span <= LONGEST_GAP_S)
        slopes = _slopes(own_s, rays)
        # A frame that was met exactly does not need its neighbour.
        first, last = rays[low], rays[low + 1]
        on_first, on_last = np.abs(share) < 1e-9, np.abs(share - 1.0) < 1e-9
        first = np.where(on_last[:, None, None], last, first)
        last = np.where(on_first[:, None, None], first, last)
        width, s = span[:, None, None], np.clip(share, 0.0, 1.0)[:, None, None]
        secant = np.where(span[:, None, None] > 0.0, (last - first) / width, np.nan)
        before = np.where(np.isfinite(slopes[low]), slopes[low], secant)
        after = np.where(np.isfinite(slopes[low + 1]), slopes[low + 1], secant)
        rest = 1.0 - s
        place = first + s * (
            (last - first)
            + rest * (rest * (width * before - (last - first)) + s * (last - first - width * after))
        )
        speed = (
            6.0 * s * rest * secant + rest * (1.0 - 3.0 * s) * before + s * (3.0 * s - 2.0) * after
        )
        least = np.fmin(confidence[low], confidence[low + 1])
        return Sample(
            np.where(within[:, None, None], place, np.nan),
            np.where(within[:, None, None], speed, np.nan),
            np.where(within[:, None], least, np.nan),
        )

    def smoothed_at(self, time_s: Array, joints: Sequence[str]) -> Sample:
        """Return where joints were at given times, averaged over a moment.

        Parameters
        ----------
        time_s : ndarray, shape (S,)
            The camera's own times, s.
        joints : sequence of str
            Names of joints of the skeleton.

        Returns
        -------
        Sample
            Of lines through the frames within `MOMENT_S`. Unlike interpolation, it has the same
            noise on frames and between them, which clocks would otherwise be drawn to.
        """
        columns = [self.skeleton.index(joint) for joint in joints]
        reach_s = max(MOMENT_S, 2.5 * self.frame_s)
        first = np.searchsorted(self.time_s, time_s - reach_s)
        last = np.searchsorted(self.time_s, time_s + reach_s)
        most = int((last - first).max()) if len(time_s) else 0
        sums = np.zeros((5, len(time_s), len(columns), 2))
        confidence = np.full((len(time_s), len(columns)), np.inf)
        for step in range(most):
            frame = np.minimum(first + step, len(self.time_s) - 1)
            since = self.time_s[frame] - time_s
            kernel = np.cos(0.5 * np.pi * np.clip(since / reach_s, -1.0, 1.0)) ** 2
            kernel = np.where(first + step < last, kernel, 0.0)
            there = self.rays[frame][:, columns]
            weight = np.where(np.isfinite(there), kernel[:, None, None], 0.0)
            there, late = np.nan_to_num(there), since[:, None, None]
            sums += [weight, weight * late, weight * late**2, weight * there, weight * late * there]
            sure = self.confidence[frame][:, columns]
            confidence = np.where(weight[..., 0] > 0.0, np.fmin(confidence, sure), confidence)
        count, mean, square, value, product = sums
        with np.errstate(divide="ignore", invalid="ignore"):
            middle_s, spread = mean / count, square / count - (mean / count) ** 2
            speed = (product / count - middle_s * value / count) / spread
            place = value / count - speed * middle_s
        # Beside a gap or an end there is nothing on one side.
        fine = (np.abs(middle_s) < 0.25 * reach_s) & (spread > 0.01 * reach_s**2)
        return Sample(
            np.where(fine, place, np.nan),
            np.where(fine, speed, np.nan),
            np.where(np.isfinite(confidence) & fine[..., 0], confidence, np.nan),
        )


def placed_joints(views: Sequence[View]) -> dict[str, tuple[str, ...]]:
    """Return the landmarks from which places of cameras and people are computed.

    Parameters
    ----------
    views : sequence of View
        Their skeletons may differ.

    Returns
    -------
    dict of str to tuple of str
        For each landmark that all have, its name in the skeleton of each view: `PLACED`, or all
        joints of the same names if those are too few (animals).

    Raises
    ------
    MissingJointsError
        If they have too few landmarks in common.
    """
    own = [
        {name: made[0] for name, made in view.skeleton.canonical.items() if len(made) == 1}
        for view in views
    ]
    names = [
        name
        for name in own[0]
        if name.removeprefix("left_").removeprefix("right_") in PLACED
        and all(name in each for each in own)
    ]
    if len(names) >= _LEAST_PLACED:
        return {name: tuple(each[name] for each in own) for name in names}
    return {name: (name,) * len(views) for name in shared_joints(views)}


def shared_joints(views: Sequence[View]) -> tuple[str, ...]:
    """Return the joints that the skeletons of all views have.

    Parameters
    ----------
    views : sequence of View
        At least one.

    Returns
    -------
    tuple of str

    Raises
    ------
    MissingJointsError
        If there is none.
    """
    names = tuple(
        joint
        for joint in views[0].skeleton.joints
        if all(joint in view.skeleton.joints for view in views)
    )
    if not names:
        raise MissingJointsError(
            f"skeletons {', '.join(sorted({view.skeleton.name for view in views}))} have no joint "
            "in common",
            hint="use one pose model for all cameras",
        )
    return names


def overlap_s(views: Sequence[View], clocks: Mapping[str, Clock], least: int = 2) -> Array:
    """Return the shared times of frames while several cameras saw the person.

    Parameters
    ----------
    views : sequence of View
        Of one person.
    clocks : mapping of str to Clock
        Of each camera.
    least : int
        In how many views the person must be seen.

    Returns
    -------
    ndarray, shape (S,)
        Ascending, s: the times of the view that has the most frames then.
    """
    shared = [clocks[view.name].shared_time_s(view.time_s) for view in views]
    best = np.empty(0)
    for times in shared:
        count = np.zeros(len(times), np.int64)
        for view, own in zip(views, shared, strict=True):
            near = np.clip(np.searchsorted(own, times), 1, len(own) - 1) if len(own) > 1 else None
            if near is None:
                continue
            inside = (times >= own[near - 1]) & (times <= own[near])
            count += inside & (view.seen[near - 1] | view.seen[near])
        chosen = times[count >= least]
        if len(chosen) > len(best):
            best = chosen
    return best


def _slopes(time_s: Array, values: Array) -> Array:
    """Return the derivative at each sample from its neighbours, NaN without one or in a gap."""
    slopes = np.full(values.shape, np.nan)
    if len(time_s) > 2:
        span = np.diff(time_s)
        near = (span[1:] <= LONGEST_GAP_S) & (span[:-1] <= LONGEST_GAP_S)
        steps = np.diff(values, axis=0) / span[:, None, None]
        share = (span[:-1] / (span[:-1] + span[1:]))[:, None, None]
        middle = (1.0 - share) * steps[:-1] + share * steps[1:]
        slopes[1:-1] = np.where(near[:, None, None], middle, np.nan)
    return slopes


def _timed(predictions: VideoPredictions) -> NDArray[np.int64]:
    """Frames that have a time of their own, later than those before."""
    time_s = predictions.time_s
    known = np.flatnonzero(np.isfinite(time_s))
    latest = np.maximum.accumulate(time_s[known]) if len(known) else time_s[known]
    fresh = np.ones(len(known), bool)
    fresh[1:] = time_s[known][1:] > latest[:-1]
    return known[fresh]
