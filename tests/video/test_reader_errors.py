"""Files that are no usable video: the right error, one line, without the patient's file name."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import pytest
from tests.video.clips import MP4_TICK, RECIPES, overwritten, picture, write_clip, write_sound

from neuropose.errors import (
    NotAVideoError,
    NoVideoStreamError,
    VideoDecodeError,
    VideoEmptyError,
    VideoError,
    VideoNotFoundError,
    VideoTruncatedError,
)
from neuropose.video.reader import VideoReader

NAME = "patient_0815"


def refusal(path: Path) -> VideoError:
    with pytest.raises(VideoError) as caught:
        VideoReader(path)
    error = caught.value
    assert NAME not in f"{error} {error.hint}"
    assert "\n" not in f"{error}{error.hint}"
    return error


def text(path: Path) -> None:
    path.write_text("Patient walks without aid.\n" * 200)


def archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("clip.mp4", b"\x00" * 5000)


def photograph(path: Path) -> None:
    encoded = cv2.imencode(".jpg", picture(0))[1]
    path.write_bytes(encoded.tobytes())


def drawing(path: Path) -> None:
    path.write_bytes(cv2.imencode(".png", picture(0))[1].tobytes())


def playlist(path: Path) -> None:
    # FFmpeg would follow this to another file.
    other = write_clip(path.with_name("other.mp4"), frame_count=3)
    path.write_text(f"ffconcat version 1.0\nfile {other.name}\n")


def stream_list(path: Path) -> None:
    path.write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/clip.ts\n#EXT-X-ENDLIST\n")


def noise(path: Path) -> None:
    path.write_bytes(bytes((number * 7919 + 13) % 251 for number in range(5000)))


@pytest.mark.parametrize("make", [text, archive, photograph, drawing, playlist, stream_list, noise])
def test_not_a_video(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(path := tmp_path / f"{NAME}.mp4")
    assert type(refusal(path)) is NotAVideoError


def test_phone_photograph(tmp_path: Path) -> None:
    path = write_clip(tmp_path / f"{NAME}.mp4", frame_count=1)
    brand = path.read_bytes().index(b"ftyp") + 4
    path = overwritten(path, brand, b"heic", name=NAME)
    assert "still picture" in str(refusal(path))


def test_missing(tmp_path: Path) -> None:
    error = refusal(tmp_path / f"{NAME}.mp4")
    assert type(error) is VideoNotFoundError
    assert isinstance(error, FileNotFoundError)


def test_dangling_link_and_loop(tmp_path: Path) -> None:
    dangling, loop = tmp_path / f"{NAME}.mp4", tmp_path / f"{NAME}.avi"
    dangling.symlink_to(tmp_path / "gone.mp4")
    loop.symlink_to(loop)
    for path in (dangling, loop):
        assert type(refusal(path)) is VideoNotFoundError


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable(tmp_path: Path) -> None:
    path = write_clip(tmp_path / f"{NAME}.mp4", frame_count=3)
    path.chmod(0)
    assert "permission" in str(refusal(path))


def test_unreadable_for_anybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_clip(tmp_path / f"{NAME}.mp4", frame_count=3)
    monkeypatch.setattr(os, "access", lambda *_: False)
    error = refusal(path)
    assert type(error) is VideoNotFoundError
    assert "permission" in str(error)


def test_directory_and_pipe(tmp_path: Path) -> None:
    (folder := tmp_path / f"{NAME}.mp4").mkdir()
    assert type(refusal(folder)) is NotAVideoError
    os.mkfifo(pipe := tmp_path / f"{NAME}.avi")
    assert type(refusal(pipe)) is NotAVideoError
    assert type(refusal(Path(os.devnull))) is NotAVideoError


def test_empty(tmp_path: Path) -> None:
    (path := tmp_path / f"{NAME}.mp4").touch()
    assert type(refusal(path)) is VideoEmptyError


@pytest.mark.parametrize("suffix", ["avi", "ts"])
def test_stream_without_frames(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"{NAME}.{suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=30)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        container.start_encoding()
    assert type(refusal(path)) is VideoEmptyError


def test_edit_list_that_shows_nothing(tmp_path: Path) -> None:
    path = tmp_path / f"{NAME}.mp4"
    write_clip(path, frame_count=3, ticks=[-9000, -8000, -7000], time_base=MP4_TICK)
    assert type(refusal(path)) is VideoEmptyError


@pytest.mark.parametrize("suffix", ["wav", "m4a", "mkv"])
def test_sound_only(tmp_path: Path, suffix: str) -> None:
    assert type(refusal(write_sound(tmp_path / f"{NAME}.{suffix}"))) is NoVideoStreamError


def test_unknown_codec(tmp_path: Path) -> None:
    path = write_clip(tmp_path / f"{NAME}.mp4", frame_count=3)
    content = path.read_bytes().replace(b"avc1", b"zzzz").replace(b"avcC", b"zzzZ")
    path.write_bytes(content)
    error = refusal(path)
    assert type(error) is VideoDecodeError
    assert "codec is not known" in str(error)


def test_impossible_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_clip(tmp_path / f"{NAME}.mp4", frame_count=3)
    monkeypatch.setattr("neuropose.video.container._MAX_PIXELS", 160 * 120 - 1)
    error = refusal(path)
    assert type(error) is VideoDecodeError
    assert "160 × 120" in str(error)


@pytest.mark.parametrize("name", ["libx264.mp4", "libx264.mov", "mpeg4.avi", "libx264.mkv"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.9])
def test_cut_short(tmp_path: Path, name: str, share: float) -> None:
    path = write_clip(tmp_path / f"{NAME}.{RECIPES[name].suffix}", RECIPES[name])
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    error = refusal(path)
    assert type(error) is VideoTruncatedError
    assert "MB" in str(error) or "moov" in str(error)


@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
def test_cut_short_with_its_index_in_front(tmp_path: Path, share: float) -> None:
    path = write_clip(
        tmp_path / f"{NAME}.mp4", muxer_options={"movflags": "+faststart"}, frame_count=24
    )
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    path.write_bytes(content[: int(len(content) * share)])
    error = refusal(path)
    assert type(error) is VideoTruncatedError


def test_message_says_how_much_is_there(tmp_path: Path) -> None:
    path = write_clip(tmp_path / f"{NAME}.avi", RECIPES["mjpeg.avi"])
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    size, stated = len(content) // 2 / 1e6, len(content) / 1e6
    assert str(refusal(path)) == f"the file ends after {size:.3g} of {stated:.3g} MB"


def test_index_names_frames_beyond_the_end(tmp_path: Path) -> None:
    path = write_clip(tmp_path / f"{NAME}.mp4", muxer_options={"movflags": "+faststart"})
    content = bytearray(path.read_bytes())
    mdat = content.index(b"mdat") - 4
    content[mdat : mdat + 4] = bytes(4)  # as long as the file is: says nothing of its end
    path.write_bytes(content[: len(content) * 2 // 3])
    error = refusal(path)
    assert type(error) is VideoTruncatedError
    assert "lists 48 frames" in str(error)


@pytest.mark.parametrize("tail", [bytes(4096), b"SEFT" + bytes(60), b"\x00\x00\x10\x00\xffcam" * 9])
def test_what_cameras_append_is_no_truncation(tmp_path: Path, tail: bytes) -> None:
    path = write_clip(tmp_path / f"{NAME}.mp4", frame_count=3)
    path.write_bytes(path.read_bytes() + tail)
    with VideoReader(path) as reader:
        assert reader.expected_frame_count == 3
