"""Where the corners of a board are in a picture, and how sharp they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.multiview.boards.board import Board, Pattern

Array = NDArray[np.float64]
Grey = NDArray[np.uint8]

FEWEST_CORNERS = 8
"""A part of a ChArUco board with fewer corners says little, and may be mistaken."""
_ENOUGH_PX = 960.0  # larger pictures are searched at this size, and corners refined in full
_PROFILE = 0.3  # of the square, to either side of an edge
_PROFILE_POINTS = 25


@dataclass(frozen=True, slots=True)
class Sighting:
    """A board in a picture.

    Parameters
    ----------
    frame : int
        Frame number.
    time_s : float
        Time of the frame in its video, s.
    ids : ndarray of int, shape (N,)
        Which corners of the board.
    points_px : ndarray, shape (N, 2)
        Where they are, in OpenCV's pixel coordinates.
    edge_px : float
        How wide the edges of the squares are, 10 to 90 % of the step, px. NaN: not known.
    """

    frame: int
    time_s: float
    ids: NDArray[np.intp]
    points_px: Array
    edge_px: float

    @property
    def extent_px(self) -> float:
        """Diagonal of the rectangle about all corners."""
        return float(np.linalg.norm(np.ptp(self.points_px, axis=0)))


Finder = Callable[[Grey], tuple[NDArray[np.intp], Array] | None]


def board_finder(board: Board) -> Finder:
    """Return what finds a board in a picture.

    Parameters
    ----------
    board : Board
        The board.

    Returns
    -------
    callable
        From a grey picture to the numbers of corners and where they are, shapes (N,) and (N, 2);
        to None if the board is not in it. A mirrored ChArUco board is not found.
    """
    if board.pattern is Pattern.CHARUCO:
        return _charuco_finder(board)
    return lambda grey: _find_checkerboard(grey, board)


def _charuco_finder(board: Board) -> Finder:
    import cv2

    made = board.opencv()
    assert made is not None
    detector = cv2.aruco.CharucoDetector(made)

    def find(grey: Grey) -> tuple[NDArray[np.intp], Array] | None:
        corners, ids, _, _ = detector.detectBoard(grey)
        if ids is None or len(ids) < FEWEST_CORNERS:
            return None
        numbers = np.asarray(ids).ravel().astype(np.intp)
        if (
            len({*(numbers // (board.columns - 1))}) < 2
            or len({*(numbers % (board.columns - 1))}) < 2
        ):
            return None  # corners on one line determine no plane
        return numbers, np.asarray(corners, np.float64).reshape(-1, 2)

    return find


def _find_checkerboard(grey: Grey, board: Board) -> tuple[NDArray[np.intp], Array] | None:
    import cv2

    shape = (board.columns - 1, board.rows - 1)
    scale = min(1.0, _ENOUGH_PX / max(grey.shape))
    small = (
        grey
        if scale == 1.0
        else cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    )
    quick = cv2.CALIB_CB_ADAPTIVE_THRESH | cv2.CALIB_CB_NORMALIZE_IMAGE | cv2.CALIB_CB_FAST_CHECK
    found, corners = cv2.findChessboardCorners(small, shape, flags=quick)
    if not found:
        found, corners = cv2.findChessboardCornersSB(
            small, shape, flags=cv2.CALIB_CB_NORMALIZE_IMAGE
        )
    if not found:
        return None
    coarse = (np.asarray(corners, np.float64).reshape(shape[1], shape[0], 2) + 0.5) / scale - 0.5
    sides = np.linalg.norm(np.diff(coarse, axis=1), axis=-1).min()
    sides = min(sides, np.linalg.norm(np.diff(coarse, axis=0), axis=-1).min())
    half = int(np.clip(sides / 4.0, 2, 15))
    until = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-3)
    start = np.ascontiguousarray(coarse.reshape(-1, 1, 2), np.float32)
    fine = cv2.cornerSubPix(grey, start, (half, half), (-1, -1), until)
    grid = np.asarray(fine, np.float64).reshape(shape[1], shape[0], 2)
    return np.arange(grid.size // 2), _turned(grid, grey, board).reshape(-1, 2)


def _turned(grid: Array, grey: Grey, board: Board) -> Array:
    """Order corners so that x and y are right-handed, and the first one is beside a black corner.

    A checkerboard whose columns and rows are both even or both odd looks the same both ways.
    """
    along, down = grid[0, -1] - grid[0, 0], grid[-1, 0] - grid[0, 0]
    if along[0] * down[1] - along[1] * down[0] < 0.0:
        grid = grid[:, ::-1]
    if board.is_unambiguous and _first_square_is_white(grid, grey):
        grid = grid[::-1, ::-1]
    return np.asarray(grid)


def _first_square_is_white(grid: Array, grey: Grey) -> bool:
    """Compare the two colours of squares; between the corners (0, 0) and (1, 1) it is black."""
    centres = (grid[:-1, :-1] + grid[1:, 1:]) / 2.0
    x, y = np.meshgrid(np.arange(centres.shape[1]), np.arange(centres.shape[0]))
    seen = _at(grey, centres)
    return bool(seen[(x + y) % 2 == 0].mean() > seen[(x + y) % 2 == 1].mean())


def edge_width_px(grey: Grey, board: Board, ids: NDArray[np.intp], points_px: Array) -> float:
    """Return how wide the edges between squares are: what is blurred has wide ones.

    Parameters
    ----------
    grey : ndarray of uint8, shape (H, W)
        The picture.
    board : Board
        The board in it.
    ids : ndarray of int, shape (N,)
        Corners that were found.
    points_px : ndarray, shape (N, 2)
        Where they are.

    Returns
    -------
    float
        Median over the edges of the distance in which the step goes from 10 to 90 %, px; of a
        straight edge of a sharp picture about 1. NaN if no edge has two corners.
    """
    across = board.columns - 1
    at = np.full((board.rows - 1, across, 2), np.nan)
    at.reshape(-1, 2)[ids] = points_px
    widths = []
    for near, far in ((at[:, :-1], at[:, 1:]), (at[:-1], at[1:])):
        one, other = near.reshape(-1, 2), far.reshape(-1, 2)
        known = np.isfinite(one + other).all(axis=1)
        widths.append(_step_widths(grey, one[known], other[known]))
    found = np.concatenate(widths)
    return float(np.median(found)) if len(found) else float("nan")


def _step_widths(grey: Grey, one: Array, other: Array) -> Array:
    """Widths of the steps across the middles of edges from one corner to the other."""
    if not len(one):
        return np.empty(0)
    along = other - one
    normal = np.stack([-along[:, 1], along[:, 0]], axis=-1) * _PROFILE  # its length: of a square
    offsets = np.linspace(-1.0, 1.0, _PROFILE_POINTS)
    middle = one + 0.5 * along
    profile = _at(grey, middle[:, None] + offsets[:, None] * normal[:, None])
    low, high = np.percentile(profile, [5, 95], axis=1)
    steps = np.abs(np.diff(profile, axis=1))
    spacing = np.linalg.norm(normal, axis=1) * (offsets[1] - offsets[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        rise = 0.8 * (high - low) / (steps.max(axis=1) / spacing)
    return np.asarray(rise[(high - low) > 20.0])


def _at(grey: Grey, points: Array) -> Array:
    import cv2

    x, y = np.moveaxis(points.reshape(-1, 1, 2).astype(np.float32), -1, 0)
    seen = cv2.remap(grey, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.float64).reshape(points.shape[:-1])
