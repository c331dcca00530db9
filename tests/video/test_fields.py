"""Fields in packets of their own: two of them are one frame."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from tests.video.clips import (
    HEIGHT,
    RECIPES,
    WIDTH,
    Recipe,
    assert_consistent,
    gap_numbers,
    numbers,
    overwritten,
    packet_places,
    read_all,
    write_clip,
)
from tests.video.field_streams import field_packets, h264_headers, write_field_stream

from neuropose.video.fields import SecondFields
from neuropose.video.h264 import FieldHeaders

FRAMES = 12


@pytest.fixture
def stream(tmp_path: Path) -> Path:
    return write_field_stream(tmp_path / "camcorder.mts", list(field_packets(FRAMES)))


def test_two_fields_are_one_frame(stream: Path) -> None:
    assert len(packet_places(stream)) == 2 * FRAMES
    frames, reader = read_all(stream)
    assert_consistent(frames, reader)
    assert numbers(frames) == list(range(FRAMES))
    assert [frame.time_s for frame in frames] == pytest.approx(np.arange(FRAMES) / 25)
    metadata = reader.metadata()
    assert (metadata.fps, metadata.variable_frame_rate) == (pytest.approx(25), False)
    assert (metadata.width, metadata.height) == (WIDTH, HEIGHT)
    assert metadata.gaps == ()
    assert "the video is interlaced: 12 pictures were deinterlaced" in reader.warnings


def test_ffmpeg_finds_as_many_pictures(stream: Path) -> None:
    with av.open(str(stream)) as container:
        assert sum(1 for _ in container.decode(video=0)) == FRAMES


@pytest.mark.parametrize("half", [0, 1])
def test_a_lost_field_costs_no_other_frame(tmp_path: Path, half: int) -> None:
    fields = list(field_packets(FRAMES))
    fields[5] = (b"", fields[5][1]) if half == 0 else (fields[5][0], b"")
    frames, reader = read_all(write_field_stream(tmp_path / "cut.mts", fields))
    assert_consistent(frames, reader)
    assert len(frames) == FRAMES
    others = [number for number in range(FRAMES) if number != 5]
    found = numbers(frames)
    assert [found[number] for number in others] == others


@pytest.mark.parametrize("half", [0, 1])
def test_damage_in_either_field_is_damage_of_the_frame(stream: Path, half: int) -> None:
    place = packet_places(stream)[2 * 7 + half]
    content = stream.read_bytes()
    start = content.index(content[place.start : place.start + 40]) + 188 * 20
    damaged = overwritten(stream, start + 4, bytes(100))
    frames, reader = read_all(damaged)
    assert_consistent(frames, reader)
    assert len(frames) == FRAMES
    assert 7 in gap_numbers(reader)
    assert min(gap_numbers(reader)) == 7


@pytest.mark.parametrize("name", ["libx264.mp4", "libx264.ts", "mpeg2video.mpg", "libx265.mp4"])
def test_whole_frames_are_no_fields(tmp_path: Path, name: str) -> None:
    recipe = RECIPES[name]
    path = write_clip(tmp_path / f"clip.{recipe.suffix}", recipe)
    assert_no_fields(path)


@pytest.mark.parametrize("suffix", ["mp4", "ts"])
def test_interlaced_frames_are_no_fields(tmp_path: Path, suffix: str) -> None:
    recipe = Recipe("libx264", suffix, {"x264-params": "tff=1"})
    assert_no_fields(write_clip(tmp_path / f"clip.{suffix}", recipe))


def assert_no_fields(path: Path) -> None:
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        context = video.codec_context
        seconds = SecondFields(context.codec.canonical_name, context.extradata)
        assert not any(seconds.completes(bytes(packet)) for packet in container.demux(video))


class TestHeaders:
    def test_of_every_profile(self, tmp_path: Path) -> None:
        """High profiles have more in front of the field flag."""
        for profile in ("baseline", "main", "high", "high444"):
            for params in ("tff=1", "interlaced=0", "cqm=jvt"):
                if profile == "baseline" and params != "interlaced=0":
                    continue
                options = {"profile": profile, "x264-params": params}
                form = "yuv444p" if profile == "high444" else "yuv420p"
                recipe = Recipe("libx264", "ts", options, pixel_format=form)
                path = write_clip(tmp_path / "clip.ts", recipe, frame_count=2)
                with av.open(str(path)) as container:
                    configuration = container.streams.video[0].codec_context.extradata
                assert configuration is not None
                headers = FieldHeaders(
                    unit for unit in configuration.split(b"\x00\x00\x01") if unit
                )
                assert headers.may_hold_fields is (params == "tff=1"), (profile, params)

    def test_cut_short(self) -> None:
        sets = [unit for unit in h264_headers().split(b"\x00\x00\x00\x01") if unit]
        assert FieldHeaders(sets).may_hold_fields
        upper = next(iter(field_packets(1)))[0].split(b"\x00\x00\x00\x01")[-1]
        [field] = FieldHeaders(sets).fields([upper])
        assert (field.is_bottom, field.frame_number) == (False, 0)
        for length in range(len(sets[0])):
            FieldHeaders([sets[0][:length], sets[1]]).fields([upper])
        for length in range(6):
            assert FieldHeaders(sets).fields([upper[:length]]) in (set(), {field})
        assert FieldHeaders([bytes([0x67]) + bytes(100)]).may_hold_fields is False
        assert FieldHeaders([]).fields([upper]) == set()


def mpeg2(structure: int) -> bytes:
    return b"\x00\x00\x01\x00\x00\x00\x01\xb5\x8f\xff" + bytes([0xF0 | structure, 0])


def test_fields_of_mpeg2() -> None:
    top, bottom, frame = (mpeg2(structure) for structure in (1, 2, 3))
    seconds = SecondFields("mpeg2video", None)
    packets = [top, bottom, frame, bottom, top, top + bottom, bottom, frame, top]
    assert [seconds.completes(packet) for packet in packets] == [
        *(False, True, False, False, True),
        *(False, False, False, False),
    ]
