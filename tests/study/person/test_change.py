"""What changed between two recordings, and what cannot be told."""

from __future__ import annotations

from typing import Any

import pytest
from tests.study.person.reports import report

from neuropose.data import (
    Assumption,
    Choice,
    InputFile,
    Measure,
    Report,
    ReportProvenance,
    Source,
)
from neuropose.errors import StatisticsError
from neuropose.statistics.change import Measured, detectable_change
from neuropose.study.person import Retest, change_report


def rows(found: Report) -> dict[str, dict[str, Any]]:
    table = found.tables["change"]
    names = [column.name for column in table.columns]
    every = [dict(zip(names, row, strict=True)) for row in table.rows]
    return {str(row["measure"]): row for row in every}


def test_a_change_beyond_and_within_the_errors() -> None:
    least = detectable_change(Measured(1.0, 0.01, 0.02, 5), Measured(1.0, 0.01, 0.02, 5))
    assert least is not None
    for factor, verdict in ((1.01, "increase"), (-1.01, "decrease"), (0.99, "within error")):
        found = rows(change_report(report(), report(1.0 + factor * least.least)))["walking_speed"]
        assert found["verdict"] == verdict
        assert found["detectable"] == pytest.approx(least.least)
        assert found["basis"] == "errors of the two recordings"


def test_what_rests_on_less_says_so() -> None:
    found = rows(change_report(report(error=None), report(1.3, error=None)))["walking_speed"]
    assert found["basis"] == "spread between repetitions only"
    warnings = change_report(report(error=None), report(1.3)).warnings
    assert any("not known of 1 of 1 measures" in each for each in warnings)
    interval = Measure(value=1.0, unit="m/s", n=1, interval=(0.9, 1.1))
    one = report(measures={"walking_speed": interval})
    found = rows(change_report(one, one))["walking_speed"]
    assert found["basis"] == "errors of measuring only"
    assert found["detectable"] == pytest.approx(0.1 * 2**0.5, rel=1e-3)


def test_without_an_error_or_a_value_there_is_no_verdict() -> None:
    found = rows(change_report(report(), report(1.5)))
    assert found["cadence"]["verdict"] == "not known"
    assert found["cadence"]["change"] == 50.0
    assert found["step_width"]["change"] is None
    assert found["step_width"]["reason"] == "first: this view does not show it"
    other = report(measures={"walking_speed": Measure(value=900.0, unit="mm/s", n=3, sd=1.0)})
    found = rows(change_report(report(), other))
    assert found["walking_speed"]["reason"] == "the units are m/s and mm/s"
    assert found["cadence"]["reason"] == "the second recording has no such measure"


def test_what_was_assumed_is_told_in_the_order_of_the_report() -> None:
    names = ("rate", "unit", "vertical", "camera", "height", "scale")
    one, other = (
        report().model_copy(
            update={"assumptions": {n: Assumption(source=source, value="m") for n in names}}
        )
        for source in (Source.GIVEN, Source.ASSUMED)
    )
    told = [each for each in change_report(one, other).warnings if "given in the first" in each]
    assert [each.partition(":")[0] for each in told] == list(names)


def test_a_value_of_which_nothing_is_known_gets_no_verdict() -> None:
    """Of one stride a symmetry has no error: the other's is not the error of the change."""
    symmetry = Measure(value=4.9, unit="%", n=2, interval=(0.0, 9.8))
    one, other = (
        report(measures={"step_length_symmetry_index": each})
        for each in (symmetry, Measure(value=-12.8, unit="%", n=1))
    )
    for first, second, which in ((one, other, "second"), (other, one, "first")):
        found = rows(change_report(first, second))["step_length_symmetry_index"]
        assert (found["detectable"], found["verdict"]) == (None, "not known")
        assert found["reason"] == f"no error of the {which} value is known"


def test_few_repetitions_are_said_to_be_assumed_to_vary_alike() -> None:
    few = report(measures={"walking_speed": Measure(value=1.02, unit="m/s", n=1)})
    made = change_report(few, report(error=None))
    assert rows(made)["walking_speed"]["verdict"] == "within error"
    assert any("1 of 1 measures have fewer than 5 repetitions" in each for each in made.warnings)
    enough = change_report(report(), report()).warnings
    assert not any("repetitions in a recording" in each for each in enough)


def test_an_error_of_exactly_0_is_none_and_one_known_error_is_not_enough() -> None:
    """A count that no draw changes: nothing tells how far off it may be."""
    turns = {
        "first": Measure(value=1.0, unit="1", n=5, standard_error=0.47, interval=(0.1, 1.9)),
        "second": Measure(value=0.0, unit="1", n=6, standard_error=0.0, interval=(0.0, 0.0)),
    }
    one, other = (report(measures={"turns": each}) for each in turns.values())
    found = rows(change_report(one, other))["turns"]
    assert (found["change"], found["verdict"], found["detectable"]) == (-1.0, "not known", None)
    assert (found["first_total_error"], found["second_total_error"]) == (0.47, None)
    assert found["reason"] == "no error of the second value is known"
    assert rows(change_report(other, other))["turns"]["reason"] == "no error of the values is known"


def test_what_the_errors_of_compared_values_hold_is_said() -> None:
    made = change_report(report(), report(1.3))
    found = rows(made)["walking_speed"]
    assert found["first_total_error"] == pytest.approx((0.01**2 + 0.02**2 / 5) ** 0.5)
    assert "sd²/n" in made.choices["total_error"].method


def test_measures_for_statistics_are_left_out() -> None:
    assert "stance_log_ratio" not in rows(change_report(report(), report()))


def test_a_given_detectable_change_wins_and_is_named() -> None:
    retest = {
        "walking_speed": Retest(measure="walking_speed", unit="m/s", mdc95=0.4, source="ours")
    }
    made = change_report(report(), report(1.3), retest=retest)
    found = rows(made)["walking_speed"]
    assert (found["verdict"], found["detectable"], found["basis"]) == ("within error", 0.4, "ours")
    assert not any("no minimal detectable change" in each for each in made.warnings)
    assert any(
        "no minimal detectable" in each for each in change_report(report(), report()).warnings
    )
    wrong = {"walking_speed": retest["walking_speed"].model_copy(update={"unit": "mm/s"})}
    with pytest.raises(StatisticsError, match="the measure in m/s"):
        change_report(report(), report(), retest=wrong)
    unused = {"step_time": retest["walking_speed"]}
    assert any(
        "step_time" in each for each in change_report(report(), report(), retest=unused).warnings
    )


def test_published_differences_are_quoted() -> None:
    found = rows(change_report(report(), report(1.3)))["walking_speed"]
    assert "Tilson" in found["important_difference"]


def test_recordings_that_were_measured_differently_are_told_apart() -> None:
    inputs = (InputFile(kind="trc", sha256="0" * 64),)
    origin = ReportProvenance(neuropose_version="0.1.0", inputs=inputs)
    one = report(
        parameters={"preparation": {"cutoff_hz": 6.0}}, provenance=origin, warnings=("dark",)
    )
    other = report(parameters={"preparation": {"cutoff_hz": 9.0}}, provenance=origin)
    warnings = change_report(one, other, names=("May", "June")).warnings
    assert "both reports are of the same recording" in warnings
    assert "measured with different settings: preparation.cutoff_hz 6.0 and 9.0" in warnings
    assert "May: dark" in warnings


def test_tasks_must_be_the_same() -> None:
    with pytest.raises(StatisticsError, match="a report of gait and one of rom"):
        change_report(report(), report(task="rom"))


def test_cycles_and_curves_side_by_side() -> None:
    found = change_report(report(), report(1.5)).tables
    assert [column.name for column in found["cycle_values"].columns][:4] == [
        *("session", "side", "cycle", "stride_time")
    ]
    assert found["cycle_values"].rows == (
        ("first", "left", 1, 1.0),
        ("first", "right", 1, 1.1),
        ("first", "left", 2, 1.2),
        ("second", "left", 1, 1.0),
        ("second", "right", 1, 1.1),
        ("second", "left", 2, 1.2),
    )
    means = found["cycle_means"]
    assert set(means.column("curve")) == {"knee_flexion"}
    assert means.column("mean_first").tolist() == [1.0, 2.0, 3.0]
    assert means.column("mean_second").tolist() == [1.5, 2.0, 3.0]
    bare = report(tables={})
    assert set(change_report(bare, report()).tables) == {"change"}


def knees(value: float, kind: str, other_kind: str | None = None) -> Report:
    """A report of knees that were measured as they say."""
    return report(
        measures={
            f"knee_flexion_range_{side}": Measure(value=value, unit="deg", n=5, standard_error=1.0)
            for side in ("left", "right")
        },
        choices={
            "left_knee_flexion": Choice(method=f"{kind}: of markers", confidence=1.0),
            "right_knee_flexion": Choice(method=f"{other_kind or kind}: of markers"),
        },
    )


def test_angles_of_different_definitions_did_not_change() -> None:
    same = rows(change_report(knees(50.0, "anatomical"), knees(70.0, "anatomical")))
    assert {row["verdict"] for row in same.values()} == {"increase"}
    first, second = knees(50.0, "projected", "anatomical"), knees(70.0, "anatomical")
    made = change_report(first, second)
    found = rows(made)
    assert found["knee_flexion_range_right"]["verdict"] == "increase"
    left = found["knee_flexion_range_left"]
    assert (left["verdict"], left["change"], left["detectable"]) == ("not known", 20.0, None)
    assert left["reason"].startswith("the angle is projected in the first, anatomical in the")
    assert any(each.startswith("knee flexion range left: the angle") for each in made.warnings)
