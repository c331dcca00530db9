"""When two recordings of one movement happened: the clock of one on that of the other."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy
from numpy.typing import NDArray

from neuropose.errors import SequenceError
from neuropose.sequence.pose_sequence import PoseSequence

Array = NDArray[np.float64]

_APART = (
    ("left_hip", "left_ankle"),
    ("right_hip", "right_ankle"),
    ("left_ankle", "right_ankle"),
    ("left_knee", "right_knee"),
    ("left_hip", "left_toe"),
    ("right_hip", "right_toe"),
    ("left_shoulder", "left_knee"),
    ("right_shoulder", "right_knee"),
    ("left_shoulder", "left_wrist"),
    ("right_shoulder", "right_wrist"),
    ("left_hip", "left_wrist"),
    ("right_hip", "right_wrist"),
    ("left_wrist", "right_wrist"),
)
"""Joints whose distance tells how a body is bent, in any axes and nearly any marker set."""

_LEAST_PAIRS = 2
_RATE_HZ = 100.0
_LEAST_OVERLAP_S, _LEAST_OVERLAP = 1.0, 0.25  # of the shorter one
_LEAST_CORRELATION = 0.5
_ALIKE = 0.5**0.5  # the movements then have half of their variance in common
_TELLING_S = 2.5  # two strides: any two walks match somewhere for a shorter time
_INDEPENDENT_HZ = 6.0  # so many samples a second of a movement say something new
_INDEPENDENT = 3  # so many of the distances: one of each leg, and one of the arms
_PERFECT = 0.99  # squared: no two recordings are more alike than that
_SURE = 2.0  # logarithm of how much likelier the best moment is than another
_OTHER_S = 0.25  # moments further apart are different ones
_WINDOW_S = 2.0
_LEAST_WINDOWS = 6  # tell a drift
_SEARCH_S = 0.2


class SynchroniseError(SequenceError):
    """Two recordings cannot be put on one clock."""


@dataclass(frozen=True, slots=True)
class Synchrony:
    """A clock in terms of another.

    Parameters
    ----------
    offset_s : float
        Time of the reference when the clock of the test showed 0, seconds.
    rate : float
        Seconds of the reference in a second of the test.
    standard_error_s : float or None
        Standard deviation of the offset at the middle of what both saw, seconds. None: not known.
    correlation : float or None
        How alike the movements are once they are on one clock, -1 to 1. None: the clocks were
        taken as the same.
    start_s, end_s : float
        What both recordings saw, on the clock of the reference, seconds.
    doubt : str or None
        Why they may be recordings of different movements. None: nothing speaks for that.
    """

    offset_s: float
    rate: float
    standard_error_s: float | None
    correlation: float | None
    start_s: float
    end_s: float
    doubt: str | None = None

    def to_reference(self, time_s: Array) -> Array:
        """Return times of the test on the clock of the reference.

        Parameters
        ----------
        time_s : ndarray
            Seconds.

        Returns
        -------
        ndarray
        """
        return np.asarray(self.offset_s + self.rate * np.asarray(time_s))

    def to_test(self, time_s: Array) -> Array:
        """Return times of the reference on the clock of the test.

        Parameters
        ----------
        time_s : ndarray
            Seconds.

        Returns
        -------
        ndarray
        """
        return np.asarray((np.asarray(time_s) - self.offset_s) / self.rate)


def synchronise(
    test: PoseSequence, reference: PoseSequence, *, within_s: float | None = None
) -> Synchrony:
    """Find the clock of one recording in terms of another of the same movement.

    Parameters
    ----------
    test, reference : PoseSequence
        In any axes, of any skeletons that have hips, knees and ankles, or arms, in common.
    within_s : float, optional
        How far apart the clocks are at most, seconds; 0: they are the same. Default: any offset.

    Returns
    -------
    Synchrony
        The rate differs from 1 only if the recordings tell so.

    Raises
    ------
    SynchroniseError
        If the movements are not alike, have too little in common, or match at several moments.

    Notes
    -----
    Distances between joints are compared, since they depend on no axes. At each offset the
    correlation of the part that both recordings have (Padfield 2012, IEEE Trans Image Process
    21:2706) gives a likelihood, with 6 independent samples a second of 3 independent distances. An
    offset is refused if another one, 0.25 s or more away, is as likely sample by sample (log
    likelihoods within 2), as in a perfectly even walk. Any two walks match somewhere for a stride
    or two: what has less than half of its variance in common (a correlation below √½), for less
    than 2.5 s, is refused unless `within_s` says when it happened; either alone is doubted.

    The offset is refined with windows of two seconds, and so is the rate: it is the slope of their
    offsets (Theil & Sen) if its 95 % interval excludes 0.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> walk = walker_sequence(simulate_walk())
    >>> later = replace(walk, time_s=walk.time_s + 0.3)
    >>> round(synchronise(later, walk, within_s=0.4).offset_s, 3)
    -0.3
    """
    names = [pair for pair in _APART if test.has(*pair) and reference.has(*pair)]
    if len(names) < _LEAST_PAIRS:
        raise SynchroniseError(
            "the recordings have too few joints in common to be synchronised",
            hint="both need hips and ankles, or shoulders and wrists",
        )
    if within_s == 0.0:
        return _between(0.0, 1.0, None, None, test, reference)
    mine, theirs = _distances(test, names), _distances(reference, names)
    start_s = float(reference.time_s[0]) - float(test.time_s[0])
    lag, correlation = _best(mine, theirs, start_s, within_s)
    offset_s, rate, error_s = _refined(mine, theirs, lag)
    # The two grids begin at 0; so do the clocks from here on.
    own_s, their_s = float(test.time_s[0]), float(reference.time_s[0])
    offset_s += their_s - rate * own_s
    clock = _between(offset_s, rate, error_s, correlation, test, reference)
    return replace(clock, doubt=_doubt(clock, correlation, is_told=within_s is not None))


def _doubt(clock: Synchrony, correlation: float, *, is_told: bool) -> str | None:
    shared_s = clock.end_s - clock.start_s
    if correlation < _ALIKE:
        return f"the movements are hardly alike (correlation {correlation:.2f})"
    if shared_s < _TELLING_S and not is_told:
        return f"with {shared_s:.1f} s in common, walks of different people match as well"
    return None


def _between(
    offset_s: float,
    rate: float,
    error_s: float | None,
    correlation: float | None,
    test: PoseSequence,
    reference: PoseSequence,
) -> Synchrony:
    first, last = (offset_s + rate * float(test.time_s[end]) for end in (0, -1))
    start_s = max(first, float(reference.time_s[0]))
    end_s = min(last, float(reference.time_s[-1]))
    if end_s - start_s < _LEAST_OVERLAP_S:
        raise SynchroniseError(
            f"the recordings have {max(0.0, end_s - start_s):.1f} s in common",
            hint=f"{_LEAST_OVERLAP_S:g} s or more are needed",
        )
    return Synchrony(offset_s, rate, error_s, correlation, start_s, end_s)


def _distances(sequence: PoseSequence, pairs: list[tuple[str, str]]) -> Array:
    """Return distances on an even clock from the first frame on, shape (T, K), mm."""
    time_s = sequence.time_s - sequence.time_s[0]
    grid_s = np.arange(0.0, float(time_s[-1]) + 1e-9, 1.0 / _RATE_HZ)
    columns = [
        np.interp(grid_s, time_s, np.linalg.norm(sequence.joint(a) - sequence.joint(b), axis=1))
        for a, b in pairs
    ]
    return np.stack(columns, axis=1)


def _best(mine: Array, theirs: Array, start_s: float, within_s: float | None) -> tuple[int, float]:
    """Return the lag of the first sample of the test in the reference, and the correlation."""
    correlations, counts = _correlations(mine, theirs)
    lags = np.arange(len(correlations)) - (len(mine) - 1)
    least = max(_LEAST_OVERLAP_S * _RATE_HZ, _LEAST_OVERLAP * min(len(mine), len(theirs)))
    possible = counts >= least
    if within_s is not None:
        possible &= np.abs(lags / _RATE_HZ + start_s) <= within_s
    if not possible.any():
        raise SynchroniseError(
            "the recordings have too little in common to be synchronised",
            hint="both need to see a second, and a quarter of the shorter one",
        )
    told = -0.5 * np.log1p(-(np.clip(correlations, 0.0, None) ** 2) * _PERFECT).mean(axis=1)
    told *= min(_INDEPENDENT, correlations.shape[1])
    likely = np.where(possible, counts / _RATE_HZ * _INDEPENDENT_HZ * told, -np.inf)
    best = int(np.argmax(likely))
    correlation = float(correlations[best].mean())
    brief = within_s is None and counts[best] / _RATE_HZ < _TELLING_S
    if correlation < (_ALIKE if brief else _LEAST_CORRELATION):
        remedy = "if they are of one movement, give how far apart the clocks are (--within SECONDS)"
        raise SynchroniseError(
            f"the movements are not alike: their correlation is {correlation:.2f} at most",
            hint=remedy if brief else "are these two recordings of one movement?",
        )
    # Another moment may have less in common and still fit as well, sample by sample.
    shared_s = np.minimum(counts, counts[best]) / _RATE_HZ
    less = shared_s * _INDEPENDENT_HZ * (told[best] - told)
    others = possible & (np.abs(lags - lags[best]) > _OTHER_S * _RATE_HZ)
    if others.any() and less[others].min() < _SURE:
        other = int(lags[others][np.argmin(less[others])] - lags[best])
        raise SynchroniseError(
            f"the movements match as well {abs(other) / _RATE_HZ:.2f} s apart",
            hint="give how far apart the clocks are at most (--within SECONDS; 0: not at all)",
        )
    return int(lags[best]), correlation


def _correlations(mine: Array, theirs: Array) -> tuple[Array, Array]:
    """Return the correlation of every distance at every lag, (L, K), and the samples in common."""
    columns, counts = [], []
    for own, other in zip(mine.T, theirs.T, strict=True):
        known, present = np.isfinite(own), np.isfinite(other)
        a = np.where(known, own - (own[known].mean() if known.any() else 0.0), 0.0)
        b = np.where(present, other - (other[present].mean() if present.any() else 0.0), 0.0)
        mask, there = known.astype(np.float64), present.astype(np.float64)

        def at_lags(x: Array, y: Array) -> Array:
            return np.asarray(scipy.signal.fftconvolve(y, x[::-1]))

        n = np.round(at_lags(mask, there))
        safe = np.maximum(n, 1.0)
        sum_a, sum_b = at_lags(a, there), at_lags(mask, b)
        shared = at_lags(a, b) - sum_a * sum_b / safe
        var_a = at_lags(a**2, there) - sum_a**2 / safe
        var_b = at_lags(mask, b**2) - sum_b**2 / safe
        floor_a, floor_b = 1e-6 * float((a**2).mean()), 1e-6 * float((b**2).mean())
        moves = (var_a > floor_a * safe) & (var_b > floor_b * safe) & (n > 2)
        scale = np.sqrt(np.where(moves, var_a * var_b, 1.0))
        columns.append(np.clip(np.where(moves, shared / scale, 0.0), -1.0, 1.0))
        counts.append(n)
    return np.stack(columns, axis=1), np.median(counts, axis=0)


def _refined(mine: Array, theirs: Array, lag: int) -> tuple[float, float, float | None]:
    """Return offset (s, of the grids), rate and standard error, from windows of the test."""
    window = round(_WINDOW_S * _RATE_HZ)
    first, stop = max(0, -lag), min(len(mine), len(theirs) - lag)
    starts = list(range(first, stop - window + 1, window // 2)) or [first]
    places, shifts = [], []
    for start in starts:
        end = min(start + window, stop)
        shift = _local(mine[start:end], theirs, start + lag)
        if shift is not None:
            places.append(0.5 * (start + end - 1) / _RATE_HZ)
            shifts.append(shift / _RATE_HZ)
    if not shifts:
        return lag / _RATE_HZ, 1.0, None
    place, shift_s = np.array(places), np.array(shifts)
    slope = 0.0
    if len(shifts) >= _LEAST_WINDOWS:
        fit = scipy.stats.theilslopes(shift_s, place)
        slope = float(fit.slope) if fit.low_slope > 0.0 or fit.high_slope < 0.0 else 0.0
    rest_s = shift_s - slope * place
    offset_s = float(np.median(rest_s))
    error_s = None
    if len(shifts) >= 3:
        spread_s = 1.4826 * float(np.median(np.abs(rest_s - offset_s)))
        error_s = 1.2533 * spread_s / float(np.sqrt(0.5 * len(shifts)))  # they overlap by half
    return lag / _RATE_HZ + offset_s, 1.0 + slope, error_s


def _local(part: Array, theirs: Array, at: int) -> float | None:
    """Return by how many samples a part lies later than `at`; None: it does not tell."""
    reach = round(_SEARCH_S * _RATE_HZ)
    shifts = np.arange(-reach, reach + 1)
    scores = np.full(len(shifts), np.nan)
    for number, shift in enumerate(shifts):
        begin = at + int(shift)
        if begin < 0 or begin + len(part) > len(theirs):
            continue
        other = theirs[begin : begin + len(part)]
        both = np.isfinite(part) & np.isfinite(other)
        enough = both.sum(axis=0) > 0.5 * len(part)
        if not enough.any():
            continue
        a, b = (np.where(both, x, np.nan)[:, enough] for x in (part, other))
        a, b = a - np.nanmean(a, axis=0), b - np.nanmean(b, axis=0)
        scale = np.sqrt(np.nansum(a**2, axis=0) * np.nansum(b**2, axis=0))
        moves = scale > 0.0
        if moves.any():
            scores[number] = float(np.mean(np.nansum(a * b, axis=0)[moves] / scale[moves]))
    if np.isnan(scores).all():
        return None
    peak = int(np.nanargmax(scores))
    if peak in (0, len(scores) - 1) or np.isnan(scores[[peak - 1, peak + 1]]).any():
        return None
    before, top, after = scores[peak - 1 : peak + 2]
    bend = before - 2.0 * top + after
    part_of_step = 0.5 * (before - after) / bend if bend < 0.0 else 0.0
    return float(shifts[peak] + part_of_step)
