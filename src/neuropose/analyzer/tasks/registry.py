"""The tasks by name; modules are loaded when a task is run."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from neuropose.errors import UnknownTaskError, did_you_mean

if TYPE_CHECKING:
    from neuropose.data import Report
    from neuropose.data.metadata import Contract
    from neuropose.sequence.pose_sequence import PoseSequence

_PACKAGE = "neuropose.analyzer.tasks"


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of analysis.

    Parameters
    ----------
    name : str
        Name on the command line.
    module : str
        Where it is, in `neuropose.analyzer.tasks`.
    summary : str
        What is measured, in a line.
    event : str
        What there is not if nothing can be measured: no walking, no reach.
    movement : str
        The module's function is ``measure_`` and this (``measure_sit_to_stand``), its settings are
        the class of the same words (``SitToStandSettings``). Default: the module's name.
    """

    name: str
    module: str
    summary: str
    event: str
    movement: str = ""

    def settings_class(self) -> type[Contract]:
        """Return the class of the task's settings.

        Returns
        -------
        type
        """
        words = (self.movement or self.module).title().replace("_", "")
        settings: type[Contract] = self._from_module(f"{words}Settings")
        return settings

    def run(self, recording: PoseSequence, settings: Contract | None = None) -> Report:
        """Measure a recording.

        Parameters
        ----------
        recording : PoseSequence
            Joint positions over time, not yet filtered.
        settings : Contract, optional
            Settings of the class `settings_class`; default: its defaults.

        Returns
        -------
        Report

        Raises
        ------
        MissingJointsError
            If the skeleton or marker set lacks joints that the task needs.
        """
        measure = self._from_module(f"measure_{self.movement or self.module}")
        report: Report = measure(recording, settings)
        return report

    def _from_module(self, name: str) -> Any:
        return getattr(importlib.import_module(f"{_PACKAGE}.{self.module}"), name)


# To add a task, write its module and add its line.
TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task("gait", "gait.task", "walking: strides, timing, symmetry", "walking", "walking"),
        Task("reach", "reach", "one reach with one hand", "reach"),
        Task(
            "sit-to-stand",
            "sit_to_stand",
            "rises from a chair, once or five times",
            "rise from a chair",
        ),
        Task("tug", "timed_up_and_go", "timed up and go", "timed up and go"),
        Task(
            "repetitions",
            "repetitions",
            "rhythm and decay of repeated movements",
            "repeated movement",
            "decay",
        ),
        Task("rom", "range_of_motion", "range of every joint angle", "movement of a joint"),
        Task("sway", "sway", "sway in quiet standing", "quiet standing"),
        Task("arm-swing", "arm_swing", "arm swing in walking", "arm swing"),
    )
}
"""Every task, by name."""


def find_task(name: str) -> Task:
    """Return a task by name.

    Parameters
    ----------
    name : str
        Name of the task, such as ``gait``.

    Returns
    -------
    Task

    Raises
    ------
    UnknownTaskError
        If there is no such task.

    Examples
    --------
    >>> find_task("tug").summary
    'timed up and go'
    """
    if name in TASKS:
        return TASKS[name]
    spelled = name.lower().replace("_", "-")
    hint = did_you_mean(spelled, TASKS, also=f"there are {', '.join(TASKS)}")
    raise UnknownTaskError(f"unknown task {name!r}", hint=hint)
