"""Fit a body to one person whom several cameras see at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose.body.corrected_cameras import (
    require_named,
    said_of_cameras,
    with_corrections_of_cameras,
)
from neuropose.body.model import BodyModel, load_body_model
from neuropose.body.observations import (
    Observations,
    from_camera,
    picture_points_px,
    where_rays_meet_mm,
)
from neuropose.body.recording import (
    DRAWS,
    Progress,
    Recording,
    fit_recording,
    seen_landmarks,
    silent,
)
from neuropose.data import (
    Assumption,
    BodyShape,
    Reconstruction,
    Rig,
    RigCamera,
    Source,
    Subject,
    VideoPredictions,
)
from neuropose.data.subjects import OF_CAMERAS
from neuropose.errors import ReconstructionError
from neuropose.filters.columns import runs
from neuropose.filters.interpolation import between
from neuropose.multiview.agreement import (
    doubts_of_elsewhere,
    doubts_of_unused,
    doubts_of_views,
    doubts_over_time,
    require_agreement,
)
from neuropose.multiview.people import MatchedPerson, also_alone
from neuropose.multiview.recognition import NOT_SYNCHRONISED, recognise_people
from neuropose.multiview.rig_check import doubts_of_rig
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.sequence.position_error import SEVERAL_CAMERAS

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_BETWEEN_S = 0.2
"""Nothing is interpolated between two frames of a view that are further apart."""
_SAME_TIME_S = 1e-4
_TRACK = 0


def reconstruct_cameras(
    predictions: Mapping[str, VideoPredictions],
    rig: Rig,
    person: int = 0,
    *,
    synchronous: bool = False,
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
    person : int
        Whom, of those whom two cameras or more saw: 0 is whom a correction names, or else who
        was seen longest.
    synchronous : bool
        Whether the clocks of the rig hold. Otherwise clocks that are only assumed are found from
        how the person moved (`neuropose.multiview.synchronise`).
    shape : BodyShape, optional
        Lengths found in another recording of the same person.
    height_mm : float, optional
        Stature; default: that which the distances between joints tell.
    free : collection of str
        Fixed coordinates to free, such as ``left_knee_abduction``.
    model : Path, optional
        A lab's own body model (YAML); default: the one that comes with the program.
    draws : int
        How many draws of the posterior to keep, 2 or more; fewer of very long recordings.
    on_progress : callable, optional
        Called with the share that is done, 0 to 1.

    Returns
    -------
    Reconstruction
        In the axes of the rig's world, at the times of the view with the most frames per second;
        times are those that the clocks of the rig share.

    Raises
    ------
    ConfigError
        If nobody is of this height.
    ReconstructionError
        If there are fewer than two views, the skeletons differ, too little of the person is seen,
        or the views do not fit each other: they may be exchanged.
    MultiviewError
        If a picture has not the shape that the rig has.
    SubjectError
        If there are fewer people.
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
    stated = rig
    rig, everybody = recognise_people(predictions, rig, synchronous=synchronous)
    matched = everybody.person(person)
    if person == 0:
        require_named(matched, predictions)
    require_agreement(matched.apart_mm)
    clocks = _clocks_are(predictions, stated, rig, synchronous=synchronous)
    seen, elsewhere = also_alone(matched, everybody, predictions, rig)
    clocks_are_stated = synchronous or stated.states_clocks(predictions)
    doubts = (
        *doubts_of_unused(predictions, matched),
        *doubts_over_time(matched),
        *doubts_of_elsewhere(elsewhere),
        *doubts_of_rig(matched.views(predictions), rig, clocks_are_stated=clocks_are_stated),
    )
    predictions = {name: _alone(predictions[name], rows) for name, rows in seen.items()}
    people = {
        name: PoseSequence.from_predictions(each, f"track:{_TRACK}")
        for name, each in predictions.items()
    }
    fastest = max(predictions, key=lambda name: predictions[name].metadata.fps or 0.0)
    landmarks = seen_landmarks(people[fastest], body)
    time_s = rig[fastest].clock.shared_time_s(people[fastest].time_s)
    views = tuple(
        _view(predictions[name], people[name], rig[name], landmarks, time_s) for name in predictions
    )
    sequence = _meeting(views, people[fastest], rig, body, time_s)
    found = fit_recording(
        Recording(
            sequence=replace(
                sequence,
                assumptions={**sequence.assumptions, **_said(matched, rig, clocks)},
                warnings=(*said_of_cameras(predictions), *sequence.warnings),
            ),
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
    )
    residual_mm = float(np.median([*found.residuals_mm.values()]))
    require_agreement(matched.apart_mm, residual_mm)
    return found.model_copy(
        update={
            "warnings": (
                *doubts_of_views(matched.apart_mm, residual_mm),
                *doubts,
                *found.warnings,
            ),
            "provenance": with_corrections_of_cameras(
                predictions[fastest].provenance,
                predictions,
                {name: rig[name].clock for name in predictions},
            ),
            "subject": _subject(people[fastest].subject, matched, person),
        }
    )


def _alone(predictions: VideoPredictions, rows: Ints) -> VideoPredictions:
    """Return the predictions with the detections in the given rows as track 0."""
    track_ids = np.array(predictions.track_ids) + 1
    track_ids[rows[rows >= 0]] = _TRACK
    return predictions.model_copy(update={"track_ids": track_ids})


def _subject(subject: Subject | None, matched: MatchedPerson, person: int) -> Subject | None:
    """Return the subject, who was picked among people that several cameras saw."""
    if subject is None:
        return None
    who = f"number {person} by how long they were seen" if person > 1 else "seen longest"
    views = f"{len(matched.rows)} cameras, {matched.seen_s:.1f} s"
    reason = f"{who} by two cameras or more at once ({views})"
    strategy = f"{OF_CAMERAS}{max(person, 1)}"
    return subject.model_copy(update={"strategy": strategy, "reason": reason})


def _clocks_are(
    predictions: Mapping[str, VideoPredictions], stated: Rig, used: Rig, *, synchronous: bool
) -> tuple[Source, str]:
    """Return where the clocks come from, and the same as a participle."""
    sources = {stated[name].clock.source for name in predictions} - {Source.ASSUMED}
    if sources:
        return sources.pop(), "stated with the calibration"
    if synchronous:
        return Source.GIVEN, "stated to be synchronous"
    if any(each not in stated.warnings and NOT_SYNCHRONISED in each for each in used.warnings):
        return Source.ASSUMED, "taken to be synchronous, as how the person moved did not tell"
    return Source.MEASURED, "found from how the person moved"


def _said(
    matched: MatchedPerson, rig: Rig, clocks_are: tuple[Source, str]
) -> dict[str, Assumption]:
    """Say which cameras there were, how the person was found in them, and by which clocks."""
    source, detail = clocks_are
    clocks = ", ".join(
        f"{name} {1000.0 * rig[name].clock.offset_s:+.0f} ms"
        for name in matched.rows
        if rig[name].clock.offset_s
    )
    return {
        "person": Assumption(
            source=Source.ASSUMED,
            value=f"seen by {len(matched.rows)} cameras, by two or more for {matched.seen_s:.1f} s",
            detail=f"rays of the same landmarks miss each other by {matched.apart_mm:.0f} mm",
        ),
        "cameras": Assumption(
            source=Source.FILE,
            value=f"{len(matched.rows)} calibrated cameras",
            detail=rig.origin,
        ),
        "clocks": Assumption(
            source=source, value=clocks or "the cameras are synchronous", detail=detail
        ),
    }


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
    points_px = picture_points_px(predictions, person, landmarks)
    lens = camera.camera_at(predictions.metadata.width, predictions.metadata.height)
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
        rays=_at(own_s, lens.rays(points_px), time_s),
        confidence=_at(own_s, seen.confidence[..., None], time_s)[..., 0],
    )


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
    meet_mm = where_rays_meet_mm(views)
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
