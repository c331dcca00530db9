"""OpenCV's threads while BlazePose works, and afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import pytest

from neuropose.estimator.models.blazepose.threads import one_opencv_thread


@pytest.fixture(autouse=True)
def three_threads() -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(3)
    yield
    cv2.setNumThreads(before)


def test_as_many_as_before_when_the_last_video_has_ended() -> None:
    one, other = one_opencv_thread(), one_opencv_thread()
    one.__enter__()
    other.__enter__()
    assert cv2.getNumThreads() == 1
    one.__exit__(None, None, None)
    assert cv2.getNumThreads() == 1
    other.__exit__(None, None, None)
    assert cv2.getNumThreads() == 3


def test_after_an_error() -> None:
    with pytest.raises(ValueError, match="decoder"), one_opencv_thread():
        raise ValueError("decoder")
    assert cv2.getNumThreads() == 3
