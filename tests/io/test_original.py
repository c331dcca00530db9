"""Files of the original NeuroPose are read as ours."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from tests.io import original_files

from neuropose.data import UNTRACKED, JobState
from neuropose.errors import ConfigError, FileFormatError, SchemaVersionError
from neuropose.estimator import assign_tracks
from neuropose.io import load_job_results, load_status, load_video_predictions
from neuropose.study import load_pipeline
from neuropose.study.contract.pipeline import Source
from neuropose.study.trial.recordings import read_recording


@pytest.mark.parametrize("version", [1, 2])
def test_predictions(version: int, tmp_path: Path) -> None:
    content = original_files.predictions(version=version)
    found = load_video_predictions(original_files.write(tmp_path / "walk.json", content))
    assert found.metadata.frame_count == 20
    assert found.skeleton.name == "berkeley_mhad_43"
    assert found.skeleton.canonical
    assert any("berkeley_mhad_43" in warning for warning in found.warnings)
    assert found.time_s[3] == pytest.approx(0.1)
    first = content["frames"]["frame_000003"]["poses3d"][0]
    assert found.frames["frame_000003"].poses3d[0] == pytest.approx(np.array(first), rel=1e-6)
    assert set(found.track_ids) == {UNTRACKED}
    assert found.segmentations["cup_lift"]["segments"][0]["peak"] == 4  # type: ignore[index]
    if version == 2:
        assert found.provenance is not None
        assert found.provenance.model == "metrabs_eff2l.tar.gz"
        assert found.provenance.versions == {"tensorflow": "2.18.0", "neuropose": "0.1.0"}
    else:
        assert found.provenance is None


def test_people_are_told_apart_when_they_are_analysed(tmp_path: Path) -> None:
    path = original_files.write(tmp_path / "walk.json", original_files.predictions())
    ids = assign_tracks(load_video_predictions(path)).track_ids
    assert set(ids.tolist()) == {0, 1}
    recording = read_recording(Source(file=path, subject="track:1"))
    assert len(recording.sequence.time_s) == 20
    assert recording.sequence.has("left_knee", "right_knee")


def test_other_joints_keep_no_names(tmp_path: Path) -> None:
    content = original_files.predictions()
    for frame in content["frames"].values():
        for key in ("poses3d", "poses2d"):
            frame[key] = [pose[:20] for pose in frame[key]]
    found = load_video_predictions(original_files.write(tmp_path / "walk.json", content))
    assert found.skeleton.name == "unknown_20"
    assert found.warnings == ()


def test_results_of_a_job(tmp_path: Path) -> None:
    content = {
        "walk b.mp4": original_files.predictions(people=1),
        "walk a.mp4": original_files.predictions(version=1),
    }
    results = load_job_results(original_files.write(tmp_path / "results.json", content))
    assert list(results.videos) == ["video_01", "video_02"]
    assert [len(video.frames["frame_000000"].boxes) for video in results.videos.values()] == [2, 1]


def test_the_status(tmp_path: Path) -> None:
    content = original_files.status(a="completed", b="failed", c="processing")
    jobs = load_status(original_files.write(tmp_path / "status.json", content)).jobs
    assert [job.state for job in jobs.values()] == [
        JobState.COMPLETED,
        JobState.FAILED,
        JobState.PROCESSING,
    ]
    assert jobs["a"].results == "out/a/results.json"
    assert jobs["a"].finished_at == datetime(2026, 3, 1, 21, tzinfo=UTC)
    assert jobs["b"].error == "ValueError: no video"


def test_what_is_neither_its_file_nor_ours(tmp_path: Path) -> None:
    content = {**original_files.predictions(), "schema_version": 3}
    with pytest.raises(SchemaVersionError):
        load_video_predictions(original_files.write(tmp_path / "newer.json", content))
    damaged = original_files.predictions()
    damaged["frames"]["frame_000003"]["boxes"] = [[1.0]]
    with pytest.raises(FileFormatError):
        load_video_predictions(original_files.write(tmp_path / "damaged.json", damaged))


def test_its_analyses_have_a_page(tmp_path: Path) -> None:
    path = tmp_path / "analysis.yaml"
    path.write_text("# minimal\nconfig_version: 1\ninputs:\n  primary: a.json\n")
    with pytest.raises(ConfigError, match=r"line 2: .* original NeuroPose") as raised:
        load_pipeline(path)
    assert "original-program.md" in str(raised.value.hint)
