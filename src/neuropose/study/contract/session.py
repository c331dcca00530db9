"""Contract of a ``session.yaml``: what is made of a job's videos and marker files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PositiveInt, field_validator, model_validator

from neuropose.analyzer.tasks.registry import find_task
from neuropose.data import is_strategy
from neuropose.data.metadata import Contract
from neuropose.errors import NeuroPoseError, UnknownTaskError
from neuropose.export.registry import find_exporter
from neuropose.skeletons.sides import Side
from neuropose.skeletons.stature import StatureMm
from neuropose.study.contract.pipeline import ANY_SUBJECT, Selection, Vertical

_Name = Annotated[str, Field(min_length=1)]


def _listed(value: object) -> object:
    """Read one name as a list of one."""
    return (value,) if isinstance(value, str) else value


_Names = Annotated[tuple[_Name, ...], BeforeValidator(_listed)]
OF_ONE_PERSON = ("code", "date", "height_mm")
"""Keys that are true of one person only: a session for all jobs may not have them."""


class Session(Contract):
    """What is measured of a person in every recording of a job, and what is made of it.

    Parameters
    ----------
    tasks : tuple of str
        What to measure: names of tasks. May be empty if there are `exports`.
    settings : mapping of str to mapping
        Settings of tasks, by the name of the task.
    subject : str
        Whose movement in videos: ``longest``, ``largest``, ``most_central`` or ``track:N``.
    affected_side : {"left", "right"} or None
        For the tasks that compare sides.
    height_mm : float or None
        Stature of the person.
    up : list of three numbers, name of an axis (``-y``), or None
        Direction away from the floor in the videos, in the camera's axes, of which y points down:
        ``-y`` if the camera stood level. None: estimated. Several cameras have that of their rig.
    person : int
        Whom, if several cameras saw the movement: 1 is who was seen longest by two or more.
    code : str or None
        What the person is called on the page.
    date : str or None
        When it was recorded, as the page says it.
    video : bool
        Whether the page shows the video; if not, the skeleton alone.
    overlay : bool
        Whether an overlay video and a contact sheet are drawn.
    overlay_px : int or "original"
        Longer side of the overlay at most, in px; a smaller video is not enlarged. ``original``: as
        large as the video.
    exports : tuple of str
        Formats of other programs that each movement is also written in.
    marker_files : Selection
        How C3D and TRC files are read. A body is fitted to them only if `reconstruct` is on there,
        or is ``auto`` and the setting of that name is on.

    Examples
    --------
    >>> Session(tasks=["gait"], affected_side="left").task_settings("gait")
    {'affected_side': 'left'}
    """

    tasks: _Names = ()
    settings: Mapping[str, Mapping[str, Any]] = {}
    subject: _Name = ANY_SUBJECT
    affected_side: Side | None = None
    height_mm: StatureMm | None = None
    up: Vertical | None = None
    person: PositiveInt = 1
    code: _Name | None = None
    date: _Name | None = None
    video: bool = True
    overlay: bool = True
    overlay_px: Annotated[int, Field(ge=2)] | Literal["original"] = 960
    exports: _Names = ()
    marker_files: Selection = Selection()

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

    @field_validator("exports")
    @classmethod
    def _formats(cls, exports: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(dict.fromkeys(find_exporter(name).name for name in exports))
        except NeuroPoseError as error:
            raise ValueError(f"{error.message}; {error.hint}") from None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.tasks and not self.exports:
            raise ValueError("tasks or exports must say what is to be done")
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
