"""Interlaced pictures: two moments in one picture, whoever says so, and in whichever order."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.video.clips import (
    assert_consistent,
    overwritten,
    packet_places,
    read_all,
    with_rotation,
)

from neuropose.video.interlacing import Deinterlacer, is_combed, top_lead
from neuropose.video.reader import VideoReader

WIDTH, HEIGHT, COUNT = 256, 192, 20
TFF, BFF = "tff", "bff"
NOISE = np.random.default_rng(3).integers(0, 256, (HEIGHT // 8, WIDTH // 8), dtype=np.uint8)


def moment(half: int) -> NDArray[np.uint8]:
    """A bright block that moves by 4 px a field before a soft background."""
    grey = np.kron(NOISE // 4 + 60, np.ones((8, 8), np.uint8))
    left = 20 + 4 * half
    grey[40:150, left : left + 40] = 230
    return np.repeat(grey[..., None], 3, axis=2)


def woven(number: int, order: str) -> NDArray[np.uint8]:
    first, second = moment(2 * number), moment(2 * number + 1)
    upper, lower = (first, second) if order == TFF else (second, first)
    picture = upper.copy()
    picture[1::2] = lower[1::2]
    return picture


def write(path: Path, pictures: Sequence[NDArray[np.uint8]], *, mark: str | None = None) -> Path:
    """Write pictures; `mark` says in the file that they are interlaced, and in which order."""
    with av.open(str(path), "w") as container:
        options = {"crf": "8", "preset": "veryfast"} | ({"x264-params": "tff=1"} if mark else {})
        stream = container.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.gop_size = 5
        graph = av.filter.Graph()
        graph.link_nodes(
            graph.add_buffer(
                width=WIDTH,
                height=HEIGHT,
                format=av.VideoFormat("yuv420p"),
                time_base=Fraction(1, 25),
            ),
            graph.add("setfield", f"mode={mark or 'prog'}"),
            graph.add("buffersink"),
        ).configure()
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            graph.push(frame)
            marked = graph.vpull()
            marked.pts, marked.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(marked))
        container.mux(stream.encode())
    return path


def write_woven(path: Path, order: str, mark: str | None) -> Path:
    return write(path, [woven(number, order) for number in range(COUNT)], mark=mark)


def error_of(picture: NDArray[np.uint8] | None, number: int) -> float:
    assert picture is not None
    difference = np.abs(picture.astype(int) - moment(2 * number))
    return float(difference[45:145, 20:].mean())


@pytest.mark.parametrize("order", [TFF, BFF])
@pytest.mark.parametrize("is_marked", [True, False])
def test_interlaced_pictures_are_deinterlaced(tmp_path: Path, order: str, is_marked: bool) -> None:
    path = write_woven(tmp_path / "clip.mp4", order, order if is_marked else None)
    frames, reader = read_all(path)
    assert_consistent(frames, reader)
    assert len(frames) == COUNT
    assert [frame.time_s for frame in frames] == pytest.approx(np.arange(COUNT) / 25)
    combed = [error_of(woven(number, order), number) for number in range(COUNT)]
    after = [error_of(frame.picture, frame.number) for frame in frames]
    # Of an unmarked video it is certain after some pictures.
    assert np.mean(after[3:]) < 0.35 * np.mean(combed[3:])
    if is_marked:
        assert reader.warnings == (f"the video is interlaced: {COUNT} pictures were deinterlaced",)
    else:
        first = "upper" if order == TFF else "lower"
        assert reader.warnings == (
            f"{COUNT - 3} pictures look interlaced, though the file does not say so: "
            f"they were deinterlaced, with the {first} field first",
        )


def test_a_wrong_mark_is_overruled_once_that_is_certain(tmp_path: Path) -> None:
    frames, _ = read_all(write_woven(tmp_path / "clip.mp4", TFF, BFF))
    after = [error_of(frame.picture, frame.number) for frame in frames]
    assert np.mean(after[12:]) < 0.6 * np.mean(after[:8])


def test_pictures_of_one_moment_stay_as_they_are(tmp_path: Path) -> None:
    pictures = [moment(2 * number) for number in range(COUNT)]
    frames, reader = read_all(write(tmp_path / "clip.mp4", pictures))
    assert reader.warnings == ()
    assert max(error_of(frame.picture, frame.number) for frame in frames) < 3


def test_a_picture_now_and_then_that_looks_combed_is_left_alone(tmp_path: Path) -> None:
    pictures = [moment(2 * number) for number in range(COUNT)]
    for number in (5, 11, 12, 17):
        pictures[number] = woven(number, TFF)
    _, reader = read_all(write(tmp_path / "clip.mp4", pictures))
    assert reader.warnings == ()


@pytest.mark.parametrize("stripe_px", [1, 2, 3])
def test_stripes_are_no_combing(tmp_path: Path, stripe_px: int) -> None:
    """As on a shirt: fine lines that stand still, and a person that moves before them."""
    rows = (np.arange(HEIGHT) // stripe_px % 2 * 120 + 60).astype(np.uint8)
    pictures = []
    for number in range(8):
        picture = np.repeat(np.repeat(rows[:, None], WIDTH, 1)[..., None], 3, axis=2)
        picture[40:150, 20 + 6 * number : 60 + 6 * number] = 250
        pictures.append(picture)
    _, reader = read_all(write(tmp_path / "clip.mp4", pictures))
    assert reader.warnings == ()


def test_texture_that_moves_is_no_combing() -> None:
    rng = np.random.default_rng(5)
    before, after = rng.integers(0, 256, (2, 128, 128), dtype=np.uint8)
    assert not is_combed(after, before)
    assert not is_combed(after, before[:64])


def test_which_field_leads() -> None:
    def strips(number: int, order: str) -> NDArray[np.uint8]:
        return np.ascontiguousarray(woven(number, order)[..., 0])

    assert top_lead(strips(3, TFF), strips(2, TFF)) > 5
    assert top_lead(strips(3, BFF), strips(2, BFF)) < -5
    assert top_lead(strips(3, TFF), strips(3, TFF)) == 0


def test_damage_does_not_reach_the_pictures_beside_it(tmp_path: Path) -> None:
    path = write_woven(tmp_path / "clip.mp4", TFF, TFF)
    whole, _ = read_all(path)
    place = packet_places(path)[7]
    frames, reader = read_all(overwritten(path, place.start, bytes(place.size)))
    assert_consistent(frames, reader)
    missing = [frame.number for frame in frames if frame.picture is None]
    assert missing
    shown = [frame for frame in frames if frame.picture is not None]
    assert len(shown) > COUNT / 2
    for frame in shown:
        assert error_of(frame.picture, frame.number) < 2 * error_of(whole[5].picture, 5) + 1


@pytest.mark.parametrize("is_marked", [True, False])
def test_skimmed_pictures_change_nothing_after_them(tmp_path: Path, is_marked: bool) -> None:
    path = write_woven(tmp_path / "clip.mp4", TFF, TFF if is_marked else None)
    whole, full = read_all(path)
    for skimmed in (1, 7, COUNT - 1):
        with VideoReader(path) as reader:
            reader.skim(skimmed)
            frames = list(reader)
        assert reader.metadata() == full.metadata()
        assert reader.warnings == full.warnings
        for before, after in zip(whole[skimmed:], frames[skimmed:], strict=True):
            np.testing.assert_array_equal(before.picture, after.picture)


def test_turned_pictures_are_deinterlaced_before_they_are_turned(tmp_path: Path) -> None:
    path = write_woven(tmp_path / "clip.mp4", TFF, TFF)
    upright, _ = read_all(path)
    turned, _ = read_all(with_rotation(path, 90))
    for one, other in zip(upright, turned, strict=True):
        assert one.picture is not None
        np.testing.assert_array_equal(other.picture, np.rot90(one.picture, -1))


def test_a_picture_alone() -> None:
    frame = av.VideoFrame.from_ndarray(moment(0), format="rgb24").reformat(format="yuv420p")
    deinterlacer = Deinterlacer()
    assert deinterlacer.flush() == []
    assert deinterlacer.push(0, frame) == [(0, frame)]


def test_one_interlaced_frame_and_no_more(tmp_path: Path) -> None:
    frames, _ = read_all(write(tmp_path / "clip.mp4", [woven(0, TFF)], mark=TFF))
    assert len(frames) == 1
    assert frames[0].picture is not None
