"""``--set key=value``: settings of a task from the command line, checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

import typer

from neuropose.errors import ConfigError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from neuropose.data.metadata import Contract


def task_settings(kind: type[Contract], assignments: Sequence[str]) -> Contract:
    """Make the settings of a task.

    Parameters
    ----------
    kind : type
        Class of the settings.
    assignments : sequence of str
        ``key=value``, as `neuropose.study.contract.assignments` reads them.

    Returns
    -------
    Contract
        The defaults, and what was assigned.

    Raises
    ------
    typer.BadParameter
        One line: which keys, and what is wrong with each.
    """
    from pydantic import ValidationError

    from neuropose.study.contract.assignments import (
        assign,
        mistake,
        read_assignments,
        told_together,
        validate,
    )

    try:
        assigned = read_assignments(assignments)
        new: dict[str, Any] = {}
        assign(new, assigned)
        values = kind().model_dump()
        _merge(values, new)
        try:
            return validate(kind, values, assigned)
        except ValidationError as error:
            raise told_together(
                [mistake(kind, each, _where(each["loc"])) for each in error.errors()]
            ) from None
    except ConfigError as error:
        said = error.message if error.hint is None else f"{error.message}; {error.hint}"
        raise typer.BadParameter(said) from None


def setting_names(kind: type[BaseModel]) -> Iterator[str]:
    """Give the names of all settings, and of those within each.

    Parameters
    ----------
    kind : type
        Class of the settings.

    Yields
    ------
    str
        As ``--set`` takes them.
    """
    from pydantic import BaseModel

    for name, field in kind.model_fields.items():
        yield name
        for inner in _parts(field.annotation):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from (f"{name}.{key}" for key in setting_names(inner))


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for inner in get_args(annotation):
        yield from _parts(inner)


def _merge(values: dict[str, Any], new: Mapping[str, Any]) -> None:
    for name, value in new.items():
        if isinstance(value, Mapping) and isinstance(values.get(name), dict):
            _merge(values[name], value)
        else:
            values[name] = value


def _where(place: tuple[str | int, ...]) -> str:
    return f"--set {'.'.join(map(str, place))}" if place else "--set"
