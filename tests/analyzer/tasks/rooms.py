"""The same movement in other rooms: turned, moved, mirrored, with gaps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from neuropose.analyzer import PoseSequence


def turned(sequence: PoseSequence, rotation: Rotation, shift_mm: np.ndarray) -> PoseSequence:
    return replace(
        sequence,
        positions_mm=sequence.positions_mm @ rotation.as_matrix().T + shift_mm,
        up=None if sequence.up is None else rotation.apply(sequence.up.copy()),
    )


def mirrored(sequence: PoseSequence) -> PoseSequence:
    """As seen in a mirror on the right-hand wall: left is right."""
    names = [_other(name) for name in sequence.joints]
    columns = [sequence.joints.index(name) for name in names]
    return replace(
        sequence, positions_mm=sequence.positions_mm[:, columns] * np.array([1.0, 1.0, -1.0])
    )


def without(sequence: PoseSequence, start_s: float, end_s: float) -> PoseSequence:
    """The subject is missing for a while."""
    positions = sequence.positions_mm.copy()
    positions[(sequence.time_s >= start_s) & (sequence.time_s <= end_s)] = np.nan
    return sequence.with_positions(positions)


def _other(name: str) -> str:
    for one, two in (("left_", "right_"), ("right_", "left_")):
        if name.startswith(one):
            return two + name.removeprefix(one)
    return name
