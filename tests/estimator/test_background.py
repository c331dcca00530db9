"""A camera that zooms or turns is told by what stands still in the room, and only by that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.estimator import stubs

from neuropose import Estimator
from neuropose.estimator.background import Background
from neuropose.estimator.model import Picture
from neuropose.testing import FakeModel, stamp, synthetic_predictions, write_video

SIZE = (320, 240)
FRAME_COUNT = 24
PLAIN = np.full((480, 640, 3), 128, np.uint8)
ROOM = PLAIN.copy()
for left, top, wide, high, *color in np.random.default_rng(0).integers(
    [0, 0, 8, 8, 0, 0, 0], [640, 480, 60, 60, 256, 256, 256], (400, 7)
):
    ROOM[top : top + high, left : left + wide] = color

Filmed = Callable[[float], tuple[float, float]]
"""How large the room is and how far to the right, px, after a share of the recording."""


def still(done: float) -> tuple[float, float]:
    return 1.0 + 0.0 * done, 0.0


def hand_held(done: float) -> tuple[float, float]:
    return 1.0, 3.0 * np.sin(40.0 * done)


def zoom_in(done: float) -> tuple[float, float]:
    return 1.0 + 0.3 * done, 0.0


def zoom_out(done: float) -> tuple[float, float]:
    return 1.3 - 0.3 * done, 0.0


def pan(done: float) -> tuple[float, float]:
    return 1.0, 200.0 * done


def picture(room: Picture, scale: float, aside_px: float) -> Picture:
    middle = np.array(room.shape[1::-1]) / 2
    shift = np.array(SIZE) / 2 - scale * middle - [aside_px - 100.0, 0.0]
    return np.asarray(cv2.warpAffine(room, np.c_[scale * np.eye(2), shift], SIZE), np.uint8)


def doubt(pictures: list[Picture], boxes: NDArray[np.float32] | None = None) -> str | None:
    background = Background(len(pictures), 8.0)
    for number in background.frames:
        background.add(number, pictures[number])
    predictions = synthetic_predictions(len(pictures), width=SIZE[0], height=SIZE[1])
    if boxes is not None:
        predictions = predictions.model_copy(update={"boxes": boxes})
    return background.doubt(predictions)


def filmed(how: Filmed, room: Picture = ROOM) -> list[Picture]:
    return [picture(room, *how(number / FRAME_COUNT)) for number in range(FRAME_COUNT)]


@pytest.mark.parametrize(
    ("how", "told"),
    [
        (zoom_in, "the camera zooms, or moves: the background becomes 1.29 times as large"),
        (zoom_out, "the camera zooms, or moves: the background becomes 0.78 times as large"),
        (pan, "the camera turns, or moves: the background shifts by 60 % of the picture"),
    ],
)
def test_camera_that_does_not_stand_still(how: Filmed, told: str) -> None:
    assert (doubt(filmed(how)) or "").startswith(told)


@pytest.mark.parametrize("how", [still, hand_held])
def test_camera_that_does(how: Filmed) -> None:
    assert doubt(filmed(how)) is None


def test_nothing_is_said_without_a_background() -> None:
    assert doubt(filmed(zoom_in, PLAIN)) is None


def test_one_picture_that_differs_says_nothing() -> None:
    pictures = filmed(still)
    pictures[-1] = picture(ROOM, 1.2, 0.0)
    assert doubt(pictures) is None


def test_somebody_who_comes_closer_is_no_background() -> None:
    """Clothes have more texture than the wall behind them."""
    boxes = np.tile(np.array([[80.0, 40.0, 160.0, 160.0, 1.0]], np.float32), (FRAME_COUNT, 1))
    room = PLAIN.copy()
    room[:, 540:] = ROOM[:, 540:]
    walls, person = filmed(still, room), filmed(zoom_in)
    for wall, shirt in zip(walls, person, strict=True):
        wall[70:170, 110:210] = shirt[70:170, 110:210]
    assert doubt(walls, boxes) is None


def test_predictions_say_so_however_often_they_were_interrupted(tmp_path: Path) -> None:
    times_s = [number / 8.0 for number in range(FRAME_COUNT)]
    pictures = [stamp(each, number) for number, each in enumerate(filmed(zoom_in))]
    video = write_video(tmp_path / "zoom.mp4", pictures, times_s)
    whole = Estimator(FakeModel()).process_video(video)
    (warning,) = whole.predictions.warnings
    assert warning.startswith("the camera zooms")
    kept = stubs.KeptCheckpoints()
    model = stubs.RememberingModel(1, 0)
    Estimator(model).process_video(video, checkpoints=kept)
    resumed = Estimator(model).process_video(video, checkpoints=kept)
    assert resumed.metrics.resumed_frames == FRAME_COUNT
    assert resumed.predictions.warnings == whole.predictions.warnings
