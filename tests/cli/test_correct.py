"""``neuropose correct``: from a patch to numbers that say that they were corrected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from neuropose.checksums import sha256_of
from neuropose.cli import main
from neuropose.data import JobResults
from neuropose.io import (
    load_job_results,
    load_reconstruction,
    load_report,
    load_video_predictions,
    save_job_results,
    save_reconstruction,
    save_video_predictions,
)
from neuropose.testing import (
    reconstructed,
    simulate_walk,
    synthetic_predictions,
    walker_sequence,
)

Captured = pytest.CaptureFixture[str]
LEAVE_OUT = {"kind": "leave_out", "start_s": 2.0, "end_s": 2.2}


def patch_of(source: Path, *made: dict[str, Any], video: str | None = None) -> Path:
    signed = {
        "by": "reader 2",
        "when": "2026-03-01T08:12:00Z",
        "input_sha256": sha256_of(source),
        "video": video,
    }
    path = source.parent / f"{video or 'S01'}.corrections.json"
    content = {"schema_version": 1, "corrections": [{**signed, **each} for each in made]}
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def walk(tmp_path: Path) -> Path:
    path = tmp_path / "walk.poses.json"
    save_video_predictions(path, synthetic_predictions(frame_count=240))
    return path


def test_the_numbers_say_who_corrected_what_and_when(walk: Path, capsys: Captured) -> None:
    plain = ["analyze", "--task", "gait", "--reconstruct", "off"]
    assert main([*plain, str(walk)]) == 0
    before = load_report(walk.with_name("walk.gait.json"))
    event = before.events[3]
    original = walk.read_bytes()
    wrong = {"kind": "contact", "event": event.name, "side": event.side, "time_s": event.time_s}
    assert main(["correct", str(walk), str(patch_of(walk, LEAVE_OUT, wrong))]) == 0
    corrected = walk.with_name("walk.corrected.poses.json")
    assert walk.read_bytes() == original
    assert f"written   {corrected}" in capsys.readouterr().out
    assert main([*plain, str(corrected)]) == 0
    report = load_report(walk.with_name("walk.corrected.gait.json"))
    said = [each for each in report.warnings if "corrected by reader 2 on 2026-03-01" in each]
    assert len(said) == 2
    assert report.provenance.predictions is not None
    assert len(report.provenance.predictions.settings["corrections"]) == 2
    times_s = [each.time_s for each in report.events if each.name == event.name]
    assert min(abs(time_s - event.time_s) for time_s in times_s) > 0.1


def test_twice_is_refused(walk: Path, capsys: Captured) -> None:
    patch = patch_of(walk, LEAVE_OUT)
    assert main(["correct", str(walk), str(patch)]) == 0
    corrected = walk.with_name("walk.corrected.poses.json")
    capsys.readouterr()
    assert main(["correct", str(corrected), str(patch)]) == 5
    assert "has these corrections already" in capsys.readouterr().err
    assert main(["correct", str(walk), str(patch)]) != 0
    assert "--force" in capsys.readouterr().err
    first = corrected.read_bytes()
    assert main(["correct", str(walk), str(patch), "--force"]) == 0
    assert corrected.read_bytes() == first


def test_a_second_round_adds_to_the_first(walk: Path) -> None:
    assert main(["correct", str(walk), str(patch_of(walk, LEAVE_OUT))]) == 0
    corrected = walk.with_name("walk.corrected.poses.json")
    patch = patch_of(corrected, {"kind": "sides", "first_frame": 0, "last_frame": 9})
    again = walk.with_name("again.json")
    assert main(["correct", str(corrected), str(patch), "-o", str(again)]) == 0
    assert len(load_video_predictions(again).warnings) == 2


def test_the_patch_of_another_file_is_refused(walk: Path, capsys: Captured) -> None:
    patch = patch_of(walk, LEAVE_OUT)
    save_video_predictions(walk, synthetic_predictions(frame_count=239))
    assert main(["correct", str(walk), str(patch)]) == 5
    assert "belong to another file" in capsys.readouterr().err
    assert not walk.with_name("walk.corrected.poses.json").exists()


def test_the_original_is_never_written(walk: Path, capsys: Captured) -> None:
    patch, before = patch_of(walk, LEAVE_OUT), walk.read_bytes()
    assert main(["correct", str(walk), str(patch), "-o", str(walk), "--force"]) != 0
    assert "is the original, which stays" in capsys.readouterr().err
    assert walk.read_bytes() == before


def test_two_videos_of_a_job(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "results.json"
    names = ("video_01", "video_02", "video_03")
    videos = {name: synthetic_predictions(frame_count=120) for name in names}
    save_job_results(path, JobResults(videos=videos))
    patches = [str(patch_of(path, LEAVE_OUT, video=name)) for name in names[:2]]
    out = tmp_path / "corrected.json"
    assert main(["correct", str(path), *patches, "-o", str(out), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["input"], said["output"], len(said["corrections"])) == (str(path), str(out), 2)
    corrected = load_job_results(out).videos
    assert [len(corrected[name].metadata.gaps) for name in names] == [1, 1, 0]
    assert corrected["video_03"] == videos["video_03"]


def test_a_reconstruction(tmp_path: Path) -> None:
    path = tmp_path / "walk.reconstruction.npz"
    save_reconstruction(path, reconstructed(walker_sequence(simulate_walk()), 10.0))
    assert main(["correct", str(path), str(patch_of(path, LEAVE_OUT))]) == 0
    corrected = load_reconstruction(tmp_path / "walk.corrected.reconstruction.npz")
    assert "left out" in corrected.warnings[0]


def test_markers_are_left_to_other_programs(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "walk.trc"
    path.write_text("")
    assert main(["correct", str(path), str(patch_of(path, LEAVE_OUT))]) == 5
    assert "holds markers" in capsys.readouterr().err


def test_something_else_than_a_patch(walk: Path, capsys: Captured) -> None:
    assert main(["correct", str(walk), str(walk)]) == 5
    assert "no file of corrections" in capsys.readouterr().err


def test_a_patch_that_names_no_video_of_several(tmp_path: Path, capsys: Captured) -> None:
    results = tmp_path / "results.json"
    each = synthetic_predictions(frame_count=120)
    save_job_results(results, JobResults(videos={"video_01": each, "video_02": each}))
    assert main(["correct", str(results), str(patch_of(results, LEAVE_OUT))]) == 2
    err = " ".join(capsys.readouterr().err.split())
    assert 'give each correction its "video": say which one: video_01, video_02' in err
    assert "--video" not in err
