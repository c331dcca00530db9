"""Skeletons on a picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from neuropose.data import UNTRACKED, FramePrediction
from neuropose.skeletons import Skeleton
from neuropose.viz.captions import draw_tag
from neuropose.viz.colors import INK, PAPER, bone_colors, confidence_color, track_color

Picture = NDArray[np.uint8]

_SUBPIXEL_BITS = 4
_FAINTEST = 0.25  # opacity at confidence 0
_LEAST_RIMMED = 2.0  # px; smaller joints have no rim
_OUT_OF_SIGHT = 4.0  # in picture sides; points further outside are not drawn


def draw_skeletons(
    picture: Picture,
    frame: FramePrediction,
    skeleton: Skeleton,
    *,
    scale: float = 1.0,
    weight: float = 1.0,
) -> None:
    """Draw everybody in a frame: bones coloured by side, joints by confidence.

    Parameters
    ----------
    picture : ndarray of uint8, shape (H, W, 3)
        RGB; changed in place.
    frame : FramePrediction
        The detections of the frame.
    skeleton : Skeleton
        Skeleton of the poses.
    scale : float
        Size of `picture` relative to the picture that the predictions refer to.
    weight : float
        Line width relative to the default.

    Notes
    -----
    The lower the confidence, the fainter the bone. Missing joints, and bones to them, are left
    out.
    """
    colors = bone_colors(skeleton)
    for pose, confidence in zip(frame.poses2d, frame.confidence, strict=True):
        points = pose.astype(np.float64) * scale
        points[~_in_sight(points, picture)] = np.nan
        if not np.isnan(points).all():
            brush = _Brush.for_person(picture, points, weight)
            _draw_bones(picture, points, confidence, skeleton, colors, brush)
            _draw_joints(picture, points, confidence, skeleton, brush)


def draw_track_ids(picture: Picture, frame: FramePrediction, *, scale: float = 1.0) -> None:
    """Put a tag with the track id over every tracked person of a frame.

    Parameters
    ----------
    picture : ndarray of uint8, shape (H, W, 3)
        RGB; changed in place.
    frame : FramePrediction
        The detections of the frame.
    scale : float
        Size of `picture` relative to the picture that the predictions refer to.
    """
    for box, track in zip(frame.boxes * scale, frame.track_ids.tolist(), strict=True):
        if track != UNTRACKED and np.isfinite(box[:3]).all():
            x, y, width = box[:3].tolist()
            draw_tag(picture, f"track {track}", (x + width / 2, y), track_color(track))


@dataclass(frozen=True)
class _Brush:
    """Line width and largest joint radius in px, smaller for people who look small."""

    line: int
    radius: float

    @classmethod
    def for_person(cls, picture: Picture, points: NDArray[np.float64], weight: float) -> _Brush:
        size = float(np.nanmax(np.nanmax(points, axis=0) - np.nanmin(points, axis=0)))
        width = weight * min(0.0042 * min(picture.shape[:2]), 0.012 * size)
        return cls(line=max(1, round(width)), radius=max(1.2, 0.95 * width))


def _in_sight(points: NDArray[np.float64], picture: Picture) -> NDArray[np.bool_]:
    limit = _OUT_OF_SIGHT * max(picture.shape[:2])
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(points) < limit).all(axis=-1))


def _draw_bones(
    picture: Picture,
    points: NDArray[np.float64],
    confidence: NDArray[np.float32],
    skeleton: Skeleton,
    colors: tuple[tuple[int, int, int], ...],
    brush: _Brush,
) -> None:
    window = _window(points, picture, margin=3 * brush.line + 2)
    part = picture[window]
    if not part.size:
        return
    corner = np.array([window[1].start, window[0].start])
    paint = np.zeros_like(part)
    cover = np.zeros(part.shape[:2], np.uint8)
    rim = np.zeros(part.shape[:2], np.uint8)
    for (start, end), color in zip(skeleton.edges, colors, strict=True):
        if np.isnan(points[[start, end]]).any():
            continue
        ends = _fixed(points[start] - corner), _fixed(points[end] - corner)
        opacity = round(255 * _opacity(confidence[start], confidence[end]))
        _line(rim, ends, (opacity // 2,), brush.line + max(2, brush.line // 2))
        _line(cover, ends, (opacity,), brush.line)
        # Wider than its cover, so that the cover's smooth edge lies on the bone's colour.
        _line(paint, ends, color, brush.line + 3)
    _blend(part, np.broadcast_to(np.array(INK, np.uint8), part.shape), rim)
    _blend(part, paint, cover)


def _draw_joints(
    picture: Picture,
    points: NDArray[np.float64],
    confidence: NDArray[np.float32],
    skeleton: Skeleton,
    brush: _Brush,
) -> None:
    radii = _radii(points, skeleton, brush.radius)
    for joint in np.flatnonzero(~np.isnan(points).any(axis=1)):
        centre, radius = _fixed(points[joint]), float(radii[joint])
        color = confidence_color(float(confidence[joint]))
        rim = 0.25 * radius if radius > _LEAST_RIMMED else 0.0
        for drawn, shade in ((radius + rim, PAPER), (radius, color)):
            size = round(drawn * (1 << _SUBPIXEL_BITS))
            cv2.circle(picture, centre, size, shade, -1, cv2.LINE_AA, _SUBPIXEL_BITS)


def _radii(points: NDArray[np.float64], skeleton: Skeleton, largest: float) -> NDArray[np.float64]:
    """Return the joints' radii, smaller for joints close to their neighbours (face, hands)."""
    radii = np.full(len(points), largest)
    for start, end in skeleton.edges:
        length = float(np.linalg.norm(points[start] - points[end]))
        for joint in (start, end):
            radii[joint] = np.fmin(radii[joint], max(1.0, 0.3 * length))
    return radii


def _opacity(*confidence: np.float32) -> float:
    least = float(np.min(confidence))
    return 1.0 if np.isnan(least) else _FAINTEST + (1.0 - _FAINTEST) * least


def _window(points: NDArray[np.float64], picture: Picture, margin: int) -> tuple[slice, slice]:
    """Return the rows and columns of the picture that the person covers."""
    height, width = picture.shape[:2]
    low = np.nanmin(points, axis=0) - margin
    high = np.nanmax(points, axis=0) + margin
    x0, y0 = np.clip(np.floor(low), 0, [width, height]).astype(int)
    x1, y1 = np.clip(np.ceil(high), 0, [width, height]).astype(int)
    return slice(int(y0), int(y1)), slice(int(x0), int(x1))


def _line(
    picture: Picture,
    ends: tuple[tuple[int, int], tuple[int, int]],
    color: tuple[int, ...],
    width: int,
) -> None:
    cv2.line(picture, *ends, color, width, cv2.LINE_AA, _SUBPIXEL_BITS)


def _fixed(point: NDArray[np.float64]) -> tuple[int, int]:
    x, y = np.rint(point * (1 << _SUBPIXEL_BITS)).astype(int)
    return int(x), int(y)


def _blend(part: Picture, paint: Picture, cover: NDArray[np.uint8]) -> None:
    covered = cover > 0
    weight = cover[covered, None].astype(np.uint16)
    mixed = part[covered] * (255 - weight) + paint[covered] * weight
    part[covered] = ((mixed + 127) // 255).astype(np.uint8)
