"""Standard errors of angles, from draws of the error of the positions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.angles.body import Body
from neuropose.analyzer.kinematics.angles.result import Angle
from neuropose.analyzer.kinematics.orientation.estimate_vertical import Vertical
from neuropose.sequence.data import SequenceData

Array = NDArray[np.float64]


def drawn_errors_deg(
    body: Body, measures: Mapping[str, Callable[[Body], Angle]]
) -> dict[str, Array]:
    """Measure angles on every drawn movement, and compare them with those of the sequence.

    Parameters
    ----------
    body : Body
        The sequence, which has draws of its error, after the angles were measured on it.
    measures : mapping of str to callable
        Function that measures each angle on a body.

    Returns
    -------
    dict of str to ndarray, shape (T,)
        By angle, degrees: root mean square difference over the draws, frame by frame. NaN: the
        angle is not known in that frame, or in no draw.
    """
    sequence = body.sequence
    plain = {name: measure(body).values_deg for name, measure in measures.items()}
    squares = {name: np.zeros(len(sequence)) for name in measures}
    counts = {name: np.zeros(len(sequence)) for name in measures}
    for number in range(sequence.draw_count):
        drawn = sequence.drawn(number)
        allowed = Body(drawn, _drawn_upright(body, drawn))
        for name, measure in measures.items():
            change = (measure(allowed).values_deg - plain[name] + 180.0) % 360.0 - 180.0
            squares[name] += np.nan_to_num(change) ** 2
            counts[name] += np.isfinite(change)
    with np.errstate(invalid="ignore", divide="ignore"):
        return {name: np.sqrt(squares[name] / counts[name]) for name in measures}


def root_mean_square(errors_deg: Array) -> float:
    """Return the error of a frame as one number for all frames.

    Parameters
    ----------
    errors_deg : ndarray, shape (T,)
        Standard errors; NaN: not known.

    Returns
    -------
    float
        NaN: not known in any frame.
    """
    known = errors_deg[np.isfinite(errors_deg)]
    return float(np.sqrt((known**2).mean())) if len(known) else float("nan")


def _drawn_upright(body: Body, drawn: SequenceData) -> Vertical | None:
    """Return the vertical of a drawn movement; None: it is estimated from its positions."""
    upright = body.known_upright
    if upright is None or drawn.up is None:
        return None
    return upright if drawn.up_error_deg is None else replace(upright, up=drawn.up)
