"""``--set KEY=VALUE`` of a command: what is wrong with it is a wrong command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from neuropose.errors import ConfigError

if TYPE_CHECKING:
    from neuropose.data.metadata import Contract

Settings = TypeVar("Settings", bound="Contract")


def checked_settings(
    kind: type[Settings],
    given: Mapping[str, Any],
    assignments: Sequence[str],
    option: str | Callable[[tuple[str | int, ...]], str],
) -> Settings:
    """Make settings of what options and ``--set`` say.

    Parameters
    ----------
    kind : type
        Class of the settings.
    given : mapping
        Defaults, and what the options say; an assigned mapping is merged into it.
    assignments : sequence of str
        ``key=value``, as `neuropose.study.contract.assignments` reads them.
    option : str or callable
        Name of the option that a value is from, by its place, if it was not assigned.

    Returns
    -------
    Contract
        Of `kind`.

    Raises
    ------
    typer.BadParameter
        One line: every mistake, with the key or the option.
    """
    from pydantic import ValidationError

    from neuropose.study.contract.assignments import (
        assign,
        mistake,
        read_assignments,
        told_together,
        validate,
    )

    def where(place: tuple[str | int, ...]) -> str:
        if any(place[: len(key)] == key or key[: len(place)] == place for key in assigned):
            return f"--set {'.'.join(map(str, place))}".rstrip()
        return option if isinstance(option, str) else option(place)

    try:
        assigned = read_assignments(assignments)
        new: dict[str, Any] = {}
        assign(new, assigned)
        values = _merged(given, new)
        try:
            return validate(kind, values, assigned)
        except ValidationError as error:
            found = error.errors(include_url=False)
            mistakes = [mistake(kind, each, where(each["loc"])) for each in found]
            raise told_together(mistakes) from None
    except ConfigError as error:
        said = error.message if error.hint is None else f"{error.message}; {error.hint}"
        raise typer.BadParameter(said) from None


def _merged(values: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(values)
    for name, value in new.items():
        old = merged.get(name)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            merged[name] = _merged(old, value)
        else:
            merged[name] = value
    return merged
