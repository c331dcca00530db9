"""How much of a movement is noise of the recording, judged by what lies above the low-pass."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.prepared import PreparedRecording
from neuropose.filters import single_pass_cutoff_hz
from neuropose.filters.robust import robust_sd

Array = NDArray[np.float64]

_FREQUENCIES = 4096


class Noise(NamedTuple):
    """Effect of white noise on a point that stands still, after the low-pass.

    Parameters
    ----------
    raw_mm : float
        Standard deviation before the low-pass, of one coordinate.
    position_mm, velocity_mm_s : float
        Standard deviation of the coordinate and of its rate of change, after the low-pass.
    """

    raw_mm: float
    position_mm: float
    velocity_mm_s: float


def white_noise(prepared: PreparedRecording, joint: str, axis: Array) -> Noise | None:
    """Estimate the noise in one coordinate of a joint.

    Parameters
    ----------
    prepared : PreparedRecording
        The recording after its low-pass.
    joint : str
        Canonical name of the joint.
    axis : ndarray, shape (3,)
        Direction of the coordinate, unit length.

    Returns
    -------
    Noise or None
        None if there is no low-pass, or too little lies above it to judge by.

    Notes
    -----
    What the low-pass takes away is noise above its cutoff, as bodies hardly move there. If the
    noise is white, all of it is known from that part: the filter's gain G determines how much is
    removed, mean (1 − G)², and how much passes, mean G². Errors that change slowly (a pose
    model's guess of depth, for example) do not show above the cutoff. So this is a lower bound.
    """
    record = prepared.record
    cutoff_hz, rate_hz = record.settings.cutoff_hz, record.rate_hz
    if cutoff_hz is None:
        return None
    rest = (prepared.raw.joint(joint) - prepared.sequence.joint(joint)) @ axis
    rest = rest[np.isfinite(rest)]
    if len(rest) < 2:
        return None
    gain, slope = _gain(cutoff_hz, rate_hz, record.settings.filter_order)
    # Robust: a few samples that the outlier filter took out do not count.
    rest_sd = robust_sd(rest)
    raw_mm = rest_sd / float(np.sqrt(np.mean((1.0 - gain) ** 2)))
    return Noise(
        raw_mm=raw_mm,
        position_mm=raw_mm * float(np.sqrt(np.mean(gain**2))),
        velocity_mm_s=raw_mm * float(np.sqrt(np.mean((gain * slope) ** 2))),
    )


def _gain(cutoff_hz: float, rate_hz: float, order: int) -> tuple[Array, Array]:
    """Return the gain of the low-pass, both ways, and of central differences, by frequency."""
    from scipy.signal import butter, sosfreqz

    single_hz = single_pass_cutoff_hz(cutoff_hz, rate_hz, order)
    sections = butter(order // 2, single_hz, fs=rate_hz, output="sos")
    frequency, response = sosfreqz(sections, _FREQUENCIES, fs=rate_hz)
    return np.abs(response) ** 2, rate_hz * np.sin(2.0 * np.pi * frequency / rate_hz)
