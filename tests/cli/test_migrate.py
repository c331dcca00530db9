"""``neuropose migrate``, and a data directory of the original program."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from tests.interfacer.children import Obedient
from tests.io import original_files

from neuropose.cli import main
from neuropose.config import Settings
from neuropose.data import JobState, VideoPredictions
from neuropose.interfacer import Interfacer, Layout
from neuropose.io import (
    load_job_results,
    load_report,
    load_status,
    load_video_predictions,
    save_video_predictions,
)
from neuropose.skeletons import SKELETONS
from neuropose.testing import synthetic_predictions, write_numbered_video


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    for version in (None, 1, 2):
        content = original_files.predictions(version=version)
        original_files.write(folder / f"walk {version}.json", content)
    job = {"a.mp4": original_files.predictions()}
    original_files.write(folder / "anna" / "results.json", job)
    original_files.write(folder / "status.json", original_files.status(anna="completed"))
    original_files.write(folder / "notes.json", {"colour": "red"})
    save_video_predictions(folder / "new.json", synthetic_predictions(frame_count=5))
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_dry_run_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(folder)
    assert main(["migrate", str(folder)]) == 0
    out = capsys.readouterr().out
    assert out.count("would convert") == 5
    assert "5 old files" in out
    assert contents(folder) == before


def test_each_is_converted_and_kept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(folder)
    assert main(["migrate", str(folder), "--write", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [entry["converted"] for entry in told] == [True] * 5
    after = contents(folder)
    assert after["notes.json"] == before["notes.json"]
    assert after["new.json"] == before["new.json"]
    assert after["anna/results.original.json"] == before["anna/results.json"]
    for name in ("walk 1.json", "walk 2.json"):
        walk = load_video_predictions(folder / name)
        assert set(walk.track_ids.tolist()) == {0, 1}
        assert json.loads(after[name])["skeleton"]["name"] == "berkeley_mhad_43"
    assert load_job_results(folder / "anna" / "results.json").videos["video_01"].people_count == 2
    assert load_status(folder / "status.json").jobs["anna"].state is JobState.COMPLETED
    assert main(["migrate", str(folder), "--write"]) == 0
    assert "0 old files" in capsys.readouterr().out
    assert contents(folder) == after


def test_one_that_is_damaged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damaged = original_files.predictions()
    damaged["frames"]["frame_000003"]["boxes"] = [[1.0]]
    path = original_files.write(folder / "damaged.json", damaged)
    before = path.read_bytes()
    assert main(["migrate", str(folder), "--write"]) == 5
    assert f"failed: {path}" in capsys.readouterr().err
    assert path.read_bytes() == before
    assert not path.with_name("damaged.original.json").exists()


def test_no_folder(tmp_path: Path) -> None:
    assert main(["migrate", str(tmp_path / "nowhere")]) == 5


def test_finished_jobs_of_its_data_directory_are_left_as_they_are(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level("INFO", "neuropose")
    layout = Layout(tmp_path / "jobs")
    layout.make()
    for name in ("a", "b", "c"):
        (layout.inbox / name).mkdir()
        write_numbered_video(layout.inbox / name / "walk.mp4", 5)
        results = {"walk.mp4": original_files.predictions()}
        original_files.write(layout.out / name / "results.json", results)
    states = original_files.status(a="completed", b="completed", c="completed", d="failed")
    original_files.write(layout.status, states)
    (layout.failed / "d").mkdir()
    monkeypatch.setenv("NEUROPOSE_DATA_DIR", str(layout.root))
    assert main(["jobs", "list"]) == 0
    assert capsys.readouterr().out.count("completed") == 3
    before = {name: each for name, each in contents(layout.root).items() if "status" not in name}
    (layout.inbox / "new").mkdir()
    write_numbered_video(layout.inbox / "new" / "walk.mp4", 5)
    settings = Settings(data_dir=layout.root, settle_seconds=0)
    for processed in (1, 0):
        assert Interfacer(settings, Obedient()).run_once() == processed
    after = contents(layout.root)
    assert {name: after.get(name) for name in before if name != ".neuropose.lock"} == {
        name: each for name, each in before.items() if name != ".neuropose.lock"
    }
    jobs = load_status(layout.status).jobs
    assert {name: job.state for name, job in jobs.items()} == {
        **dict.fromkeys(("a", "b", "c", "new"), JobState.COMPLETED),
        "d": JobState.FAILED,
    }
    assert jobs["d"].error == "ValueError: no video"
    assert not (layout.out / "status.damaged.json").exists()
    assert "3 jobs finished by the original NeuroPose are left as they are" in caplog.text


def original_walk() -> VideoPredictions:
    """Somebody who walks to the right, as the original program's joints."""
    walk = synthetic_predictions(frame_count=240, heading_deg=0.0)
    skeleton = SKELETONS["berkeley_mhad_43"]
    source = {
        joint: name for name, joints in reversed(skeleton.canonical.items()) for joint in joints
    }
    own = walk.skeleton.canonical
    columns = [
        [walk.skeleton.index(each) for each in own[source.get(joint, "neck")]]
        for joint in skeleton.joints
    ]
    beside_mm = np.random.default_rng(0).normal(0.0, 10.0, (len(columns), 3))
    places = np.stack([walk.poses3d[:, each].mean(axis=1) for each in columns], axis=1)
    flat = np.stack([walk.poses2d[:, each].mean(axis=1) for each in columns], axis=1)
    return walk.model_copy(
        update={
            "skeleton": skeleton,
            "poses3d": (places + beside_mm).astype(np.float32),
            "poses2d": flat.astype(np.float32),
            "confidence": np.full(places.shape[:2], 0.9, np.float32),
        }
    )


ANALYSES = {
    "strides": {
        "segmentation": {"kind": "gait_cycles_bilateral", "axis": "y", "min_cycle_seconds": 0.4},
        "analysis": {
            "kind": "dtw",
            "align": "procrustes_per_sequence",
            "representation": "angles",
            "angle_triplets": [[27, 31, 32], [35, 39, 40]],
            "nan_policy": "interpolate",
        },
    },
    "one side": {
        "segmentation": {"kind": "gait_cycles", "joint": "rhee"},
        "analysis": {
            "kind": "dtw",
            "method": "dtw_per_joint",
            "align": "procrustes_per_sequence",
        },
    },
    "relation": {
        "analysis": {"kind": "dtw", "method": "dtw_relation", "joint_i": 15, "joint_j": 23},
    },
    "reach": {
        "segmentation": {
            "kind": "extractor",
            "extractor": {"kind": "joint_pair_distance", "joints": [15, 0]},
            "min_distance_seconds": 0.5,
            "min_prominence": 50.0,
            "min_height": 100.0,
            "pad_seconds": 0.2,
        },
        "analysis": {"kind": "stats", "extractor": {"kind": "joint_speed", "joint": 15}},
    },
    "axis": {
        "segmentation": {
            "kind": "extractor",
            "extractor": {"kind": "joint_axis", "joint": 15, "axis": 1, "invert": True},
        },
        "analysis": {"kind": "none"},
    },
}


@pytest.mark.parametrize("name", ANALYSES)
def test_an_analysis_becomes_a_pipeline_that_runs(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.yaml"
    is_compared = ANALYSES[name]["analysis"]["kind"] == "dtw"
    inputs = {"primary": "one.json"} | ({"reference": "other.json"} if is_compared else {})
    config = {"config_version": 1, "inputs": inputs, "output": {"report": "report.json"}}
    path.write_text(yaml.safe_dump(config | ANALYSES[name]))
    for file in ("one.json", "other.json"):
        save_video_predictions(tmp_path / file, original_walk())
    assert main(["study", "run", str(path)]) == 3
    assert "neuropose migrate" in capsys.readouterr().err
    assert main(["migrate", str(tmp_path)]) == 0
    assert "would convert analysis" in capsys.readouterr().out
    assert main(["migrate", str(tmp_path), "--write"]) == 0
    assert (tmp_path / "a.original.yaml").exists()
    assert main(["study", "run", str(path)]) == 0
    report = load_report(tmp_path / "report.json")
    if name == "strides":
        assert report.measures["dtw_normalized_distance_left"].value == pytest.approx(0.0)
    if name == "relation":
        assert report.measures["dtw_normalized_distance"].value == pytest.approx(0.0)


@pytest.mark.parametrize(
    "analysis", [{}, {"kind": "magic"}, {"kind": "dtw", "align": "sideways"}, [], None]
)
def test_an_analysis_that_is_none_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], analysis: object
) -> None:
    path = tmp_path / "a.yaml"
    content = {
        "config_version": 1,
        "inputs": {"primary": "one.json"},
        "analysis": analysis,
        "output": {"report": "r.json"},
    }
    path.write_text(yaml.safe_dump(content))
    assert main(["migrate", str(tmp_path), "--write"]) == 5
    assert "not a valid analysis of the original NeuroPose" in capsys.readouterr().err
    assert yaml.safe_load(path.read_text()) == content
    assert not (tmp_path / "a.original.yaml").exists()


@pytest.mark.parametrize("version", [None, 1, 2])
def test_a_benchmark_becomes_a_report(version: int | None, tmp_path: Path) -> None:
    path = tmp_path / "speed.json"
    original_files.write(path, original_files.benchmark(version=version, cpu=version == 2))
    assert main(["migrate", str(tmp_path), "--write"]) == 0
    report = load_report(path)
    assert report.task == "benchmark"
    speed, latency = report.measures["throughput"], report.measures["frame_latency"]
    assert (speed.value, speed.unit, speed.n) == (10.0, "frames/s", 2)
    assert (latency.value, latency.unit, latency.n, latency.sd) == (100.4, "ms", 54, 10.0)
    assert report.tables["runs"].column("model_load").tolist()[0] == 4.5
    assert len(report.tables["runs"].rows) == 3
    assert ("throughput_ratio" in report.measures) is (version == 2)
    assert "muster" not in path.read_text(encoding="utf-8")
    assert (tmp_path / "speed.original.json").exists()
    assert main(["migrate", str(tmp_path)]) == 0
    assert main(["export", str(path), "--to", "csv", "-o", str(tmp_path / "tables")]) == 0
    assert any((tmp_path / "tables").iterdir())


def test_zeros_for_no_frames_are_no_measurement(tmp_path: Path) -> None:
    path = original_files.write(tmp_path / "a.json", original_files.benchmark(frames=3))
    assert main(["migrate", str(tmp_path), "--write"]) == 0
    assert load_report(path).measures["frame_latency_p95"].value is None


def test_a_damaged_benchmark_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = original_files.benchmark()
    content["aggregate"]["mean_throughput_fps"] = "fast"
    path = original_files.write(tmp_path / "a.json", content)
    before = path.read_bytes()
    assert main(["migrate", str(tmp_path), "--write"]) == 5
    assert "benchmark.aggregate.mean_throughput_fps" in capsys.readouterr().err
    assert path.read_bytes() == before
