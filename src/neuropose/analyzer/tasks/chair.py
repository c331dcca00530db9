"""Rising from a chair and sitting down again, from the height of the pelvis."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat

from neuropose.analyzer.signals.spans import Span, span_round, spans_above
from neuropose.data.metadata import Contract
from neuropose.filters.columns import runs

Array = NDArray[np.float64]


class ChairSettings(Contract):
    """What counts as rising from a chair.

    Parameters
    ----------
    least_rise_mm : float
        Least prominence of a peak of the pelvis's height.
    least_interval_s : float
        Least time between two such peaks, seconds.
    least_peak_speed_mm_s : float
        Vertical speed that the pelvis must reach.
    edge_speed_mm_s : float
        Where the vertical speed passes it, a rise begins and ends, and so does a descent.
    bridged_s : float
        A halt (or wobble of a noisy pelvis) shorter than this, seconds, does not end a rise.
    whole_share : float
        Least share of the gained height that lies between the edges; with less, the rise is
        incomplete.
    """

    least_rise_mm: PositiveFloat = 120.0
    least_interval_s: PositiveFloat = 0.9
    least_peak_speed_mm_s: PositiveFloat = 200.0
    edge_speed_mm_s: PositiveFloat = 100.0
    bridged_s: Annotated[float, Field(ge=0.0)] = 0.2
    whole_share: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.8


@dataclass(frozen=True, slots=True)
class Stand:
    """One period of standing.

    Parameters
    ----------
    peak : int
        Row where the pelvis is highest.
    gain_mm : float
        Height gained from the lowest point before it. NaN: the recording begins, or a gap ends,
        upright.
    rise, descent : Span or None
        Period in which the pelvis moves up, or down, faster than the edge speed. None: there is
        none, or it is never fast enough.
    hidden : bool
        Whether the person was missing while rising.
    """

    peak: int
    gain_mm: float
    rise: Span | None
    descent: Span | None
    hidden: bool = False


def find_stands(
    time_s: Array, height_mm: Array, speed_mm_s: Array, how: ChairSettings
) -> list[Stand]:
    """Find every time the subject stands up, or stands at the beginning.

    Parameters
    ----------
    time_s, height_mm, speed_mm_s : ndarray, shape (T,)
        Height of the pelvis, and its rate of change; evenly sampled, NaN: missing.
    how : ChairSettings
        Thresholds of a rise.

    Returns
    -------
    list of Stand
        In the order of time. No stand continues across a gap.
    """
    from scipy.signal import find_peaks

    stands: list[Stand] = []
    apart = max(1.0, how.least_interval_s * (len(time_s) - 1) / max(time_s[-1] - time_s[0], 1e-9))
    before_mm = float("nan")
    for start, stop in runs(np.isfinite(height_mm)).tolist():
        part = height_mm[start:stop]
        # Standing until the end has no peak: let the run begin and end on the seat.
        padded = np.concatenate([[part.min()], part, [part.min()]])
        peaks, _ = find_peaks(padded, prominence=how.least_rise_mm, distance=apart)
        tops = _apart(height_mm, (start + peaks - 1).tolist(), how.least_rise_mm)
        found = [
            _stand(
                time_s,
                height_mm,
                speed_mm_s,
                (
                    tops[number - 1] if number else start,
                    top,
                    tops[number + 1] if number + 1 < len(tops) else stop - 1,
                ),
                how,
            )
            for number, top in enumerate(tops)
        ]
        cut = bool(stands) and stands[-1].rise is not None and np.isnan(stands[-1].rise.end_s)
        if found and part[0] - before_mm >= how.least_rise_mm and not cut:
            found[0] = replace(found[0], hidden=True)
        stands += found
        before_mm = float(part[-1])
    return stands


def _stand(
    time_s: Array,
    height_mm: Array,
    speed_mm_s: Array,
    rows: tuple[int, int, int],
    how: ChairSettings,
) -> Stand:
    """Examine both sides of a top, as far as its neighbours or the ends of the run."""
    before, top, after = rows
    low = before + int(np.argmin(height_mm[before : top + 1]))
    end = top + int(np.argmin(height_mm[top : after + 1]))
    gain_mm = float(height_mm[top] - height_mm[low])
    return Stand(
        peak=top,
        gain_mm=gain_mm if gain_mm >= how.least_rise_mm else float("nan"),
        rise=_fastest(time_s, height_mm, speed_mm_s, (low, top), how),
        descent=_fastest(time_s, -height_mm, -speed_mm_s, (top, end), how),
    )


def _apart(height_mm: Array, tops: list[int], least_mm: float) -> list[int]:
    """Keep one of several equally high tops that no deep valley separates."""
    kept: list[int] = []
    for top in tops:
        last = kept[-1] if kept else None
        if last is None:
            kept.append(top)
            continue
        lower_mm = min(height_mm[last], height_mm[top])
        if lower_mm - height_mm[last : top + 1].min() >= least_mm:
            kept.append(top)
        elif height_mm[top] > height_mm[last]:
            kept[-1] = top
    return kept


def _fastest(
    time_s: Array, height_mm: Array, speed_mm_s: Array, way: tuple[int, int], how: ChairSettings
) -> Span | None:
    """Stretch above the edge speed round the fastest row of the way between two rows."""
    first, last = way
    if height_mm[last] - height_mm[first] < how.least_rise_mm:
        return None
    between = np.nan_to_num(speed_mm_s[first : last + 1], nan=-np.inf)
    if between.max() < how.least_peak_speed_mm_s:
        return None
    span = span_round(time_s, speed_mm_s, first + int(np.argmax(between)), how.edge_speed_mm_s)
    whole_mm = how.whole_share * (height_mm[last] - height_mm[first])
    others = spans_above(time_s, speed_mm_s, how.edge_speed_mm_s)
    while height_mm[span.last] - height_mm[span.first] < whole_mm:
        near = [rest for rest in others if 0.0 < _halt_s(span, rest) <= how.bridged_s]
        if not near:
            break
        nearest = min(near, key=lambda rest: _halt_s(span, rest))
        one, other = sorted([span, nearest], key=lambda rest: rest.first)
        span = Span(one.first, other.last, span.peak, one.start_s, other.end_s)
    return span


def _halt_s(one: Span, other: Span) -> float:
    """Time between two spans; NaN if a gap lies there."""
    return max(other.start_s - one.end_s, one.start_s - other.end_s)
