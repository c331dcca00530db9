"""Rendered people are where their joints are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neuropose.data import Camera
from neuropose.skeletons import BLAZEPOSE_33
from neuropose.testing import (
    CameraView,
    WalkerParameters,
    project,
    read_number,
    render_picture,
    render_video,
    simulate_walk,
)
from neuropose.video.reader import VideoReader

WIDTH, HEIGHT = 320, 240
CAMERA = Camera.from_fov(WIDTH, HEIGHT, 55.0)
TRIAL = simulate_walk(WalkerParameters(fps=25, duration_s=0.4, frame_jitter=0.5))
POSES_MM = TRIAL.in_camera(CameraView(distance_mm=3000.0, heading_deg=30.0))
EMPTY = render_picture(np.empty((0, 33, 3)), CAMERA, WIDTH, HEIGHT)


def test_limbs_cover_the_joints_and_little_else() -> None:
    picture = render_picture(POSES_MM[:1], CAMERA, WIDTH, HEIGHT)
    body = (picture != EMPTY).any(axis=2)
    pixels = project(POSES_MM[0], CAMERA)
    for joint in ("left_knee", "right_elbow", "left_ankle", "right_foot_index", "nose"):
        x, y = np.rint(pixels[BLAZEPOSE_33.index(joint)]).astype(int)
        assert body[y, x], joint
    rows, columns = np.nonzero(body)
    low, high = pixels.min(axis=0) - 15, pixels.max(axis=0) + 15
    assert (columns.min(), rows.min()) >= tuple(low)
    assert columns.max() <= high[0]
    assert rows.max() <= high[1]
    assert 0.01 < body.mean() < 0.2


def test_whoever_is_nearer_hides_the_other() -> None:
    behind, front = POSES_MM[0] + [0.0, 0.0, 800.0], POSES_MM[0]
    both = render_picture(np.stack([behind, front]), CAMERA, WIDTH, HEIGHT)
    swapped = render_picture(np.stack([front, behind]), CAMERA, WIDTH, HEIGHT)
    alone = render_picture(front[None], CAMERA, WIDTH, HEIGHT)
    assert np.array_equal(both, swapped)
    x, y = np.rint(project(front, CAMERA)[BLAZEPOSE_33.index("left_knee")]).astype(int)
    assert np.array_equal(both[y, x], alone[y, x])
    assert not np.array_equal(both, alone)


@pytest.mark.parametrize("fault", [np.nan, -5000.0, 1e9])
def test_impossible_joints_are_left_out(fault: float) -> None:
    pose_mm = POSES_MM[0].copy()
    pose_mm[BLAZEPOSE_33.index("left_knee"), 2] = fault
    picture = render_picture(pose_mm[None], CAMERA, WIDTH, HEIGHT)
    assert (picture != EMPTY).any()
    nowhere = np.full((1, 33, 3), np.nan)
    assert np.array_equal(render_picture(nowhere, CAMERA, WIDTH, HEIGHT), EMPTY)


def test_a_rendered_video_keeps_times_and_numbers(tmp_path: Path) -> None:
    path = render_video(
        tmp_path / "walk.mp4", POSES_MM[:, None], TRIAL.time_s, CAMERA, width=WIDTH, height=HEIGHT
    )
    with VideoReader(path) as reader:
        frames = list(reader)
    assert [frame.time_s for frame in frames] == pytest.approx(TRIAL.time_s, abs=1e-4)
    pictures = [frame.picture for frame in frames if frame.picture is not None]
    assert [read_number(picture) for picture in pictures] == list(range(len(POSES_MM)))
    original = render_picture(POSES_MM[:1], CAMERA, WIDTH, HEIGHT)
    difference = np.abs(pictures[0][20:].astype(int) - original[20:]).mean()
    assert difference < 4.0


def test_numbers_can_be_left_out(tmp_path: Path) -> None:
    path = render_video(
        tmp_path / "walk.mp4",
        POSES_MM[:2, None],
        TRIAL.time_s[:2],
        CAMERA,
        width=WIDTH,
        height=HEIGHT,
        numbered=False,
    )
    with VideoReader(path) as reader:
        assert all(f.picture is not None and read_number(f.picture) is None for f in reader)
