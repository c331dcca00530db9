"""Fit a body to one person whom several cameras see at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose.body.model import BodyModel, load_body_model
from neuropose.body.observations import Observations, from_camera, picture_points_px
from neuropose.body.recording import (
    DRAWS,
    Progress,
    Recording,
    fit_recording,
    seen_landmarks,
    silent,
)
from neuropose.data import BodyShape, Reconstruction, Rig, RigCamera, Subject, VideoPredictions
from neuropose.errors import ReconstructionError
from neuropose.filters.columns import runs
from neuropose.filters.interpolation import between
from neuropose.geometry import unit
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.sequence.position_error import SEVERAL_CAMERAS

Array = NDArray[np.float64]

MOST_BETWEEN_S = 0.2
"""Nothing is interpolated between two frames of a view that are further apart."""
_SAME_TIME_S = 1e-4
_ROUNDS = 4  # of reweighing rays that do not meet the others
_USUAL_MM = 40.0


def reconstruct_cameras(
    predictions: Mapping[str, VideoPredictions],
    rig: Rig,
    subjects: Mapping[str, str | Subject] | str = "longest",
    *,
    shape: BodyShape | None = None,
    height_mm: float | None = None,
    free: Collection[str] = (),
    model: Path | None = None,
    draws: int = DRAWS,
    on_progress: Progress | None = None,
) -> Reconstruction:
    """Fit a body to one person whom several cameras see at once.

    Parameters
    ----------
    predictions : mapping of str to VideoPredictions
        Tracked predictions of each camera's video, by the camera's name in the rig.
    rig : Rig
        The cameras' places and clocks. Its intrinsics hold, not those of the predictions.
    subjects : mapping of str to (str or Subject), or str
        Whom, in each view: the same person in all of them.
    shape : BodyShape, optional
        Lengths found in another recording of the same person.
    height_mm : float, optional
        Stature; default: that which the distances between joints tell.
    free : collection of str
        Fixed coordinates to free, such as ``left_knee_abduction``.
    model : Path, optional
        A lab's own body model (YAML); default: the one that comes with the program.
    draws : int
        How many draws of the posterior to keep; fewer of very long recordings.
    on_progress : callable, optional
        Called with the share that is done, 0 to 1.

    Returns
    -------
    Reconstruction
        In the axes of the rig's world, at the times of the view with the most frames per second;
        times are those that the clocks of the rig share.

    Raises
    ------
    ReconstructionError
        If there are fewer than two views, the skeletons differ, a picture has not the shape that
        the rig has, or too little of the person is seen.
    SubjectError
        If the person cannot be picked.
    BodyModelError
        If the body model cannot be read, or has no coordinate of a name in `free`.

    Notes
    -----
    The fit of `reconstruct`, with the pixels of all views at once. A view with other times than
    those of the result is interpolated between its frames (PCHIP).
    """
    if len(predictions) < 2:
        raise ReconstructionError(
            f"{len(predictions)} view is not several", hint="give the predictions of two or more"
        )
    skeleton = _skeleton(predictions, rig)
    body = load_body_model(model)
    chosen = subjects if isinstance(subjects, Mapping) else dict.fromkeys(predictions, subjects)
    people = {
        name: PoseSequence.from_predictions(each, chosen[name])
        for name, each in predictions.items()
    }
    fastest = max(predictions, key=lambda name: predictions[name].metadata.fps or 0.0)
    landmarks = seen_landmarks(people[fastest], body)
    time_s = rig[fastest].clock.shared_time_s(people[fastest].time_s)
    views = tuple(
        _view(predictions[name], people[name], rig[name], landmarks, time_s) for name in predictions
    )
    return fit_recording(
        Recording(
            sequence=_meeting(views, people[fastest], rig, body, time_s),
            views=views,
            model=body,
            skeleton=skeleton,
            shape=shape,
            height_mm=height_mm,
            free=tuple(free),
            draws=draws,
            on_progress=on_progress or silent,
            names=tuple(predictions),
        )
    ).model_copy(
        update={
            "provenance": predictions[fastest].provenance,
            "subject": people[fastest].subject,
        }
    )


def _skeleton(predictions: Mapping[str, VideoPredictions], rig: Rig) -> str:
    """Return the one skeleton of all views, each of which the rig must know."""
    for name in predictions:
        if name not in rig.names:
            raise ReconstructionError(
                f"the rig has no camera {name!r}", hint=f"it has {', '.join(rig.names)}"
            )
    names = {each.skeleton.name for each in predictions.values()}
    if len(names) > 1:
        raise ReconstructionError(
            f"the views have different skeletons: {', '.join(sorted(names))}",
            hint="process all videos with the same model",
        )
    return names.pop()


def _view(
    predictions: VideoPredictions,
    person: PoseSequence,
    camera: RigCamera,
    landmarks: Sequence[str],
    time_s: Array,
) -> Observations:
    """Return what one camera of a rig shows of a person at given times, in the world's axes."""
    seen = from_camera(predictions, person, landmarks)
    points_px = picture_points_px(predictions, person, landmarks) * _shrunk(predictions, camera)
    own_s = camera.clock.shared_time_s(person.time_s)
    rotation = camera.rotation_matrix
    points_mm = seen.points_mm @ rotation + camera.centre_mm
    return Observations(
        time_s=time_s,
        landmarks=tuple(landmarks),
        points_mm=_at(own_s, points_mm, time_s),
        spread_mm=_at(own_s, seen.spread_mm, time_s),
        camera=rotation,
        centre_mm=camera.centre_mm,
        rays=_at(own_s, camera.camera.rays(points_px), time_s),
        confidence=_at(own_s, seen.confidence[..., None], time_s)[..., 0],
    )


def _shrunk(predictions: VideoPredictions, camera: RigCamera) -> Array:
    """Pixels of the rig's picture per pixel of the video's."""
    video = np.array([predictions.metadata.width, predictions.metadata.height], np.float64)
    ratio = np.array([camera.width, camera.height]) / video
    if abs(ratio[0] / ratio[1] - 1.0) > 0.01:
        raise ReconstructionError(
            f"{camera.name}: the video has {video[0]:.0f} × {video[1]:.0f} pixels, its camera in "
            f"the rig {camera.width} × {camera.height}",
            hint="calibrate with videos of the same shape, or name the right camera",
        )
    return ratio


def _at(own_s: Array, values: Array, time_s: Array) -> Array:
    """Interpolate (T, L, C) between frames; NaN where one of the two is missing or far away."""
    before = np.clip(np.searchsorted(own_s, time_s, side="right") - 1, 0, len(own_s) - 2)
    outside = (time_s < own_s[0] - _SAME_TIME_S) | (time_s > own_s[-1] + _SAME_TIME_S)
    outside |= own_s[before + 1] - own_s[before] > MOST_BETWEEN_S
    nearest = np.where(time_s - own_s[before] > own_s[before + 1] - time_s, before + 1, before)
    same = np.abs(own_s[nearest] - time_s) < _SAME_TIME_S
    found = np.full((len(time_s), *values.shape[1:]), np.nan)
    for mark in range(values.shape[1]):
        column = values[:, mark]
        known = np.asarray(np.isfinite(column).all(axis=1))
        for first, stop in runs(known):
            inside = np.flatnonzero((before >= first) & (before + 1 < stop) & ~outside)
            if len(inside):
                found[inside, mark] = between(
                    own_s[first:stop],
                    column[first:stop],
                    np.zeros(stop - first, np.int64),
                    before[inside] - first,
                    time_s[inside],
                    "pchip",
                )
    found[same] = values[nearest[same]]
    return found


def _meeting(
    views: Sequence[Observations], person: PoseSequence, rig: Rig, body: BodyModel, time_s: Array
) -> PoseSequence:
    """Return joints where the rays of the views meet, to start from."""
    meet_mm = meeting_points_mm(views)
    landmarks = views[0].landmarks
    made_of = {name: set(person.made_of[name]) for name in landmarks}
    columns, names = [], []
    for name in body.landmarks:
        if not person.has(name):
            continue
        parts = [
            row for row, each in enumerate(landmarks) if made_of[each] <= set(person.made_of[name])
        ]
        if parts:
            names.append(name)
            columns.append(meet_mm[:, parts].mean(axis=1))
    confidence = np.stack([person.joint_confidence(name) for name in names], axis=1)
    sequence = PoseSequence.from_arrays(
        time_s,
        np.stack(columns, axis=1),
        names,
        confidence=confidence,
        frame="lab",
        up=rig.up,
        source=person.source,
        position_error=SEVERAL_CAMERAS,
    )
    return replace(
        sequence,
        first_frame=person.first_frame,
        assumptions={**sequence.assumptions, **rig.assumptions},
        warnings=(*rig.warnings, *sequence.warnings),
    )


def meeting_points_mm(views: Sequence[Observations]) -> Array:
    """Return the points that are nearest to the rays of all views.

    Parameters
    ----------
    views : sequence of Observations
        With centres and rays in the same axes.

    Returns
    -------
    ndarray, shape (T, L, 3)
        mm. NaN: fewer than two views see it.
    """
    directions, centres = [], []
    for view in views:
        assert view.camera is not None
        ahead = np.concatenate([view.rays, np.ones((*view.rays.shape[:2], 1))], axis=2)
        directions.append(unit(ahead @ view.camera))
        centres.append(view.centre_mm)
    ways, origins = np.stack(directions), np.array(centres)[:, None, None]
    known = np.asarray(np.isfinite(ways).all(axis=3))
    ways = np.where(known[..., None], ways, 0.0)
    across = np.eye(3) - ways[..., :, None] * ways[..., None, :]
    weight = known.astype(np.float64)
    points = np.full(ways.shape[1:], np.nan)
    enough = np.asarray(known.sum(axis=0) >= 2)
    for _ in range(_ROUNDS):
        normal = np.asarray((weight[..., None, None] * across).sum(axis=0))[enough]
        right = weight[..., None] * np.einsum("vtlij,vtlj->vtli", across, origins + 0.0 * ways)
        points[enough] = np.linalg.solve(
            normal + 1e-9 * np.eye(3), np.asarray(right.sum(axis=0))[enough][..., None]
        )[..., 0]
        apart = np.einsum("vtlij,vtlj->vtli", across, np.nan_to_num(points)[None] - origins)
        squared = (apart**2).sum(axis=3) / _USUAL_MM**2
        weight = known / (1.0 + squared)
    return points
