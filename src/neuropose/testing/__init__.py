"""What plug-in authors and our own tests use: synthetic people with known truth, and fakes.

The names are loaded when they are first used; none needs pytest.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuropose.testing.arms import swing_arms
    from neuropose.testing.camera_view import CameraView
    from neuropose.testing.conformance import MODEL_CHECKS, ModelConformanceError, check_model
    from neuropose.testing.fake_model import FakeModel
    from neuropose.testing.movements import (
        MovementTrial,
        simulate_reach,
        simulate_sit_to_stand,
        simulate_sway,
        simulate_taps,
    )
    from neuropose.testing.numbered import read_number, stamp, write_numbered_video, write_video
    from neuropose.testing.render import render_picture, render_video
    from neuropose.testing.scene import detect, project
    from neuropose.testing.synthetic import synthetic_predictions
    from neuropose.testing.timed_up_and_go import TimedUpAndGoPlan, simulate_timed_up_and_go
    from neuropose.testing.walker import SideTruth, WalkerTrial, simulate_walk
    from neuropose.testing.walker_parameters import WalkerParameters
    from neuropose.testing.walker_poses import walker_sequence

_HOME = {
    "MODEL_CHECKS": "conformance",
    "CameraView": "camera_view",
    "FakeModel": "fake_model",
    "ModelConformanceError": "conformance",
    "MovementTrial": "movements",
    "SideTruth": "walker",
    "TimedUpAndGoPlan": "timed_up_and_go",
    "WalkerParameters": "walker_parameters",
    "WalkerTrial": "walker",
    "check_model": "conformance",
    "detect": "scene",
    "project": "scene",
    "read_number": "numbered",
    "render_picture": "render",
    "render_video": "render",
    "simulate_reach": "movements",
    "simulate_sit_to_stand": "movements",
    "simulate_sway": "movements",
    "simulate_taps": "movements",
    "simulate_timed_up_and_go": "timed_up_and_go",
    "simulate_walk": "walker",
    "stamp": "numbered",
    "swing_arms": "arms",
    "synthetic_predictions": "synthetic",
    "walker_sequence": "walker_poses",
    "write_numbered_video": "numbered",
    "write_video": "numbered",
}

__all__ = [
    "MODEL_CHECKS",
    "CameraView",
    "FakeModel",
    "ModelConformanceError",
    "MovementTrial",
    "SideTruth",
    "TimedUpAndGoPlan",
    "WalkerParameters",
    "WalkerTrial",
    "check_model",
    "detect",
    "project",
    "read_number",
    "render_picture",
    "render_video",
    "simulate_reach",
    "simulate_sit_to_stand",
    "simulate_sway",
    "simulate_taps",
    "simulate_timed_up_and_go",
    "simulate_walk",
    "stamp",
    "swing_arms",
    "synthetic_predictions",
    "walker_sequence",
    "write_numbered_video",
    "write_video",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
