"""Frames of reference of a movement: the vertical, the floor, the heading and the segments."""

from neuropose.analyzer.frames.facing import Heading, heading
from neuropose.analyzer.frames.ground import Floor, floor
from neuropose.analyzer.frames.upright import Vertical, VerticalMethod, vertical

__all__ = [
    "Floor",
    "Heading",
    "Vertical",
    "VerticalMethod",
    "floor",
    "heading",
    "vertical",
]
