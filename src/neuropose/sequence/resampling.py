"""A sequence on an even clock, resampled by `neuropose.filters.resample`."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose.errors import SequenceError
from neuropose.filters import resample
from neuropose.sequence.data import SequenceData, SequenceGap

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

_ON_A_FRAME = 1e-6  # of an interval


def resampled_fields(sequence: SequenceData, rate_hz: float) -> dict[str, Any]:
    """Compute the fields of a sequence that change with the clock.

    Parameters
    ----------
    sequence : PoseSequence
        The sequence on its own clock.
    rate_hz : float
        Frames per second of the result.

    Returns
    -------
    dict of str to value
        See `PoseSequence.resample`. Empty if the sequence has that clock already.

    Raises
    ------
    SequenceError
        If the rate is not a positive number.
    """
    if not 0.0 < rate_hz < np.inf:
        raise SequenceError(f"{rate_hz:g} frames per second is not a frame rate")
    if len(sequence) < 2:
        return {}
    interpolate = partial(
        resample,
        sequence.time_s,
        rate_hz=rate_hz,
        limit_s=sequence.duration_s,
        method="linear",
    )
    even = interpolate(sequence.positions_mm)
    if not even.changed:
        return {}
    low, high = _frames_around(sequence, even.time_s, _ON_A_FRAME / rate_hz)
    confidence, draws_mm = sequence.confidence, sequence.draws_mm
    if draws_mm is not None:
        draws_mm = np.array([interpolate(draw).values for draw in draws_mm], np.float32)
    return {
        "time_s": even.time_s,
        "positions_mm": even.values,
        "draws_mm": draws_mm,
        "confidence": None if confidence is None else np.minimum(confidence[low], confidence[high]),
        "first_frame": None,
        "gaps": tuple(_moved(sequence.gaps, low, high)),
    }


def _frames_around(sequence: SequenceData, at_s: Array, nearly_s: float) -> tuple[Ints, Ints]:
    """Frames before and after each time; at the very time of a frame, that one twice."""
    last = len(sequence) - 1
    low = np.searchsorted(sequence.time_s, at_s + nearly_s, side="right") - 1
    high = np.searchsorted(sequence.time_s, at_s - nearly_s)
    return low, np.minimum(high, last)


def _moved(gaps: tuple[SequenceGap, ...], low: Ints, high: Ints) -> list[SequenceGap]:
    moved = []
    for gap in gaps:
        hit = np.flatnonzero((high >= gap.first) & (low <= gap.last))
        if len(hit):
            moved.append(SequenceGap(int(hit[0]), int(hit[-1]), gap.reason))
    return moved
