"""Figures: what is drawn lies where the numbers say, on the page and in the PDF."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from fpdf import FPDF
from pypdf import PdfReader
from tests.study.person.reports import report as small

from neuropose.classify.performance import _roc
from neuropose.data import Report, ReportProvenance, Table
from neuropose.page import write_page, write_pdf
from neuropose.page.figures.classifier import calibration_drawings, roc_drawings
from neuropose.page.figures.drawing import Area, Dot, Drawing, Label, Line, as_svg
from neuropose.page.figures.on_paper import draw
from neuropose.page.figures.person import (
    change_drawing,
    change_rows,
    cycle_drawings,
    history_drawings,
    mean_curve_plots,
)
from neuropose.page.figures.sections import figure_sections
from neuropose.page.wording import TOTAL_ERROR
from neuropose.study.person import Retest, Visit, change_report, history_report

RETEST = {
    "walking_speed": Retest(measure="walking_speed", unit="m/s", mdc95=0.1, source="our <lab>")
}


@pytest.fixture(scope="module")
def change() -> Report:
    return change_report(small(), small(1.25), retest=RETEST, names=("May <1>", "June"))


@pytest.fixture(scope="module")
def history() -> Report:
    visits = [
        Visit(date(2026, month, 1), small(speed)) for month, speed in ((1, 1), (3, 1.05), (9, 1.3))
    ]
    return history_report(visits, retest=RETEST)


@pytest.fixture(scope="module")
def cohort() -> Report:
    calibration = {
        "group": (None, ["patients", "patients"]),
        "low": (None, [0.0, 0.8]),
        "high": (None, [0.1, 0.9]),
        "predicted": (None, [0.1, 0.8]),
        "observed": (None, [0.0, 1.0]),
        "trials": (None, [4, 1]),
    }
    roc = {
        "group": (None, ["patients"] * 3),
        "false_positive_rate": (None, [0.0, 0.25, 1.0]),
        "sensitivity": (None, [0.0, 1.0, 1.0]),
    }
    effects = {
        "feature": (None, ["stride_time"]),
        "first": (None, ["patients"]),
        "second": (None, ["controls"]),
        **{
            f"hedges_g{end}": ("1", [value])
            for end, value in (("", 0.8), ("_low", 0.1), ("_high", 1.5))
        },
    }
    return Report(
        task="pipeline_cohort",
        measures={},
        tables={
            "classification_roc": Table.from_columns(roc),
            "classification_calibration": Table.from_columns(calibration),
            "group_comparison": Table.from_columns(effects),
        },
        provenance=ReportProvenance(neuropose_version="0.1.0"),
    )


def text_of(path: Path) -> str:
    pages = PdfReader(path).pages
    return " ".join(" ".join(page.extract_text() for page in pages).replace("\xa0", " ").split())


def dots(drawing: Drawing, kind: str) -> list[Dot]:
    return [mark for mark in drawing.marks if isinstance(mark, Dot) and mark.kind == kind]


class TestDrawing:
    def test_every_mark_is_an_element(self) -> None:
        marks = (
            Line(((0.0, 1.0), (2.0, 3.0)), "grid"),
            Line(((0.0, 1.0), (2.0, 3.0), (4.0, 5.0)), "line left"),
            Area(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)), "band left"),
            Dot(1.0, 2.0, 3.0, "dot"),
            Label(1.0, 2.0, "<b>", "middle"),
        )
        root = ElementTree.fromstring(str(as_svg(Drawing("", "<said>", 10, 10, marks))))
        assert [each.tag for each in root] == ["line", "path", "path", "circle", "text"]
        assert root.attrib["aria-label"] == "<said>"
        assert root[-1].text == "<b>"

    def test_what_follows_in_a_pdf_has_not_the_colour_of_a_dot(self) -> None:
        pdf = FPDF()
        pdf.add_page()
        draw(pdf, Drawing("", "", 10, 10, (Dot(1.0, 2.0, 3.0, "dot"),)), 0.0, 0.0, 1.0)
        assert tuple(pdf.fill_color.colors) == (1.0, 1.0, 1.0)


class TestChange:
    def test_beyond_stands_first_and_apart(self, change: Report) -> None:
        first = change_rows(change)[0]
        assert (first.measure, first.verdict) == ("walking speed", "increase")
        assert first.ratio == pytest.approx(2.5)
        drawing = change_drawing(change)
        assert drawing is not None
        assert len(dots(drawing, "dot beyond")) == 1
        assert "walking speed +0.25" in drawing.said

    def test_where_the_dot_lies(self, change: Report) -> None:
        drawing = change_drawing(change)
        assert drawing is not None
        [band] = [mark for mark in drawing.marks if isinstance(mark, Area)]
        left, right = band.points[0][0], band.points[1][0]
        [dot] = dots(drawing, "dot beyond")
        assert (dot.x - (left + right) / 2) / ((right - left) / 2) == pytest.approx(2.5)

    def test_a_dot_a_cycle(self, change: Report) -> None:
        [drawing] = cycle_drawings(change)
        assert drawing.title == "stride time, s"
        assert [len(dots(drawing, f"dot {which}")) for which in ("first", "second")] == [3, 3]

    def test_mean_curves(self, change: Report) -> None:
        [plot] = mean_curve_plots(change)
        assert plot.title == "knee flexion left"
        assert plot.curves[1].mean.tolist() == [1.25, 2.0, 3.0]

    def test_page_and_pdf_say_the_same(self, change: Report, tmp_path: Path) -> None:
        write_page(tmp_path / "change.html", change, code="S01")
        write_pdf(tmp_path / "change.pdf", change, code="S01")
        html = (tmp_path / "change.html").read_text()
        pdf = text_of(tmp_path / "change.pdf")
        for said in (
            TOTAL_ERROR,
            "What changed",
            "+0.25 ± 0.02",
            "Cycle by cycle",
            "Over the cycle",
        ):
            assert said in html
            assert said in pdf
        assert "our &lt;lab&gt;" in html
        assert "May &lt;1&gt;" in html
        assert "May <1>" in pdf
        assert "Tilson" in html
        assert "Tilson" in pdf


class TestHistory:
    def test_the_band_and_the_dots(self, history: Report) -> None:
        drawing = next(each for each in history_drawings(history) if "walking speed" in each.title)
        assert len(dots(drawing, "dot")) == 2
        [beyond] = dots(drawing, "dot beyond")
        [band] = [mark for mark in drawing.marks if isinstance(mark, Area)]
        assert beyond.y < min(y for _, y in band.points)
        xs = [dot.x for dot in (*dots(drawing, "dot"), beyond)]
        days = [(date(2026, month, 1) - date(2026, 1, 1)).days for month in (1, 3, 9)]
        assert (xs[1] - xs[0]) / (xs[2] - xs[0]) == pytest.approx(days[1] / days[2])

    def test_page_and_pdf(self, history: Report, tmp_path: Path) -> None:
        write_page(tmp_path / "history.html", history)
        write_pdf(tmp_path / "history.pdf", history)
        assert 'id="history"' in (tmp_path / "history.html").read_text()
        assert "Over time" in text_of(tmp_path / "history.pdf")


class TestClassifier:
    def test_the_area_is_what_is_said(self, cohort: Report) -> None:
        [drawing] = roc_drawings(cohort)
        assert drawing.said.endswith("area under the curve 0.88")
        line = next(
            mark for mark in drawing.marks if isinstance(mark, Line) and mark.kind == "line middle"
        )
        assert len(line.points) == 3

    def test_larger_dots_are_more_trials(self, cohort: Report) -> None:
        [drawing] = calibration_drawings(cohort)
        many, few = dots(drawing, "dot")
        assert many.radius > few.radius

    def test_the_pdf_has_forest_roc_and_calibration(self, cohort: Report, tmp_path: Path) -> None:
        write_pdf(tmp_path / "cohort.pdf", cohort)
        text = text_of(tmp_path / "cohort.pdf")
        for section in figure_sections(cohort):
            assert section.title in text
        assert "0.80 (0.10 to 1.50)" in text
        assert "share of the others" in text
        reader = PdfReader(tmp_path / "cohort.pdf")
        contents = [page.get_contents() for page in reader.pages]
        drawn = b"".join(each.get_data() for each in contents if each is not None)
        assert len(re.findall(rb"[\d.]+ c\b", drawn)) >= 12  # circles

    def test_the_curve_steps_at_equal_scores_at_once(self) -> None:
        inside = np.array([True, False, True, False])
        points = _roc(inside, np.array([0.9, 0.5, 0.5, 0.1]))
        assert points == ((0.0, 0.0), (0.0, 0.5), (0.5, 1.0), (1.0, 1.0))
