"""Small videos in many containers and codecs, and ways to damage them.

Each picture carries its number, on a texture that moves, so that damage cannot go unseen.
"""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from neuropose.testing import read_number, stamp
from neuropose.video.reader import VideoFrame, VideoReader

WIDTH, HEIGHT = 160, 120
FPS = 30
FRAME_COUNT = 48
FRAMES_PER_GROUP = 12
RED_RGB = np.array([220, 30, 40])
MP4_TICK = Fraction(1, 15360)

_NOISE = np.random.default_rng(0).integers(60, 196, (HEIGHT + 40, WIDTH + 60, 3), dtype=np.uint8)
_TEXTURE = cv2.GaussianBlur(_NOISE, (5, 5), 1.2)


@dataclass(frozen=True)
class Recipe:
    """A container and a codec, and what they need."""

    codec: str
    suffix: str
    options: dict[str, str] = field(default_factory=dict)
    time_base: Fraction = Fraction(1, FPS)
    pixel_format: str = "yuv420p"

    def __str__(self) -> str:
        return f"{self.codec}.{self.suffix}"


_MJPEG = {"pixel_format": "yuvj420p"}
_X265 = {"options": {"x265-params": "log-level=none:pools=1"}}
RECIPES = {
    str(recipe): recipe
    for recipe in (
        *(Recipe("libx264", suffix) for suffix in ("mp4", "mov", "mkv", "avi", "ts", "flv")),
        *(Recipe("mpeg4", suffix) for suffix in ("mp4", "mkv", "avi")),
        *(Recipe("mjpeg", suffix, **_MJPEG) for suffix in ("mp4", "mkv", "avi")),
        Recipe("libx265", "mp4", **_X265),
        Recipe("libvpx", "webm"),
        Recipe("libvpx-vp9", "webm"),
        Recipe("mpeg2video", "mpg"),
        Recipe("wmv2", "wmv"),
    )
}


def picture(number: int) -> NDArray[np.uint8]:
    """RGB, a red square at the right, the number in the upper left corner."""
    top, left = (2 * number) % 40, (3 * number) % 60
    canvas = _TEXTURE[top : top + HEIGHT, left : left + WIDTH].copy()
    canvas[40:80, 112:152] = RED_RGB
    return stamp(canvas, number)


def write_clip(
    path: Path,
    recipe: Recipe = RECIPES["libx264.mp4"],
    *,
    frame_count: int = FRAME_COUNT,
    ticks: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    aspect: Fraction | None = None,
    muxer_options: dict[str, str] | None = None,
    metadata: dict[str, str] | None = None,
) -> Path:
    """Write a clip; `ticks` are presentation times in `time_base`, by default 30 a second."""
    time_base = time_base or recipe.time_base
    with av.open(str(path), "w", options=muxer_options or {}) as container:
        container.metadata.update(metadata or {})
        stream = container.add_stream(recipe.codec, rate=FPS, options=recipe.options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, recipe.pixel_format
        context = stream.codec_context
        context.gop_size, context.time_base, context.thread_count = FRAMES_PER_GROUP, time_base, 1
        if aspect is not None:
            context.sample_aspect_ratio = aspect
        for number in range(frame_count):
            frame = av.VideoFrame.from_ndarray(picture(number), format="rgb24")
            frame.time_base = time_base
            frame.pts = number if ticks is None else ticks[number]
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@cache
def tiny_video() -> bytes:
    """The content of an MP4 of two frames."""
    with tempfile.TemporaryDirectory() as folder:
        return write_clip(Path(folder) / "clip.mp4", frame_count=2).read_bytes()


def write_sound(path: Path) -> Path:
    """Write half a second of silence."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac" if path.suffix == ".m4a" else "pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 4000), np.float32 if path.suffix == ".m4a" else np.int16),
            format="fltp" if path.suffix == ".m4a" else "s16",
            layout="mono",
        )
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@dataclass(frozen=True)
class PacketPlace:
    """Where a packet lies in the file, in the order of decoding."""

    start: int
    size: int
    is_key: bool


def packet_places(path: Path) -> list[PacketPlace]:
    with av.open(str(path)) as container:
        return [
            PacketPlace(packet.pos, packet.size, packet.is_keyframe)
            for packet in container.demux(container.streams.video[0])
            if packet.size and packet.pos is not None
        ]


def overwritten(path: Path, start: int, data: bytes, *, name: str = "damaged") -> Path:
    """A copy with some bytes replaced."""
    content = bytearray(path.read_bytes())
    content[start : start + len(data)] = data
    copy = path.with_name(name + path.suffix)
    copy.write_bytes(content)
    return copy


def with_rotation(path: Path, clockwise_deg: int) -> Path:
    """A copy of an MP4 whose track header says that it is shown rotated."""
    cos, sin = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[clockwise_deg]
    one = 1 << 16
    matrix = struct.pack(">9i", cos * one, sin * one, 0, -sin * one, cos * one, 0, 0, 0, 1 << 30)
    content = path.read_bytes()
    header = content.index(b"tkhd") + 4
    return overwritten(path, header + 40, matrix, name=f"rotated_{clockwise_deg}")


def read_all(path: Path, *, decode_threads: int = 1) -> tuple[list[VideoFrame], VideoReader]:
    with VideoReader(path, decode_threads=decode_threads) as reader:
        return list(reader), reader


def numbers(frames: Sequence[VideoFrame]) -> list[int | None]:
    """What each picture says; None in a gap."""
    return [None if frame.picture is None else read_number(frame.picture) for frame in frames]


def gap_numbers(reader: VideoReader) -> set[int]:
    return {
        number
        for gap in reader.metadata().gaps
        for number in range(gap.first_frame, gap.last_frame + 1)
    }


def assert_consistent(frames: Sequence[VideoFrame], reader: VideoReader) -> None:
    """Check what holds for every video that is read to its end without an error."""
    metadata = reader.metadata()
    assert [frame.number for frame in frames] == list(range(reader.expected_frame_count))
    assert metadata.frame_count == reader.expected_frame_count
    times_s = np.array([frame.time_s for frame in frames])
    assert np.isfinite(times_s).all()
    assert times_s[0] == 0.0
    assert (np.diff(times_s) >= 0.0).all()
    assert np.isfinite(metadata.fps)
    assert {frame.number for frame in frames if frame.picture is None} == gap_numbers(reader)
    assert any(frame.picture is not None for frame in frames)
    for frame in frames:
        assert (frame.picture is None) == (frame.gap_reason is not None)
        if frame.picture is not None:
            assert frame.picture.shape == (metadata.height, metadata.width, 3)
            assert frame.picture.dtype == np.uint8
            assert frame.picture.flags.c_contiguous
