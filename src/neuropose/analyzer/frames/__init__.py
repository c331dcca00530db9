"""Frames of reference of a movement: the vertical, the floor, the heading and the segments."""

from neuropose.analyzer.frames.facing import Heading, heading
from neuropose.analyzer.frames.ground import Floor, floor
from neuropose.analyzer.frames.segments import (
    SEGMENTS,
    SegmentFrame,
    segment_frame,
    segment_frames,
)
from neuropose.analyzer.frames.upright import Vertical, VerticalMethod, vertical
from neuropose.analyzer.frames.viewpoint import View, Viewpoint, viewpoint

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
