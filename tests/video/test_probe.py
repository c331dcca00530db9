"""A video is what decodes, not what is called so."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from tests.video.clips import RECIPES, tiny_video, write_clip, write_sound

from neuropose.errors import VideoEmptyError, VideoError, VideoTruncatedError
from neuropose.video.probe import is_video, require_video


@pytest.mark.parametrize("name", RECIPES)
def test_any_container_under_any_name(tmp_path: Path, name: str) -> None:
    clip = write_clip(tmp_path / f"clip.{RECIPES[name].suffix}", RECIPES[name], frame_count=12)
    path = clip.rename(tmp_path / "00001.unknown")
    assert is_video(path)
    assert is_video(io.BytesIO(path.read_bytes()))
    require_video(path)


@pytest.mark.parametrize(
    "content", [b"", b"walks well\n" * 99, b"\xff\xd8\xff" + bytes(500), b"PK\x03\x04" + bytes(99)]
)
def test_what_is_no_video(tmp_path: Path, content: bytes) -> None:
    (path := tmp_path / "walk.mp4").write_bytes(content)
    assert not is_video(path)
    assert not is_video(io.BytesIO(content))
    with pytest.raises(VideoError):
        require_video(path)


def test_sound_is_no_video(tmp_path: Path) -> None:
    assert not is_video(write_sound(tmp_path / "voice.wav"))
    assert not is_video(tmp_path)
    assert not is_video(tmp_path / "none.mp4")


def test_half_a_video_is_refused(tmp_path: Path) -> None:
    (path := tmp_path / "walk.mp4").write_bytes(tiny_video()[:-500])
    with pytest.raises(VideoTruncatedError):
        require_video(path)


def test_a_stream_without_frames(tmp_path: Path) -> None:
    content = write_clip(tmp_path / "a.avi", RECIPES["mjpeg.avi"], frame_count=1).read_bytes()
    cut = bytearray(content[: content.index(b"movi") + 4])
    cut[4:8] = (len(cut) - 8).to_bytes(4, "little")
    movi = cut.rindex(b"LIST")
    cut[movi + 4 : movi + 8] = (4).to_bytes(4, "little")
    (path := tmp_path / "walk.avi").write_bytes(cut)
    with pytest.raises(VideoEmptyError):
        require_video(path)
