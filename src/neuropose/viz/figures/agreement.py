"""How two measurements agree: the plot of Bland and Altman."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from neuropose.statistics.agreement import BlandAltman, bland_altman
from neuropose.viz.figures.axes import given_or_new, side_color

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_agreement(
    first: ArrayLike,
    second: ArrayLike,
    axes: Axes | None = None,
    *,
    subjects: ArrayLike | None = None,
    unit: str = "",
) -> Axes:
    """Plot the differences of two measurements over their means, with bias and limits of agreement.

    Parameters
    ----------
    first, second : array-like, shape (N,)
        The measurements. Pairs of which one is missing are left out.
    axes : matplotlib.axes.Axes, optional
        Default: of a new figure.
    subjects : array-like, shape (N,), optional
        Of whom each pair is, if there are several of one subject.
    unit : str
        Of the measurements.

    Returns
    -------
    matplotlib.axes.Axes
        The lines are the bias and the 95 % limits of agreement, the bands their 95 % confidence
        intervals (`neuropose.statistics.bland_altman`).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> first = rng.normal(60.0, 5.0, 30)
    >>> axes = plot_agreement(first, first + rng.normal(1.0, 2.0, 30), unit="deg")
    >>> axes.get_ylabel()
    'difference (deg)'
    """
    axes = given_or_new(axes)
    one, other = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    found = bland_altman(one, other, subjects=subjects, missing="drop")
    axes.plot((one + other) / 2, one - other, "o", color=side_color("middle"), alpha=0.7)
    _draw_limits(axes, found)
    about = f" ({unit})" if unit else ""
    axes.set_xlabel(f"mean{about}")
    axes.set_ylabel(f"difference{about}")
    return axes


def _draw_limits(axes: Axes, found: BlandAltman) -> None:
    for estimate, dashes in ((found.bias, "-"), (found.lower, "--"), (found.upper, "--")):
        if estimate.value is None:
            continue
        axes.axhline(estimate.value, color="black", linestyle=dashes, linewidth=1.0)
        if estimate.interval is not None:
            axes.axhspan(
                estimate.interval.low,
                estimate.interval.high,
                color="black",
                alpha=0.08,
                linewidth=0,
            )
