"""Stretches of a walk to look at again: legs that tremble, steps that become short, halts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.signals.freezing import freeze_index
from neuropose.analyzer.tasks.gait.preparation import PreparedWalk
from neuropose.analyzer.tasks.gait.strides import MISSED, Stride
from neuropose.errors import SignalError
from neuropose.filters import differentiate
from neuropose.filters.columns import runs
from neuropose.skeletons.sides import SIDES

Array = NDArray[np.float64]

_QUIET_MM = 1.0  # more noise is trembling of its own
_USUAL, _LEAST_INDEX = 3.0, 1.0  # times the recording's median, and as much power as in walking
_MOVES = 0.2  # of the usual acceleration; less is standing still
_LEAST_S = 1.0
_WINDOW_S = 6.0
_SHORTER, _FASTER = 0.7, 0.85  # of the recording's median
_ENOUGH = 3  # strides one after the other
_LEAST_STRIDES = 8  # tell what is usual


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time to look at again; no diagnosis.

    Parameters
    ----------
    kind : {"freezing", "festination", "halt"}
        What it may be.
    start_s, end_s : float
        Seconds, in the recording's own time.
    detail : str
        What was seen.
    """

    kind: Literal["freezing", "festination", "halt"]
    start_s: float
    end_s: float
    detail: str


def stretches_to_review(
    walk: PreparedWalk, strides: Sequence[Stride], halts: Sequence[tuple[float, float]] = ()
) -> tuple[Stretch, ...]:
    """Find where somebody may freeze or festinate.

    Parameters
    ----------
    walk : PreparedWalk
        The prepared recording.
    strides : sequence of Stride
        Strides of both feet, also those that are not summarised.
    halts : sequence of (float, float)
        Start and end of each halt, seconds: who freezes may tremble, or stand still.

    Returns
    -------
    tuple of Stretch
        Ascending in time.

    Notes
    -----
    Freezing: the freeze index of an ankle's vertical acceleration (Moore et al. 2008, J Neurosci
    Methods 167:340) is above three times the recording's median and above 1 for a second or more,
    while the leg moves: freezing that fills half of a recording is its usual state, and not found.
    Positions with a noise of more than 1 mm tremble by themselves, and recordings of less than 6 s
    have no index: nothing is said of either. Festination: three strides or more one after the other
    that take less than 85 % and are shorter than 70 % of the recording's median (steps that become
    short and fast: Giladi et al. 2001, Mov Disord 16:1066), of eight strides or more.

    Examples
    --------
    >>> from neuropose.analyzer import analyze_gait
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> analysis = analyze_gait(walker_sequence(simulate_walk()))
    >>> stretches_to_review(analysis.walk, analysis.strides)
    ()
    """
    stood = [
        Stretch("halt", start_s, end_s, f"the person stands still for {end_s - start_s:.1f} s")
        for start_s, end_s in halts
    ]
    found = [*_freezing(walk), *_festination(strides), *stood]
    return tuple(sorted(found, key=lambda each: each.start_s))


def _freezing(walk: PreparedWalk) -> Iterator[Stretch]:
    if walk.feet.noise_mm > _QUIET_MM:
        return
    raw, up = walk.prepared.raw, np.asarray(walk.prepared.vertical.up)
    rate_hz = raw.sampling_rate_hz
    for side in SIDES:
        if not raw.has(f"{side}_ankle"):
            continue
        moved, smooth = (
            differentiate(
                differentiate(sequence.joint(f"{side}_ankle") @ up, rate_hz=rate_hz),
                rate_hz=rate_hz,
            )
            for sequence in (raw, walk.prepared.sequence)
        )
        try:
            index = freeze_index(moved, rate_hz, window_s=_WINDOW_S)
        except SignalError:
            return
        known = np.isfinite(index.values)
        if not known.any():
            continue
        strength = _strength(smooth, index.time_s, rate_hz)  # noise does not move a leg
        limit = max(_LEAST_INDEX, _USUAL * float(np.median(index.values[known])))
        trembles = known & (index.values > limit) & (strength > _MOVES * np.nanmedian(strength))
        for start, stop in runs(trembles):
            from_s, to_s = index.time_s[start], index.time_s[stop - 1]
            if to_s - from_s >= _LEAST_S:
                peak = float(index.values[start:stop].max())
                detail = f"freeze index of the {side} leg {peak:.1f}, above {limit:.1f}"
                begin_s = float(raw.time_s[0])
                yield Stretch("freezing", begin_s + float(from_s), begin_s + float(to_s), detail)


def _strength(moved: Array, time_s: Array, rate_hz: float) -> Array:
    """Return the root mean square of a signal in the windows of the index."""
    half = round(0.5 * _WINDOW_S * rate_hz)
    centres = np.round(time_s * rate_hz).astype(int)
    parts = [moved[max(0, centre - half) : centre + half + 1] for centre in centres]
    return np.array([float(np.sqrt(np.mean(part**2))) for part in parts])


def _festination(strides: Sequence[Stride]) -> Iterator[Stretch]:
    walked = sorted(
        (stride for stride in strides if stride.excluded != MISSED),
        key=lambda stride: stride.start_s,
    )
    times_s, lengths_mm = (
        np.array([stride.values[name] for stride in walked])
        for name in ("stride_time", "stride_length")
    )
    known = np.isfinite(times_s) & np.isfinite(lengths_mm)
    if known.sum() < _LEAST_STRIDES:
        return
    faster = times_s / np.median(times_s[known])
    shorter = lengths_mm / np.median(lengths_mm[known])
    with np.errstate(invalid="ignore"):
        hurried = known & (faster < _FASTER) & (shorter < _SHORTER)
    for start, stop in runs(hurried):
        if stop - start >= _ENOUGH:
            percent = 100.0 * np.array([shorter[start:stop].min(), faster[start:stop].min()])
            detail = (
                f"{stop - start} strides of {percent[0]:.0f} % of the usual length and "
                f"{percent[1]:.0f} % of the usual time at the least"
            )
            yield Stretch("festination", walked[start].start_s, walked[stop - 1].end_s, detail)
