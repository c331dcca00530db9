"""Joints in space from several cameras, without a body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuropose.data.cameras import Rig
from neuropose.errors import MultiviewError
from neuropose.multiview.adjustment import KEYPOINTS
from neuropose.multiview.names import require_cameras
from neuropose.multiview.rays import Meeting, meet
from neuropose.multiview.sides import put_right, settle_sides
from neuropose.multiview.views import View, overlap_s, shared_joints

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]

_ROUNDS = 2
_FEWEST_RAYS = 30
_LEAST_FACTOR, _MOST_FACTOR = 0.02, 5.0


@dataclass(frozen=True, eq=False)
class Triangulation:
    """Joints in the world.

    Parameters
    ----------
    time_s : ndarray, shape (S,)
        Shared times, s.
    joints : tuple of str
        Names, of the pose model.
    cameras : tuple of str
        Names of the V cameras.
    points_mm : ndarray, shape (S, J, 3)
        World. NaN: fewer than two views, or views from the same direction.
    covariance_mm2 : ndarray, shape (S, J, 3, 3)
        Of the points, from the errors by which views of each joint miss each other.
    residual_px : ndarray, shape (V, S, J)
        Distance of each view's point from where the joint is, px. NaN: not seen.
    weight : ndarray, shape (V, S, J)
        What each view counted, 0 to 1.
    exchanged : ndarray of bool, shape (V, S, 2)
        Whether a view took left for right, in the lower and the upper half of the body; put right.
    """

    time_s: Array
    joints: tuple[str, ...]
    cameras: tuple[str, ...]
    points_mm: Array
    covariance_mm2: Array
    residual_px: Array
    weight: Array
    exchanged: Bools

    def joint(self, name: str) -> Array:
        """Return the positions of a joint.

        Parameters
        ----------
        name : str
            One of `joints`.

        Returns
        -------
        ndarray, shape (S, 3)
            World, mm. NaN: missing.
        """
        return self.points_mm[:, self.joints.index(name)]


def triangulate(
    views: Sequence[View],
    rig: Rig,
    *,
    time_s: Array | None = None,
    joints: Sequence[str] | None = None,
) -> Triangulation:
    """Find where joints are in the world.

    Parameters
    ----------
    views : sequence of View
        Of one person or animal, one of each camera, two or more; the clocks are those of the rig.
    rig : Rig
        The cameras. Intrinsics are those of the rig.
    time_s : ndarray, shape (S,), optional
        Shared times, s. Default: those of the frames of the view with the most, while two cameras
        saw the person.
    joints : sequence of str, optional
        Names of joints. Default: all that the skeletons have in common.

    Returns
    -------
    Triangulation

    Raises
    ------
    MultiviewError
        If there are fewer than two views, the rig lacks a camera, or a picture has not the shape
        that the rig has.
    MissingJointsError
        If the skeletons have no joint in common.

    Notes
    -----
    Robust and weighted (`neuropose.multiview.rays.meet`); hidden joints count less. Errors of each
    joint are scaled to those found, with ``2 V − 3`` degrees of freedom of V rays; what all views
    get wrong alike is not in them.

    Examples
    --------
    >>> import numpy as np
    >>> from neuropose.data.cameras import Camera, Rig, RigCamera
    >>> from neuropose.skeletons import Skeleton
    >>> camera = Camera.from_fov(1000, 1000, 60.0)
    >>> turns = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)), (
    ...     (0.0, 0.0, -1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))
    >>> rig = Rig(origin="example", cameras=tuple(
    ...     RigCamera(name=name, camera=camera, width=1000, height=1000, rotation=turn,
    ...               translation_mm=(0.0, 0.0, 3000.0))
    ...     for name, turn in zip(("front", "side"), turns)))
    >>> nose = np.tile([100.0, -400.0, 50.0], (3, 1, 1))
    >>> views = [
    ...     View(each.name, camera, (1000, 1000), Skeleton(name="nose_1", joints=("nose",)),
    ...          np.arange(3) / 30.0, each.project(nose), np.ones((3, 1)))
    ...     for each in rig.cameras]
    >>> triangulate(views, rig).points_mm[0, 0].round(6)
    array([ 100., -400.,   50.])
    """
    _require(views, rig)
    views = [replace(view, camera=rig[view.name].camera_at(*view.size_px)) for view in views]
    cameras = [rig[view.name] for view in views]
    names = tuple(joints) if joints is not None else shared_joints(views)
    clocks = {camera.name: camera.clock for camera in cameras}
    times = overlap_s(views, clocks) if time_s is None else np.asarray(time_s, np.float64)
    samples = [
        view.at(camera.clock.video_time_s(times), names)
        for view, camera in zip(views, cameras, strict=True)
    ]
    rays = np.stack([sample.rays for sample in samples])
    confidence = np.stack([sample.confidence for sample in samples])
    error_mm = KEYPOINTS.standard_deviation_mm(confidence)[..., 0]
    rotation = np.stack([camera.rotation_matrix for camera in cameras])
    translation_mm = np.stack([camera.translation for camera in cameras])
    exchanged = settle_sides(times, rays, error_mm, rotation, translation_mm, names)
    rays, error_mm = put_right(rays, exchanged, names), put_right(error_mm, exchanged, names)
    met = meet(rays, error_mm, rotation, translation_mm)
    for _ in range(_ROUNDS):
        error_mm = error_mm * _factors(met, error_mm)
        met = meet(rays, error_mm, rotation, translation_mm)
    local = np.einsum("vij,skj->vski", rotation, met.points_mm) + translation_mm[:, None, None]
    focal_px = np.array([view.focal_px for view in views])[:, None, None]
    missed = np.linalg.norm(local[..., :2] / local[..., 2:] - rays, axis=-1)
    return Triangulation(
        times,
        names,
        tuple(view.name for view in views),
        met.points_mm,
        met.covariance_mm2,
        missed * focal_px,
        met.weight,
        exchanged,
    )


def _require(views: Sequence[View], rig: Rig) -> None:
    if len(views) < 2:
        raise MultiviewError(
            "one view gives no points in space", hint="give the predictions of two cameras or more"
        )
    names = [view.name for view in views]
    require_cameras(names, rig)
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise MultiviewError(
            f"two views are of camera {twice[0]!r}", hint="give one person, and each camera once"
        )


def _factors(met: Meeting, error_mm: Array) -> Array:
    """Return each joint's error as a multiple of what was expected, shape (J,)."""
    squared = (met.distance_mm / error_mm) ** 2
    known = np.isfinite(squared)
    free = 2 * known.sum(axis=0) - 3
    total = np.where(known, squared, 0.0).sum(axis=0)
    factors = np.ones(total.shape[1])
    for joint in range(len(factors)):
        chosen = free[:, joint] > 0
        if known[:, :, joint].sum() < _FEWEST_RAYS or not chosen.any():
            continue
        degrees = free[chosen, joint].astype(np.float64)
        # Median of a chi-squared variable (Wilson and Hilferty 1931), against that of the sums.
        median = degrees * (1.0 - 2.0 / (9.0 * degrees)) ** 3
        factors[joint] = np.sqrt(np.median(total[chosen, joint] / median))
    return np.clip(factors, _LEAST_FACTOR, _MOST_FACTOR)
