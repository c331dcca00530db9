"""Pictures as they are stored: the part that is looked at is bit for bit what all of it was."""

from __future__ import annotations

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from neuropose.video.conversion import Converter
from neuropose.video.stored_picture import StoredPicture


def stored(width: int, height: int, colorspace: int) -> av.VideoFrame:
    rng = np.random.default_rng(width)
    frame = av.VideoFrame.from_ndarray(
        rng.integers(0, 256, (height * 3 // 2, width), np.uint8), "yuv420p"
    )
    frame.colorspace, frame.color_range = colorspace, ColorRange.MPEG
    return frame


def whole(frame: av.VideoFrame) -> NDArray[np.uint8]:
    picture = Converter(frame, 1.0, frozenset()).rgb(frame)
    assert picture is not None
    return picture


@pytest.mark.parametrize("colorspace", [1, 2, 5, 9])
@pytest.mark.parametrize("size", [(640, 480), (994, 602), (70, 66), (1090, 40), (16, 16)])
def test_a_window_is_what_the_whole_picture_is(size: tuple[int, int], colorspace: int) -> None:
    frame = stored(*size, colorspace)
    picture, expected = StoredPicture(frame), whole(frame)
    assert picture.shape == expected.shape
    rng = np.random.default_rng(1)
    for _ in range(20):
        rows, columns = (
            slice(*sorted(rng.integers(0, side + 1, 2).tolist())) for side in expected.shape[:2]
        )
        assert np.array_equal(picture.rgb(rows, columns)[rows, columns], expected[rows, columns])


def test_a_window_beyond_the_edge_ends_there() -> None:
    frame = stored(640, 480, 1)
    canvas = StoredPicture(frame).rgb(slice(-50, 900), slice(-7, 2000))
    assert np.array_equal(canvas, whole(frame))


def test_pictures_of_another_size_follow() -> None:
    for size in ((640, 480), (320, 240), (640, 480)):
        frame = stored(*size, 1)
        height, width = size[1], size[0]
        canvas = StoredPicture(frame).rgb(slice(0, height), slice(0, width))
        assert np.array_equal(canvas, whole(frame))
