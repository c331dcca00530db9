"""How dynamic time warping pairs the frames of two movements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from neuropose.errors import SignalError
from neuropose.viz.figures.axes import given_or_new, side_color

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_warping(path: ArrayLike, axes: Axes | None = None) -> Axes:
    """Plot which frames of two movements were paired, beside the diagonal of equal speed.

    Parameters
    ----------
    path : array-like, shape (K, 2)
        Pairs of frames: the ``path`` of a result of `neuropose.analyzer.dtw_all`.
    axes : matplotlib.axes.Axes, optional
        Default: of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    SignalError
        If it is not a path.

    Examples
    --------
    >>> plot_warping([[0, 0], [1, 0], [2, 1]]).get_xlabel()
    'frame of the first movement'
    """
    pairs = np.asarray(path)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not len(pairs):
        raise SignalError(f"a path of shape {pairs.shape}", hint="give pairs of frames, (K, 2)")
    axes = given_or_new(axes)
    axes.plot(pairs[[0, -1], 0], pairs[[0, -1], 1], ":", color=side_color("middle"))
    axes.plot(pairs[:, 0], pairs[:, 1], color="black", linewidth=1.2)
    axes.set_xlabel("frame of the first movement")
    axes.set_ylabel("frame of the second movement")
    axes.set_aspect("equal")
    return axes
