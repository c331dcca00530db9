"""The mark of the settings: what changes the numbers changes it, and nothing else does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from neuropose.classify.same_settings import settings_mark
from neuropose.data import Table
from neuropose.errors import FeatureTableError
from neuropose.study.contract.pipeline import Pipeline
from neuropose.study.trial.measured_with import marked, measured_with

PLAIN: dict[str, Any] = {
    "version": 1,
    "inputs": {"cohort": {"table": "cohort.csv"}},
    "segmentation": {"kind": "bilateral"},
    "analysis": {"curves": ["knee_flexion", "hip_flexion"]},
    "output": {"report": "report.json"},
}


def mark(**changes: Any) -> str:
    return measured_with(Pipeline.model_validate({**PLAIN, **changes}))


def cohort(**keys: Any) -> dict[str, Any]:
    return {"cohort": {"table": "cohort.csv", **keys}}


OTHERS = [
    {"preparation": {"cutoff_hz": 2}},
    {"preparation": {"cutoff_hz": None}},
    {"segmentation": {"kind": "gait_cycles", "side": "left"}},
    {"segmentation": {"kind": "gait_cycles", "side": "right"}},
    {"segmentation": {"kind": "bilateral", "settings": {"clean_mm": 3}}},
    {"analysis": {"curves": ["knee_flexion"]}},
    {"inputs": cohort(subject="largest")},
    {"inputs": cohort(up=[0, 0, 1])},
    {"inputs": cohort(markers={"left_knee": ["LKNE"]})},
]


def test_every_setting_that_changes_the_numbers_has_a_mark_of_its_own() -> None:
    marks = [mark(), *(mark(**changes) for changes in OTHERS)]
    assert len(set(marks)) == len(marks)
    assert all(re.fullmatch("[0-9a-f]{12}", each) for each in marks)


@pytest.mark.parametrize(
    "changes",
    [
        {"preparation": {"cutoff_hz": 6}},  # the default, written out
        {"segmentation": {"kind": "bilateral", "settings": {}}},
        {"analysis": {"curves": ["hip_flexion", "knee_flexion"]}},
        {"analysis": {**PLAIN["analysis"], "measures": [{"task": "gait"}]}},
        {"analysis": {**PLAIN["analysis"], "classification": {"model": "logistic"}}},
        {"inputs": cohort(table="others.csv")},
        {"inputs": {"primary": {"file": "walk.trc"}}},
        {"output": {"report": "elsewhere.json"}},
    ],
)
def test_what_does_not_change_the_numbers_keeps_it(changes: dict[str, Any]) -> None:
    assert mark(**changes) == mark()


def test_a_marked_table_keeps_its_cells() -> None:
    table = Table.from_columns({"trial": (None, [1, 2]), "speed": ("mm/s", [1.5, float("nan")])})
    found = marked(table, "5f0c")
    assert found.columns[:2] == table.columns
    assert found.rows == tuple((*row, "5f0c") for row in table.rows)
    assert found.columns[2].name == "measured_with"


def test_a_mark_that_was_read_as_a_number_is_refused(tmp_path: Path) -> None:
    import pandas as pd

    path = tmp_path / "t.csv"
    path.write_text("measured_with\n001234567890\n")
    with pytest.raises(FeatureTableError, match="was read as numbers"):
        settings_mark(pd.read_csv(path))
    assert settings_mark(pd.read_csv(path, dtype=str)) == "001234567890"
