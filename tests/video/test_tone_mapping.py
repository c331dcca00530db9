"""HDR pictures look like those of an ordinary video of the same scene, and it is said."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.video.clips import assert_consistent, read_all

from neuropose.video.reader import VideoReader

WIDTH, HEIGHT, COUNT = 96, 64, 3
PQ, HLG = 16, 18
BT2020 = 9
FROM_BT709 = np.array(  # ITU-R BT.2087, 2
    [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
)
LUMA = np.array([0.2627, 0.6780, 0.0593])  # ITU-R BT.2100, table 6


def scene() -> NDArray[np.uint8]:
    """Grey steps, and red, green, blue and skin below them; sRGB."""
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for step in range(6):
        picture[:32, 16 * step : 16 * step + 16] = 40 + 35 * step
    for index, color in enumerate([(200, 40, 40), (40, 180, 40), (50, 60, 200), (220, 170, 140)]):
        picture[32:, 24 * index : 24 * index + 24] = color
    return picture


def signal(nits: NDArray[np.float64], transfer: int) -> NDArray[np.float64]:
    """ITU-R BT.2100, tables 4 and 5."""
    if transfer == PQ:
        power = (nits / 10_000) ** 0.1593017578125
        return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375
    display = nits / 1000
    light = display * np.maximum(display @ LUMA, 1e-6)[..., None] ** (1 / 1.2 - 1)
    log = 0.17883277 * np.log(np.maximum(12 * light - 0.28466892, 1e-6)) + 0.55991073
    return np.where(light <= 1 / 12, np.sqrt(3 * light), log)


def ten_bits(picture: NDArray[np.uint8], transfer: int, white_nits: float) -> NDArray[np.uint16]:
    """An sRGB picture as a camera of high dynamic range stores it, yuv420p10."""
    height, width = picture.shape[:2]
    encoded = picture / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    rgb = signal(linear @ FROM_BT709.T * white_nits, transfer)
    luma = rgb @ LUMA
    chroma = [(rgb[..., 2] - luma) / 1.8814, (rgb[..., 0] - luma) / 1.4746]
    planes = [np.round((219 * luma + 16) * 4)]
    planes += [
        np.round((224 * one.reshape(height // 2, 2, width // 2, 2).mean((1, 3)) + 128) * 4)
        for one in chroma
    ]
    packed = np.concatenate([plane.ravel() for plane in planes]).astype(np.uint16)
    return packed.reshape(height * 3 // 2, width)


def write_ten_bits(
    path: Path, pictures: Sequence[NDArray[np.uint16]], transfer: int, *, rate: int = 25
) -> Path:
    options = {"x265-params": "log-level=none:pools=1", "crf": "6", "preset": "veryfast"}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx265", rate=rate, options=options)
        context = stream.codec_context
        context.color_trc, context.color_primaries, context.colorspace = transfer, BT2020, BT2020
        stream.pix_fmt, context.color_range = "yuv420p10le", 1
        stream.width, stream.height = pictures[0].shape[1], pictures[0].shape[0] * 2 // 3
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p10le")
            frame.color_trc, frame.color_primaries, frame.colorspace = transfer, BT2020, BT2020
            frame.color_range = 1
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_hdr(path: Path, transfer: int, white_nits: float) -> Path:
    return write_ten_bits(path, [ten_bits(scene(), transfer, white_nits)] * COUNT, transfer)


@pytest.mark.parametrize(("transfer", "name"), [(PQ, "PQ"), (HLG, "HLG")])
@pytest.mark.parametrize("white_nits", [203, 900])
def test_hdr_pictures(tmp_path: Path, transfer: int, name: str, white_nits: float) -> None:
    frames, reader = read_all(write_hdr(tmp_path / "clip.mp4", transfer, white_nits))
    assert_consistent(frames, reader)
    assert len(frames) == COUNT
    assert reader.warnings == (f"the video is HDR ({name}): its pictures were tone-mapped",)
    with VideoReader(tmp_path / "clip.mp4") as again:
        again.skim(COUNT)
        assert len(list(again)) == COUNT
    assert again.warnings == reader.warnings
    picture = frames[1].picture
    assert picture is not None
    grey = picture[16, 8::16].astype(int)
    assert np.ptp(grey, axis=1).max() < 10  # no tint
    steps = np.diff(grey.mean(axis=1))
    assert (steps > 10).all()  # nothing is clipped
    assert grey.mean(axis=1)[-1] > 120
    red, green, blue, skin = picture[48, 12::24].astype(int)
    assert (int(red.argmax()), int(green.argmax()), int(blue.argmax())) == (0, 1, 2)
    # As colourful as an ordinary picture, unlike what comes without mapping.
    assert red[0] - red[1] > 60
    assert skin[0] > skin[1] > skin[2]


def test_an_ordinary_video_of_ten_bits_is_not_mapped(tmp_path: Path) -> None:
    _, reader = read_all(write_hdr(tmp_path / "clip.mp4", transfer=1, white_nits=100))
    assert reader.warnings == ()
