"""``--set key=value``: settings of a task from the command line, checked."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from neuropose.io.metadata import Contract


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

    values = kind().model_dump()
    known = list(_keys(values))
    seen: set[str] = set()
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        key = key.strip()
        if not equals or not key:
            raise typer.BadParameter(f"--set takes key=value, not {assignment!r}")
        if key in seen:
            raise typer.BadParameter(f"--set {key} is there twice")
        seen.add(key)
        _put(values, key, _value(key, text.strip()), known)
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise typer.BadParameter(_first(error)) from error


def _keys(values: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for name, value in values.items():
        yield before + name
        if isinstance(value, Mapping):
            yield from _keys(value, f"{before}{name}.")


def _put(values: dict[str, Any], key: str, value: Any, known: list[str]) -> None:
    first, *rest = key.split(".")
    if first not in values:
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        raise typer.BadParameter(f"--set: there is no setting {key!r}; {hint}")
    inner = values
    for name in [first, *rest][:-1]:
        below = inner.get(name)
        if not isinstance(below, dict):
            inner[name] = below = {}
        inner = below
    inner[key.rsplit(".", 1)[-1]] = value


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
    if first["type"] == "extra_forbidden":
        return f"--set: there is no setting {where!r}"
    problem = first["msg"].removeprefix("Value error, ")
    return f"--set {where}: {problem[:1].lower()}{problem[1:]}" if where else f"--set: {problem}"
