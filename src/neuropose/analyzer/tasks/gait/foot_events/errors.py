"""Standard errors of events, and the share of them that a recording's other events can take away.

The numbers are from walks with force plates of nine laboratories, as they were recorded and with
fewer frames and added noise (``docs/evidence/accuracy.md``).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neuropose.filters.robust import robust_sd

Array = NDArray[np.float64]

FOOT_OFF_S = 0.011
"""Of foot offs, the same for all in a recording: root mean square of laboratories' medians."""
OF_APART = 1.5
"""Of contacts: that over how far apart the motions are that tell of them."""
_LEAST_APART_S = 0.003  # three motions may agree by chance
_USUAL_APART_S = 0.008  # where there are not two motions
KEYPOINTS_S = 0.03
"""What a pose model's keypoints add to it, of one camera or several.

In a rendered walk contacts were up to 25 ms earlier than of the exact joints, foot offs up to 70 ms
earlier and 40 ms later (``docs/evidence/accuracy.md``, "Times").
"""
_BLUR = {"initial_contact": 0.06, "foot_off": 0.0}
"""How much of a low-pass's width (a second over its cutoff) it shares, beyond that of 20 Hz."""
SHARP_HZ = 20.0
"""Up to where motion must be seen for contacts not to be blurred."""
OWN_S = {"initial_contact": 0.003, "foot_off": 0.005}
"""Of single events without noise, about what is usual in their recording."""
_VARIES_S = 0.01  # how long after the turning point an event is varies by that much
_UNTIMED_S = {"initial_contact": 0.045, "foot_off": 0.02}
_STRANGE_S = 0.015  # an interval further from the usual one than that is itself a doubt
_ENOUGH = 3  # timed events tell whether one of them is unusual
_MANY = 6  # tell how much intervals vary
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
    *,
    turned_jitter: Array | None = None,
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
    turned_jitter : ndarray, shape (E,), optional
        Standard deviation that noise gives `turned`; default: none.

    Returns
    -------
    Steadied

    Notes
    -----
    The interval from the turning point to the event is much the same in all steps of a walk. Its
    median is what is usual. If three events or more were timed, each interval is the mean of its
    own value and the usual one, weighed by the inverse squares of the jitter and of 10 ms, by
    which intervals differ without noise; one or two stay as they were timed. An event that could
    not be timed has the usual interval: left at its turning point beside events that were timed,
    it would make steps too short or too long by the interval. Where none was timed, all of them
    are at their turning points. What noise does to the turning point is in an event as far as its
    own timing is not.

    Examples
    --------
    >>> turned = np.array([100.0, 200.0, 300.0, 400.0])
    >>> timed = turned + np.array([4.0, 4.0, 4.0, 12.0])
    >>> steadied("initial_contact", turned, timed, np.full(4, 5.0), 100.0).places.round(1)
    array([104. , 204. , 304. , 404.3])
    """
    interval = timed - turned
    at_turn = np.zeros(len(turned)) if turned_jitter is None else turned_jitter
    known = np.isfinite(interval)
    varies, own = _VARIES_S * rate_hz, OWN_S[kind] * rate_hz
    if not known.any():
        return Steadied(turned, np.hypot(_UNTIMED_S[kind] * rate_hz, at_turn))
    usual = float(np.median(interval[known]))
    if known.sum() < _ENOUGH:
        of_usual = np.hypot(2.0 * varies, np.median(jitter[known]))
        untimed = np.sqrt(own**2 + of_usual**2 + at_turn**2)
        error = np.where(known, np.hypot(own, np.nan_to_num(jitter)), untimed)
        return Steadied(np.where(known, timed, turned + usual), error)
    weight = np.where(known, varies**2 / (varies**2 + np.nan_to_num(jitter) ** 2), 0.0)
    moved = np.where(known, weight * (np.nan_to_num(interval) - usual), 0.0)
    strange = np.maximum(0.0, np.abs(np.nan_to_num(interval - usual)) - _STRANGE_S * rate_hz)
    excess = _excess(interval[known] - usual, varies, jitter[known], at_turn[known])
    by_noise = np.hypot(weight * excess * np.nan_to_num(jitter), (1.0 - weight) * varies)
    random = np.where(known, by_noise, 2.0 * varies)
    by_turn = (1.0 - weight) * at_turn
    error = np.sqrt(own**2 + random**2 + by_turn**2 + (0.5 * strange) ** 2)
    return Steadied(turned + usual + moved, error)


def _excess(apart: Array, varies: float, jitter: Array, at_turn: Array) -> float:
    """Return how much more intervals vary than noise explains, 1 or more."""
    if len(apart) < _MANY:
        return 1.0
    expected = np.sqrt(varies**2 + np.median(jitter) ** 2 + np.median(at_turn) ** 2)
    return max(1.0, robust_sd(apart, centre=0.0) / float(expected))


def systematic_s(
    kind: Literal["initial_contact", "foot_off"],
    sharp_hz: float,
    *,
    from_pictures: bool,
    apart_s: float = float("nan"),
) -> float:
    """Return the error that all events of a kind in a recording share.

    Parameters
    ----------
    kind : {"initial_contact", "foot_off"}
    sharp_hz : float
        Up to where the motion of the feet is seen (`Feet.sharpness_hz`).
    from_pictures : bool
        The positions are those of a pose model, from one camera or several.
    apart_s : float
        How far apart the motions are that tell of an event (`Timed.apart`), seconds; usual one of
        the recording. NaN: there are not two of them.

    Returns
    -------
    float
        Standard deviation, seconds.

    Notes
    -----
    Motions that tell of a contact differ with how a foot comes down and with how its markers were
    treated. Where they contradict one another, their mean is further from force plates, in about
    that proportion. Of foot offs it tells nothing. A low-pass below 20 Hz, as noise or a low frame
    rate demands or as a laboratory has applied, moves contacts by a part of its width besides.

    Examples
    --------
    >>> sharp = {"sharp_hz": 20.0, "from_pictures": False}
    >>> [round(systematic_s("initial_contact", apart_s=s, **sharp), 4) for s in (0.004, 0.01)]
    [0.006, 0.015]
    """
    blurred_s = max(0.0, 1.0 / sharp_hz - 1.0 / SHARP_HZ)
    camera_s = KEYPOINTS_S if from_pictures else 0.0
    differs_s = FOOT_OFF_S
    if kind == "initial_contact":
        known_s = _USUAL_APART_S if np.isnan(apart_s) else max(apart_s, _LEAST_APART_S)
        differs_s = OF_APART * known_s
    return float(np.sqrt(differs_s**2 + (_BLUR[kind] * blurred_s) ** 2 + camera_s**2))


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
