"""Videos of a board: where it is in them, and why it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from neuropose.errors import CalibrationError
from neuropose.multiview.boards.board import Board, Pattern
from neuropose.multiview.boards.detection import Grey, Sighting, board_finder, edge_width_px
from neuropose.video.reader import VideoReader

_PICTURES_PER_S = 10.0
_MOST_PICTURES = 900
_TRIED = 12
_ENOUGH = 3
_LARGER = 2.5
_SMALLER = (0.5, 0.25)

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Watched:
    """A video of a board.

    Parameters
    ----------
    size : tuple of int
        Width and height of the picture, px.
    sightings : sequence of Sighting
        Ascending in time.
    picture_count : int
        In how many pictures the board was looked for.
    """

    size: tuple[int, int]
    sightings: Sequence[Sighting]
    picture_count: int


def watch(path: Path, board: Board, progress: Progress | None = None) -> Watched:
    """Find a board in ten pictures a second of a video, 900 at most.

    Parameters
    ----------
    path : Path
        The video.
    board : Board
        The board.
    progress : callable, optional
        Called with the pictures read and how many there are.

    Returns
    -------
    Watched

    Raises
    ------
    VideoError
        If the video cannot be read.
    CalibrationError
        If the board is in none of it; the hint says why, if that can be told.
    """
    find = board_finder(board)
    sightings, spare = [], []
    size, count = (0, 0), 0
    for frame, time_s, grey in _pictures(path, progress):
        size, count = (grey.shape[1], grey.shape[0]), count + 1
        found = find(grey)
        if found is not None:
            ids, points = found
            width = edge_width_px(grey, board, ids, points)
            sightings.append(Sighting(frame, time_s, ids, points, width))
        elif len(sightings) < _ENOUGH:
            spare.append(grey)
            spare = spare[::2] if len(spare) > 2 * _TRIED else spare
    if len(sightings) < _ENOUGH:
        raise _not_found(path.name, board, spare[:: max(1, len(spare) // _TRIED)], count)
    return Watched(size, sightings, count)


def _pictures(path: Path, progress: Progress | None) -> Iterator[tuple[int, float, Grey]]:
    import cv2

    with VideoReader(path) as reader:
        count = reader.expected_frame_count
        every_s = max(1.0 / _PICTURES_PER_S, count / reader.fps / _MOST_PICTURES)
        due_s = 0.0
        for frame in reader:
            if progress is not None:
                progress(frame.number, count)
            if frame.picture is None or frame.time_s < due_s - 1e-6:
                continue
            due_s = frame.time_s + every_s - 0.5 / reader.fps
            grey = cv2.cvtColor(frame.picture, cv2.COLOR_RGB2GRAY)
            yield frame.number, frame.time_s, np.asarray(grey, np.uint8)


def _not_found(name: str, board: Board, pictures: Sequence[Grey], count: int) -> CalibrationError:
    """Say why a board is not found, by what would have to be different to find it."""
    what = f"{name}: the board was found in none of {count} pictures"
    find = board_finder(board)
    scaled: dict[str, float] = {"small": _LARGER}
    scaled |= {f"blurred {share}": share for share in _SMALLER}
    tried: dict[str, Callable[[Grey], Grey]] = {
        "mirrored": lambda grey: np.ascontiguousarray(grey[:, ::-1]),
        **{why: partial(_scaled, factor=factor) for why, factor in scaled.items()},
    }
    for why, change in tried.items():
        if board.pattern is not Pattern.CHARUCO and why == "mirrored":
            continue
        if sum(find(change(grey)) is not None for grey in pictures) >= min(2, len(pictures)) > 0:
            return _because(why.split()[0], name)
    if board.pattern is Pattern.CHECKERBOARD:
        larger = board.model_copy(update={"columns": board.columns + 1, "rows": board.rows + 1})
        if any(board_finder(larger)(grey) is not None for grey in pictures):
            return CalibrationError(
                f"{what}, but one of {larger.columns} × {larger.rows} squares",
                hint=f"count squares, not corners: --board {larger}",
            )
    return CalibrationError(
        what,
        hint="film the whole board, sharp and in good light, and check --board against its print",
    )


def _scaled(grey: Grey, factor: float) -> Grey:
    import cv2

    how = cv2.INTER_AREA if factor < 1.0 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, None, fx=factor, fy=factor, interpolation=how), np.uint8)


def _because(why: str, name: str) -> CalibrationError:
    if why == "mirrored":
        return CalibrationError(
            f"{name}: the picture is mirrored: the board is found in its mirror image only",
            hint="switch mirroring off in the camera (selfie cameras do it), and film again",
        )
    if why == "small":
        return CalibrationError(
            f"{name}: the board is too small in the picture to be found",
            hint="film the board nearer, so that it fills a third to a half, or print a larger one",
        )
    return CalibrationError(
        f"{name}: the board is too blurred to be found",
        hint="hold the board still for 2 s in each place, with more light, and in focus",
    )
