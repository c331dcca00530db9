"""The low-pass filter of movement analysis: Butterworth, forward and backward, gap by gap."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from neuropose.errors import SignalError
from neuropose.filters.columns import (
    Bools,
    Floats,
    Ints,
    as_columns,
    patterns,
    positive,
    runs,
)

_SHORT = 1 << 11  # samples; runs up to this are filtered together

_AT_ONCE = 1 << 15  # samples; few enough that they stay in the processor's cache


class LowPassed(NamedTuple):
    """Result of `low_pass`.

    Parameters
    ----------
    values : ndarray of float64
        The filtered signal.
    dropped : ndarray of bool
        Samples that had a value and are NaN now: they lie in runs too short to be filtered.
    single_pass_hz : float
        Cutoff of each of the two passes.
    """

    values: Floats
    dropped: Bools
    single_pass_hz: float


def single_pass_cutoff_hz(cutoff_hz: float, rate_hz: float, order: int = 4) -> float:
    """Compute the cutoff of each pass, for two passes with a given cutoff together.

    Parameters
    ----------
    cutoff_hz : float
        Frequency at which the amplitude should be 1/√2 (−3 dB) after both passes, Hz.
    rate_hz : float
        Sampling rate, Hz.
    order : int
        Order of both passes together, even.

    Returns
    -------
    float
        Hz; above `cutoff_hz`, below half the sampling rate.

    Raises
    ------
    SignalError
        If a number is not positive, the order is odd, or the cutoff is not below half the rate.

    Notes
    -----
    Winter 2009, Biomechanics and Motor Control of Human Movement, 4th ed., p. 69: the
    cutoff of the analogue prototype, tan(π f / rate), is divided by C = (2^(1/2) − 1)^(1/order),
    0.802 for two passes of second order.

    Examples
    --------
    >>> round(single_pass_cutoff_hz(6.0, 60.0), 3)
    7.35
    """
    positive(rate_hz, "rate_hz")
    positive(cutoff_hz, "cutoff_hz")
    if order < 2 or order % 2:
        raise SignalError(
            f"two equal passes cannot have a total order of {order}", hint="use an even order"
        )
    if cutoff_hz >= 0.5 * rate_hz:
        raise SignalError(
            f"a cutoff of {cutoff_hz:g} Hz is not below half the sampling rate of {rate_hz:g} Hz",
            hint="lower the cutoff, or record with more frames per second",
        )
    correction = (np.sqrt(2.0) - 1.0) ** (1.0 / order)
    prototype = np.tan(np.pi * cutoff_hz / rate_hz) / correction
    return float(np.arctan(prototype) * rate_hz / np.pi)


def low_pass(
    values: ArrayLike, *, rate_hz: float, cutoff_hz: float = 6.0, order: int = 4
) -> LowPassed:
    """Low-pass filter without any time shift: Butterworth, once forward and once backward.

    Parameters
    ----------
    values : array_like, shape (T, …)
        Evenly sampled. NaN: missing.
    rate_hz : float
        Sampling rate, Hz.
    cutoff_hz : float
        Frequency at which the amplitude is 1/√2 (−3 dB) after both passes, Hz. 6 Hz is usual for
        gait.
    order : int
        Order of both passes together, even: 4 is a second-order filter, twice.

    Returns
    -------
    LowPassed
        Same units. NaN stays NaN.

    Raises
    ------
    SignalError
        If the cutoff is not below half the sampling rate, a parameter is not positive, the order
        is odd or a value infinite.

    Notes
    -----
    The result is that of ``scipy.signal.sosfiltfilt`` with
    ``butter(order // 2, single_pass_cutoff_hz(…), output="sos")``, ends padded by odd reflection.
    Without Winter's correction, ``sosfiltfilt(butter(2, 6.0))`` would have only half the amplitude
    (−6 dB) at 6 Hz, and −3 dB at 4.8 Hz: the low-pass of 6 Hz that papers report is not that one.

    A gap splits the signal: each run of samples is filtered by itself, with ends of its own. A
    run that is not longer than the padding (9 samples at order 4) cannot be. It becomes NaN:
    left as it is, its raw noise would stand among smooth values, and be mistaken for speed.

    Sources: Butterworth 1930; Winter 2009, p. 69; Gustafsson 1996 (initial states).

    Examples
    --------
    >>> time_s = np.arange(120) / 60.0
    >>> filtered = low_pass(np.sin(2 * np.pi * time_s), rate_hz=60.0)
    >>> bool(np.abs(filtered.values - np.sin(2 * np.pi * time_s)).max() < 0.01)
    True
    """
    from scipy.signal import butter, sosfiltfilt

    single_pass_hz = single_pass_cutoff_hz(cutoff_hz, rate_hz, order)
    sections = butter(order // 2, single_pass_hz, fs=rate_hz, output="sos")
    columns = as_columns(values)
    filtered, dropped = np.full(columns.shape, np.nan), np.zeros(columns.shape, dtype=bool)
    short: list[Ints] = []
    for valid, members in patterns(~np.isnan(columns)):
        bounds = runs(valid)
        length = bounds[:, 1] - bounds[:, 0]
        for start, stop in bounds[length <= _padding(sections)]:
            dropped[start:stop, members] = True
        for start, stop in bounds[length > _SHORT]:
            filtered[start:stop, members] = sosfiltfilt(
                sections, columns[start:stop, members], axis=0
            )
        rest = bounds[(length > _padding(sections)) & (length <= _SHORT)]
        short += [np.insert(rest, 0, column, axis=1) for column in members]
    for batch in _batches(short):
        _filter_runs(sections, columns, filtered, batch)
    shape = np.shape(values)
    return LowPassed(filtered.reshape(shape), dropped.reshape(shape), single_pass_hz)


def _batches(short: list[Ints]) -> list[Ints]:
    """Group runs of similar length: column, start and stop of each."""
    listed = np.concatenate(short) if short else np.empty((0, 3), np.int64)
    if not len(listed):
        return []
    length = listed[:, 2] - listed[:, 1]
    order = np.argsort(length, kind="stable")
    ascending = length[order]
    doublings, full = np.log2(ascending).astype(np.int64), np.cumsum(ascending) // _AT_ONCE
    cuts = np.flatnonzero((np.diff(doublings) > 0) | (np.diff(full) > 0)) + 1
    return np.split(listed[order], cuts)


def _filter_runs(sections: Floats, columns: Floats, filtered: Floats, batch: Ints) -> None:
    """Filter runs forward and backward, all at once: one call each way, however many runs.

    It does what ``sosfiltfilt`` does to each of them, which for the thousands of runs of a long
    recording with gaps takes seconds. Behind the end of a run, rows that longer runs need repeat
    its last value; in both directions they come after the run, and so do not reach it.
    """
    from scipy.signal import sosfilt, sosfilt_zi

    column, start, stop = batch.T[:, :, None]
    pad, length = _padding(sections), stop - start
    place = np.arange(-pad, length.max() + pad)
    at = np.clip(place, 0, length - 1)
    inside = np.clip(2 * at - place, 0, length - 1)  # where the reflection comes from
    extended = columns[start + at, column]
    extended = np.where(at == place, extended, 2.0 * extended - columns[start + inside, column])
    initial = sosfilt_zi(sections)[:, None, :]
    forward, _ = sosfilt(sections, extended, zi=initial * extended[:, :1])
    # From the last place of each run's extension to the first.
    back = np.maximum(length + pad - 1 - place, 0)
    reverse = np.take_along_axis(forward, back, axis=1)
    backward, _ = sosfilt(sections, reverse, zi=initial * reverse[:, :1])
    ready = np.take_along_axis(backward, back, axis=1)
    run, inner = np.nonzero(at == place)
    filtered[(start + at)[run, inner], column[run, 0]] = ready[run, inner]


def _padding(sections: Floats) -> int:
    """Count the samples by which ``sosfiltfilt`` extends a signal at each end."""
    zeros = min(int((sections[:, 2] == 0).sum()), int((sections[:, 5] == 0).sum()))
    return 3 * (2 * len(sections) + 1 - zeros)
