"""Contact sheets: evenly spaced frames, the people in them, and a bounded size."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from neuropose.data import FrameGap, VideoPredictions
from neuropose.errors import OutputError, VideoError
from neuropose.testing import synthetic_predictions, write_numbered_video, write_video
from neuropose.viz import contact_sheet, write_contact_sheet
from neuropose.viz.colors import BAND, LEFT, RIGHT, track_color

GREY = 110  # of the numbered videos


def read(path: Path) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB), np.uint8)


def near(picture: NDArray[np.uint8], color: tuple[int, int, int]) -> NDArray[np.bool_]:
    return np.asarray((np.abs(picture.astype(int) - color) < 12).all(axis=2))


def grid(sheet: NDArray[np.uint8]) -> tuple[int, int]:
    """Rows and columns of pictures, by the empty lines between them."""
    empty = near(sheet, BAND)
    pictures = ~empty
    pictures[np.flatnonzero(empty.mean(axis=1) > 0.5)] = False  # gaps and the legend's band

    def runs(covered: NDArray[np.bool_]) -> int:
        return int((np.diff(np.concatenate([[0], covered.astype(int)])) == 1).sum())

    return runs(pictures.any(axis=1)), runs(pictures.any(axis=0))


def sheet(folder: Path, frame_count: int, *, columns: int | None = None, **size: int) -> Path:
    size = {"width": 320, "height": 240, **size}
    video = write_numbered_video(folder / "clip.mp4", frame_count, **size)
    predictions = synthetic_predictions(frame_count, people=2, **size)
    write_contact_sheet(video, predictions, folder / "sheet.png", columns)
    return folder / "sheet.png"


@pytest.mark.parametrize(
    ("columns", "expected"), [(None, (3, 3)), (4, (2, 4)), (2, (4, 2)), (6, (2, 6)), (1, (8, 1))]
)
def test_eight_to_twelve_pictures_in_a_grid(
    columns: int | None, expected: tuple[int, int], tmp_path: Path
) -> None:
    assert grid(read(sheet(tmp_path, 40, columns=columns))) == expected


def test_upright_videos_stand_five_in_a_row(tmp_path: Path) -> None:
    assert grid(read(sheet(tmp_path, 40, width=240, height=426))) == (2, 5)


@pytest.mark.parametrize(("frame_count", "expected"), [(1, (1, 1)), (2, (1, 2)), (5, (2, 3))])
def test_short_videos_are_shown_whole(
    frame_count: int, expected: tuple[int, int], tmp_path: Path
) -> None:
    assert grid(read(sheet(tmp_path, frame_count))) == expected


def test_people_tracks_and_legend_are_on_it(tmp_path: Path) -> None:
    picture = read(sheet(tmp_path, 40))
    for color in (LEFT, RIGHT, track_color(0), track_color(1)):
        assert near(picture, color).sum() > 9 * 5


def test_the_frames_are_evenly_spaced() -> None:
    assert sorted(contact_sheet._evenly_spaced(90, 3)) == [5, 15, 25, 35, 45, 55, 65, 75, 85]
    assert contact_sheet._evenly_spaced(1, 3) == {0}


def test_the_file_stays_small_whatever_the_video(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 256, (540, 960, 3), np.uint8) for _ in range(9)]
    video = write_video(
        tmp_path / "noise.mp4", pictures, np.arange(9) / 30, options={"preset": "ultrafast"}
    )
    predictions = synthetic_predictions(9, width=960, height=540)
    write_contact_sheet(video, predictions, tmp_path / "sheet.png")
    assert 500_000 < (tmp_path / "sheet.png").stat().st_size <= 1_500_000


def test_the_same_input_gives_the_same_bits(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    one, other = sheet(tmp_path, 12), sheet(tmp_path / "again", 12)
    assert one.read_bytes() == other.read_bytes()


def test_a_gap_is_shown_as_one(
    gappy_reader: type, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(contact_sheet, "VideoReader", gappy_reader)
    gap = FrameGap(first_frame=1, last_frame=2, reason="the data is lost")
    predictions = synthetic_predictions(
        4, width=gappy_reader.width, height=gappy_reader.height, gaps=[gap]
    )
    write_contact_sheet("video.mp4", predictions, tmp_path / "sheet.png", columns=4)
    picture = read(tmp_path / "sheet.png")
    cells = [picture[20:120, 8 + 328 * at : 328 * (at + 1)] for at in range(4)]
    assert [np.median(cell) > 100 for cell in cells] == [True, False, False, True]


def test_another_video_is_refused(tmp_path: Path) -> None:
    video = write_numbered_video(tmp_path / "clip.mp4", 5)
    with pytest.raises(VideoError, match="another video"):
        write_contact_sheet(video, synthetic_predictions(5), tmp_path / "sheet.png")
    assert not (tmp_path / "sheet.png").exists()


def test_impossible_places_and_columns_are_refused(tmp_path: Path) -> None:
    video = write_numbered_video(tmp_path / "clip.mp4", 5)
    predictions: VideoPredictions = synthetic_predictions(5, width=160, height=120)
    with pytest.raises(OutputError):
        write_contact_sheet(video, predictions, tmp_path / "missing" / "sheet.png")
    with pytest.raises(ValueError, match="columns"):
        write_contact_sheet(video, predictions, tmp_path / "sheet.png", columns=0)
