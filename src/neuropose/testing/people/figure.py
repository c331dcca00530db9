"""A posable figure: pelvis, trunk, feet and hands are placed, and the rest follows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuropose.analyzer import PoseSequence, ReferenceFrame
from neuropose.skeletons.sides import SIDES, Side
from neuropose.testing.people.body import HEAD, Body
from neuropose.testing.people.linkage import middle_joint

Array = NDArray[np.float64]

SIGN: dict[Side, float] = {"left": -1.0, "right": 1.0}
"""Sign of what lies to the right of the middle."""

UP = np.array([0.0, 1.0, 0.0])
_ABOVE_ANKLE = 0.985  # of the length of a straight leg
_HEAD_PARTS = ("nose", "eye", "ear")
_HAND = 0.03  # from the wrist to the middle of the hand, of body height


def directions(heading_rad: Array) -> tuple[Array, Array]:
    """Return the forward and right directions for a heading.

    Parameters
    ----------
    heading_rad : ndarray, shape (T,)
        Angle from X, to the left positive.

    Returns
    -------
    forward, right : ndarray, shape (T, 3)
        X ahead, Y up, Z right at heading 0.
    """
    cos, sin, none = np.cos(heading_rad), np.sin(heading_rad), 0.0 * heading_rad
    return np.stack([cos, none, -sin], axis=1), np.stack([sin, none, cos], axis=1)


@dataclass(frozen=True)
class Foot:
    """Pose of a foot over T frames.

    Parameters
    ----------
    heel_mm : ndarray, shape (T, 3)
        Position of the heel.
    heading_rad : ndarray, shape (T,)
        Angle from X, to the left positive.
    pitch_rad : ndarray, shape (T,)
        Rotation about the heel, toe up positive.
    """

    heel_mm: Array
    heading_rad: Array
    pitch_rad: Array

    def joints(self, body: Body) -> dict[str, Array]:
        """Return heel, toe and ankle.

        Parameters
        ----------
        body : Body
            Body proportions.

        Returns
        -------
        dict of str to ndarray, shape (T, 3)
        """
        forward, _ = directions(self.heading_rad)
        cos, sin = np.cos(self.pitch_rad)[:, None], np.sin(self.pitch_rad)[:, None]
        ahead, above = cos * forward + sin * UP, cos * UP - sin * forward
        ankle = body.foot.ankle_forward_mm * ahead + body.foot.ankle_height_mm * above
        return {
            "heel": self.heel_mm,
            "ankle": self.heel_mm + ankle,
            "toe": self.heel_mm + body.foot.length_mm * ahead,
        }


class Figure:
    """A person at T times, standing still with hanging arms until parts are moved.

    Parameters
    ----------
    time_s : array_like, shape (T,)
        Times in seconds.
    body_height_mm : float
        Body height.

    Attributes
    ----------
    pelvis_mm : ndarray, shape (T, 3)
        X ahead, Y up from the floor, Z right.
    heading_rad, lean_rad : ndarray, shape (T,)
        Where the pelvis faces (to the left positive), and how far the trunk leans forward.
    feet : dict of str to Foot
        By side.
    wrists_mm : dict of str to ndarray, shape (T, 3)
        Wrists of the hands that do not hang, by side.
    """

    def __init__(self, time_s: ArrayLike, body_height_mm: float = 1750.0) -> None:
        self.time_s = np.asarray(time_s, dtype=np.float64)
        self.body = Body(body_height_mm)
        still = np.zeros(len(self.time_s))
        self.heading_rad, self.lean_rad = still, still
        self.pelvis_mm = still[:, None] + [0.0, self.standing_mm, 0.0]
        behind = -self.body.foot.ankle_forward_mm
        self.feet = {
            side: Foot(
                still[:, None] + [behind, 0.0, 0.5 * SIGN[side] * self.body.hip_width_mm],
                still,
                still,
            )
            for side in SIDES
        }
        self.wrists_mm: dict[Side, Array] = {}

    @property
    def standing_mm(self) -> float:
        """Height of the pelvis when standing."""
        leg_mm = self.body.thigh_mm + self.body.shank_mm
        return self.body.foot.ankle_height_mm + _ABOVE_ANKLE * leg_mm

    @property
    def sitting_mm(self) -> float:
        """Height of the pelvis when sitting with level thighs."""
        return self.body.foot.ankle_height_mm + self.body.shank_mm

    def shoulder_mm(self, side: Side) -> Array:
        """Return the position of a shoulder.

        Parameters
        ----------
        side : {"left", "right"}

        Returns
        -------
        ndarray, shape (T, 3)
        """
        _, right = directions(self.heading_rad)
        return self._neck() + 0.5 * SIGN[side] * self.body.shoulder_width_mm * right

    def joints(self) -> dict[str, Array]:
        """Return the position of every joint.

        Returns
        -------
        dict of str to ndarray, shape (T, 3)
            By canonical name, mm.

        Raises
        ------
        ValueError
            If an arm or a leg is too short to reach the place of its end.
        """
        joints = {"pelvis": self.pelvis_mm, "neck": self._neck(), **self._head()}
        for side in SIDES:
            parts = self._arm(side) | self._leg(side)
            joints |= {f"{side}_{name}": position for name, position in parts.items()}
        return joints

    def sequence(self, source: str) -> PoseSequence:
        """Return the figure as a `PoseSequence`, exact and without confidence.

        Parameters
        ----------
        source : str
            Name of the source in messages.

        Returns
        -------
        PoseSequence
            Lab frame, Y up.
        """
        joints = self.joints()
        return PoseSequence.from_arrays(
            self.time_s,
            np.stack(list(joints.values()), axis=1),
            list(joints),
            frame=ReferenceFrame.LAB,
            up=UP,
            source=source,
        )

    def _trunk(self) -> tuple[Array, Array]:
        """Directions along the trunk, and out of the chest."""
        forward, _ = directions(self.heading_rad)
        cos, sin = np.cos(self.lean_rad)[:, None], np.sin(self.lean_rad)[:, None]
        return cos * UP + sin * forward, cos * forward - sin * UP

    def _neck(self) -> Array:
        along, _ = self._trunk()
        return np.asarray(self.pelvis_mm + self.body.trunk_mm * along)

    def _head(self) -> dict[str, Array]:
        along, ahead = self._trunk()
        _, right = directions(self.heading_rad)
        joints = {"head": self._neck() + HEAD["ear"][1] * self.body.height_mm * along}
        for part in _HEAD_PARTS:
            out, above, aside = (share * self.body.height_mm for share in HEAD[part])
            for side in SIDES:
                name = "nose" if part == "nose" else f"{side}_{part}"
                offset = above * along + out * ahead + SIGN[side] * aside * right
                joints[name] = self._neck() + offset
        return joints

    def _arm(self, side: Side) -> dict[str, Array]:
        shoulder, body = self.shoulder_mm(side), self.body
        hanging = shoulder - _ABOVE_ANKLE * (body.upper_arm_mm + body.forearm_mm) * UP
        wrist = self.wrists_mm.get(side, hanging)
        forward, right = directions(self.heading_rad)
        out = SIGN[side] * right - forward - 0.5 * UP
        elbow = middle_joint(shoulder, wrist, body.upper_arm_mm, body.forearm_mm, out)
        hand = wrist + _HAND * body.height_mm * (wrist - elbow) / body.forearm_mm
        return {"shoulder": shoulder, "elbow": elbow, "wrist": wrist, "hand": hand}

    def _leg(self, side: Side) -> dict[str, Array]:
        forward, right = directions(self.heading_rad)
        hip = self.pelvis_mm + 0.5 * SIGN[side] * self.body.hip_width_mm * right
        foot = self.feet[side].joints(self.body)
        knee = middle_joint(hip, foot["ankle"], self.body.thigh_mm, self.body.shank_mm, forward)
        return {"hip": hip, "knee": knee, **foot}
