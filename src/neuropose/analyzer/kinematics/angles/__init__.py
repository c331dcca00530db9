"""Joint angles of both sides: anatomical where the points allow it, inclusive or projected else."""

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
