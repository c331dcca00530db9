"""Measures of clinical tasks: pure functions of a `PoseSequence` that return a frozen `Report`.

The names are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuropose.analyzer.tasks.arm_swing import ArmSwingSettings, measure_arm_swing
    from neuropose.analyzer.tasks.chair import ChairSettings
    from neuropose.analyzer.tasks.gait.task import WalkingSettings, measure_walking
    from neuropose.analyzer.tasks.range_of_motion import (
        RangeOfMotionSettings,
        measure_range_of_motion,
    )
    from neuropose.analyzer.tasks.reach import ReachSettings, measure_reach, movement_units
    from neuropose.analyzer.tasks.registry import TASKS, Task, find_task
    from neuropose.analyzer.tasks.repetitions import DecaySettings, RepeatedMovement, measure_decay
    from neuropose.analyzer.tasks.settings import TaskSettings
    from neuropose.analyzer.tasks.sit_to_stand import SitToStandSettings, measure_sit_to_stand
    from neuropose.analyzer.tasks.sway import SwaySettings, measure_sway
    from neuropose.analyzer.tasks.timed_up_and_go import (
        TimedUpAndGoSettings,
        measure_timed_up_and_go,
    )

_HOME = {
    "TASKS": "registry",
    "ArmSwingSettings": "arm_swing",
    "ChairSettings": "chair",
    "DecaySettings": "repetitions",
    "RangeOfMotionSettings": "range_of_motion",
    "ReachSettings": "reach",
    "RepeatedMovement": "repetitions",
    "SitToStandSettings": "sit_to_stand",
    "SwaySettings": "sway",
    "Task": "registry",
    "TaskSettings": "settings",
    "TimedUpAndGoSettings": "timed_up_and_go",
    "WalkingSettings": "gait.task",
    "find_task": "registry",
    "measure_arm_swing": "arm_swing",
    "measure_decay": "repetitions",
    "measure_range_of_motion": "range_of_motion",
    "measure_reach": "reach",
    "measure_sit_to_stand": "sit_to_stand",
    "measure_sway": "sway",
    "measure_timed_up_and_go": "timed_up_and_go",
    "measure_walking": "gait.task",
    "movement_units": "reach",
}

__all__ = [
    "TASKS",
    "ArmSwingSettings",
    "ChairSettings",
    "DecaySettings",
    "RangeOfMotionSettings",
    "ReachSettings",
    "RepeatedMovement",
    "SitToStandSettings",
    "SwaySettings",
    "Task",
    "TaskSettings",
    "TimedUpAndGoSettings",
    "WalkingSettings",
    "find_task",
    "measure_arm_swing",
    "measure_decay",
    "measure_range_of_motion",
    "measure_reach",
    "measure_sit_to_stand",
    "measure_sway",
    "measure_timed_up_and_go",
    "measure_walking",
    "movement_units",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
