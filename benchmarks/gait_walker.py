"""Synthetic walks over the whole range, analysed, and compared with what they were made from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle, product

import numpy as np

from neuropose.analyzer.tasks.gait import GaitAnalysis, analyze_gait
from neuropose.testing import (
    CameraView,
    WalkerParameters,
    WalkerTrial,
    simulate_walk,
    walker_sequence,
)

SPEEDS_M_S = (0.4, 0.7, 1.0, 1.3, 1.6)
CADENCES = (80.0, 105.0, 130.0)
ASYMMETRIES = ("step_length", "step_time", "stance")
AMOUNTS_PERCENT = (10.0, 20.0, 30.0)
HEADINGS_DEG = tuple(float(angle) for angle in range(0, 360, 45))
TILTS_DEG = (-15.0, 0.0, 15.0)
RATES = ((30.0, 0.0), (60.0, 0.0), (120.0, 0.0), (30.0, 0.4), (60.0, 0.4))  # fps, jitter
NOISES_MM = (0.0, 2.0, 5.0, 10.0, 15.0, 20.0)
EDGE_RATIOS = (0.6, 0.8, 1.0, 1.25, 1.5)
KINDS = ("initial_contact", "foot_off")
PHASES = ("initial_double_support", "terminal_double_support")
_NEAR_S = 0.2


@dataclass
class Errors:
    """What many walks had: event errors in ms and in frames, and measures in percent.

    `double_support` has of each the frame rate, how long it lasts, ms, and its error, ms.
    """

    event_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    event_frames: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    percent: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    difference: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    double_support: list[tuple[float, float, float]] = field(default_factory=list)
    walks: int = 0
    true_events: int = 0
    missed: int = 0
    found_events: int = 0


def walks(impossible: list[str] | None = None) -> Iterator[WalkerParameters]:
    """Every possible walk of the sweep, symmetric and with each asymmetry, at every frame rate."""
    shapes = [{}] + [
        {f"{kind}_asymmetry_percent": amount}
        for kind, amount in product(ASYMMETRIES, AMOUNTS_PERCENT)
    ]
    for speed, cadence, shape in product(SPEEDS_M_S, CADENCES, shapes):
        settings = {"speed_m_s": speed, "cadence_steps_min": cadence, "duration_s": 12.0, **shape}
        try:
            simulate_walk(WalkerParameters(**settings), times_s=np.zeros(1))
        except ValueError:
            if impossible is not None:
                impossible.append(f"{speed:g} m/s, {cadence:g} steps/min, {shape}")
            continue
        for fps, jitter in RATES:
            yield WalkerParameters(fps=fps, frame_jitter=jitter, **settings)


def truth(trial: WalkerTrial) -> dict[tuple[str, str], float]:
    """Every measure of the walk, by name and side."""
    parameters = trial.parameters
    found = {}
    for side in ("left", "right"):
        own = trial.side(side)
        found |= {
            ("stride_time", side): parameters.stride_time_s,
            ("cadence", side): parameters.cadence_steps_min,
            ("step_time", side): own.step_time_s,
            ("stance", side): own.stance_percent,
            ("swing", side): own.swing_percent,
            ("initial_double_support", side): own.initial_double_support_percent,
            ("single_support", side): own.single_support_percent,
            ("terminal_double_support", side): own.terminal_double_support_percent,
            ("stride_length", side): parameters.stride_length_mm,
            ("step_length", side): own.step_length_mm,
            ("step_width", side): parameters.step_width_mm,
            ("walking_speed", side): parameters.speed_m_s,
        }
    return found


def compare(errors: Errors, trial: WalkerTrial, analysis: GaitAnalysis) -> None:
    """Add one walk."""
    errors.walks += 1
    frame_ms = 1000.0 / trial.parameters.fps
    for side in ("left", "right"):
        for kind in KINDS:
            found = np.array(
                [e.time_s for e in analysis.events if e.side == side and e.kind == kind]
            )
            true = getattr(trial.side(side), f"{kind}_s")
            errors.found_events += len(found)
            errors.true_events += len(true)
            for time_s in true:
                apart = found[np.argmin(np.abs(found - time_s))] - time_s if len(found) else np.inf
                if abs(apart) > _NEAR_S:
                    errors.missed += 1
                    continue
                errors.event_ms[kind].append(1000.0 * apart)
                errors.event_frames[kind].append(1000.0 * abs(apart) / frame_ms)
    for (name, side), true_value in truth(trial).items():
        values = analysis.values(name, side)
        values = values[np.isfinite(values)]
        if len(values):
            difference = float(values.mean()) - true_value
            errors.difference[name].append(difference)
            errors.percent[name].append(100.0 * difference / true_value)
            if name in PHASES:
                percent_ms = 10.0 * trial.parameters.stride_time_s
                times_ms = true_value * percent_ms, difference * percent_ms
                errors.double_support.append((trial.parameters.fps, *times_ms))


def clean_sweep(impossible: list[str] | None = None) -> Errors:
    """Without noise: every walk, seen by a camera from eight directions, level and tilted."""
    errors = Errors()
    views = cycle(product(HEADINGS_DEG, TILTS_DEG))
    for parameters in walks(impossible):
        heading, tilt = next(views)
        trial = simulate_walk(parameters)
        view = CameraView(heading_deg=heading, tilt_deg=tilt, distance_mm=30_000.0)
        compare(errors, trial, analyze_gait(walker_sequence(trial, view)))
    return errors


def noisy_sweep(noise_mm: float, seeds: int = 3) -> Errors:
    """Symmetric walks at 60 frames a second, with noise on every coordinate of every joint."""
    errors = Errors()
    for speed, cadence, seed in product(SPEEDS_M_S, CADENCES, range(seeds)):
        try:
            trial = simulate_walk(
                WalkerParameters(speed_m_s=speed, cadence_steps_min=cadence, duration_s=12.0)
            )
        except ValueError:
            continue
        noisy = trial.with_noise(noise_mm, seed)
        compare(errors, noisy, analyze_gait(walker_sequence(noisy)))
    return errors


def edge_sweep(ratio: float) -> Errors:
    """How fast the foot comes to its contact, over the walking speed."""
    errors = Errors()
    for speed, cadence, fps in product(SPEEDS_M_S, CADENCES, (30.0, 60.0, 120.0)):
        try:
            trial = simulate_walk(
                WalkerParameters(
                    speed_m_s=speed,
                    cadence_steps_min=cadence,
                    fps=fps,
                    edge_speed_ratio=ratio,
                    duration_s=12.0,
                )
            )
        except ValueError:
            continue
        compare(errors, trial, analyze_gait(walker_sequence(trial)))
    return errors
