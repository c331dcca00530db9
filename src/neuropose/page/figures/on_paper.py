"""Figures in a PDF, as vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuropose.page.figures.drawing import Area, Dot, Drawing, Label, Line, Mark
from neuropose.viz.colors import ON_PAPER

if TYPE_CHECKING:
    from fpdf import FPDF

Color = tuple[int, int, int]

INK, SOFT, RULE = (20, 24, 32), (86, 94, 108), (205, 211, 220)
FIRST, SECOND = (107, 63, 160), (11, 122, 107)
REGION = (244, 233, 208)
_PAPER = (255, 255, 255)

_COLORS: dict[str, Color] = {
    "first": FIRST,
    "second": SECOND,
    "grid": RULE,
    "zero": SOFT,
    "region": REGION,
    "beyond": (160, 66, 10),
    **{side: ON_PAPER[side] for side in ("left", "right", "middle")},
}
_DASHED = {"right", "second"}
_POINTS = 0.353  # mm of a point
_LETTER = 11.0  # height of letters in a drawing, as in the style sheet


def draw(pdf: FPDF, drawing: Drawing, left: float, top: float, mm: float) -> None:
    """Draw a figure on a sheet.

    Parameters
    ----------
    pdf : FPDF
        The document, on its page.
    drawing : Drawing
        The figure, without its title.
    left, top : float
        Where its corner is, mm.
    mm : float
        Millimetres of its unit of length.
    """
    for mark in drawing.marks:
        _mark(pdf, mark, left, top, mm)
    pdf.set_line_width(0.2)
    pdf.set_fill_color(*_PAPER)  # or the cells of the next table have that of the last dot


def _mark(pdf: FPDF, mark: Mark, left: float, top: float, mm: float) -> None:
    match mark:
        case Line(points, kind):
            words = kind.split()
            pdf.set_draw_color(*_color(kind))
            pdf.set_line_width(0.45 if words[0] == "line" else 0.15)
            is_dashed = bool(_DASHED & set(words)) and "solid" not in words
            pdf.set_dash_pattern(dash=1.6 if is_dashed else 0, gap=0.8)
            pdf.polyline([(left + x * mm, top + y * mm) for x, y in points])
            pdf.set_dash_pattern()
        case Area(points, kind):
            opacity = 1.0 if kind == "region" else 0.16
            with pdf.local_context(fill_opacity=opacity, fill_color=_color(kind)):
                pdf.polygon([(left + x * mm, top + y * mm) for x, y in points], style="F")
        case Dot(x, y, radius, kind):
            pdf.set_fill_color(*_color(kind))
            pdf.circle(left + x * mm, top + y * mm, radius * mm, style="F")
        case Label(x, y, text, anchor):
            pdf.set_font("DejaVu", "", _LETTER * mm / _POINTS)
            pdf.set_text_color(*SOFT)
            back = {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * pdf.get_string_width(text)
            pdf.text(left + x * mm - back, top + y * mm, text)


def _color(kind: str) -> Color:
    """Return the colour of a kind: of the last of its words that has one."""
    return next((_COLORS[word] for word in reversed(kind.split()) if word in _COLORS), INK)
