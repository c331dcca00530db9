"""Skeletons: the names of a pose's joints, and their mapping to canonical joint names."""

from neuropose.skeletons.blazepose import BLAZEPOSE_33
from neuropose.skeletons.known import SKELETONS, make_skeleton
from neuropose.skeletons.skeleton import (
    CANONICAL_JOINTS,
    LANDMARKS,
    MOST_JOINTS,
    Skeleton,
    counted_once,
)

__all__ = [
    "BLAZEPOSE_33",
    "CANONICAL_JOINTS",
    "LANDMARKS",
    "MOST_JOINTS",
    "SKELETONS",
    "Skeleton",
    "counted_once",
    "make_skeleton",
]
