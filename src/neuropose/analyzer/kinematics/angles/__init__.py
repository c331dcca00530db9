"""Joint angles of both sides: anatomical where landmarks allow it, else inclusive or projected."""

from neuropose.analyzer.kinematics.angles.compute import ANGLES, joint_angle, joint_angles
from neuropose.analyzer.kinematics.angles.result import Angle, AngleKind, JointAngles

__all__ = [
    "ANGLES",
    "Angle",
    "AngleKind",
    "JointAngles",
    "joint_angle",
    "joint_angles",
]
