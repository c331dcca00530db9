"""Synthetic people as pictures and videos: simple shaded bodies in front of a plain wall."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from neuropose.data import Camera
from neuropose.skeletons import BLAZEPOSE_33
from neuropose.skeletons.sides import SIDES
from neuropose.testing.people.numbered import stamp, write_video
from neuropose.testing.people.scene import project

if TYPE_CHECKING:
    from neuropose.estimator.model import Picture

Array = NDArray[np.float64]
Color = tuple[int, int, int]

_SUBPIXEL_BITS = 3
_WALL, _FLOOR = (206, 204, 198), (150, 146, 140)
_SKIN: Color = (224, 172, 140)
_SHIRT: Color = (58, 110, 165)
_TROUSERS: Color = (64, 66, 84)
_SHOES: Color = (40, 36, 36)
_HAIR: Color = (70, 50, 38)
_NECK, _HEAD = (("left_shoulder", "right_shoulder"), ("left_ear", "right_ear"))

# From joints, to joints, radius in mm, colour; the middle of the joints where there are several.
_LIMBS: tuple[tuple[tuple[str, ...], tuple[str, ...], float, Color], ...] = (
    (_NECK, _HEAD, 55.0, _SKIN),
    *(
        limb
        for side in SIDES
        for limb in (
            ((f"{side}_hip",), (f"{side}_knee",), 72.0, _TROUSERS),
            ((f"{side}_knee",), (f"{side}_ankle",), 50.0, _TROUSERS),
            ((f"{side}_heel",), (f"{side}_foot_index",), 34.0, _SHOES),
            ((f"{side}_ankle",), (f"{side}_heel", f"{side}_foot_index"), 38.0, _SHOES),
            ((f"{side}_shoulder",), (f"{side}_elbow",), 46.0, _SHIRT),
            ((f"{side}_elbow",), (f"{side}_wrist",), 36.0, _SKIN),
            ((f"{side}_wrist",), (f"{side}_index", f"{side}_pinky"), 32.0, _SKIN),
            ((f"{side}_shoulder",), (f"{side}_hip",), 88.0, _SHIRT),
        )
    ),
    (_NECK, ("left_hip", "right_hip"), 100.0, _SHIRT),
    (_HEAD, ("left_eye", "right_eye", "mouth_left", "mouth_right"), 88.0, _SKIN),
    (_HEAD, _HEAD, 98.0, _HAIR),
)


def render_picture(
    poses_mm: NDArray[np.floating], camera: Camera, width: int, height: int
) -> Picture:
    """Draw people as the camera sees them.

    Parameters
    ----------
    poses_mm : ndarray, shape (P, 33, 3)
        `BLAZEPOSE_33`, camera frame, mm. Limbs with a missing joint are left out.
    camera : Camera
        Intrinsics.
    width, height : int
        Picture size, px.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        RGB.

    Examples
    --------
    >>> from neuropose.testing.people.synthetic import synthetic_poses_mm
    >>> poses_mm = synthetic_poses_mm(np.zeros(1))[0]
    >>> render_picture(poses_mm, Camera.from_fov(320, 240, 55.0), 320, 240).shape
    (240, 320, 3)
    """
    picture = _background(width, height)
    focal_px = camera.intrinsic_matrix[0][0]
    limbs = [limb for pose_mm in poses_mm for limb in _limbs(np.asarray(pose_mm, np.float64))]
    limbs.sort(key=lambda limb: limb[1] - limb[0][:, 2].mean())  # the nearest surface last
    for ends_mm, radius_mm, color in limbs:
        ends = project(ends_mm, camera)
        if np.isfinite(ends).all() and (np.abs(ends) < 8 * max(width, height)).all():
            _draw_limb(picture, ends, focal_px * radius_mm / ends_mm[:, 2].mean(), color)
    return picture


def render_video(
    path: Path | str,
    poses_mm: NDArray[np.floating],
    times_s: Sequence[float] | Array,
    camera: Camera,
    *,
    width: int,
    height: int,
    numbered: bool = True,
) -> Path:
    """Draw people who move, each picture at its own presentation time.

    Parameters
    ----------
    path : Path or str
        The video to write.
    poses_mm : ndarray, shape (T, P, 33, 3)
        `BLAZEPOSE_33`, camera frame, mm.
    times_s : sequence of float, shape (T,)
        Presentation times, ascending from 0.
    camera : Camera
        Intrinsics.
    width, height : int
        Picture size, px.
    numbered : bool
        Whether each picture carries its number, for `FakeModel`.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    OutputError
        If it cannot be written.
    ValueError
        If the times do not ascend, or there are not as many as poses.

    Examples
    --------
    >>> import tempfile
    >>> from neuropose.testing import CameraView, simulate_walk
    >>> trial = simulate_walk(times_s=np.arange(3) / 30.0)
    >>> poses_mm = trial.in_camera(CameraView())[:, None]
    >>> camera = Camera.from_fov(320, 240, 55.0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     video = Path(folder) / "walk.mp4"
    ...     render_video(video, poses_mm, trial.time_s, camera, width=320, height=240).name
    'walk.mp4'
    """

    def pictures() -> Iterator[Picture]:
        for number, people_mm in enumerate(poses_mm):
            picture = render_picture(people_mm, camera, width, height)
            yield stamp(picture, number) if numbered else picture

    return write_video(path, pictures(), times_s)


def _background(width: int, height: int) -> Picture:
    shade = np.linspace(0.0, 1.0, height)[:, None, None] ** 2
    column = (1.0 - shade) * np.array(_WALL) + shade * np.array(_FLOOR)
    return np.ascontiguousarray(np.broadcast_to(column.astype(np.uint8), (height, width, 3)))


def _limbs(pose_mm: Array) -> Iterator[tuple[Array, float, Color]]:
    def middle(joints: tuple[str, ...]) -> Array:
        return np.asarray(pose_mm[[BLAZEPOSE_33.index(joint) for joint in joints]].mean(axis=0))

    for start, end, radius_mm, color in _LIMBS:
        ends_mm = np.stack([middle(start), middle(end)])
        if np.isfinite(ends_mm).all() and (ends_mm[:, 2] > 0).all():
            yield ends_mm, radius_mm, color


def _draw_limb(picture: Picture, ends: Array, radius_px: float, color: Color) -> None:
    """Draw a rounded limb, lighter along its upper left, as if lit from there."""
    for share, shift, light in ((1.0, 0.0, 0.62), (0.82, 0.10, 0.86), (0.45, 0.28, 1.08)):
        shade = tuple(min(255, round(light * channel)) for channel in color)
        width = max(1, round(2.0 * share * radius_px))
        start, end = (
            tuple(np.rint((point - shift * radius_px) * (1 << _SUBPIXEL_BITS)).astype(int).tolist())
            for point in ends
        )
        cv2.line(picture, start, end, shade, width, cv2.LINE_AA, _SUBPIXEL_BITS)
