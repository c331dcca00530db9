"""How well each leg was seen, at any time of a recording."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.tasks.gait.feet import foot_joints
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.skeletons.sides import SIDES, Side

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]

_HALF_SURE = 0.1  # change of a bone's length at which it is half certain
_BONES = (("hip", "knee"), ("knee", "ankle"))


class Visibility:
    """How well the legs of a prepared sequence were seen.

    Parameters
    ----------
    sequence : PoseSequence
        Prepared, T' samples on an even clock, with the source's confidence on that clock.
    filled : ndarray of bool, shape (T', J)
        Joints that were missing before short gaps were filled.

    Notes
    -----
    Two things tell it, frame by frame, and are multiplied: the model's own confidence in the least
    certain of pelvis, heel and toe (if it gives any), and how constant the lengths of thigh and
    shank are: 1 / (1 + (d / 0.1)²), where d is the relative difference from their medians. Bones
    do not change their length: what changes is the error of tracking, largest in depth and in the
    leg that is hidden behind the other.
    """

    def __init__(self, sequence: PoseSequence, filled: Bools) -> None:
        self._start_s, self._rate_hz = float(sequence.time_s[0]), sequence.sampling_rate_hz
        self._frames = len(sequence)
        self._seen: dict[Side, Array] = {}
        self._lost: dict[Side, Array] = {}
        feet = foot_joints(sequence)
        for side in SIDES:
            names = ["pelvis", *dict.fromkeys(f"{side}_{joint}" for joint in feet.values())]
            columns = [sequence.joints.index(name) for name in names]
            gone = np.isnan(sequence.positions_mm[:, columns]).any(axis=(1, 2))
            gone = gone | filled[:, columns].any(axis=1)
            self._lost[side] = _sums(np.where(gone, 1.0, 0.0))
            seen = _steadiness(sequence, side)
            if sequence.confidence is not None:
                scores = sequence.confidence[:, columns]
                seen = seen * np.nan_to_num(scores.min(axis=1), nan=1.0)
            self._seen[side] = _sums(seen)

    def seen(self, side: Side, windows_s: Array) -> Array:
        """Tell how well a leg was seen.

        Parameters
        ----------
        side : {"left", "right"}
        windows_s : ndarray, shape (E, 2)
            From when to when.

        Returns
        -------
        ndarray, shape (E,)
            0 to 1, mean over each window.
        """
        return self._mean(self._seen[side], windows_s)

    def missing(self, side: Side, start_s: float, end_s: float) -> float:
        """Tell in what share of the frames the foot or the pelvis was missing.

        Parameters
        ----------
        side : {"left", "right"}
        start_s, end_s : float
            From when to when, seconds, both inclusive.

        Returns
        -------
        float
        """
        return float(self._mean(self._lost[side], np.array([[start_s, end_s]]))[0])

    def _mean(self, sums: Array, windows_s: Array) -> Array:
        place = (windows_s - self._start_s) * self._rate_hz
        first = np.clip(np.ceil(place[:, 0] - 1e-6), 0, self._frames - 1).astype(np.int64)
        stop = np.clip(np.floor(place[:, 1] + 1e-6) + 1, first + 1, self._frames).astype(np.int64)
        return np.asarray((sums[stop] - sums[first]) / (stop - first))


def _sums(values: Array) -> Array:
    return np.concatenate([[0.0], np.cumsum(values)])


def _steadiness(sequence: PoseSequence, side: Side) -> Array:
    """How constant the lengths of the leg's bones are; 1 where they are not known."""
    steady = np.ones(len(sequence))
    bones = [(f"{side}_{upper}", f"{side}_{lower}") for upper, lower in _BONES]
    for upper, lower in bones:
        if sequence.has(upper, lower):
            length = np.linalg.norm(sequence.joint(upper) - sequence.joint(lower), axis=1)
            known = np.isfinite(length)
            if known.any():
                change = np.where(known, length / np.median(length[known]) - 1.0, 0.0)
                steady = np.minimum(steady, 1.0 / (1.0 + (change / _HALF_SURE) ** 2))
    return steady
