"""What the guide says of tasks and settings is so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuropose.analyzer import PoseSequence
from neuropose.analyzer.tasks.registry import TASKS
from neuropose.cli._task_settings import setting_names
from neuropose.skeletons import CANONICAL_JOINTS as JOINTS

DOCS = Path(__file__).parents[3] / "docs"
GUIDE = (DOCS / "guides" / "analysis.md").read_text(encoding="utf-8")
SECTIONS = {
    "reach": "Reach",
    "sit-to-stand": "Sit to stand",
    "tug": "Timed up and go",
    "repetitions": "Repetitions",
    "sway": "Sway",
    "arm-swing": "Arm swing",
}


def rows(heading: str) -> Iterator[list[str]]:
    table = GUIDE[GUIDE.index(heading) :].split("\n\n")[0]
    for line in table.splitlines()[2:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]


def test_every_task_is_listed() -> None:
    named = [row[0].strip("`") for row in rows("| task | what is measured")]
    assert named == list(TASKS)


@pytest.mark.parametrize("task", SECTIONS)
def test_every_measure_is_defined_with_its_unit(task: str) -> None:
    page = (DOCS / "reference" / "measures.md").read_text(encoding="utf-8")
    section = page.split(f"\n## {SECTIONS[task]}\n")[1].split("\n## ")[0]
    nobody = PoseSequence.from_arrays([0.0], [[[np.nan] * 3] * len(JOINTS)], JOINTS)
    measures = TASKS[task].run(nobody).measures
    missing = []
    for name, measure in measures.items():
        base = name.removesuffix("_right")
        names = {name} if base == name else {name, f"{base}_left"}
        row = next((line for line in section.splitlines() if names & _named(line)), None)
        if row is None:
            missing.append(name)
        elif task != "repetitions":
            assert measure.unit in row.split("|")[3], name
    assert missing == []


def _named(line: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", line.split("|")[1])) if line.startswith("| `") else set()


def documented() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {task: {} for task in TASKS}
    tasks: list[str] = []
    for task, setting, default, _ in rows("| task | setting"):
        tasks = re.findall(r"`([\w-]+)`", task) or tasks
        for name in tasks:
            found[name][setting.strip("`")] = default.strip("`")
    return found


def shown(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


@pytest.mark.parametrize("task", TASKS)
def test_every_setting_and_its_default(task: str) -> None:
    kind = TASKS[task].settings_class()
    defaults = kind().model_dump(mode="json")
    expected = {}
    for name in setting_names(kind):
        value: Any = defaults
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        below = any(other.startswith(f"{name}.") for other in setting_names(kind))
        if not name.startswith("preparation") and not below:
            expected[name] = shown(value)
    assert documented()[task] == expected
