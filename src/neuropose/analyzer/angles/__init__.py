"""Joint angles of both sides: anatomical where the points allow it, inclusive or projected else."""

from neuropose.analyzer.angles.compute import ANGLES, joint_angle, joint_angles
from neuropose.analyzer.angles.result import Angle, AngleKind, JointAngles

__all__ = [
    "ANGLES",
    "Angle",
    "AngleKind",
    "JointAngles",
    "joint_angle",
    "joint_angles",
]
