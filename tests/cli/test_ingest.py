"""``neuropose ingest``, as its operator meets it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from tests.video.clips import tiny_video

from neuropose.cli import main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "operator"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("NEUROPOSE_DATA_DIR", str(tmp_path / "jobs"))
    with zipfile.ZipFile("anna.zip", "w") as file:
        file.writestr("walk.mp4", tiny_video().ljust(2_000_000, b"\0"))
        file.writestr("notes.txt", "left")
    return folder


def test_an_archive(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ingest", "anna.zip"]) == 0
    assert capsys.readouterr().out == "job anna: 1 video, 2.0 MB, 1 other file skipped\n"
    assert (tmp_path / "jobs" / "in" / "anna" / "walk.mp4").stat().st_size == 2_000_000


def test_a_dry_run_writes_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ingest", "anna.zip", "--dry-run", "--json"]) == 0
    [job] = json.loads(capsys.readouterr().out)
    assert job == {
        "job": "anna",
        "videos": ["walk.mp4"],
        "markers": [],
        "size_bytes": 2_000_000,
        "skipped": 1,
        "made": False,
        "notes": [],
    }
    assert not (tmp_path / "jobs").exists()


def test_every_problem_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile("bad.zip", "w") as file:
        for name in ("../a.mp4", "/b.mp4"):
            file.writestr(name, b"x")
    assert main(["ingest", "bad.zip"]) == 10
    err = capsys.readouterr().err
    assert "2 problems, nothing was ingested" in err
    assert "/b.mp4 has an absolute name" in err
    assert "no video" not in err  # there are two, which are refused


def test_a_second_time(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ingest", "anna.zip"]) == 0
    assert main(["ingest", "anna.zip"]) == 10
    assert "--force replaces it" in capsys.readouterr().err
    assert main(["ingest", "anna.zip", "--force"]) == 0


def test_folders_without_a_video_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("day/anna", "day/ben", "day/empty"):
        (folder / name).mkdir(parents=True)
    for number, name in enumerate(("anna", "ben")):
        (folder / "day" / name / "walk.mp4").write_bytes(tiny_video() + bytes(number))
    assert main(["ingest", "day", "--dry-run"]) == 0
    out, err = capsys.readouterr()
    assert "empty" not in out
    assert "day/empty: there is no video or marker file in it" in err
    assert main(["ingest", "day", "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [record["job"] for record in told] == ["anna", "ben", None]
    assert told[2]["notes"] == ["day/empty: there is no video or marker file in it"]


def test_the_same_video_twice_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "anna").mkdir()
    for name in ("walk.mp4", "copy.mp4"):
        (folder / "anna" / name).write_bytes(tiny_video())
    assert main(["ingest", "anna", "--dry-run"]) == 0
    err = capsys.readouterr().err
    assert "anna/walk.mp4 is the same recording as anna/copy.mp4" in err
