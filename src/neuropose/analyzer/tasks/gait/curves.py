"""Curves of every single cycle as a data frame, to be plotted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuropose.analyzer.tasks.gait.analysis import LEG_ANGLES, GaitAnalysis
from neuropose.analyzer.tasks.gait.cycles import POINTS
from neuropose.analyzer.tasks.gait.measures import leg_angle
from neuropose.skeletons.sides import SIDES

if TYPE_CHECKING:
    import pandas as pd


def cycles_frame(analysis: GaitAnalysis, *, straight: bool = True) -> pd.DataFrame:
    """Return the joint angles of every stride, over its cycle.

    Parameters
    ----------
    analysis : GaitAnalysis
        The analysed walk.
    straight : bool
        Only strides that are summarised.

    Returns
    -------
    pandas.DataFrame
        In degrees, indexed by ``percent`` of the cycle, 0 to 100. The columns have the levels
        ``angle`` (``hip_flexion``, ``knee_flexion``, ``ankle_dorsiflexion``), ``side`` and
        ``stride`` (from 1, in time); angles that the skeleton or the view does not give are left
        out. A stride with a gap is NaN as a whole.

    Examples
    --------
    >>> from neuropose.analyzer import analyze_gait
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> curves = cycles_frame(analyze_gait(walker_sequence(simulate_walk())))
    >>> curves["knee_flexion", "left"].shape  # .plot() draws them
    (101, 5)
    """
    import pandas as pd

    curves = {}
    for name in LEG_ANGLES:
        for side in SIDES:
            angle, _ = leg_angle(analysis, f"{side}_{name}")
            if angle is None:
                continue
            cycles = analysis.cycles(angle.values_deg, side, straight=straight)
            for number, values in enumerate(cycles.values, start=1):
                curves[name, side, number] = values
    percent = pd.Index(np.linspace(0.0, 100.0, POINTS), name="percent")
    columns = pd.MultiIndex.from_tuples(curves, names=["angle", "side", "stride"])
    values = np.column_stack(list(curves.values())) if curves else np.empty((POINTS, 0))
    return pd.DataFrame(values, index=percent, columns=columns).sort_index(axis="columns")
