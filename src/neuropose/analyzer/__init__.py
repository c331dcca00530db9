"""Movement measures from poses: arrays in, arrays and frozen reports out; no files, no state.

The names are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuropose.analyzer.frames import (
        Floor,
        Heading,
        Vertical,
        VerticalMethod,
        floor,
        heading,
        vertical,
    )
    from neuropose.analyzer.sequence import PoseSequence
    from neuropose.analyzer.sequence_data import ReferenceFrame, SequenceGap

_HOME = {
    "Floor": "frames",
    "Heading": "frames",
    "PoseSequence": "sequence",
    "ReferenceFrame": "sequence_data",
    "SequenceGap": "sequence_data",
    "Vertical": "frames",
    "VerticalMethod": "frames",
    "floor": "frames",
    "heading": "frames",
    "vertical": "frames",
}

__all__ = [
    "Floor",
    "Heading",
    "PoseSequence",
    "ReferenceFrame",
    "SequenceGap",
    "Vertical",
    "VerticalMethod",
    "floor",
    "heading",
    "vertical",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
