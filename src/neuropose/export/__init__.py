"""Results in the formats of other programs: one module a format, found by name.

A format says what it cannot hold, and every export says what was left out.
"""

from neuropose.export.content import Content, Kind, Part, content_of
from neuropose.export.exporter import Exporter, Written
from neuropose.export.movement import Movement
from neuropose.export.options import ExportOptions
from neuropose.export.preparing import Placed, place
from neuropose.export.registry import export, exporters, find_exporter

__all__ = [
    "Content",
    "ExportOptions",
    "Exporter",
    "Kind",
    "Movement",
    "Part",
    "Placed",
    "Written",
    "content_of",
    "export",
    "exporters",
    "find_exporter",
    "place",
]
