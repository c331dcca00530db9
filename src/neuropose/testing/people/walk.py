"""The motion of the synthetic walker as a function of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.skeletons.sides import SIDES, Side, other
from neuropose.testing.people.body import Body
from neuropose.testing.people.foot_path import FootPath, FootPose
from neuropose.testing.people.linkage import middle_joint
from neuropose.testing.people.walker_parameters import WalkerParameters

Array = NDArray[np.float64]

_FIRST_CONTACT = 0.2  # of a stride, from the beginning of the recording to left contact
_STEP = 0.39  # length of an ordinary step, of body height
_LEAD, _LEAD_GROWTH = 0.40, 0.17  # heel ahead of the pelvis at contact, of a step
_RISE, _RISE_GROWTH = 0.53, 1.0  # of the rise of a compass with stiff legs
_LOW = 0.06  # phase after contact at which the pelvis is lowest, rad
_LEAST_KNEE_FLEXION_RAD = np.radians(4.0)
_SWAY_MM = 20.0
_SAMPLES = 2000
_SIGN: dict[Side, float] = {"left": -1.0, "right": 1.0}


@dataclass(frozen=True)
class LegAngles:
    """Joint angles of one leg, shape (T,), radians; see `neuropose.testing.SideTruth`."""

    hip_flexion_rad: Array
    knee_flexion_rad: Array
    ankle_dorsiflexion_rad: Array


class Walk:
    """A steady walk; every position is a closed function of time.

    Parameters
    ----------
    parameters : WalkerParameters
        Parameters of the walk.
    middle_s : float
        Time at which the pelvis passes X = 0.

    Raises
    ------
    ValueError
        If the steps are too long for the legs.
    """

    def __init__(self, parameters: WalkerParameters, middle_s: float) -> None:
        self.parameters = parameters
        self._body = Body(parameters.body_height_mm)
        self._speed_mm_s = 1000.0 * parameters.speed_m_s
        self._middle_s = middle_s
        self._left_contact_s = _FIRST_CONTACT * parameters.stride_time_s
        self._vigour = 0.5 * parameters.stride_length_mm / (_STEP * parameters.body_height_mm)
        self.feet = self._place_feet()
        self._base_height_mm = self._affordable_height()

    def at(self, time_s: Array) -> tuple[dict[str, Array], dict[Side, LegAngles]]:
        """Return the position of every joint, and the angles of both legs.

        Parameters
        ----------
        time_s : ndarray, shape (T,)
            Times in seconds.

        Returns
        -------
        joints : dict of str to ndarray, shape (T, 3)
            By `BLAZEPOSE_33` name; X along the walking direction, Y up, Z right, mm.
        angles : dict of str to LegAngles
            By side.
        """
        pelvis, rotation = self._pelvis(time_s)
        pelvis[:, 1] += self._base_height_mm
        joints = self._body.upper_joints(pelvis, rotation, self._phase(time_s))
        angles = {}
        for side in SIDES:
            leg, angles[side] = self._leg(side, time_s, self._hip(side, pelvis, rotation), rotation)
            joints |= {f"{side}_{name}": position for name, position in leg.items()}
        return joints, angles

    def events_s(self, side: Side, time_s: Array, after_contact_s: float) -> Array:
        """Return the times of an event that recurs every stride.

        Parameters
        ----------
        side : {"left", "right"}
        time_s : ndarray, shape (T,)
            Only events from the first to the last of these times are returned.
        after_contact_s : float
            The event's delay from initial contact.

        Returns
        -------
        ndarray
            Times in seconds, ascending.
        """
        first = self.feet[side].contact_s + after_contact_s
        stride_s = self.parameters.stride_time_s
        strides = np.arange(
            np.ceil((time_s[0] - first) / stride_s), np.floor((time_s[-1] - first) / stride_s) + 1
        )
        return np.asarray(first + strides * stride_s)

    def heel_separation_mm(self, side: Side) -> float:
        """Return the distance of the heels along the heading at one side's initial contact.

        Parameters
        ----------
        side : {"left", "right"}

        Returns
        -------
        float
        """
        contact_s = np.array([self.feet[side].contact_s])
        ahead, behind = (self.feet[foot].at(contact_s).heel_mm for foot in (side, other(side)))
        return float(ahead[0, 0] - behind[0, 0])

    def _place_feet(self) -> dict[Side, FootPath]:
        parameters = self.parameters
        step_s, step_mm = parameters.step_time_s("right"), parameters.step_length_mm("right")
        # In an asymmetric gait the two heels lead the pelvis differently: their mean is set.
        lead = _LEAD * self._vigour**_LEAD_GROWTH
        lead_mm = 0.5 * (lead * parameters.stride_length_mm - step_mm + self._speed_mm_s * step_s)
        left_mm = lead_mm + self._speed_mm_s * (self._left_contact_s - self._middle_s)
        places: dict[Side, tuple[float, float]] = {
            "left": (self._left_contact_s, left_mm),
            "right": (self._left_contact_s + step_s, left_mm + step_mm),
        }
        return {
            side: FootPath(
                shape=self._body.foot,
                stride_time_s=parameters.stride_time_s,
                stance_s=0.01 * parameters.stance_percent_of(side) * parameters.stride_time_s,
                stride_length_mm=parameters.stride_length_mm,
                contact_s=contact_s,
                contact_mm=contact_mm,
                edge_speed_mm_s=parameters.edge_speed_ratio * self._speed_mm_s,
                vigour=self._vigour,
            )
            for side, (contact_s, contact_mm) in places.items()
        }

    def _phase(self, time_s: Array) -> Array:
        """Phase of the stride: a multiple of 2π at left contact, π more at right contact."""
        stride_s = self.parameters.stride_time_s
        right = 2.0 * np.pi * self.parameters.step_time_s("right") / stride_s
        even = 2.0 * np.pi * (time_s - self._left_contact_s) / stride_s
        bend = (np.pi - right) / (2.0 * np.sin(0.5 * right))
        return np.asarray(even + 0.5 * (np.pi - right) + bend * np.sin(even - 0.5 * right))

    def _pelvis(self, time_s: Array) -> tuple[Array, Array]:
        """Middle of the hips, its height as of `_base_height_mm`, and rotation (right forward)."""
        phase = self._phase(time_s)
        leg_mm = self._body.thigh_mm + self._body.shank_mm
        half_step_mm = min(0.25 * self.parameters.stride_length_mm, leg_mm)
        rise_mm = (
            _RISE * self._vigour**_RISE_GROWTH * (leg_mm - np.sqrt(leg_mm**2 - half_step_mm**2))
        )
        pelvis = np.stack(
            [
                self._speed_mm_s * (time_s - self._middle_s),
                -0.5 * rise_mm * np.cos(2.0 * (phase - _LOW)),
                -_SWAY_MM * np.sin(phase),
            ],
            axis=1,
        )
        return pelvis, -np.radians(self.parameters.pelvis_rotation_deg) * np.cos(phase)

    def _hip(self, side: Side, pelvis: Array, rotation: Array) -> Array:
        across = np.stack([np.sin(rotation), 0.0 * rotation, np.cos(rotation)], axis=1)
        return np.asarray(pelvis + 0.5 * _SIGN[side] * self._body.hip_width_mm * across)

    def _affordable_height(self) -> float:
        """Greatest height of the pelvis at which neither knee is ever straighter than allowed."""
        time_s = np.linspace(0.0, self.parameters.stride_time_s, _SAMPLES)
        pelvis, rotation = self._pelvis(time_s)
        reach = _distance(self._body.thigh_mm, self._body.shank_mm, _LEAST_KNEE_FLEXION_RAD)
        heights = []
        for side in SIDES:
            hip = self._hip(side, pelvis, rotation)
            ankle = self._in_space(side, self.feet[side].at(time_s).ankle_mm)
            left_over = reach**2 - ((hip - ankle)[:, [0, 2]] ** 2).sum(axis=1)
            if (left_over <= 0.0).any():
                raise ValueError(
                    f"strides of {self.parameters.stride_length_mm:.0f} mm are too long for a body "
                    f"of {self.parameters.body_height_mm:.0f} mm"
                )
            heights.append(ankle[:, 1] + np.sqrt(left_over) - hip[:, 1])
        return float(np.min(heights))

    def _leg(
        self, side: Side, time_s: Array, hip: Array, rotation: Array
    ) -> tuple[dict[str, Array], LegAngles]:
        """Put the knee between hip and ankle, and read off the angles."""
        foot = self.feet[side].at(time_s)
        ankle = self._in_space(side, foot.ankle_mm)
        thigh_mm, shank_mm = self._body.thigh_mm, self._body.shank_mm
        knee = middle_joint(hip, ankle, thigh_mm, shank_mm, [1.0, 0.0, 0.0])
        thigh = knee - hip
        span_mm = np.linalg.norm(ankle - hip, axis=1)
        cosine = (span_mm**2 - thigh_mm**2 - shank_mm**2) / (2.0 * thigh_mm * shank_mm)
        forward = thigh[:, 0] * np.cos(rotation) - thigh[:, 2] * np.sin(rotation)
        shank = (ankle - knee) / shank_mm
        sole_on_shank = shank[:, 0] * np.cos(foot.pitch_rad) + shank[:, 1] * np.sin(foot.pitch_rad)
        angles = LegAngles(
            hip_flexion_rad=np.arctan2(forward, -thigh[:, 1]),
            knee_flexion_rad=np.arccos(cosine),
            ankle_dorsiflexion_rad=np.arcsin(-sole_on_shank),
        )
        return {"hip": hip, "knee": knee, "ankle": ankle, **self._foot_joints(side, foot)}, angles

    def _foot_joints(self, side: Side, foot: FootPose) -> dict[str, Array]:
        return {
            "heel": self._in_space(side, foot.heel_mm),
            "foot_index": self._in_space(side, foot.toe_mm),
        }

    def _in_space(self, side: Side, sagittal_mm: Array) -> Array:
        aside = np.full((len(sagittal_mm), 1), 0.5 * _SIGN[side] * self.parameters.step_width_mm)
        return np.concatenate([sagittal_mm, aside], axis=1)


def _distance(thigh_mm: float, shank_mm: float, knee_flexion_rad: float) -> float:
    """Hip to ankle at a knee flexion (law of cosines)."""
    return float(
        np.sqrt(thigh_mm**2 + shank_mm**2 + 2.0 * thigh_mm * shank_mm * np.cos(knee_flexion_rad))
    )
