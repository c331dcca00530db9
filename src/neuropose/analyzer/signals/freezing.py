"""The freeze index: trembling of the legs in proportion to walking."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuropose.errors import SignalError
from neuropose.filters.columns import runs

Array = NDArray[np.float64]

LOCOMOTOR_HZ = (0.5, 3.0)
FREEZE_HZ = (3.0, 8.0)
_LEAST_RATE_HZ = 2.0 * FREEZE_HZ[1]
_SPECTRUM_LENGTH = 256  # at least: the bands of a short window would have too few frequencies


class FreezeIndex(NamedTuple):
    """Freeze index over time.

    Parameters
    ----------
    time_s : ndarray, shape (W,)
        Middle of each window, seconds from the first sample.
    values : ndarray, shape (W,)
        Squared ratio of the power from 3 to 8 Hz to that from 0.5 to 3 Hz. NaN: a sample of the
        window is missing.
    """

    time_s: Array
    values: Array

    def scaled(self) -> Array:
        """Return ln(100 · values), as Moore et al. state it.

        Returns
        -------
        ndarray, shape (W,)
        """
        return np.asarray(np.log(100.0 * self.values))

    def candidates(self, threshold: float, least_s: float = 1.0) -> list[tuple[float, float]]:
        """Return the stretches to review, in which the index is above a threshold.

        Parameters
        ----------
        threshold : float
            Of the index, not scaled. Moore et al. have one for each subject: there is no default.
        least_s : float
            Shorter stretches are left out, seconds.

        Returns
        -------
        list of (float, float)
            Start and end, seconds. They are no diagnosis: standing still has a high index too.
        """
        return [
            (float(self.time_s[start]), float(self.time_s[stop - 1]))
            for start, stop in runs(self.values > threshold)
            if self.time_s[stop - 1] - self.time_s[start] >= least_s
        ]


def freeze_index(
    signal: ArrayLike, rate_hz: float, *, window_s: float = 6.0, step_s: float = 0.1
) -> FreezeIndex:
    """Compute the freeze index of a signal.

    Parameters
    ----------
    signal : array-like, shape (T,)
        Vertical acceleration of a shank, as in the source, in any unit. NaN: missing.
    rate_hz : float
        Samples per second, 16 or more.
    window_s : float
        Length of the window, seconds.
    step_s : float
        Time between two windows, seconds.

    Returns
    -------
    FreezeIndex
        Of every window that lies within the signal.

    Raises
    ------
    SignalError
        If the signal is shorter than a window, the rate is too low for 8 Hz, or a rate or time is
        not positive.

    Notes
    -----
    Moore et al. 2008, J Neurosci Methods 167:340: the square of the area under the power spectrum
    of 6 s from 3 to 8 Hz, over the square of that from 0.5 to 3 Hz. The mean is taken out first.

    Examples
    --------
    >>> time_s = np.arange(0.0, 10.0, 0.01)
    >>> trembling = np.sin(2.0 * np.pi * 6.0 * time_s)
    >>> bool(freeze_index(trembling, 100.0).values.min() > 100.0)
    True
    """
    samples = np.asarray(signal, dtype=np.float64)
    lengths = {"rate_hz": rate_hz, "window_s": window_s, "step_s": step_s}
    for name, value in lengths.items():
        if not (np.isfinite(value) and value > 0.0):
            raise SignalError(f"{name} is {value:.3g}", hint="give a positive number")
    width = int(window_s * rate_hz) + 1
    if rate_hz < _LEAST_RATE_HZ:
        raise SignalError(
            f"{rate_hz:.3g} samples a second do not show {FREEZE_HZ[1]:g} Hz",
            hint=f"record with {_LEAST_RATE_HZ:g} or more",
        )
    if samples.ndim != 1 or len(samples) < width:
        raise SignalError(
            f"the signal is shorter than the window of {window_s:g} s",
            hint="give a longer recording, or a shorter window_s",
        )
    first = np.arange(0, len(samples) - width + 1, max(1, round(step_s * rate_hz)))
    windows = samples[first[:, None] + np.arange(width)]
    windows = windows - windows.mean(axis=1, keepdims=True)
    length = max(width, _SPECTRUM_LENGTH)
    power = np.abs(np.fft.rfft(windows, length, axis=1)) ** 2
    frequency = np.asarray(np.fft.rfftfreq(length, 1.0 / rate_hz), dtype=np.float64)
    freeze, locomotor = (_area(power, frequency, *band) for band in (FREEZE_HZ, LOCOMOTOR_HZ))
    with np.errstate(divide="ignore", invalid="ignore"):
        values = (freeze / locomotor) ** 2
    time_s = np.asarray((first + 0.5 * (width - 1)) / rate_hz, dtype=np.float64)
    return FreezeIndex(time_s, values)


def _area(power: Array, frequency: Array, low_hz: float, high_hz: float) -> Array:
    within = (frequency >= low_hz) & (frequency <= high_hz)
    return np.asarray(np.trapezoid(power[:, within], frequency[within], axis=1))
