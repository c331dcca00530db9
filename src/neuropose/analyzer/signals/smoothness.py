"""Smoothness of one movement from its speed: spectral arc length and log dimensionless jerk.

Both apply to one movement at a time, from its onset to its end: in a recording of several movements
and rests, the rests and the repetition themselves would count as jerkiness. Cut the movements out
first (`neuropose.analyzer.signals.repetitions`, the onsets of a reach), and prepare them alike: the
cutoff of the low-pass changes both measures.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuropose.errors import SignalError
from neuropose.filters.columns import positive

LEAST_SAMPLES = 10
"""Fewer samples do not describe a movement."""

_PADDING = 4  # the transform is 2**4 times as long as the movement, at least
_HIGHEST_HZ = 10.0
_LEAST_AMPLITUDE = 0.05


def sparc(speed: ArrayLike, rate_hz: float) -> float:
    """Compute the spectral arc length of one movement: less negative is smoother.

    The length of the curve that the amplitude spectrum of the speed draws, up to the highest
    frequency below 10 Hz at which it reaches 5 % of its maximum; frequency as a fraction of that
    one, amplitude as a fraction of the maximum; negated.

    Parameters
    ----------
    speed : array_like, shape (T,)
        From onset to end of one movement, evenly sampled, never negative; any unit.
    rate_hz : float
        Sampling rate, Hz.

    Returns
    -------
    float
        Without unit. A single smooth movement has about −1.4 to −1.6. It depends neither on the
        amplitude nor, as long as the spectrum lies below 10 Hz, on the duration.

    Raises
    ------
    SignalError
        If the speed has fewer than `LEAST_SAMPLES` samples, is missing or negative anywhere, or
        zero everywhere; or if the rate is below 20 Hz, so that the spectrum does not reach 10 Hz.

    Notes
    -----
    Balasubramanian, Melendez-Calderon, Roby-Brami & Burdet 2015, J NeuroEng Rehabil 12:112
    (SPARC), with the parameters of its authors' program: transform over 2^(⌈log₂ T⌉ + 4)
    samples, 10 Hz, threshold 0.05.

    Examples
    --------
    >>> t = np.arange(-100, 100) / 100
    >>> round(sparc(np.exp(-5 * t**2), 100.0), 5)
    -1.41403
    """
    profile = _movement(speed, rate_hz)
    if rate_hz < 2.0 * _HIGHEST_HZ:
        raise SignalError(
            f"the spectrum at {rate_hz:g} Hz ends at {0.5 * rate_hz:g} Hz, but SPARC looks at "
            f"{_HIGHEST_HZ:g}",
            hint="record 20 or more frames per second",
        )
    length = 1 << (int(np.ceil(np.log2(len(profile)))) + _PADDING)
    frequency_hz = np.arange(length // 2 + 1) * (rate_hz / length)
    amplitude = np.abs(np.fft.rfft(profile, length))
    amplitude = amplitude[frequency_hz <= _HIGHEST_HZ] / amplitude.max()
    last = int(np.flatnonzero(amplitude >= _LEAST_AMPLITUDE)[-1])
    steps = np.diff(amplitude[: last + 1])
    return -float(np.sqrt(1.0 / last**2 + steps**2).sum())


def ldlj(speed: ArrayLike, rate_hz: float) -> float:
    """Compute the log dimensionless jerk of one movement: less negative is smoother.

    −ln(D³ / v_peak² · ∫ (d²v/dt²)² dt), with the duration D = T / rate.

    Parameters
    ----------
    speed : array_like, shape (T,)
        From onset to end of one movement, evenly sampled, never negative; any unit.
    rate_hz : float
        Sampling rate, Hz.

    Returns
    -------
    float
        Without unit. It does not depend on the amplitude, nor on the duration at the same number
        of samples; on noise much more than `sparc`: smooth first.

    Raises
    ------
    SignalError
        If the speed has fewer than `LEAST_SAMPLES` samples, is missing or negative anywhere, or
        zero everywhere, or changes so evenly that there is no jerk.

    Notes
    -----
    Balasubramanian, Melendez-Calderon & Burdet 2012, IEEE Trans Biomed Eng 59:2126 (dimensionless
    jerk of the speed); Balasubramanian et al. 2015, J NeuroEng Rehabil 12:112 (its logarithm).
    Second differences and sums, as their authors' program has them. For movements in space the
    paper of 2015 also proposes the magnitude of the position's third derivative; that is another
    number, not to be compared with this one.

    A minimum-jerk movement has −5.32. In few samples its jerk is seen in part only: it comes out
    as −5.22 in 100 samples, −5.00 in 30, −4.51 in 10. Compare only what was recorded at the same
    rate.

    Examples
    --------
    >>> t = np.arange(-100, 100) / 100
    >>> round(ldlj(np.exp(-5 * t**2), 100.0), 5)
    -5.81636
    """
    profile = _movement(speed, rate_hz)
    duration_s = len(profile) / rate_hz
    jerk = np.diff(profile, 2) * rate_hz**2
    squared = float((jerk**2).sum()) / rate_hz
    if squared <= 0.0:
        raise SignalError(
            "the speed changes evenly: without any jerk its logarithm is not defined",
            hint="cut the movement out from its onset to its end",
        )
    return -float(np.log(duration_s**3 * squared))


def _movement(speed: ArrayLike, rate_hz: float) -> NDArray[np.float64]:
    """Check a speed profile, and return it as a fraction of its peak."""
    profile = np.asarray(speed, dtype=np.float64)
    positive(rate_hz, "rate_hz")
    if profile.ndim != 1:
        raise SignalError(
            f"a speed of shape {profile.shape}", hint="give one movement's speed, shape (T,)"
        )
    if len(profile) < LEAST_SAMPLES:
        raise SignalError(
            f"{len(profile)} samples are too few for a measure of smoothness",
            hint=f"at least {LEAST_SAMPLES} are needed: record more frames per second",
        )
    if not np.isfinite(profile).all():
        raise SignalError(
            f"the speed is missing in {int((~np.isfinite(profile)).sum())} samples",
            hint="fill short gaps, and leave movements with long ones out",
        )
    if (profile < 0.0).any():
        raise SignalError("a speed is never negative", hint="give the norm of the velocity")
    peak = profile.max()
    if peak <= 0.0:
        raise SignalError("the speed is zero throughout", hint="there is no movement to measure")
    return np.asarray(profile / peak)
