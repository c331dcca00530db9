"""Recordings from files of every kind."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from tests.io.c3d_files import c3d_bytes
from tests.study.rooms import write_walk

from neuropose.data import Assumption, JobResults
from neuropose.errors import (
    FileFormatError,
    MissingJointsError,
    SequenceError,
    SubjectError,
    VideoChoiceError,
)
from neuropose.io import save_job_results, save_video_predictions
from neuropose.study.contract.pipeline import Source
from neuropose.study.trial.recordings import read_recording
from neuropose.testing import simulate_walk, synthetic_predictions, walker_sequence


def test_markers(tmp_path: Path) -> None:
    write_walk(tmp_path / "walk.TRC")
    source = Source(file=tmp_path / "walk.TRC", up=(0.0, 0.0, 2.0), end_s=1.5)
    found = read_recording(source)
    assert found.input.kind == "trc"
    assert found.input.sha256 == hashlib.sha256(source.file.read_bytes()).hexdigest()
    assert found.sequence.up.tolist() == [0.0, 0.0, 1.0]
    assert 1.4 < found.sequence.duration_s <= 1.5
    assert (found.predictions, found.video) == (None, None)


def test_markers_of_one_of_two_subjects_in_metres(tmp_path: Path) -> None:
    walk = walker_sequence(simulate_walk())
    names = [f"{who}:{name}" for who in ("Ann", "Bob") for name in walk.joints]
    metres = walk.positions_mm / 1000.0
    points = np.concatenate([metres, metres + np.array([0.0, 0.0, 2.0])], axis=1)
    path = tmp_path / "two.c3d"
    path.write_bytes(c3d_bytes(points, names, rate_hz=60.0, units="au", up="+Y"))
    found = read_recording(Source(file=path, units="m", subject="Bob")).sequence
    np.testing.assert_allclose(
        found.joint("pelvis"), walk.joint("pelvis") + np.array([0.0, 0.0, 2000.0]), atol=0.1
    )
    assert found.assumptions["unit"] == Assumption(source="given", value="m")
    assert found.assumptions["subject"].value == "subject 2 of 2 in the file"
    with pytest.raises(FileFormatError, match="'au', which the C3D file states"):
        read_recording(Source(file=path))
    both = read_recording(Source(file=path, units="m")).sequence
    with pytest.raises(MissingJointsError) as refusal:
        both.joint("pelvis")
    assert refusal.value.hint == "choose one of the subjects Ann, Bob: subject='Ann'"
    with pytest.raises(SubjectError) as unknown:
        read_recording(Source(file=path, units="m", subject="Eve"))
    assert "Eve" not in unknown.value.message  # a name, and messages stay in reports


def test_predictions(tmp_path: Path) -> None:
    path = tmp_path / "walk.poses.json"
    save_video_predictions(path, synthetic_predictions(frame_count=60, people=2))
    found = read_recording(Source(file=path, subject="track:1", start_s=0.5, end_s=1.0))
    assert found.input.kind == "predictions"
    assert found.sequence.subject.track_id == 1
    assert len(found.sequence) == 16
    with pytest.raises(SubjectError):
        read_recording(Source(file=path, subject="track:9"))
    with pytest.raises(SequenceError):
        read_recording(Source(file=path, start_s=9.0))


def test_one_of_a_job_s_videos(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    videos = {f"video_0{n}": synthetic_predictions(frame_count=10 * n) for n in (1, 2)}
    save_job_results(path, JobResults(videos=videos))
    found = read_recording(Source(file=path, video="video_02"))
    assert (found.input.kind, found.video, len(found.sequence)) == ("job_results", "video_02", 20)
    with pytest.raises(VideoChoiceError):
        read_recording(Source(file=path))
