"""Where the things live that have no name that stays; the one place to change when they move."""

from __future__ import annotations

import contextlib
import importlib
from typing import Any

# Of what has no name that stays, every module that has ever held it, the newest first.
_STUDY = ("neuropose.study", "neuropose.analyzer.pipeline")
_DTW = ("neuropose.analyzer.compare.dtw", "neuropose.analyzer.dtw")
_GAIT = ("neuropose.analyzer.tasks.gait", "neuropose.analyzer.gait")
_TRIALS = ("tests.classify.synthetic", "tests.analyzer.classify.synthetic")
_HOMES = {
    "load_pipeline": _STUDY,
    "run_pipeline": _STUDY,
    "save_result": _STUDY,
    "dtw": _DTW,
    "STRIDE_MEASURES": _GAIT,
    "viewpoint": ("neuropose.analyzer.kinematics.orientation", "neuropose.analyzer.frames"),
    "segment": ("neuropose.analyzer.segmentation", "neuropose.analyzer.segment"),
    "example": ("tests.study.rooms", "tests.analyzer.pipeline.rooms"),
    "write_trc": ("tests.trc_files",),
    "make_trials": _TRIALS,
    "make_curves": _TRIALS,
    "as_distances": _TRIALS,
}


def load(name: str) -> Any:
    for module in _HOMES[name]:
        with contextlib.suppress(ModuleNotFoundError, AttributeError):
            return getattr(importlib.import_module(module), name)
    raise ImportError(f"{name} is in none of {', '.join(_HOMES[name])}: add its module to _HOMES")
