"""A synthetic walker whose joint angles, events and spatiotemporal parameters are known exactly.

The feet are planned first: every footfall has its place and time, and a foot on the floor does not
slide (`neuropose.testing.people.foot_path`). The pelvis moves over them at constant speed, as high
as the legs allow, and two-link inverse kinematics puts the knees between hips and ankles. So events
and step lengths are true by construction, and the joint angles follow from the geometry.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuropose.skeletons import BLAZEPOSE_33, Skeleton
from neuropose.skeletons.sides import SIDES, Side, other
from neuropose.testing.people.camera_view import CameraView
from neuropose.testing.people.walk import LegAngles, Walk
from neuropose.testing.people.walker_parameters import WalkerParameters

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SideTruth:
    """True values of one side, T frames.

    Parameters
    ----------
    initial_contact_s, foot_off_s : ndarray
        Events within the recording, seconds.
    hip_flexion_deg : ndarray, shape (T,)
        Thigh relative to the pelvis about its right-left axis (ISB, Z-X-Y); + flexion.
    knee_flexion_deg : ndarray, shape (T,)
        0 straight, + flexion; the angle between thigh and shank.
    ankle_dorsiflexion_deg : ndarray, shape (T,)
        0 = sole at right angles to the shank, + dorsiflexion; from the angle between heel–toe and
        ankle–knee.
    step_length_mm, step_time_s : float
        Length and time of the steps that end with this side's contact, measured from the other
        foot's contact.
    heel_separation_mm : float
        Distance of the heels along the heading at this side's contact. A little less than the
        step length: the other heel has already begun to rise.
    stance_percent, swing_percent, single_support_percent : float
        Percent of the stride.
    initial_double_support_percent, terminal_double_support_percent : float
        Percent of the stride.
    """

    initial_contact_s: Array
    foot_off_s: Array
    hip_flexion_deg: Array
    knee_flexion_deg: Array
    ankle_dorsiflexion_deg: Array
    step_length_mm: float
    step_time_s: float
    heel_separation_mm: float
    stance_percent: float
    swing_percent: float
    single_support_percent: float
    initial_double_support_percent: float
    terminal_double_support_percent: float


@dataclass(frozen=True)
class WalkerTrial:
    """A recorded walk and its true values: T frames, J joints.

    Parameters
    ----------
    parameters : WalkerParameters
        Parameters of the walk, true for every stride.
    time_s : ndarray, shape (T,)
        Presentation times, from 0.
    positions_mm : ndarray, shape (T, J, 3)
        Joints; X along the walking direction, Y up from the floor, Z to the right (ISB).
    left, right : SideTruth
        True values of each side.
    skeleton : Skeleton
        `BLAZEPOSE_33`.
    """

    parameters: WalkerParameters
    time_s: Array
    positions_mm: Array
    left: SideTruth
    right: SideTruth
    skeleton: Skeleton = BLAZEPOSE_33

    def side(self, side: Side) -> SideTruth:
        """Return the true values of one side.

        Parameters
        ----------
        side : {"left", "right"}

        Returns
        -------
        SideTruth
        """
        return self.left if side == "left" else self.right

    def joint(self, name: str) -> Array:
        """Return the positions of one joint.

        Parameters
        ----------
        name : str
            One of ``skeleton.joints``.

        Returns
        -------
        ndarray, shape (T, 3)
            Positions in mm.
        """
        return self.positions_mm[:, self.skeleton.index(name)]

    def on_treadmill(self) -> WalkerTrial:
        """Return the same walk on a treadmill at the walking speed: the pelvis stays in place.

        Returns
        -------
        WalkerTrial
            Same truth.
        """
        belt_mm = 1000.0 * self.parameters.speed_m_s * (self.time_s - self.time_s[0])
        start_mm = self.joint("left_hip")[0, 0] + self.joint("right_hip")[0, 0]
        shift = np.zeros((len(self.time_s), 1, 3))
        shift[:, 0, 0] = belt_mm + 0.5 * start_mm
        return replace(self, positions_mm=self.positions_mm - shift)

    def in_camera(self, view: CameraView) -> Array:
        """Return the joints in the frame of a camera.

        Parameters
        ----------
        view : CameraView
            Where the camera stands.

        Returns
        -------
        ndarray, shape (T, J, 3)
            Positions in mm, camera frame: x right, y down, z forward.
        """
        return view.from_world(self.positions_mm)

    def with_noise(self, noise_mm: float, seed: int = 0) -> WalkerTrial:
        """Add independent Gaussian noise to every coordinate.

        Parameters
        ----------
        noise_mm : float
            Standard deviation of the noise.
        seed : int
            Seed; the same seed produces the same noise.

        Returns
        -------
        WalkerTrial
            Same truth.
        """
        noise = np.random.default_rng(seed).normal(0.0, noise_mm, self.positions_mm.shape)
        return replace(self, positions_mm=self.positions_mm + noise)


def simulate_walk(
    parameters: WalkerParameters | None = None, *, times_s: Array | None = None
) -> WalkerTrial:
    """Simulate a person walking straight ahead.

    Parameters
    ----------
    parameters : WalkerParameters, optional
        Default: an ordinary walk.
    times_s : ndarray, shape (T,), optional
        Times of the frames; default: from `parameters`.

    Returns
    -------
    WalkerTrial
        The same arguments produce the same bits. The middle of the pelvis's path lies at X = 0.

    Raises
    ------
    ValueError
        If the steps are too long for the legs.

    Examples
    --------
    >>> trial = simulate_walk(WalkerParameters(speed_m_s=1.0, cadence_steps_min=100, fps=50))
    >>> trial.positions_mm.shape
    (300, 33, 3)
    >>> np.diff(trial.left.initial_contact_s).round(6)
    array([1.2, 1.2, 1.2, 1.2])
    """
    parameters = WalkerParameters() if parameters is None else parameters
    time_s = _frame_times(parameters) if times_s is None else np.asarray(times_s, np.float64)
    walk = Walk(parameters, middle_s=0.5 * (float(time_s[0]) + float(time_s[-1])))
    joints, angles = walk.at(time_s)
    positions_mm = np.stack([joints[name] for name in BLAZEPOSE_33.joints], axis=1)
    left, right = (_side_truth(walk, side, time_s, angles[side]) for side in SIDES)
    return WalkerTrial(parameters, time_s, positions_mm, left, right)


def _frame_times(parameters: WalkerParameters) -> Array:
    frames = max(2, round(parameters.duration_s * parameters.fps))
    random = np.random.default_rng(parameters.seed)
    intervals = 1.0 + parameters.frame_jitter * random.uniform(-1.0, 1.0, frames - 1)
    return np.concatenate([[0.0], np.cumsum(intervals)]) / parameters.fps


def _side_truth(walk: Walk, side: Side, time_s: Array, angles: LegAngles) -> SideTruth:
    parameters = walk.parameters
    stance_percent = parameters.stance_percent_of(side)
    contacts_s = walk.events_s(side, time_s, after_contact_s=0.0)
    return SideTruth(
        initial_contact_s=contacts_s,
        foot_off_s=walk.events_s(side, time_s, after_contact_s=walk.feet[side].stance_s),
        hip_flexion_deg=np.degrees(angles.hip_flexion_rad),
        knee_flexion_deg=np.degrees(angles.knee_flexion_rad),
        ankle_dorsiflexion_deg=np.degrees(angles.ankle_dorsiflexion_rad),
        step_length_mm=parameters.step_length_mm(side),
        step_time_s=parameters.step_time_s(side),
        heel_separation_mm=walk.heel_separation_mm(side),
        stance_percent=stance_percent,
        swing_percent=100.0 - stance_percent,
        single_support_percent=100.0 - parameters.stance_percent_of(other(side)),
        initial_double_support_percent=parameters.double_support_percent(side),
        terminal_double_support_percent=parameters.double_support_percent(other(side)),
    )
