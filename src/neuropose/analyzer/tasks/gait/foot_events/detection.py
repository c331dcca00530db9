"""Two independent detectors of foot events: Zeni's and O'Connor's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.tasks.gait.feet import Feet
from neuropose.filters.columns import runs
from neuropose.skeletons.sides import Side

if TYPE_CHECKING:
    from neuropose.analyzer.tasks.gait.settings import GaitSettings

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

_AROUND_S = 3.0  # in which the size of a swing is compared with others: two strides or more
_EDGE_SHARE = 1.0 / 3.0  # of the least prominence is enough on the side where the recording ends
_NOISE = 8.0  # standard deviations from valley to peak: noise alone does not do that in minutes
_LOW_FOOT = 0.35  # of the foot's rise: only below that a downward speed ends in a contact
_OCONNOR_SHARE = 0.15  # of the range of vertical speed: less is not a peak


def zeni(feet: Feet, side: Side, settings: GaitSettings) -> tuple[Array, Array]:
    """Find contacts and foot offs where heel and toe turn back.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    side : {"left", "right"}
    settings : GaitSettings
        How gait is detected.

    Returns
    -------
    initial_contact, foot_off : ndarray
        Sample numbers, with fractions, ascending.

    Notes
    -----
    Zeni et al. 2008, Gait Posture 27:710: the heel is farthest ahead of the pelvis at initial
    contact, the toe farthest behind at foot off. A swing counts if it stands out by
    `least_prominence_mm` and by `prominence_share` of the range within 1.5 s on either side: so
    small steps are found, and a hesitation within a step is not counted. Nor is noise in standing:
    a swing must also exceed eight standard deviations of the residual noise (`Feet.noise_mm`).

    Examples
    --------
    >>> from neuropose.analyzer.tasks.gait.settings import GaitSettings
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> from neuropose.analyzer.tasks.gait.feet import feet_of
    >>> walk = walker_sequence(simulate_walk())
    >>> feet = feet_of(walk, np.tile([1.0, 0.0, 0.0], (len(walk), 1)), np.array([0.0, 1.0, 0.0]))
    >>> (zeni(feet, "left", GaitSettings())[0] / 60.0).round(2)
    array([0.21, 1.3 , 2.39, 3.48, 4.58, 5.66])
    """
    least = int(np.ceil(settings.shortest_stride_s * feet.rate_hz))
    floor_mm = least_swing_mm(feet, settings)
    found = [
        _peaks(signal, feet.rate_hz, least, floor_mm, settings.prominence_share)
        for signal in (feet.heel[side].ahead_mm, -feet.toe[side].ahead_mm)
    ]
    return found[0], found[1]


def least_swing_mm(feet: Feet, settings: GaitSettings) -> float:
    """Return how far a foot must swing past the pelvis to take a step.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    settings : GaitSettings
        How gait is detected.

    Returns
    -------
    float
        mm, from valley to peak.
    """
    return max(settings.least_prominence_mm, _NOISE * feet.noise_mm)


def oconnor(feet: Feet, side: Side) -> tuple[Array, Array]:
    """Find contacts and foot offs from the vertical speed of the foot.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    side : {"left", "right"}

    Returns
    -------
    initial_contact, foot_off : ndarray
        Sample numbers, with fractions, ascending.

    Notes
    -----
    O'Connor et al. 2007, Gait Posture 25:469: the middle between heel and toe sinks fastest at
    initial contact, while it is low (below 35 % of its rise), and rises fastest at foot off.
    """
    height_mm = 0.5 * (feet.heel[side].height_mm + feet.toe[side].height_mm)
    sinking: list[Array] = []
    rising: list[Array] = []
    for start, stop in _usable_runs(height_mm):
        height = height_mm[start:stop]
        speed = np.gradient(height)
        low, high = _around(height, feet.rate_hz)
        least = _OCONNOR_SHARE * float(np.ptp(speed))
        for signal, found in ((-speed, sinking), (speed, rising)):
            peaks = _prominent(signal, least)
            if found is sinking:
                peaks = peaks[height[peaks] < low[peaks] + _LOW_FOOT * (high - low)[peaks]]
            found.append(start + _vertex(signal, peaks))
    return _joined(sinking), _joined(rising)


def _peaks(signal: Array, rate_hz: float, distance: int, floor_mm: float, share: float) -> Array:
    from scipy.signal import find_peaks, peak_prominences

    found = []
    for start, stop in _usable_runs(signal):
        values = signal[start:stop]
        low, high = _around(values, rate_hz)
        least = np.maximum(floor_mm, share * (high - low))
        peaks, _ = find_peaks(values, distance=distance)
        _, left, right = peak_prominences(values, peaks)
        before, after = values[peaks] - values[left], values[peaks] - values[right]
        # A swing that the recording cuts off cannot show how far it would have gone.
        edge = _EDGE_SHARE * floor_mm
        enough_before = before >= np.where(peaks < distance, edge, least[peaks])
        enough_after = after >= np.where(peaks >= len(values) - distance, edge, least[peaks])
        whole = np.maximum(before, after) >= least[peaks]
        found.append(start + _vertex(values, peaks[enough_before & enough_after & whole]))
    return _joined(found)


def _usable_runs(signal: Array) -> Ints:
    bounds = runs(np.isfinite(signal))
    return bounds[bounds[:, 1] - bounds[:, 0] >= 3]


def _around(values: Array, rate_hz: float) -> tuple[Array, Array]:
    """Return the lowest and highest value within half of `_AROUND_S` of each sample."""
    from scipy.ndimage import maximum_filter1d, minimum_filter1d

    width = max(3, round(_AROUND_S * rate_hz))
    return minimum_filter1d(values, width), maximum_filter1d(values, width)


def _prominent(signal: Array, least: float) -> Ints:
    from scipy.signal import find_peaks

    return np.asarray(find_peaks(signal, prominence=max(least, np.finfo(float).tiny))[0])


def _vertex(values: Array, peaks: Ints) -> Array:
    """Place peaks between samples: the top of the parabola through three of them."""
    before, top, after = values[peaks - 1], values[peaks], values[peaks + 1]
    bend = before - 2.0 * top + after
    flat = bend >= 0.0
    return np.asarray(peaks + np.where(flat, 0.0, 0.5 * (before - after) / np.where(flat, 1, bend)))


def _joined(found: list[Array]) -> Array:
    return np.concatenate(found) if found else np.empty(0)
