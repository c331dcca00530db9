"""Fit a body to a recording."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import threadpool_limits

from neuropose.body import contacts, draws, exchanges
from neuropose.body.fit import (
    CLOSELY,
    EXACTLY,
    End,
    Person,
    Problem,
    ShapePrior,
    Solution,
    fit,
    independent_share,
    residuals,
)
from neuropose.body.kinematics import arguments, by_coordinates, by_shape, forward, positions_mm
from neuropose.body.model import BodyModel, load_body_model
from neuropose.body.observations import Observations, from_camera, from_space
from neuropose.body.result import Fitted, reconstruction, shown_offsets_mm
from neuropose.body.shape import given_shape_prior, shape_prior, usual_person
from neuropose.body.start import estimated_height_mm, first_coordinates
from neuropose.body.structure import Structure, structure
from neuropose.body.windows import excerpt, windows
from neuropose.data import BodyShape, Reconstruction, Subject, VideoPredictions
from neuropose.errors import ReconstructionError
from neuropose.geometry import frame_of
from neuropose.sequence.pose_sequence import PoseSequence

Array = NDArray[np.float64]
Progress = Callable[[float], None]

HEIGHT_SPREAD = {"camera": 0.08, "lab": 0.03}
"""Standard deviation of the stature that a source's own lengths tell, as a share of it."""
SCALE_ERROR = 0.15
"""Standard error of the size of a person of unknown stature, and of all lengths with it.

A pose model guesses how large people are: those of eight cameras were made 13 to 17 % too small.
"""
GIVEN_HEIGHT_MM = 10.0
"""Standard deviation of a given stature."""
MOST_BRIDGED_S = 0.5
"""A longer stretch in which nothing is seen of the person stays missing."""
DRAWS = 32
"""Draws of the posterior for a recording of usual length."""
_LEAST_DRAWS = 10
_MOST_DRAWN = 8_000_000  # numbers, all draws together: 32 MB
_PIECES, _PIECE = 4, 75  # frames from which the lengths are found
_LEAST_LANDMARKS = 6
_LEAST_FRAMES = 5
_SEED = 0
_UPRIGHT = np.array([0.0, 1.0, 0.0])
_TRIAL_DRAWS = 4
_SCALES = (0.3, 5.0)
_FAR_BETTER = 0.2
_MOST_TIGHTER = 0.02
_MOST_TIGHTENINGS = 4
_TINY = 1e-30


@dataclass(frozen=True, eq=False)
class _Source:
    """A recording, and how it is to be fitted."""

    sequence: PoseSequence
    seen: Observations
    model: BodyModel
    skeleton: str
    shape: BodyShape | None
    height_mm: float | None
    free: tuple[str, ...]
    draws: int
    on_progress: Progress


def reconstruct(
    predictions: VideoPredictions,
    subject: str | Subject = "longest",
    *,
    shape: BodyShape | None = None,
    height_mm: float | None = None,
    up: ArrayLike | str | None = None,
    canonical: Mapping[str, Sequence[str]] | None = None,
    free: Collection[str] = (),
    model: Path | None = None,
    draws: int = DRAWS,
    on_progress: Progress | None = None,
) -> Reconstruction:
    """Fit a body to one person in the predictions of a video.

    Parameters
    ----------
    predictions : VideoPredictions
        Tracked predictions, with their camera.
    subject : str or Subject
        Whom: ``longest``, ``largest``, ``most_central`` or ``track:N``.
    shape : BodyShape, optional
        Lengths found in another recording of the same person.
    height_mm : float, optional
        Stature; default: that which the model's own lengths tell.
    up : array_like or str, optional
        Direction away from the floor in the axes of the camera; default: estimated.
    canonical : mapping of str to sequence of str, optional
        Canonical joints of an unknown skeleton and their sources.
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
        In the axes of the camera.

    Raises
    ------
    ReconstructionError
        If the predictions have no camera, or too little of the person is seen.
    SubjectError
        If the person cannot be picked.
    BodyModelError
        If the body model cannot be read, or has no coordinate of a name in `free`.

    Notes
    -----
    Gauss–Newton on all frames at once: points in the picture, the model's depths, constant lengths,
    ranges of motion, and smoothness in time. Nothing in it knows how people walk. See
    ``docs/guides/reconstruction.md``.

    Examples
    --------
    >>> from neuropose.testing import synthetic_predictions
    >>> found = reconstruct(synthetic_predictions(frame_count=20))
    >>> found.coordinates.shape[0], found.axes
    (20, 'camera')
    """
    if predictions.camera is None:
        raise ReconstructionError(
            "these predictions do not say which camera they were made with",
            hint="process the video again, or analyse the predictions without a reconstruction",
        )
    sequence = PoseSequence.from_predictions(
        predictions, subject=subject, canonical=canonical, up=up
    )
    body = load_body_model(model)
    landmarks = _landmarks(sequence, body)
    return _reconstructed(
        _Source(
            sequence=sequence,
            seen=from_camera(predictions, sequence, landmarks),
            model=body,
            skeleton=predictions.skeleton.name,
            shape=shape,
            height_mm=height_mm,
            free=tuple(free),
            draws=draws,
            on_progress=on_progress or _silent,
        )
    ).model_copy(update={"provenance": predictions.provenance})


def reconstruct_markers(
    sequence: PoseSequence,
    *,
    shape: BodyShape | None = None,
    height_mm: float | None = None,
    free: Collection[str] = (),
    model: Path | None = None,
    draws: int = DRAWS,
    on_progress: Progress | None = None,
) -> Reconstruction:
    """Fit a body to markers, or to any other points in space.

    Parameters
    ----------
    sequence : PoseSequence
        Positions of canonical joints and landmarks.
    shape : BodyShape, optional
        Lengths found in another recording of the same person.
    height_mm : float, optional
        Stature; default: that which the distances between joints tell.
    free : collection of str
        Fixed coordinates to free.
    model : Path, optional
        A lab's own body model (YAML).
    draws : int
        How many draws of the posterior to keep; fewer of very long recordings.
    on_progress : callable, optional
        Called with the share that is done, 0 to 1.

    Returns
    -------
    Reconstruction
        In the axes of the sequence.

    Raises
    ------
    ReconstructionError
        If too little of the person is seen.
    BodyModelError
        If the body model cannot be read, or has no coordinate of a name in `free`.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> reconstruct_markers(walker_sequence(simulate_walk())).axes
    'lab'
    """
    body = load_body_model(model)
    return _reconstructed(
        _Source(
            sequence=sequence,
            seen=from_space(sequence, _landmarks(sequence, body)),
            model=body,
            skeleton=sequence.source,
            shape=shape,
            height_mm=height_mm,
            free=tuple(free),
            draws=draws,
            on_progress=on_progress or _silent,
        )
    )


def _silent(_share: float) -> None:
    return None


def _landmarks(sequence: PoseSequence, body: BodyModel) -> tuple[str, ...]:
    """Return the landmarks that are seen, none of them made of others."""
    there = [name for name in body.landmarks if sequence.has(name)]
    ever = [name for name in there if np.isfinite(sequence.joint(name)).any()]
    once = sequence.counted_once(*ever) if ever else ()
    known = np.asarray(np.isfinite(sequence.positions_mm).all(axis=2))
    frames = int(known.any(axis=1).sum())
    if len(once) < _LEAST_LANDMARKS or frames < _LEAST_FRAMES:
        raise ReconstructionError(
            f"{sequence.source} shows {len(once)} landmarks of the body in {frames} frames",
            hint=f"at least {_LEAST_LANDMARKS} in {_LEAST_FRAMES} frames are needed",
        )
    return once


def _reconstructed(source: _Source) -> Reconstruction:
    with threadpool_limits(limits=1):  # the blocks are small, and sums keep their order
        return _fit_all(source)


@dataclass(frozen=True, eq=False)
class _Built:
    """The person of a recording, and what their observations are worth.

    Parameters
    ----------
    seen : Observations
        With the deviations that they turned out to have.
    chosen : ndarray of int
        Frames from which the lengths were found.
    solution : Solution
        Of these frames.
    covariance : ndarray, shape (S + 3 K, S + 3 K)
        Of lengths and offsets, mm².
    scale : ndarray, shape (3 L,)
        Standard deviation of the residuals' rows, in units of what the fit takes it for.
    end : End
        When a fit ends.
    """

    seen: Observations
    chosen: NDArray[np.int64]
    solution: Solution
    covariance: Array
    scale: Array
    end: End


@dataclass(frozen=True, eq=False)
class _Moved:
    """The movement of a recording.

    Parameters
    ----------
    coordinates : ndarray, shape (T, D)
        Radians and mm.
    deviations : ndarray, shape (T, D, N)
        Draws of the coordinates, less these.
    moved_mm : ndarray, shape (N, T, J, 3)
        The same draws of the joints.
    stands : ndarray of bool, shape (T, L)
        Which landmarks stand.
    """

    coordinates: Array
    deviations: NDArray[np.float32]
    moved_mm: NDArray[np.float32]
    stands: NDArray[np.bool_]


def _fit_all(source: _Source) -> Reconstruction:
    labels = exchanges.settle(source.seen)
    seen = source.seen.taken(exchanges.sources(source.seen.landmarks, labels.state))
    share = independent_share(seen.time_s)
    if seen.camera is not None:  # errors of depth last, so that frames repeat each other
        seen = replace(seen.far_side_apart(), along_mm=seen.along_mm / np.sqrt(share))
    axes = _body_axes(source.sequence, seen)
    seen = seen.turned(axes.T)
    body = structure(source.model, seen.landmarks, source.skeleton, source.free)
    person, prior = _first_person(source, body, seen, axes, share)
    start = first_coordinates(*_rough(source, body, seen, axes), _UPRIGHT)
    up = _UPRIGHT if source.sequence.up is None else axes.T @ source.sequence.up
    source.on_progress(0.05)
    built = _built(Problem(body, seen, prior), Solution(start, person), share, up)
    source.on_progress(0.3)
    if len(built.chosen) == len(seen):
        start = built.solution.coordinates
    joints = [name for name in source.model.landmarks if source.sequence.has(name)]
    shown = structure(source.model, joints, "", source.free)
    height_known = source.height_mm is not None or (
        source.shape is not None and source.shape.height_source == "given"
    )
    scale_error = 0.0 if height_known or seen.camera is None else SCALE_ERROR
    moved = _moved(source, Problem(body, built.seen, prior), built, start, shown, scale_error, up)
    return reconstruction(
        Fitted(
            sequence=source.sequence,
            structure=body,
            shown=shown,
            solution=Solution(moved.coordinates, built.solution.person),
            deviations=moved.deviations,
            moved_mm=moved.moved_mm,
            shape_covariance=built.covariance,
            height_given=height_known,
            scale_error=scale_error,
            axes=axes,
            labels=labels,
            seen=built.seen,
            stands=moved.stands,
            most_bridged_s=MOST_BRIDGED_S,
            free=source.free,
        )
    )


def _built(everything: Problem, start: Solution, share: float, up: Array) -> _Built:
    """Find the lengths of the person from a part of the frames."""
    seen = everything.seen
    chosen = excerpt(np.asarray(seen.seen.any(axis=1)), _PIECES, _PIECE)
    breaks = np.diff(chosen) > 1
    problem = replace(everything, seen=seen.rows(chosen), breaks=breaks if breaks.any() else None)
    solution = Solution(start.coordinates[chosen], start.person)
    solution = fit(problem, solution, with_shape=False, most_steps=8)
    solution = fit(problem, solution, with_shape=True)
    problem = _with_feet(problem, solution, up)
    solution = fit(problem, solution, with_shape=True)
    covariance = draws.shape_covariance(problem, solution, share)
    ratio = _residual_ratio(problem, solution, covariance, share)
    end = CLOSELY
    for _ in range(_MOST_TIGHTENINGS):
        better = np.median(ratio, axis=0)
        if not (better < _FAR_BETTER).any():
            break
        end = EXACTLY
        seen = _tightened(seen, better)
        problem = replace(problem, seen=seen.rows(chosen))
        solution = fit(problem, solution, with_shape=True, end=end)
        covariance = draws.shape_covariance(problem, solution, share)
        ratio = _residual_ratio(problem, solution, covariance, share)
    scale = _error_scale(ratio, share, in_space=seen.camera is None)
    return _Built(seen, chosen, solution, covariance, scale, end)


def _moved(
    source: _Source,
    everything: Problem,
    built: _Built,
    start: Array,
    shown: Structure,
    scale_error: float,
    up: Array,
) -> _Moved:
    """Fit the whole movement, window by window, and draw what else it may have been."""
    body, person = everything.body, built.solution.person
    frames, dofs = start.shape
    count = _draw_count(source.draws, frames, len(source.model.landmarks))
    shape_draws = draws.person_draws(built.covariance, count, _SEED)
    scale_draws = scale_error * draws.scale_draws(count, _SEED)
    noise = draws.Noise(count, _SEED)
    moves = _translations(body)
    moved = _Moved(
        coordinates=np.empty((frames, dofs)),
        deviations=np.empty((frames, dofs, count), np.float32),
        moved_mm=np.empty((count, frames, len(shown.landmarks), 3), np.float32),
        stands=np.zeros((frames, len(body.landmarks)), np.bool_),
    )
    lasting: dict[int, Array] = {}
    parts = windows(everything.seen.time_s)
    for number, window in enumerate(parts):
        piece = everything.rows(window.rows)
        fitted = fit(piece, Solution(start[window.rows], person), with_shape=False, most_steps=10)
        piece = _with_feet(piece, fitted, up)
        fitted = fit(piece, fitted, with_shape=False, most_steps=5, end=built.end)
        errors = _error_model(built.scale, piece, built.covariance)
        drawn = draws.draw(
            piece, fitted, errors, shape_draws, window.first, noise, lasting.get(window.first)
        )
        if number + 1 < len(parts):
            following = parts[number + 1].first
            lasting = {following: drawn.lasting[following - window.first - 1]}
        drawn.deviations[:, moves] += fitted.coordinates[:, moves, None] * scale_draws
        moved_mm = _moved_mm(shown, fitted, shape_draws, scale_draws, body, drawn.deviations)
        moved.coordinates[window.own] = fitted.coordinates[window.inner]
        moved.deviations[window.own] = drawn.deviations[window.inner]
        moved.moved_mm[:, window.own] = moved_mm[:, window.inner]
        moved.stands[window.own] = _stands(piece)[window.inner]
        source.on_progress(0.3 + 0.7 * (number + 1) / len(parts))
    return moved


def _body_axes(sequence: PoseSequence, seen: Observations) -> Array:
    """Axes in which the trunk is upright most of the time, so that the pelvis's angles are tame."""
    points = dict(zip(seen.landmarks, np.moveaxis(seen.points_mm, 1, 0), strict=True))

    def middle(joint: str) -> Array | None:
        sides = [
            points[f"{side}_{joint}"] for side in ("left", "right") if f"{side}_{joint}" in points
        ]
        return 0.5 * (sides[0] + sides[1]) if len(sides) == 2 else points.get(joint)

    high, low = middle("shoulder"), middle("hip")
    high = middle("neck") if high is None else high
    low = middle("pelvis") if low is None else low
    low = middle("ankle") if low is None else low
    up = np.array([0.0, -1.0, 0.0]) if sequence.up is None else np.asarray(sequence.up)
    if high is not None and low is not None:
        trunk = np.nanmedian(high - low, axis=0)
        if np.isfinite(trunk).all() and np.linalg.norm(trunk) > 1.0:
            up = trunk / np.linalg.norm(trunk)
    aside = np.eye(3)[int(np.argmin(np.abs(up)))]
    return frame_of(up, aside, "yx")


def _rough(
    source: _Source, body: Structure, seen: Observations, axes: Array
) -> tuple[Structure, Array]:
    """Return joints to start from: of markers, those too that are made of observed ones."""
    if seen.camera is not None:
        return body, seen.points_mm
    sequence = source.sequence
    names = [name for name in source.model.landmarks if sequence.has(name)]
    points_mm = from_space(sequence, names).points_mm @ axes
    return structure(source.model, names, source.skeleton, source.free), points_mm


def _first_person(
    source: _Source, body: Structure, seen: Observations, axes: Array, share: float
) -> tuple[Person, ShapePrior]:
    estimate_mm = estimated_height_mm(*_rough(source, body, seen, axes))
    if source.shape is not None:
        return given_shape_prior(body, source.shape, share)
    if source.height_mm is not None:
        return (
            usual_person(body, source.height_mm),
            shape_prior(body, source.height_mm, GIVEN_HEIGHT_MM, share),
        )
    if not np.isfinite(estimate_mm):
        raise ReconstructionError(
            f"no bone of the body is seen as a whole in {source.sequence.source}",
            hint="the joints at both ends of a thigh, shank, arm or the trunk are needed",
        )
    spread = HEIGHT_SPREAD["lab" if seen.camera is None else "camera"]
    return (
        usual_person(body, estimate_mm),
        shape_prior(body, estimate_mm, spread * estimate_mm, share),
    )


def _with_feet(problem: Problem, solution: Solution, up: Array) -> Problem:
    """Return the problem with the feet held where they stand."""
    body, person = problem.body, solution.person
    points_mm = positions_mm(body, solution.coordinates, person.lengths_mm, person.offsets_mm)
    stands = contacts.standing(body.landmarks, points_mm, problem.seen.time_s, up)
    if problem.seen.camera is None:
        return problem
    return replace(problem, anchors=contacts.anchors(body.landmarks, stands, points_mm))


def _stands(problem: Problem) -> NDArray[np.bool_]:
    stands = np.zeros((len(problem.seen), len(problem.seen.landmarks)), np.bool_)
    if problem.anchors is not None:
        held = np.isfinite(problem.anchors.points_mm).all(axis=2)
        stands[:, problem.anchors.landmarks] = held
    return stands


def _residual_ratio(problem: Problem, solution: Solution, covariance: Array, share: float) -> Array:
    """Estimate how large the errors are in units of what was stated, (2,): across and along.

    The residuals are smaller than the errors, because the body follows them: by how much, draws of
    errors of the stated size tell.
    """
    rows = 3 * len(problem.seen.landmarks)
    in_space = problem.seen.camera is None
    stated = _error_scale(np.ones((rows // 3, 2)), share, in_space=in_space)
    errors = _error_model(stated, problem, covariance)
    still = np.zeros((len(covariance), _TRIAL_DRAWS))
    trial = draws.draw(problem, solution, errors, still, 0, draws.Noise(_TRIAL_DRAWS, _SEED), None)
    now = residuals(problem, solution.coordinates, solution.person)
    weight = np.minimum(now.flat(now.weight)[:, :rows], 1.0)
    real = (weight * now.flat(now.residual)[:, :rows] ** 2).sum(axis=0).reshape(-1, 3)
    usual = (weight * (trial.residual[:, :rows] ** 2).mean(axis=2)).sum(axis=0).reshape(-1, 3)
    groups = [[0, 1, 2], [0, 1, 2]] if in_space else [[0, 1], [2]]
    return np.stack(
        [
            np.sqrt(real[:, columns].sum(axis=1) / np.maximum(usual[:, columns].sum(axis=1), _TINY))
            for columns in groups
        ],
        axis=1,
    )


def _error_scale(ratio: Array, share: float, *, in_space: bool) -> Array:
    """Return the standard deviation of each landmark's rows, in units of what the fit takes."""
    across, along = np.clip(ratio, *_SCALES).T
    if not in_space:  # residuals along the line of sight do not show errors that last
        along = np.sqrt(share / (1.0 - draws.CONSTANT)) * np.maximum(along, 1.0)
    return np.stack([across, across, along], axis=1).ravel()


def _tightened(seen: Observations, ratio: Array) -> Observations:
    """Return observations that are far better than usual with the deviations that they have."""
    across, along = np.where(ratio < _FAR_BETTER, np.maximum(ratio, _MOST_TIGHTER), 1.0)
    return replace(seen, across_mm=seen.across_mm * across, along_mm=seen.along_mm * along)


def _error_model(scale: Array, problem: Problem, covariance: Array) -> draws.ErrorModel:
    feet = 0 if problem.anchors is None else len(problem.anchors.landmarks)
    held = np.ones(3 * feet)
    along = np.tile([0.0, 0.0, draws.CONSTANT], len(scale) // 3)
    constant = along if problem.seen.camera is not None else np.zeros_like(scale)
    return draws.ErrorModel(
        np.concatenate([scale, held]), np.concatenate([constant, 0.0 * held]), covariance
    )


def _draw_count(wanted: int, frames: int, joints: int) -> int:
    return max(min(wanted, _LEAST_DRAWS), min(wanted, _MOST_DRAWN // (3 * frames * joints)))


def _translations(body: Structure) -> NDArray[np.bool_]:
    return np.array([each.translation for each in body.coordinates])


def _moved_mm(
    shown: Structure,
    solution: Solution,
    shape_draws: Array,
    scale_draws: Array,
    body: Structure,
    deviation: Array,
) -> NDArray[np.float32]:
    """Deviations of the joints, (N, T, J, 3): those of coordinates, lengths and the whole size."""
    person = solution.person
    points, rotations, _, axes, pivots = forward(
        solution.coordinates,
        *arguments(shown, person.lengths_mm, shown_offsets_mm(shown, body, person)),
    )
    by_angle = by_coordinates(points, axes, pivots, shown.turns, shown.moves, shown.segment)
    by_length = by_shape(shown, rotations)[..., : len(shown.lengths)]
    frames, joints = points.shape[:2]
    moved = by_angle.reshape(frames, joints * 3, -1) @ deviation
    moved += by_length.reshape(frames, joints * 3, -1) @ shape_draws[: len(shown.lengths)]
    apart = points - solution.coordinates[:, None, _translations(body)]  # which has its own
    moved += apart.reshape(frames, joints * 3, 1) * scale_draws
    return np.moveaxis(moved, 2, 0).reshape(-1, frames, joints, 3).astype(np.float32)
