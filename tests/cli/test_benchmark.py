"""``neuropose benchmark``, as its user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from neuropose.cli import main
from neuropose.testing import write_numbered_video

pytestmark = pytest.mark.usefixtures("fakes")

FRAMES = 12


@pytest.fixture
def video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "patients").mkdir()
    monkeypatch.chdir(tmp_path / "patients")
    return write_numbered_video(Path("walk.mp4"), FRAMES)


def benchmark(video: Path | str, *arguments: str, model: str = "one") -> int:
    return main(["benchmark", str(video), "--model", f"fake-{model}", *arguments])


def test_for_a_person(video: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark(video, "--runs", "2", "--workers", "1") == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0] == "video     12 frames, 160×120 px, 30 frames/s"
    assert lines[1] == "model     fake on cpu, none, 1 core"
    assert lines[2].startswith("speed     median ")
    assert lines[2].endswith("; 2 runs)")
    assert lines[3].startswith("latency   p50 ")
    assert lines[4].startswith("memory    peak ")
    assert lines[5] == "results   the same in every run, bit for bit"
    runs = err.splitlines()
    assert len(runs) == 3
    assert runs[0].startswith("run 1 of 3 (warm-up): ")
    assert runs[2].startswith("run 3 of 3: ")
    assert [path.name for path in Path.cwd().iterdir()] == ["walk.mp4"]


def test_for_a_machine(video: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark(video, "--runs", "2", "--warm-up", "0", "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert result["model"] == "fake"
    assert result["identical"] is True
    assert result["metadata"]["frame_count"] == FRAMES
    speeds = [run["frames_per_second"] for run in result["runs"]]
    assert len(speeds) == 2
    assert result["frames_per_second"]["minimum"] == min(speeds)
    assert "walk" not in json.dumps(result)


def test_results_that_differ_are_told(video: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark(video, "--runs", "1", model="fickle") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "results   DIFFER from run to run"


@pytest.mark.parametrize(
    ("video_name", "model", "arguments", "code", "problem"),
    [
        ("missing.mp4", "unloadable", [], 4, "missing.mp4: there is no such file"),
        ("walk.mp4", "wrong", [], 9, "walk.mp4: model 'fake' gave str"),
        ("walk.mp4", "absent", [], 9, "there is no model 'fake-absent'"),
        ("walk.mp4", "one", ["--runs", "0"], 2, "--runs"),
        ("walk.mp4", "one", ["--warm-up", "-1"], 2, "--warm-up"),
    ],
)
def test_refusals(
    video_name: str,
    model: str,
    arguments: list[str],
    code: int,
    problem: str,
    video: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert benchmark(video_name, *arguments, model=model) == code
    out, err = capsys.readouterr()
    assert problem in err.splitlines()[0]
    assert out == ""
