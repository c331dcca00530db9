"""The PDF says what the page says, in letters that can be found, and the same bytes each time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pypdf import PdfReader

from neuropose.data import Measure, Report, ReportProvenance, Table
from neuropose.page import wording, write_pdf
from neuropose.page.pdf import _MOST_ROWS, _column_groups

FOOT = re.compile(r"\S+ · gait · For research; not a medical device\. \d+ / \d+")


def text_of(path: Path) -> str:
    """Return all text, with the foot of a page after it, not within a sentence that goes on."""
    pages = PdfReader(path).pages
    text = " ".join(" ".join(page.extract_text() for page in pages).replace("\xa0", " ").split())
    return " ".join([*FOOT.sub(" ", text).split(), *FOOT.findall(text)])


@pytest.fixture(scope="module")
def pdf(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pdf") / "report.pdf"
    write_pdf(path, report, code="S01", date="1 March 2026")
    return path


class TestPdf:
    def test_the_measures(self, pdf: Path, report: Report) -> None:
        text = text_of(pdf)
        for row in wording.measure_table(report).rows:
            assert wording.words(row.base) in text
            for member in row.members.values():
                assert wording.number(member) in text

    def test_reasons_and_warnings(self, pdf: Path, report: Report) -> None:
        text = text_of(pdf)
        for _, said in (*wording.reasons(report), *wording.warnings(report)):
            assert said in text

    def test_who(self, pdf: Path) -> None:
        text = text_of(pdf)
        assert "Gait S01" in text
        assert "1 March 2026" in text
        assert "S01 · gait" in text

    def test_the_curves_are_vectors(self, pdf: Path) -> None:
        pages = PdfReader(pdf).pages
        assert not any(page.images for page in pages)
        contents = [page.get_contents() for page in pages]
        drawn = b"".join(each.get_data() for each in contents if each is not None)
        assert len(re.findall(rb"[\d.]+ [\d.]+ l\b", drawn)) > 500

    def test_the_same_bytes(self, pdf: Path, report: Report, tmp_path: Path) -> None:
        write_pdf(tmp_path / "again.pdf", report, code="S01", date="1 March 2026")
        assert (tmp_path / "again.pdf").read_bytes() == pdf.read_bytes()

    def test_long_tables_are_cut_and_say_so(self, tmp_path: Path) -> None:
        rows = _MOST_ROWS + 5
        table = Table.from_columns(
            {"interval": ("s", [0.5] * rows), "note": (None, ["n" * 200] * rows)}
        )
        report = Report(
            task="repetitions",
            measures={"rate": Measure.missing("Hz", "nothing moved")},
            tables={"repetitions": table},
            provenance=ReportProvenance(neuropose_version="0.1.0"),
        )
        write_pdf(tmp_path / "long.pdf", report)
        assert f"The first {_MOST_ROWS} of {rows} rows" in text_of(tmp_path / "long.pdf")
        assert "No measure has a value" in text_of(tmp_path / "long.pdf")

    def test_every_part_of_a_wide_table_says_what_its_rows_are_of(self) -> None:
        groups = list(_column_groups(21, [0, 1]))
        assert [group[:2] for group in groups] == [[0, 1]] * 3
        assert [at for group in groups for at in group[2:]] == list(range(2, 21))
        assert list(_column_groups(10, [0, 1])) == [list(range(10))]
        assert list(_column_groups(1, [0])) == [[0]]

    def test_measures_are_named_in_words(self, tmp_path: Path) -> None:
        table = Table.from_columns(
            {"measure": (None, ["step_length"]), "sd": (None, [12.5]), "words": (None, ["a_b"])}
        )
        report = Report(
            task="repetitions",
            measures={"rate": Measure.missing("Hz", "nothing moved")},
            tables={"variability": table},
            provenance=ReportProvenance(neuropose_version="0.1.0"),
        )
        write_pdf(tmp_path / "words.pdf", report)
        assert "step length 12.50 a_b" in text_of(tmp_path / "words.pdf")
