"""What a figure is made of: lines, areas, dots and labels, whose kinds a style gives colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from markupsafe import Markup

Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points.

    Parameters
    ----------
    points : tuple of (float, float)
        Two or more.
    kind : str
        ``grid``, ``zero``, or ``line`` with what it is of: ``line left``.
    """

    points: tuple[Point, ...]
    kind: str


@dataclass(frozen=True, slots=True)
class Area:
    """What an outline holds.

    Parameters
    ----------
    points : tuple of (float, float)
        The outline.
    kind : str
        ``band`` with what it is of, or ``region``.
    """

    points: tuple[Point, ...]
    kind: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A filled circle.

    Parameters
    ----------
    x, y, radius : float
        Its place and size.
    kind : str
        ``dot``, alone or with what it is of.
    """

    x: float
    y: float
    radius: float
    kind: str


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text.

    Parameters
    ----------
    x, y : float
        Where its base line starts, has its middle, or ends.
    text : str
        The text.
    anchor : {"start", "middle", "end"}
    """

    x: float
    y: float
    text: str
    anchor: Anchor = "start"


Mark = Line | Area | Dot | Label


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure.

    Parameters
    ----------
    title : str
        What it is of, shown above it.
    said : str
        What it shows, in words, for who cannot see it.
    width, height : float
        In the unit of its marks.
    marks : tuple of Mark
        From the one at the bottom to the one on top.
    kind : str
        For the style sheet; empty for an ordinary plot.
    """

    title: str
    said: str
    width: float
    height: float
    marks: tuple[Mark, ...]
    kind: str = ""


def as_svg(drawing: Drawing) -> Markup:
    """Return a figure as SVG.

    Parameters
    ----------
    drawing : Drawing
        The figure.

    Returns
    -------
    Markup
        An element whose colours are classes, for the style sheet of the page.

    Examples
    --------
    >>> line = Line(((0.0, 5.0), (10.0, 5.0)), "grid")
    >>> str(as_svg(Drawing("", "a line", 10, 10, (line,))))[-63:]
    '<line class="grid" x1="0.0" x2="10.0" y1="5.0" y2="5.0"/></svg>'
    """
    from markupsafe import Markup

    start = Markup('<svg class="{}" viewBox="0 0 {:g} {:g}" role="img" aria-label="{}">').format(
        f"plot {drawing.kind}".strip(), drawing.width, drawing.height, drawing.said
    )
    return Markup("").join([start, *map(_element, drawing.marks), Markup("</svg>")])


def _element(mark: Mark) -> Markup:
    from markupsafe import Markup

    match mark:
        case Line(((x1, y1), (x2, y2)), kind):
            line = Markup('<line class="{}" x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}"/>')
            return line.format(kind, x1, x2, y1, y2)
        case Line(points, kind):
            return Markup('<path class="{}" d="{}"/>').format(kind, _path(points))
        case Area(points, kind):
            return Markup('<path class="{}" d="{}Z"/>').format(kind, _path(points))
        case Dot(x, y, radius, kind):
            dot = Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{:g}"/>')
            return dot.format(kind, x, y, radius)
        case Label(x, y, text, "start"):
            return Markup('<text x="{:.1f}" y="{:.1f}">{}</text>').format(x, y, text)
        case Label(x, y, text, anchor):
            label = Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>')
            return label.format(x, y, anchor, text)


def _path(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
