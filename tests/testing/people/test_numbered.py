"""Frame numbers in pixels, through lossy compression."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from neuropose.errors import OutputError
from neuropose.testing import read_number, stamp, write_numbered_video, write_video
from neuropose.testing.people.numbered import LARGEST_NUMBER


def decode(path: Path) -> tuple[list[float], list[NDArray[np.uint8]]]:
    with av.open(path) as container:
        frames = list(container.decode(video=0))
        return [frame.time for frame in frames], [f.to_ndarray(format="rgb24") for f in frames]


@pytest.mark.parametrize("number", [0, 1, 2, 255, 4096, 599_999, LARGEST_NUMBER])
def test_a_number_comes_back(number: int) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (16, 96, 3), np.uint8)
    assert read_number(stamp(picture, number)) == number


@pytest.mark.parametrize("shade", [0, 127, 128, 255])
def test_a_plain_picture_has_no_number(shade: int) -> None:
    assert read_number(np.full((120, 160, 3), shade, np.uint8)) is None


def test_a_picture_too_small_for_a_number_has_none() -> None:
    assert read_number(np.zeros((15, 96, 3), np.uint8)) is None
    with pytest.raises(ValueError, match="too small"):
        stamp(np.zeros((16, 95, 3), np.uint8), 1)


@pytest.mark.parametrize("number", [-1, LARGEST_NUMBER + 1])
def test_numbers_that_do_not_fit_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="not between"):
        stamp(np.zeros((16, 96, 3), np.uint8), number)


@pytest.mark.parametrize(
    ("name", "codec"),
    [("clip.mp4", "libx264"), ("clip.avi", "mpeg4"), ("clip.mkv", "ffv1")],
)
def test_every_frame_of_a_video_carries_its_number(name: str, codec: str, tmp_path: Path) -> None:
    path = write_numbered_video(tmp_path / name, 60, fps=50.0, codec=codec)
    times_s, pictures = decode(path)
    assert [read_number(picture) for picture in pictures] == list(range(60))
    assert times_s == pytest.approx(np.arange(60) / 50.0, abs=1e-3)


def test_numbers_survive_strong_compression_over_noise(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    pictures = [stamp(random.integers(0, 256, (120, 160, 3), np.uint8), n) for n in range(12)]
    path = write_video(tmp_path / "clip.mp4", pictures, np.arange(12) / 30.0, options={"crf": "40"})
    assert [read_number(picture) for picture in decode(path)[1]] == list(range(12))


def test_frames_keep_the_times_that_are_given(tmp_path: Path) -> None:
    times_s = [0.0, 0.01, 0.05, 0.0512, 0.4, 1.3]
    path = write_numbered_video(tmp_path / "clip.mp4", 6, times_s=times_s, width=97, height=33)
    decoded_s, pictures = decode(path)
    assert decoded_s == pytest.approx(times_s, abs=1 / 60_000)
    assert [read_number(picture) for picture in pictures] == list(range(6))


def test_too_few_times_leave_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shorter"):
        write_numbered_video(tmp_path / "clip.mp4", 5, times_s=[0.0, 0.1])
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught:
        write_numbered_video(tmp_path / "missing" / "clip.mp4", 5)
    assert caught.value.hint
