"""Draws of what else the movement may have been: the errors of observations, through the fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.body.fit import (
    Problem,
    Solution,
    border_of,
    normal_equations,
    priors,
    residuals,
)
from neuropose.body.kinematics import by_coordinates, by_shape
from neuropose.body.observations import CORRELATED_S

Array = NDArray[np.float64]

WHITE = 0.2
"""Share of the variance of a keypoint's error that is new in every frame; the rest lasts."""
CONSTANT = 0.5
"""Share of the variance of a depth's error that stays for the whole recording.

So it is across the line of sight, if several views leave no other error to speak of.
"""
REPEATS = 0.5
"""Share of the variance of a keypoint's lasting error that comes back with the posture.

A pose model errs alike in each stride, and all the time where somebody stands still: such errors
do not average out. Errors of keypoints of rendered people (``docs/evidence/accuracy.md``, "Other
people") that are seconds apart correlate by 0.46 if the landmark is in one place from the middle of
the body, which is about half of what lasts (1 - `WHITE`).
"""
ALIKE_MM = 90.0
"""Width of the Gaussian by which that falls with the distance of the places; at 110 mm to half."""
INFLATION = 1.2
"""The fit is not linear: on known bodies, with the usual errors, errors are so much larger."""
ALIKE = 1.35
"""One pose model errs alike in several views: errors are so much larger than independent ones."""
_WHOLE_RECORDING, _WAVES, _OF_WAVES = (2**62 + each for each in range(3))  # no frames
_WAVE_COUNT = 24


@dataclass(frozen=True, eq=False)
class ErrorModel:
    """How the observations of a recording err.

    Parameters
    ----------
    scale : ndarray, shape (R,)
        Standard deviation of each row of the residuals, in units of what the fit takes it for.
    constant : ndarray, shape (R,)
        Share of the variance that stays for the whole recording.
    inflation : float
        By how much the errors of the fit are larger than what follows from the rest.
    repeats : float
        Share of the lasting variance that comes back with the posture; 0 of points in space.
    """

    scale: Array
    constant: Array
    inflation: float = INFLATION
    repeats: float = 0.0


class Noise:
    """Errors of observations over time, the same for any division into windows.

    Parameters
    ----------
    draws : int
        How many.
    seed : int
        Of the random numbers.
    """

    def __init__(self, draws: int, seed: int) -> None:
        self._draws, self._seed = draws, seed

    def rows(self, frame: int, count: int) -> Array:
        """Return standard normal numbers for one frame, shape (count, draws).

        Parameters
        ----------
        frame : int
            Number of the frame in the recording.
        count : int
            How many for each draw.

        Returns
        -------
        ndarray, shape (count, draws)
        """
        generator = np.random.Generator(np.random.Philox(key=[self._seed, frame]))
        return generator.standard_normal((count, self._draws))


@dataclass(frozen=True, eq=False)
class Drawn:
    """Draws over a stretch of frames.

    Parameters
    ----------
    deviations : ndarray, shape (T, D, N)
        Of the coordinates, radians and mm.
    residual : ndarray, shape (T, R, N)
        What such errors leave as residuals of the fit.
    """

    deviations: Array
    residual: Array


def draw(
    problem: Problem,
    solution: Solution,
    errors: ErrorModel,
    shape_draws: Array,
    first_frame: int,
    noise: Noise,
) -> Drawn:
    """Draw deviations of the coordinates.

    Parameters
    ----------
    problem : Problem
        T frames of the fit.
    solution : Solution
        Its solution.
    errors : ErrorModel
        How the observations err.
    shape_draws : ndarray, shape (S + 3 K, N)
        Deviations of lengths and offsets.
    first_frame : int
        Number of the first frame in the recording.
    noise : Noise
        Source of random numbers.

    Returns
    -------
    Drawn

    Notes
    -----
    The solution answers linearly to small errors of the observations and of the priors; so random
    errors with their real correlation in time are sent through the normal equations of the fit (a
    linearised parametric bootstrap, Efron & Tibshirani 1993, chapter 6). White noise of the size of
    the residuals would give standard errors several times too small.
    """
    now = residuals(problem, solution.coordinates, solution.person)
    _, factor = normal_equations(problem, solution.coordinates, now, 0.0)
    body = problem.body
    points, rotations, _, axes, pivots = now.chain
    by_angle = now.by(by_coordinates(points, axes, pivots, body.turns, body.moves, body.segment))
    frames, rows, dofs = by_angle.shape
    normal = np.stack([noise.rows(first_frame + t, 2 * (rows + dofs)) for t in range(frames)])
    lasts = _lasting(problem, normal[:, :rows])
    if errors.repeats:
        places_mm = _places_mm(problem, points)
        marks = lasts[:, : places_mm[0].size]
        marks *= np.sqrt(1.0 - errors.repeats)
        marks += np.sqrt(errors.repeats) * _repeating(places_mm, noise)
    constant = errors.constant[:, None]
    error = np.sqrt((1.0 - WHITE) * (1.0 - constant)) * lasts
    error += np.sqrt(WHITE * (1.0 - constant)) * normal[:, rows : 2 * rows]
    error += np.sqrt(constant) * noise.rows(_WHOLE_RECORDING, rows)
    error *= errors.scale[:, None]
    weight = now.flat(now.weight)[..., None]
    seen = weight * error
    if shape_draws.any():
        seen -= weight * (now.by(by_shape(body, rotations)) @ shape_draws)
    right = np.swapaxes(by_angle, 1, 2) @ seen
    if frames > 2:
        right += problem.smooth.noise(normal[1:-1, 2 * rows : 2 * rows + dofs])
    curvature, _, _ = priors(problem.body, problem.time_s, solution.coordinates)
    right += np.sqrt(curvature)[..., None] * normal[:, 2 * rows + dofs :]
    deviations = errors.inflation * factor.solve(right)
    return Drawn(deviations, error - by_angle @ deviations)


def _places_mm(problem: Problem, points: Array) -> Array:
    """Landmarks from the middle of the body, in the axes of the view's camera, (T, V L, 3)."""
    places = []
    for view, own in zip(problem.views, problem.body.points_seen, strict=True):
        assert view.camera is not None
        seen = points[:, own]
        places.append((seen - seen.mean(axis=1, keepdims=True)) @ view.camera.T)
    return np.concatenate(places, axis=1)


def _repeating(places_mm: Array, noise: Noise) -> Array:
    """Draw errors that are the same whenever the landmark is in the same place, (T, 3 V L, N).

    Random functions of the place whose covariance is a Gaussian of width `ALIKE_MM` (Rahimi & Recht
    2007, random Fourier features).
    """
    frames, count, _ = places_mm.shape
    waves = noise.rows(_WAVES, 3 * _WAVE_COUNT)[:, 0].reshape(_WAVE_COUNT, 3) / ALIKE_MM
    phase = np.swapaxes(places_mm, 0, 1) @ waves.T
    of_place = np.concatenate([np.cos(phase), np.sin(phase)], axis=2) / np.sqrt(_WAVE_COUNT)
    sizes = noise.rows(_OF_WAVES, count * 2 * _WAVE_COUNT * 3).reshape(count, 2 * _WAVE_COUNT, -1)
    error: Array = np.swapaxes(of_place @ sizes, 0, 1)
    return error.reshape(frames, 3 * count, -1)


def _lasting(problem: Problem, normal: Array) -> Array:
    """Make an autoregressive process of first order of white noise.

    It forgets how it began within the margin of a window, eight correlation times.
    """
    lasts = np.empty_like(normal)
    lasts[0] = normal[0]
    for t, kept in enumerate(np.exp(-np.diff(problem.time_s) / CORRELATED_S)):
        lasts[t + 1] = kept * lasts[t] + np.sqrt(1.0 - kept**2) * normal[t + 1]
    return lasts


def shape_covariance(problem: Problem, solution: Solution, share: float) -> Array:
    """Return the covariance of lengths and offsets.

    Parameters
    ----------
    problem : Problem
        The fit that found them.
    solution : Solution
        Its solution.
    share : float
        Which share of the frames counts as independent.

    Returns
    -------
    ndarray, shape (S + 3 K, S + 3 K)
        mm².
    """
    now = residuals(problem, solution.coordinates, solution.person)
    _, factor = normal_equations(problem, solution.coordinates, now, 0.0)
    border, corner, _ = border_of(problem, now)
    flat = border.reshape(-1, border.shape[2])
    schur = corner + problem.prior.matrix - flat.T @ factor.solve(border).reshape(flat.shape)
    return np.asarray(np.linalg.inv(schur) / share)


def of_one_size(covariance: Array) -> Array:
    """Return the covariance of lengths and offsets in a person whose stature is fixed.

    Parameters
    ----------
    covariance : ndarray, shape (S + 3 K, S + 3 K)
        mm²; the first row is that of the stature.

    Returns
    -------
    ndarray, shape (S + 3 K, S + 3 K)
        mm². A larger person who is farther away looks the same and stands in the same posture: one
        camera draws that with `scale_draws`, which leaves all angles as they are.

    Examples
    --------
    >>> stature_and_thigh = np.array([[100.0, 25.0], [25.0, 16.0]])
    >>> of_one_size(stature_and_thigh)
    array([[0.  , 0.  ],
           [0.  , 9.75]])
    """
    along = covariance[:, 0]
    return np.asarray(covariance - np.outer(along, along) / along[0])


def person_draws(covariance: Array, draws: int, seed: int) -> Array:
    """Draw deviations of lengths and offsets.

    Parameters
    ----------
    covariance : ndarray, shape (S + 3 K, S + 3 K)
        mm².
    draws : int
        How many.
    seed : int
        Of the random numbers.

    Returns
    -------
    ndarray, shape (S + 3 K, N)
    """
    values, vectors = np.linalg.eigh(covariance)
    generator = np.random.Generator(np.random.Philox(key=[seed, 2**63]))
    normal = generator.standard_normal((len(values), draws))
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ normal)


def scale_draws(draws: int, seed: int) -> Array:
    """Draw standard normal numbers for the size of the whole, one for each draw.

    Parameters
    ----------
    draws : int
        How many.
    seed : int
        Of the random numbers.

    Returns
    -------
    ndarray, shape (N,)
        With mean 0 and standard deviation 1, so that few draws do not change the error.
    """
    generator = np.random.Generator(np.random.Philox(key=[seed, 2**63 + 1]))
    normal = generator.standard_normal(draws)
    return np.asarray((normal - normal.mean()) / max(float(normal.std()), 1e-9))
