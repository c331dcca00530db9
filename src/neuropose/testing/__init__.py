"""Tools for our tests and those of plug-in authors: synthetic people with known truth, and fakes.

The names are loaded when they are first used; none needs pytest.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuropose.testing.conformance.fake_model import FakeModel
    from neuropose.testing.conformance.suite import MODEL_CHECKS, ModelConformanceError, check_model
    from neuropose.testing.people.arms import swing_arms
    from neuropose.testing.people.camera_view import CameraView
    from neuropose.testing.people.movements import (
        MovementTrial,
        simulate_reach,
        simulate_sit_to_stand,
        simulate_sway,
        simulate_taps,
    )
    from neuropose.testing.people.numbered import (
        read_number,
        stamp,
        write_numbered_video,
        write_video,
    )
    from neuropose.testing.people.reconstructed import reconstructed
    from neuropose.testing.people.render import render_picture, render_video
    from neuropose.testing.people.scene import detect, project
    from neuropose.testing.people.synthetic import synthetic_predictions
    from neuropose.testing.people.timed_up_and_go import TimedUpAndGoPlan, simulate_timed_up_and_go
    from neuropose.testing.people.walker import SideTruth, WalkerTrial, simulate_walk
    from neuropose.testing.people.walker_parameters import WalkerParameters
    from neuropose.testing.people.walker_poses import walker_sequence

_HOME = {
    "MODEL_CHECKS": "conformance.suite",
    "CameraView": "people.camera_view",
    "FakeModel": "conformance.fake_model",
    "ModelConformanceError": "conformance.suite",
    "MovementTrial": "people.movements",
    "SideTruth": "people.walker",
    "TimedUpAndGoPlan": "people.timed_up_and_go",
    "WalkerParameters": "people.walker_parameters",
    "WalkerTrial": "people.walker",
    "check_model": "conformance.suite",
    "detect": "people.scene",
    "project": "people.scene",
    "read_number": "people.numbered",
    "reconstructed": "people.reconstructed",
    "render_picture": "people.render",
    "render_video": "people.render",
    "simulate_reach": "people.movements",
    "simulate_sit_to_stand": "people.movements",
    "simulate_sway": "people.movements",
    "simulate_taps": "people.movements",
    "simulate_timed_up_and_go": "people.timed_up_and_go",
    "simulate_walk": "people.walker",
    "stamp": "people.numbered",
    "swing_arms": "people.arms",
    "synthetic_predictions": "people.synthetic",
    "walker_sequence": "people.walker_poses",
    "write_numbered_video": "people.numbered",
    "write_video": "people.numbered",
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
    "reconstructed",
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
