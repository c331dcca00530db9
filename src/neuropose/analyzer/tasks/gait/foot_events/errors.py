"""Standard errors of events, and the share of them that a recording's other events can take away.

The numbers are from walks with force plates, of laboratories left out one at a time, as they were
recorded and with fewer frames and added noise (``docs/evidence/accuracy.md``).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SYSTEMATIC_S = {"initial_contact": 0.011, "foot_off": 0.010}
"""Standard deviation between laboratories: the same for all events of a kind in a recording."""
ONE_CAMERA_S = 0.03
"""What a single camera adds to it.

In a rendered walk contacts were 23 to 48 ms late, foot offs between 67 ms early and 48 ms late
(``docs/evidence/accuracy.md``, "A body between the picture and the measures").
"""
_OWN_S = 0.008  # of single events without noise, about what is usual in their recording
_VARIES_S = 0.01  # how long after the turning point an event is varies by that much
_JITTER = 1.4  # by how much noise moves events more than it would if it were small
_UNTIMED_S = {"initial_contact": 0.045, "foot_off": 0.02}
_STRANGE_S = 0.015  # an interval further from the usual one than that is itself a doubt
_ENOUGH = 3  # timed events tell what is usual
_NEAR_S = 0.05


@dataclass(frozen=True, eq=False)
class Steadied:
    """Places of E events, and their random errors; both in samples.

    Parameters
    ----------
    places, error : ndarray, shape (E,)
        The error is a standard deviation.
    """

    places: Array
    error: Array


def steadied(
    kind: Literal["initial_contact", "foot_off"],
    turned: Array,
    timed: Array,
    jitter: Array,
    rate_hz: float,
) -> Steadied:
    """Weigh the timing of each event against what is usual in the recording.

    Parameters
    ----------
    kind : {"initial_contact", "foot_off"}
    turned : ndarray, shape (E,)
        Where heel or toe turns back, samples.
    timed : ndarray, shape (E,)
        Where the event was timed. NaN: it was not.
    jitter : ndarray, shape (E,)
        Standard deviation that noise gives `timed`.
    rate_hz : float
        Samples per second.

    Returns
    -------
    Steadied

    Notes
    -----
    The interval from the turning point to the event is much the same in all steps of a walk. Its
    median is what is usual, if three events or more were timed. Each interval is the mean of its
    own value and the usual one, weighed by the inverse squares of the jitter and of 10 ms, by
    which intervals differ without noise. An event that could not be timed has the usual interval.

    Examples
    --------
    >>> turned = np.array([100.0, 200.0, 300.0, 400.0])
    >>> timed = turned + np.array([4.0, 4.0, 4.0, 12.0])
    >>> steadied("initial_contact", turned, timed, np.full(4, 5.0), 100.0).places.round(1)
    array([104. , 204. , 304. , 404.2])
    """
    interval, jitter = timed - turned, _JITTER * jitter
    known = np.isfinite(interval)
    varies, own = _VARIES_S * rate_hz, _OWN_S * rate_hz
    if known.sum() < _ENOUGH:
        places = np.where(known, timed, turned)
        error = np.where(known, np.hypot(own, np.nan_to_num(jitter)), _UNTIMED_S[kind] * rate_hz)
        return Steadied(places, error)
    usual = float(np.median(interval[known]))
    weight = np.where(known, varies**2 / (varies**2 + np.nan_to_num(jitter) ** 2), 0.0)
    moved = np.where(known, weight * (np.nan_to_num(interval) - usual), 0.0)
    strange = np.maximum(0.0, np.abs(np.nan_to_num(interval - usual)) - _STRANGE_S * rate_hz)
    random = np.where(known, np.sqrt(weight) * np.nan_to_num(jitter), 2.0 * varies)
    error = np.sqrt(own**2 + random**2 + (0.5 * strange) ** 2)
    return Steadied(turned + usual + moved, error)


def within_50_ms(standard_error_s: float) -> float:
    """Return how likely an event is within 50 ms of the truth.

    Parameters
    ----------
    standard_error_s : float
        Its standard error; the error is taken as normal.

    Returns
    -------
    float
        0 to 1.

    Examples
    --------
    >>> round(within_50_ms(0.025), 3)
    0.954
    """
    return erf(_NEAR_S / max(standard_error_s, 1e-9) / sqrt(2.0))
