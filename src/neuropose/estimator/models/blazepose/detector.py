"""The person detector: where in the picture people are.

Architecture and decoding: Bazarevsky et al. 2020, BlazePose (arXiv:2006.10204), and 2019,
BlazeFace (arXiv:1907.05047) for the single-shot anchors and the weighted suppression.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from neuropose.estimator.model import Picture
from neuropose.estimator.models.blazepose.graph import Graph
from neuropose.estimator.models.blazepose.region import REGION_SCALE, Region, Seen
from neuropose.tracing import working
from neuropose.video.stored_picture import StoredPicture

INPUT_PX = 224
_STRIDES_PX = (8, 16, 32, 32, 32)
_ANCHORS_PER_CELL_AND_LAYER = 2
_MIN_SCORE = 0.5
_SUPPRESS_IOU = 0.3
_CUT_TOLERANCE = 0.1
_VALUES = 12  # box (cx, cy, w, h) and four keypoints (x, y)


@dataclass(frozen=True, slots=True)
class View:
    """A part of the picture that is searched in one go.

    Parameters
    ----------
    x_px, y_px : int
        Its top left corner.
    width_px, height_px : int
        Its size.
    """

    x_px: int
    y_px: int
    width_px: int
    height_px: int


def search_views(height_px: int, width_px: int) -> list[View]:
    """Divide a picture into views in which people of any size can be found.

    Parameters
    ----------
    height_px, width_px : int
        Size of the picture.

    Returns
    -------
    list of View
        The whole picture first. Shrunk to 224 px, people lower than about a quarter of its longer
        side are too small to be found there. The squares, as wide as the shorter side, overlap by
        at least half, so that these fit in one.

    Examples
    --------
    >>> [(view.x_px, view.width_px) for view in search_views(1080, 1920)]
    [(0, 1920), (0, 1080), (420, 1080), (840, 1080)]
    """
    side = min(height_px, width_px)
    free = max(height_px, width_px) - side
    steps = math.ceil(2.0 * free / side)
    offsets = [round(step * free / steps) for step in range(steps + 1)] if steps else []
    return [
        View(0, 0, width_px, height_px),
        *(
            View(0, offset, side, side) if height_px > width_px else View(offset, 0, side, side)
            for offset in offsets
        ),
    ]


def find_regions(graph: Graph, picture: Seen, views: Iterable[View]) -> list[Region]:
    """Find people in parts of a picture.

    Parameters
    ----------
    graph : Graph
        The detector graph.
    picture : ndarray of uint8, shape (H, W, 3), or StoredPicture
        RGB.
    views : iterable of View
        The parts.

    Returns
    -------
    list of Region
        Where the landmark graph should look, most certain first. One person may come up several
        times, from different views.
    """
    regions = []
    for view in views:
        window = (
            slice(view.y_px, view.y_px + view.height_px),
            slice(view.x_px, view.x_px + view.width_px),
        )
        part = (picture.rgb(*window) if isinstance(picture, StoredPicture) else picture)[window]
        for score, region in _find_in_view(graph, part):
            moved = replace(region, x_px=region.x_px + view.x_px, y_px=region.y_px + view.y_px)
            if not _is_cut(moved, view, picture):
                regions.append((score, moved))
    return [region for _, region in sorted(regions, key=lambda pair: -pair[0])]


def _is_cut(region: Region, view: View, picture: Seen) -> bool:
    """Return whether the view cuts off a part of the body that the picture shows.

    Half a body would look like a small whole one.
    """
    height, width = picture.shape[:2]
    right_px, bottom_px = view.x_px + view.width_px, view.y_px + view.height_px
    reach_px = region.side_px / REGION_SCALE / 2.0 * (1.0 - _CUT_TOLERANCE)
    return bool(
        (view.x_px > 0 and region.x_px - reach_px < view.x_px)
        or (view.y_px > 0 and region.y_px - reach_px < view.y_px)
        or (right_px < width and region.x_px + reach_px > right_px)
        or (bottom_px < height and region.y_px + reach_px > bottom_px)
    )


def _find_in_view(graph: Graph, picture: Picture) -> list[tuple[float, Region]]:
    height, width = picture.shape[:2]
    tensor, scale, pad = _letterbox(picture)
    with working("detector graph"):
        graph.run(tensor)
    values = graph.output(1, len(_ANCHORS), _VALUES)[0].astype(np.float64)
    logits = graph.output(1, len(_ANCHORS), 1)[0, :, 0].astype(np.float64)
    scores = 1.0 / (1.0 + np.exp(-np.clip(logits, -100.0, 100.0)))
    good = scores >= _MIN_SCORE
    if not good.any():
        return []
    points = values[good].reshape(-1, _VALUES // 2, 2) / INPUT_PX
    points[:, 0] += _ANCHORS[good]
    points[:, 2:] += _ANCHORS[good][:, None]
    merged, merged_scores = _suppress(points, scores[good])
    keypoints_px = (merged[:, 2:] * INPUT_PX - pad) / scale
    return [
        (float(score), Region.from_alignment(hips, circle))
        for score, (hips, circle, *_) in zip(merged_scores, keypoints_px, strict=True)
        if 0.0 <= hips[0] <= width and 0.0 <= hips[1] <= height
    ]


def _letterbox(
    picture: Picture,
) -> tuple[NDArray[np.float32], float, NDArray[np.float64]]:
    height, width = picture.shape[:2]
    scale = INPUT_PX / max(height, width)
    pad = (INPUT_PX - np.array([width, height]) * scale) / 2.0
    matrix = np.array([[scale, 0.0, pad[0]], [0.0, scale, pad[1]]])
    matrix[:, 2] += 0.5 * scale - 0.5
    small = cv2.warpAffine(
        picture,
        matrix,
        (INPUT_PX, INPUT_PX),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
    )
    return small[None].astype(np.float32) / np.float32(127.5) - np.float32(1.0), scale, pad


def _anchors() -> NDArray[np.float64]:
    centres = []
    layer = 0
    while layer < len(_STRIDES_PX):
        stride = _STRIDES_PX[layer]
        same = _STRIDES_PX[layer:].count(stride)
        cells = (np.arange(INPUT_PX // stride) + 0.5) * stride / INPUT_PX
        grid = np.stack(np.meshgrid(cells, cells), axis=-1).reshape(-1, 2)
        centres.append(np.repeat(grid, same * _ANCHORS_PER_CELL_AND_LAYER, axis=0))
        layer += same
    return np.concatenate(centres)


_ANCHORS = _anchors()


def _suppress(
    points: NDArray[np.float64], scores: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weighted non-maximum suppression: overlapping candidates become their weighted mean."""
    corners = np.concatenate(
        [points[:, 0] - points[:, 1] / 2.0, points[:, 0] + points[:, 1] / 2.0], axis=1
    )
    remaining = np.argsort(-scores, kind="stable")
    merged, merged_scores = [], []
    while len(remaining):
        best = remaining[0]
        overlapping = _iou(corners[best], corners[remaining]) > _SUPPRESS_IOU
        overlapping[0] = True  # a degenerate box does not overlap itself
        group = remaining[overlapping]
        merged.append(np.average(points[group], axis=0, weights=scores[group]))
        merged_scores.append(scores[best])
        remaining = remaining[~overlapping]
    return np.array(merged), np.array(merged_scores)


def _iou(box: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[2:], boxes[:, 2:])
    shared = np.prod(np.maximum(high - low, 0.0), axis=1)
    area = np.prod(box[2:] - box[:2]) + np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) - shared
    iou: NDArray[np.float64] = shared / np.where(area > 0.0, area, 1.0)
    return iou
