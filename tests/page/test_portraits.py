"""Who is in a video: when and where each is seen, with a picture if there is one."""

from __future__ import annotations

import base64
from pathlib import Path

import cv2
import numpy as np
import pytest

from neuropose.analyzer import PoseSequence, analyze_gait, gait_report
from neuropose.data import Report, VideoPredictions
from neuropose.page import Played, write_page
from neuropose.page.portraits import Portraits
from neuropose.testing import synthetic_predictions, write_numbered_video

FRAMES = 60


@pytest.fixture(scope="module")
def predictions() -> VideoPredictions:
    return synthetic_predictions(frame_count=FRAMES, people=2)


@pytest.fixture(scope="module")
def measured(predictions: VideoPredictions) -> Report:
    return gait_report(analyze_gait(PoseSequence.from_predictions(predictions, "track:1")))


def test_the_measured_person_comes_first(predictions: VideoPredictions, measured: Report) -> None:
    portraits = Portraits(measured, predictions)
    assert [(each.track_id, each.is_measured) for each in portraits.people] == [
        (1, True),
        (0, False),
    ]
    first_s, last_s = predictions.time_s[[0, -1]]
    assert portraits.people[0].seen.startswith(
        f"{first_s:.1f} to {last_s:.1f} s, 100 % of the frames, "
    )
    assert portraits.others == 0


def test_where_somebody_goes(predictions: VideoPredictions, measured: Report) -> None:
    boxes = predictions.boxes.copy()
    own = predictions.track_ids == 1
    boxes[own, 0] = np.linspace(0.0, predictions.metadata.width - 20.0, own.sum())
    boxes[own, 2] = 20.0
    boxes[~own, 0] = 0.5 * predictions.metadata.width
    boxes[~own, 2] = 10.0
    moved = predictions.model_copy(update={"boxes": boxes})
    walker, other = Portraits(measured, moved).people
    assert "from the left to the right" in walker.seen
    assert "in the middle" in other.seen


def test_each_is_cut_out_of_the_best_frame(predictions: VideoPredictions, measured: Report) -> None:
    portraits = Portraits(measured, predictions)
    shape = (predictions.metadata.height, predictions.metadata.width, 3)
    for number in range(FRAMES):
        portraits.see(number, np.full(shape, 4 * number, np.uint8))
    for each in portraits.people:
        jpeg = np.frombuffer(base64.b64decode(each.jpeg), np.uint8)
        picture = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
        assert max(picture.shape[:2]) <= 128
        assert abs(int(picture.mean()) - 4 * each.frame) <= 2


def test_the_page_shows_them_only_with_the_video(
    predictions: VideoPredictions, measured: Report, tmp_path: Path
) -> None:
    metadata = predictions.metadata
    video = write_numbered_video(
        tmp_path / "clip.mp4", FRAMES, width=metadata.width, height=metadata.height
    )
    sequence = PoseSequence.from_predictions(predictions, "track:1")
    for name, footage, pictures in (("with", video, 2), ("without", None, 0)):
        page = tmp_path / f"{name}.html"
        write_page(page, measured, Played(sequence, (), predictions, footage))
        text = page.read_text(encoding="utf-8")
        assert "Who is in the picture (2)" in text
        assert text.count("data:image/jpeg") == pictures
