"""The tasks by name; modules are loaded when a task is run."""

from __future__ import annotations

import difflib
import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from neuropose.errors import UnknownTaskError

if TYPE_CHECKING:
    from neuropose.analyzer.sequence.pose_sequence import PoseSequence
    from neuropose.data import Report
    from neuropose.data.metadata import Contract

_PACKAGE = "neuropose.analyzer.tasks"


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of analysis.

    Parameters
    ----------
    name : str
        Name on the command line.
    module : str
        Module in `neuropose.analyzer.tasks`. A module ``sit_to_stand`` has the function
        ``measure_sit_to_stand`` and the class ``SitToStandSettings``.
    summary : str
        What is measured, in one line.
    """

    name: str
    module: str
    summary: str

    def settings_class(self) -> type[Contract]:
        """Return the class of the task's settings.

        Returns
        -------
        type
        """
        settings: type[Contract] = self._from_module(
            f"{self.module.title().replace('_', '')}Settings"
        )
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
        report: Report = self._from_module(f"measure_{self.module}")(recording, settings)
        return report

    def _from_module(self, name: str) -> Any:
        return getattr(importlib.import_module(f"{_PACKAGE}.{self.module}"), name)


# To add a task, write its module and add its line.
TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task("gait", "walking", "walking: strides, timing, symmetry"),
        Task("reach", "reach", "one reach with one hand"),
        Task("sit-to-stand", "sit_to_stand", "rises from a chair, once or five times"),
        Task("tug", "timed_up_and_go", "timed up and go"),
        Task("repetitions", "decay", "rhythm and decay of repeated movements"),
        Task("rom", "range_of_motion", "range of every joint angle"),
        Task("sway", "sway", "sway in quiet standing"),
        Task("arm-swing", "arm_swing", "arm swing in walking"),
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
    near = difflib.get_close_matches(name.lower().replace("_", "-"), TASKS, n=1)
    known = ", ".join(TASKS)
    hint = f"did you mean {near[0]}? There are {known}" if near else f"there are {known}"
    raise UnknownTaskError(f"unknown task {name!r}", hint=hint)
