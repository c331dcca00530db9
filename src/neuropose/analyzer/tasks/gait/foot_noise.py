"""What a recording of feet has besides their motion, and what it lacks of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.tasks.gait.feet import foot_joints
from neuropose.filters.columns import runs
from neuropose.filters.robust import robust_sd
from neuropose.sequence.data import SequenceData
from neuropose.skeletons.sides import SIDES

Array = NDArray[np.float64]

_STEPS_HZ = (2.0, 6.0)  # where the acceleration of walking feet is greatest
_LEFT_OVER = 0.1  # of that acceleration: where there is less, nothing was recorded
_LEAST_S = 1.0  # of an unbroken recording tells


def residual_noise_mm(
    raw: SequenceData, smooth: SequenceData, forward: Array, cutoff_hz: float
) -> float:
    """Estimate how much noise a low-pass has left in how far the heels are ahead of the pelvis.

    Parameters
    ----------
    raw, smooth : PoseSequence
        Positions before and after the low-pass, on the same clock.
    forward : ndarray, shape (T, 3)
        The heading.
    cutoff_hz : float
        Cutoff of the low-pass, Hz.

    Returns
    -------
    float
        Standard deviation, mm: that of what the filter removed (robust, from its median, so that
        sudden movements do not count), times √(b / (1 − b)), where b is the share of the band
        that the filter lets pass. White noise is assumed; slow drifts of a tracker are not
        included.
    """
    passed = 2.0 * cutoff_hz / raw.sampling_rate_hz
    if not 0.0 < passed < 1.0:
        return 0.0
    heel = foot_joints(raw)["heel"]
    taken = []
    for side in SIDES:
        ahead = [s.joint(f"{side}_{heel}") - s.joint("pelvis") for s in (raw, smooth)]
        taken.append(np.einsum("tx,tx->t", ahead[0] - ahead[1], forward))
    away = np.concatenate(taken)
    away = away[np.isfinite(away)]
    if not len(away):
        return 0.0
    return robust_sd(away, centre=0.0) * float(np.sqrt(passed / (1.0 - passed)))


def white_noise_mm(raw: SequenceData, up: Array) -> float:
    """Estimate the white noise of the feet from what differs from frame to frame.

    Parameters
    ----------
    raw : PoseSequence
        Positions before any low-pass, evenly sampled.
    up : ndarray, shape (3,)
        Unit vector away from the floor.

    Returns
    -------
    float
        Standard deviation of one coordinate, mm: that of the fourth differences of the heights of
        heels and toes (robust), over √70, the noise gain of such a difference. Steps at 100 frames
        a second add some hundredths of a millimetre. Noise that lasts for several frames, as that
        of keypoints in pictures, is not seen.

    Notes
    -----
    Source: Hall, Kay and Titterington 1990, Biometrika 77:521 (noise from differences).

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> walk = walker_sequence(simulate_walk().with_noise(5.0))
    >>> round(white_noise_mm(walk, np.array([0.0, 1.0, 0.0])))
    5
    """
    points = dict.fromkeys(foot_joints(raw).values())
    differences = [
        np.diff(raw.joint(f"{side}_{point}") @ up, n=4) for point in points for side in SIDES
    ]
    known = np.concatenate(differences)
    known = known[np.isfinite(known)]
    return robust_sd(known, centre=0.0) / float(np.sqrt(70.0)) if len(known) else 0.0


def bandwidth_hz(raw: SequenceData, up: Array) -> float:
    """Find up to where a recording has motion of the feet: a smoothed one ends early.

    Parameters
    ----------
    raw : PoseSequence
        Positions before any low-pass of ours, evenly sampled.
    up : ndarray, shape (3,)
        Unit vector away from the floor.

    Returns
    -------
    float
        Hz: highest frequency at which the vertical acceleration of heels and toes is a tenth of
        what it is from 2 to 6 Hz, or more. Feet that meet a floor, and noise, have more up to half
        of the frame rate; markers that were smoothed before they were stored, as by the programs of
        most laboratories, end at some 10 Hz. inf: less than a second of them was recorded.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> bandwidth_hz(walker_sequence(simulate_walk()), np.array([0.0, 1.0, 0.0])) > 15.0
    True
    """
    from scipy.signal import welch

    rate_hz = raw.sampling_rate_hz
    width = max(4, round(_LEAST_S * rate_hz))
    power = []
    for point in dict.fromkeys(foot_joints(raw).values()):
        for side in SIDES:
            height_mm = raw.joint(f"{side}_{point}") @ up
            longest = max(
                runs(np.isfinite(height_mm)), key=lambda run: run[1] - run[0], default=(0, 0)
            )
            known = height_mm[slice(*longest)]
            if len(known) >= width + 2:
                frequencies, density = welch(np.diff(known, n=2), rate_hz, nperseg=width)
                power.append(density)
    if not power:
        return float("inf")
    size = np.sqrt(np.mean(power, axis=0))
    steps = (frequencies >= _STEPS_HZ[0]) & (frequencies <= _STEPS_HZ[1])
    if not steps.any():
        return float("inf")
    usual = np.sqrt(np.mean(size[steps] ** 2))
    return float(frequencies[size >= _LEFT_OVER * usual].max())
