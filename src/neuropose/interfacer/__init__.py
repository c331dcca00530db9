"""The interfacer: the daemon that turns a folder of videos into results and owns every job.

The public names are loaded when they are first used: listing jobs takes nothing of what processes
them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuropose.interfacer.checkpoints import CheckpointFile
    from neuropose.interfacer.daemon import Interfacer
    from neuropose.interfacer.engines.children import Children
    from neuropose.interfacer.engines.worker import ChildEstimator, VideoEstimator
    from neuropose.interfacer.layout import Layout

_HOME = {
    "CheckpointFile": "checkpoints",
    "ChildEstimator": "engines.worker",
    "Children": "engines.children",
    "Interfacer": "daemon",
    "Layout": "layout",
    "VideoEstimator": "engines.worker",
}

__all__ = [
    "CheckpointFile",
    "ChildEstimator",
    "Children",
    "Interfacer",
    "Layout",
    "VideoEstimator",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
