"""NeuroPose: validated 3D poses and movement measures from ordinary videos.

The public names are loaded when they are first used; importing the package loads nothing heavy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from neuropose._version import __version__

if TYPE_CHECKING:
    from neuropose.config import Settings
    from neuropose.data import VideoPredictions
    from neuropose.errors import NeuroPoseError
    from neuropose.estimator import Estimator, ProcessVideoResult, load_model
    from neuropose.io import load_video_predictions, save_video_predictions

_HOME = {
    "Estimator": "neuropose.estimator",
    "NeuroPoseError": "neuropose.errors",
    "ProcessVideoResult": "neuropose.estimator",
    "Settings": "neuropose.config",
    "VideoPredictions": "neuropose.io",
    "load_model": "neuropose.estimator",
    "load_video_predictions": "neuropose.io",
    "save_video_predictions": "neuropose.io",
}

__all__ = [
    "Estimator",
    "NeuroPoseError",
    "ProcessVideoResult",
    "Settings",
    "VideoPredictions",
    "__version__",
    "load_model",
    "load_video_predictions",
    "save_video_predictions",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
