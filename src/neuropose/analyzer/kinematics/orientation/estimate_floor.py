"""Height of the floor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuropose.analyzer.kinematics.orientation.estimate_vertical import Vertical, vertical
from neuropose.analyzer.kinematics.orientation.stance_plane import foot_points, lowest
from neuropose.errors import MissingJointsError, SequenceError
from neuropose.sequence.data import SequenceData

HALF_SURE_MM = 30.0
"""Spread of the feet's lowest heights at which the floor's confidence is one half."""


@dataclass(frozen=True, slots=True)
class Floor:
    """The height of the floor along the vertical.

    Parameters
    ----------
    height_mm : float
        Of the lowest foot points above the origin of the sequence's axes, where they bear on the
        floor: ``point @ up − height_mm`` is a point's height above the floor. Markers and ankles
        are some centimetres above the floor themselves.
    points : tuple of str
        The foot points that it was taken from.
    spread_mm : float
        Standard deviation of their lowest heights.
    confidence : float
        ``1 / (1 + (spread_mm / HALF_SURE_MM)²)``, times the confidence of the vertical.
    """

    height_mm: float
    points: tuple[str, ...]
    spread_mm: float
    confidence: float


def floor(sequence: SequenceData, upright: Vertical | None = None) -> Floor:
    """Find the floor under the lower foot: its lowest heights of each second or so.

    Parameters
    ----------
    sequence : PoseSequence
        Joint positions over time.
    upright : Vertical, optional
        Direction away from the floor; default: estimated by `vertical`.

    Returns
    -------
    Floor

    Raises
    ------
    MissingJointsError
        If there are no heels, toes or ankles.
    SequenceError
        If they are missing in every frame.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> round(floor(walker_sequence(simulate_walk())).height_mm, 6) + 0.0
    0.0
    """
    feet = foot_points(sequence)
    if feet is None:
        raise MissingJointsError(
            f"{sequence.source} has no ankles, heels or toes to find the floor with",
            hint="use a model or marker set with feet",
            source=sequence.source,
            missing=("left_ankle", "right_ankle"),
        )
    upright = vertical(sequence) if upright is None else upright
    heights_mm = feet.positions_mm @ upright.up
    kinds = range(int(feet.kind.max()) + 1)
    lower_mm = np.stack([np.fmin(*heights_mm[feet.kind == kind]) for kind in kinds])
    chosen = lowest(lower_mm, sequence.sampling_rate_hz)
    levels = [lower_mm[kind, chosen[kind]] for kind in kinds if chosen[kind].any()]
    if not levels:
        raise SequenceError("the feet are missing in every frame, so there is no floor")
    bearing = min(levels, key=lambda level: float(np.median(level)))
    spread_mm = float(bearing.std())
    sure = 1.0 / (1.0 + (spread_mm / HALF_SURE_MM) ** 2)
    return Floor(
        height_mm=float(np.median(bearing)),
        points=feet.names,
        spread_mm=spread_mm,
        confidence=upright.confidence * sure,
    )
