"""YAML with the line of each value."""

from __future__ import annotations

import re
from typing import Any

import yaml

Place = tuple[str | int, ...]

_MOST_VALUES = 100_000
_BOOLEAN = "tag:yaml.org,2002:bool"
_OTHER_BASE = re.compile(r"[-+]?(0[0-7_]+|[0-9_]+(:[0-9_.]+)+)")
"""What YAML 1.1 reads in base 8 (``010`` is 8) or base 60 (``1:30`` is 90)."""


class YamlError(ValueError):
    """Text that is not YAML, or not of the expected kind.

    Parameters
    ----------
    problem : str
        What is wrong.
    line : int or None
        Line number, from 1. None: not known.
    """

    def __init__(self, problem: str, line: int | None) -> None:
        super().__init__(problem)
        self.line = line


def load_with_lines(text: str) -> tuple[Any, dict[Place, int]]:
    r"""Read YAML, and the line of every key and item.

    Only ``true`` and ``false`` are truth values; ``on`` and ``off`` are words.

    Parameters
    ----------
    text : str
        Text of the YAML file.

    Returns
    -------
    value : object
    lines : dict of tuple to int
        By the keys and indices that lead to a value; lines count from 1.

    Raises
    ------
    YamlError
        If it is not YAML, a key appears twice, or a number would be read as another one than it
        looks like: ``010`` as 8, ``1:30`` as 90.

    Examples
    --------
    >>> value, lines = load_with_lines("a: 1\nb:\n  - x\n  - {c: 2}\n")
    >>> value, lines["b", 1, "c"]
    ({'a': 1, 'b': ['x', {'c': 2}]}, 4)
    """
    lines: dict[Place, int] = {}
    try:
        loader = yaml.SafeLoader(text)
        try:
            root = loader.get_single_node()
            if root is None:
                return None, lines
            _note(root, (), lines)
            return loader.construct_document(root), lines
        finally:
            loader.dispose()
    except YamlError:
        raise
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise YamlError(str(error.problem), line) from error
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise YamlError(" ".join(str(error).split()), None) from error


def _note(node: yaml.Node, place: Place, lines: dict[Place, int]) -> None:
    lines.setdefault(place, node.start_mark.line + 1)
    if len(lines) > _MOST_VALUES:  # a few aliases of aliases can stand for billions
        raise YamlError(f"it holds more than {_MOST_VALUES} values", node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in seen:
                raise YamlError(f"{name} is there twice", line)
            seen.add(name)
            lines[*place, name] = line
            _note(value, (*place, name), lines)
    elif isinstance(node, yaml.ScalarNode):
        _keep_words(node)
        _refuse_other_bases(node)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            _note(value, (*place, number), lines)


def _keep_words(node: yaml.ScalarNode) -> None:
    """Leave ``on``, ``off``, ``yes`` and ``no`` words, as YAML 1.2 does: they name conditions."""
    if node.tag == _BOOLEAN and node.value.lower() not in ("true", "false"):
        node.tag = "tag:yaml.org,2002:str"


def _refuse_other_bases(node: yaml.ScalarNode) -> None:
    is_number = node.tag in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
    if is_number and node.style is None and _OTHER_BASE.fullmatch(node.value):
        base = "60" if ":" in node.value else "8"
        raise YamlError(
            f"{node.value} would be a number in base {base}: write it in decimals without leading "
            "zeros, or in quotes if it is a name",
            node.start_mark.line + 1,
        )
