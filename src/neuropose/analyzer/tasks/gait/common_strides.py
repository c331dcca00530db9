"""The strides that two analyses of one walk have in common."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neuropose.analyzer.tasks.drawn import pair_nearest
from neuropose.analyzer.tasks.gait.analysis import GaitAnalysis
from neuropose.analyzer.tasks.gait.strides import Stride
from neuropose.skeletons.sides import SIDES

_NEAR = 0.5  # of a stride


def common_strides(walk: GaitAnalysis, other: GaitAnalysis) -> tuple[GaitAnalysis, GaitAnalysis]:
    """Keep only the strides that both analyses have.

    Parameters
    ----------
    walk : GaitAnalysis
        The walk.
    other : GaitAnalysis
        The same walk, with another error of the positions.

    Returns
    -------
    walk, other : GaitAnalysis
        With the same strides in the same order; those that are summarised in one are summarised in
        the other. What differs between their means is then not which strides were found.
    """
    own, others = list[Stride](), list[Stride]()
    for side in SIDES:
        mine, theirs = (each.chosen(side, straight=False) for each in (walk, other))
        limit_s = _NEAR * float(np.median([s.end_s - s.start_s for s in mine])) if mine else 0.0
        own_s, other_s = (np.array([stride.start_s for stride in each]) for each in (mine, theirs))
        for row, column in zip(*pair_nearest(own_s, other_s, limit_s), strict=True):
            stride, its_other = mine[row], theirs[column]
            if abs(stride.end_s - its_other.end_s) <= limit_s:
                own.append(stride)
                others.append(replace(its_other, excluded=stride.excluded))
    return replace(walk, strides=tuple(own)), replace(other, strides=tuple(others))
