"""Body proportions, and the joints above the legs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.testing.people.foot_path import FootShape

Array = NDArray[np.float64]

_TRUNK_COUNTER_ROTATION = -0.6  # of the pelvis rotation
_ARM_SWING_RAD = np.radians(20.0)
_ELBOW_RAD = np.radians(25.0)
_ELBOW_SWING_RAD = np.radians(10.0)

# From the middle of the shoulders, as fractions of body height: forward, up, to the side.
HEAD = {
    "nose": (0.064, 0.092, 0.0),
    "eye_inner": (0.052, 0.114, 0.009),
    "eye": (0.049, 0.114, 0.018),
    "eye_outer": (0.043, 0.113, 0.027),
    "ear": (0.0, 0.102, 0.043),
    "mouth": (0.052, 0.069, 0.014),
}
# From the wrist, along the forearm, forward of it and towards the body.
_HAND = {
    "pinky": (0.046, -0.010, 0.004),
    "index": (0.050, 0.012, 0.008),
    "thumb": (0.028, 0.022, 0.010),
}


@dataclass(frozen=True)
class Body:
    """Segment lengths in mm.

    Parameters
    ----------
    height_mm : float
        Body height; the segments are fractions of it after Drillis & Contini (1966), as printed in
        Winter, Biomechanics and Motor Control of Human Movement.
    """

    height_mm: float

    @property
    def thigh_mm(self) -> float:
        """Hip to knee."""
        return 0.245 * self.height_mm

    @property
    def shank_mm(self) -> float:
        """Knee to ankle."""
        return 0.246 * self.height_mm

    @property
    def hip_width_mm(self) -> float:
        """Hip to hip."""
        return 0.100 * self.height_mm

    @property
    def trunk_mm(self) -> float:
        """Middle of the hips to middle of the shoulders."""
        return 0.288 * self.height_mm

    @property
    def shoulder_width_mm(self) -> float:
        """Shoulder to shoulder."""
        return 2.0 * (0.105 * self.height_mm)

    @property
    def upper_arm_mm(self) -> float:
        """Shoulder to elbow."""
        return 0.186 * self.height_mm

    @property
    def forearm_mm(self) -> float:
        """Elbow to wrist."""
        return 0.146 * self.height_mm

    @property
    def foot(self) -> FootShape:
        """Heel, ankle and toe; the toe point is the ball of the big toe."""
        return FootShape(
            length_mm=0.122 * self.height_mm,
            ankle_forward_mm=0.035 * self.height_mm,
            ankle_height_mm=0.039 * self.height_mm,
        )

    def upper_joints(
        self, pelvis_mm: Array, pelvis_rotation_rad: Array, phase_rad: Array
    ) -> dict[str, Array]:
        """Return head, trunk and arms, which swing against the legs.

        Parameters
        ----------
        pelvis_mm : ndarray, shape (T, 3)
            Middle of the hips; forward, up, right.
        pelvis_rotation_rad : ndarray, shape (T,)
            Rotation about the vertical, right side forward positive.
        phase_rad : ndarray, shape (T,)
            Phase of the stride, 0 at left initial contact.

        Returns
        -------
        dict of str to ndarray, shape (T, 3)
            By `BLAZEPOSE_33` joint name; forward, up, right.
        """
        height = self.height_mm
        middle = pelvis_mm + np.array([0.0, self.trunk_mm, 0.0])
        turned = _TRUNK_COUNTER_ROTATION * pelvis_rotation_rad
        joints = {}
        for part, (forward, up, aside) in HEAD.items():
            for side, sign in (("left", -1.0), ("right", 1.0)):
                offset = np.array([forward, up, sign * aside]) * height
                name = {"nose": "nose", "mouth": f"mouth_{side}"}.get(part, f"{side}_{part}")
                joints[name] = middle + offset
        for side, sign in (("left", -1.0), ("right", 1.0)):
            across = np.stack([np.sin(turned), 0.0 * turned, np.cos(turned)], axis=1)
            shoulder = middle + 0.5 * sign * self.shoulder_width_mm * across
            swing = sign * np.cos(phase_rad)
            upper_arm = _hanging(_ARM_SWING_RAD * swing)
            bend = _ARM_SWING_RAD * swing + _ELBOW_RAD + _ELBOW_SWING_RAD * swing
            forearm = _hanging(bend)
            ahead = np.stack([-forearm[:, 1], forearm[:, 0], forearm[:, 2]], axis=1)
            outward = np.array([0.0, 0.0, sign * 0.012 * height])
            elbow = shoulder + self.upper_arm_mm * upper_arm + outward
            wrist = elbow + self.forearm_mm * forearm
            joints |= {
                f"{side}_shoulder": shoulder,
                f"{side}_elbow": elbow,
                f"{side}_wrist": wrist,
            }
            for part, (along, forward, inward) in _HAND.items():
                joints[f"{side}_{part}"] = wrist + height * (
                    along * forearm + forward * ahead + np.array([0.0, 0.0, -sign * inward])
                )
        return joints


def _hanging(angle_rad: Array) -> Array:
    """Return the direction of a hanging limb that swings forward by an angle, shape (T, 3)."""
    return np.stack([np.sin(angle_rad), -np.cos(angle_rad), 0.0 * angle_rad], axis=1)
