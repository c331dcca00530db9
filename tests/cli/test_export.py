"""``neuropose export``: what is read, where it goes, what is said, and whose name is not in it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.export.known_bodies import known_body
from tests.io.c3d_files import c3d_bytes

from neuropose import body
from neuropose.analyzer import analyze_gait, gait_report
from neuropose.cli import main
from neuropose.data import JobResults, Report, VideoPredictions
from neuropose.errors import MissingLibraryError
from neuropose.export import Kind, exporters, find_exporter
from neuropose.export.files import library
from neuropose.io import (
    read_trc,
    save_job_results,
    save_reconstruction,
    save_report,
    save_video_predictions,
)
from neuropose.testing import simulate_walk, synthetic_predictions, walker_sequence

NAME = "Quackenbush"
LABELS = ("LKNE", "RKNE", "LANK", "RANK")


@pytest.fixture(scope="module")
def predictions() -> VideoPredictions:
    return synthetic_predictions(frame_count=12)


@pytest.fixture(scope="module")
def report() -> Report:
    return gait_report(analyze_gait(walker_sequence(simulate_walk())))


@pytest.fixture
def folder(tmp_path: Path, predictions: VideoPredictions, report: Report) -> Path:
    """Files of a patient, whose name is in all their names."""
    home = tmp_path / f"clinic of {NAME}"
    home.mkdir()
    save_video_predictions(home / f"{NAME}.poses.json", predictions)
    save_reconstruction(home / f"{NAME}.reconstruction.npz", known_body())
    save_report(home / f"{NAME}.gait.json", report)
    points = np.random.default_rng(0).uniform(0.0, 900.0, (20, 4, 3))
    events = [("Foot Strike", "Left", 0.1)]
    names = [f"{NAME}:{label}" for label in LABELS]
    (home / f"{NAME}.c3d").write_bytes(c3d_bytes(points, names, events=events))
    return home


def is_installed(name: str) -> bool:
    exporter = find_exporter(name)
    modules = {"parquet": "pyarrow", "netcdf": "h5netcdf", "nwb": "ndx_pose", "rerun": "rerun"}
    try:
        library(modules.get(name, "json"), exporter.extra or "", name)
    except MissingLibraryError:
        return False
    return True


@pytest.mark.parametrize("name", [exporter.name for exporter in exporters()])
def test_nobodys_name_is_in_any_format(name: str, folder: Path, tmp_path: Path) -> None:
    """Neither of a patient, nor of the folder, nor the path: in no file and no name of one."""
    if not is_installed(name):
        pytest.skip(f"{name} needs a library of its own; make test-interop has it")
    exporter = find_exporter(name)
    inputs = {
        Kind.PEOPLE: [f"{NAME}.poses.json"],
        Kind.BODY: [f"{NAME}.reconstruction.npz"],
        Kind.MOVEMENT: [f"{NAME}.reconstruction.npz", f"{NAME}.poses.json", f"{NAME}.c3d"],
        Kind.REPORTS: [f"{NAME}.gait.json"],
    }
    number = 0
    for kind in exporter.takes:
        for source in inputs[kind]:
            number += 1
            out = tmp_path / f"out{number}"
            out.mkdir()
            path = out / f"export{exporter.suffix}"
            code = main(["export", str(folder / source), "--to", name, "-o", str(path)])
            assert code == 0
            files = [each for each in out.rglob("*") if each.is_file()]
            assert files
            for each in files:
                inside = str(each.relative_to(out)).encode() + each.read_bytes()
                for word in (NAME, "clinic of", str(tmp_path)):
                    assert word.lower().encode() not in inside.lower(), each
                    assert word.encode("utf-16-le") not in inside, each


def test_a_label_is_in_it_if_it_is_given(folder: Path, tmp_path: Path) -> None:
    source = str(folder / f"{NAME}.reconstruction.npz")
    for to, suffix in (("trc", ".trc"), ("c3d", ".c3d"), ("csv", ".csv"), ("matlab", ".mat")):
        out = tmp_path / f"walk{suffix}"
        assert main(["export", source, "--to", to, "-o", str(out), "--subject-label", "P07"]) == 0
        assert b"P07" in out.read_bytes()


def test_a_label_cannot_be_a_path(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = str(folder / f"{NAME}.reconstruction.npz")
    assert main(["export", source, "--to", "trc", "--subject-label", "../x"]) == 2
    assert "--subject-label" in capsys.readouterr().err


def test_beside_the_input_by_default(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = folder / f"{NAME}.reconstruction.npz"
    assert main(["export", str(source), "--to", "trc", "--unit", "mm", "--up", "z"]) == 0
    out = folder / f"{NAME}.reconstruction.trc"
    said = capsys.readouterr().out
    assert f"written   {out}" in said
    assert "left out: " in said
    assert read_trc(out).unit == "mm"
    assert main(["export", str(source), "--to", "trc"]) == 12
    assert "--force" in capsys.readouterr().err
    assert main(["export", str(source), "--to", "trc", "--force"]) == 0


def test_a_period_of_time(folder: Path, tmp_path: Path) -> None:
    source, out = str(folder / f"{NAME}.reconstruction.npz"), tmp_path / "walk.trc"
    options = ["--from", "0.2", "--until", "0.4", "--rate", "100"]
    assert main(["export", source, "--to", "trc", "-o", str(out), *options]) == 0
    again = read_trc(out)
    assert (again.rate_hz, len(again.time_s)) == (100.0, 21)


def test_every_video_of_a_job(
    tmp_path: Path, predictions: VideoPredictions, capsys: pytest.CaptureFixture[str]
) -> None:
    job = tmp_path / "out" / "anna" / "results.json"
    job.parent.mkdir(parents=True)
    save_job_results(job, JobResults(videos={"video_01": predictions, "video_02": predictions}))
    assert main(["export", str(job), "--to", "csv", "--json"]) == 0
    written = json.loads(capsys.readouterr().out)
    assert [Path(each["files"][0]).name for each in written] == [
        "anna.video_01.csv",
        "anna.video_02.csv",
    ]
    assert main(["export", str(job), "--to", "trc", "--video", "video_02"]) == 0
    assert (job.parent / "anna.video_02.trc").is_file()


def test_the_body_that_a_job_has_is_fitted_again_only_if_its_session_has_changed(
    tmp_path: Path,
    predictions: VideoPredictions,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = tmp_path / "out" / "anna"
    job.mkdir(parents=True)
    save_job_results(job / "results.json", JobResults(videos={"video_01": predictions}))
    kept = known_body().model_copy(update={"subject": predictions.subject("longest")})
    save_reconstruction(job / "video_01.reconstruction.npz", kept)
    calls: list[dict[str, Any]] = []
    again = known_body(30)
    monkeypatch.setattr(body, "reconstruct", lambda *_, **how: calls.append(how) or again)
    out = tmp_path / "walk.mot"
    export = ["export", str(job), "--to", "mot", "--force", "-o", str(out)]
    assert main(export) == 0
    assert "video_01.reconstruction.npz" in capsys.readouterr().err
    assert "nRows=40" in out.read_text()
    assert calls == []
    (job / "session.yaml").write_text("tasks: [rom]\nheight_mm: 1725\n")
    assert main(export) == 0
    assert "video_01.reconstruction.npz" not in capsys.readouterr().err
    assert "nRows=30" in out.read_text()
    (job / "session.yaml").write_text("tasks: [rom]\nup: -y\n")
    assert main(export) == 0
    assert [each["height_mm"] for each in calls] == [1725.0, None]


def test_the_person_is_that_of_the_session(folder: Path, tmp_path: Path) -> None:
    """In formats of one person; others hold everybody."""
    job = tmp_path / "out" / "ben"
    job.mkdir(parents=True)
    two = synthetic_predictions(frame_count=20, people=2)
    save_job_results(job / "results.json", JobResults(videos={"video_01": two}))
    usual = two.subject("longest").track_id
    (job / "session.yaml").write_text(f"tasks: [rom]\nsubject: track:{1 - usual}\n")
    export = ["export", str(job), "--reconstruct", "off", "--force", "-o", f"{tmp_path}/"]
    assert main([*export, "--to", "trc"]) == 0
    of_session = read_trc(tmp_path / "ben.trc").positions_mm
    assert main([*export, "--to", "trc", "--subject", f"track:{1 - usual}"]) == 0
    np.testing.assert_array_equal(read_trc(tmp_path / "ben.trc").positions_mm, of_session)
    assert main([*export, "--to", "trc", "--subject", f"track:{usual}"]) == 0
    assert not np.allclose(read_trc(tmp_path / "ben.trc").positions_mm, of_session)
    assert main([*export, "--to", "csv"]) == 0
    said = (tmp_path / "ben.csv").read_text(encoding="utf-8-sig")
    assert "track_0" in said
    assert "track_1" in said


def test_reports_go_into_one_workbook(folder: Path, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    report, out = str(folder / f"{NAME}.gait.json"), tmp_path / "all.xlsx"
    assert main(["export", report, report, "--to", "excel", "-o", str(out)]) == 0
    column = [cell.value for cell in openpyxl.load_workbook(out)["measures"]["A"][1:]]
    assert set(column) == {"recording_01", "recording_02"}


def test_events_of_a_report(folder: Path, tmp_path: Path) -> None:
    source, report = folder / f"{NAME}.reconstruction.npz", folder / f"{NAME}.gait.json"
    out = tmp_path / "walk.c3d"
    command = ["export", str(source), "--to", "c3d", "-o", str(out), "--report", str(report)]
    assert main(command) == 0
    assert b"Foot Strike" in out.read_bytes()


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--list"]) == 0
    said = capsys.readouterr().out
    for exporter in exporters():
        assert f"\n{exporter.name} " in f"\n{said}"
    assert "cannot hold: " in said
    assert main(["export", "--list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {"name", "title", "suffix", "takes", "cannot_hold", "extra"} == set(listed[0])


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["FILE", "--to", "tcr"], 12, "did you mean trc"),
        (["FILE"], 2, "--to"),
        (["FILE", "--to", "trc", "--up", "w"], 2, "--up"),
        (["FILE", "--to", "trc", "--rate", "0"], 2, "--rate"),
        (["FILE", "--to", "trc", "--vertical", "z"], 2, "fitted already"),
        (["FILE", "--to", "excel"], 12, "neuropose analyze"),
        (["missing.c3d", "--to", "trc"], 5, "missing.c3d"),
    ],
)
def test_errors(
    arguments: list[str],
    code: int,
    said: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = str(folder / f"{NAME}.reconstruction.npz")
    assert main(["export", *(source if each == "FILE" else each for each in arguments)]) == code
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "module", "ending"),
    [
        ("nwb", "pynwb", "reconstruction.npz"),
        ("netcdf", "xarray", "reconstruction.npz"),
        ("parquet", "pyarrow", "reconstruction.npz"),
        ("rerun", "rerun", "reconstruction.npz"),
        ("excel", "openpyxl.styles", "gait.json"),
    ],
)
def test_without_its_library_no_folder_is_left(
    name: str,
    module: str,
    ending: str,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    there = tmp_path / "there"
    there.mkdir()
    source = str(folder / f"{NAME}.{ending}")
    for out in (tmp_path / "of" / "ours", there):
        assert main(["export", source, "--to", name, "-o", str(out)]) != 0
        assert f"neuropose[{name}]" in capsys.readouterr().err
    assert not (tmp_path / "of").exists()
    assert list(there.iterdir()) == []


def test_one_of_several_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = folder / f"{NAME}.reconstruction.npz", folder / f"{NAME}.poses.json"
    assert main(["export", str(good), str(bad), "--to", "mot", "--reconstruct", "off"]) == 12
    captured = capsys.readouterr()
    assert "failed: " in captured.err
    assert (folder / f"{NAME}.reconstruction.mot").is_file()


def test_several_recordings_of_one_data_set(folder: Path, tmp_path: Path) -> None:
    sources = [str(folder / f"{NAME}.reconstruction.npz"), str(folder / f"{NAME}.c3d")]
    out = tmp_path / "bids"
    command = ["export", *sources, "--to", "bids", "-o", str(out), "--subject-label", "S01"]
    assert main(command) == 0
    names = {path.name for path in (out / "sub-S01" / "motion").glob("*_motion.tsv")}
    assert names == {
        f"sub-S01_task-movement_tracksys-neuropose_run-{run}_motion.tsv" for run in (1, 2)
    }


def test_folders_do_not_get_into_each_other(
    tmp_path: Path, predictions: VideoPredictions, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        save_video_predictions(tmp_path / f"{name}.poses.json", predictions)
    out = tmp_path / "out"
    out.mkdir()
    sources = [str(tmp_path / f"{name}.poses.json") for name in ("a", "b")]
    assert main(["export", *sources, "--to", "openpose", "-o", str(out)]) == 0
    assert {path.name for path in out.iterdir()} == {"a.openpose", "b.openpose"}
    twice = ["export", sources[0], sources[0], "--to", "csv", "-o", str(out), "--force"]
    assert main(twice) == 12
    assert "two inputs are called a" in capsys.readouterr().err


def test_methods_beside_a_page(folder: Path) -> None:
    command = ["report", str(folder / f"{NAME}.gait.json"), "--methods"]
    assert main(command) == 0
    [text] = folder.glob("*.methods.md")
    assert "Zeni et al., 2008" in text.read_text()
    assert text.with_suffix(".bib").is_file()
    for page in folder.glob("*.html"):
        page.unlink()
    assert main(command) == 12
    assert not list(folder.glob("*.html"))


def test_methods(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report, out = str(folder / f"{NAME}.gait.json"), tmp_path / "methods"
    assert main(["methods", report, "-o", str(out)]) == 0
    text = (tmp_path / "methods.md").read_text()
    assert "Zeni et al., 2008" in text
    assert NAME not in text
    assert "@article{zeni2008," in (tmp_path / "methods.bib").read_text()
    assert main(["methods", report, "-o", str(out)]) == 12
    assert main(["methods", report, "--json"]) == 0
    captured = capsys.readouterr().out
    assert "bibtex" in json.loads(captured[captured.index("{") :])
