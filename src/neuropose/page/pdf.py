"""A report as a PDF, to be printed and filed: what a page says, without the movement.

It is written with fpdf2 in the fonts of matplotlib: no program and no system library is needed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose.data import Report, Table
from neuropose.io.atomic import write_atomically
from neuropose.page import wording
from neuropose.page.cells import MOST_COLUMNS, ShownTable, as_shown, code_of, flat, shown_table
from neuropose.page.figures.drawing import Drawing
from neuropose.page.figures.on_paper import FIRST, INK, REGION, RULE, SECOND, SOFT, draw
from neuropose.page.figures.person import (
    change_drawing,
    change_rows,
    mean_curve_plots,
    names_of,
    when,
)
from neuropose.page.figures.sections import SHOWN, figure_sections
from neuropose.page.methods import methods_paragraph
from neuropose.page.norms import Norm
from neuropose.page.plots import (
    HEIGHT,
    PLOTTED,
    WIDTH,
    CyclePlot,
    Scale,
    cycle_plots,
    group_plots,
    scales,
    ticks,
)
from neuropose.page.refused import HEADS, refused_curves
from neuropose.viz.colors import ON_PAPER

if TYPE_CHECKING:
    from fpdf import FPDF

Array = NDArray[np.float64]

_MARGIN_MM = 16.0
_GROUPS = {"first": FIRST, "second": SECOND}
_NORM = (228, 231, 236)
_PLOTS_A_ROW = 3
_WIDEST_MM = 60.0  # of a column of text; what is longer is broken
_BASIS_MM = 34.0  # of the column that says what a detectable change rests on
_PADDING_MM = 2.4
_MOST_COLUMNS = 10
_LEADING_COLUMNS = 2  # say what a row is of: side and start, for example
_MOST_LEADING = 5  # if two do not: feature, unit, group
_MOST_ROWS = 200
_MADE = datetime(2000, 1, 1, tzinfo=UTC)  # of no time of day: the same report, the same bytes


def write_pdf(
    path: Path | str,
    report: Report,
    *,
    code: str | None = None,
    date: str | None = None,
    norms: Mapping[str, Norm] = MappingProxyType({}),
) -> None:
    """Write a report as a PDF on A4: numbers, mean curves, doubts, and how it was made.

    Parameters
    ----------
    path : Path or str
        The file to write; an existing one is replaced.
    report : Report
        What was measured.
    code : str, optional
        By which the person is known; never a name. Default: the first digits of the hash of the
        recording.
    date : str, optional
        When it was recorded, in words.
    norms : mapping of str to Norm
        Of people without complaints, by angle, from `read_norms`.

    Raises
    ------
    OutputError
        If the file cannot be written.

    Notes
    -----
    Curves are vectors. The same arguments give the same bytes.

    Examples
    --------
    >>> import tempfile
    >>> from neuropose.analyzer import analyze_gait, gait_report
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> report = gait_report(analyze_gait(walker_sequence(simulate_walk())))
    >>> file = Path(tempfile.mkdtemp()) / "report.pdf"
    >>> write_pdf(file, report, code="S01")
    >>> file.read_bytes()[:5]
    b'%PDF-'
    """
    sheet = _Sheet(report, code or code_of(report), date, norms)
    write_atomically(Path(path), [sheet.drawn()])


class _Sheet:
    def __init__(
        self, report: Report, code: str, date: str | None, norms: Mapping[str, Norm]
    ) -> None:
        self._report, self._code, self._date, self._norms = report, code, date, norms
        self._pdf = _new(f"{code} · {wording.words(report.task)}")

    def drawn(self) -> bytes:
        report = self._report
        self._head()
        self._list("Before you read the numbers", report.warnings)
        if report.tables.keys().isdisjoint(("change", "history")):
            self._measures()
        self._changes()
        self._curves()
        self._figures()
        self._groups()
        reasons = wording.reasons(report)
        self._pairs("What cannot be told from this recording", reasons)
        if reasons and report.tables:
            self._text(wording.NOT_IN_TABLES)
        doubts = [(names, text) for names, text in wording.warnings(report) if names]
        self._pairs("Warnings about single measures", doubts)
        for name, table in report.tables.items():
            if name not in (*PLOTTED, *SHOWN) and table.rows:
                self._table(name, as_shown(name, table))
        self._title("How it was made")
        self._text(methods_paragraph(report))
        rests_on = [
            (
                f"{wording.words(name)} ({wording.words(each.source.value)})",
                ", ".join(filter(None, (each.value, each.detail))),
            )
            for name, each in report.assumptions.items()
        ]
        self._pairs("What the numbers rest on", rests_on)
        chosen = [(wording.words(name), text) for name, text in wording.methods(report).items()]
        self._pairs("What was chosen", chosen)
        self._pairs("Settings", list(flat(report.parameters)))
        self._pairs("Provenance", _provenance(report))
        return bytes(self._pdf.output())

    def _head(self) -> None:
        pdf, report = self._pdf, self._report
        self._style("", 9, SOFT)
        pdf.cell(text="NEUROPOSE REPORT", new_x="LMARGIN", new_y="NEXT")
        self._style("B", 20, INK)
        pdf.cell(text=f"{wording.words(report.task).capitalize()} ")
        self._style("", 20, SOFT)
        pdf.multi_cell(0, text=self._code, new_x="LMARGIN", new_y="NEXT")
        facts = [("recorded", self._date or when(self._report) or "date not given")]
        if report.subject is not None:
            facts.append(("person", report.subject.in_words))
        facts += list(wording.assumed(report).items())
        for name, what in facts:
            self._fact(name, what)
        pdf.ln(2)

    def _measures(self) -> None:
        found = wording.measure_table(self._report)
        self._title("Measures")
        if not found.rows:
            self._text("No measure has a value; the reasons are below.")
            return
        self._text(
            "Value ± standard error, in brackets the standard deviation between strides or "
            f"repetitions; n of them. {wording.INTERVALS}"
        )
        heads = ["measure", *found.titles.values(), "unit", "n"]
        rows = [
            [
                wording.words(row.base),
                *(_unbroken(wording.number(row.members[part])) for part in found.titles),
                row.unit,
                _unbroken(row.counts),
            ]
            for row in found.rows
        ]
        self._grid(heads, rows, numbers=range(1, len(heads) - 2), size=7.5)

    def _changes(self) -> None:
        rows = change_rows(self._report)
        if not rows:
            return
        first, second = names_of(self._report)
        self._title("What changed")
        self._text(
            f"From {first} to {second}: {wording.TOTAL_ERROR}. A person who did not change stays "
            "within the detectable change with 95 % probability; what goes beyond it stands first."
        )
        heads = ["measure", first, second, "change", "detectable", "unit", "beyond error", "by"]
        cells = [
            [
                row.measure,
                *(_unbroken(each) for each in (row.first, row.second, row.change, row.detectable)),
                row.unit,
                "no" if row.verdict == "within error" else row.verdict,
                row.basis,
            ]
            for row in rows
        ]
        self._grid(heads, cells, numbers=range(1, 5), size=6.5, widest_mm=_BASIS_MM)
        changed = change_drawing(self._report)
        if changed is not None:
            self._wide(changed)
        important = {row.measure: row.important for row in rows if row.important}
        self._pairs("Differences that matter, by publications", list(important.items()))
        plots = mean_curve_plots(self._report)
        if plots:
            self._title("Over the cycle")
            self._text(
                "Mean of all cycles ± standard deviation between them; "
                f"{first} violet, {second} green and dashed."
            )
            self._draw(plots)

    def _figures(self) -> None:
        for section in figure_sections(self._report):
            self._title(section.title)
            colours = f" {' violet, '.join(section.names)} green." if section.names else ""
            self._text(section.text + colours)
            for drawing in section.drawings:
                if drawing.kind == "forest":
                    self._wide(drawing)
            self._side_by_side([each for each in section.drawings if each.kind != "forest"])

    def _wide(self, drawing: Drawing) -> None:
        """Draw a figure as wide as the sheet, at most as high as one."""
        pdf = self._pdf
        mm = min(pdf.epw / drawing.width, (pdf.eph - 20) / drawing.height)
        if pdf.will_page_break(drawing.height * mm):
            pdf.add_page()
        draw(pdf, drawing, pdf.l_margin, pdf.get_y(), mm)
        pdf.set_y(pdf.get_y() + drawing.height * mm + 3)

    def _side_by_side(self, drawings: Sequence[Drawing]) -> None:
        pdf = self._pdf
        width = pdf.epw / _PLOTS_A_ROW
        for first in range(0, len(drawings), _PLOTS_A_ROW):
            row = drawings[first : first + _PLOTS_A_ROW]
            mm = (width - 4) / row[0].width
            height = row[0].height * mm + 6
            if pdf.will_page_break(height):
                pdf.add_page()
            top = pdf.get_y()
            for number, each in enumerate(row):
                left = pdf.l_margin + number * width
                self._style("", 8.5, INK)
                pdf.text(left, top + 4, each.title)
                draw(pdf, each, left, top + 6, mm)
            pdf.set_y(top + height + 2)

    def _curves(self) -> None:
        if "cycles" not in self._report.tables:
            return
        self._title("Over the cycle")
        plots = cycle_plots(self._report, self._norms)
        if plots:
            self._text(
                "Mean of all cycles ± standard deviation between them; left blue, right orange and "
                "dashed."
            )
            sources = dict.fromkeys(plot.norm.source for plot in plots if plot.norm is not None)
            if sources:
                self._text(f"Grey: norm, mean ± SD between people ({'; '.join(sources)}).")
            self._draw(plots)
        refused = refused_curves(self._report)
        if refused.angles:
            self._text("Curves that are not drawn:" if plots else "No curve can be drawn:")
            for reason in refused.reasons:
                self._text(reason)
            if refused.has_numbers:
                cells = [[_unbroken(each) for each in row] for row in refused.rows()]
                self._grid(HEADS, cells, numbers=range(1, len(HEADS)), size=7.5)
        elif not plots:
            self._text("No curve can be given, for the reasons below.")

    def _groups(self) -> None:
        plots = group_plots(self._report)
        if not plots:
            return
        self._title("Groups over the cycle")
        self._text(
            "The first group violet, the second green and dashed; a shaded stretch is a difference "
            "that is beyond chance. The groups are named in the tables."
        )
        self._draw(plots)

    def _draw(self, plots: Sequence[CyclePlot]) -> None:
        pdf = self._pdf
        width = pdf.epw / _PLOTS_A_ROW
        height = width * HEIGHT / WIDTH + 6
        for first in range(0, len(plots), _PLOTS_A_ROW):
            if pdf.will_page_break(height):
                pdf.add_page()
            top = pdf.get_y()
            for number, plot in enumerate(plots[first : first + _PLOTS_A_ROW]):
                _draw_plot(pdf, plot, pdf.l_margin + number * width, top, (width - 4) / WIDTH)
            pdf.set_y(top + height + 2)

    def _table(self, name: str, table: Table) -> None:
        self._title(wording.words(name).capitalize())
        if len(table.rows) > _MOST_ROWS:
            self._text(f"The first {_MOST_ROWS} of {len(table.rows)} rows; the report has all.")
        shown = shown_table(table.model_copy(update={"rows": table.rows[:_MOST_ROWS]}))
        if len(shown.columns) > MOST_COLUMNS:
            self._text(f"{MOST_COLUMNS} of {len(shown.columns)} columns; the report has all.")
        left_out = {at for at, row in enumerate(shown.rows) if row.left_out is not None}
        said = (
            *(("Value ± standard error.",) if shown.has_errors else ()),
            *(("A grey row is excluded: it is in no mean, and says why.",) if left_out else ()),
        )
        if said:
            self._text(" ".join(said))
        for group in _column_groups(min(MOST_COLUMNS, len(shown.columns)), _leading(shown)):
            columns = [shown.columns[at] for at in group]
            heads = [
                wording.words(each.name)
                + (f", {each.unit}" if each.unit not in (None, "1") else "")
                for each in columns
            ]
            rows = [[row.cells[at].text for at in group] for row in shown.rows]
            numbers = [place for place, at in enumerate(group) if at in shown.numeric]
            self._grid(heads, rows, numbers=numbers, size=7, grey=left_out)
            self._pdf.ln(2)

    def _pairs(self, title: str, pairs: Sequence[tuple[str, str]]) -> None:
        if not pairs:
            return
        self._title(title)
        for name, what in pairs:
            self._fact(name, what)

    def _fact(self, name: str, what: str) -> None:
        pdf = self._pdf
        self._style("", 8.5, SOFT)
        pdf.write(4.4, f"{name}   ")
        self._style("", 8.5, INK)
        pdf.write(4.4, what)
        pdf.ln(4.9)

    def _list(self, title: str, lines: Iterable[str]) -> None:
        lines = list(lines)
        if not lines:
            return
        self._title(title)
        self._style("", 8.5, INK)
        for line in lines:
            self._pdf.multi_cell(0, 4.6, f"•  {line}", align="L", new_x="LMARGIN", new_y="NEXT")

    def _title(self, text: str) -> None:
        pdf = self._pdf
        if pdf.will_page_break(26):
            pdf.add_page()
        pdf.ln(3)
        pdf.set_draw_color(*RULE)
        pdf.line(pdf.l_margin, pdf.get_y(), pdf.w - pdf.r_margin, pdf.get_y())
        pdf.ln(1.5)
        self._style("B", 12, INK)
        pdf.multi_cell(0, 6.5, text, new_x="LMARGIN", new_y="NEXT")

    def _text(self, text: str) -> None:
        self._style("", 8.5, SOFT)
        self._pdf.multi_cell(0, 4.4, text, align="L", new_x="LMARGIN", new_y="NEXT")
        self._pdf.ln(1)

    def _grid(
        self,
        heads: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        numbers: Iterable[int],
        size: float,
        widest_mm: float = _WIDEST_MM,
        grey: Collection[int] = (),
    ) -> None:
        from fpdf.fonts import FontFace

        aligned = set(numbers)
        self._style("", size, INK)
        self._pdf.set_draw_color(*RULE)
        with self._pdf.table(
            col_widths=self._widths(heads, rows, widest_mm),
            text_align=tuple("RIGHT" if at in aligned else "LEFT" for at in range(len(heads))),
            borders_layout="HORIZONTAL_LINES",
            line_height=size * 0.5,
            headings_style=FontFace(emphasis="B", color=SOFT),
            padding=(0.4, _PADDING_MM / 2),
        ) as table:
            soft = FontFace(color=SOFT)
            for number, cells in enumerate((heads, *rows), start=-1):
                row = table.row(style=soft if number in grey else None)
                for text in cells:
                    row.cell(text)

    def _widths(
        self, heads: Sequence[str], rows: Sequence[Sequence[str]], widest_mm: float
    ) -> tuple[float, ...]:
        """Return how wide columns are: as their longest cell, or the longest word of the head."""
        width_of = self._pdf.get_string_width
        # A head is bold, and so wider.
        longest = [
            max(
                *(width_of(row[at]) for row in rows),
                *(1.15 * width_of(word) for word in head.split()),
            )
            for at, head in enumerate(heads)
        ]
        return tuple(min(each, widest_mm) + _PADDING_MM for each in longest)

    def _style(self, weight: str, size: float, color: tuple[int, int, int]) -> None:
        self._pdf.set_font("DejaVu", weight, size)
        self._pdf.set_text_color(*color)


def _new(foot: str) -> FPDF:
    import matplotlib as mpl
    from fpdf import FPDF

    class Paged(FPDF):
        def footer(self) -> None:
            self.set_y(-11)
            self.set_font("DejaVu", "", 7.5)
            self.set_text_color(*SOFT)
            self.cell(0, 4, f"{foot} · For research; not a medical device.")
            self.set_y(-11)
            self.cell(0, 4, f"{self.page_no()} / {{nb}}", align="R")

    pdf = Paged(format="A4")
    pdf.set_creation_date(_MADE)
    pdf.set_title(foot)
    fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
    pdf.add_font("DejaVu", "", fonts / "DejaVuSans.ttf")
    pdf.add_font("DejaVu", "B", fonts / "DejaVuSans-Bold.ttf")
    pdf.set_margins(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
    pdf.set_auto_page_break(True, 15)
    pdf.add_page()
    return pdf


@dataclass(frozen=True)
class _Placed:
    """A plot on the sheet: from its numbers to mm."""

    left: float
    top: float
    mm: float
    along: Scale
    up: Scale

    def band(
        self,
        pdf: FPDF,
        percent: Array,
        low: Array,
        high: Array,
        color: tuple[int, int, int],
        *,
        opacity: float,
    ) -> None:
        """Fill between two curves, where both are known."""
        known = np.isfinite(low) & np.isfinite(high)
        x = (self.left + self.along(percent[known]) * self.mm).tolist()
        above, below = (
            (self.top + self.up(each[known]) * self.mm).tolist() for each in (high, low)
        )
        if x:
            outline = [*zip(x, above, strict=True), *zip(x[::-1], below[::-1], strict=True)]
            with pdf.local_context(fill_opacity=opacity, fill_color=color):
                pdf.polygon(outline, style="F")


def _draw_plot(pdf: FPDF, plot: CyclePlot, left: float, top: float, scale: float) -> None:
    """Draw what `plots.as_svg` draws; `scale` is mm a point of it."""
    along, up = scales(plot)
    pdf.set_font("DejaVu", "", 8.5)
    pdf.set_text_color(*INK)
    pdf.text(left, top + 4, f"{plot.title}, {plot.unit}")
    top += 6
    pdf.set_font("DejaVu", "", 6)
    pdf.set_text_color(*SOFT)
    pdf.set_line_width(0.15)
    pdf.set_draw_color(*RULE)
    place = _Placed(left, top, scale, along, up)
    if plot.norm is not None:
        place.band(pdf, plot.percent, *plot.norm.at(plot.percent), _NORM, opacity=1.0)
    for start, end in plot.regions:
        pdf.set_fill_color(*REGION)
        from_x, to_x = float(along(start)) * scale, float(along(end)) * scale
        tall = (up.first - up.last) * scale
        pdf.rect(left + from_x, top + up.last * scale, to_x - from_x, tall, style="F")
    for value in ticks(up.low, up.high):
        y = top + float(up(value)) * scale
        pdf.line(left + along.first * scale, y, left + along.last * scale, y)
        label = f"{value:g}".replace("-", "−")
        pdf.text(left + (along.first - 5) * scale - pdf.get_string_width(label), y + 0.8, label)
    for value in ticks(along.low, along.high):
        label = f"{value:g}"
        x = left + float(along(value)) * scale - pdf.get_string_width(label) / 2
        pdf.text(x, top + (up.first + 15) * scale, label)
    pdf.text(left + 0.42 * WIDTH * scale, top + (HEIGHT - 2) * scale, "% of the cycle")
    for curve in plot.curves:
        color = _GROUPS.get(curve.side) or ON_PAPER.get(curve.side, ON_PAPER["middle"])
        across = left + along(plot.percent) * scale
        low, high = curve.mean - curve.sd, curve.mean + curve.sd
        place.band(pdf, plot.percent, low, high, color, opacity=0.16)
        known = np.isfinite(curve.mean)
        line = zip(across[known], top + up(curve.mean[known]) * scale, strict=True)
        pdf.set_draw_color(*color)
        pdf.set_line_width(0.45)
        pdf.set_dash_pattern(dash=1.6 if curve.side in ("right", "second") else 0, gap=0.8)
        pdf.polyline([(float(a), float(b)) for a, b in line])
        pdf.set_dash_pattern()
    pdf.set_line_width(0.2)


def _leading(shown: ShownTable) -> list[int]:
    """Return the columns that tell the rows apart: the first two, and the texts that it takes."""

    def kinds(places: Sequence[int]) -> int:
        return len({tuple(row.cells[at].text for at in places) for row in shown.rows})

    leading = list(range(min(_LEADING_COLUMNS, len(shown.columns))))
    apart = kinds(leading)
    for at in range(len(leading), min(_MOST_COLUMNS, len(shown.columns))):
        if apart == len(shown.rows) or len(leading) == _MOST_LEADING:
            break
        more = kinds([*leading, at])
        if more > apart and at not in shown.numeric:
            leading, apart = [*leading, at], more
    return leading


def _column_groups(count: int, leading: list[int]) -> Iterator[list[int]]:
    """Divide the columns of a table into groups that fit on a sheet, each led by the same."""
    if count <= _MOST_COLUMNS:
        yield list(range(count))
        return
    others = [at for at in range(count) if at not in leading]
    step = _MOST_COLUMNS - len(leading)
    for first in range(0, len(others), step):
        yield [*leading, *others[first : first + step]]


def _unbroken(text: str) -> str:
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _provenance(report: Report) -> list[tuple[str, str]]:
    origin = report.provenance
    found = [("NeuroPose", origin.neuropose_version)]
    found += [(wording.words(each.kind), f"SHA-256 {each.sha256}") for each in origin.inputs]
    if origin.predictions is not None:
        found.append(("model", origin.predictions.model))
    return [*found, *origin.versions.items()]
