"""Contract of a ``session.yaml``: what becomes of a job's videos once the poses are there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, PositiveFloat, PositiveInt, field_validator, model_validator

from neuropose.analyzer.tasks.registry import find_task
from neuropose.data import is_strategy
from neuropose.data.metadata import Contract
from neuropose.errors import UnknownTaskError
from neuropose.skeletons.sides import Side
from neuropose.study.contract.pipeline import ANY_SUBJECT

_Name = Annotated[str, Field(min_length=1)]


class Session(Contract):
    """What is measured of a person in every video of a job, and what is made of it.

    Parameters
    ----------
    tasks : tuple of str
        What to measure: names of tasks.
    settings : mapping of str to mapping
        Settings of tasks, by the name of the task.
    subject : str
        Whose movement: ``longest``, ``largest``, ``most_central`` or ``track:N``.
    affected_side : {"left", "right"} or None
        For the tasks that compare sides.
    height_mm : float or None
        Stature of the person.
    person : int
        Whom, if several cameras saw the movement: 1 is who was seen longest by two or more.
    code : str or None
        What the person is called on the page.
    date : str or None
        When it was recorded, as the page says it.
    video : bool
        Whether the page shows the video; if not, the skeleton alone.
    overlay : bool
        Whether an overlay video is drawn.

    Examples
    --------
    >>> Session(tasks=["gait"], affected_side="left").task_settings("gait")
    {'affected_side': 'left'}
    """

    tasks: Annotated[tuple[_Name, ...], Field(min_length=1)]
    settings: Mapping[str, Mapping[str, Any]] = {}
    subject: _Name = ANY_SUBJECT
    affected_side: Side | None = None
    height_mm: PositiveFloat | None = None
    person: PositiveInt = 1
    code: _Name | None = None
    date: _Name | None = None
    video: bool = True
    overlay: bool = True

    @field_validator("tasks")
    @classmethod
    def _known(cls, tasks: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(dict.fromkeys(find_task(name).name for name in tasks))
        except UnknownTaskError as error:
            raise ValueError(f"{error.message}; {error.hint}") from None

    @field_validator("date", mode="before")
    @classmethod
    def _as_written(cls, date: object) -> object:
        """Take a date that YAML has recognised as text."""
        return date if date is None or isinstance(date, str) else str(date)

    @field_validator("subject")
    @classmethod
    def _a_strategy(cls, subject: str) -> str:
        if not is_strategy(subject):
            raise ValueError("expected longest, largest, most_central or track:N")
        return subject

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in self.settings:
            if name not in self.tasks:
                raise ValueError(f"settings are of {name}, which is not one of the tasks")
        for name in self.tasks:
            find_task(name).settings_class().model_validate(self.task_settings(name))
        return self

    def task_settings(self, task: str) -> dict[str, Any]:
        """Return the settings of a task that differ from its defaults.

        Parameters
        ----------
        task : str
            One of `tasks`.

        Returns
        -------
        dict
        """
        given = dict(self.settings.get(task, {}))
        takes_side = "affected_side" in find_task(task).settings_class().model_fields
        if self.affected_side is not None and takes_side:
            given.setdefault("affected_side", self.affected_side)
        return given
