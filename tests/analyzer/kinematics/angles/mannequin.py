"""A mannequin that is posed by its joint angles: the inverse of what is measured."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer import PoseSequence

Array = NDArray[np.float64]

SIDES = ("left", "right")
UP = np.array([0.0, 1.0, 0.0])


def about(axis: str, angle_deg: float) -> Array:
    """Rotation about a coordinate axis."""
    angle = np.radians(angle_deg)
    cos, sin = np.cos(angle), np.sin(angle)
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = cos
    matrix[first, second], matrix[second, first] = -sin, sin
    return matrix


@dataclass(frozen=True)
class Limbs:
    """Angles of one side, degrees, as they are to be measured."""

    hip_flexion: float = 0.0
    hip_abduction: float = 0.0
    hip_internal_rotation: float = 0.0
    knee_flexion: float = 0.0
    ankle_dorsiflexion: float = 0.0
    shoulder_flexion: float = 0.0
    shoulder_abduction: float = 0.0
    elbow_flexion: float = 0.0


@dataclass(frozen=True)
class Mannequin:
    """A whole posture; X is forward, Y up, Z to the right of somebody who faces along X."""

    left: Limbs = field(default_factory=Limbs)
    right: Limbs = field(default_factory=Limbs)
    pelvis_tilt: float = 0.0
    pelvis_obliquity: float = 0.0
    facing: float = 0.0
    trunk_lean_forward: float = 0.0
    trunk_lean_right: float = 0.0

    def joints_mm(self) -> dict[str, Array]:
        """Where every joint and landmark is."""
        level = about("y", self.facing)
        pelvis = level @ about("x", self.pelvis_obliquity) @ about("z", -self.pelvis_tilt)
        origin = np.array([300.0, 950.0, -200.0])
        joints = {"pelvis": origin}
        for side in SIDES:
            out = 1.0 if side == "right" else -1.0
            joints[f"{side}_asis"] = origin + pelvis @ [70.0, 80.0, 120.0 * out]
            joints[f"{side}_psis"] = origin + pelvis @ [-90.0, 80.0, 50.0 * out]
            joints |= self._leg(side, out, origin, pelvis)
        forward, right = np.radians([self.trunk_lean_forward, self.trunk_lean_right])
        trunk_up = level @ [np.tan(forward), 1.0, np.tan(right)]
        trunk_up /= np.linalg.norm(trunk_up)
        across = level[:, 2] - (level[:, 2] @ trunk_up) * trunk_up
        across /= np.linalg.norm(across)
        trunk = np.stack([np.cross(trunk_up, across), trunk_up, across], axis=1)
        joints["neck"] = origin + 500.0 * trunk_up
        for side in SIDES:
            joints |= self._arm(side, 1.0 if side == "right" else -1.0, joints["neck"], trunk)
        return joints

    def _leg(self, side: str, out: float, origin: Array, pelvis: Array) -> dict[str, Array]:
        limbs = getattr(self, side)
        hip = origin + pelvis @ [0.0, 0.0, 90.0 * out]
        thigh = (
            pelvis
            @ about("z", limbs.hip_flexion)
            @ about("x", -out * limbs.hip_abduction)
            @ about("y", out * limbs.hip_internal_rotation)
        )
        shank = thigh @ about("z", -limbs.knee_flexion)
        foot = shank @ about("z", limbs.ankle_dorsiflexion)
        knee = hip - 430.0 * thigh[:, 1]
        ankle = knee - 420.0 * shank[:, 1]
        heel = ankle + foot @ [-50.0, -60.0, 0.0]
        places = {
            "hip": hip,
            "knee": knee,
            "ankle": ankle,
            "heel": heel,
            "toe": heel + 200.0 * foot[:, 0],
            "knee_lateral": knee + 45.0 * out * thigh[:, 2],
            "knee_medial": knee - 45.0 * out * thigh[:, 2],
            "ankle_lateral": ankle + 35.0 * out * shank[:, 2],
            "ankle_medial": ankle - 35.0 * out * shank[:, 2],
        }
        return {f"{side}_{name}": place for name, place in places.items()}

    def _arm(self, side: str, out: float, neck: Array, trunk: Array) -> dict[str, Array]:
        limbs = getattr(self, side)
        flexion, abduction, bend = np.radians(
            [limbs.shoulder_flexion, limbs.shoulder_abduction, limbs.elbow_flexion]
        )
        if abs(limbs.shoulder_flexion) < 90.0 and abs(limbs.shoulder_abduction) < 90.0:
            down = np.array([np.tan(flexion), -1.0, out * np.tan(abduction)])
        elif limbs.shoulder_abduction == 0.0:
            down = np.array([np.sin(flexion), -np.cos(flexion), 0.0])
        else:
            down = np.array([0.0, -np.cos(abduction), out * np.sin(abduction)])
        down /= np.linalg.norm(down)
        aside = np.cross(
            down, [0.0, 0.0, 1.0] if limbs.shoulder_abduction == 0.0 else [1.0, 0.0, 0.0]
        )
        aside /= np.linalg.norm(aside)
        shoulder = neck + 180.0 * out * trunk[:, 2]
        elbow = shoulder + 300.0 * trunk @ down
        wrist = elbow + 250.0 * trunk @ (np.cos(bend) * down + np.sin(bend) * aside)
        places = {"shoulder": shoulder, "elbow": elbow, "wrist": wrist}
        return {f"{side}_{name}": place for name, place in places.items()}

    def sequence(
        self,
        *,
        rotation: Array | None = None,
        shift_mm: Array | None = None,
        landmarks: bool = True,
        mirrored: bool = False,
    ) -> PoseSequence:
        """The posture held for four frames, in a room that is turned, moved and mirrored."""
        turn = np.eye(3) if rotation is None else rotation
        joints = {
            mirror(name) if mirrored else name: turn @ place
            + (0.0 if shift_mm is None else shift_mm)
            for name, place in self.joints_mm().items()
            if landmarks or not name.endswith(("asis", "psis", "lateral", "medial"))
        }
        positions_mm = np.tile(np.array(list(joints.values())), (4, 1, 1))
        return PoseSequence.from_arrays(
            np.arange(4) / 50.0,
            positions_mm,
            list(joints),
            up=turn @ UP,
            confirm_up=True,  # some of them bend so far that it would be doubted
            source="the mannequin",
        )


def mirror(name: str) -> str:
    """Name of the same joint or angle of the other side."""
    if name.startswith("left_"):
        return f"right_{name.removeprefix('left_')}"
    return f"left_{name.removeprefix('right_')}" if name.startswith("right_") else name
