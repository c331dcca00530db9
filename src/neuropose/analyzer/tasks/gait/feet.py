"""The feet relative to the walking body: ahead of the pelvis, above the floor, and across it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.errors import MissingJointsError
from neuropose.sequence.data import SequenceData
from neuropose.skeletons.sides import SIDES, Side

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FootPoint:
    """One point of a foot, T samples.

    Parameters
    ----------
    ahead_mm : ndarray, shape (T,)
        Distance ahead of the pelvis along the heading.
    height_mm : ndarray, shape (T,)
        Height along the vertical, from the origin of the axes.
    floor_mm : ndarray, shape (T, 2)
        Position on the floor plane, in axes that do not turn.
    """

    ahead_mm: Array
    height_mm: Array
    floor_mm: Array


@dataclass(frozen=True, eq=False)
class Feet:
    """Heels and toes of both feet, T evenly spaced samples; NaN: missing.

    Parameters
    ----------
    time_s : ndarray, shape (T,)
        Times of the samples, seconds.
    rate_hz : float
        Samples per second.
    heel, toe : dict of str to FootPoint
        By side.
    pelvis_floor_mm : ndarray, shape (T, 2)
        Position of the pelvis on the floor plane.
    pelvis_height_mm : ndarray, shape (T,)
        Its height along the vertical, from the origin of the axes.
    forward : ndarray, shape (T, 2)
        The heading on the floor plane, unit vectors.
    points : dict of str to str
        Joints used as ``heel`` and ``toe``: ``ankle`` if a skeleton has no feet.
    noise_mm : float
        Standard deviation of the noise that the low-pass of the preparation leaves in
        `FootPoint.ahead_mm` of the heels.
    white_mm : float
        Standard deviation of the noise of one coordinate of a foot before the low-pass.
    cutoff_hz : float or None
        Cutoff of the low-pass of these positions. None: there was none.
    bandwidth_hz : float
        Up to where the recording has motion of the feet, see `bandwidth_hz`.
    """

    time_s: Array
    rate_hz: float
    heel: dict[Side, FootPoint]
    toe: dict[Side, FootPoint]
    pelvis_floor_mm: Array
    pelvis_height_mm: Array
    forward: Array
    points: dict[str, str]
    noise_mm: float = 0.0
    white_mm: float = 0.0
    cutoff_hz: float | None = None
    bandwidth_hz: float = float("inf")

    @property
    def sharpness_hz(self) -> float:
        """The lower of cutoff and bandwidth: faster motion of the feet is not seen."""
        return (
            self.bandwidth_hz if self.cutoff_hz is None else min(self.cutoff_hz, self.bandwidth_hz)
        )

    def noise_of_derivative(self, order: int) -> float:
        """Return the noise of a derivative of a coordinate, after the low-pass.

        Parameters
        ----------
        order : int
            1: of a speed; 2: of an acceleration.

        Returns
        -------
        float
            Standard deviation, mm/s or mm/s². Noise is white, and passes up to the cutoff.
        """
        nyquist_hz = 0.5 * self.rate_hz
        passed_hz = nyquist_hz if self.cutoff_hz is None else min(self.cutoff_hz, nyquist_hz)
        gain = (2.0 * np.pi * passed_hz) ** order / np.sqrt(2.0 * order + 1.0)
        return float(self.white_mm * np.sqrt(passed_hz / nyquist_hz) * gain)

    def floor_mm_on(self, point: FootPoint, velocity_mm_s: Array) -> Array:
        """Return the path of a point relative to a moving surface.

        Parameters
        ----------
        point : FootPoint
            Heel or toe of one foot.
        velocity_mm_s : ndarray, shape (2,)
            Velocity of the surface, mm/s.

        Returns
        -------
        ndarray, shape (T, 2)
            In axes that move with it; those of the recording at its first sample.
        """
        since_s = self.time_s - self.time_s[0]
        return np.asarray(point.floor_mm - since_s[:, None] * velocity_mm_s)


def foot_joints(sequence: SequenceData) -> dict[str, str]:
    """Return the joints that are used as heel and toe.

    Parameters
    ----------
    sequence : PoseSequence
        Joint positions; only the names of the joints matter.

    Returns
    -------
    dict of str to str
        The joint for ``heel`` and for ``toe``, without its side; the ankle where a skeleton has no
        such joint (Stenum et al. 2021, PLoS Comput Biol 17:e1008935).

    Raises
    ------
    MissingJointsError
        If there is no pelvis, or if there are neither feet nor ankles.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> foot_joints(walker_sequence(simulate_walk()))
    {'heel': 'heel', 'toe': 'toe'}
    """
    chosen = {
        point: next(
            (
                joint
                for joint in (point, "ankle")
                if sequence.has(f"left_{joint}", f"right_{joint}")
            ),
            "",
        )
        for point in ("heel", "toe")
    }
    missing = [f"{side}_{point}" for point, joint in chosen.items() if not joint for side in SIDES]
    missing += [] if sequence.has("pelvis") else ["pelvis"]
    if missing:
        raise MissingJointsError(
            f"{sequence.source} has no {', '.join(missing)}",
            hint="gait analysis needs the pelvis and both heels and toes, or at least both ankles; "
            + sequence.remedy.replace("JOINT", missing[0]),
            source=sequence.source,
            missing=tuple(missing),
        )
    return chosen


def feet_of(
    sequence: SequenceData,
    forward: Array,
    up: Array,
    *,
    noise_mm: float = 0.0,
    white_mm: float = 0.0,
    cutoff_hz: float | None = None,
    bandwidth_hz: float = float("inf"),
) -> Feet:
    """Compute the motion of the feet relative to the walking body.

    Parameters
    ----------
    sequence : PoseSequence
        Prepared: evenly sampled, smoothed.
    forward : ndarray, shape (T, 3)
        The heading, unit vectors at right angles to `up`.
    up : ndarray, shape (3,)
        Unit vector away from the floor.
    noise_mm : float
        See `residual_noise_mm`.
    white_mm : float
        See `white_noise_mm`.
    cutoff_hz : float, optional
        Cutoff of the low-pass of `sequence`.
    bandwidth_hz : float
        See `bandwidth_hz` in `neuropose.analyzer.tasks.gait.foot_noise`.

    Returns
    -------
    Feet

    Raises
    ------
    MissingJointsError
        See `foot_joints`.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> walk = walker_sequence(simulate_walk())
    >>> feet = feet_of(walk, np.tile([1.0, 0.0, 0.0], (len(walk), 1)), np.array([0.0, 1.0, 0.0]))
    >>> bool(feet.heel["left"].ahead_mm.max() > 200.0)
    True
    """
    points = foot_joints(sequence)
    first = np.eye(3)[int(np.argmin(np.abs(up)))]
    first = first - (first @ up) * up
    first = first / np.linalg.norm(first)
    plane = np.stack([first, np.cross(up, first)], axis=1)
    pelvis = sequence.joint("pelvis")

    def seen(joint: str) -> FootPoint:
        position = sequence.joint(joint)
        return FootPoint(
            ahead_mm=np.einsum("tx,tx->t", position - pelvis, forward),
            height_mm=position @ up,
            floor_mm=position @ plane,
        )

    return Feet(
        time_s=sequence.time_s,
        rate_hz=sequence.sampling_rate_hz,
        heel={side: seen(f"{side}_{points['heel']}") for side in SIDES},
        toe={side: seen(f"{side}_{points['toe']}") for side in SIDES},
        pelvis_floor_mm=pelvis @ plane,
        pelvis_height_mm=pelvis @ up,
        forward=forward @ plane,
        points=points,
        noise_mm=noise_mm,
        white_mm=white_mm,
        cutoff_hz=cutoff_hz,
        bandwidth_hz=bandwidth_hz,
    )
