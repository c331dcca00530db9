"""Walks that the tests of gait share."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from neuropose.analyzer import PoseSequence
from neuropose.analyzer.tasks.gait.feet import Feet, feet_of
from neuropose.analyzer.tasks.gait.foot_events.find import FootEvent, find_events
from neuropose.analyzer.tasks.gait.settings import GaitSettings
from neuropose.testing import WalkerParameters, WalkerTrial, simulate_walk, walker_sequence

KINDS = ("initial_contact", "foot_off")


@cache
def trial(**parameters: Any) -> WalkerTrial:
    return simulate_walk(WalkerParameters(**parameters))


def sequence(**parameters: Any) -> PoseSequence:
    return walker_sequence(trial(**parameters))


def feet(walk: PoseSequence, **more: Any) -> Feet:
    """Feet of a walk along X, Y up, not smoothed."""
    forward = np.tile([1.0, 0.0, 0.0], (len(walk), 1))
    return feet_of(walk, forward, np.array([0.0, 1.0, 0.0]), **more)


def walker_feet(**parameters: Any) -> Feet:
    return feet(sequence(**parameters))


def walker_events(**parameters: Any) -> tuple[FootEvent, ...]:
    return find_events(walker_feet(**parameters), GaitSettings())


def times(events: tuple[FootEvent, ...], side: str, kind: str) -> np.ndarray:
    return np.array([e.time_s for e in events if e.side == side and e.kind == kind])


def errors_ms(events: tuple[FootEvent, ...], truth: WalkerTrial, kind: str) -> np.ndarray:
    """Of every true event, how far the nearest that was found is; inf: there is none."""
    errors = []
    for side in ("left", "right"):
        found = times(events, side, kind)
        for true_s in getattr(truth.side(side), f"{kind}_s"):
            apart = found - true_s
            errors.append(apart[np.argmin(np.abs(apart))] if len(found) else np.inf)
    return 1000.0 * np.array(errors)


def event(side: str, kind: str, time_s: float, confidence: float = 1.0) -> FootEvent:
    return FootEvent(side, kind, time_s, time_s, time_s, confidence, 0.008, 0.01)  # type: ignore[arg-type]


def changed(walk: PoseSequence, positions_mm: np.ndarray, **more: Any) -> PoseSequence:
    """The same walk with other positions."""
    fields = {"frame": walk.frame, "up": walk.up, "source": walk.source, **more}
    return PoseSequence.from_arrays(walk.time_s, positions_mm, list(walk.joints), **fields)


def bent(walk: PoseSequence, straight_mm: float, turn_deg: float, radius_mm: float) -> PoseSequence:
    """Bend the room round a turn to the left: feet that stand still go on standing still.

    What lies ahead of `straight_mm` along X goes round a circle of `radius_mm` by `turn_deg`, and
    straight on from there. Distances along the middle line are kept.
    """
    along, up, right = walk.positions_mm.transpose(2, 0, 1)
    turn = np.radians(turn_deg)
    gone = np.clip((along - straight_mm) / radius_mm, 0.0, turn)
    after = np.maximum(along - straight_mm - turn * radius_mm, 0.0)
    before = np.minimum(along, straight_mm)
    # Left is −Z. The middle line: straight, then about the centre at Z = −radius.
    x = before + radius_mm * np.sin(gone) + after * np.cos(gone) + right * np.sin(gone)
    z = -radius_mm * (1.0 - np.cos(gone)) - after * np.sin(gone) + right * np.cos(gone)
    return changed(walk, np.stack([x, up, z], axis=-1))


def stairs(rise_mm: float, **walked: float) -> PoseSequence:
    """The walker's steps, each higher than the one before by `rise_mm`."""
    walked_trial = trial(duration_s=10.0, **walked)
    walk = walker_sequence(walked_trial)
    positions = walk.positions_mm.copy()
    step_s = 0.5 * walked_trial.parameters.stride_time_s
    for number, joint in enumerate(walk.joints):
        side = joint.split("_")[0]
        if side not in ("left", "right"):
            positions[:, number, 1] += rise_mm * walk.time_s / step_s
            continue
        own = walked_trial.side(side)
        on_s, off_s = own.initial_contact_s, own.foot_off_s
        times, heights = [], []
        for contact in on_s:
            level = rise_mm * round((contact - walked_trial.left.initial_contact_s[0]) / step_s)
            after = off_s[off_s > contact]
            times += [contact, after[0] if len(after) else contact + 0.6]
            heights += [level, level]
        positions[:, number, 1] += np.interp(walk.time_s, times, heights)
    return changed(walk, positions)
