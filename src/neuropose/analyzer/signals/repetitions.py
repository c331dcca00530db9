"""Repeated movements in a signal: windows from valley to valley, around its peaks."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field, FiniteFloat, PositiveFloat

from neuropose.data import Repetition
from neuropose.data.metadata import Contract
from neuropose.errors import SignalError
from neuropose.filters import even_rate_hz
from neuropose.filters.columns import Bools, Floats, Ints, as_columns, runs

_LEAST_SAMPLES = 3
_RANGE_PERCENTILES = (1.0, 99.0)
_ROUNDING = 1e-6  # of a frame
_CONSTANT = 1e-12  # of the values: less is rounding
_WHOLE = 0.95  # of the height that the other side has: the window is not cut
_SMALL = 0.5  # of the median prominence: below that, confidence falls
_BESIDE_MISSING = 0.5  # confidence where the true peak may be among the missing samples


class RepetitionSettings(Contract):
    """How repetitions are distinguished from one another, and from noise.

    Parameters
    ----------
    min_distance_s : float
        Least time between two peaks, seconds; of two that are closer, the less prominent one is
        dropped.
    prominence : float or None
        Least prominence of a peak, unit of the signal. None: the larger one of
        `relative_prominence` and `least_prominence`.
    relative_prominence : float
        Least prominence as a fraction of the signal's range, from its 1st to its 99th percentile.
    least_prominence : float
        Least prominence in the unit of the signal: where there is nothing but noise, a fraction of
        its range is noise, too.
    min_height : float or None
        Least value of the signal at a peak, in its unit. None: any.
    valley_tolerance : float
        A window ends at the valley nearest to the peak that is as low as the lowest one, give or
        take this fraction of the peak's height over it: a rest belongs to no repetition.
    gap_limit_s : float
        Windows do not reach over longer runs of missing samples, seconds.
    pad_s : float
        How far windows are extended beyond both valleys, seconds, but not beyond the recording:
        those of neighbours may then overlap.
    subframe : bool
        Whether the time of a peak is that of the parabola through it and its neighbours, instead
        of the time of its frame.
    """

    min_distance_s: PositiveFloat = 0.5
    prominence: PositiveFloat | None = None
    relative_prominence: Annotated[float, Field(gt=0.0, le=1.0)] = 0.25
    least_prominence: Annotated[float, Field(ge=0.0)] = 0.0
    min_height: FiniteFloat | None = None
    valley_tolerance: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.05
    gap_limit_s: Annotated[float, Field(ge=0.0)] = 0.2
    pad_s: Annotated[float, Field(ge=0.0)] = 0.0
    subframe: bool = False


class _Side(NamedTuple):
    """One side of a peak: where its window ends, how deep it is there, and what cuts it off."""

    at: int
    drop: float
    cut_by: str | None


class _Signal(NamedTuple):
    values: Floats  # missing samples inside are interpolated: never to be a peak
    missing: Bools
    unseen: Bools  # missing, now or before gaps were filled
    gaps: Ints  # those too long to reach over
    first: int  # sample with a value, and one more than the last
    stop: int


def find_repetitions(
    time_s: ArrayLike,
    signal: ArrayLike,
    settings: RepetitionSettings | None = None,
    *,
    filled: ArrayLike | None = None,
) -> tuple[Repetition, ...]:
    """Find the repetitions in a signal: its peaks, each with the valleys on both sides.

    Parameters
    ----------
    time_s : array_like, shape (T,)
        Evenly spaced, seconds: see `neuropose.filters.prepare`.
    signal : array_like, shape (T,)
        Any unit; smoothed. NaN: missing.
    settings : RepetitionSettings, optional
        Thresholds for a peak to count; default: `RepetitionSettings()`.
    filled : array_like of bool, shape (T,), optional
        Samples that were missing before gaps were filled; for the confidence they count as missing.

    Returns
    -------
    tuple of Repetition
        In the order of their peaks; frames count from the first sample. Empty if no peak stands
        out. A peak needs a fall on both sides, so there is none at the ends of the signal.

    Raises
    ------
    SignalError
        If the signal has more than one axis or infinite values, or the times are not evenly spaced.

    Notes
    -----
    Peaks are those of ``scipy.signal.find_peaks`` by prominence. The least distance is kept after
    that, the most prominent peaks first; ``find_peaks`` keeps the distance first, and highest
    peaks first, so that a wiggle on the shoulder of one movement can displace the next movement.

    The confidence of a repetition is the product of the share of samples that are not missing; of
    the depth of a side that is cut off by an end of the recording, or by a gap, over that of the
    other side; of 0.5 if the peak lies beside missing samples; and of prominence over half of the
    median prominence, if that is below 1. Every factor below 1 is named in its reasons.

    Examples
    --------
    >>> time_s = np.arange(300) / 50.0
    >>> found = find_repetitions(time_s, -np.cos(2.0 * np.pi * time_s / 2.0))
    >>> [(each.start_s, each.peak_s, each.end_s) for each in found]
    [(0.0, 1.0, 2.0), (2.0, 3.0, 4.0), (4.0, 5.0, 5.98)]
    """
    settings = RepetitionSettings() if settings is None else settings
    values = np.asarray(signal)
    if values.ndim != 1:
        raise SignalError(
            f"a signal of shape {values.shape}", hint="give one number per frame, shape (T,)"
        )
    values = as_columns(values)[:, 0] if len(values) else np.empty(0)
    times = np.asarray(time_s, dtype=np.float64)
    if times.shape != values.shape:
        raise SignalError(
            f"{len(values)} samples, but times of shape {times.shape}",
            hint="give one time per sample",
        )
    if np.isfinite(values).sum() < _LEAST_SAMPLES:
        return ()
    rate_hz = even_rate_hz(times)
    if rate_hz is None:
        raise SignalError("the times are not evenly spaced", hint="prepare() gives an even clock")
    whole = _whole(values, filled, settings.gap_limit_s * rate_hz)
    peaks, prominences = _peaks(whole, values, settings, rate_hz)
    median = float(np.median(prominences)) if len(peaks) else 0.0
    pad = int(settings.pad_s * rate_hz + _ROUNDING)
    found = []
    for number, peak in enumerate(peaks):
        before = int(peaks[number - 1]) if number else None
        after = int(peaks[number + 1]) if number + 1 < len(peaks) else None
        start = _side(whole, int(peak), before, -1, settings.valley_tolerance)
        end = _side(whole, int(peak), after, 1, settings.valley_tolerance)
        share = prominences[number] / (_SMALL * median)
        confidence, reasons = _confidence(whole, int(peak), start, end, share)
        shift = _subframe(values, int(peak)) / rate_hz if settings.subframe else 0.0
        first = max(start.at - pad, min(start.at, whole.first))
        last = min(end.at + pad, max(end.at, whole.stop - 1))
        found.append(
            Repetition(
                start_frame=first,
                peak_frame=int(peak),
                end_frame=last,
                start_s=float(times[first]),
                peak_s=float(times[peak]) + shift,
                end_s=float(times[last]),
                peak=float(values[peak]),
                prominence=float(prominences[number]),
                confidence=confidence,
                reasons=reasons,
            )
        )
    return tuple(found)


def _whole(values: Floats, filled: ArrayLike | None, gap_limit: float) -> _Signal:
    missing = np.isnan(values)
    unseen = missing if filled is None else missing | np.asarray(filled, dtype=bool)
    known = np.flatnonzero(~missing)
    first, stop = int(known[0]), int(known[-1]) + 1
    gaps = runs(missing)
    inside = (gaps[:, 0] > first) & (gaps[:, 1] < stop)
    too_long = gaps[:, 1] - gaps[:, 0] > gap_limit + _ROUNDING
    bridged = np.interp(np.arange(len(values)), known, values[known])
    return _Signal(bridged, missing, unseen, gaps[inside & too_long], first, stop)


def _peaks(
    whole: _Signal, values: Floats, settings: RepetitionSettings, rate_hz: float
) -> tuple[Ints, Floats]:
    from scipy.signal import find_peaks

    least = settings.prominence
    if least is None:
        low, high = np.percentile(values[~whole.missing], _RANGE_PERCENTILES)
        least = max(settings.relative_prominence * float(high - low), settings.least_prominence)
    if least <= _CONSTANT * np.abs(values[~whole.missing]).max():
        return np.empty(0, np.int64), np.empty(0)
    inside = whole.values[whole.first : whole.stop]
    found, properties = find_peaks(inside, prominence=least, height=settings.min_height)
    apart = _apart(inside, found, least)
    peaks, prominences = found[apart] + whole.first, properties["prominences"][apart]
    reach = int(np.ceil(settings.min_distance_s * rate_hz - _ROUNDING))
    taken = np.zeros(len(values), dtype=bool)
    kept: list[int] = []
    for index in np.argsort(-prominences, kind="stable"):
        peak = int(peaks[index])
        if not taken[peak]:
            kept.append(int(index))
            taken[max(peak - reach + 1, 0) : peak + reach] = True
    kept.sort()
    return _on_a_sample(peaks[kept], whole), prominences[kept]


def _apart(values: Floats, peaks: Ints, least: float) -> list[int]:
    """Leave out peaks exactly as high as the one before, with no real valley between them.

    Both have the whole prominence: what a filter makes of both edges of a rest, for one.
    """
    kept: list[int] = []
    for number, peak in enumerate(peaks):
        before = int(peaks[kept[-1]]) if kept else peak
        lower = min(values[before], values[peak])
        if not kept or lower - values[before : peak + 1].min() >= least:
            kept.append(number)
    return kept


def _on_a_sample(peaks: Ints, whole: _Signal) -> Ints:
    """Move a peak in the middle of a bridge between equal samples to the nearest of them."""
    known = np.flatnonzero(~whole.missing)
    after = np.clip(np.searchsorted(known, peaks), 1, len(known) - 1)
    before = after - 1
    nearer = np.where(peaks - known[before] < known[after] - peaks, before, after)
    return known[nearer]


def _side(whole: _Signal, peak: int, other: int | None, step: int, tolerance: float) -> _Side:
    """Walk from a peak to the valley on one side (step −1 or 1), at most to the other peak."""
    limit, cut_by = _limit(whole, peak, other, step)
    path = whole.values[peak : limit + step : step] if limit + step >= 0 else whole.values[peak::-1]
    height = path[0] - path.min()
    falls = np.diff(path, prepend=path[:1])
    is_valley = (falls <= 0.0) & (np.append(falls[1:], 0.0) >= 0.0)
    is_low = path <= path.min() + tolerance * height
    at = int(np.argmax(is_valley & is_low & (np.arange(len(path)) > 0)))
    ends_there = cut_by if at == len(path) - 1 else None
    return _Side(peak + step * at, float(path[0] - path[at]), ends_there)


def _limit(whole: _Signal, peak: int, other: int | None, step: int) -> tuple[int, str | None]:
    """Return the last sample that a side may reach, and what is there if it is not another peak."""
    gaps = whole.gaps
    if step < 0:
        before = gaps[gaps[:, 1] <= peak, 1]
        gap = int(before[-1]) if len(before) else -1
        end, what = whole.first, "the start of the recording"
        nearest = max(gap, end)
    else:
        after = gaps[gaps[:, 0] > peak, 0]
        gap = int(after[0]) - 1 if len(after) else len(whole.values)
        end, what = whole.stop - 1, "the end of the recording"
        nearest = min(gap, end)
    if other is not None and (other - nearest) * step < 0:
        return other, None
    return nearest, "a gap" if nearest == gap else what


def _confidence(
    whole: _Signal, peak: int, start: _Side, end: _Side, share: float
) -> tuple[float, tuple[str, ...]]:
    confidence, reasons = 1.0, []
    missing = float(whole.unseen[start.at : end.at + 1].mean())
    if missing > 0.0:
        confidence *= 1.0 - missing
        reasons.append(f"{100.0 * missing:.0f} % of its samples are missing")
    deepest = max(start.drop, end.drop)
    for side in (start, end):
        depth = side.drop / deepest if deepest else 0.0
        if side.cut_by is not None and depth < _WHOLE:
            confidence *= depth
            reasons.append(f"cut off by {side.cut_by} at {100.0 * depth:.0f} % of its depth")
    if whole.unseen[max(peak - 1, 0) : peak + 2].any():
        confidence *= _BESIDE_MISSING
        reasons.append("its peak lies beside missing samples")
    if share < 1.0:
        confidence *= share
        reasons.append(f"its prominence is {100.0 * _SMALL * share:.0f} % of the median")
    return confidence, tuple(reasons)


def _subframe(values: Floats, peak: int) -> float:
    """Place of the vertex of the parabola through a peak and its neighbours, −0.5 to 0.5 frames."""
    if not 0 < peak < len(values) - 1:
        return 0.0
    before, at, after = values[peak - 1 : peak + 2]
    bend = before - 2.0 * at + after
    if not bend < 0.0:  # flat, or a neighbour is missing
        return 0.0
    return float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5))
