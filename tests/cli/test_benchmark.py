"""``neuropose benchmark``, as its user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from neuropose.cli import _estimating, main
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


def test_a_trace_says_what_each_thread_did(video: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark(video, "--runs", "1", "--warm-up", "0", "--trace", "run.json") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2].startswith("threads   ms a frame on a core, of those that passed: ")
    assert "decoding" in lines[-2]
    assert lines[-1] == "trace     run.json"
    events = json.loads(Path("run.json").read_text())["traceEvents"]
    decoded = [event for event in events if event["name"] == "decoding"]
    assert len(decoded) >= FRAMES
    assert all(event["dur"] >= 0.0 <= event["ts"] for event in decoded)


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
        ("walk.mp4", "wrong", [], 9, "walk.mp4: model 'fake' returned str"),
        ("walk.mp4", "absent", [], 9, "there is no model 'fake-absent'"),
        ("walk.mp4", "one", ["--compare", "fake-absent"], 9, "there is no model 'fake-absent'"),
        ("walk.mp4", "one", ["--compare", "gpus"], 9, "there is no model 'gpus'"),
        ("walk.mp4", "one", ["--compare", "fake-wrong"], 9, "walk.mp4: model 'fake' returned str"),
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
    [error] = [line for line in err.splitlines() if not line.startswith(("run ", "hint: "))]
    assert problem in error
    assert out == ""


def test_a_comparison_for_a_person(video: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark(video, "--compare", "fake-fickle", "--runs", "2", "--workers", "1") == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    starts = [
        "video     12 frames, ",
        "base      fake on cpu, none, 1 core",
        "speed     median ",
        "latency   p50 ",
        "results   the same in every run, bit for bit",
        "other     fake on cpu, none, 1 core",
        "speed     median ",
        "latency   p50 ",
        "results   DIFFER from run to run",
        "memory    peak ",
        "ratio     other / base ",
        "people    12 found by both in 12 frames, 0 by one alone",
        "poses     median ",
        "picture   median ",
    ]
    assert [line[: len(start)] for line, start in zip(lines, starts, strict=True)] == starts
    assert lines[10].endswith(" in speed (median of 2 rounds, one run of each)")
    assert lines[12].endswith(" mm apart in the camera frame (33 joints)")
    assert [line.split(": ")[0] for line in err.splitlines()] == [
        "run 1 of 6 (base, warm-up)",
        "run 2 of 6 (other, warm-up)",
        "run 3 of 6 (base)",
        "run 4 of 6 (other)",
        "run 5 of 6 (base)",
        "run 6 of 6 (other)",
    ]


def test_a_comparison_for_a_machine(video: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark(video, "--compare", "fake-one", "--runs", "1", "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert result["base"]["model"] == result["other"]["model"] == "fake"
    assert len(result["base"]["runs"]) == len(result["other"]["runs"]) == 1
    assert result["ratio"] > 0
    assert len(result["difference"].pop("joints")) == 33
    assert result["difference"] == {
        "median_mm": 0.0,
        "largest_mm": 0.0,
        "median_px": 0.0,
        "frames": FRAMES,
        "people_matched": FRAMES,
        "people_unmatched": 0,
    }
    assert "walk" not in json.dumps(result)


def test_nothing_to_compare_is_told_and_null(
    video: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--compare", "fake-nobody", "--runs", "1", "--warm-up", "0")
    assert benchmark(video, *arguments) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "people    0 found by both in 0 frames, 12 by one alone",
        "poses     cannot be compared: none of 33 joints was given by both",
    ]
    assert benchmark(video, *arguments, "--json") == 0
    difference = json.loads(capsys.readouterr().out)["difference"]
    assert difference["median_mm"] is difference["largest_mm"] is difference["median_px"] is None


@pytest.mark.parametrize(
    ("value", "other"),
    [
        ("auto", ("fake-one", "auto")),
        ("cpu", ("fake-one", "cpu")),
        ("gpu", ("fake-one", "gpu")),
        ("gpu:12", ("fake-one", "gpu:12")),
        ("fake-two", ("fake-two", "gpu:0")),
    ],
)
def test_a_device_or_a_model_to_compare_with(
    value: str, other: tuple[str, str], video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[tuple[str, str]] = []

    def load(session, model, device, workers):
        loaded.append((model, device))
        return _estimating.load_estimator(session, model, "auto", workers)  # the fakes have no GPU

    monkeypatch.setattr("neuropose.cli.benchmark.load_estimator", load)
    assert benchmark(video, "--device", "gpu:0", "--compare", value, "--runs", "1") == 0
    assert loaded == [("fake-one", "gpu:0"), other]


def test_an_unknown_model_is_refused_before_anything_runs(
    video: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert benchmark(video, "--compare", "fake-absent") == 9
    assert "run " not in capsys.readouterr().err


def test_the_help_tells_of_the_comparison(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["benchmark", "--help"]) == 0
    assert "--compare MODEL|DEVICE" in capsys.readouterr().out
