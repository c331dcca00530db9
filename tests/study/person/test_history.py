"""Measures over months, each beside the band that a change must leave."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from tests.study.person.reports import report

from neuropose.data import Choice, Measure, Report
from neuropose.errors import StatisticsError
from neuropose.study.person import Retest, Visit, change_report, history_report

RETEST = {"walking_speed": Retest(measure="walking_speed", unit="m/s", mdc95=0.1, source="ours")}


def visit(month: int, speed: float = 1.0, **fields: Any) -> Visit:
    return Visit(date(2026, month, 1), report(speed, **fields))


def rows(found: Report, measure: str = "walking_speed") -> list[dict[str, Any]]:
    table = found.tables["history"]
    names = [column.name for column in table.columns]
    every = [dict(zip(names, row, strict=True)) for row in table.rows]
    return [row for row in every if row["measure"] == measure]


def test_in_order_of_time_against_the_first() -> None:
    found = rows(history_report([visit(5, 1.3), visit(1), visit(3, 1.05)], retest=RETEST))
    assert [row["date"] for row in found] == ["2026-01-01", "2026-03-01", "2026-05-01"]
    assert [row["verdict"] for row in found] == [None, "within error", "increase"]
    assert {(row["low"], row["high"]) for row in found} == {(0.9, 1.1)}
    assert {row["basis"] for row in found} == {"ours"}


def test_the_errors_of_the_recordings_stand_in() -> None:
    visits = [visit(1), visit(2, 1.4, error=0.5)]
    made = history_report(visits)
    found = rows(made)[1]
    pair = change_report(visits[0].report, visits[1].report).tables["change"]
    assert found["high"] - 1.0 == pytest.approx(pair.column("detectable")[0])
    assert found["verdict"] == "within error"
    assert any("from day to day is not in them" in each for each in made.warnings)


def test_what_is_missing_at_a_visit_has_its_reason() -> None:
    visits = [visit(1, measures={}), visit(2), visit(3, 1.5)]
    found = rows(history_report(visits))
    assert [row["value"] for row in found] == [None, 1.0, 1.5]
    assert found[0]["reason"] == "there is no such measure"
    assert [row["verdict"] for row in found] == [None, None, "increase"]
    assert [row["value"] for row in rows(history_report(visits), "step_width")] == [None] * 3


def test_measures_are_changes_from_first_to_last() -> None:
    found = history_report([visit(1), visit(2, 1.2), visit(3, 1.3)])
    assert found.measures["walking_speed"].value == pytest.approx(0.3)
    assert found.measures["step_width"].reason == "this view does not show it"


def test_one_visit_or_several_tasks_have_no_history() -> None:
    with pytest.raises(StatisticsError, match="1 recording has no history"):
        history_report([visit(1)])
    with pytest.raises(StatisticsError, match="gait and rom"):
        history_report([visit(1), visit(2, task="rom")])


def test_the_same_day_is_told() -> None:
    found = history_report([visit(1), visit(1, 1.1)])
    assert "several recordings are of the same day" in found.warnings


def test_a_visit_at_which_an_angle_was_defined_otherwise_has_no_verdict() -> None:
    def knee(month: int, value: float, kind: str) -> Visit:
        measure = Measure(value=value, unit="deg", n=5, standard_error=1.0)
        choice = Choice(method=f"{kind}: of markers", confidence=1.0)
        return visit(
            month,
            measures={"knee_flexion_range_left": measure},
            choices={"left_knee_flexion": choice},
        )

    visits = [knee(1, 50.0, "anatomical"), knee(2, 70.0, "projected"), knee(3, 70.0, "anatomical")]
    found = rows(history_report(visits), "knee_flexion_range_left")
    assert [row["verdict"] for row in found] == [None, "not known", "increase"]
    assert "not the same quantity" in found[1]["reason"]


def test_few_repetitions_are_said_to_be_assumed_to_vary_alike() -> None:
    few = report(measures={"walking_speed": Measure(value=1.02, unit="m/s", n=1)})
    visits = [Visit(date(2026, 1, 1), few), Visit(date(2026, 3, 1), report(error=None))]
    found = history_report(visits)
    assert any("1 of 3 measures have fewer than 5" in each for each in found.warnings)


def test_recordings_of_one_day_are_told_apart() -> None:
    first, later = visit(1), visit(2)
    visits = [Visit(first.day, first.report, f"video {number:02d}") for number in (1, 2)]
    found = history_report([*visits, Visit(later.day, later.report, "video 01")])
    said = ["2026-01-01, video 01", "2026-01-01, video 02", "2026-02-01"]
    assert found.parameters["recordings"] == said
