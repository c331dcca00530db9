"""Two people: a man on a roof who jumps off it, and a woman who walks by below."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from benchmarks import balance_trial
from numpy.typing import NDArray

from neuropose.assets import ARTEFACTS, SAMPLE_CLIP
from neuropose.data import CameraSource, VideoPredictions
from neuropose.io import load_video_predictions
from neuropose.io import save_video_predictions as save

pytestmark = pytest.mark.real

WALKS = range(60, 196)
ON_THE_ROOF = range(160)  # then he jumps off it


def centres(predictions: VideoPredictions) -> NDArray[np.float64]:
    boxes = predictions.boxes.astype(np.float64)
    return boxes[:, :2] + boxes[:, 2:4] / 2.0


def woman_rows(predictions: VideoPredictions) -> NDArray[np.bool_]:
    """Detections where she is: below, on her way from right to left at even speed."""
    x_px, y_px = centres(predictions).T
    frame = predictions.frame_index
    expected_px = 1400.0 - (frame - WALKS.start) * 1340.0 / len(WALKS)
    here = np.isin(frame, WALKS)
    return here & (y_px > 600.0) & (np.abs(x_px - expected_px) < 150.0)


def man_rows(predictions: VideoPredictions) -> NDArray[np.bool_]:
    """Detections above, until he is about to jump."""
    return np.isin(predictions.frame_index, ON_THE_ROOF) & (centres(predictions)[:, 1] < 500.0)


def test_walking_woman_is_one_person_in_every_frame(sample: VideoPredictions) -> None:
    rows = woman_rows(sample)
    assert sample.frame_index[rows].tolist() == list(WALKS)
    assert len(set(sample.track_ids[rows].tolist())) == 1


def test_man_on_the_roof_is_one_person_in_every_frame(sample: VideoPredictions) -> None:
    rows = man_rows(sample)
    assert sample.frame_index[rows].tolist() == list(ON_THE_ROOF)
    assert len(set(sample.track_ids[rows].tolist())) == 1


def test_the_two_are_kept_apart_and_nobody_else_is_seen(sample: VideoPredictions) -> None:
    woman, man = woman_rows(sample), man_rows(sample)
    assert not set(sample.track_ids[woman]) & set(sample.track_ids[man])
    both = range(WALKS.start, ON_THE_ROOF.stop)
    assert np.diff(sample.offsets)[both.start : both.stop].tolist() == [2] * len(both)


def test_her_track_goes_from_entering_to_leaving_without_a_jump(sample: VideoPredictions) -> None:
    [track_id] = set(sample.track_ids[woman_rows(sample)])
    rows = np.flatnonzero(sample.track_ids == track_id)
    frames, where = sample.frame_index[rows], centres(sample)[rows]
    assert frames[0] <= 60
    assert frames[-1] >= 195
    assert where[0, 0] > 1350.0
    assert where[-1, 0] < 100.0
    steps_px = np.linalg.norm(np.diff(where, axis=0), axis=1) / np.diff(frames)
    assert steps_px.max() < 80.0


def test_poses_are_of_people(sample: VideoPredictions) -> None:
    joints = sample.skeleton
    for rows in (woman_rows(sample), man_rows(sample)):
        poses_mm = sample.poses3d[rows].astype(np.float64)
        assert (poses_mm[..., 2] > 1000.0).all()
        thigh_mm = poses_mm[:, joints.index("left_hip")] - poses_mm[:, joints.index("left_knee")]
        assert 300.0 < np.median(np.linalg.norm(thigh_mm, axis=1)) < 500.0
        above = poses_mm[:, joints.index("nose"), 1] < poses_mm[:, joints.index("left_ankle"), 1]
        assert above.mean() > 0.9


def test_3d_poses_project_on_to_the_2d_poses(sample: VideoPredictions) -> None:
    assert sample.camera is not None
    seen = sample.poses3d.astype(np.float64) @ sample.camera.matrix.T
    off_px = np.linalg.norm(seen[..., :2] / seen[..., 2:] - sample.poses2d, axis=-1)
    height_px = sample.boxes[:, 3]
    assert np.nanmedian(off_px.mean(axis=1) / height_px) < 0.05


def test_says_what_it_was_made_from(sample: VideoPredictions) -> None:
    provenance = sample.provenance
    assert provenance is not None
    assert provenance.input_sha256 == ARTEFACTS[SAMPLE_CLIP].sha256
    assert provenance.model == "blazepose"
    for name, sha256 in provenance.model_sha256.items():
        content = (balance_trial.CACHE_DIR / name).read_bytes()
        assert sha256 == hashlib.sha256(content).hexdigest()
    assert len(provenance.model_sha256) == 2
    assert provenance.settings["device"] == "cpu"
    assert sample.camera is not None
    assert (sample.camera.source, sample.camera.fov_degrees) == (CameraSource.FOV, 55.0)


def test_comes_back_from_its_file(sample: VideoPredictions, tmp_path) -> None:
    save(tmp_path / "predictions.json", sample)
    assert load_video_predictions(tmp_path / "predictions.json") == sample
    assert SAMPLE_CLIP not in (tmp_path / "predictions.json").read_text()
