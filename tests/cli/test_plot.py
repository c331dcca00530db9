"""``neuropose plot``: a figure of a report, in the format that its name says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from neuropose.analyzer import analyze_gait, gait_report
from neuropose.cli import main
from neuropose.data import Table
from neuropose.io import load_report, save_report
from neuropose.testing import simulate_walk, walker_sequence

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    path = tmp_path / "walk.gait.json"
    save_report(path, gait_report(analyze_gait(walker_sequence(simulate_walk()))))
    return path


@pytest.mark.parametrize(
    ("suffix", "begin"), [("svg", b"<?xml"), ("pdf", b"%PDF-"), ("png", b"\x89PNG")]
)
def test_the_name_says_the_format(
    measured: Path, suffix: str, begin: bytes, capsys: Captured
) -> None:
    out = measured.with_name(f"knee.{suffix}")
    assert main(["plot", str(measured), "--angle", "knee_flexion", "-o", str(out)]) == 0
    assert out.read_bytes().startswith(begin)
    assert capsys.readouterr().out == f"written   {out}\n"


def test_without_a_name_it_lies_beside_the_report(measured: Path, capsys: Captured) -> None:
    assert main(["plot", str(measured), "--angle", "knee_flexion"]) == 0
    assert main(["plot", str(measured)]) == 0
    assert measured.with_name("walk.gait.knee_flexion.svg").exists()
    assert measured.with_name("walk.gait.events.svg").exists()
    capsys.readouterr()


def test_a_report_without_curves_says_where_the_reasons_are(
    measured: Path, capsys: Captured
) -> None:
    report = load_report(measured)
    percent = Table.from_columns({"percent": ("%", np.linspace(0.0, 100.0, 101))})
    bare = report.model_copy(update={"tables": {**report.tables, "cycles": percent}})
    save_report(measured, bare)
    assert main(["plot", str(measured), "--angle", "knee_flexion"]) == 2
    assert "`neuropose report` says why" in capsys.readouterr().err


def test_the_same_report_gives_the_same_bytes(measured: Path, capsys: Captured) -> None:
    outs = [measured.with_name(name) for name in ("a.svg", "b.svg")]
    for out in outs:
        assert main(["plot", str(measured), "-o", str(out), "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert said == {"results": str(measured), "output": str(out)}
    assert outs[0].read_bytes() == outs[1].read_bytes()


def test_a_figure_that_is_there_stays(measured: Path, capsys: Captured) -> None:
    command = ["plot", str(measured), "-o", str(measured.with_name("events.svg"))]
    assert main(command) == 0
    assert main(command) != 0
    assert "--force" in capsys.readouterr().err
    assert main([*command, "--force"]) == 0


def test_an_angle_that_there_is_not(measured: Path, capsys: Captured) -> None:
    out = str(measured.with_name("x.svg"))
    assert main(["plot", str(measured), "--angle", "elbow_flexion", "-o", out]) == 2
    assert "knee_flexion" in capsys.readouterr().err


def test_another_kind_of_file(measured: Path, capsys: Captured) -> None:
    assert main(["plot", str(measured), "-o", "x.docx"]) != 0
    assert ".svg or .pdf or .png" in capsys.readouterr().err
