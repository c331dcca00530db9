"""Skeletons on a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.data import UNTRACKED, FramePrediction
from neuropose.skeletons import Skeleton
from neuropose.viz.captions import draw_tag
from neuropose.viz.colors import INK, PAPER, bone_colors, confidence_color, track_color
from neuropose.viz.layer import SUBPIXEL_BITS, Layer, Point

Scale = float | tuple[float, float]

_FAINTEST = 0.25  # opacity at confidence 0
_SHORTEST = 1e-6  # px
_HALF = 0.6  # of the width beyond the pixel that the smooth edge of a polygon adds
_LEAST_RIMMED = 2.0  # px; smaller joints have no rim
_OUT_OF_SIGHT = 4.0  # in picture sides; points further outside are not drawn


def draw_skeletons(
    layer: Layer,
    frame: FramePrediction,
    skeleton: Skeleton,
    *,
    scale: Scale = 1.0,
    weight: float = 1.0,
) -> None:
    """Draw everybody in a frame: bones coloured by side, joints by confidence.

    Parameters
    ----------
    layer : Layer
        What they are drawn on.
    frame : FramePrediction
        The detections of the frame.
    skeleton : Skeleton
        Skeleton of the poses.
    scale : float or tuple of float
        Size of `layer` relative to the picture that the predictions refer to; of its width and its
        height, if they differ.
    weight : float
        Line width relative to the default.

    Notes
    -----
    The lower the confidence, the fainter the bone. Missing joints, and bones to them, are left
    out.
    """
    colors = bone_colors(skeleton)
    for pose, confidence in zip(frame.poses2d, frame.confidence, strict=True):
        points = pose.astype(np.float64) * np.asarray(scale)
        points[~_in_sight(points, layer.shape)] = np.nan
        if np.isnan(points).all():
            continue
        brush = _Brush.for_person(layer.shape, points, weight)
        low, high = np.nanmin(points, axis=0), np.nanmax(points, axis=0)
        if layer.mark(*(low - brush.reach), *(high + brush.reach)):
            _draw_bones(layer, points, confidence, skeleton, colors, brush)
            _draw_joints(layer, points, confidence, skeleton, brush)


def draw_track_ids(
    layer: Layer, frame: FramePrediction, *, scale: Scale = 1.0, measured: int | None = None
) -> None:
    """Put a tag with the track id over every tracked person of a frame.

    Parameters
    ----------
    layer : Layer
        What they are drawn on.
    frame : FramePrediction
        The detections of the frame.
    scale : float or tuple of float
        Size of `layer` relative to the picture that the predictions refer to; of its width and its
        height, if they differ.
    measured : int, optional
        Track of the person who was measured, whose tag says so.
    """
    across, down = np.broadcast_to(scale, 2).tolist()
    places = frame.boxes[:, :3] * np.array([across, down, across])
    for place, track in zip(places, frame.track_ids.tolist(), strict=True):
        if track != UNTRACKED and np.isfinite(place).all():
            x, y, width = place.tolist()
            text = f"track {track}: measured" if track == measured else f"track {track}"
            draw_tag(layer, text, (x + width / 2, y), track_color(track))


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

    @property
    def reach(self) -> int:
        """How far beyond its points a person is drawn, in px."""
        return 3 * self.line + 2


def _in_sight(points: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    limit = _OUT_OF_SIGHT * max(shape[:2])
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(points) < limit).all(axis=-1))


def _draw_bones(
    layer: Layer,
    points: NDArray[np.float64],
    confidence: NDArray[np.float32],
    skeleton: Skeleton,
    colors: tuple[tuple[int, int, int], ...],
    brush: _Brush,
) -> None:
    """Draw all rims first, so that no bone is crossed by the rim of another."""
    opacities = _opacities(confidence, skeleton)
    rims = _outlines(points, skeleton, brush.line + max(2, brush.line // 2))
    for outline, opacity in zip(rims, opacities, strict=True):
        if outline is not None:
            layer.polygon(outline, layer.shade(INK, opacity // 2))
    bones = _outlines(points, skeleton, brush.line)
    for outline, color, opacity in zip(bones, colors, opacities, strict=True):
        if outline is not None:
            layer.polygon(outline, layer.shade(color, opacity, over=INK))


def _draw_joints(
    layer: Layer,
    points: NDArray[np.float64],
    confidence: NDArray[np.float32],
    skeleton: Skeleton,
    brush: _Brush,
) -> None:
    radii = _radii(points, skeleton, brush.radius).tolist()
    for centre, radius, given in zip(_fixed(points), radii, confidence.tolist(), strict=True):
        if centre is None:
            continue
        rim = 0.25 * radius if radius > _LEAST_RIMMED else 0.0
        layer.disc(centre, radius + rim, layer.shade(PAPER))
        layer.disc(centre, radius, layer.shade(confidence_color(given)))


def _radii(points: NDArray[np.float64], skeleton: Skeleton, largest: float) -> NDArray[np.float64]:
    """Return the joints' radii, smaller for joints close to their neighbours (face, hands)."""
    radii = np.full(len(points), largest)
    start, end = _ends(skeleton)
    most = np.fmax(1.0, 0.3 * np.linalg.norm(points[start] - points[end], axis=1))
    np.minimum.at(radii, start, most)
    np.minimum.at(radii, end, most)
    return radii


def _opacities(confidence: NDArray[np.float32], skeleton: Skeleton) -> list[int]:
    """Return how opaque each bone is, 0 to 255."""
    start, end = _ends(skeleton)
    least = np.minimum(confidence[start], confidence[end]).astype(np.float64)
    shares = np.where(np.isnan(least), 1.0, _FAINTEST + (1.0 - _FAINTEST) * least)
    opacities: list[int] = np.rint(255 * shares).astype(int).tolist()
    return opacities


def _outlines(
    points: NDArray[np.float64], skeleton: Skeleton, width: int
) -> list[NDArray[np.int32] | None]:
    """Return the four corners of each bone as OpenCV takes them; None for the missing."""
    start, end = (points[ends] for ends in _ends(skeleton))
    along = end - start
    length = np.maximum(np.linalg.norm(along, axis=1, keepdims=True), _SHORTEST)
    aside = along[:, ::-1] * (-1.0, 1.0) / length * _HALF * (width - 1)
    corners = np.stack([start + aside, end + aside, end - aside, start - aside], axis=1)
    known = np.asarray(~np.isnan(corners).any(axis=(1, 2)))
    fixed = np.rint(np.where(known[:, None, None], corners, 0.0) * (1 << SUBPIXEL_BITS))
    return [
        outline if is_known else None
        for is_known, outline in zip(known.tolist(), fixed.astype(np.int32), strict=True)
    ]


def _ends(skeleton: Skeleton) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    start, end = np.array(skeleton.edges, np.int64).reshape(-1, 2).T
    return start, end


def _fixed(points: NDArray[np.float64]) -> list[Point | None]:
    """Return points as OpenCV takes them; None for the missing."""
    known = np.asarray(~np.isnan(points).any(axis=1))
    whole = np.rint(np.where(known[:, None], points, 0.0) * (1 << SUBPIXEL_BITS)).astype(int)
    return [
        (x, y) if is_known else None for is_known, (x, y) in zip(known, whole.tolist(), strict=True)
    ]
