"""The landmark graph: 33 joints of the one person in a region, in the picture and in metres.

Bazarevsky et al. 2020, BlazePose (arXiv:2006.10204); heatmap refinement as in MediaPipe Pose, but
for `SHARPNESS` and `LEAST_PEAK`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.estimator.models.blazepose.graph import Graph
from neuropose.estimator.models.blazepose.region import Region, Seen
from neuropose.tracing import working

INPUT_PX = 256
BODY_COUNT = 33
MASK_SHAPE = (1, 256, 256, 1)
"""Shape of the segmentation mask, an output that is never used."""
SHARPNESS = 5
"""Power of a heatmap's probabilities of which a joint is the centre of mass.

A cell is 30 to 40 mm of an adult, and the window cuts the peak on one side, so that its tail draws
the joint back to the graph's rough coordinates. With 1, as MediaPipe has it, ankles and heels are
7 % and toes 13 % farther from the truth (``docs/evidence/accuracy.md``, "The same model
elsewhere"); from 4 to 8 it makes no difference.
"""
LEAST_PEAK = 0.1
"""Probability from which a peak is clear enough to move a joint; MediaPipe has 0.5.

Lower peaks are far off more often, but less far than the coordinates.
"""
_POINT_COUNT = 39  # the body, two alignment points for the next region, four of the hands
_HEATMAP_PX = 64
_WINDOW = np.arange(-3, 4)
_UNIT = np.float32(1.0 / 255.0)
_POINTS = np.arange(_POINT_COUNT)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where somebody is: all that later frames need to know.

    Parameters
    ----------
    points_px : ndarray of float64, shape (33, 2)
        Joints in the picture.
    next_region : Region
        Where to look in the next frame.
    """

    points_px: NDArray[np.float64]
    next_region: Region


@dataclass(frozen=True, slots=True)
class Landmarks(Whereabouts):
    """What the graph sees in a region.

    Parameters
    ----------
    points_px, next_region : ndarray, Region
        Whereabouts of the person.
    score : float
        Whether there is a person, 0 to 1.
    world_mm : ndarray of float64, shape (33, 3)
        Joints round the mid-hip; x right, y down, z forward along the line of sight.
    visibility : ndarray of float64, shape (33,)
        Probability that the joint is in the picture and not hidden.
    """

    score: float
    world_mm: NDArray[np.float64]
    visibility: NDArray[np.float64]


def find_landmarks(graph: Graph, picture: Seen, region: Region) -> Landmarks:
    """Find the joints of the person in a region.

    Parameters
    ----------
    graph : Graph
        A landmark graph (lite, full or heavy).
    picture : ndarray of uint8, shape (H, W, 3), or StoredPicture
        RGB.
    region : Region
        Where the person is.

    Returns
    -------
    Landmarks
    """
    with working("cutting out"):
        crop = region.crop(picture, INPUT_PX)
    with working("landmark graph"):
        graph.run(crop[None], _UNIT)
    raw = graph.output(1, _POINT_COUNT * 5)[0].astype(np.float64).reshape(_POINT_COUNT, 5)
    heatmaps = graph.output(1, _HEATMAP_PX, _HEATMAP_PX, _POINT_COUNT)[0]
    world = graph.output(1, _POINT_COUNT * 3)[0].astype(np.float64).reshape(_POINT_COUNT, 3)
    points_px = region.to_picture(_refine(raw[:, :2] / INPUT_PX, heatmaps))
    world_mm = world[:BODY_COUNT] * 1000.0
    world_mm[:, :2] = world_mm[:, :2] @ region.rotation.T
    return Landmarks(
        score=float(graph.output(1, 1)[0, 0]),
        points_px=points_px[:BODY_COUNT],
        world_mm=world_mm,
        visibility=_sigmoid(raw[:BODY_COUNT, 3]),
        next_region=Region.from_alignment(points_px[BODY_COUNT], points_px[BODY_COUNT + 1]),
    )


def _refine(points: NDArray[np.float64], heatmaps: NDArray[np.float32]) -> NDArray[np.float64]:
    """Move each point to the centre of mass of its heatmap's peak, where there is a clear one."""
    column, row = np.floor(points * _HEATMAP_PX).astype(np.int64).T
    columns, rows = column[:, None] + _WINDOW, row[:, None] + _WINDOW
    window = heatmaps[
        rows.clip(0, _HEATMAP_PX - 1)[:, :, None],
        columns.clip(0, _HEATMAP_PX - 1)[:, None, :],
        _POINTS[:, None, None],
    ]
    weights = _sigmoid(window)
    weights *= _inside(rows)[:, :, None] & _inside(columns)[:, None, :]
    clear = weights.max(axis=(1, 2)) >= LEAST_PEAK
    weights **= SHARPNESS
    total = np.where(clear, weights.sum(axis=(1, 2)), 1.0)
    x = (weights.sum(axis=1) * columns).sum(axis=1) / total
    y = (weights.sum(axis=2) * rows).sum(axis=1) / total
    return np.where(clear[:, None], np.column_stack([x, y]) / _HEATMAP_PX, points)


def _inside(cells: NDArray[np.int64]) -> NDArray[np.bool_]:
    return (cells >= 0) & (cells < _HEATMAP_PX)


def _sigmoid(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    return 1.0 / (1.0 + np.exp(-np.clip(logits.astype(np.float64), -100.0, 100.0)))
