"""Angles without a curve: why, what is known of them all the same, and what would tell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.page.test_html import Reader
from tests.page.test_pdf import text_of

from neuropose.analyzer import PoseSequence, analyze_gait, gait_report
from neuropose.data import Measure, Report, Table
from neuropose.page import write_page, write_pdf
from neuropose.page.refused import refused_curves
from neuropose.testing import reconstructed, simulate_walk, walker_sequence

REASON = "cannot be told from this view; film from the side, or with a second camera"


@pytest.fixture(scope="module")
def from_the_front() -> Report:
    """As of a body from one camera, of which no angle of the hip is good enough."""
    report = gait_report(analyze_gait(walker_sequence(simulate_walk())))
    of_hip = {
        f"hip_flexion_{feature}_{side}": Measure(
            value=None, unit="deg", n=4, interval=(12.0, 44.0), reason=REASON
        )
        for feature in ("range", "peak")
        for side in ("left", "right")
    }
    percent = Table.from_columns({"percent": ("%", np.linspace(0.0, 100.0, 101))})
    return report.model_copy(
        update={
            "measures": {**report.measures, **of_hip},
            "tables": {**report.tables, "cycles": percent},
        }
    )


def test_every_curve_of_a_good_view_is_drawn(report: Report) -> None:
    assert refused_curves(report).angles == ()


def test_each_reason_stands_once(from_the_front: Report) -> None:
    refused = refused_curves(from_the_front)
    assert "Cannot be told from this view; film from the side, or with a second camera." in (
        refused.reasons
    )
    assert len(set(refused.reasons)) == len(refused.reasons)
    rows = {row[0]: row[1:] for row in refused.rows()}
    assert rows["hip flexion"] == ["[12.0, 44.0]"] * 4
    assert refused.has_numbers


def test_page_and_pdf_say_it(from_the_front: Report, tmp_path: Path) -> None:
    write_page(tmp_path / "page.html", from_the_front)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "No curve can be drawn" in page
    assert "film from the side" in page.partition('id="cycles"')[2].partition("</section>")[0]
    write_pdf(tmp_path / "page.pdf", from_the_front)
    assert "No curve can be drawn" in text_of(tmp_path / "page.pdf")


def test_a_table_of_strides_has_no_value_of_what_is_refused(tmp_path: Path) -> None:
    walk = reconstructed(walker_sequence(simulate_walk()), 60.0, draws=4)
    report = gait_report(analyze_gait(PoseSequence.from_reconstruction(walk)))
    assert report.measures["step_width_left"].value is None
    write_page(tmp_path / "page.html", report)
    page = Reader(tmp_path / "page.html")
    heads, *rows = page.tables["strides"]
    column = [str(each).strip() for each in heads].index("step widthmm")
    assert rows
    assert {row[column] for row in rows} == {"–"}
    assert "leave out their values in single strides" in page.text
