"""``--set key=value``: settings of a task from the command line, checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, get_args

from neuropose.cli._set import checked_settings

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
    return checked_settings(kind, kind().model_dump(), assignments, "--set")


def setting_names(kind: type[BaseModel]) -> Iterator[str]:
    """Return the names of all settings, and of those within each.

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
