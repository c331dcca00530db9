"""Boards as known cameras see them: every pixel from its own ray."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from neuropose.data import Camera, RigCamera
from neuropose.multiview.boards import Board
from neuropose.viz.video_writer import VideoWriter

PER_MM = 4.0
BORDER_MM = 30.0


def texture(board: Board) -> np.ndarray:
    width, height = board.size_mm
    border = BORDER_MM
    page = np.full(
        (round((height + 2 * border) * PER_MM), round((width + 2 * border) * PER_MM)), 235, np.uint8
    )

    def fill(corner: np.ndarray, side: float) -> None:
        low = np.round((corner + border) * PER_MM).astype(int)
        high = np.round((corner + border + side) * PER_MM).astype(int)
        page[low[1] : high[1], low[0] : high[0]] = 25

    for corner in board.black_squares():
        fill(corner, board.square_mm)
    for corner in board.marker_cells():
        fill(corner, board.cell_mm)
    return page


class Renderer:
    """Pictures of a board on a plain background."""

    def __init__(
        self, board: Board, camera: Camera, width: int, height: int, finer: int = 2
    ) -> None:
        self.board, self.page = board, texture(board)
        self.size, self.finer = (width, height), finer
        step = 1.0 / finer
        across = (np.arange(width * finer) + 0.5) * step - 0.5
        down = (np.arange(height * finer) + 0.5) * step - 0.5
        grid = np.stack(np.meshgrid(across, down), axis=-1)
        self.rays = camera.rays(grid)

    def picture(self, rotation: np.ndarray, translation: np.ndarray) -> np.ndarray:
        """Camera = rotation · board + translation, mm; the board's x to the right, y down."""
        normal = rotation[:, 2]
        ahead = np.concatenate([self.rays, np.ones((*self.rays.shape[:-1], 1))], axis=-1)
        depth = (normal @ translation) / (ahead @ normal)
        on_board = (ahead * depth[..., None] - translation) @ rotation
        at = ((on_board[..., :2] + BORDER_MM) * PER_MM - 0.5).astype(np.float32)
        at[~(depth > 0.0)] = -10.0
        page = cv2.remap(self.page, at, None, cv2.INTER_LINEAR, borderValue=120)
        return cv2.resize(page, self.size, interpolation=cv2.INTER_AREA)


def poses(
    board: Board,
    camera: Camera,
    size: tuple[int, int],
    count: int,
    *,
    tilt_deg: float = 35.0,
    fill: float = 0.45,
    seed: int = 0,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Places of a board that is held before one camera: all over the picture, tilted all ways."""
    draw = np.random.default_rng(seed)
    middle = np.array([*board.size_mm, 0.0]) / 2.0
    found = []
    for number in range(count):
        cell = np.array([number % 3, number // 3 % 3]) / 2.0 - 0.5
        tilt = np.radians(tilt_deg) * np.array([np.cos(2.4 * number), np.sin(2.4 * number), 0.0])
        rotation = Rotation.from_rotvec(tilt) * Rotation.from_rotvec(
            [0, 0, draw.uniform(-0.4, 0.4)]
        )
        matrix = rotation.as_matrix()
        depth = camera.matrix[0, 0] * board.size_mm[0] / (fill * size[0]) * draw.uniform(0.85, 1.2)
        target = (0.5 + 0.55 * cell) * np.array(size) + draw.uniform(-20, 20, 2)
        ray = camera.rays(target)
        centre = depth * np.array([*ray, 1.0])
        found.append((matrix, centre - matrix @ middle))
    return found


def noisy(pictures: Iterable[np.ndarray], seed: int = 0) -> list[np.ndarray]:
    draw = np.random.default_rng(seed)
    return [
        np.clip(picture + draw.normal(0.0, 2.0, picture.shape), 0, 255).astype(np.uint8)
        for picture in pictures
    ]


def film(path: Path, pictures: Iterable[np.ndarray], fps: float = 10.0, seed: int = 0) -> Path:
    """Write grey pictures with a little noise as a video."""
    with VideoWriter(path) as writer:
        for number, picture in enumerate(noisy(pictures, seed)):
            writer.write(np.repeat(picture[..., None], 3, axis=-1), time_s=number / fps)
    return path


def seen_from(
    camera: RigCamera, rotation: np.ndarray, translation: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Board to world, as board to camera."""
    return (
        camera.rotation_matrix @ rotation,
        camera.rotation_matrix @ translation + camera.translation,
    )


def blurred(pictures: Sequence[np.ndarray], width: float) -> list[np.ndarray]:
    return [cv2.GaussianBlur(picture, (0, 0), width) for picture in pictures]
