"""Fit a body to a recording in three steps: the person, the movement, the result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
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
    residuals,
)
from neuropose.body.kinematics import arguments, by_coordinates, by_shape, forward, positions_mm
from neuropose.body.model import BodyModel
from neuropose.body.observations import (
    Observations,
    from_space,
    independent_share,
    where_rays_meet_mm,
)
from neuropose.body.result import Fitted, reconstruction, shown_offsets_mm
from neuropose.body.shape import given_shape_prior, shape_prior, usual_person
from neuropose.body.start import SeenHeight, first_coordinates, seen_height, without_jumps
from neuropose.body.structure import Structure, structure
from neuropose.body.windows import Window, excerpt, windows
from neuropose.cores import available_cores
from neuropose.data import BodyShape, Reconstruction
from neuropose.data.arrays import half_precision
from neuropose.data.reconstruction import HeightSource
from neuropose.errors import ConfigError, ReconstructionError
from neuropose.geometry import frame_of
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.skeletons.stature import is_stature, require_stature

Array = NDArray[np.float64]
Progress = Callable[[float], None]
_Found = TypeVar("_Found")

HEIGHT_SPREAD = {"camera": 0.08, "lab": 0.03}
"""Standard deviation of the stature that a source's own lengths tell, as a share of it."""
SCALE_ERROR = 0.15
"""Standard error of the size of a person of unknown stature, and of all lengths with it.

A pose model guesses how large people are: those of eight cameras were made 13 to 17 % too small.
"""
GIVEN_HEIGHT_MM = 10.0
"""Standard deviation of a given stature."""
SURELY_OTHER = 2.58
"""A given stature is doubted so many standard errors from what is seen: one of 100 right ones."""
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
_FAR_BETTER = 0.05  # made for exact points: of real videos of people who stand, 0.1 to 0.2 is left
_MOST_TIGHTER = 0.02
_MOST_TIGHTENINGS = 4
_REWEIGHINGS, _REWEIGHED = 2, (0.5, 3.0)
_TINY = 1e-30


@dataclass(frozen=True, eq=False)
class Recording:
    """A recording of one person, and how a body is to be fitted to it.

    Parameters
    ----------
    sequence : PoseSequence
        Joints as the source has them, or where several views meet.
    views : tuple of Observations
        What each camera sees, or the points in space, in the axes of the sequence.
    model : BodyModel
        The body.
    skeleton : str
        Name of the skeleton that is seen.
    shape : BodyShape or None
        Lengths found in another recording of the same person.
    height_mm : float or None
        Stature, if it is known.
    free : tuple of str
        Fixed coordinates to free.
    draws : int
        How many draws of the posterior to keep.
    on_progress : callable
        Called with the share that is done.
    names : tuple of str
        Names of the views; empty for one.
    """

    sequence: PoseSequence
    views: tuple[Observations, ...]
    model: BodyModel
    skeleton: str
    shape: BodyShape | None
    height_mm: float | None
    free: tuple[str, ...]
    draws: int
    on_progress: Progress
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.draws < 2:
            raise ConfigError(
                f"{self.draws} draws do not show an error",
                hint="give draws=2 or more; 32 are usual",
            )
        require_stature(self.height_mm)
        if self.shape is not None and self.shape.height_source == "given":
            require_stature(self.shape.height_mm)


def silent(_share: float) -> None:
    """Report no progress.

    Parameters
    ----------
    _share : float
        Share that is done.
    """


def seen_landmarks(sequence: PoseSequence, body: BodyModel) -> tuple[str, ...]:
    """Return the landmarks that are seen, none of them made of others.

    A point that stands for a joint and for a place on the surface, as a marker at the side of a
    knee whose other side has none, is at the surface.

    Parameters
    ----------
    sequence : PoseSequence
        A recording.
    body : BodyModel
        The body.

    Returns
    -------
    tuple of str
        Canonical names.

    Raises
    ------
    ReconstructionError
        If they are too few.
    """
    there = [name for name in body.landmarks if sequence.has(name)]
    ever = [name for name in there if np.isfinite(sequence.joint(name)).any()]
    surface_first = sorted(ever, key=lambda name: not body.landmarks[name].surface)
    once = sequence.counted_once(*surface_first) if ever else ()
    known = np.asarray(np.isfinite(sequence.positions_mm).all(axis=2))
    frames = int(known.any(axis=1).sum())
    if len(once) < _LEAST_LANDMARKS or frames < _LEAST_FRAMES:
        raise ReconstructionError(
            f"{sequence.source} shows {len(once)} landmarks of the body in {frames} "
            f"frame{'' if frames == 1 else 's'}",
            hint=f"at least {_LEAST_LANDMARKS} in {_LEAST_FRAMES} frames are needed",
        )
    return tuple(name for name in ever if name in once)


def fit_recording(source: Recording) -> Reconstruction:
    """Fit a body.

    Parameters
    ----------
    source : Recording
        The recording.

    Returns
    -------
    Reconstruction

    Raises
    ------
    ReconstructionError
        If no bone is seen as a whole.
    """
    with threadpool_limits(limits=1):  # the blocks are small, and sums keep their order
        return _fit_all(source)


@dataclass(frozen=True, eq=False)
class _Built:
    """The person of a recording, and what their observations are worth.

    Parameters
    ----------
    views : tuple of Observations
        With the deviations that they turned out to have.
    chosen : ndarray of int
        Frames from which the lengths were found.
    solution : Solution
        Of these frames.
    covariance : ndarray, shape (S + 3 K, S + 3 K)
        Of lengths and offsets, mm².
    scale : ndarray, shape (3 V L,)
        Standard deviation of the residuals' rows, in units of what the fit takes it for.
    end : End
        When a fit ends.
    """

    views: tuple[Observations, ...]
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
        The same draws of the joints, in the axes of the recording.
    stands : ndarray of bool, shape (T, L)
        Which landmarks stand.
    """

    coordinates: Array
    deviations: NDArray[np.float16]
    moved_mm: NDArray[np.float16]
    stands: NDArray[np.bool_]


def _fit_all(source: Recording) -> Reconstruction:
    labels = exchanges.settle(source.views)
    share = independent_share(source.sequence.time_s)
    views = tuple(
        _weighed(view.taken(exchanges.sources(view.landmarks, each.state)), share, len(labels))
        for view, each in zip(source.views, labels, strict=True)
    )
    axes = _body_axes(source.sequence, views[0])
    views = tuple(view.turned(axes.T) for view in views)
    marks = views[0].landmarks
    body = structure(source.model, marks, source.skeleton, source.free, len(views))
    rough = _rough(source, body, views, axes)
    seen = seen_height(*rough)
    _require_human_size(source, seen)
    person, prior = _first_person(source, body, seen, share)
    start = first_coordinates(*rough, _UPRIGHT)
    up = _UPRIGHT if source.sequence.up is None else axes.T @ source.sequence.up
    source.on_progress(0.05)
    built = _built(Problem(body, views, prior), Solution(start, person), share, up)
    source.on_progress(0.3)
    if len(built.chosen) == len(start):
        start = built.solution.coordinates
    joints = [name for name in source.model.landmarks if source.sequence.has(name)]
    shown = structure(source.model, joints, "", source.free)
    height_source = _height_source(source)
    scale_error = SCALE_ERROR if height_source == "estimated" else 0.0
    moved = _moved(
        source, Problem(body, built.views, prior), built, start, shown, scale_error, up, axes
    )
    doubts = _doubts_of_height(source, seen)
    return reconstruction(
        Fitted(
            sequence=replace(source.sequence, warnings=(*doubts, *source.sequence.warnings)),
            structure=body,
            shown=shown,
            solution=Solution(moved.coordinates, built.solution.person),
            deviations=moved.deviations,
            moved_mm=moved.moved_mm,
            shape_covariance=built.covariance,
            height_source=height_source,
            stated_height_mm=source.height_mm,
            scale_error=scale_error,
            axes=axes,
            labels=labels,
            views=built.views,
            names=source.names,
            stands=moved.stands,
            most_bridged_s=MOST_BRIDGED_S,
            free=source.free,
        )
    )


def _height_source(source: Recording) -> HeightSource:
    if source.height_mm is not None:
        return "given"
    if source.shape is not None and source.shape.height_source != "estimated":
        return source.shape.height_source
    return "estimated" if _one_camera(source) else "measured"


def _one_camera(source: Recording) -> bool:
    return len(source.views) == 1 and source.views[0].camera is not None


def _require_human_size(source: Recording, seen: SeenHeight) -> None:
    """Refuse a rig in which a person is of a size that nobody has."""
    if source.names and np.isfinite(seen.height_mm) and not is_stature(seen.height_mm):
        raise ReconstructionError(
            f"the cameras show a person who is {seen.height_mm:.3g} mm tall",
            hint="check the unit of the rig, and its scale",
        )


def _doubts_of_height(source: Recording, seen: SeenHeight) -> tuple[str, ...]:
    """Doubt a given stature if cameras whose places are known, or markers, show another."""
    given_mm, of_one = source.height_mm, source.sequence.position_error.one_camera
    if given_mm is None or not np.isfinite(seen.height_mm) or _one_camera(source) or of_one:
        return ()
    spread = max(HEIGHT_SPREAD[source.sequence.frame.value], seen.spread)
    error_mm = spread * seen.height_mm
    apart_mm = abs(seen.height_mm - given_mm)
    if apart_mm <= SURELY_OTHER * np.hypot(error_mm, GIVEN_HEIGHT_MM):
        return ()
    who, scale = (
        ("cameras", "scale of the rig") if source.names else ("markers", "unit of the file")
    )
    return (
        f"the height that was given, {given_mm:.0f} mm, contradicts the {who}, which show a person "
        f"of {seen.height_mm:.0f} ± {error_mm:.0f} mm: check the {scale}, and the height",
    )


def _weighed(view: Observations, share: float, views: int) -> Observations:
    """Doubt what is hard to see, and what neighbouring frames and other views only repeat."""
    if view.camera is None:
        return view
    return view.legs_from_the_front_apart().far_side_apart().lasting(share, views)


def _built(everything: Problem, start: Solution, share: float, up: Array) -> _Built:
    """Find the lengths of the person from a part of the frames."""
    views = everything.views
    chosen = excerpt(_shows(views), _PIECES, _PIECE)
    breaks = np.diff(chosen) > 1
    problem = replace(
        everything,
        views=tuple(view.rows(chosen) for view in views),
        breaks=breaks if breaks.any() else None,
    )
    solution = Solution(start.coordinates[chosen], start.person)
    solution = fit(problem, solution, with_shape=False, most_steps=8)
    solution = fit(problem, solution, with_shape=True)
    problem = _with_feet(problem, solution, up)
    solution = fit(problem, solution, with_shape=True)
    ratio = _residual_ratio(problem, solution, share)
    for _ in range(_REWEIGHINGS if len(views) > 1 else 0):
        views = tuple(_reweighed(view, own) for view, own in zip(views, ratio, strict=True))
        problem = replace(problem, views=tuple(view.rows(chosen) for view in views))
        solution = fit(problem, solution, with_shape=True)
        ratio = _residual_ratio(problem, solution, share)
    end = CLOSELY
    for _ in range(_MOST_TIGHTENINGS):
        better = np.median(ratio, axis=(0, 1))
        if not (better < _FAR_BETTER).any():
            break
        end = EXACTLY
        views = tuple(_tightened(view, better) for view in views)
        problem = replace(problem, views=tuple(view.rows(chosen) for view in views))
        solution = fit(problem, solution, with_shape=True, end=end)
        ratio = _residual_ratio(problem, solution, share)
    scale = _error_scale(ratio, share, in_space=everything.in_space)
    covariance = draws.shape_covariance(problem, solution, share)
    return _Built(views, chosen, solution, covariance, scale, end)


def _shows(views: tuple[Observations, ...]) -> NDArray[np.bool_]:
    """Frames in which any view shows anything, (T,)."""
    return np.asarray(np.any([view.seen.any(axis=1) for view in views], axis=0))


def _moved(
    source: Recording,
    everything: Problem,
    built: _Built,
    start: Array,
    shown: Structure,
    scale_error: float,
    up: Array,
    axes: Array,
) -> _Moved:
    """Fit the whole movement, window by window, and draw what else it may have been."""
    body, person = everything.body, built.solution.person
    frames, dofs = start.shape
    count = _draw_count(source.draws, frames, len(source.model.landmarks))
    covariance = draws.of_one_size(built.covariance) if scale_error else built.covariance
    shape_draws = draws.person_draws(covariance, count, _SEED)
    scale_draws = scale_error * draws.scale_draws(count, _SEED)
    noise = draws.Noise(count, _SEED)
    moves = _translations(body)
    turn = axes.T.astype(np.float32)
    moved = _Moved(
        coordinates=np.empty((frames, dofs)),
        deviations=np.empty((frames, dofs, count), np.float16),
        moved_mm=np.empty((count, frames, len(shown.landmarks), 3), np.float16),
        stands=np.zeros((frames, len(body.landmarks)), np.bool_),
    )
    parts = windows(everything.time_s)

    def fitted_piece(window: Window) -> tuple[Problem, Solution, Array]:
        piece = everything.rows(window.rows)
        fitted = fit(piece, Solution(start[window.rows], person), with_shape=False, most_steps=10)
        piece = _with_feet(piece, fitted, up)
        fitted = fit(piece, fitted, with_shape=False, most_steps=5, end=built.end)
        errors = _error_model(built.scale, piece)
        if not piece.in_space:
            errors = replace(errors, repeats=draws.REPEATS)
        drawn = draws.draw(piece, fitted, errors, shape_draws, window.first, noise)
        return piece, fitted, drawn.deviations

    pieces = _in_order(fitted_piece, parts, min(len(everything.views), available_cores()))
    for number, (window, found) in enumerate(zip(parts, pieces, strict=True)):
        piece, fitted, deviations = found
        deviations[:, moves] += fitted.coordinates[:, moves, None] * scale_draws
        moved_mm = _moved_mm(shown, fitted, shape_draws, scale_draws, body, deviations)
        moved.coordinates[window.own] = fitted.coordinates[window.inner]
        moved.deviations[window.own] = half_precision(deviations[window.inner])
        moved.moved_mm[:, window.own] = half_precision(moved_mm[:, window.inner] @ turn)
        moved.stands[window.own] = _stands(piece)[window.inner]
        source.on_progress(0.3 + 0.7 * (number + 1) / len(parts))
    return moved


def _in_order(
    work: Callable[[Window], _Found], parts: Sequence[Window], workers: int
) -> Iterator[_Found]:
    """Do the work for all windows, of which none needs another's, in threads if there are more."""
    if workers == 1:  # nothing but one window in memory
        yield from map(work, parts)
        return
    pool = ThreadPoolExecutor(workers)
    try:
        yield from pool.map(work, parts)
    finally:
        pool.shutdown(cancel_futures=True)


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
    source: Recording, body: Structure, views: tuple[Observations, ...], axes: Array
) -> tuple[Structure, Array]:
    """Return joints to start from: in space, those too that are made of observed ones."""
    if views[0].camera is not None:
        if len(views) == 1:
            return body, views[0].points_mm
        return body, without_jumps(where_rays_meet_mm(views), views[0].time_s)
    sequence = source.sequence
    names = [name for name in source.model.landmarks if sequence.has(name)]
    points_mm = from_space(sequence, names).points_mm @ axes
    return structure(source.model, names, source.skeleton, source.free), points_mm


def _first_person(
    source: Recording, body: Structure, seen: SeenHeight, share: float
) -> tuple[Person, ShapePrior]:
    if source.shape is not None:
        return given_shape_prior(body, source.shape, share)
    if source.height_mm is not None:
        return (
            usual_person(body, source.height_mm),
            shape_prior(body, source.height_mm, GIVEN_HEIGHT_MM, share),
        )
    if not np.isfinite(seen.height_mm):
        raise ReconstructionError(
            f"no bone of the body is seen as a whole in {source.sequence.source}",
            hint="the joints at both ends of a thigh, shank, arm or the trunk are needed",
        )
    spread = HEIGHT_SPREAD[source.sequence.frame.value]
    return (
        usual_person(body, seen.height_mm),
        shape_prior(body, seen.height_mm, spread * seen.height_mm, share),
    )


def _with_feet(problem: Problem, solution: Solution, up: Array) -> Problem:
    """Return the problem with the feet held where they stand."""
    body, person = problem.body, solution.person
    points_mm = positions_mm(body, solution.coordinates, person.lengths_mm, person.offsets_mm)
    points_mm = points_mm[:, : len(body.landmarks)]
    stands = contacts.standing(body.landmarks, points_mm, problem.time_s, up)
    if problem.in_space:
        return problem
    return replace(problem, anchors=contacts.anchors(body.landmarks, stands, points_mm))


def _stands(problem: Problem) -> NDArray[np.bool_]:
    stands = np.zeros((len(problem.time_s), len(problem.body.landmarks)), np.bool_)
    if problem.anchors is not None:
        held = np.isfinite(problem.anchors.points_mm).all(axis=2)
        stands[:, problem.anchors.landmarks] = held
    return stands


def _residual_ratio(problem: Problem, solution: Solution, share: float) -> Array:
    """Estimate how large the errors are in units of what was stated, (V, L, 3).

    The residuals are smaller than the errors, because the body follows them: by how much, draws of
    errors of the stated size tell. Of errors that come back with the posture they show too little.
    """
    views, marks = len(problem.views), len(problem.body.landmarks)
    rows = 3 * views * marks
    stated = _error_scale(np.ones((views, marks, 3)), share, in_space=problem.in_space)
    errors = _error_model(stated, problem)
    still = np.zeros((len(solution.person.vector), _TRIAL_DRAWS))
    trial = draws.draw(problem, solution, errors, still, 0, draws.Noise(_TRIAL_DRAWS, _SEED))
    now = residuals(problem, solution.coordinates, solution.person)
    weight = np.minimum(now.flat(now.weight)[:, :rows], 1.0)
    real = (weight * now.flat(now.residual)[:, :rows] ** 2).sum(axis=0)
    usual = (weight * (trial.residual[:, :rows] ** 2).mean(axis=2)).sum(axis=0)
    real, usual = (each.reshape(views, marks, 3) for each in (real, usual))
    if problem.in_space:
        real, usual = (each.sum(axis=2, keepdims=True) * np.ones(3) for each in (real, usual))
    return np.asarray(np.sqrt(real / np.maximum(usual, _TINY)))


def _error_scale(ratio: Array, share: float, *, in_space: bool) -> Array:
    """Return the standard deviation of each landmark's rows, in units of what the fit takes."""
    scale = np.clip(ratio, *_SCALES)
    if not in_space:  # residuals along the line of sight do not show errors that last
        lasting = np.sqrt(share / (1.0 - draws.CONSTANT))
        scale[..., 2] = lasting * np.maximum(scale[..., 2], 1.0)
    return scale.ravel()


def _reweighed(view: Observations, ratio: Array) -> Observations:
    """Return a view with the deviations that its landmarks turned out to have, among others.

    A pose model that looks along a limb does not see well how high its joints are.
    """
    factor = np.clip(ratio, *_REWEIGHED)
    return view.with_spread(np.where([True, True, False], factor, 1.0))


def _tightened(seen: Observations, ratio: Array) -> Observations:
    """Return observations that are far better than usual with the deviations that they have."""
    return seen.with_spread(np.where(ratio < _FAR_BETTER, np.maximum(ratio, _MOST_TIGHTER), 1.0))


def _error_model(scale: Array, problem: Problem) -> draws.ErrorModel:
    feet = 0 if problem.anchors is None else len(problem.anchors.landmarks)
    several = len(problem.views) > 1
    lasts = np.array([several, several, True]) & (not problem.in_space)
    constant = np.where(np.tile(lasts, len(scale) // 3), draws.CONSTANT, 0.0)
    return draws.ErrorModel(
        np.concatenate([scale, np.ones(3 * feet)]),
        np.concatenate([constant, np.zeros(3 * feet)]),
        draws.INFLATION * (draws.ALIKE if several else 1.0),
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
