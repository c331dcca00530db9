"""Orientation of a movement: the vertical, the floor, the heading and the segments."""

from neuropose.analyzer.kinematics.orientation.camera_view import View, Viewpoint, viewpoint
from neuropose.analyzer.kinematics.orientation.estimate_floor import Floor, floor
from neuropose.analyzer.kinematics.orientation.estimate_heading import Heading, heading
from neuropose.analyzer.kinematics.orientation.estimate_vertical import (
    Vertical,
    VerticalMethod,
    vertical,
)
from neuropose.analyzer.kinematics.orientation.segments import (
    SEGMENTS,
    SegmentFrame,
    segment_frame,
    segment_frames,
)

__all__ = [
    "SEGMENTS",
    "Floor",
    "Heading",
    "SegmentFrame",
    "Vertical",
    "VerticalMethod",
    "View",
    "Viewpoint",
    "floor",
    "heading",
    "segment_frame",
    "segment_frames",
    "vertical",
    "viewpoint",
]
