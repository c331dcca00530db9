"""Norms come from a file that says whose they are, and lie behind the curves."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from pypdf import PdfReader

from neuropose.data import Report
from neuropose.errors import FileFormatError, FileMissingError
from neuropose.page import read_norms, write_page, write_pdf
from neuropose.page.plots import as_svg, cycle_plots

HEAD = "curve,percent,mean,sd,source\n"


def table(path: Path, *rows: str, head: str = HEAD) -> Path:
    path.write_text(head + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def norms(tmp_path: Path) -> Path:
    rows = [f"knee_flexion,{percent},{percent / 2},5,<Winter> 1991" for percent in range(0, 101, 5)]
    return table(tmp_path / "norms.csv", *rows)


def test_it_is_interpolated(norms: Path) -> None:
    norm = read_norms(norms)["knee_flexion"]
    low, high = norm.at(np.array([0.0, 2.0, 50.0, 101.0]))
    assert low == pytest.approx([-5.0, -4.0, 20.0, np.nan], nan_ok=True)
    assert high == pytest.approx([5.0, 6.0, 30.0, np.nan], nan_ok=True)


def test_it_lies_behind_its_curve_only(norms: Path, report: Report) -> None:
    for plot in cycle_plots(report, read_norms(norms)):
        root = ElementTree.fromstring(str(as_svg(plot)))
        bands = [each for each in root.iter("path") if each.get("class") == "norm"]
        assert len(bands) == (plot.title == "knee flexion")


def test_the_source_is_on_page_and_pdf(norms: Path, report: Report, tmp_path: Path) -> None:
    for path in (tmp_path / "with.html", tmp_path / "without.html"):
        known = read_norms(norms) if path.stem == "with" else {}
        write_page(path, report, norms=known)
        page = path.read_text(encoding="utf-8")
        assert ("norm, mean ± SD between people (&lt;Winter&gt; 1991)" in page) == bool(known)
    write_pdf(tmp_path / "with.pdf", report, norms=read_norms(norms))
    text = " ".join(page.extract_text() for page in PdfReader(tmp_path / "with.pdf").pages)
    assert "<Winter> 1991" in text


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["knee,0,1,1,a", "knee,100,1,1,b"], "2 sources"),
        (["knee,0,1,1,", "knee,100,1,1,"], "0 sources"),
        (["knee,0,1,1,a"], "do not ascend"),
        (["knee,10,1,1,a", "knee,0,1,1,a"], "do not ascend"),
        (["knee,0,x,1,a", "knee,100,1,1,a"], "could not convert"),
        (["knee,0,nan,1,a", "knee,100,1,1,a"], "missing or not allowed"),
        (["knee,0,1,-1,a", "knee,100,1,1,a"], "missing or not allowed"),
        (["knee,0,1", "knee,100,1,1,a"], "knee"),
        ([], "not a table of norms"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, rows: list[str], said: str) -> None:
    with pytest.raises(FileFormatError) as error:
        read_norms(table(tmp_path / "norms.csv", *rows))
    assert said in error.value.message


def test_another_table_or_none(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="not a table of norms"):
        read_norms(table(tmp_path / "norms.csv", "1,2", head="a,b\n"))
    with pytest.raises(FileMissingError):
        read_norms(tmp_path / "missing.csv")
