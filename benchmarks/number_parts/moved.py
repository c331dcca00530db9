"""Where the things live that have no name that stays; the one place to change when they move."""

from __future__ import annotations

import importlib
from typing import Any

# Every module that has ever held it, the newest first.
_STUDY = ("neuropose.study", "neuropose.analyzer.pipeline")
_TRIALS = ("tests.classify.synthetic", "tests.analyzer.classify.synthetic")
_HOMES = {
    "load_pipeline": _STUDY,
    "run_pipeline": _STUDY,
    "save_result": _STUDY,
    "STRIDE_MEASURES": ("neuropose.analyzer.tasks.gait", "neuropose.analyzer.gait"),
    "dtw": ("neuropose.analyzer.compare.dtw", "neuropose.analyzer.dtw"),
    "segment": ("neuropose.analyzer.segmentation", "neuropose.analyzer.segment"),
    "viewpoint": ("neuropose.analyzer.kinematics.orientation", "neuropose.analyzer.frames"),
    "example": ("tests.study.rooms", "tests.analyzer.pipeline.rooms"),
    "write_trc": ("tests.trc_files",),
    "as_distances": _TRIALS,
    "make_curves": _TRIALS,
    "make_trials": _TRIALS,
}
_PACKAGES = {
    "classify": ("neuropose.classify", "neuropose.analyzer.classify"),
    "features": ("neuropose.analyzer.features",),
    "filters": ("neuropose.filters",),
    "statistics": ("neuropose.statistics", "neuropose.analyzer.statistics"),
}


def load(name: str) -> Any:
    """Return a function, constant or package from wherever it is now."""
    modules = _PACKAGES.get(name) or _HOMES[name]
    for module in modules:
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError as error:
            if not f"{module}.".startswith(f"{error.name}."):
                raise  # it is there, and what it needs is not
            continue
        if name in _PACKAGES:
            return found
        if hasattr(found, name):
            return getattr(found, name)
    raise ImportError(f"{name} is in none of {', '.join(modules)}: say where in {__file__}")
