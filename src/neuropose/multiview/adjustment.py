"""From views of a person to cameras and clocks: sampled, adjusted, and sampled again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuropose.data import Source
from neuropose.data.cameras import Clock
from neuropose.multiview.bundle import CLOCK, DRIFT, Bundle, Free, Sightings, adjust, residuals
from neuropose.multiview.sides import put_right, settle_sides
from neuropose.multiview.views import Sample, View, overlap_s, placed_joints
from neuropose.sequence.position_error import PositionError

Array = NDArray[np.float64]

KEYPOINTS = PositionError(
    along_mm=75.0, across_mm=22.0, hidden_along_mm=300.0, hidden_across_mm=100.0
)
"""How far keypoints are from where other cameras see the same joints.

Visible ones as in ``docs/evidence/accuracy.md``; hidden ones are guesses that views do not share.
"""
MOMENTS = 120
"""Moments of a recording that are enough for cameras and clocks."""
ROUNDS = 4
"""How often views are sampled anew, by the clocks as found."""
_SETTLED_S = 2e-5
_LEAST_FACTOR, _MOST_FACTOR = 0.2, 4.0
_NORMAL_MEDIAN = 1.3863  # of the squared length of a normal deviate in two dimensions
_RUN_S = 0.1


@dataclass(frozen=True, eq=False)
class Person:
    """One person in all views.

    Parameters
    ----------
    views : tuple of View
        One of each camera, in the order of the cameras.
    """

    views: tuple[View, ...]


@dataclass(frozen=True, eq=False)
class Adjusted:
    """Cameras and clocks, and how well they explain what was seen.

    Parameters
    ----------
    bundle : Bundle
        Places, corrections of clocks (already part of `clocks`) and points.
    clocks : tuple of Clock
        Of each camera.
    seen : Sightings
        What was explained, sides put right, errors scaled to what was found.
    confidence : ndarray, shape (V, S, J)
        Of the sightings.
    landmarks : tuple of str
        The J landmarks.
    """

    bundle: Bundle
    clocks: tuple[Clock, ...]
    seen: Sightings
    confidence: Array
    landmarks: tuple[str, ...]


def adjust_views(
    views: Sequence[View],
    clocks: Sequence[Clock],
    rotation: Array,
    translation_mm: Array,
    free: Free,
    *,
    moments: int = MOMENTS,
    rounds: int = ROUNDS,
    without: Sequence[str] = (),
) -> Adjusted | None:
    """Move cameras and clocks until they explain best how a person moved.

    Parameters
    ----------
    views : sequence of View
        One of each camera.
    clocks : sequence of Clock
        First guess. The first is kept.
    rotation : ndarray, shape (V, 3, 3)
        First guess: from the axes of the world to those of each camera.
    translation_mm : ndarray, shape (V, 3)
        First guess: origin of the world in each camera's frame. Its scale is kept.
    free : Free
        What may change.
    moments : int
        How many moments of the recording are used.
    rounds : int
        How often at most the views are sampled anew, by the clocks as found.
    without : sequence of str
        Landmarks, without their side, that are not used.

    Returns
    -------
    Adjusted or None
        None if the cameras never saw the person at the same time.
    """
    now = list(clocks)
    landmarks = {
        name: own
        for name, own in placed_joints(views).items()
        if name.partition("_")[2] not in without
    }
    found: Adjusted | None = None
    factor: Array | None = None
    for turn in range(rounds):
        times = moments_s(views, now, moments)
        if not len(times):
            return None
        seen, confidence = sightings(views, now, times, landmarks)
        if factor is not None:
            seen = replace(seen, error_mm=seen.error_mm * factor)
        seen, confidence = _sided(seen, confidence, rotation, translation_mm, landmarks)
        bundle = adjust(seen, rotation, translation_mm, free)
        rotation, translation_mm = bundle.rotation, bundle.translation_mm
        factor = _spread(seen, bundle) * (1.0 if factor is None else factor)
        now = [corrected(clock, bundle, view, seen, free) for view, clock in enumerate(now)]
        found = Adjusted(bundle, tuple(now), seen, confidence, tuple(landmarks))
        late_s = np.abs(bundle.clock_s) + np.abs(bundle.drift) * np.ptp(seen.time_s)
        if (Free.CLOCKS not in free or late_s.max() < _SETTLED_S) and turn:
            break
    return found


def moments_s(views: Sequence[View], clocks: Sequence[Clock], most: int) -> Array:
    """Choose moments at which several cameras saw the person, evenly over the recording.

    Parameters
    ----------
    views : sequence of View
        One of each camera.
    clocks : sequence of Clock
        Of each camera.
    most : int
        How many at most.

    Returns
    -------
    ndarray, shape (S,)
        Shared times, s.
    """
    named = {view.name: clock for view, clock in zip(views, clocks, strict=True)}
    times = overlap_s(views, named)
    if len(times) <= most:
        return times
    return times[np.unique(np.linspace(0, len(times) - 1, most).round().astype(np.int64))]


def sightings(
    views: Sequence[View],
    clocks: Sequence[Clock],
    time_s: Array,
    landmarks: Mapping[str, Sequence[str]],
) -> tuple[Sightings, Array]:
    """Return what views saw at shared times.

    Parameters
    ----------
    views : sequence of View
        One of each camera.
    clocks : sequence of Clock
        Of each camera.
    time_s : ndarray, shape (S,)
        Shared times, s.
    landmarks : mapping of str to sequence of str
        For each landmark, its name in the skeleton of each view.

    Returns
    -------
    Sightings
        With errors as of `KEYPOINTS`.
    ndarray, shape (V, S, J)
        Confidence.
    """
    samples: list[Sample] = [
        view.smoothed_at(
            clock.video_time_s(time_s), [names[number] for names in landmarks.values()]
        )
        for number, (view, clock) in enumerate(zip(views, clocks, strict=True))
    ]
    confidence = np.stack([sample.confidence for sample in samples])
    return (
        Sightings(
            time_s,
            np.stack([sample.rays for sample in samples]),
            np.stack([sample.velocity for sample in samples]),
            KEYPOINTS.standard_deviation_mm(confidence)[..., 0],
        ),
        confidence,
    )


def corrected(clock: Clock, bundle: Bundle, view: int, seen: Sightings, free: Free) -> Clock:
    """Return a clock with what an adjustment found.

    Parameters
    ----------
    clock : Clock
        The clock by which the views were sampled.
    bundle : Bundle
        What the adjustment found.
    view : int
        Which of its views.
    seen : Sightings
        What it explained.
    free : Free
        What it changed.

    Returns
    -------
    Clock
    """
    if Free.CLOCKS not in free or view == 0:
        return clock
    late_s, drift = float(bundle.clock_s[view]), float(bundle.drift[view])
    middle_s = 0.5 * float(seen.time_s[0] + seen.time_s[-1])
    variance = bundle.covariance[view]
    # At the video's time 0, which may lie outside the recording: both errors count.
    lever = np.zeros(len(variance))
    lever[CLOCK], lever[DRIFT] = 1.0, -middle_s
    return Clock(
        offset_s=(clock.offset_s + late_s - drift * middle_s) / (1.0 - drift),
        drift=(clock.drift + drift) / (1.0 - drift),
        offset_error_s=float(np.sqrt(max(lever @ variance @ lever, 0.0))),
        drift_error=float(np.sqrt(max(variance[DRIFT, DRIFT], 0.0))),
        source=Source.ASSUMED,
    )


def _sided(
    seen: Sightings,
    confidence: Array,
    rotation: Array,
    translation_mm: Array,
    landmarks: Mapping[str, Sequence[str]],
) -> tuple[Sightings, Array]:
    names = tuple(landmarks)
    exchanged = settle_sides(seen.time_s, seen.rays, seen.error_mm, rotation, translation_mm, names)
    if not exchanged.any():
        return seen, confidence
    return (
        Sightings(
            seen.time_s,
            put_right(seen.rays, exchanged, names),
            put_right(seen.velocity, exchanged, names),
            put_right(seen.error_mm, exchanged, names),
        ),
        put_right(confidence, exchanged, names),
    )


def _spread(seen: Sightings, bundle: Bundle) -> Array:
    """Return each landmark's error as a multiple of what was expected, (J,)."""
    squared = (residuals(seen, bundle) ** 2).sum(axis=-1)
    known = np.isfinite(squared)
    rays = known.sum(axis=0, keepdims=True)
    # Of V rays 2 V coordinates are explained by 3 of a point.
    free = np.clip(1.0 - 1.5 / np.maximum(rays, 1), 0.1, None)
    share = np.where(known, squared / free, np.nan)
    factors = np.ones(squared.shape[2])
    for joint in range(len(factors)):
        values = share[:, :, joint][known[:, :, joint]]
        if len(values):
            factors[joint] = np.sqrt(np.median(values) / _NORMAL_MEDIAN)
    return np.clip(factors, _LEAST_FACTOR, _MOST_FACTOR)
