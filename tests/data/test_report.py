"""Reports: to a file and back, refused if anything is wrong, and as documented."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from neuropose.data import (
    Assumption,
    Choice,
    Event,
    InputFile,
    Measure,
    Report,
    ReportProvenance,
    Table,
)
from neuropose.errors import FileFormatError, FileMissingError, OutputError, SchemaVersionError
from neuropose.io import load_report, save_report

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "reports.md").read_text(encoding="utf-8")
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def make_report(**changes: Any) -> Report:
    fields: dict[str, Any] = {
        "task": "gait",
        "measures": {
            "stride_time": Measure(value=1.08, unit="s", n=2, sd=0.02, cv_percent=1.9),
            "walking_speed": Measure.missing("m/s", "the belt's speed is not known", n=2),
        },
        "tables": {
            "strides": Table.from_columns(
                {
                    "side": (None, ["left", "right"]),
                    "number": (None, np.array([1, 2])),
                    "stride_time": ("s", np.array([1.1, np.nan])),
                    "turning": (None, np.array([True, False])),
                }
            )
        },
        "events": (
            Event(name="initial_contact", time_s=0.1, side="left", confidence=0.5),
            Event(name="foot_off", time_s=0.2, side="right", warnings=("out of order",)),
        ),
        "parameters": {"cutoff_hz": 6.0, "affected_side": None, "orders": [1, 2]},
        "preparation": ({"step": "hampel", "window": 7},),
        "choices": {"vertical": Choice(method="given", confidence=1.0)},
        "warnings": ("short",),
        "provenance": ReportProvenance(
            neuropose_version="1", inputs=(InputFile(kind="c3d", sha256="0" * 64),)
        ),
    }
    return Report(**{**fields, **changes})


class TestMeasure:
    @pytest.mark.parametrize(
        "fields",
        [
            {"value": None},
            {"value": 1.0, "reason": "x"},
            {"value": None, "reason": "x", "sd": 1.0},
            {"value": None, "reason": ""},
            {"value": float("nan")},
            {"value": 1.0, "sd": -1.0},
            {"value": 1.0, "confidence": 1.01},
            {"value": 1.0, "n": -1},
            {"value": 1.0, "warnings": ("",)},
            {"value": 1.0, "note": "x"},
        ],
    )
    def test_what_contradicts_itself_is_refused(self, fields: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            Measure(**{"unit": "s", "n": 1, **fields})

    def test_it_is_frozen(self) -> None:
        with pytest.raises(ValidationError, match="frozen"):
            Measure(value=1.0, unit="s", n=1).value = 2.0  # type: ignore[misc]


class TestTable:
    def test_cells_are_plain(self) -> None:
        [first, second] = make_report().tables["strides"].rows
        assert [type(cell) for cell in first] == [str, int, float, bool]
        assert second == ("right", 2, None, False)

    def test_columns_by_name(self) -> None:
        table = make_report().tables["strides"]
        np.testing.assert_array_equal(table.column("stride_time"), [1.1, np.nan])
        assert table.column("side").tolist() == ["left", "right"]
        assert table.column("turning").tolist() == [True, False]
        with pytest.raises(KeyError, match="the columns are side, number"):
            table.column("speed")

    def test_shapes_are_checked(self) -> None:
        with pytest.raises(ValidationError, match="2 cells"):
            Table(columns=({"name": "a"}, {"name": "b"}), rows=((1,),))  # type: ignore[arg-type]
        with pytest.raises(ValidationError, match="unique"):
            Table(columns=({"name": "a"}, {"name": "a"}))  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=r"shorter|longer"):
            Table.from_columns({"a": ("s", [1.0, 2.0]), "b": ("s", [1.0])})

    def test_an_infinite_cell_is_refused(self) -> None:
        with pytest.raises(ValidationError):
            Table.from_columns({"a": ("s", [np.inf])})


class TestReport:
    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            ({"events": make_report().events[::-1]}, "order of time"),
            ({"parameters": {"cutoff": float("nan")}}, "parameters.cutoff"),
            ({"parameters": {"a": [1, {2: 3}]}}, r"parameters.a\[1\]: 2"),
            ({"parameters": {"a": (1, 2)}}, "tuple is not a plain value"),
            ({"preparation": ({"mask": np.zeros(2)},)}, r"preparation\[0\].mask: ndarray"),
            ({"measures": {"Stride Time": Measure(value=1.0, unit="s", n=1)}}, "pattern"),
            ({"schema_version": 2}, "schema_version"),
        ],
    )
    def test_what_cannot_be_kept_is_refused(self, changes: dict[str, Any], problem: str) -> None:
        with pytest.raises(ValidationError, match=problem):
            make_report(**changes)


class TestFile:
    def test_round_trip(self, tmp_path: Path) -> None:
        save_report(tmp_path / "a.json", make_report())
        assert load_report(tmp_path / "a.json") == make_report()
        save_report(tmp_path / "b.json", load_report(tmp_path / "a.json"))
        assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()

    def test_little_is_needed(self, tmp_path: Path) -> None:
        least = Report(task="rom", measures={}, provenance=ReportProvenance(neuropose_version="1"))
        save_report(tmp_path / "a.json", least)
        assert load_report(tmp_path / "a.json") == least

    def test_a_line_a_row(self, tmp_path: Path) -> None:
        save_report(tmp_path / "a.json", make_report())
        lines = (tmp_path / "a.json").read_text().splitlines()
        assert '["left",1,1.1,true],' in lines
        assert any(line.startswith('"walking_speed":{"value":null') for line in lines)

    @given(
        value=FINITE, cells=st.lists(FINITE | st.integers(-(2**62), 2**62) | st.text() | st.none())
    )
    def test_numbers_survive(
        self, value: float, cells: list[object], tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        path = tmp_path_factory.mktemp("report") / "a.json"
        report = make_report(
            measures={"a": Measure(value=value, unit="1", n=1)},
            tables={"t": Table(columns=({"name": "c"},), rows=tuple((c,) for c in cells))},  # type: ignore[arg-type]
        )
        save_report(path, report)
        again = load_report(path)
        assert again == report
        assert [type(row[0]) for row in again.tables["t"].rows] == [type(cell) for cell in cells]

    @pytest.mark.parametrize(
        ("old", "new", "problem"),
        [
            ('"value":1.08', '"value":null', "measures.stride_time: expected either a value"),
            ('"value":1.08', '"value":"1.08"', "measures.stride_time.value"),
            ('"value":1.08', '"value":NaN', "is not JSON"),
            ('"n":2', '"n":2.5', "measures.stride_time.n"),
            ('"walking_speed":{', '"stride_time":{', "twice"),
            ('"task":"gait"', '"task":"gait","date":1', "date"),
            (",null,false]", ",null]", "every row must"),
            ('"side":"left"', '"side":"both"', r"events\[0\].side"),
        ],
    )
    def test_a_changed_file_is_refused(
        self, old: str, new: str, problem: str, tmp_path: Path
    ) -> None:
        path = tmp_path / "report.json"
        save_report(path, make_report())
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        with pytest.raises(FileFormatError, match=problem) as raised:
            load_report(path)
        assert raised.value.hint

    def test_every_cut_is_noticed(self, tmp_path: Path) -> None:
        path = tmp_path / "report.json"
        save_report(path, make_report())
        whole = path.read_bytes()
        for length in range(0, len(whole) - 1, 97):
            path.write_bytes(whole[:length])
            with pytest.raises(FileFormatError):
                load_report(path)

    def test_a_newer_file(self, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_text('{"schema_version": 7, "sections": {}}')
        with pytest.raises(SchemaVersionError, match="schema 7"):
            load_report(tmp_path / "a.json")

    def test_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(FileMissingError):
            load_report(tmp_path / "a.json")

    def test_what_is_no_text_leaves_the_old_file(self, tmp_path: Path) -> None:
        path = tmp_path / "a.json"
        save_report(path, make_report())
        before = path.read_bytes()
        with pytest.raises(OutputError, match="parameters cannot be written"):
            save_report(path, make_report(parameters={"a": "\ud800"}))
        assert path.read_bytes() == before


class TestPage:
    def test_the_example_loads_and_is_what_would_be_written(self, tmp_path: Path) -> None:
        found = re.search(r"<!-- example: report -->\n```json\n(.*?)```", PAGE, re.DOTALL)
        assert found is not None
        (tmp_path / "a.json").write_text(found[1], encoding="utf-8")
        save_report(tmp_path / "b.json", load_report(tmp_path / "a.json"))
        assert json.loads((tmp_path / "b.json").read_bytes()) == json.loads(found[1])

    @pytest.mark.parametrize(
        "model", [Report, Measure, Table, Event, Choice, Assumption, ReportProvenance]
    )
    def test_every_key_is_documented_and_no_other(self, model: type[BaseModel]) -> None:
        after = PAGE.split(f"\n### `{model.__name__}`\n")[1]
        section = re.split(r"^##+ ", after, maxsplit=1, flags=re.MULTILINE)[0]
        rows = re.findall(r"^\| `(\w+)` \|(.*)$", section, re.MULTILINE)
        documented = {key: "*optional*" in rest for key, rest in rows}
        assert documented == {
            name: not field.is_required() for name, field in model.model_fields.items()
        }
