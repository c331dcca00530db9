"""From a fit to a `Reconstruction`: clinical coordinates, joints, errors and what was found out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.orientation import (
    VerticalMethod,
    heading,
    vertical,
    viewpoint,
)
from neuropose.body.contacts import contacts
from neuropose.body.exchanges import STATES, Labels
from neuropose.body.fit import Person, Problem, Residuals, ShapePrior, Solution, residuals
from neuropose.body.kinematics import arguments, forward
from neuropose.body.observations import Observations
from neuropose.body.structure import Structure
from neuropose.data import BodyShape, Exchange, Reconstruction
from neuropose.data.reconstruction import HeightSource
from neuropose.errors import MissingJointsError, NeuroPoseError
from neuropose.filters.columns import runs
from neuropose.grammar import counted
from neuropose.sequence.data import ReferenceFrame
from neuropose.sequence.floor_axes import floor_axes
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.skeletons.sides import SIDES

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

OUTLIER_WEIGHT = 0.25
"""An observation of less robust weight counts as one that the fit hardly followed."""
_CHUNK = 500  # frames at once, so that memory does not grow with them
_PELVIS = ("pelvis_x", "pelvis_y", "pelvis_z")
_TURNS = ("pelvis_rotation", "pelvis_obliquity", "pelvis_tilt")
_ASSUMED = (
    "the camera stands still; the lengths of the body do not change; left and right are equally "
    "long"
)


@dataclass(frozen=True, eq=False)
class Fitted:
    """Everything that a fit left behind; the arguments of `reconstruction`.

    Parameters
    ----------
    sequence : PoseSequence
        The recording as its source has it.
    structure, shown : Structure
        The body with the landmarks that were fitted, and with the joints that are given out.
    solution : Solution
        Coordinates in the axes of the fit, and the person.
    deviations : ndarray, shape (T, D, N)
        Draws of the coordinates.
    moved_mm : ndarray, shape (N, T, J, 3)
        The same draws of the joints, in the axes of the recording.
    shape_covariance : ndarray, shape (S + 3 K, S + 3 K)
        Of lengths and offsets.
    height_source : {"given", "measured", "estimated"}
        Where the stature comes from.
    stated_height_mm : float or None
        The stature that was given.
    scale_error : float
        Standard error of the size of the whole, as a share of it.
    axes : ndarray, shape (3, 3)
        Turns the axes of the fit into those of the recording.
    labels : tuple of Labels
        What was exchanged in each view.
    views : tuple of Observations
        What was fitted, in the axes of the fit.
    names : tuple of str
        Names of the views; empty for one.
    stands : ndarray of bool, shape (T, L)
        Which landmarks stand.
    most_bridged_s : float
        A longer stretch without the person stays missing.
    free : tuple of str
        Coordinates that were freed.
    """

    sequence: PoseSequence
    structure: Structure
    shown: Structure
    solution: Solution
    deviations: NDArray[np.float16]
    moved_mm: NDArray[np.float16]
    shape_covariance: Array
    height_source: HeightSource
    stated_height_mm: float | None
    scale_error: float
    axes: Array
    labels: tuple[Labels, ...]
    views: tuple[Observations, ...]
    names: tuple[str, ...]
    stands: Flags
    most_bridged_s: float
    free: tuple[str, ...]


def reconstruction(fitted: Fitted) -> Reconstruction:
    """Make the contract.

    Parameters
    ----------
    fitted : Fitted
        What the fit left behind.

    Returns
    -------
    Reconstruction
    """
    sequence, shown = fitted.sequence, fitted.shown
    positions_mm, pelvis = _everywhere(fitted)
    lost = _lost(fitted)
    positions_mm[lost] = np.nan
    unsettled = _unsettled(fitted)
    sided = np.array([name.startswith(("left_", "right_")) for name in shown.landmarks])
    positions_mm[np.ix_(unsettled, sided)] = np.nan
    moved_mm = fitted.moved_mm
    moved_mm[:, np.isnan(positions_mm)] = np.nan
    confidence = _confidence(fitted)
    axes = "camera" if sequence.frame is ReferenceFrame.CAMERA else "lab"
    again = PoseSequence.from_arrays(
        sequence.time_s,
        positions_mm,
        shown.landmarks,
        confidence=confidence,
        frame=sequence.frame,
        up=sequence.up,
        source=sequence.source,
    )
    up, up_error_deg, warnings = _up(again)
    values, errors = _coordinates(fitted, pelvis, up)
    missing = np.broadcast_to(lost[:, None], values.shape) | _unseen(fitted)
    one_side = np.array([name.startswith(("left_", "right_")) for name in shown.names])
    missing = missing | (unsettled[:, None] & one_side)
    values[missing] = errors[missing] = np.nan
    residuals = _residuals(fitted)
    exchanged = _exchanges(fitted)
    stated_mm = fitted.stated_height_mm
    return Reconstruction(
        source=sequence.source,
        axes=axes,
        up=None if up is None else (float(up[0]), float(up[1]), float(up[2])),
        up_source="given" if sequence.up is not None else "estimated",
        up_error_deg=None if sequence.up is not None or up is None else up_error_deg,
        first_frame=sequence.first_frame or 0,
        time_s=sequence.time_s,
        coordinate_names=shown.names,
        coordinates=values,
        coordinate_errors=errors,
        joints=shown.landmarks,
        positions_mm=positions_mm,
        position_draws_mm=moved_mm,
        confidence=confidence,
        shape=_shape(fitted),
        exchanges=exchanged,
        contacts=contacts(fitted.structure.landmarks, fitted.stands, sequence.first_frame or 0),
        residuals_px={},
        residuals_mm=residuals[0],
        outlier_share=residuals[1],
        cameras=fitted.names,
        camera_view=_view(again),
        assumptions=sequence.assumptions,
        warnings=(*_doubts(fitted, exchanged), *warnings, *sequence.warnings),
        settings={
            "model": shown.model.name,
            "draws": int(fitted.moved_mm.shape[0]),
            "free": " ".join(fitted.free),
            "assumed": _ASSUMED,
            **({} if stated_mm is None else {"height_mm": stated_mm}),
        },
    )


def shown_offsets_mm(shown: Structure, body: Structure, person: Person) -> Array:
    """Return the offsets of the points that are given out: those of the surface, not of joints.

    A point at the side of a knee whose other side has none is given on the knee's axis. The marker
    may be 15 mm before or behind it, which would turn the thigh by 20°.

    Parameters
    ----------
    shown, body : Structure
        The body with the joints that are given out, and with the landmarks that were fitted.
    person : Person
        Lengths and offsets.

    Returns
    -------
    ndarray, shape (K, 3)
        mm.
    """
    offsets_mm = np.zeros((len(shown.kinds), 3))
    for mark, kind in zip(shown.landmarks, shown.kind, strict=True):
        name = shown.kinds[kind]
        if shown.model.landmarks[mark].surface and name in body.kinds:
            offsets_mm[kind] = person.offsets_mm[body.kinds.index(name)]
        if name == "knee_lateral" and "knee_medial" not in body.kinds:
            offsets_mm[kind, :2] = 0.0
    return offsets_mm


def _everywhere(fitted: Fitted) -> tuple[Array, Array]:
    """Joints (T, J, 3) in the recording's axes, rotations of the pelvis (T, 3, 3) in the fit's."""
    shown, person = fitted.shown, fitted.solution.person
    of_person = arguments(
        shown, person.lengths_mm, shown_offsets_mm(shown, fitted.structure, person)
    )
    coordinates = fitted.solution.coordinates
    points = np.empty((len(coordinates), len(shown.landmarks), 3))
    pelvis = np.empty((len(coordinates), 3, 3))
    for first in range(0, len(coordinates), _CHUNK):
        rows = slice(first, first + _CHUNK)
        chain = forward(coordinates[rows], *of_person)
        points[rows], pelvis[rows] = chain[0] @ fitted.axes.T, chain[1][:, 0]
    return points, pelvis


def _lost(fitted: Fitted) -> Flags:
    """Frames in the middle of too long a stretch in which nothing is seen."""
    seen = np.asarray(np.any([view.seen.any(axis=1) for view in fitted.views], axis=0))
    lost = np.zeros(len(seen), np.bool_)
    time_s = fitted.sequence.time_s
    for first, stop in runs(~seen):
        before, after = max(first - 1, 0), min(stop, len(seen) - 1)
        if time_s[after] - time_s[before] > fitted.most_bridged_s:
            lost[first:stop] = True
    return lost


def _unseen(fitted: Fitted) -> Flags:
    """Coordinates that no landmark of the source shows, as those of feet without heels and toes."""
    body = fitted.structure
    moving = body.moves[body.segment].any(axis=0)
    still = np.zeros(len(body.names), np.bool_)
    for dof in range(len(body.names)):
        marks = body.moves[body.segment, dof] == 1
        origin_only = _at_origin(body)[marks]
        own = body.segment[marks]
        segment = int(np.searchsorted(body.first, dof, side="right")) - 1
        still[dof] = bool(marks.any()) and bool((origin_only & (own == segment)).all())
    return np.asarray((~moving | still | _guessed(body)[1])[None])


def _at_origin(body: Structure) -> Flags:
    """Which landmarks are at the origin of their segment, (L,)."""
    return np.asarray(np.abs(body.place).sum(axis=(1, 2)) == 0.0)


def _guessed(body: Structure) -> tuple[list[str], Flags]:
    """Return the segments that no landmark shows where they meet the next, and the angles there.

    A thigh and a shank without a marker bend as the distance from hip to heel wants, which an error
    of their lengths of 2 % changes by 20°.
    """
    shown = np.zeros(len(body.parent), np.bool_)
    for segment, at in zip(body.segment, _at_origin(body), strict=True):
        shown[body.parent[segment] if at else segment] = True
    seen_beyond = np.asarray(body.moves[body.segment].any(axis=0))
    coordinates = np.zeros(len(body.names), np.bool_)
    first = []
    for segment, up in enumerate(body.parent):
        own = slice(body.first[segment], body.first[segment + 1])
        if up < 0 or shown[segment] or shown[up] or not seen_beyond[own].any():
            continue
        first.append(body.model.segments[up].name)
        for each in (up, segment, *np.flatnonzero(body.parent == segment)):
            coordinates[body.first[each] : body.first[each + 1]] = True
    return first, coordinates


def _confidence(fitted: Fitted) -> Array:
    """Return that of the source for each joint, after the sides were put right."""
    names, sequence = fitted.shown.landmarks, fitted.sequence
    seen = {name: row for row, name in enumerate(fitted.structure.landmarks)}
    confidence = fitted.views[0].confidence
    for view in fitted.views[1:]:
        confidence = np.fmax(confidence, view.confidence)
    columns = []
    for name in names:
        if name in seen:
            columns.append(confidence[:, seen[name]])
            continue
        made_of = [
            confidence[:, seen[f"{side}_{joint}"]]
            for joint in {"pelvis": ("hip",), "neck": ("shoulder",), "head": ("ear",)}.get(name, ())
            for side in SIDES
            if f"{side}_{joint}" in seen
        ]
        columns.append(np.min(made_of, axis=0) if made_of else sequence.joint_confidence(name))
    return np.stack(columns, axis=1)


def _up(again: PoseSequence) -> tuple[Array | None, float, tuple[str, ...]]:
    try:
        found = vertical(again)
    except (NeuroPoseError, ValueError):
        return None if again.up is None else np.asarray(again.up), float("nan"), ()
    given = found.method in (VerticalMethod.GIVEN, VerticalMethod.ASSUMED)
    return np.asarray(found.up), 0.0 if given else found.error_deg, found.warnings


def _view(again: PoseSequence) -> str | None:
    try:
        seen = viewpoint(again, heading(again))
    except (MissingJointsError, NeuroPoseError, ValueError):
        return None
    return None if seen is None else str(seen.during())


def _coordinates(fitted: Fitted, pelvis: Array, up: Array | None) -> tuple[Array, Array]:
    """Return values and standard errors, degrees and mm, the pelvis's against the floor."""
    names = fitted.shown.names
    values = fitted.solution.coordinates.copy()
    deviations = fitted.deviations
    count = deviations.shape[2]
    squared = np.zeros_like(values)
    upwards = fitted.axes[:, 1] if up is None else up
    floor = fitted.axes.T @ floor_axes(fitted.sequence.frame, upwards)
    moves = [names.index(name) for name in _PELVIS]
    turns = [names.index(name) for name in _TURNS]
    values[:, moves] = values[:, moves] @ floor
    plain = _yxz(floor.T @ pelvis)
    for draw in range(count):
        apart = deviations[:, :, draw].astype(np.float64)
        turned = _rotations(fitted.solution.coordinates[:, turns] + apart[:, turns])
        apart[:, moves] = apart[:, moves] @ floor
        apart[:, turns] = (_yxz(floor.T @ turned) - plain + np.pi) % (2.0 * np.pi) - np.pi
        squared += apart**2
    values[:, turns] = np.column_stack([np.unwrap(plain[:, 0]), plain[:, 1], plain[:, 2]])
    errors = np.sqrt(squared / count)
    scale = np.array(
        [1.0 if each.translation else 180.0 / np.pi for each in fitted.shown.coordinates]
    )
    return values * scale, errors * scale


def _rotations(angles: Array) -> Array:
    """Rotations about Y, then X, then −Z, (T, 3, 3)."""
    (cy, cx, cz), (sy, sx, sz) = np.cos(angles).T, np.sin(angles).T
    sz = -sz
    return np.stack(
        [
            np.stack([cy * cz + sy * sx * sz, -cy * sz + sy * sx * cz, sy * cx], -1),
            np.stack([cx * sz, cx * cz, -sx], -1),
            np.stack([-sy * cz + cy * sx * sz, sy * sz + cy * sx * cz, cy * cx], -1),
        ],
        axis=-2,
    )


def _yxz(axes: Array) -> Array:
    """Angles about Y, then X, then −Z, (T, 3)."""
    return np.column_stack(
        [
            np.arctan2(axes[:, 0, 2], axes[:, 2, 2]),
            np.arcsin(np.clip(-axes[:, 1, 2], -1.0, 1.0)),
            -np.arctan2(axes[:, 1, 0], axes[:, 1, 1]),
        ]
    )


def _shape(fitted: Fitted) -> BodyShape:
    body, person = fitted.structure, fitted.solution.person
    variance = np.maximum(np.diag(fitted.shape_covariance)[: len(body.lengths)], 0.0)
    errors = np.sqrt(variance + (fitted.scale_error * person.lengths_mm) ** 2)
    names = body.lengths[1:]
    shared_mm = person.offsets_mm[: len(body.kinds)]  # of views, none is the person's
    return BodyShape(
        height_mm=float(person.lengths_mm[0]),
        height_source=fitted.height_source,
        lengths_mm=dict(zip(names, person.lengths_mm[1:].tolist(), strict=True)),
        standard_errors_mm=dict(zip(names, errors[1:].tolist(), strict=True)),
        offsets_mm={
            kind: (float(x), float(y), float(z))
            for kind, (x, y, z) in zip(body.kinds, shared_mm, strict=True)
        },
    )


def _unsettled(fitted: Fitted) -> Flags:
    """Frames in which no view tells which side is which."""
    return np.asarray(np.all([labels.unsettled for labels in fitted.labels], axis=0))


def _exchanges(fitted: Fitted) -> tuple[Exchange, ...]:
    """List the runs of frames with one label, those that are not settled among them."""
    first_frame = fitted.sequence.first_frame or 0
    found = []
    for camera, labels in zip(fitted.names or (None,), fitted.labels, strict=True):
        for state, limbs in enumerate(STATES):
            if limbs is None:
                continue
            for first, stop in runs(labels.state == state):
                found.append(
                    Exchange(
                        first=int(first) + first_frame,
                        last=int(stop) - 1 + first_frame,
                        limbs=limbs,
                        probability=float(labels.probability[first:stop, state].mean()),
                        settled=camera is not None or not labels.unsettled[first:stop].any(),
                        camera=camera,
                    )
                )
    return tuple(sorted(found, key=lambda exchange: exchange.first))


def _residuals(fitted: Fitted) -> tuple[dict[str, float], dict[str, float]]:
    """Root mean square residual (mm) and share of outliers, by landmark."""
    names = fitted.structure.landmarks
    total, outliers, known = (np.zeros(len(names)) for _ in range(3))
    for first in range(0, len(fitted.sequence), _CHUNK):
        rows = slice(first, first + _CHUNK)
        views = tuple(view.rows(rows) for view in fitted.views)
        found = _against(fitted, views, fitted.solution.coordinates[rows])
        for number, view in enumerate(views):
            own = slice(number * len(names), (number + 1) * len(names))
            residual, weight = found.residual[:, own], found.weight[:, own]
            there = weight[..., 0] > 0.0
            directions = slice(0, 3) if view.camera is None else slice(0, 2)
            apart_mm = residual * np.nan_to_num(view.spread_mm)
            squared = (apart_mm[..., directions] ** 2).sum(axis=2)
            total += np.where(there, squared, 0.0).sum(axis=0)
            outliers += (there & (weight[..., 0] < OUTLIER_WEIGHT)).sum(axis=0)
            known += there.sum(axis=0)
    known = np.maximum(known, 1.0)
    return (
        dict(zip(names, np.sqrt(total / known).tolist(), strict=True)),
        dict(zip(names, (outliers / known).tolist(), strict=True)),
    )


def _against(fitted: Fitted, views: tuple[Observations, ...], coordinates: Array) -> Residuals:
    size = len(fitted.shape_covariance)
    nothing = ShapePrior(np.zeros((size, size)), np.zeros(size))
    return residuals(Problem(fitted.structure, views, nothing), coordinates, fitted.solution.person)


def _doubts(fitted: Fitted, exchanged: tuple[Exchange, ...]) -> list[str]:
    doubts = []
    frames = len(fitted.sequence)
    for camera, labels in zip(fitted.names or (None,), fitted.labels, strict=True):
        count = int(labels.exchanged.sum())
        stretches = sum(each.camera == camera for each in exchanged)
        if count:
            where = "" if camera is None else f"{camera}: "
            doubts.append(
                f"{where}left and right were exchanged in {count} of {frames} frames "
                f"({counted(stretches, 'stretch', 'stretches')}) and put right"
            )
    doubts += [
        f"nothing is seen of the {name.replace('_', ' ')} and what follows it, and their lengths "
        "alone do not tell how they bend: their angles are not given"
        for name in _guessed(fitted.structure)[0]
    ]
    unsettled = int(_unsettled(fitted).sum())
    if unsettled:
        doubts.append(
            f"in {unsettled} of {frames} frames it cannot be told which side is which: they have "
            "no sided numbers"
        )
    return doubts
