"""Calibration with a board: the board to print, and cameras from videos of it."""

from neuropose.multiview.boards.board import Board, Pattern
from neuropose.multiview.boards.calibration import (
    Calibration,
    CameraCheck,
    calibrate_watched,
    calibrate_with_board,
)
from neuropose.multiview.boards.detection import Sighting, board_finder, edge_width_px
from neuropose.multiview.boards.intrinsics import Intrinsics, calibrate_intrinsics
from neuropose.multiview.boards.pdf import PAPERS_MM, Paper, board_pdf
from neuropose.multiview.boards.watching import Watched, watch

__all__ = [
    "PAPERS_MM",
    "Board",
    "Calibration",
    "CameraCheck",
    "Intrinsics",
    "Paper",
    "Pattern",
    "Sighting",
    "Watched",
    "board_finder",
    "board_pdf",
    "calibrate_intrinsics",
    "calibrate_watched",
    "calibrate_with_board",
    "edge_width_px",
    "watch",
]
