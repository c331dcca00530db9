"""Written videos: exact times, true colours, and nothing half written."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from neuropose.errors import OutputError
from neuropose.viz import VideoWriter
from neuropose.viz.video_writer import TICKS_PER_S


def plain(color: tuple[int, int, int], width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    return np.full((height, width, 3), color, np.uint8)


def write(path: Path, count: int = 5, width: int = 64, height: int = 48) -> None:
    with VideoWriter(path) as writer:
        for number in range(count):
            writer.write(plain((40 * number, 80, 120), width, height), number / 25)


def write_many(writer: VideoWriter, interrupted_by: type[BaseException] | None = None) -> None:
    with writer:
        for number in range(100):
            writer.write(plain((0, 0, 0)), number / 25)
        if interrupted_by is not None:
            raise interrupted_by


@pytest.mark.parametrize("fps", [24.0, 25.0, 29.97, 30.0, 59.94, 60.0, 120.0])
def test_even_times_are_exact(fps: float, tmp_path: Path) -> None:
    times_s = np.arange(20) / fps
    with VideoWriter(tmp_path / "clip.mp4") as writer:
        for time_s in times_s:
            writer.write(plain((1, 2, 3)), time_s)
    with av.open(tmp_path / "clip.mp4") as container:
        decoded_s = [frame.time for frame in container.decode(video=0)]
        duration_s = float(container.streams.video[0].duration / TICKS_PER_S)
    assert decoded_s == pytest.approx(times_s, abs=0.51 / TICKS_PER_S)
    assert duration_s == pytest.approx(20 / fps, abs=1e-3)  # the last picture is shown, too


def test_uneven_times_are_kept(tmp_path: Path) -> None:
    times_s = [0.0, 0.001, 0.5, 0.516, 3.0]
    with VideoWriter(tmp_path / "clip.mp4") as writer:
        for time_s in times_s:
            writer.write(plain((9, 9, 9)), time_s)
    with av.open(tmp_path / "clip.mp4") as container:
        assert [f.time for f in container.decode(video=0)] == pytest.approx(times_s, abs=1e-5)


def test_it_plays_in_a_browser(tmp_path: Path) -> None:
    write(tmp_path / "clip.mp4")
    data = (tmp_path / "clip.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(tmp_path / "clip.mp4") as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")


@pytest.mark.parametrize("color", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (200, 60, 30)])
def test_colours_come_back(color: tuple[int, int, int], tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "clip.mp4") as writer:
        writer.write(plain(color), 0.0)
    with av.open(tmp_path / "clip.mp4") as container:
        picture = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert picture[24, 32].astype(int) == pytest.approx(color, abs=4)


def test_odd_sides_gain_a_row_and_a_column(tmp_path: Path) -> None:
    write(tmp_path / "clip.mp4", width=65, height=49)
    with av.open(tmp_path / "clip.mp4") as container:
        picture = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert picture.shape == (50, 66, 3)
    assert picture[-1, -1].astype(int) == pytest.approx(picture[0, 0].astype(int), abs=4)


def test_the_same_pictures_give_the_same_bits(tmp_path: Path) -> None:
    write(tmp_path / "one.mp4", count=40)
    write(tmp_path / "other.mp4", count=40)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "other.mp4").read_bytes()


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_interrupted_video_leaves_the_old_one(
    error: type[BaseException], tmp_path: Path
) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"old")
    with pytest.raises(error):
        write_many(VideoWriter(path), interrupted_by=error)
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"old"]


def test_a_complete_video_replaces_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"old")
    write(path)
    assert [file.name for file in tmp_path.iterdir()] == ["clip.mp4"]
    assert path.stat().st_size > 100


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        av.error.ExternalError(1, "No space left on device"),
    ],
    ids=["system", "ffmpeg"],
)
def test_a_full_disk_is_an_output_error(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(packet: object) -> None:
        raise error

    writer = VideoWriter(tmp_path / "clip.mp4")
    monkeypatch.setattr(writer, "_container", _Failing(writer._container, full))
    with pytest.raises(OutputError, match="No space left") as caught:
        write_many(writer)
    assert caught.value.hint
    assert list(tmp_path.iterdir()) == []


class _Failing:
    def __init__(self, container: object, mux: object) -> None:
        self._container = container
        self.mux = mux

    def __getattr__(self, name: str) -> object:
        return getattr(self._container, name)


def test_impossible_places_are_output_errors(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No such file"):
        VideoWriter(tmp_path / "missing" / "clip.mp4")
    with pytest.raises(OutputError, match="suffix"):
        VideoWriter(tmp_path / "clip.jpeg2")
    with pytest.raises(OutputError, match="no encoder"):
        VideoWriter(tmp_path / "clip.mp4", codec="h999")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(OutputError):
        write(tmp_path / "folder.mp4")
    assert [file.name for file in tmp_path.iterdir()] == ["folder.mp4"]


def test_pictures_and_times_are_checked(tmp_path: Path) -> None:
    def add(picture: NDArray[np.uint8], time_s: float, *before: float) -> None:
        with VideoWriter(tmp_path / "clip.mp4") as writer:
            for earlier_s in before:
                writer.write(plain((0, 0, 0)), earlier_s)
            writer.write(picture, time_s)

    with pytest.raises(ValueError, match="ascend"):
        add(plain((0, 0, 0)), 0.04, 0.0, 0.04)
    with pytest.raises(ValueError, match="ascend"):
        add(plain((0, 0, 0)), -0.1)
    with pytest.raises(ValueError, match="the first had"):
        add(plain((0, 0, 0), width=66), 0.04, 0.0)
    with pytest.raises(ValueError, match="expected uint8"):
        add(np.zeros((48, 64), np.uint8), 0.0)
    with pytest.raises(ValueError, match="at least one picture"), VideoWriter(tmp_path / "a.mp4"):
        pass
    assert list(tmp_path.iterdir()) == []
