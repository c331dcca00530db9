"""Pictures that change their size: all of them, at the largest size."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from tests.video.clips import (
    FPS,
    HEIGHT,
    WIDTH,
    assert_consistent,
    numbers,
    picture,
    read_all,
)

from neuropose.video.reader import VideoReader

SIZES = ((WIDTH, HEIGHT), (2 * WIDTH, 2 * HEIGHT), (WIDTH, HEIGHT), (2 * WIDTH, HEIGHT))
EACH = 6
FORMATS = [
    *(("libvpx", "mkv"), ("libvpx-vp9", "webm"), ("libx264", "ts"), ("libx265", "ts")),
    *(("mjpeg", "mkv"), ("mpeg4", "ts")),
]


def encoded(codec: str, size: tuple[int, int], first: int) -> list[av.Packet]:
    context = av.CodecContext.create(codec, "w")
    context.width, context.height = size
    context.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    context.time_base, context.framerate = Fraction(1, FPS), Fraction(FPS)
    context.thread_count = 1
    context.options = {
        "libx264": {"bf": "0"},
        "libx265": {"x265-params": "log-level=none:pools=1:bframes=0"},
        "libvpx": {"lag-in-frames": "0"},
        "libvpx-vp9": {"lag-in-frames": "0"},
    }.get(codec, {})
    packets = []
    for number in range(first, first + EACH):
        canvas = np.zeros((size[1], size[0], 3), np.uint8)
        scale = min(size[0] / WIDTH, size[1] / HEIGHT)
        shown = cv2.resize(picture(number), None, fx=scale, fy=scale)
        left = (size[0] - shown.shape[1]) // 2
        canvas[: shown.shape[0], left : left + shown.shape[1]] = shown
        frame = av.VideoFrame.from_ndarray(canvas, format="rgb24")
        frame.pts, frame.time_base = number, Fraction(1, FPS)
        packets += context.encode(frame)
    return packets + context.encode()


def write_call(path: Path, codec: str, sizes: Sequence[tuple[int, int]] = SIZES) -> Path:
    """A call whose size follows the network: each change begins with a key frame."""
    with av.open(str(path), "w") as container:
        stream = container.add_mux_stream(codec, rate=FPS, width=WIDTH, height=HEIGHT)
        for index, size in enumerate(sizes):
            for packet in encoded(codec, size, index * EACH):
                packet.stream = stream
                packet.time_base = Fraction(1, FPS)
                container.mux(packet)
    return path


@pytest.mark.parametrize(("codec", "suffix"), FORMATS)
def test_all_pictures_at_the_largest_size(tmp_path: Path, codec: str, suffix: str) -> None:
    sizes = SIZES[:3]
    frames, reader = read_all(write_call(tmp_path / f"call.{suffix}", codec, sizes))
    assert_consistent(frames, reader)
    assert (reader.width, reader.height) == (2 * WIDTH, 2 * HEIGHT)
    assert reader.metadata().gaps == ()
    shown = [
        cv2.resize(frame.picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        for frame in frames
        if frame.picture is not None
    ]
    assert len(shown) == 3 * EACH
    for number, small in enumerate(shown):
        difference = np.abs(small.astype(int) - picture(number))[30:]
        assert difference.mean() < 12, number
    assert reader.warnings[0] == (
        f"the size of the pictures changes: {2 * EACH} were scaled to {2 * WIDTH} × {2 * HEIGHT} px"
    )


def test_pictures_that_are_skimmed_count_as_well(tmp_path: Path) -> None:
    path = write_call(tmp_path / "call.mkv", "libvpx", SIZES[:3])
    _, whole = read_all(path)
    with VideoReader(path) as reader:
        reader.skim(3 * EACH)
        assert len(list(reader)) == 3 * EACH
    assert reader.warnings == whole.warnings != ()


def test_another_shape_gets_a_border_and_is_not_distorted(tmp_path: Path) -> None:
    frames, _ = read_all(write_call(tmp_path / "call.mkv", "libvpx", SIZES[1:]))
    assert len(frames) == 3 * EACH
    wide = frames[-1].picture
    assert wide is not None
    assert wide.shape == (2 * HEIGHT, 2 * WIDTH, 3)
    border = HEIGHT // 2
    assert wide[: border - 2].max() == 0
    assert wide[border + HEIGHT + 2 :].max() == 0
    inner = wide[border : border + HEIGHT, WIDTH // 2 : WIDTH // 2 + WIDTH]
    assert np.abs(inner.astype(int) - picture(3 * EACH - 1))[30:].mean() < 12


def test_one_size_is_no_change(tmp_path: Path) -> None:
    frames, reader = read_all(write_call(tmp_path / "call.mkv", "libvpx", [(WIDTH, HEIGHT)] * 2))
    assert numbers(frames) == list(range(2 * EACH))
    assert reader.warnings == ()
