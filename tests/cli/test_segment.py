"""``neuropose segment``, as a researcher meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from neuropose.analyzer import Preparation, RepetitionSettings
from neuropose.analyzer.segmentation import LEAST_PROMINENCE
from neuropose.cli import main
from neuropose.data import JobResults, Segmentation
from neuropose.io import (
    load_job_results,
    load_video_predictions,
    save_job_results,
    save_video_predictions,
)
from neuropose.testing import synthetic_predictions

KNEE = ["--angle", "left_hip,left_knee,left_ankle", "--inverted"]


@pytest.fixture
def walk(tmp_path: Path) -> Path:
    save_video_predictions(tmp_path / "walk.poses.json", synthetic_predictions(frame_count=150))
    return tmp_path / "walk.poses.json"


@pytest.fixture
def job(tmp_path: Path) -> Path:
    videos = {
        "video_01": synthetic_predictions(frame_count=20),
        "video_02": synthetic_predictions(frame_count=150, people=2),
    }
    save_job_results(tmp_path / "results.json", JobResults(videos=videos))
    return tmp_path / "results.json"


def test_markers_are_measured_elsewhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["segment", str(tmp_path / "walk.trc"), *KNEE]) == 2
    assert "neuropose analyze --task repetitions" in capsys.readouterr().err


def test_a_table_for_people(walk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["segment", str(walk), *KNEE, "--name", "strides"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == (
        "strides: 4 repetitions in angle of left_hip, left_knee, left_ankle "
        "(deg, inverted), track 0"
    )
    assert " ".join(out[1].split()) == ("no. start s peak s end s peak prominence confidence")
    assert [line.split()[:4] for line in out[2:6]] == [
        ["1", "0.667", "1.000", "1.767"],
        ["2", "1.767", "2.067", "2.867"],
        ["3", "2.867", "3.167", "3.933"],
        ["4", "3.933", "4.267", "4.900"],
    ]
    written = walk.with_name("walk.poses.segmented.json")
    assert out[6] == f"written {written}"
    entry = load_video_predictions(written).segmentations["strides"]
    assert isinstance(entry, Segmentation)
    assert [window.peak_frame for window in entry.windows] == [30, 62, 95, 128]
    assert load_video_predictions(walk) == synthetic_predictions(frame_count=150)


def test_the_vertical(walk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["segment", str(walk), "--joint", "left_toe", "--axis", "up", "--force"]
    assert main([*line, "--up", "-y"]) == 0
    entry = load_video_predictions(walk.with_name("walk.poses.segmented.json"))
    settings = entry.segmentations["repetitions"].settings
    assert settings["up"] == [0.0, -1.0, 0.0]
    assert settings["vertical"]["method"] == "given"
    assert main([*line, "--up", "y"]) == 11
    assert "the given vertical is y, but the trunk and legs" in capsys.readouterr().err
    assert main([*line, "--up", "y", "--confirm-up"]) == 0
    assert main([*line, "--confirm-up"]) == 2
    assert main([*line, "--up", "0,0"]) == 2
    assert "a direction is x, y, z" in capsys.readouterr().err


def test_json_for_machines(walk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = walk.with_name("out.json")
    line = ["segment", str(walk), *KNEE, "-o", str(out), "--min-distance-s", "1.5", "--json"]
    assert main([*line, "--prominence", "30"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert list(shown) == ["results", "video", "name", "output", "segmentation"]
    assert (shown["video"], shown["name"], shown["output"]) == (None, "repetitions", str(out))
    settings = shown["segmentation"]["settings"]["repetitions"]
    assert (settings["min_distance_s"], settings["prominence"]) == (1.5, 30.0)
    assert len(shown["segmentation"]["windows"]) == 2
    entry = load_video_predictions(out).segmentations["repetitions"]
    assert entry.model_dump(mode="json") == shown["segmentation"]


def test_a_joint_angle_and_settings(walk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["segment", str(walk), "--in-place", "--json"]
    cutoff = ["--set", "preparation.cutoff_hz=8"]
    assert main([*line, "--angle", "left_knee_flexion", *cutoff]) == 0
    entry = json.loads(capsys.readouterr().out)["segmentation"]
    assert entry["signal"]["kind"] == "joint_angle"
    assert entry["signal"]["angle"] == "left_knee_flexion"
    assert entry["settings"]["preparation"]["settings"]["cutoff_hz"] == 8.0
    assert entry["settings"]["repetitions"]["least_prominence"] == LEAST_PROMINENCE["angle"]
    assert len(entry["windows"]) == 4
    assert main([*line, "--set", "signal.angle=left_knee_flexion", *cutoff]) == 0
    assert json.loads(capsys.readouterr().out)["segmentation"] == entry
    assert load_video_predictions(walk).segmentations["repetitions"].signal.unit == "deg"
    assert main([*line, "--height", "left_toe"]) == 0
    high = json.loads(capsys.readouterr().out)["segmentation"]
    assert main([*line, "--joint", "left_toe", "--axis", "up"]) == 0
    assert json.loads(capsys.readouterr().out)["segmentation"] == high


def test_in_place_keeps_what_is_there(walk: Path) -> None:
    assert main(["segment", str(walk), *KNEE, "--in-place", "--name", "strides"]) == 0
    assert main(["segment", str(walk), "--speed", "left_wrist", "--in-place"]) == 0
    assert list(load_video_predictions(walk).segmentations) == ["strides", "repetitions"]
    assert [path.name for path in walk.parent.glob("*.json")] == [walk.name]


def test_one_video_of_a_job(job: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = load_job_results(job)
    line = ["segment", str(job), *KNEE, "--subject", "track:1", "--in-place", "--json"]
    assert main([*line, "--video", "video_02"]) == 0
    assert json.loads(capsys.readouterr().out)["video"] == "video_02"
    after = load_job_results(job)
    assert after.videos["video_01"] == before.videos["video_01"]
    assert after.videos["video_02"].segmentations["repetitions"].track_id == 1


def test_the_only_video_of_a_job_needs_no_name(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    videos = {"video_01": synthetic_predictions(frame_count=150)}
    save_job_results(path, JobResults(videos=videos))
    assert main(["segment", str(path), *KNEE, "-o", str(tmp_path / "a.json")]) == 0
    assert "repetitions" in load_job_results(tmp_path / "a.json").videos["video_01"].segmentations


def test_nothing_found_is_a_result_with_its_reason(
    walk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["segment", str(walk), *KNEE, "--prominence", "170"]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("repetitions: 0 repetitions in angle of ")
    assert "no." not in captured.out
    assert "warning: no repetition was found: the signal moves by" in captured.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give one signal"),
        (["--joint", "nose"], "give one signal"),
        (["--axis", "up"], "give one signal"),
        (["--joint", "nose", "--axis", "x", "--speed", "nose"], "give one signal"),
        (["--speed", "nose", "--axis", "x"], "give one signal"),
        (["--joint", "nose", "--axis", "w"], "'w' is none of up, forward"),
        (["--distance", "nose"], "distance needs 2 joints, not 1"),
        (["--distance", "nose,nose"], "must differ"),
        (["--angle", "nose,left_hip"], "angle needs 3 joints, not 2"),
        (["--speed", "nose", "--min-distance-s", "0"], "--min-distance-s: "),
        (["--speed", "nose", "--prominence", "-3"], "--prominence: "),
        (["--angle", "wing_flexion"], "there is no angle 'wing_flexion'"),
        (["--speed", "nose", "--set", "preparation.cutof=3"], "mean preparation.cutoff_hz?"),
        (["--speed", "nose", "--set", "signal.height=nose"], "give one signal"),
        (["--speed", "nose", "--in-place", "--output", "a.json"], "one of them"),
        (["--speed", "nose", "--video", "video_01"], "is of one video"),
    ],
)
def test_a_wrong_command_line(
    arguments: list[str], message: str, walk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["segment", str(walk), *arguments]) == 2
    assert message in capsys.readouterr().err
    assert len(list(walk.parent.glob("*.json"))) == 1


@pytest.mark.parametrize(
    ("video", "message"), [([], "video_01, video_02"), (["--video", "video_3"], "no video_3")]
)
def test_a_video_that_is_not_there(
    video: list[str], message: str, job: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["segment", str(job), *KNEE, *video]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--distance", "left_thumb,left_index"], 11, "has no fingertips"),
        (["--speed", "left_tail"], 11, "has no left_tail"),
        (["--speed", "nose", "--subject", "track:4"], 6, "no track 4"),
        (["--speed", "nose", "--subject", "tallest"], 6, "unknown subject strategy"),
        (["--speed", "nose", "--output", "."], 12, "is a folder"),
        (["--speed", "nose", "--name", ""], 11, "needs a name"),
    ],
)
def test_what_cannot_be_done(
    arguments: list[str], code: int, message: str, walk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["segment", str(walk), *arguments]) == code
    assert message in capsys.readouterr().err
    assert len(list(walk.parent.glob("*.json"))) == 1


def test_files_that_are_there_stay(walk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = walk.with_name("walk.poses.segmented.json")
    out.write_text("mine")
    assert main(["segment", str(walk), *KNEE]) == 12
    assert "--force overwrites it" in capsys.readouterr().err
    assert out.read_text() == "mine"
    assert main(["segment", str(walk), *KNEE, "--force"]) == 0
    assert "repetitions" in load_video_predictions(out).segmentations


@pytest.mark.parametrize(
    ("content", "code"), [(None, 5), ("{}", 5), ("[1]", 5), ('{"videos": 3}', 5), ("\x00", 5)]
)
def test_files_that_are_none(
    content: str | None, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.json"
    if content is not None:
        path.write_text(content)
    assert main(["segment", str(path), *KNEE]) == code
    assert capsys.readouterr().err.startswith("error: ")


def test_the_defaults_in_the_guide() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "reference" / "cli.md").read_text(
        encoding="utf-8"
    )
    text = " ".join(guide.split("\n## segment\n")[1].split("\n## ")[0].split())
    settings, preparation = RepetitionSettings(), Preparation()
    assert f"({settings.min_distance_s:g} s)" in text
    assert settings.relative_prominence == 0.25
    assert "a quarter of the signal's range" in text
    least = LEAST_PROMINENCE
    assert least["distance"] == least["axis"]
    assert (
        f"at least {least['axis']:g} mm, {least['speed']:g} mm/s or {least['angle']:g}°"
    ) in text
    assert f"gaps up to {preparation.gap_limit_s:g} s filled" in text
    assert f"smoothed ({preparation.cutoff_hz:g} Hz)" in text
