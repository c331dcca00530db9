"""``--set key=value``: settings of a task from the command line, checked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

import typer

from neuropose.errors import did_you_mean

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
        ``key=value``, each key once. A key may lie within another (``preparation.cutoff_hz``). A
        value with commas is a list; ``none`` is none; braces and brackets are JSON.

    Returns
    -------
    Contract
        The defaults, and what was assigned.

    Raises
    ------
    typer.BadParameter
        One line: which key, and what is wrong.
    """
    from pydantic import ValidationError

    known = list(setting_names(kind))
    new: dict[str, Any] = {}
    seen: set[str] = set()
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        key = key.strip()
        if not equals or not key:
            raise typer.BadParameter(f"--set takes key=value, not {assignment!r}")
        if key in seen:
            raise typer.BadParameter(f"--set {key} is there twice")
        seen.add(key)
        if key not in known:
            raise _unknown(key, known)
        _put(new, key.split("."), _value(key, text.strip()))
    values = kind().model_dump()
    _merge(values, new)
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise typer.BadParameter(_first(error)) from error


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
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from (f"{name}.{key}" for key in setting_names(inner))


def _put(values: dict[str, Any], key: Sequence[str], value: Any) -> None:
    name, *inner = key
    if not inner:
        values[name] = value
        return
    within = values.get(name)
    values[name] = within if isinstance(within, dict) else {}
    _put(values[name], inner, value)


def _merge(values: dict[str, Any], new: Mapping[str, Any]) -> None:
    for name, value in new.items():
        if isinstance(value, Mapping) and isinstance(values.get(name), dict):
            _merge(values[name], value)
        else:
            values[name] = value


def _unknown(key: str, known: list[str]) -> typer.BadParameter:
    outermost = ", ".join(name for name in known if "." not in name)
    hint = did_you_mean(key, known, instead=f"there are {outermost}")
    return typer.BadParameter(f"--set: there is no setting {key!r}; {hint}")


def _value(key: str, text: str) -> Any:
    if text.lower() in ("none", "null"):
        return None
    if text[:1] in ("[", "{"):
        try:
            return json.loads(text)
        except ValueError as error:
            raise typer.BadParameter(f"--set {key}: {text!r} is no JSON") from error
    return [part.strip() for part in text.split(",")] if "," in text else text


def _first(error: Any) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    problem = first["msg"].removeprefix("Value error, ")
    return f"--set {where}: {problem[:1].lower()}{problem[1:]}" if where else f"--set: {problem}"
