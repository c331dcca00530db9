"""Standard errors of angles: the errors of the positions and of the vertical, propagated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.angles.body import Body
from neuropose.analyzer.kinematics.angles.result import Angle
from neuropose.analyzer.kinematics.orientation.estimate_heading import Heading
from neuropose.analyzer.kinematics.orientation.lateral_markers import possible_centres
from neuropose.geometry import perpendicular, unit
from neuropose.sequence.data import SequenceData
from neuropose.sequence.position_error import EXACT, sight_axes
from neuropose.skeletons import LANDMARKS
from neuropose.skeletons.sides import SIDES

Array = NDArray[np.float64]
Measures = Mapping[str, Callable[[Body], Angle]]

HALF_SURE_DEG = 5.0
"""Standard error of an angle at which its confidence is one half.

Errors above 5° mislead clinical interpretation (McGinley et al. 2009, Gait Posture 29:360).
"""
MOST_FRAMES = 40
"""Frames, evenly spread over the recording, from which an error is estimated."""
_MOVED = (
    *("pelvis", "neck"),
    *(
        f"{side}_{joint}"
        for side in SIDES
        for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "heel", "toe")
    ),
    *LANDMARKS,
)


def sureness(error_deg: float) -> float:
    """Return the confidence that goes with a standard error.

    Parameters
    ----------
    error_deg : float
        Standard error, degrees. NaN: not known.

    Returns
    -------
    float
        ``1 / (1 + (error_deg / HALF_SURE_DEG)²)``; 0 if the error is not known.

    Examples
    --------
    >>> sureness(0.0), sureness(5.0), sureness(20.0).__round__(2)
    (1.0, 0.5, 0.06)
    """
    return 1.0 / (1.0 + (error_deg / HALF_SURE_DEG) ** 2) if np.isfinite(error_deg) else 0.0


def standard_errors_deg(
    body: Body, measures: Measures, joints: tuple[str, ...] = _MOVED
) -> dict[str, float]:
    """Estimate how far angles are from the truth.

    Parameters
    ----------
    body : Body
        The sequence, after the angles were measured on it.
    measures : mapping of str to callable
        Function that measures each angle on a body.
    joints : tuple of str
        Joints whose positions are uncertain; all others are taken as exact.

    Returns
    -------
    dict of str to float
        By angle, degrees: root mean square over up to `MOST_FRAMES` frames. NaN: the angle is
        not known in any of them.

    Notes
    -----
    Each joint is moved by one standard deviation of its position
    (`neuropose.analyzer.PoseSequence.position_error`) to either side along the line of sight and
    in two directions across it, and the vertical is tilted by its standard error; the mean squared
    changes of the angle are added. This is the propagation of errors with finite steps in place of
    derivatives (sigma points, Julier & Uhlmann 2004, Proc IEEE 92:401), so that a straight knee,
    which any error can only bend, has an error too. Errors of different joints are taken as
    independent. A joint that is nothing but the marker on its outer side is also moved to either
    end of where its centre may be (`neuropose.analyzer.kinematics.orientation.lateral_markers`).

    From the side, an error of depth hardly changes how far a knee is bent; from the front it is
    all that the bend is made of. So the error shows from which side an angle can be measured.
    """
    if not measures or not np.isfinite(body.sequence.positions_mm).any():
        return dict.fromkeys(measures, float("nan"))
    if body.sequence.position_error == EXACT:
        return dict.fromkeys(measures, 0.0)
    base = _few_frames(body)
    sequence = base.sequence
    moved = [sequence.joints.index(name) for name in _own_names(sequence, joints)]
    plain = _values(measures, base)
    total = {name: np.zeros(len(sequence)) for name in measures}
    stacked = _values(measures, _moved(base, moved))
    for name, changed in stacked.items():
        squares = (changed.reshape(-1, 2, len(sequence)) - plain[name]) ** 2
        total[name] += np.nansum(0.5 * np.nansum(squares, axis=1), axis=0)
    for displaced in _displaced(base):
        for name, changed in _values(measures, displaced).items():
            squares = (changed.reshape(2, len(sequence)) - plain[name]) ** 2
            total[name] += 0.5 * np.nansum(squares, axis=0)
    for tilted in _tilted(base):
        for name, changed in _values(measures, tilted).items():
            total[name] += np.nan_to_num(0.5 * (changed - plain[name]) ** 2)
    return {name: _root_mean(total[name], plain[name]) for name in measures}


def _few_frames(body: Body) -> Body:
    sequence = body.sequence
    known = np.flatnonzero(np.isfinite(sequence.positions_mm).any(axis=(1, 2)))
    rows = known[
        np.unique(np.linspace(0, len(known) - 1, min(len(known), MOST_FRAMES)).astype(int))
    ]
    return _with_rows(body, sequence.positions_mm[rows], rows)


def _with_rows(body: Body, positions_mm: Array, rows: NDArray[np.int64]) -> Body:
    """Return a body with other positions, and the directions of the rows they come from."""
    sequence = replace(
        body.sequence,
        time_s=np.arange(len(rows), dtype=np.float64),
        positions_mm=positions_mm,
        confidence=None if body.sequence.confidence is None else body.sequence.confidence[rows],
        first_frame=None,
        gaps=(),
    )
    facing = body.known_facing
    if facing is not None:
        facing = replace(
            facing,
            forward=facing.forward[rows],
            pelvis=facing.pelvis[rows],
            swing=facing.swing[rows],
        )
    return Body(sequence, body.known_upright, facing)


def _moved(body: Body, columns: list[int]) -> Body:
    """Return all frames again for each joint, direction and sign: joint × 3 × 2 × frames rows."""
    sequence = body.sequence
    positions_mm = sequence.positions_mm
    frames = len(sequence)
    confidence = (
        np.full(positions_mm.shape[:2], np.nan)
        if sequence.confidence is None
        else sequence.confidence
    )
    spread_mm = sequence.position_error.standard_deviation_mm(confidence)
    points = [len(sequence.made_of.get(name, (name,))) for name in sequence.joints]
    spread_mm = spread_mm / np.sqrt(points)[:, None]  # a mean of several is known better
    steps_mm = sight_axes(positions_mm) * spread_mm[..., None]
    stacked = np.tile(positions_mm, (len(columns), 3, 2, 1, 1, 1))
    for place, column in enumerate(columns):
        step_mm = steps_mm[:, column].transpose(1, 0, 2)
        stacked[place, :, 0, :, column] += step_mm
        stacked[place, :, 1, :, column] -= step_mm
    rows = np.tile(np.arange(frames), len(columns) * 6)
    return _with_rows(body, stacked.reshape(-1, *positions_mm.shape[1:]), rows)


def _displaced(body: Body) -> Iterator[Body]:
    """Yield all frames twice, with one lateral marker at either end of where its joint may be."""
    sequence = body.sequence
    rows = np.tile(np.arange(len(sequence)), 2)
    for names, steps_mm in possible_centres(sequence):
        stacked = np.tile(sequence.positions_mm, (2, 1, 1, 1))
        for own in _own_names(sequence, names):
            stacked[:, :, sequence.joints.index(own)] += steps_mm
        yield _with_rows(body, stacked.reshape(-1, *sequence.positions_mm.shape[1:]), rows)


def _tilted(body: Body) -> list[Body]:
    upright = body.known_upright
    if upright is None or not upright.error_deg > 0.0:
        return []
    size = np.tan(np.radians(min(upright.error_deg, 60.0)))
    across = sight_axes(upright.up)[:2]
    ups = [unit(upright.up + sign * size * side, least=0.0) for side in across for sign in (1, -1)]
    return [
        Body(body.sequence, replace(upright, up=up), _levelled(body.known_facing, up)) for up in ups
    ]


def _levelled(facing: Heading | None, up: Array) -> Heading | None:
    """Return the heading on the floor of another vertical."""
    if facing is None:
        return None
    forward, pelvis = perpendicular(facing.forward, up), perpendicular(facing.pelvis, up)
    return replace(facing, forward=forward, pelvis=pelvis, up=up)


def _values(measures: Measures, body: Body) -> dict[str, Array]:
    return {name: measure(body).values_deg for name, measure in measures.items()}


def _own_names(sequence: SequenceData, joints: tuple[str, ...]) -> list[str]:
    own = [sequence.aliases.get(name, name) for name in joints if sequence.has(name)]
    return list(dict.fromkeys(own))


def _root_mean(squares: Array, values_deg: Array) -> float:
    known = np.isfinite(values_deg)
    return float(np.sqrt(squares[known].mean())) if known.any() else float("nan")
