"""Stand-ins for the graphs: outputs by shape, as programmed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.estimator.models.blazepose.landmarks import Landmarks
from neuropose.estimator.models.blazepose.region import Region

_AS_IT_IS = np.float32(1.0)


class StubGraph:
    """Gives the same outputs for every input, and keeps the inputs."""

    def __init__(self, *outputs: NDArray[np.floating]) -> None:
        self.outputs = {output.shape: output.astype(np.float32) for output in outputs}
        self.inputs: list[NDArray[np.float32]] = []

    def run(self, values: NDArray[np.number], scale: np.float32 = _AS_IT_IS) -> None:
        self.inputs.append(np.multiply(values, scale, dtype=np.float32))

    def output(self, *shape: int) -> NDArray[np.float32]:
        return self.outputs[shape].copy()


def person(
    x_px: float = 100.0, y_px: float = 200.0, *, score: float = 0.9, side_px: float = 400.0
) -> Landmarks:
    """Somebody round a point, whose next region is there too."""
    shape = np.random.default_rng(0).normal(0.0, 0.2 * side_px, (33, 2))
    points_px = shape - shape.mean(axis=0) + [x_px, y_px]
    world_mm = np.column_stack([shape, np.zeros(33)]) * 1700.0 / side_px
    return Landmarks(
        score=score,
        points_px=points_px,
        world_mm=world_mm,
        visibility=np.full(33, 0.7),
        next_region=Region(x_px, y_px, side_px, 0.0),
    )
