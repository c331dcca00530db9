"""Reports as tables, read back by other programs."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from neuropose.analyzer import analyze_gait, cycles_frame, gait_report
from neuropose.data import (
    Assumption,
    Choice,
    Event,
    Measure,
    Report,
    ReportProvenance,
    Table,
)
from neuropose.errors import MissingLibraryError, OutputError
from neuropose.io.report_tables import save_report_table
from neuropose.testing import simulate_walk, walker_sequence


@pytest.fixture(scope="module")
def report() -> Report:
    return gait_report(analyze_gait(walker_sequence(simulate_walk())))


def test_csv_has_every_measure_and_every_reason(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "walks.csv"
    save_report_table(path, {"s01": report, "s02": report})
    table = pd.read_csv(path, encoding="utf-8-sig")
    assert list(table["recording"].unique()) == ["s01", "s02"]
    assert len(table) == 2 * len(report.measures)
    for row in table.itertuples():
        measure = report.measures[str(row.measure)]
        if measure.value is None:
            assert row.reason == measure.reason
        else:
            assert row.value == measure.value
            assert row.unit == measure.unit


def test_a_workbook_has_a_sheet_of_each_kind(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "walks.xlsx"
    save_report_table(path, {"s01": report, "s02": report})
    book = openpyxl.load_workbook(path)
    assert set(book.sheetnames) == {
        *("measures", "strides", "cycles", "variability", "events", "warnings"),
        *("assumptions", "choices", "units"),
    }
    strides = pd.read_excel(path, sheet_name="strides")
    assert len(strides) == 2 * len(report.tables["strides"].rows)
    own = report.tables["strides"].column("stride_time")
    assert strides["stride_time"][: len(own)].tolist() == pytest.approx(own)
    assert strides["recording"].tolist()[-1] == "s02"


def test_a_workbook_has_the_flags_that_its_warnings_tell_to_see(tmp_path: Path) -> None:
    flagged = Event(name="foot_off", time_s=1.0, warnings=("out of order", "not sharp"))
    report = Report(
        task="gait",
        measures={},
        events=(flagged, Event(name="foot_off", time_s=2.0)),
        assumptions={"height": Assumption(source="assumed", value="1700 mm")},
        choices={"surface": Choice(method="floor", confidence=0.9)},
        tables={"strides": Table.from_columns({"stride_time": ("s", [1.1])})},
        provenance=ReportProvenance(neuropose_version="1"),
    )
    save_report_table(tmp_path / "walk.xlsx", {"s01": report})
    sheets = pd.read_excel(tmp_path / "walk.xlsx", sheet_name=None)
    assert sheets["events"]["warnings"].fillna("").tolist() == ["out of order; not sharp", ""]
    assert sheets["assumptions"].loc[0, ["assumption", "source", "value"]].tolist() == [
        *("height", "assumed", "1700 mm")
    ]
    assert sheets["choices"].loc[0, ["choice", "method"]].tolist() == ["surface", "floor"]
    assert sheets["units"].loc[0, ["table", "column", "unit"]].tolist() == [
        *("strides", "stride_time", "s")
    ]


def test_what_is_no_table(report: Report, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="not the name of a table"):
        save_report_table(tmp_path / "walks.doc", {"s01": report})


def test_a_workbook_without_the_library(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingLibraryError) as raised:
        save_report_table(tmp_path / "walks.xlsx", {"s01": report})
    assert "neuropose[excel]" in str(raised.value.hint)


def test_a_frame_of_measures() -> None:
    report = Report(
        task="gait",
        measures={
            "stance": Measure(value=60.0, unit="%", n=18),
            "stance_left": Measure.missing("%", "too few strides", warnings=("a", "b")),
            "step_width": Measure(value=None, unit="mm", interval=(50.0, 260.0), n=3, reason="no"),
        },
        provenance=ReportProvenance(neuropose_version="1"),
    )
    frame = report.to_frame()
    assert frame.index.tolist() == ["stance", "stance_left", "step_width"]
    assert frame["side"].isna().tolist() == [True, False, True]
    assert frame["quantity"].tolist() == ["stance", "stance", "step_width"]
    assert frame["value"].isna().tolist() == [False, True, True]
    assert frame.loc["step_width", ["interval_low", "interval_high"]].tolist() == [50.0, 260.0]
    assert frame["interval_low"].isna().tolist() == [True, True, False]
    assert frame.loc["stance_left", "warnings"] == "a; b"
    assert frame["sd"].dtype == "float64"
    with pytest.raises(KeyError, match="no curves"):
        report.cycles_frame()


def test_curves_of_every_cycle_have_the_mean_of_the_report(report: Report) -> None:
    curves = cycles_frame(analyze_gait(walker_sequence(simulate_walk())))
    means = report.cycles_frame()
    for angle in ("hip_flexion", "knee_flexion", "ankle_dorsiflexion"):
        for side in ("left", "right"):
            own = curves[angle, side].mean(axis="columns")
            assert own.to_numpy() == pytest.approx(means[angle, side, "mean"].to_numpy())


def test_without_a_walk_there_is_no_curve() -> None:
    walk = walker_sequence(simulate_walk(times_s=np.arange(20) / 60.0))
    assert cycles_frame(analyze_gait(walk)).shape == (101, 0)


def test_reprs_are_short(report: Report) -> None:
    table = Table.from_columns({"side": (None, ["left"] * 500)})
    for each in (report, table, analyze_gait(walker_sequence(simulate_walk()))):
        assert len(repr(each)) < 300, repr(each)
    assert "<script>" not in report.model_copy(update={"warnings": ("<script>",)})._repr_html_()
