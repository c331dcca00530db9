"""The mean of an angle over the cycle, of both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuropose.data import Report
from neuropose.skeletons.sides import SIDES
from neuropose.viz.figures.axes import given_or_new, side_color

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_cycles(report: Report, angle: str, axes: Axes | None = None) -> Axes:
    """Plot the mean ± SD of an angle over the gait cycle, left and right.

    Parameters
    ----------
    report : Report
        Of a gait analysis.
    angle : str
        Such as ``knee_flexion``.
    axes : matplotlib.axes.Axes, optional
        Default: of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    KeyError
        If the report has no such curve; the message names those that it has.

    Examples
    --------
    >>> from neuropose.analyzer import analyze_gait, gait_report
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> report = gait_report(analyze_gait(walker_sequence(simulate_walk())))
    >>> axes = plot_cycles(report, "knee_flexion")
    >>> [line.get_label() for line in axes.lines]
    ['left', 'right']
    """
    frame = report.cycles_frame()
    known = list(dict.fromkeys(frame.columns.get_level_values("angle")))
    if not known:
        raise KeyError(
            "no curve of this report is certain enough; `neuropose report` says why for each"
        )
    if angle not in known:
        raise KeyError(f"there is no curve of {angle}; there are {', '.join(known)}")
    axes = given_or_new(axes)
    percent = frame.index.to_numpy()
    for side in SIDES:
        if (angle, side, "mean") not in frame.columns:
            continue
        mean = frame[angle, side, "mean"].to_numpy()
        sd = frame[angle, side, "sd"].to_numpy()
        dashes = "--" if side == "right" else "-"
        axes.plot(percent, mean, dashes, color=side_color(side), label=side)
        if np.isfinite(sd).any():
            axes.fill_between(
                percent, mean - sd, mean + sd, color=side_color(side), alpha=0.18, linewidth=0
            )
    axes.set_xlim(float(percent[0]), float(percent[-1]))
    axes.set_xlabel("% of the gait cycle")
    axes.set_ylabel(f"{angle.replace('_', ' ')} (deg)")
    axes.legend()
    return axes
