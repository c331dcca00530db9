"""Effects between groups: where they lie, with their numbers."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from neuropose.data import Report, ReportProvenance, Table
from neuropose.page.figures.drawing import as_svg
from neuropose.page.figures.forest import drawing, forest, scale

NAN = float("nan")


def cohort(effects: list[tuple[float, float, float]]) -> Report:
    values, lows, highs = zip(*effects, strict=True)
    table = Table.from_columns(
        {
            "feature": (None, [f"feature_{number}" for number in range(len(effects))]),
            "first": (None, ["<patients>"] * len(effects)),
            "second": (None, ["controls"] * len(effects)),
            "hedges_g": ("1", values),
            "hedges_g_low": ("1", lows),
            "hedges_g_high": ("1", highs),
        }
    )
    return Report(
        task="pipeline_cohort",
        measures={},
        tables={"group_comparison": table},
        provenance=ReportProvenance(neuropose_version="0.1.0"),
    )


def test_dots_and_lines_lie_where_the_scale_says() -> None:
    plot = forest(cohort([(0.8, 0.1, 1.5), (-2.0, -3.0, -1.0)]))
    assert plot is not None
    along = scale(plot)
    root = ElementTree.fromstring(str(as_svg(drawing(plot))))
    dots = [float(each.attrib["cx"]) for each in root.iter("circle")]
    assert dots == pytest.approx([float(along(0.8)), float(along(-2.0))], abs=0.06)
    lines = [each for each in root.iter("line") if each.get("class") == "line middle"]
    ends = [float(lines[1].attrib[end]) for end in ("x1", "x2")]
    assert ends == pytest.approx([float(along(-3.0)), float(along(-1.0))], abs=0.06)
    assert along.low < -3.0 < 1.5 < along.high


def test_zero_is_always_on_the_axis() -> None:
    plot = forest(cohort([(2.0, 1.0, 3.0)]))
    assert plot is not None
    assert scale(plot).low < 0.0


def test_names_are_text_and_numbers_beside_them() -> None:
    plot = forest(cohort([(0.8, -0.1, 1.5)]))
    assert plot is not None
    root = ElementTree.fromstring(str(as_svg(drawing(plot))))
    texts = [each.text for each in root.iter("text")]
    assert "feature 0" in texts
    assert "0.80 (−0.10 to 1.50)" in texts
    assert "Hedges' g, <patients> less controls" in texts


def test_what_has_no_effect_is_left_out() -> None:
    plot = forest(cohort([(0.8, 0.1, 1.5), (NAN, NAN, NAN)]))
    assert plot is not None
    assert [each.name for each in plot.effects] == ["feature 0"]
    assert forest(cohort([(NAN, NAN, NAN)])) is None
    assert forest(cohort([(1.0, 0.0, 2.0)]).model_copy(update={"tables": {}})) is None
