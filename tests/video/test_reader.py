"""The video reader: every frame once, with its own picture, number and time, or as a gap."""

from __future__ import annotations

import hashlib
import struct
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.stream import Disposition
from tests.video.clips import (
    FPS,
    FRAME_COUNT,
    FRAMES_PER_GROUP,
    HEIGHT,
    MP4_TICK,
    RECIPES,
    RED_RGB,
    WIDTH,
    Recipe,
    assert_consistent,
    gap_numbers,
    numbers,
    overwritten,
    packet_places,
    read_all,
    with_rotation,
    write_clip,
)

from neuropose.data.metadata import Source
from neuropose.errors import VideoDecodeError, VideoNotFoundError
from neuropose.video.reader import VideoReader, video_sha256

INTER_CODED = [
    *("libx264.mp4", "libx264.mkv", "libx264.avi", "libx265.mp4"),
    *("mpeg4.mp4", "mpeg4.mkv", "mpeg4.avi"),
]
JPEG = ["mjpeg.mp4", "mjpeg.mkv", "mjpeg.avi"]


@pytest.fixture(scope="module", params=RECIPES.values(), ids=str)
def any_clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    recipe: Recipe = request.param
    return write_clip(tmp_path_factory.mktemp("clip") / f"clip.{recipe.suffix}", recipe)


def clip(folder: Path, name: str) -> Path:
    return write_clip(folder / f"clip.{RECIPES[name].suffix}", RECIPES[name])


def test_every_frame_of_every_format(any_clip: Path) -> None:
    frames, reader = read_all(any_clip)
    assert_consistent(frames, reader)
    assert numbers(frames) == list(range(FRAME_COUNT))
    assert (reader.width, reader.height) == (WIDTH, HEIGHT)
    metadata = reader.metadata()
    assert metadata.gaps == ()
    assert metadata.fps == pytest.approx(FPS, rel=1e-3)
    assert metadata.variable_frame_rate is False
    # MKV, WebM, FLV and WMV round times to milliseconds.
    expected_s = np.arange(FRAME_COUNT) / FPS
    np.testing.assert_allclose([frame.time_s for frame in frames], expected_s, atol=1.01e-3)


def test_from_any_key_frame_what_it_is_in_the_whole(any_clip: Path) -> None:
    frames, reader = read_all(any_clip)
    assert reader.is_as_whole
    with VideoReader(any_clip) as reader:
        key_frames = reader.key_frames
    times_are_those_of_decoding = any_clip.suffix in {".avi", ".wmv"}
    assert len(key_frames) >= (
        1 if times_are_those_of_decoding else FRAME_COUNT // FRAMES_PER_GROUP
    )
    for key_frame in {key_frames[0], key_frames[len(key_frames) // 2], key_frames[-1]}:
        with VideoReader(any_clip) as reader:
            reader.start_at(key_frame)
            rest = list(reader)
        assert reader.is_as_whole
        assert [frame.number for frame in rest] == list(range(key_frame, FRAME_COUNT))
        for frame, other in zip(rest, frames[key_frame:], strict=True):
            assert frame.time_s == other.time_s
            assert np.array_equal(np.asarray(frame.picture), np.asarray(other.picture))


OPEN_GROUPS = {
    "libx264.mp4": {"x264-params": "open-gop=1:keyint=12:min-keyint=4:bframes=3:b-adapt=0"},
    "libx265.mp4": {"x265-params": "log-level=none:pools=1:open-gop=1:keyint=12:bframes=3"},
    "mpeg2video.mpg": {"bf": "2"},
    "mpeg4.mp4": {"bf": "2"},
}


@pytest.mark.parametrize("name", OPEN_GROUPS)
def test_pictures_that_need_what_is_before_a_key_frame_are_not_taken(
    name: str, tmp_path: Path
) -> None:
    recipe = replace(RECIPES[name], options=OPEN_GROUPS[name])
    path = write_clip(tmp_path / f"clip.{recipe.suffix}", recipe)
    frames, reader = read_all(path)
    assert len(reader.key_frames) >= 3
    is_certain = []
    for key_frame in reader.key_frames:
        with VideoReader(path) as reader:
            reader.start_at(key_frame)
            rest = list(reader)
        is_certain.append(reader.is_as_whole)
        if is_certain[-1]:
            for frame, other in zip(rest, frames[key_frame:], strict=True):
                assert np.array_equal(np.asarray(frame.picture), np.asarray(other.picture))
    # Encoded like this, MPEG-2 has times twice; what is missing then is noticed.
    assert all(is_certain) or (name == "mpeg2video.mpg" and any(is_certain[1:]))


def test_it_starts_at_key_frames_only(tmp_path: Path) -> None:
    path = clip(tmp_path, "libx264.mp4")
    with VideoReader(path) as reader:
        with pytest.raises(ValueError, match="frame 13 is not a key frame"):
            reader.start_at(13)
        reader.start_at(12)
        list(reader)
        with pytest.raises(RuntimeError):
            reader.start_at(0)
        with pytest.raises(RuntimeError, match="read all frames first"):
            reader.metadata()


def test_times_are_exact_where_the_container_is(tmp_path: Path) -> None:
    for name in ("libx264.mp4", "mpeg4.avi", "libx264.ts"):
        frames, _ = read_all(clip(tmp_path, name))
        assert [frame.time_s for frame in frames] == pytest.approx(
            [number / FPS for number in range(FRAME_COUNT)], rel=1e-15
        )


def test_pictures_are_rgb_and_the_callers_own(tmp_path: Path) -> None:
    frames, _ = read_all(clip(tmp_path, "libx264.mp4"))
    first, second = frames[0].picture, frames[1].picture
    assert first is not None
    assert second is not None
    np.testing.assert_allclose(first[55:65, 125:140].mean(axis=(0, 1)), RED_RGB, atol=12)
    kept = second.copy()
    first[:] = 0
    np.testing.assert_array_equal(second, kept)


def test_padded_rows_are_packed(tmp_path: Path) -> None:
    wide = write_clip(tmp_path / "clip.mp4")  # 160 px: rows of 480 bytes, not a multiple of 64
    assert WIDTH * 3 % 64
    assert all(
        frame.picture is not None and frame.picture.flags.c_contiguous
        for frame in read_all(wide)[0]
    )


@pytest.mark.parametrize("name", ["libx264.mp4", "libx265.mp4", "libvpx-vp9.webm", "mpeg4.mp4"])
def test_same_pictures_with_any_number_of_threads(tmp_path: Path, name: str) -> None:
    path = clip(tmp_path, name)
    one, _ = read_all(path)
    for threads in (2, 4):
        more, _ = read_all(path, decode_threads=threads)
        for left, right in zip(one, more, strict=True):
            np.testing.assert_array_equal(left.picture, right.picture)


def test_variable_frame_rate_times_are_exact(tmp_path: Path) -> None:
    steps = np.random.default_rng(1).integers(200, 1500, FRAME_COUNT)
    ticks = [0, *np.cumsum(steps)[:-1].tolist()]
    path = write_clip(tmp_path / "clip.mp4", ticks=ticks, time_base=MP4_TICK)
    frames, reader = read_all(path)
    assert numbers(frames) == list(range(FRAME_COUNT))
    assert [frame.time_s for frame in frames] == [float(tick * MP4_TICK) for tick in ticks]
    metadata = reader.metadata()
    assert metadata.variable_frame_rate is True
    assert metadata.fps == pytest.approx((FRAME_COUNT - 1) / float(ticks[-1] * MP4_TICK))


def test_jitter_of_one_tick_is_not_a_variable_frame_rate(tmp_path: Path) -> None:
    tick = Fraction(1, 600)  # as phones count: 29.97 frames a second come as 20, 20, 20, 21 …
    ticks = [round(number * 600 / 29.97) for number in range(FRAME_COUNT)]
    path = write_clip(
        tmp_path / "clip.mp4",
        ticks=ticks,
        time_base=tick,
        muxer_options={"video_track_timescale": "600"},
    )
    frames, reader = read_all(path)
    assert [frame.time_s for frame in frames] == [float(number * tick) for number in ticks]
    assert reader.metadata().variable_frame_rate is False


@pytest.mark.parametrize("name", ["libx264.mkv", "libx264.mp4", "mpeg4.mp4"])
def test_time_counts_from_the_first_frame(tmp_path: Path, name: str) -> None:
    ticks = [(number + 9) * 512 for number in range(FRAME_COUNT)]
    path = tmp_path / f"clip.{RECIPES[name].suffix}"
    write_clip(path, RECIPES[name], ticks=ticks, time_base=MP4_TICK)
    frames, _ = read_all(path)
    assert numbers(frames) == list(range(FRAME_COUNT))
    assert frames[0].time_s == 0.0
    assert frames[-1].time_s == pytest.approx((FRAME_COUNT - 1) / FPS, abs=1.01e-3)


@pytest.mark.parametrize("name", ["libx264.mp4", "mpeg4.mp4"])
def test_frames_outside_the_edit_list_are_not_frames(tmp_path: Path, name: str) -> None:
    ticks = [(number - 5) * 512 for number in range(FRAME_COUNT)]
    path = write_clip(tmp_path / "clip.mp4", RECIPES[name], ticks=ticks, time_base=MP4_TICK)
    frames, reader = read_all(path)
    assert_consistent(frames, reader)
    assert numbers(frames) == list(range(5, FRAME_COUNT))
    assert reader.metadata().gaps == ()


@pytest.mark.parametrize("name", ["libx264.avi", "mpeg4.avi", "mjpeg.avi"])
def test_frames_that_an_avi_recorder_left_out(tmp_path: Path, name: str) -> None:
    ticks = [number if number < 20 else number + 7 for number in range(FRAME_COUNT)]
    path = write_clip(tmp_path / "clip.avi", RECIPES[name], ticks=ticks)
    frames, reader = read_all(path)
    assert_consistent(frames, reader)
    assert numbers(frames) == list(range(FRAME_COUNT))
    assert reader.metadata().gaps == ()
    assert reader.metadata().variable_frame_rate is True
    assert frames[-1].time_s == pytest.approx((FRAME_COUNT + 6) / FPS)


@pytest.mark.parametrize("clockwise_deg", [0, 90, 180, 270])
def test_rotation_is_applied(tmp_path: Path, clockwise_deg: int) -> None:
    upright, _ = read_all(path := clip(tmp_path, "libx264.mp4"))
    frames, reader = read_all(with_rotation(path, clockwise_deg))
    assert_consistent(frames, reader)
    metadata = reader.metadata()
    assert metadata.rotation_deg == clockwise_deg
    expected = (WIDTH, HEIGHT) if clockwise_deg % 180 == 0 else (HEIGHT, WIDTH)
    assert (metadata.width, metadata.height) == (reader.width, reader.height) == expected
    for plain, turned in zip(upright, frames, strict=True):
        assert plain.picture is not None
        np.testing.assert_array_equal(turned.picture, np.rot90(plain.picture, -clockwise_deg / 90))


def test_rotation_agrees_with_opencv(tmp_path: Path) -> None:
    path = clip(tmp_path, "libx264.mp4")
    for clockwise_deg in (90, 180, 270):
        rotated = with_rotation(path, clockwise_deg)
        came, bgr = cv2.VideoCapture(str(rotated)).read()
        assert came
        with VideoReader(rotated) as reader:
            ours = next(iter(reader)).picture
        assert ours is not None
        assert np.abs(bgr[..., ::-1].astype(int) - ours).mean() < 1.0


def test_pictures_are_stretched_to_square_pixels(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", aspect=Fraction(2, 1))
    with VideoReader(path) as reader:
        assert (reader.width, reader.height) == (2 * WIDTH, HEIGHT)
        picture = next(iter(reader)).picture
    assert picture is not None
    assert picture.shape == (HEIGHT, 2 * WIDTH, 3)
    with VideoReader(with_rotation(path, 90)) as reader:
        assert (reader.width, reader.height) == (HEIGHT, 2 * WIDTH)


@pytest.mark.parametrize("name", INTER_CODED + JPEG)
@pytest.mark.parametrize("position", [5, FRAMES_PER_GROUP, 29])
def test_damaged_packet_becomes_a_gap(tmp_path: Path, name: str, position: int) -> None:
    path = clip(tmp_path, name)
    whole, _ = read_all(path)
    places = packet_places(path)
    place = places[position]
    # Zeros, as a lost sector leaves; Huffman-coded JPEG may take them for grey.
    data = (b"\xff" if name in JPEG else b"\x00") * (place.size // 2)
    damaged = overwritten(path, place.start + place.size // 3, data)
    frames, reader = read_all(damaged)
    assert_consistent(frames, reader)
    assert len(frames) == FRAME_COUNT
    assert [frame.time_s for frame in frames] == [frame.time_s for frame in whole]
    gaps = gap_numbers(reader)
    for before, after in zip(whole, frames, strict=True):
        if after.picture is not None:
            np.testing.assert_array_equal(before.picture, after.picture)
    # Damage ends at the next key frame, and begins no earlier than the group of the packet, or
    # the few frames before it that are shown first.
    first_of_group = position // FRAMES_PER_GROUP * FRAMES_PER_GROUP
    assert gaps
    assert min(gaps) >= first_of_group - 4
    assert max(gaps) < first_of_group + FRAMES_PER_GROUP + (name == "libx264.avi") * 4
    if name in JPEG:
        assert gaps == {position}


@pytest.mark.parametrize(
    "name", ["libx264.mkv", "mpeg4.mkv", "mpeg4.avi", "mjpeg.avi", "mjpeg.mkv"]
)
def test_frames_that_the_file_has_lost(tmp_path: Path, name: str) -> None:
    path = clip(tmp_path, name)
    whole, _ = read_all(path)
    places = packet_places(path)
    start = places[27].start
    damaged = overwritten(path, start, bytes(places[29].start + 20 - start))
    frames, reader = read_all(damaged)
    assert_consistent(frames, reader)
    assert len(frames) == FRAME_COUNT
    reasons = {gap.reason for gap in reader.metadata().gaps}
    assert "the file has lost the data of this frame" in reasons
    for before, after in zip(whole, frames, strict=True):
        assert after.time_s == pytest.approx(before.time_s, abs=4e-3)
        if after.picture is not None:
            np.testing.assert_array_equal(before.picture, after.picture)
    sound = FRAME_COUNT - len(gap_numbers(reader))
    assert sound >= FRAME_COUNT - 2 * FRAMES_PER_GROUP


FRAGMENTED = {"movflags": "frag_keyframe+empty_moov"}
PLAIN_X264 = {"bf": "0"}
PAUSES = {
    "fragments.mp4": (RECIPES["libx264.mp4"], FRAGMENTED),
    "clip.asf": (Recipe("libx264", "asf", PLAIN_X264), {}),
    "plain.avi": (Recipe("libx264", "avi", PLAIN_X264), {}),
    "clip.avi": (RECIPES["mpeg4.avi"], {}),
    "clip.m2ts": (Recipe("libx264", "m2ts"), {}),
    **{
        f"clip.{suffix}": (RECIPES[f"libx264.{suffix}"], {})
        for suffix in ("mp4", "mov", "mkv", "ts", "flv")
    },
    "b_frames.avi": (Recipe("libx264", "avi", {"bf": "2"}), {}),
    "b_frames.asf": (Recipe("libx264", "asf", {"bf": "2"}), {}),
    "clip.webm": (RECIPES["libvpx.webm"], {}),
    "clip.wmv": (RECIPES["wmv2.wmv"], {}),
}


@pytest.mark.parametrize("name", PAUSES)
def test_frames_that_were_never_recorded_are_a_pause(tmp_path: Path, name: str) -> None:
    recipe, muxer_options = PAUSES[name]
    recorded = [number for number in range(FRAME_COUNT + 3) if number not in (17, 18, 30)]
    path = write_clip(tmp_path / name, recipe, ticks=recorded, muxer_options=muxer_options)
    frames, reader = read_all(path)
    assert_consistent(frames, reader)
    assert numbers(frames) == list(range(FRAME_COUNT))
    times_s = [frame.time_s for frame in frames]
    assert times_s == pytest.approx([number / FPS for number in recorded], abs=1.1e-3)
    assert reader.metadata().gaps == ()
    assert reader.metadata().variable_frame_rate


def test_a_pause_in_a_stream_that_shows_no_losses(tmp_path: Path) -> None:
    recorded = [number for number in range(FRAME_COUNT + 3) if number not in (17, 18, 30)]
    frames, reader = read_all(
        write_clip(tmp_path / "clip.mpg", RECIPES["mpeg2video.mpg"], ticks=recorded)
    )
    assert numbers(frames) == list(range(FRAME_COUNT))
    assert reader.metadata().gaps == ()


@pytest.mark.parametrize("suffix", ["avi", "asf"])
@pytest.mark.parametrize("b_frames", ["0", "3"])
def test_containers_that_hold_one_time_a_frame(tmp_path: Path, suffix: str, b_frames: str) -> None:
    path = write_clip(tmp_path / f"clip.{suffix}", Recipe("libx264", suffix, {"bf": b_frames}))
    frames, reader = read_all(path)
    assert numbers(frames) == list(range(FRAME_COUNT))
    assert reader.metadata().gaps == ()
    expected_s = np.arange(FRAME_COUNT) / FPS
    np.testing.assert_allclose([frame.time_s for frame in frames], expected_s, atol=1.01e-3)


def test_of_several_tracks_the_default_one_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "two.mp4"
    with av.open(str(path), "w") as container:
        for size, disposition in ((64, 0), (128, Disposition.default)):
            stream = container.add_stream("mpeg4", rate=FPS)
            stream.width, stream.height, stream.pix_fmt = size, 48, "yuv420p"
            stream.disposition = disposition
        for stream in container.streams.video:
            for _ in range(3):
                black = np.zeros((48, stream.width, 3), np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(black, format="rgb24")))
            container.mux(stream.encode())
    frames, reader = read_all(path)
    assert (reader.width, len(frames)) == (128, 3)
    assert reader.warnings == ("the file has 2 video tracks: the one of 128 × 48 px was taken",)


def test_one_track_is_no_matter_for_a_warning(tmp_path: Path) -> None:
    assert read_all(clip(tmp_path, "mpeg4.mp4"))[1].warnings == ()


@pytest.mark.parametrize(
    ("taken_fps", "warning"),
    [
        (
            240.0,
            "slow motion: the camera took 240 pictures a second, and the file shows 30; times are "
            "8 times too long, and speeds as much too low",
        ),
        (
            10.0,
            "time lapse: the camera took 10 pictures a second, and the file shows 30; times are "
            "3 times too short, and speeds as much too high",
        ),
        (30.0, None),
        (60.0, None),  # in the dark, cameras take fewer pictures than they say
        (0.0, None),
        (float("nan"), None),
    ],
)
def test_another_rate_of_the_camera_is_told(
    tmp_path: Path, taken_fps: float, warning: str | None
) -> None:
    key = "com.android.capture.fps"
    made = write_clip(
        tmp_path / "phone.mp4",
        time_base=MP4_TICK,
        ticks=[512 * number for number in range(FRAME_COUNT)],
        metadata={key: "????"},
        muxer_options={"movflags": "use_metadata_tags"},
    )
    # Phones state it as a number, which is of type 23, and not as text.
    text = struct.pack(">II", 1, 0) + b"????"
    content = made.read_bytes()
    assert content.count(text) == 1
    made.write_bytes(content.replace(text, struct.pack(">IIf", 23, 0, taken_fps)))
    frames, reader = read_all(made)
    assert len(frames) == FRAME_COUNT
    assert reader.warnings == (() if warning is None else (warning,))


def without_index(path: Path, *, is_told: bool) -> Path:
    """A copy of an AVI that ends with its frames; the header may still count the index."""
    content = bytearray(path.read_bytes())
    del content[content.rindex(b"idx1") :]
    if is_told:
        content[4:8] = (len(content) - 8).to_bytes(4, "little")
    copy = path.with_name(f"no_index_{is_told}.avi")
    copy.write_bytes(content)
    return copy


@pytest.mark.parametrize("name", ["libx264.avi", "mpeg4.avi", "mjpeg.avi"])
@pytest.mark.parametrize("is_told", [True, False])
def test_an_avi_without_its_index(tmp_path: Path, name: str, is_told: bool) -> None:
    path = clip(tmp_path, name)
    assert read_all(path)[1].warnings == ()
    frames, reader = read_all(without_index(path, is_told=is_told))
    assert numbers(frames) == list(range(FRAME_COUNT))
    assert reader.warnings == ("the AVI has no index: damage in it may not be noticed",)


def test_an_avi_that_its_recorder_never_finished(tmp_path: Path) -> None:
    content = bytearray(without_index(clip(tmp_path, "mjpeg.avi"), is_told=True).read_bytes())
    frames_list = content.index(b"movi") - 4
    header, stream = content.index(b"avih") + 24, content.index(b"strh") + 40
    for place in (4, frames_list, header, stream):
        content[place : place + 4] = bytes(4)
    (path := tmp_path / "power_cut.avi").write_bytes(content)
    frames, _ = read_all(path)
    assert numbers(frames) == list(range(FRAME_COUNT))


def test_side_data_of_an_unknown_kind(tmp_path: Path) -> None:
    """FFmpeg passes on Exif of JPEG pictures in a way that PyAV does not know."""
    path = clip(tmp_path, "mjpeg.mkv")
    ifd = b"II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x01" + bytes(7)
    exif = b"Exif\x00\x00" + ifd
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    with av.open(str(path)) as source, av.open(str(tmp_path / "exif.mkv"), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                data = bytes(packet)
                copy = av.Packet(data[:2] + segment + data[2:])
                copy.stream, copy.time_base = stream, packet.time_base
                copy.pts, copy.dts, copy.is_keyframe = packet.pts, packet.dts, True
                target.mux(copy)
    with av.open(str(tmp_path / "exif.mkv")) as container, pytest.raises(ValueError, match="Type"):
        _ = next(container.decode(video=0)).side_data
    frames, reader = read_all(tmp_path / "exif.mkv")
    assert numbers(frames) == list(range(FRAME_COUNT))
    assert reader.metadata().rotation_deg == 0


def test_where_the_frame_rate_comes_from(tmp_path: Path) -> None:
    reader = read_all(clip(tmp_path, "mpeg4.mp4"))[1]
    assert reader.metadata().fps_source is Source.FILE


def test_fragments_that_the_file_has_lost(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", muxer_options={"movflags": "frag_keyframe+empty_moov"})
    whole, _ = read_all(path)
    assert numbers(whole) == list(range(FRAME_COUNT))
    second = path.read_bytes().index(b"moof", path.read_bytes().index(b"moof") + 4)
    with pytest.raises(VideoDecodeError, match="fragments"):
        read_all(overwritten(path, second - 4, bytes(40)))
    frames, reader = read_all(overwritten(path, second + 60, bytes(40)))
    assert_consistent(frames, reader)
    assert len(frames) == FRAME_COUNT
    for before, after in zip(whole, frames, strict=True):
        assert after.time_s == pytest.approx(before.time_s)
        if after.picture is not None:
            np.testing.assert_array_equal(before.picture, after.picture)


def test_undecodable_packet_of_a_codec_that_does_not_notice_damage(tmp_path: Path) -> None:
    path = clip(tmp_path, "libvpx-vp9.webm")
    whole, _ = read_all(path)
    place = packet_places(path)[20]
    frames, reader = read_all(overwritten(path, place.start, bytes(place.size)))
    assert_consistent(frames, reader)
    assert gap_numbers(reader) == set(range(20, 24))
    np.testing.assert_array_equal(frames[24].picture, whole[24].picture)


def test_gap_reasons_name_the_frame_at_fault(tmp_path: Path) -> None:
    path = clip(tmp_path, "mpeg4.mp4")
    place = packet_places(path)[16]
    damaged = overwritten(path, place.start + place.size // 3, bytes(place.size // 2))
    first, rest = read_all(damaged)[1].metadata().gaps
    assert (first.first_frame, first.last_frame) == (16, 16)
    assert first.reason == "the picture is damaged"
    assert (rest.first_frame, rest.last_frame) == (17, 23)
    assert rest.reason == "made from frame 16, which is damaged or lost"


def test_frame_that_mpeg4_leaves_out_harms_no_other(tmp_path: Path) -> None:
    path = clip(tmp_path, "mpeg4.mp4")
    place = packet_places(path)[16]
    content = path.read_bytes()
    coded_bit = place.start + 4 + 1  # start code, then type 2, second 1, marker 1, time 5, marker 1
    assert content[place.start : place.start + 4] == b"\x00\x00\x01\xb6"
    left_out = overwritten(path, coded_bit, bytes([content[coded_bit] & ~0x20]))
    frames, reader = read_all(left_out)
    assert_consistent(frames, reader)
    assert gap_numbers(reader) == {16}


def test_hidden_vp8_frame_is_not_a_frame(tmp_path: Path) -> None:
    path = clip(tmp_path, "libvpx.webm")
    place = packet_places(path)[16]
    content = path.read_bytes()
    start = content.index(content[place.start :][4:40], place.start)
    first = next(
        at for at in range(place.start, start + 1) if packet_starts_at(content, at, place.size)
    )
    hidden = overwritten(path, first, bytes([content[first] & ~0x10]))
    frames, reader = read_all(hidden)
    assert_consistent(frames, reader)
    assert numbers(frames) == [number for number in range(FRAME_COUNT) if number != 16]
    assert reader.metadata().gaps == ()


def test_header_that_lies_about_the_number_of_frames(tmp_path: Path) -> None:
    path = clip(tmp_path, "mpeg4.avi")
    content = path.read_bytes()
    main_header = content.index(b"avih") + 8
    stream_header = content.index(b"strh") + 8
    for count in (7, 1_000_000):
        lying = overwritten(path, main_header + 16, count.to_bytes(4, "little"))
        lying = overwritten(lying, stream_header + 32, count.to_bytes(4, "little"))
        frames, _ = read_all(lying)
        assert numbers(frames) == list(range(FRAME_COUNT))


def test_single_frame(tmp_path: Path) -> None:
    frames, reader = read_all(write_clip(tmp_path / "clip.mp4", frame_count=1))
    assert_consistent(frames, reader)
    metadata = reader.metadata()
    assert metadata.frame_count == 1
    assert metadata.fps == pytest.approx(FPS)
    assert metadata.variable_frame_rate is False


def test_every_frame_damaged_is_an_error(tmp_path: Path) -> None:
    path = clip(tmp_path, "mpeg4.mp4")
    damaged = path
    for place in packet_places(path):
        if place.is_key:
            damaged = overwritten(damaged, place.start + 200, bytes(place.size - 200))
    with VideoReader(damaged) as reader, pytest.raises(VideoDecodeError, match="every one of 48"):
        list(reader)


def test_not_one_picture_is_an_error(tmp_path: Path) -> None:
    path = clip(tmp_path, "libx264.mp4")
    damaged = path
    for place in packet_places(path):
        damaged = overwritten(damaged, place.start, bytes(place.size))
    with pytest.raises(VideoDecodeError, match=r"not one of 48 frames \(h264\)"):
        VideoReader(damaged)


@pytest.mark.parametrize(
    "name", ["a:b.mp4", "100%03d.mp4", "Gehübung 步态.mp4", "-i.mp4", "x y.MP4"]
)
def test_any_file_name(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write_clip(tmp_path / "clip.mp4", frame_count=3).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert len(read_all(Path(name))[0]) == 3


def test_tags_that_are_not_utf8(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", frame_count=3, metadata={"title": "Rehabilitation"})
    place = path.read_bytes().index(b"Rehabilitation")
    assert len(read_all(overwritten(path, place, b"R\xe9\xff"))[0]) == 3


def test_metadata_only_after_the_last_frame(tmp_path: Path) -> None:
    with VideoReader(clip(tmp_path, "libx264.mp4")) as reader:
        with pytest.raises(RuntimeError, match="read all frames first"):
            reader.metadata()
        frames = iter(reader)
        next(frames)
        with pytest.raises(RuntimeError, match="read all frames first"):
            reader.metadata()
        with pytest.raises(RuntimeError, match="iterated once"):
            iter(reader)


def test_closed_reader_gives_no_metadata_of_half_a_video(tmp_path: Path) -> None:
    with VideoReader(clip(tmp_path, "libx264.mp4")) as reader:
        frames = iter(reader)
        next(frames)
    with pytest.raises(RuntimeError, match="closed"):
        list(frames)
    with pytest.raises(RuntimeError, match="read all frames first"):
        reader.metadata()


def assert_same_but_black(path: Path, skimmed: int) -> None:
    whole, full_reader = read_all(path)
    with VideoReader(path) as reader:
        reader.skim(skimmed)
        frames = list(reader)
    assert reader.metadata() == full_reader.metadata()
    pictures = 0
    for before, after in zip(whole, frames, strict=True):
        assert (after.number, after.time_s) == (before.number, before.time_s)
        assert after.gap_reason == before.gap_reason
        if before.picture is None or after.picture is None:
            assert before.picture is after.picture
            continue
        assert after.picture.shape == before.picture.shape
        assert after.picture.dtype == np.uint8
        pictures += 1
        if pictures <= skimmed:
            assert not after.picture.any()
            assert not after.picture.flags.writeable
        else:
            assert after.picture.tobytes() == before.picture.tobytes()


class TestSkim:
    def test_the_rest_is_the_same_in_every_format(self, any_clip: Path) -> None:
        for skimmed in (0, 1, 17, FRAME_COUNT - 1, FRAME_COUNT, FRAME_COUNT + 5):
            assert_same_but_black(any_clip, skimmed)

    @pytest.mark.parametrize("name", ["libx264.mp4", "mpeg4.mkv", "mjpeg.avi"])
    def test_damage_is_seen_all_the_same(self, tmp_path: Path, name: str) -> None:
        path = clip(tmp_path, name)
        place = packet_places(path)[14]
        data = (b"\xff" if name in JPEG else b"\x00") * (place.size // 2)
        damaged = overwritten(path, place.start + place.size // 3, data)
        assert gap_numbers(read_all(damaged)[1])
        for skimmed in range(0, FRAME_COUNT, 3):
            assert_same_but_black(damaged, skimmed)

    def test_turned_pictures(self, tmp_path: Path) -> None:
        assert_same_but_black(with_rotation(clip(tmp_path, "libx264.mp4"), 90), 20)

    def test_only_before_the_first_frame(self, tmp_path: Path) -> None:
        with VideoReader(clip(tmp_path, "libx264.mp4")) as reader:
            next(iter(reader))
            with pytest.raises(RuntimeError, match="before the first frame"):
                reader.skim(3)


def test_at_least_one_thread(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        VideoReader(clip(tmp_path, "libx264.mp4"), decode_threads=0)


def test_nothing_is_written_to_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = clip(tmp_path, "libx264.mp4")
    place = packet_places(path)[20]
    read_all(overwritten(path, place.start + place.size // 3, bytes(place.size // 2)))
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""


def test_reading_leaves_no_file_open(tmp_path: Path) -> None:
    path = clip(tmp_path, "libx264.mp4")

    def opened() -> int:
        folder = Path("/proc/self/fd")
        if not folder.exists():
            pytest.skip("no /proc")
        targets = [str(link.readlink()) for link in folder.iterdir() if link.is_symlink()]
        return targets.count(str(path))

    with VideoReader(path) as reader:
        next(iter(reader))
        assert opened() == 1
    assert opened() == 0


def test_importing_io_loads_no_decoder() -> None:
    code = "import sys, neuropose.video.reader; print({'av', 'cv2'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_sha256(tmp_path: Path) -> None:
    path = clip(tmp_path, "libx264.mp4")
    assert video_sha256(path) == hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(VideoNotFoundError):
        video_sha256(tmp_path / "missing.mp4")


def packet_starts_at(content: bytes, start: int, size: int) -> bool:
    """Whether a VP8 frame between key frames starts here: shown, its first part inside it."""
    tag = int.from_bytes(content[start : start + 3], "little")
    return tag & 0x11 == 0x11 and tag >> 5 < size
