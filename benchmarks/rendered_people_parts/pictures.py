"""Pictures of a mesh in a room, from calibrated cameras."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Picture = NDArray[np.uint8]

WIDTH, HEIGHT = 1280, 720
FOCAL_PX = 1100.0
_FINER = 2
_ROOM_MM = 5000.0
_MARGIN_PX = 25
_SUN, _WINDOW = np.array([0.40, 0.79, 0.45]), np.array([-0.61, 0.51, -0.61])


@dataclass(frozen=True)
class PlacedCamera:
    """A camera that looks at a point; the world's y is up, mm."""

    name: str
    eye_mm: tuple[float, float, float]
    towards_mm: tuple[float, float, float] = (0.0, 850.0, 0.0)

    @property
    def intrinsic_matrix(self) -> Array:
        return np.array([[FOCAL_PX, 0.0, WIDTH / 2], [0.0, FOCAL_PX, HEIGHT / 2], [0.0, 0.0, 1.0]])

    @cached_property
    def rotation(self) -> Array:
        forward = np.subtract(self.towards_mm, self.eye_mm)
        forward /= np.linalg.norm(forward)
        right = np.cross(forward, [0.0, 1.0, 0.0])
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(forward, right), forward])

    @property
    def translation_mm(self) -> Array:
        return -self.rotation @ np.array(self.eye_mm)

    def project(self, points_mm: Array) -> tuple[Array, Array]:
        """Pixels and depths."""
        in_camera = points_mm @ self.rotation.T + self.translation_mm
        image = in_camera @ self.intrinsic_matrix.T
        return image[:, :2] / image[:, 2:], in_camera[:, 2]

    @cached_property
    def room(self) -> Array:
        """A floor with tiles, four walls with a picture on each, and a ceiling, finer by two."""
        columns, rows = np.meshgrid(
            (np.arange(WIDTH * _FINER) + 0.5) / _FINER, (np.arange(HEIGHT * _FINER) + 0.5) / _FINER
        )
        pixels = np.stack([columns, rows, np.ones_like(rows)], axis=-1)
        rays = pixels @ np.linalg.inv(self.intrinsic_matrix).T @ self.rotation
        shown, nearest = np.zeros((*rows.shape, 3)), np.full(rows.shape, np.inf)
        for axis, at_mm, colour in (
            (1, 0.0, (150.0, 140.0, 125.0)),
            (0, -_ROOM_MM, (200.0, 200.0, 195.0)),
            (0, _ROOM_MM, (205.0, 200.0, 190.0)),
            (2, -_ROOM_MM, (195.0, 200.0, 205.0)),
            (2, _ROOM_MM, (200.0, 205.0, 200.0)),
            (1, 3000.0, (230.0, 230.0, 230.0)),
        ):
            with np.errstate(divide="ignore", invalid="ignore"):
                far = (at_mm - self.eye_mm[axis]) / rays[..., axis]
            hit = (far > 0.0) & (far < nearest)
            along, up = np.delete(self.eye_mm + far[..., None] * rays, axis, axis=2)[hit].T
            if axis == 1:
                texture = 8.0 * ((along // 500.0 + up // 500.0) % 2.0)
            else:
                hangs = (np.abs(along - 900.0) < 350.0) & (np.abs(up - 1500.0) < 400.0)
                texture = 6.0 * np.sin(along / 700.0) - 25.0 * hangs
            shown[hit] = np.array(colour) + texture[:, None]
            nearest[hit] = far[hit]
        return shown


def take(camera: PlacedCamera, points_mm: Array, faces: Array, colours: Array) -> Picture:
    """Draw a mesh, its shadow on the floor, and the room."""
    lit = _lit(points_mm, faces, colours)
    pixels, depth_mm = camera.project(points_mm)
    on_floor, floor_mm = camera.project(points_mm * [1.0, 0.0, 1.0])
    used = np.unique(faces)
    both = np.concatenate([pixels[used], on_floor[used]])
    size = np.array([WIDTH, HEIGHT])
    low = np.clip(np.floor(both.min(axis=0) - _MARGIN_PX), 0, size).astype(int)
    high = np.clip(np.ceil(both.max(axis=0) + _MARGIN_PX), 0, size).astype(int)
    window = np.ascontiguousarray(
        camera.room[low[1] * _FINER : high[1] * _FINER, low[0] * _FINER : high[0] * _FINER]
    )
    picture = cv2.resize(camera.room, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    if window.size:
        shadow = np.zeros_like(window)
        _draw(_FINER * (on_floor - low), floor_mm, faces, np.ones_like(lit), shadow)
        window *= 1.0 - 0.35 * cv2.GaussianBlur(shadow, (0, 0), 12.0)
        _draw(_FINER * (pixels - low), depth_mm, faces, lit, window)
        wide, tall = (high - low).tolist()
        small = cv2.resize(window, (wide, tall), interpolation=cv2.INTER_AREA)
        picture[low[1] : high[1], low[0] : high[0]] = small
    return np.asarray(np.clip(picture, 0.0, 255.0), np.uint8)


def _lit(points_mm: Array, faces: Array, colours: Array) -> Array:
    first, second, third = (points_mm[faces[:, corner]] for corner in range(3))
    outwards = np.zeros_like(points_mm)
    for corner in range(3):
        np.add.at(outwards, faces[:, corner], np.cross(second - first, third - first))
    outwards /= np.maximum(np.linalg.norm(outwards, axis=1, keepdims=True), 1e-9)
    light = (
        0.42 + 0.45 * np.maximum(outwards @ _SUN, 0.0) + 0.25 * np.maximum(outwards @ _WINDOW, 0.0)
    )
    return np.asarray(colours * light[:, None])


@njit(cache=True)  # type: ignore[untyped-decorator]
def _draw(pixels: Array, depth_mm: Array, faces: Array, colours: Array, picture: Array) -> None:
    """Draw triangles, the nearest in front."""
    tall, wide, _ = picture.shape
    nearest = np.full((tall, wide), np.inf)
    for face in range(len(faces)):
        a, b, c = faces[face]
        if min(depth_mm[a], depth_mm[b], depth_mm[c]) < 100.0:
            continue
        x0, y0 = pixels[a]
        x1, y1 = pixels[b]
        x2, y2 = pixels[c]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if abs(area) < 1e-9:
            continue
        for row in range(max(int(min(y0, y1, y2)), 0), min(int(max(y0, y1, y2)) + 2, tall)):
            for column in range(max(int(min(x0, x1, x2)), 0), min(int(max(x0, x1, x2)) + 2, wide)):
                x, y = column + 0.5 - x0, row + 0.5 - y0
                second = (x * (y2 - y0) - (x2 - x0) * y) / area
                third = ((x1 - x0) * y - x * (y1 - y0)) / area
                first = 1.0 - second - third
                if min(first, second, third) < -1e-6:
                    continue
                far = 1.0 / (first / depth_mm[a] + second / depth_mm[b] + third / depth_mm[c])
                if far < nearest[row, column]:
                    nearest[row, column] = far
                    for k in range(3):
                        picture[row, column, k] = (
                            first * colours[a, k] + second * colours[b, k] + third * colours[c, k]
                        )
