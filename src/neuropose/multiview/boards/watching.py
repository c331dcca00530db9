"""Videos of a board: where it is in them, and why it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neuropose.errors import CalibrationError
from neuropose.multiview.boards.board import Board, Pattern
from neuropose.multiview.boards.detection import Grey, Sighting, board_finder, edge_width_px
from neuropose.video.reader import VideoReader

_PICTURES_PER_S = 10.0
_MOST_PICTURES = 900
_TRIED = 8
_FEW = 8
_LARGER = 2.0
_CONTRAST = 60.0
_WIDE_EDGE_PX = 5.0
_FEWEST_QUADS = 6
_SMALL_QUAD = 0.02  # side of a marker, as a share of the diagonal

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
        If the board is in hardly any picture, and it can be told why, or in none.
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
        else:
            spare.append(grey)
            spare = spare[::2] if len(spare) > 2 * _TRIED else spare
    if len(sightings) < _FEW:
        tried = spare[:: max(1, len(spare) // _TRIED)]
        reason = _reason(path.stem, board, tried, len(sightings), count)
        if reason is not None:
            raise reason
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


def _reason(
    name: str, board: Board, pictures: Sequence[Grey], found: int, count: int
) -> CalibrationError | None:
    """Say why a board is hardly found, if that can be told; None if not."""
    what = f"{name}: the board was found in {found or 'none'} of {count} pictures"
    most = max(2, len(pictures) // 3)
    if board.pattern is Pattern.CHARUCO:
        find = board_finder(board)
        if sum(find(_mirrored(grey)) is not None for grey in pictures) >= most:
            return CalibrationError(
                f"{name}: the picture is mirrored: the board is found in its mirror image only",
                hint="switch mirroring off in the camera (selfie cameras do it), and film again",
            )
    if sum(_has_no_sharp_edge(grey) for grey in pictures) >= most:
        return CalibrationError(
            f"{what}, and they are blurred",
            hint="hold the board still for 2 s in each place, with more light, and in focus",
        )
    if board.pattern is Pattern.CHECKERBOARD:
        larger = board.model_copy(update={"columns": board.columns + 1, "rows": board.rows + 1})
        if any(board_finder(larger)(grey) is not None for grey in pictures):
            return CalibrationError(
                f"{what}, but one of {larger.columns} × {larger.rows} squares in others",
                hint=f"count squares, not corners: --board {larger}",
            )
    if sum(_is_small(grey, board) for grey in pictures) >= most:
        return CalibrationError(
            f"{what}; it is too small in them",
            hint="film the board nearer, so that it fills a third to a half, or print a larger one",
        )
    if found:
        return None
    return CalibrationError(
        what,
        hint="film all of the board, so that it fills a third to a half of the picture, nearer and "
        "sharp, and check --board against its print",
    )


def _mirrored(grey: Grey) -> Grey:
    return np.ascontiguousarray(grey[:, ::-1])


def _has_no_sharp_edge(grey: Grey) -> bool:
    """Whether even the steepest edges of a picture with dark and bright parts are wide."""
    dark, bright = np.percentile(grey, [1, 99])
    steepest = float(np.percentile(np.abs(np.diff(grey.astype(np.float64), axis=1)), 99.9))
    return bool(bright - dark > _CONTRAST and 0.8 * (bright - dark) > _WIDE_EDGE_PX * steepest)


def _is_small(grey: Grey, board: Board) -> bool:
    """Whether there is a board, or at least the squares of one, in an enlarged picture."""
    import cv2

    large = np.asarray(
        cv2.resize(grey, None, fx=_LARGER, fy=_LARGER, interpolation=cv2.INTER_CUBIC), np.uint8
    )
    made = board.opencv()
    if made is None:
        return board_finder(board)(large) is not None
    decoded, _, others = cv2.aruco.ArucoDetector(made.getDictionary()).detectMarkers(large)
    quads = [np.asarray(each).reshape(4, 2) for each in (*decoded, *others)]
    sides = [float(np.linalg.norm(quad[0] - quad[1])) / _LARGER for quad in quads]
    return len(sides) >= _FEWEST_QUADS and float(np.median(sides)) < _SMALL_QUAD * np.hypot(
        *grey.shape
    )
