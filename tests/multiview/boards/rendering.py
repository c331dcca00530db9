"""Boards as known cameras see them: every pixel from its own ray."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
from scipy.interpolate import RectBivariateSpline
from scipy.spatial.transform import Rotation

from neuropose.data import Camera, RigCamera
from neuropose.multiview.boards import Board
from neuropose.viz.video_writer import VideoWriter

PER_MM = 4.0
BORDER_MM = 30.0
FINER = 2


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


def rays_of(camera: Camera, across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Rays of a grid of pixels, from a spline through those of a coarser one."""
    x, y = np.linspace(across[0], across[-1], 81), np.linspace(down[0], down[-1], 61)
    coarse = camera.rays(np.stack(np.meshgrid(x, y), axis=-1))
    return np.stack(
        [RectBivariateSpline(y, x, coarse[..., axis])(down, across) for axis in (0, 1)], axis=-1
    )


class Renderer:
    """Pictures of a board on a plain background.

    The board is drawn as a camera without distortion sees it, finer than the picture; the picture
    looks up each of its (finer) pixels there.
    """

    def __init__(self, board: Board, camera: Camera, width: int, height: int) -> None:
        self.page, self.size = texture(board), (width, height)
        across = (np.arange(width * FINER) + 0.5) / FINER - 0.5
        down = (np.arange(height * FINER) + 0.5) / FINER - 0.5
        rays = rays_of(camera, across, down)
        low, high = rays.min(axis=(0, 1)), rays.max(axis=(0, 1))
        focal = FINER * camera.matrix[0, 0]
        self.ideal = np.array([[focal, 0, -focal * low[0]], [0, focal, -focal * low[1]], [0, 0, 1]])
        self.ideal_size = tuple(np.ceil(focal * (high - low)).astype(int).tolist())
        self.look_up = (focal * (rays - low)).astype(np.float32)
        shift = BORDER_MM - 0.5 / PER_MM
        self.to_mm = np.array([[1 / PER_MM, 0, -shift], [0, 1 / PER_MM, -shift], [0, 0, 1]])

    def picture(self, rotation: np.ndarray, translation: np.ndarray) -> np.ndarray:
        """Camera = rotation · board + translation, mm; the board's x to the right, y down."""
        on_board = np.column_stack([rotation[:, :2], translation])
        drawn = cv2.warpPerspective(
            self.page, self.ideal @ on_board @ self.to_mm, self.ideal_size, borderValue=120
        )
        bent = cv2.remap(drawn, self.look_up, None, cv2.INTER_LINEAR, borderValue=120)
        return cv2.resize(bent, self.size, interpolation=cv2.INTER_AREA)


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


def carried(
    seconds: float, fps: float, *, floor_s: float = 2.0
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Board to world of a board that is carried about, held still in between, then laid down.

    The world's z points up; the board faces the cameras, which are where y is negative.
    """
    draw = np.random.default_rng(3)
    upright = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])  # x, y, z are columns
    stops = int(seconds // 1.5)
    keys = []
    for number in range(stops):
        turn = Rotation.from_rotvec(
            np.radians(
                [30 * np.cos(2.4 * number), draw.uniform(-15, 15), 35 * np.sin(2.4 * number)]
            )
        )
        place = draw.uniform([-600.0, -1300.0, 700.0], [500.0, 300.0, 1600.0])
        keys.append((turn * Rotation.from_matrix(upright), place))
    times = np.arange(0.0, seconds, 1.0 / fps)
    found = []
    for time_s in times:
        at = min(time_s / 1.5, stops - 1.001)
        number, share = int(at), at - int(at)
        share = np.clip((share - 0.35) / 0.5, 0.0, 1.0)
        share = share * share * (3.0 - 2.0 * share)
        (turn, place), (next_turn, next_place) = keys[number], keys[min(number + 1, stops - 1)]
        between = (next_turn * turn.inv()).as_rotvec()
        matrix = (Rotation.from_rotvec(share * between) * turn).as_matrix()
        found.append((matrix, place + share * (next_place - place)))
    flat = np.diag([1.0, -1.0, -1.0])  # face up
    return found + [(flat, np.array([-150.0, 100.0, 0.0]))] * int(floor_s * fps)
