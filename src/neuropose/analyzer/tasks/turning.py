"""Turns of the body about the vertical, from the direction in which the pelvis faces."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat

from neuropose.analyzer.filters import low_pass
from neuropose.analyzer.tasks.edges import Span, spans_above
from neuropose.analyzer.tasks.scene import Scene
from neuropose.io.metadata import Contract

Array = NDArray[np.float64]


class TurnSettings(Contract):
    """What counts as a turn.

    Parameters
    ----------
    least_deg : float
        Angle turned.
    peak_deg_s, edge_deg_s : float
        The turning speed must pass the one; where it passes the other, the turn begins and ends.
    joined_s : float
        Two turns to the same side with a shorter time between them are one.
    edge_cutoff_hz : float
        Low-pass of the pelvis's direction, to find where a turn begins and ends: the pelvis turns
        to and fro with every stride as well. It makes a turn of 180° in 1.2 s seem 0.3 s longer.
    peak_cutoff_hz : float
        Low-pass for the peak speed and the angle. It lowers the peak of a turn in 1.8 s by 1 %, of
        one in 1.2 s by 6 %; what the stride leaves in it is up to 10 % of a turn in 3 s.
    """

    least_deg: PositiveFloat = 45.0
    peak_deg_s: PositiveFloat = 15.0
    edge_deg_s: PositiveFloat = 5.0
    joined_s: float = Field(default=0.2, ge=0.0)
    edge_cutoff_hz: PositiveFloat = 0.7
    peak_cutoff_hz: PositiveFloat = 1.0


class Turn(NamedTuple):
    """One turn.

    Parameters
    ----------
    span : Span
        From where it begins to where it ends.
    angle_deg : float
        To the left positive.
    peak_deg_s : float
        Highest turning speed, never negative.
    """

    span: Span
    angle_deg: float
    peak_deg_s: float


def facing_deg(scene: Scene, cutoff_hz: float) -> Array:
    """Give the direction in which the pelvis faces.

    Parameters
    ----------
    scene : Scene
    cutoff_hz : float
        Of the low-pass.

    Returns
    -------
    ndarray, shape (T',)
        Degrees from where it faces first, to the left positive, unwrapped. NaN: missing.
    """
    pelvis, up = scene.ahead.pelvis, scene.upright.up
    known = np.flatnonzero(np.isfinite(pelvis).all(axis=1))
    facing = np.full(len(pelvis), np.nan)
    if not len(known):
        return facing
    first = pelvis[known[0]]
    left = np.cross(up, first)
    facing[known] = np.degrees(np.unwrap(np.arctan2(pelvis[known] @ left, pelvis[known] @ first)))
    return low_pass(facing, rate_hz=scene.rate_hz, cutoff_hz=cutoff_hz).values


def find_turns(scene: Scene, how: TurnSettings) -> list[Turn]:
    """Find the turns of a recording.

    Parameters
    ----------
    scene : Scene
    how : TurnSettings

    Returns
    -------
    list of Turn
        In the order of time.

    Raises
    ------
    SignalError
        If the frame rate is too low for the low-pass.

    Notes
    -----
    El-Gohary et al. 2014, Sensors 14:356: the turning speed of the pelvis is above 15°/s at its
    peak, the turn goes from and to 5°/s, and is 45° or more in all. The low-pass filters are a
    compromise of our own, between the pelvis's swing in every stride and quick turns.
    """
    rate = scene.rate_of_change(facing_deg(scene, how.edge_cutoff_hz))
    facing = facing_deg(scene, how.peak_cutoff_hz)
    quick = scene.rate_of_change(facing)
    turns: list[Turn] = []
    for sign in (1.0, -1.0):
        spans = [
            span
            for span in spans_above(scene.time_s, sign * rate, how.edge_deg_s)
            if sign * rate[span.peak] >= how.peak_deg_s
        ]
        for span in _joined(spans, sign * rate, how.joined_s):
            angle = float(facing[span.last] - facing[span.first])
            if abs(angle) >= how.least_deg:
                turns.append(Turn(span, angle, float(np.nanmax(sign * quick[span.rows]))))
    return sorted(turns, key=lambda turn: turn.span.first)


def _joined(spans: list[Span], speed: Array, least_s: float) -> list[Span]:
    joined: list[Span] = []
    for span in spans:
        before = joined[-1] if joined else None
        if before is None or not span.start_s - before.end_s < least_s:
            joined.append(span)
            continue
        peak = max(before.peak, span.peak, key=lambda row: speed[row])
        joined[-1] = Span(before.first, span.last, peak, before.start_s, span.end_s)
    return joined
