"""The rules of H.264 and HEVC that zeros break."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from tests.video.clips import RECIPES, write_clip

from neuropose.video.bitstream import NalUnits

START_CODES = b"\x00\x00\x00\x01\x67"
FOUR_BYTE_LENGTHS = bytes([1, 100, 0, 31, 0xFF])


def unit(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


@pytest.mark.parametrize(
    ("data", "broken"),
    [
        (unit(b"\x65\x07"), False),
        (unit(b"\x65\x07") + unit(b"\x41\x00\x00\x03\x00\x05"), False),
        (unit(b"\x65\x07\x00\x00\x00"), False),  # padding
        (b"", False),
        (unit(b"\x65\x00\x00\x00\x07"), True),
        (unit(b"\x65\x00\x00\x01\x07"), True),
        (unit(b"\x65\x00\x00\x02\x07"), True),
        (unit(b"\x65\x07") + b"\x00\x00\x00\x09\x41", True),  # ends before its unit
        (unit(b"\x65\x07") + b"\x00\x00", True),
    ],
)
def test_units_with_lengths(data: bytes, broken: bool) -> None:
    assert NalUnits("h264", FOUR_BYTE_LENGTHS).are_broken(data) is broken


@pytest.mark.parametrize(
    ("data", "broken"),
    [
        (b"\x00\x00\x00\x01\x65\x07\x00\x00\x01\x41\x05", False),
        (b"\x00\x00\x00\x00\x00\x01\x65\x07\x00\x00\x00", False),
        (b"\x00\x00\x01\x65\x00\x00\x00\x00\x00\x07", True),
        (b"\x00\x00\x01\x65\x00\x00\x02\x07", True),
    ],
)
@pytest.mark.parametrize("configuration", [START_CODES, None, b""])
def test_units_between_start_codes(data: bytes, broken: bool, configuration: bytes | None) -> None:
    assert NalUnits("h264", configuration).are_broken(data) is broken


def test_other_codecs_have_no_such_rule() -> None:
    assert not NalUnits("vp9", b"").are_broken(bytes(100))
    assert not NalUnits("mpeg4", None).are_broken(bytes(100))


@pytest.mark.parametrize(
    "name", ["libx264.mp4", "libx264.mkv", "libx264.avi", "libx264.ts", "libx265.mp4"]
)
def test_sound_frames_keep_the_rules_and_zeros_break_them(tmp_path: Path, name: str) -> None:
    path = write_clip(tmp_path / f"clip.{RECIPES[name].suffix}", RECIPES[name])
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        units = NalUnits(context.codec.canonical_name, context.extradata)
        frames = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    assert not any(units.are_broken(frame) for frame in frames)
    third = [len(frame) // 3 for frame in frames]
    assert all(
        units.are_broken(frame[:cut] + bytes(cut) + frame[2 * cut :])
        for frame, cut in zip(frames, third, strict=True)
    )
