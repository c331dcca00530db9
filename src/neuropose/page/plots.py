"""Mean curves over a cycle: what is plotted, and the plot as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose.page.norms import Norm
from neuropose.page.wording import words
from neuropose.skeletons.sides import mean_and_side

if TYPE_CHECKING:
    from markupsafe import Markup

    from neuropose.data import Report, Table

Array = NDArray[np.float64]

PLOTTED = ("cycles", "curve_differences")
"""Tables that are plotted, and not shown as tables."""
WIDTH, HEIGHT = 360, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 8, 34  # margins


@dataclass(frozen=True, eq=False)
class MeanCurve:
    """A mean curve over a cycle.

    Parameters
    ----------
    side : str
        ``left``, ``right`` or empty; of two groups, ``first`` and ``second``.
    mean, sd : ndarray, shape (P,)
        NaN: missing.
    """

    side: str
    mean: Array
    sd: Array


@dataclass(frozen=True, eq=False)
class CyclePlot:
    """Mean curves of one quantity over a cycle.

    Parameters
    ----------
    title, unit : str
        What is plotted.
    percent : ndarray, shape (P,)
        Of the cycle.
    curves : tuple of MeanCurve
        Left before right.
    regions : tuple of (float, float)
        Stretches in which two groups differ, percent.
    norm : Norm or None
        Of people without complaints.
    """

    title: str
    unit: str
    percent: Array
    curves: tuple[MeanCurve, ...]
    regions: tuple[tuple[float, float], ...] = ()
    norm: Norm | None = None


@dataclass(frozen=True)
class Scale:
    """From numbers to places in the plot.

    Parameters
    ----------
    low, high : float
        Ends of the axis, in the unit of the numbers.
    first, last : float
        Their places.
    """

    low: float
    high: float
    first: float
    last: float

    def __call__(self, values: Array | float) -> Array:
        """Return the places of numbers.

        Parameters
        ----------
        values : ndarray or float
            In the unit of the axis.

        Returns
        -------
        ndarray
        """
        share = (np.asarray(values, dtype=np.float64) - self.low) / (self.high - self.low)
        return np.asarray(self.first + share * (self.last - self.first))


def cycle_plots(
    report: Report, norms: Mapping[str, Norm] = MappingProxyType({})
) -> tuple[CyclePlot, ...]:
    """Return a plot for every quantity that a report has mean curves of.

    Parameters
    ----------
    report : Report
        Its table ``cycles`` holds them.
    norms : mapping of str to Norm
        By quantity. Default: none.

    Returns
    -------
    tuple of CyclePlot
        Empty if it has none.

    Examples
    --------
    >>> from neuropose.analyzer import analyze_gait, gait_report
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> report = gait_report(analyze_gait(walker_sequence(simulate_walk())))
    >>> [plot.title for plot in cycle_plots(report)]
    ['hip flexion', 'knee flexion', 'ankle dorsiflexion']
    """
    table = report.tables.get("cycles")
    if table is None or not table.rows:
        return ()
    plots: dict[str, list[MeanCurve]] = {}
    units: dict[str, str] = {}
    percent = table.column("percent")
    for column in table.columns:
        quantity, side = mean_and_side(column.name)
        if quantity is None:
            continue
        mean = table.column(column.name)
        if not np.isfinite(mean).any():
            continue
        sd_name = f"{quantity}_sd{f'_{side}' if side else ''}"
        plots.setdefault(quantity, []).append(MeanCurve(side, mean, table.numbers(sd_name)))
        units[quantity] = column.unit or ""
    return tuple(
        CyclePlot(words(name), units[name], percent, tuple(curves), norm=norms.get(name))
        for name, curves in plots.items()
    )


def group_plots(report: Report) -> tuple[CyclePlot, ...]:
    """Return a plot for every curve of which two groups were compared.

    Parameters
    ----------
    report : Report
        Its tables ``curve_differences`` and ``curve_regions`` hold them.

    Returns
    -------
    tuple of CyclePlot
        The mean of either group, and where they differ. Empty if none were compared.
    """
    table = report.tables.get("curve_differences")
    if table is None or not table.rows:
        return ()
    names = table.column("curve")
    regions = _regions(report.tables.get("curve_regions"))
    plots = []
    for name in dict.fromkeys(names):
        rows = names == name
        curves = [
            MeanCurve(group, mean, np.full(len(mean), np.nan))
            for group in ("first", "second")
            if np.isfinite(mean := table.column(f"mean_{group}")[rows]).any()
        ]
        if curves:
            percent = table.column("percent")[rows]
            found = tuple(regions.get(name, ()))
            plots.append(CyclePlot(words(name), "deg", percent, tuple(curves), found))
    return tuple(plots)


def _regions(table: Table | None) -> dict[str, list[tuple[float, float]]]:
    found: dict[str, list[tuple[float, float]]] = {}
    if table is not None and table.rows:
        ends = (table.column(f"{end}_percent") for end in ("start", "end"))
        for name, start, end in zip(table.column("curve"), *ends, strict=True):
            found.setdefault(str(name), []).append((float(start), float(end)))
    return found


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return round numbers that lie evenly between two others.

    Parameters
    ----------
    low, high : float
        The ends.
    most : int
        So many at most.

    Returns
    -------
    list of float

    Examples
    --------
    >>> ticks(-3.0, 64.0)
    [0.0, 20.0, 40.0, 60.0]
    """
    if not high > low:
        return [low]
    rough = (high - low) / most
    magnitude = 10.0 ** np.floor(np.log10(rough))
    step = next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= rough)
    first = np.ceil(low / step - 1e-9) * step
    count = int(np.floor((high - first) / step + 1e-9)) + 1
    return [round(float(first + number * step), 10) + 0.0 for number in range(count)]


def scales(plot: CyclePlot) -> tuple[Scale, Scale]:
    """Return the axes of a plot of `WIDTH` × `HEIGHT`.

    Parameters
    ----------
    plot : CyclePlot
        What is plotted.

    Returns
    -------
    tuple of Scale
        Along and up.
    """
    ends = [
        end
        for curve in plot.curves
        for end in (curve.mean, curve.mean - curve.sd, curve.mean + curve.sd)
    ]
    known = np.concatenate([*ends, *(() if plot.norm is None else plot.norm.at(plot.percent))])
    known = known[np.isfinite(known)]
    low, high = float(known.min()), float(known.max())
    room = 0.06 * (high - low) or 1.0
    return (
        Scale(float(plot.percent[0]), float(plot.percent[-1]), _LEFT, WIDTH - _RIGHT),
        Scale(low - room, high + room, HEIGHT - _BOTTOM, _TOP),
    )


def as_svg(plot: CyclePlot) -> Markup:
    """Draw a plot.

    Parameters
    ----------
    plot : CyclePlot
        Mean ± SD of each side.

    Returns
    -------
    Markup
        An SVG element whose colours are classes, for the style sheet of the page.
    """
    from markupsafe import Markup

    along, up = scales(plot)
    parts = [
        Markup('<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            WIDTH, HEIGHT, _described(plot)
        )
    ]
    if plot.norm is not None:
        low, high = plot.norm.at(plot.percent)
        parts.append(Markup('<path class="norm" d="{}Z"/>').format(_outline(plot, low, high)))
    for start, end in plot.regions:
        from_x, to_x = float(along(start)), float(along(end))
        parts.append(
            Markup('<rect class="region" x="{:.1f}" y="{}" width="{:.1f}" height="{}"/>').format(
                from_x, _TOP, to_x - from_x, HEIGHT - _BOTTOM - _TOP
            )
        )
    for value in ticks(up.low, up.high):
        y = float(up(value))
        parts.append(
            Markup('<line class="grid" x1="{0}" x2="{1}" y1="{2:.1f}" y2="{2:.1f}"/>').format(
                _LEFT, WIDTH - _RIGHT, y
            )
        )
        parts.append(
            Markup('<text x="{}" y="{:.1f}" text-anchor="end">{}</text>').format(
                _LEFT - 6, y + 4, f"{value:g}".replace("-", "−")
            )
        )
    for value in ticks(along.low, along.high):
        anchor = "end" if value == along.high else "middle"
        parts.append(
            Markup('<text x="{:.1f}" y="{}" text-anchor="{}">{:g}</text>').format(
                float(along(value)), HEIGHT - _BOTTOM + 15, anchor, value
            )
        )
    parts.append(
        Markup('<text x="{}" y="{}" text-anchor="middle">% of the cycle</text>').format(
            (_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 4
        )
    )
    for curve in plot.curves:
        side = curve.side or "middle"
        x = along(plot.percent)
        band = np.isfinite(curve.mean) & np.isfinite(curve.sd)
        if band.any():
            outline = _outline(plot, curve.mean - curve.sd, curve.mean + curve.sd)
            parts.append(Markup('<path class="band {}" d="{}Z"/>').format(side, outline))
        known = np.isfinite(curve.mean)
        line = list(zip(x[known], up(curve.mean[known]), strict=True))
        parts.append(Markup('<path class="line {}" d="{}"/>').format(side, _path(line)))
    return Markup("").join([*parts, Markup("</svg>")])


def _described(plot: CyclePlot) -> str:
    """Say in words what the plot shows, for who cannot see it."""
    said = []
    for curve in plot.curves:
        low, high = np.nanargmin(curve.mean), np.nanargmax(curve.mean)
        who = f"{curve.side}: " if curve.side else ""
        said.append(
            f"{who}from {curve.mean[low]:.0f} at {plot.percent[low]:.0f} % to "
            f"{curve.mean[high]:.0f} at {plot.percent[high]:.0f} %"
        )
    said += [f"different from {start:.0f} to {end:.0f} %" for start, end in plot.regions]
    return f"Mean {plot.title} over the cycle, {plot.unit}; {'; '.join(said)}"


def _outline(plot: CyclePlot, low: Array, high: Array) -> str:
    """Return the outline of a band, of where it is known."""
    along, up = scales(plot)
    known = np.isfinite(low) & np.isfinite(high)
    x = along(plot.percent[known])
    above, below = up(high[known]), up(low[known])
    return _path([*zip(x, above, strict=True), *zip(x[::-1], below[::-1], strict=True)])


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
