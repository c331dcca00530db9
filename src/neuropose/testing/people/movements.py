"""Movements of clinical tests with known measures: a reach, sit-to-stand, taps, sway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer import PoseSequence
from neuropose.skeletons.sides import Side
from neuropose.testing.people.figure import Figure
from neuropose.testing.people.minimum_jerk import min_jerk_edge, smooth_step

Array = NDArray[np.float64]

_BEND_S = 0.6  # the trunk leans forward before the pelvis rises
_LEAN_RAD = np.radians(40.0)
_LAP_MM = np.array([100.0, -280.0, 0.0])  # the hand at rest, from its shoulder


@dataclass(frozen=True)
class MovementTrial:
    """A movement and its true measures.

    Parameters
    ----------
    sequence : PoseSequence
        Lab frame: X ahead at the beginning, Y up, Z right.
    truth : mapping of str to float
        True measures by name; the name ends in the unit.
    """

    sequence: PoseSequence
    truth: Mapping[str, float]

    def with_noise(self, noise_mm: float, seed: int = 0) -> MovementTrial:
        """Add independent Gaussian noise to every coordinate.

        Parameters
        ----------
        noise_mm : float
            Standard deviation of the noise.
        seed : int
            Seed; the same seed produces the same noise.

        Returns
        -------
        MovementTrial
            The noisy movement, with the same truth.
        """
        positions_mm = self.sequence.positions_mm
        noise = np.random.default_rng(seed).normal(0.0, noise_mm, positions_mm.shape)
        return replace(self, sequence=self.sequence.with_positions(positions_mm + noise))


def simulate_reach(
    *,
    side: Side = "right",
    distance_mm: float = 300.0,
    duration_s: float = 0.9,
    trunk_mm: float = 0.0,
    rest_s: float = 1.0,
    back: bool = False,
    fps: float = 100.0,
) -> MovementTrial:
    """Simulate a seated person reaching straight ahead with one hand.

    Parameters
    ----------
    side : {"left", "right"}
        Side of the hand.
    distance_mm, duration_s : float
        Distance and duration of the reach, with minimum jerk (Flash & Hogan 1985).
    trunk_mm : float
        Distance that the shoulders move along.
    rest_s : float
        Rest before the reach and after it.
    back : bool
        Whether the hand returns after the rest, and rests again.
    fps : float
        Frames per second.

    Returns
    -------
    MovementTrial
        Truth: ``peak_speed_mm_s``, ``onset_s``, ``movement_time_s`` (between 2 % of peak speed),
        ``trunk_displacement_mm`` (in that time).

    Examples
    --------
    >>> trial = simulate_reach(distance_mm=400.0, duration_s=1.0)
    >>> round(trial.truth["peak_speed_mm_s"], 3), round(trial.truth["movement_time_s"], 3)
    (750.0, 0.927)
    """
    rests = 3 if back else 2
    time_s = _clock(rests * rest_s + (rests - 1) * duration_s, fps)
    done = smooth_step(time_s, rest_s, duration_s)
    if back:
        done = done - smooth_step(time_s, 2.0 * rest_s + duration_s, duration_s)
    figure = _seated(time_s)
    lap = figure.shoulder_mm(side) + _LAP_MM
    figure.lean_rad = np.arcsin(trunk_mm * done / figure.body.trunk_mm)
    figure.wrists_mm[side] = lap + done[:, None] * [distance_mm, 0.0, 0.0]
    edge = min_jerk_edge(0.02)
    drop = figure.body.trunk_mm * (1.0 - np.cos(figure.lean_rad))
    neck = np.hypot(trunk_mm * done, drop)
    inside = (time_s >= rest_s + edge * duration_s) & (time_s <= rest_s + (1 - edge) * duration_s)
    return MovementTrial(
        figure.sequence("a synthetic reach"),
        {
            "peak_speed_mm_s": 1.875 * distance_mm / duration_s,
            "onset_s": rest_s + edge * duration_s,
            "movement_time_s": (1.0 - 2.0 * edge) * duration_s,
            "trunk_displacement_mm": float(np.ptp(neck[inside])),
        },
    )


def simulate_sit_to_stand(
    repetitions: int = 1,
    *,
    rise_s: float = 1.2,
    stand_s: float = 0.8,
    sit_s: float = 1.0,
    fps: float = 60.0,
) -> MovementTrial:
    """Simulate rising from a chair, and sitting down again after all but the last rise.

    Parameters
    ----------
    repetitions : int
        Number of rises.
    rise_s : float
        Time from the seat until upright, and back, with minimum jerk.
    stand_s, sit_s : float
        Time between rising and sitting down, and before each rise. The trunk begins to lean forward
        0.6 s before the pelvis rises.
    fps : float
        Frames per second.

    Returns
    -------
    MovementTrial
        Truth: ``height_mm`` gained, ``rise_time_s`` and the ``start_s`` of the first rise (where
        the pelvis passes 0.1 m/s), ``lean_deg`` at that moment, ``period_s`` between rises.

    Examples
    --------
    >>> simulate_sit_to_stand(5).truth["period_s"]
    4.2
    """
    period_s = sit_s + 2.0 * rise_s + stand_s
    starts_s = sit_s + period_s * np.arange(repetitions)
    time_s = _clock(starts_s[-1] + rise_s + stand_s, fps)
    figure = _seated(time_s)
    up, lean = np.zeros(len(time_s)), np.zeros(len(time_s))
    for start_s in starts_s:
        up += smooth_step(time_s, start_s, rise_s) - smooth_step(
            time_s, start_s + rise_s + stand_s, rise_s
        )
        lean += trunk_bend(time_s, start_s, rise_s)
    height_mm = _rise(figure, up)
    figure.lean_rad = lean
    edge = min_jerk_edge(100.0 * rise_s / (1.875 * height_mm))
    at_s = starts_s[0] + edge * rise_s
    return MovementTrial(
        figure.sequence("a synthetic rise"),
        {
            "height_mm": height_mm,
            "start_s": float(at_s),
            "rise_time_s": (1.0 - 2.0 * edge) * rise_s,
            "lean_deg": float(np.degrees(trunk_bend(np.array([at_s]), starts_s[0], rise_s)[0])),
            "period_s": period_s,
        },
    )


def simulate_taps(
    amplitudes_mm: Sequence[float],
    *,
    periods_s: Sequence[float] | float = 0.5,
    side: Side = "right",
    fps: float = 60.0,
) -> MovementTrial:
    """Simulate a seated person lifting a heel repeatedly, as in leg agility.

    Parameters
    ----------
    amplitudes_mm : sequence of float
        Height of the heel in each repetition.
    periods_s : sequence of float, or float
        Duration of each repetition; up and down take at most 0.4 s together, the rest is a pause.
    side : {"left", "right"}
        Side of the foot.
    fps : float
        Frames per second.

    Returns
    -------
    MovementTrial
        Truth: ``amplitude_mm`` and ``speed_mm_s`` (mean of the highest) of the early and late third
        (``_early``, ``_late``), ``rate_hz``.

    Examples
    --------
    >>> trial = simulate_taps([100.0, 80.0, 60.0])
    >>> trial.truth["amplitude_mm_late"], trial.truth["rate_hz"]
    (60.0, 2.0)
    """
    heights = np.asarray(amplitudes_mm, dtype=np.float64)
    periods = np.broadcast_to(np.asarray(periods_s, dtype=np.float64), heights.shape)
    starts_s = 0.5 + np.concatenate([[0.0], np.cumsum(periods)])
    halves = np.minimum(0.5 * periods, 0.2)
    time_s = _clock(starts_s[-1] + 0.5, fps)
    figure = _seated(time_s)
    foot = figure.feet[side]
    lifted = np.zeros(len(time_s))
    for start_s, half_s, height_mm in zip(starts_s, halves, heights, strict=False):
        lifted += height_mm * (
            smooth_step(time_s, start_s, half_s) - smooth_step(time_s, start_s + half_s, half_s)
        )
    figure.feet[side] = replace(foot, heel_mm=foot.heel_mm + lifted[:, None] * [0.0, 1.0, 0.0])
    third = len(heights) // 3
    speeds = 1.875 * heights / halves
    return MovementTrial(
        figure.sequence("synthetic taps"),
        {
            "amplitude_mm_early": float(heights[:third].mean()),
            "amplitude_mm_late": float(heights[-third:].mean()),
            "speed_mm_s_early": float(speeds[:third].mean()),
            "speed_mm_s_late": float(speeds[-third:].mean()),
            "rate_hz": float((len(heights) - 1) / (starts_s[-2] - starts_s[0])),
        },
    )


def simulate_sway(
    *,
    forward_mm: float = 12.0,
    aside_mm: float = 6.0,
    frequency_hz: float = 0.25,
    duration_s: float = 40.0,
    fps: float = 30.0,
) -> MovementTrial:
    """Simulate a standing person swaying along an ellipse.

    Parameters
    ----------
    forward_mm, aside_mm : float
        Semi-axes of the pelvis's path, along and across the heading.
    frequency_hz : float
        Frequency of one revolution.
    duration_s, fps : float
        Duration of the recording, and frames per second.

    Returns
    -------
    MovementTrial
        Truth, over whole turns: ``rms_ap_mm``, ``rms_ml_mm``, ``path_mm`` (Ramanujan's second
        approximation of the ellipse), ``ellipse_mm2`` (π χ² √det of the covariance, χ² = 5.991).

    Examples
    --------
    >>> round(simulate_sway(forward_mm=10.0).truth["rms_ap_mm"], 3)
    7.071
    """
    time_s = _clock(duration_s, fps)
    figure = Figure(time_s)
    phase = 2.0 * np.pi * frequency_hz * time_s
    offset = np.stack(
        [forward_mm * np.cos(phase), 0.0 * phase - 15.0, aside_mm * np.sin(phase)], axis=1
    )
    figure.pelvis_mm = figure.pelvis_mm + offset
    flatness = ((forward_mm - aside_mm) / (forward_mm + aside_mm)) ** 2
    perimeter = np.pi * (forward_mm + aside_mm)
    perimeter *= 1.0 + 3.0 * flatness / (10.0 + np.sqrt(4.0 - 3.0 * flatness))
    return MovementTrial(
        figure.sequence("synthetic sway"),
        {
            "rms_ap_mm": forward_mm / float(np.sqrt(2.0)),
            "rms_ml_mm": aside_mm / float(np.sqrt(2.0)),
            "path_mm": float(perimeter * frequency_hz * duration_s),
            "ellipse_mm2": 5.991464547 * np.pi * forward_mm * aside_mm / 2.0,
        },
    )


def _clock(duration_s: float, fps: float) -> Array:
    return np.arange(round(duration_s * fps) + 1) / fps


def _seated(time_s: Array) -> Figure:
    figure = Figure(time_s)
    _rise(figure, np.zeros(len(time_s)))
    return figure


def _rise(figure: Figure, up: Array) -> float:
    """Put the pelvis between sitting (0) and standing (1); return the height gained."""
    height_mm = figure.standing_mm - figure.sitting_mm
    figure.pelvis_mm = figure.pelvis_mm.copy()
    figure.pelvis_mm[:, 0] = (up - 1.0) * figure.body.thigh_mm
    figure.pelvis_mm[:, 1] = figure.sitting_mm + up * height_mm
    return height_mm


def trunk_bend(time_s: Array, start_s: float, rise_s: float) -> Array:
    """Return the lean of the trunk in a rise: forward before leaving the seat, then upright.

    Parameters
    ----------
    time_s : ndarray, shape (T,)
        Times in seconds.
    start_s, rise_s : float
        Start and duration of the pelvis's rise.

    Returns
    -------
    ndarray, shape (T,)
        Lean in radians.
    """
    turn_s = start_s + 0.2 * rise_s
    bend_s = _BEND_S + 0.2 * rise_s
    bent = smooth_step(time_s, start_s - _BEND_S, bend_s)
    return np.asarray(_LEAN_RAD * (bent - smooth_step(time_s, turn_s, 0.8 * rise_s)))
