"""Trajectories prepared for measurement: the whole chain, and a record of every step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field, PositiveFloat, model_validator

from neuropose.data.metadata import Contract, NonNegativeInt
from neuropose.errors import SignalError
from neuropose.filters.butterworth import low_pass
from neuropose.filters.columns import Bools, Floats
from neuropose.filters.gaps import fill_gaps
from neuropose.filters.interpolation import Method
from neuropose.filters.outliers import hampel
from neuropose.filters.resampling import resample, usual_rate_hz

_OF_POINTS = 3  # axes of an array of positions: time, joint, component
_RATE_ROUNDING = 0.99  # 59.94 frames per second may be put on a clock of 60, and the reverse


class Preparation(Contract):
    """What is done to trajectories before anything is measured, in this order.

    Parameters
    ----------
    rate_hz : float or None
        Rate of the even clock, not below the recording's own. None: the recording's own.
    outlier_window : int or None
        Samples in the window of the Hampel filter. None: outliers stay.
    outlier_threshold : float
        In scaled MADs.
    outlier_floor : float
        Smaller leaps are never outliers, unit of the values. At 1 mm, rounding in a foot that
        stands still is not an outlier.
    gap_limit_s : float
        Longest time missing in a gap that is filled, seconds; 0: none is filled. Also the longest
        time by which two frames may be further apart than usual and still be joined.
    interpolation : {"pchip", "linear"}
        Interpolation across gaps and between uneven times.
    cutoff_hz : float or None
        Cutoff of the low-pass, Hz. None: nothing is smoothed.
    filter_order : int
        Order of both passes together, even.

    Notes
    -----
    A gap of 0.1 s is filled with a median error of 5 mm at heel and knee of the synthetic walker,
    as much as the noise of a good pose model; one of 0.2 s with 23 mm.

    Examples
    --------
    >>> Preparation(cutoff_hz=10.0).gap_limit_s
    0.1
    """

    rate_hz: PositiveFloat | None = None
    outlier_window: Annotated[int, Field(ge=3)] | None = 7
    outlier_threshold: PositiveFloat = 3.0
    outlier_floor: Annotated[float, Field(ge=0.0)] = 1.0
    gap_limit_s: Annotated[float, Field(ge=0.0)] = 0.1
    interpolation: Method = "pchip"
    cutoff_hz: PositiveFloat | None = 6.0
    filter_order: Annotated[int, Field(ge=2)] = 4

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.outlier_window is not None and self.outlier_window % 2 == 0:
            raise ValueError("outlier_window must be odd")
        if self.filter_order % 2:
            raise ValueError("filter_order must be even")
        return self


class PreparationRecord(Contract):
    """What was done to trajectories. Samples are counted over all columns (x, y and z are three).

    Parameters
    ----------
    settings : Preparation
        Settings that were used.
    frames_in, frames_out : int
        Frames before and after.
    frames_left_out : int
        Frames without a time of their own.
    resampled : bool
        Whether they were resampled to another clock. False: it was even already.
    rate_hz : float
        Rate of the result.
    missing_before : int
        Missing samples in the input.
    outliers_replaced : int
        Samples replaced by the median of their neighbourhood.
    gaps_filled, samples_filled : int
        Gaps that were filled, and the samples in them.
    samples_too_few_to_filter : int
        Samples that became missing: their runs are too short for the low-pass.
    single_pass_cutoff_hz : float or None
        Cutoff of each of the two passes; None: no low-pass.
    missing_after : int
        Missing samples in the result.
    """

    settings: Preparation
    frames_in: NonNegativeInt
    frames_out: NonNegativeInt
    frames_left_out: NonNegativeInt
    resampled: bool
    rate_hz: PositiveFloat
    missing_before: NonNegativeInt
    outliers_replaced: NonNegativeInt
    gaps_filled: NonNegativeInt
    samples_filled: NonNegativeInt
    samples_too_few_to_filter: NonNegativeInt
    single_pass_cutoff_hz: PositiveFloat | None
    missing_after: NonNegativeInt


@dataclass(frozen=True, eq=False, slots=True)
class Prepared:
    """Trajectories ready for measurement: T' samples on an even clock.

    Parameters
    ----------
    time_s : ndarray, shape (T',)
        Seconds, on the recording's clock.
    values : ndarray, shape (T', …)
        NaN: missing.
    replaced : ndarray of bool, shape (T', …)
        Samples that were outliers.
    filled : ndarray of bool, shape (T', …)
        Samples that were missing.
    unsmoothed : ndarray, shape (T', …)
        The values before the low-pass: on the even clock, outliers replaced, short gaps filled.
    record : PreparationRecord
        Every step, with its parameters and what it did.
    """

    time_s: Floats
    values: Floats
    replaced: Bools
    filled: Bools
    unsmoothed: Floats
    record: PreparationRecord


def prepare(time_s: ArrayLike, values: ArrayLike, settings: Preparation | None = None) -> Prepared:
    """Resample onto an even clock, replace outliers, fill short gaps, and smooth.

    Parameters
    ----------
    time_s : array_like, shape (T,)
        Each frame's own time, seconds, never falling. NaN: not known; such a frame is left out.
    values : array_like, shape (T, …)
        Positions in mm, shape (T, J, 3), whose outliers are whole points; or anything else over
        time, shape (T,) or (T, C), whose outliers are single values. NaN: missing.
    settings : Preparation, optional
        Every step's parameters; default: `Preparation()`.

    Returns
    -------
    Prepared
        Longer gaps are still NaN, and what comes before the first and after the last sample.

    Raises
    ------
    SignalError
        If times fall or there are fewer than two, a value is infinite, the cutoff is not below
        half the rate, or the rate is below the recording's own.

    See Also
    --------
    resample, hampel, fill_gaps, low_pass : The steps, and their sources.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk
    >>> trial = simulate_walk()
    >>> prepared = prepare(trial.time_s, trial.positions_mm)
    >>> prepared.values.shape, prepared.record.rate_hz, prepared.record.missing_after
    ((360, 33, 3), 60.0, 0)
    """
    settings = Preparation() if settings is None else settings
    method = settings.interpolation
    _check_rate(time_s, settings.rate_hz)
    even = resample(
        time_s, values, rate_hz=settings.rate_hz, limit_s=settings.gap_limit_s, method=method
    )
    positions, replaced, single_pass_hz, dropped = even.values, None, None, 0
    if settings.outlier_window is not None:
        positions, replaced = hampel(
            positions,
            window=settings.outlier_window,
            threshold=settings.outlier_threshold,
            floor=settings.outlier_floor,
            points=positions.ndim == _OF_POINTS,
        )
    gaps = fill_gaps(positions, limit_s=settings.gap_limit_s, time_s=even.time_s, method=method)
    positions = unsmoothed = gaps.values
    if settings.cutoff_hz is not None:
        smooth = low_pass(
            positions,
            rate_hz=even.rate_hz,
            cutoff_hz=settings.cutoff_hz,
            order=settings.filter_order,
        )
        positions, single_pass_hz = smooth.values, smooth.single_pass_hz
        dropped = int(smooth.dropped.sum())
    replaced = np.zeros(positions.shape, dtype=bool) if replaced is None else replaced
    record = PreparationRecord(
        settings=settings,
        frames_in=len(np.asarray(values)),
        frames_out=len(even.time_s),
        frames_left_out=even.left_out,
        resampled=even.changed,
        rate_hz=even.rate_hz,
        missing_before=_missing(values),
        outliers_replaced=int(replaced.sum()),
        gaps_filled=len(gaps.filled_runs),
        samples_filled=int(gaps.filled.sum()),
        samples_too_few_to_filter=dropped,
        single_pass_cutoff_hz=single_pass_hz,
        missing_after=_missing(positions),
    )
    return Prepared(even.time_s, positions, replaced, gaps.filled, unsmoothed, record)


def _check_rate(time_s: ArrayLike, rate_hz: float | None) -> None:
    if rate_hz is None:
        return
    own_hz = usual_rate_hz(time_s)
    if rate_hz < _RATE_ROUNDING * own_hz:
        raise SignalError(
            f"a clock of {rate_hz:g} Hz is slower than the recording's {own_hz:g} Hz: what is "
            f"faster than {0.5 * rate_hz:g} Hz would appear as a slower movement",
            hint="leave rate_hz out, and thin out the prepared samples",
        )


def _missing(values: ArrayLike) -> int:
    return int(np.isnan(np.asarray(values, np.float64)).sum())
