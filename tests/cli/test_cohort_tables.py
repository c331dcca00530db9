"""Every statistic of a cohort is on the screen, and each line says what it is of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pypdf import PdfReader
from tests.study.cohorts import CADENCE, STRIDE_TIME, cohort

from neuropose.cli.render.cohort_tables import cohort_lines
from neuropose.data import Report, ReportProvenance
from neuropose.page import write_page, write_pdf
from neuropose.study.cohort.report import statistics_tables
from neuropose.study.cohort.values import MeasuredTrial
from neuropose.study.contract.cohort import Statistics


@pytest.fixture(scope="module")
def report() -> Report:
    """Two groups, before and after, with and without a cane."""
    trials: list[MeasuredTrial] = []
    for session, condition in (("before", "plain"), ("after", "plain"), ("before", "cane")):
        trials += [
            replace(each, trial=replace(each.trial, session=session, condition=condition))
            for each in cohort(1.0, trials=1, seed=len(trials))
        ]
    how = Statistics(
        groups=("patients", "controls"),
        reliability="2,1",
        agreement=("before", "after"),
        sessions=("before", "after"),
        conditions=("plain", "cane"),
        mixed_models=True,
        features=(STRIDE_TIME, CADENCE),
        curves=True,
        permutations=99,
    )
    return Report(
        task="pipeline_cohort",
        measures={},
        tables=statistics_tables(how, trials),
        provenance=ReportProvenance(neuropose_version="0"),
    )


def test_every_statistic_is_on_the_screen(report: Report) -> None:
    lines = list(cohort_lines(report))
    rows = [line for line in lines if line.startswith("  ") and not line.startswith("  - ")]
    drawn = ("curve_regions", "curve_differences")
    assert len(rows) == sum(len(t.rows) for name, t in report.tables.items() if name not in drawn)
    assert {"repeated", "changes", "mixed_models"} <= report.tables.keys()
    for heading in (
        "session after less before, subject by subject",
        "condition cane less plain, subject by subject",
        "change from before to after, patients less controls",
        "change from plain to cane, patients less controls",
        "session before to after, mixed models",
        "condition plain to cane, mixed models",
    ):
        assert lines.count(heading) == 1
    paired = report.tables["repeated"].column("difference")[0]
    at = lines.index("session after less before, subject by subject")
    assert f"{paired:.3g}".replace("-", "−") in lines[at + 1]
    assert "n 16" in lines[at + 1]


def test_each_line_of_a_block_says_what_it_is_of(report: Report) -> None:
    blocks = "\n".join(cohort_lines(report)).split("\n\n")
    for block in blocks:
        rows = [line[2:] for line in block.splitlines() if line[:3].strip() and line[0] == " "]
        names = [row.split("  ")[0] for row in rows if not row.startswith("-")]
        assert len(set(names)) == len(names)
    said = "\n".join(blocks)
    for name in (
        f"{STRIDE_TIME}, all subjects ",
        f"{STRIDE_TIME}, patients ",
        f"{CADENCE}, group ",
    ):
        assert name in said


def test_page_and_pdf_say_whose_reliability_it_is(report: Report, tmp_path: Path) -> None:
    write_page(tmp_path / "report.html", report)
    page = (tmp_path / "report.html").read_text()
    for title in ("Repeated", "Changes", "Mixed models", "Reliability"):
        assert f">{title}</h2>" in page
    of_reliability = page[page.index(">Reliability</h2>") :]
    assert of_reliability[: of_reliability.index("</table>")].count(">all subjects<") == 2
    write_pdf(tmp_path / "report.pdf", report)
    text = " ".join(each.extract_text() for each in PdfReader(tmp_path / "report.pdf").pages)
    text = "".join(text.split())
    # The table is too wide for one sheet: both parts say whose each row is.
    assert text.count(f"{CADENCE}steps/minallsubjects") == 2
    assert text.count(f"{CADENCE}steps/mincontrols") == 2
    assert np.isfinite(report.tables["reliability"].column("mdc95")).all()
