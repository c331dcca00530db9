"""Walks of several people, recorded by a laboratory and by a device whose errors are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from tests.trc_files import write_trc

from neuropose.analyzer import PoseSequence
from neuropose.testing import WalkerParameters, simulate_walk, walker_sequence

RATE_HZ = 100.0
DORSIFLEXION_DEG = 4.0
"""How far the device turns feet about their ankles, toes up."""


def walk(subject: int, trial: int, *, duration_s: float = 8.0) -> PoseSequence:
    """A walk whose strides differ, as those of people do: it matches itself at one moment only."""
    random = np.random.default_rng([subject, trial])
    parameters = WalkerParameters(
        speed_m_s=1.0 + 0.05 * subject,
        cadence_steps_min=100.0 + 3.0 * subject,
        duration_s=duration_s,
        fps=RATE_HZ,
    )
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    phases = random.uniform(0.0, 2.0 * np.pi, 3)
    waves = sum(
        np.sin(2.0 * np.pi * time_s / period_s + phase) * period_s
        for period_s, phase in zip((1.7, 2.9, 5.3), phases, strict=True)
    )
    simulated = simulate_walk(parameters, times_s=time_s + 0.01 * waves)
    return replace(walker_sequence(simulated), time_s=time_s)


def misread(
    movement: PoseSequence,
    *,
    offset_s: float = 0.0,
    drift: float = 0.0,
    noise_mm: float = 0.0,
    size: float = 1.0,
    dorsiflexion_deg: float = 0.0,
    seed: int = 0,
) -> PoseSequence:
    """What the device makes of a movement; its clock shows `offset_s` more, and runs faster."""
    random = np.random.default_rng(seed)
    positions_mm = size * np.array(movement.positions_mm)
    angle = np.radians(dorsiflexion_deg)
    turn = np.array(
        [[np.cos(angle), -np.sin(angle), 0.0], [np.sin(angle), np.cos(angle), 0.0], [0, 0, 1]]
    )
    for side in ("left", "right"):
        ankle = movement.joints.index(f"{side}_ankle")
        for point in ("heel", "toe"):
            column = movement.joints.index(f"{side}_{point}")
            arm = positions_mm[:, column] - positions_mm[:, ankle]
            positions_mm[:, column] = positions_mm[:, ankle] + arm @ turn.T
    positions_mm += random.normal(0.0, noise_mm, positions_mm.shape)
    time_s = offset_s + (1.0 + drift) * movement.time_s
    return replace(movement, time_s=time_s, positions_mm=positions_mm)


def write(path: Path, movement: PoseSequence) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_trc(path, movement.time_s, movement.positions_mm, list(movement.joints))
