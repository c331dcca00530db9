"""Two folders of numbers: no change is missed, and what is no change is not reported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.number_parts.moved import load
from benchmarks.same_numbers import Tally, compare_folders, main, plain

from neuropose.io import Measure, Report, ReportProvenance

DOCUMENT = {"task": "gait", "speed": {"value": 1.25, "n": 4}, "rows": [["left", 0.5], [None, 2]]}


def folder(path: Path, document: Any, name: str = "gait.json") -> Path:
    path.mkdir(parents=True)
    (path / name).write_text(json.dumps(document))
    return path


def compared(tmp_path: Path, old: Any, new: Any, **renamed: str) -> Tally:
    return compare_folders(folder(tmp_path / "old", old), folder(tmp_path / "new", new), renamed)


def test_the_same(tmp_path: Path) -> None:
    assert compared(tmp_path, DOCUMENT, dict(reversed(DOCUMENT.items()))) == Tally(7, [])


@pytest.mark.parametrize(
    ("new", "where"),
    [
        ({**DOCUMENT, "speed": {"value": float(np.nextafter(1.25, 2.0)), "n": 4}}, ".speed.value"),
        ({**DOCUMENT, "speed": {"value": 1.25, "n": 4.0}}, ".speed.n"),
        ({**DOCUMENT, "speed": {"value": None, "n": 4}}, ".speed.value"),
        ({**DOCUMENT, "speed": {"value": float("nan"), "n": 4}}, ".speed.value"),
        ({**DOCUMENT, "speed": {"value": 1.25}}, ".speed.n"),
        ({**DOCUMENT, "more": 1}, ".more"),
        ({**DOCUMENT, "rows": [["left", 0.5]]}, ".rows.length"),
        ({**DOCUMENT, "rows": [["left", 0.5], [0, 2]]}, ".rows[1][0]"),
        ({**DOCUMENT, "rows": [["left", 0.5], []]}, ".rows[1].length"),
        ({**DOCUMENT, "rows": []}, ".rows.length"),
        ({**DOCUMENT, "rows": {}}, ".rows"),
    ],
)
def test_every_change_is_found_where_it_is(tmp_path: Path, new: Any, where: str) -> None:
    [difference] = compared(tmp_path, DOCUMENT, new).differences
    assert difference.startswith(f"gait.json{where}: ")


@pytest.mark.parametrize(("old", "new"), [(0.0, -0.0), (1, True), ([], None), ({}, [])])
def test_what_python_takes_for_equal_is_not_the_same(tmp_path: Path, old: Any, new: Any) -> None:
    assert len(compared(tmp_path, {"x": old}, {"x": new}).differences) == 1


def test_missing_is_the_same_as_missing(tmp_path: Path) -> None:
    assert compared(tmp_path, [float("nan"), None], [float("nan"), None]) == Tally(2, [])


def test_provenance_is_not_compared(tmp_path: Path) -> None:
    old, new = (
        {"provenance": {"versions": {"numpy": v}}, "file": f"sha256:{v}", "value": 1} for v in "ab"
    )
    assert compared(tmp_path, old, new).differences == []


def test_renamed_keys_and_texts(tmp_path: Path) -> None:
    old, new = {"cadence": 110.0, "name": "cadence"}, {"step_rate": 110.0, "name": "step_rate"}
    assert compared(tmp_path, old, new, cadence="step_rate").differences == []


def test_a_new_name_does_not_hide_what_was_there_under_it(tmp_path: Path) -> None:
    old, new = {"step_rate": 55.0, "cadence": 110.0}, {"step_rate": 110.0}
    assert compared(tmp_path, old, new, cadence="step_rate").differences == [
        "gait.json.length: 2 → 1"
    ]


def test_renamed_files_and_files_of_one_folder_alone(tmp_path: Path) -> None:
    old = folder(tmp_path / "old", DOCUMENT, "gait-0.json")
    new = folder(tmp_path / "new", DOCUMENT, "walk-0.json")
    assert compare_folders(old, new, {"gait-0": "walk-0"}).differences == []
    assert compare_folders(old, new, {}).differences == [
        "gait-0.json: only in OLD",
        "walk-0.json: only in NEW",
    ]


def test_two_files_cannot_become_one(tmp_path: Path) -> None:
    old = folder(tmp_path / "old", DOCUMENT, "gait-0.json")
    (old / "walk-0.json").write_text("{}")
    with pytest.raises(SystemExit, match=r"would both be walk-0\.json"):
        compare_folders(old, old, {"gait-0": "walk-0"})


def test_tables_are_compared_cell_by_cell(tmp_path: Path) -> None:
    for name, value in (("old", "1.25"), ("new", "1.250")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "features.csv").write_text(f"side,speed\nleft,{value}\n")
    found = compare_folders(tmp_path / "old", tmp_path / "new", {})
    assert found == Tally(4, ["features.csv[1][1]: '1.25' → '1.250'"])


def test_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, other = folder(tmp_path / "old", DOCUMENT), folder(tmp_path / "other", {"task": "gait"})
    (tmp_path / "empty").mkdir()
    assert main(["compare", str(old), str(old)]) == 0
    assert main(["compare", str(old), str(other)]) == 1
    assert main(["compare", str(tmp_path / "empty"), str(tmp_path / "empty")]) == 1
    assert main(["write", str(old)]) == 2  # what is there already would be taken for new
    assert "7 values compared, 0 differences" in capsys.readouterr().out


def test_what_is_written_says_everything() -> None:
    report = Report(
        task="reach",
        measures={"speed": Measure(value=0.1 + 0.2, unit="m/s", n=np.int64(3))},
        provenance=ReportProvenance(neuropose_version="0"),
    )
    written = json.loads(json.dumps(plain({"a": (report,), "b": np.array([[0.1, np.nan]])})))
    assert written["a"][0]["measures"]["speed"]["value"] == 0.1 + 0.2
    assert written["b"][0][0] == 0.1
    assert np.isnan(written["b"][0][1])


def test_what_has_moved_is_found_or_named() -> None:
    assert callable(load("load_pipeline"))
    assert load("classify").MODELS
    with pytest.raises(KeyError):
        load("nothing")
