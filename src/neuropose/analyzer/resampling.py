"""A sequence on an even clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuropose.analyzer.sequence_data import SequenceGap
from neuropose.errors import SequenceError

if TYPE_CHECKING:
    from neuropose.analyzer.sequence import PoseSequence

_ROUNDING = 1e-6  # of an interval: the last frame is not lost for it


def resampled_fields(sequence: PoseSequence, rate_hz: float) -> dict[str, Any]:
    """Give the fields of `PoseSequence` that resampling changes.

    Parameters
    ----------
    sequence : PoseSequence
    rate_hz : float
        Frames per second of the result.

    Returns
    -------
    dict of str to value
        See `PoseSequence.resample`.

    Raises
    ------
    SequenceError
        If the rate is not a positive number.
    """
    if not 0.0 < rate_hz < np.inf:
        raise SequenceError(f"{rate_hz:g} frames per second is no frame rate")
    old_s = sequence.time_s
    count = int(np.floor(sequence.duration_s * rate_hz + _ROUNDING)) + 1
    new_s = old_s[:1] + np.arange(count) / rate_hz
    after = np.clip(np.searchsorted(old_s, new_s), min(1, len(old_s) - 1), len(old_s) - 1)
    before = np.maximum(after - 1, 0)
    span_s = np.maximum(old_s[after] - old_s[before], np.finfo(float).tiny)
    share = np.clip((new_s - old_s[before]) / span_s, 0.0, 1.0)
    # A frame that is hit exactly does not need its neighbour.
    share = np.where(np.abs(share - np.round(share)) < _ROUNDING, np.round(share), share)
    low, high = np.where(share == 1.0, after, before), np.where(share == 0.0, before, after)
    weight = share[:, None, None]
    positions_mm = sequence.positions_mm
    confidence = sequence.confidence
    missing = np.zeros(len(old_s), dtype=bool)
    gaps = []
    for gap in sequence.gaps:
        missing[:] = False
        missing[gap.first : gap.last + 1] = True
        hit = np.flatnonzero(missing[low] | missing[high])
        if len(hit):
            gaps.append(SequenceGap(int(hit[0]), int(hit[-1]), gap.reason))
    return {
        "time_s": new_s,
        "positions_mm": (1.0 - weight) * positions_mm[low] + weight * positions_mm[high],
        "confidence": None if confidence is None else np.minimum(confidence[low], confidence[high]),
        "first_frame": None,
        "gaps": tuple(gaps),
    }
