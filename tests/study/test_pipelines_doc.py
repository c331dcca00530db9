"""The reference in docs/reference/pipelines.md is that of the contract."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from neuropose.filters import Preparation
from neuropose.study.contract import cohort, comparison, pipeline, segmentation

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "pipelines.md").read_text(
    encoding="utf-8"
)
CONTRACTS = (pipeline, segmentation, comparison, cohort)
KINDS = {
    each.__name__: each
    for module in CONTRACTS
    for each in vars(module).values()
    if isinstance(each, type)
    and issubclass(each, BaseModel)
    and each.__module__ == module.__name__
    and each is not pipeline.Selection  # the base of two
} | {"Preparation": Preparation}


def documented(name: str) -> dict[str, str]:
    section = re.search(rf"^### {name}\n(.*?)(?=^###|\Z)", PAGE, re.M | re.S)
    assert section is not None, f"{name} is not in the reference"
    return dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", section[1], re.M))


def default_of(field: object) -> str | None:
    """As the page writes it; None: in words, as it is a mapping or another contract."""
    default = field.default
    if default is PydanticUndefined:
        return "must be given"
    if isinstance(default, BaseModel):
        return None
    if default is None or isinstance(default, bool):
        return {None: "null", True: "true", False: "false"}[default]
    if default in ((), {}):
        return "none"
    return ", ".join(default) if isinstance(default, tuple) else str(default)


@pytest.mark.parametrize("name", KINDS)
def test_every_key_with_its_default(name: str) -> None:
    keys = documented(name)
    assert list(keys) == list(KINDS[name].model_fields)
    for key, field in KINDS[name].model_fields.items():
        wanted = default_of(field)
        assert wanted is None or keys[key] == wanted


def test_no_section_of_what_there_is_not() -> None:
    assert set(re.findall(r"^### (\w+)$", PAGE, re.M)) == set(KINDS)
