"""Numbers that describe one segment: of an angle, and of a joint's velocity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.signals.smoothness import ldlj, sparc
from neuropose.errors import SignalError
from neuropose.features.definitions import ANGLE_FEATURES, JOINT_FEATURES

Array = NDArray[np.float64]

_LEAST_FRAMES = 3


def angle_values(angle_deg: Array, rate_deg_s: Array) -> dict[str, float]:
    """Describe an angle within a segment.

    Parameters
    ----------
    angle_deg : ndarray, shape (T,)
        The angle, degrees. NaN: missing.
    rate_deg_s : ndarray, shape (T,)
        Its rate of change. May be missing in the first and last frame, which have only one
        neighbour.

    Returns
    -------
    dict of str to float
        By the names of `ANGLE_FEATURES`. NaN if a frame is missing.

    Examples
    --------
    >>> angle_values(np.array([10.0, 30.0, 20.0]), np.array([np.nan, 50.0, np.nan]))["range"]
    20.0
    """
    if len(angle_deg) < _LEAST_FRAMES or np.isnan(angle_deg).any():
        return dict.fromkeys(ANGLE_FEATURES, np.nan)
    low, high = float(angle_deg.min()), float(angle_deg.max())
    rate = np.abs(rate_deg_s[~np.isnan(rate_deg_s)])
    return {
        "range": high - low,
        "max": high,
        "min": low,
        "mean": float(angle_deg.mean()),
        "velocity_max": float(rate.max()) if len(rate) >= len(angle_deg) - 2 else np.nan,
    }


def joint_values(
    velocity_mm_s: Array, rate_hz: float, *, smoothness: bool, frequencies: bool
) -> dict[tuple[str, str], float]:
    """Describe how a joint moves within a segment.

    Parameters
    ----------
    velocity_mm_s : ndarray, shape (T, 3)
        Velocity relative to the pelvis. May be missing in the first and last frame.
    rate_hz : float
        Frames per second.
    smoothness : bool
        Whether the segment is a single movement, for which smoothness is defined.
    frequencies : bool
        Whether the segment is long enough for frequencies, which are known to 1 / its duration.

    Returns
    -------
    dict of (str, str) to float
        By name and unit of `JOINT_FEATURES`. NaN if a frame is missing; smoothness also if there
        are too few frames for it, or the rate is too low.

    Examples
    --------
    >>> still = np.tile([30.0, 40.0, 0.0], (50, 1))
    >>> joint_values(still, 50.0, smoothness=False, frequencies=False)["speed_mean", "mm/s"]
    50.0
    """
    names = {(kind, unit): np.nan for kind, (unit, _, _) in JOINT_FEATURES.items()}
    missing = np.asarray(np.isnan(velocity_mm_s).any(axis=1))
    if len(velocity_mm_s) < _LEAST_FRAMES or missing[1:-1].any():
        return names
    velocity = velocity_mm_s[~missing]
    speed = np.linalg.norm(velocity, axis=1)
    names["speed_max", "mm/s"] = float(speed.max())
    names["speed_mean", "mm/s"] = float(speed.mean())
    names["path", "mm"] = float(speed.mean()) * (len(velocity_mm_s) - 1) / rate_hz
    if frequencies:
        dominant, median = _frequencies(velocity, rate_hz)
        names["velocity_dominant_frequency", "Hz"] = dominant
        names["velocity_median_frequency", "Hz"] = median
    if smoothness:
        for measure in (sparc, ldlj):
            try:
                names[measure.__name__, "1"] = measure(speed, rate_hz)
            except SignalError:
                continue  # too short, too slow or at rest: not defined
    return names


def _frequencies(velocity: Array, rate_hz: float) -> tuple[float, float]:
    """Return the frequency of the largest power, and the one below which half of the power lies."""
    window = np.hanning(len(velocity) + 2)[1:-1, None]
    varying = velocity - velocity.mean(axis=0)
    power = (np.abs(np.fft.rfft(varying * window, axis=0)) ** 2).sum(axis=1)[1:]
    total = power.sum()
    if total <= np.finfo(np.float64).eps * (velocity**2).sum():
        return np.nan, np.nan
    frequency_hz = np.fft.rfftfreq(len(velocity), 1.0 / rate_hz)[1:]
    half = int(np.searchsorted(np.cumsum(power), 0.5 * total))
    return float(frequency_hz[np.argmax(power)]), float(frequency_hz[half])
