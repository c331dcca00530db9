"""The axes that a figure is drawn on, and the colours of the sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuropose.viz.colors import ON_PAPER

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def given_or_new(axes: Axes | None, **how: Any) -> Axes:
    """Return the axes that were given, or those of a new figure.

    Parameters
    ----------
    axes : matplotlib.axes.Axes or None
        None: of a new figure.
    **how
        Passed on to ``add_subplot`` of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
    """
    if axes is not None:
        return axes
    import matplotlib.pyplot as plt

    new: Axes = plt.figure(layout="constrained").add_subplot(**how)
    return new


def side_color(side: str) -> tuple[float, float, float]:
    """Return the colour of a side, as matplotlib takes it.

    Parameters
    ----------
    side : str
        ``left``, ``right``; anything else is the middle of the body.

    Returns
    -------
    tuple of float

    Examples
    --------
    >>> [round(channel, 2) for channel in side_color("left")]
    [0.09, 0.4, 0.79]
    """
    red, green, blue = ON_PAPER.get(side, ON_PAPER["middle"])
    return red / 255, green / 255, blue / 255
