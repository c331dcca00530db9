"""Events and stance of both feet over time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from neuropose.data import Report
from neuropose.skeletons.sides import SIDES, Side
from neuropose.viz.figures.axes import given_or_new, side_color

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROWS = {"left": 2.0, "right": 1.0, None: 0.0}
_MARKERS = "o|^vsDx+"


def plot_events(report: Report, axes: Axes | None = None) -> Axes:
    """Plot the events of a report over time, a row a side; of gait also when each foot stands.

    Parameters
    ----------
    report : Report
        The report.
    axes : matplotlib.axes.Axes, optional
        Default: of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        A kind of event has one marker; events with warnings are hollow.

    Examples
    --------
    >>> from neuropose.analyzer import analyze_gait, gait_report
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> report = gait_report(analyze_gait(walker_sequence(simulate_walk())))
    >>> [label.get_text() for label in plot_events(report).get_yticklabels()]
    ['left', 'right']
    """
    axes = given_or_new(axes)
    kinds = list(dict.fromkeys(event.name for event in report.events))
    for side, start_s, end_s in stances(report):
        axes.barh(
            _ROWS[side],
            end_s - start_s,
            left=start_s,
            height=0.5,
            color=side_color(side),
            alpha=0.25,
        )
    labelled = set()
    for event in report.events:
        color = side_color(event.side or "")
        axes.plot(
            event.time_s,
            _ROWS[event.side],
            _MARKERS[kinds.index(event.name) % len(_MARKERS)],
            color=color,
            markerfacecolor="none" if event.warnings else color,
            label=None if event.name in labelled else event.name.replace("_", " "),
        )
        labelled.add(event.name)
    rows = [side for side in _ROWS if any(event.side == side for event in report.events)]
    axes.set_yticks([_ROWS[side] for side in rows], [side or "body" for side in rows])
    axes.set_xlabel("time (s)")
    if labelled:
        axes.legend()
    return axes


def stances(report: Report) -> Iterator[tuple[Side, float, float]]:
    """Return when each foot stands: from a contact to the next time that it leaves the floor.

    Parameters
    ----------
    report : Report
        Of gait; others have no such events.

    Yields
    ------
    side : {"left", "right"}
    start_s, end_s : float
        Seconds.
    """
    for side in SIDES:
        since: float | None = None
        for event in report.events:
            if event.side != side:
                continue
            if event.name == "initial_contact":
                since = event.time_s
            elif event.name == "foot_off" and since is not None:
                yield side, since, event.time_s
                since = None
