"""Checks whether detections are possible for a picture and its camera."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from neuropose.estimator.model import Detections
from neuropose.testing.conformance.model_bench import Bench
from neuropose.testing.people.scene import project

Numbers = NDArray[np.floating] | NDArray[np.integer]

_SPAN_MM = (100.0, 5000.0)
"""Plausible longest distance between two joints; metres or pixels lie far outside."""
_MOST_REPROJECTION = 0.1  # median distance of 2D joints from projected 3D joints, of box diagonal
_LEAST_IN_PICTURE = 0.5
_LEAST_IN_BOX = 0.5
_BOX_MARGIN = 0.25


def geometry_faults(bench: Bench) -> Iterator[str]:
    """Check the geometry of all detections.

    Parameters
    ----------
    bench : Bench
        The bench with the model.

    Yields
    ------
    str
        The first fault of each kind, with the picture.
    """
    seen = set()
    height, width = bench.pictures[0].shape[:2]
    for number, found in enumerate(bench.results):
        for person in range(len(found.boxes)):
            for fault in _person_faults(bench, found, person, np.array([width, height])):
                kind = fault.split(":")[0]
                if kind not in seen:
                    seen.add(kind)
                    yield f"picture {number}: {fault}"


def _person_faults(
    bench: Bench, found: Detections, person: int, size: NDArray[np.int_]
) -> Iterator[str]:
    corner, extent = found.boxes[person, :2], found.boxes[person, 2:4]
    pose2d, pose3d = found.poses2d[person], found.poses3d[person]
    if (corner >= size).any() or (corner + extent <= 0).any():
        yield f"box outside the picture: {_px(corner)}, size {_px(extent)}"
    flat = pose2d[~np.isnan(pose2d).any(axis=1)]
    if len(flat):
        if _share(flat, np.zeros(2), size) < _LEAST_IN_PICTURE:
            yield "2D joints outside the picture: more than half of them"
        margin = _BOX_MARGIN * extent
        if _share(flat, corner - margin, corner + extent + margin) < _LEAST_IN_BOX:
            yield "2D joints outside their box: more than half of them"
    solid = ~np.isnan(pose3d).any(axis=1)
    if not solid.any():
        return
    if (pose3d[solid, 2] <= 0).any():
        yield "3D joints behind the camera: z is not positive"
        return
    span_mm = float(np.linalg.norm(np.ptp(pose3d[solid], axis=0)))
    if not _SPAN_MM[0] <= span_mm <= _SPAN_MM[1]:
        yield f"3D poses are not in millimetres: a person is {span_mm:.4g} in size"
    both = solid & ~np.isnan(pose2d).any(axis=1)
    if both.any():
        apart = np.linalg.norm(project(pose3d[both], bench.camera) - pose2d[both], axis=1)
        share = float(np.median(apart) / np.linalg.norm(extent))
        if share > _MOST_REPROJECTION:
            yield (
                "3D joints do not project onto the 2D joints: "
                f"the median distance is {share:.0%} of the box's diagonal"
            )


def _share(points: NDArray[np.float32], low: Numbers, high: Numbers) -> float:
    return float(((points >= low) & (points <= high)).all(axis=1).mean())


def _px(pair: NDArray[np.float32]) -> str:
    return f"({pair[0]:.0f}, {pair[1]:.0f})"
