"""Skeletons on a picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from neuropose.data import UNTRACKED, FramePrediction
from neuropose.skeletons import Skeleton
from neuropose.viz.captions import draw_tag, tag_place
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
        points[~_in_sight(points, picture.shape)] = np.nan
        if not np.isnan(points).all():
            brush = _Brush.for_person(picture.shape, points, weight)
            _draw_bones(picture, points, confidence, skeleton, colors, brush)
            _draw_joints(picture, points, confidence, skeleton, brush)


def draw_track_ids(
    picture: Picture,
    frame: FramePrediction,
    *,
    scale: float = 1.0,
    measured: int | None = None,
) -> None:
    """Put a tag with the track id over every tracked person of a frame.

    Parameters
    ----------
    picture : ndarray of uint8, shape (H, W, 3)
        RGB; changed in place.
    frame : FramePrediction
        The detections of the frame.
    scale : float
        Size of `picture` relative to the picture that the predictions refer to.
    measured : int, optional
        Track of the person who was measured, whose tag says so.
    """
    for track, text, foot in _tags(frame, scale, measured):
        draw_tag(picture, text, foot, track_color(track))


def drawn_window(
    shape: tuple[int, ...], frame: FramePrediction, measured: int | None = None
) -> tuple[slice, slice] | None:
    """Return the part of a picture outside which nothing of a frame is drawn.

    Parameters
    ----------
    shape : tuple of int
        Shape of the picture that the predictions refer to.
    frame : FramePrediction
        The detections of the frame.
    measured : int, optional
        As in `draw_track_ids`.

    Returns
    -------
    tuple of slice or None
        Rows and columns. None: nothing is drawn.
    """
    height, width = shape[:2]
    corners: list[tuple[float, float]] = []
    for pose in frame.poses2d:
        points = pose.astype(np.float64)
        points[~_in_sight(points, shape)] = np.nan
        if not np.isnan(points).all():
            margin = _margin(_Brush.for_person(shape, points, 1.0))
            corners += [tuple(np.nanmin(points, axis=0) - margin)]
            corners += [tuple(np.nanmax(points, axis=0) + margin)]
    for _, text, foot in _tags(frame, 1.0, measured):
        x, y, wide, high = tag_place(shape, text, foot)
        corners += [(x, y), (x + wide, y + high)]
    if not corners:
        return None
    places = np.clip(np.array(corners), 0, [width, height])
    (x0, y0), (x1, y1) = np.floor(places.min(axis=0)), np.ceil(places.max(axis=0))
    return slice(int(y0), int(y1)), slice(int(x0), int(x1))


def _tags(
    frame: FramePrediction, scale: float, measured: int | None
) -> Iterator[tuple[int, str, tuple[float, float]]]:
    """Yield the track, text and foot of every tag."""
    for box, track in zip(frame.boxes * scale, frame.track_ids.tolist(), strict=True):
        if track != UNTRACKED and np.isfinite(box[:3]).all():
            x, y, width = box[:3].tolist()
            text = f"track {track}: measured" if track == measured else f"track {track}"
            yield track, text, (x + width / 2, y)


@dataclass(frozen=True)
class _Brush:
    """Line width and largest joint radius in px, smaller for people who look small."""

    line: int
    radius: float

    @classmethod
    def for_person(
        cls, shape: tuple[int, ...], points: NDArray[np.float64], weight: float
    ) -> _Brush:
        size = float(np.nanmax(np.nanmax(points, axis=0) - np.nanmin(points, axis=0)))
        width = weight * min(0.0042 * min(shape[:2]), 0.012 * size)
        return cls(line=max(1, round(width)), radius=max(1.2, 0.95 * width))


def _margin(brush: _Brush) -> int:
    """Return how far beyond its points a person is drawn, in px."""
    return 3 * brush.line + 2


def _in_sight(points: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    limit = _OUT_OF_SIGHT * max(shape[:2])
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
    window = _window(points, picture, margin=_margin(brush))
    part = picture[window]
    if not part.size:
        return
    corner = np.array([window[1].start, window[0].start])
    paint = np.zeros(part.shape, np.uint8)  # unlike zeros_like, touches no memory yet
    cover = np.zeros(part.shape[:2], np.uint8)
    rim = np.zeros(part.shape[:2], np.uint8)
    places = _fixed(points - corner)
    for (start, end), color in zip(skeleton.edges, colors, strict=True):
        first, second = places[start], places[end]
        if first is None or second is None:
            continue
        ends = first, second
        opacity = round(255 * _opacity(confidence[start], confidence[end]))
        _line(rim, ends, (opacity // 2,), brush.line + max(2, brush.line // 2))
        _line(cover, ends, (opacity,), brush.line)
        # Wider than its cover, so that its rough edge does not show.
        cv2.line(paint, *ends, color, brush.line + 3, cv2.LINE_8, _SUBPIXEL_BITS)
    drawn = np.flatnonzero(rim.view(np.bool_))  # few of all; the rim is wider than the bone
    whole = np.ascontiguousarray(part).reshape(-1, 3)
    pixels = _blended(whole.take(drawn, 0), np.array(INK, np.uint8), rim.ravel()[drawn])
    whole[drawn] = _blended(pixels, paint.reshape(-1, 3).take(drawn, 0), cover.ravel()[drawn])
    part[:] = whole.reshape(part.shape)


def _draw_joints(
    picture: Picture,
    points: NDArray[np.float64],
    confidence: NDArray[np.float32],
    skeleton: Skeleton,
    brush: _Brush,
) -> None:
    radii = _radii(points, skeleton, brush.radius).tolist()
    for joint, centre in enumerate(_fixed(points)):
        if centre is None:
            continue
        radius = radii[joint]
        color = confidence_color(float(confidence[joint]))
        rim = 0.25 * radius if radius > _LEAST_RIMMED else 0.0
        for drawn, shade in ((radius + rim, PAPER), (radius, color)):
            size = round(drawn * (1 << _SUBPIXEL_BITS))
            cv2.circle(picture, centre, size, shade, -1, cv2.LINE_AA, _SUBPIXEL_BITS)


def _radii(points: NDArray[np.float64], skeleton: Skeleton, largest: float) -> NDArray[np.float64]:
    """Return the joints' radii, smaller for joints close to their neighbours (face, hands)."""
    radii = np.full(len(points), largest)
    start, end = np.array(skeleton.edges, np.int64).reshape(-1, 2).T
    most = np.fmax(1.0, 0.3 * np.linalg.norm(points[start] - points[end], axis=1))
    np.minimum.at(radii, start, most)
    np.minimum.at(radii, end, most)
    return radii


def _opacity(*confidence: np.float32) -> float:
    least = min(map(float, confidence))
    return 1.0 if any(np.isnan(confidence)) else _FAINTEST + (1.0 - _FAINTEST) * least


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


def _fixed(points: NDArray[np.float64]) -> list[tuple[int, int] | None]:
    """Return points as OpenCV takes them; None for the missing."""
    known = np.asarray(~np.isnan(points).any(axis=1))
    whole = np.rint(np.where(known[:, None], points, 0.0) * (1 << _SUBPIXEL_BITS)).astype(int)
    return [
        (x, y) if is_known else None for is_known, (x, y) in zip(known, whole.tolist(), strict=True)
    ]


def _blended(
    pixels: NDArray[np.uint8], paint: NDArray[np.uint8], cover: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    weight = cover[:, None].astype(np.uint16)
    mixed = pixels * (255 - weight) + paint * weight
    return ((mixed + 127) // 255).astype(np.uint8)
