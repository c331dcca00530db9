"""The tasks by name; modules are loaded when a task is run."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from neuropose.errors import UnknownTaskError, did_you_mean

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
        On the command line.
    module : str
        Of `neuropose.analyzer.tasks`. A module ``sit_to_stand`` has the function
        ``measure_sit_to_stand`` and the class ``SitToStandSettings``.
    summary : str
        What is measured, in a line.
    """

    name: str
    module: str
    summary: str

    def settings_class(self) -> type[Contract]:
        """Give the class of its settings.

        Returns
        -------
        type
        """
        found: type[Contract] = self._from_module(f"{self.module.title().replace('_', '')}Settings")
        return found

    def run(self, recording: PoseSequence, settings: Contract | None = None) -> Report:
        """Measure a recording.

        Parameters
        ----------
        recording : PoseSequence
        settings : Contract, optional
            Of `settings_class`.

        Returns
        -------
        Report

        Raises
        ------
        MissingJointsError
            If the skeleton or marker set does not give what the task needs.
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
        Task("sway", "sway", "sway of somebody who stands still"),
        Task("arm-swing", "arm_swing", "arm swing in walking"),
    )
}
"""Every task, by name."""


def find_task(name: str) -> Task:
    """Give a task by name.

    Parameters
    ----------
    name : str

    Returns
    -------
    Task

    Raises
    ------
    UnknownTaskError
        If there is none.

    Examples
    --------
    >>> find_task("tug").summary
    'timed up and go'
    """
    if name in TASKS:
        return TASKS[name]
    spelled = name.lower().replace("_", "-")
    hint = did_you_mean(spelled, TASKS, also=f"there are {', '.join(TASKS)}")
    raise UnknownTaskError(f"there is no task {name!r}", hint=hint)
