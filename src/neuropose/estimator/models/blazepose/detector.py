"""The person detector: where in the picture somebody is.

Architecture and decoding: Bazarevsky et al. 2020, BlazePose (arXiv:2006.10204), and 2019,
BlazeFace (arXiv:1907.05047) for the single-shot anchors and the weighted suppression.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from neuropose.estimator.model import Picture
from neuropose.estimator.models.blazepose.graph import Graph
from neuropose.estimator.models.blazepose.region import REGION_SCALE, Region

INPUT_PX = 224
_STRIDES_PX = (8, 16, 32, 32, 32)
_ANCHORS_PER_CELL_AND_LAYER = 2
_MIN_SCORE = 0.5
_SUPPRESS_IOU = 0.3
_CUT_TOLERANCE = 0.1
_VALUES = 12  # box (cx, cy, w, h) and four keypoints (x, y)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person that the detector found.

    Parameters
    ----------
    score : float
        0 to 1.
    region : Region
        Where the landmark graph should look.
    """

    score: float
    region: Region


def find_people(graph: Graph, picture: Picture) -> list[Candidate]:
    """Find people in a picture: in the whole of it, and in squares as wide as its shorter side.

    Parameters
    ----------
    graph : Graph
        The detector graph.
    picture : ndarray of uint8, shape (H, W, 3)
        RGB.

    Returns
    -------
    list of Candidate
        Best first. One person may come up several times, from different squares.

    Notes
    -----
    In the whole picture, shrunk to 224 px, people lower than about a quarter of its longer side
    are too small to be found. The squares overlap by at least half, so that these fit in one.
    """
    candidates = _find_in_square(graph, picture)
    for x, y, side in _squares(*picture.shape[:2]):
        for found in _find_in_square(graph, picture[y : y + side, x : x + side]):
            region = replace(found.region, x_px=found.region.x_px + x, y_px=found.region.y_px + y)
            if not _is_cut(region, (x, y, side), picture):
                candidates.append(Candidate(found.score, region))
    return sorted(candidates, key=lambda candidate: -candidate.score)


def _squares(height: int, width: int) -> list[tuple[int, int, int]]:
    """Corner and side of squares along the longer side, overlapping by at least half."""
    side = min(height, width)
    free = max(height, width) - side
    steps = math.ceil(2.0 * free / side)
    offsets = [round(step * free / steps) for step in range(steps + 1)] if steps else []
    return [(0, offset, side) if height > width else (offset, 0, side) for offset in offsets]


def _is_cut(region: Region, square: tuple[int, int, int], picture: Picture) -> bool:
    """Whether the square cuts off a part of the body that the picture shows.

    Half a body looks like a small whole one.
    """
    x, y, side = square
    height, width = picture.shape[:2]
    reach = region.side_px / REGION_SCALE / 2.0 * (1.0 - _CUT_TOLERANCE)
    return bool(
        (x > 0 and region.x_px - reach < x)
        or (y > 0 and region.y_px - reach < y)
        or (x + side < width and region.x_px + reach > x + side)
        or (y + side < height and region.y_px + reach > y + side)
    )


def _find_in_square(graph: Graph, picture: Picture) -> list[Candidate]:
    height, width = picture.shape[:2]
    tensor, scale, pad = _letterbox(picture)
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
        Candidate(score=float(score), region=Region.from_alignment(hips, circle))
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
