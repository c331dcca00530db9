"""A report as one HTML file that needs nothing but a browser: no network, no other file."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from neuropose.analyzer.prepared import PreparedRecording, prepare_recording
from neuropose.data import Exchange, Report, VideoPredictions
from neuropose.errors import NeuroPoseError
from neuropose.filters import Preparation
from neuropose.io.atomic import write_atomically
from neuropose.page import wording
from neuropose.page.cells import (
    MOST_COLUMNS,
    ShownTable,
    as_shown,
    code_of,
    flat,
    shown_table,
)
from neuropose.page.correcting import Correctable, correctable
from neuropose.page.curves import curve_plots
from neuropose.page.figures.drawing import as_svg as drawing_svg
from neuropose.page.figures.person import (
    change_drawing,
    change_rows,
    mean_curve_plots,
    names_of,
    when,
)
from neuropose.page.figures.sections import SHOWN, figure_sections
from neuropose.page.footage import small_video
from neuropose.page.marks import Mark, marks
from neuropose.page.methods import methods_paragraph
from neuropose.page.movement import in_picture, sticks
from neuropose.page.norms import Norm
from neuropose.page.packing import (
    packed_body,
    packed_curves,
    packed_marks,
    packed_picture,
    packed_times,
)
from neuropose.page.plots import PLOTTED, as_svg, cycle_plots, group_plots
from neuropose.page.portraits import Portraits
from neuropose.page.refused import HEADS, refused_curves
from neuropose.sequence.pose_sequence import PoseSequence

if TYPE_CHECKING:
    from jinja2 import Template

MOST_ROWS = 2000
"""Rows of one table that a page shows; the report has all."""


@dataclass(frozen=True, eq=False)
class Played:
    """The recording that a page plays beside its numbers.

    Parameters
    ----------
    sequence : PoseSequence
        What was measured.
    exchanges : sequence of Exchange
        Where the source took left for right.
    predictions : VideoPredictions or None
        Of the video. None: it was recorded otherwise, or they are not at hand.
    video : Path or None
        The video. None: the skeleton is shown alone.
    """

    sequence: PoseSequence
    exchanges: tuple[Exchange, ...] = ()
    predictions: VideoPredictions | None = None
    video: Path | None = None


def write_page(
    path: Path | str,
    report: Report,
    played: Played | None = None,
    *,
    code: str | None = None,
    date: str | None = None,
    norms: Mapping[str, Norm] = MappingProxyType({}),
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write a report as one HTML file: numbers, curves, doubts, and the movement to be played.

    Parameters
    ----------
    path : Path or str
        The file to write; an existing one is replaced.
    report : Report
        What was measured.
    played : Played, optional
        The recording. Default: the page shows the numbers alone.
    code : str, optional
        By which the person is known; never a name. Default: the first digits of the hash of the
        recording.
    date : str, optional
        When it was recorded, in words. Default: the page says that it does not know.
    norms : mapping of str to Norm
        Of people without complaints, by angle, from `read_norms`.
    progress : callable, optional
        Called while the video is encoded, with the number of frames done and the total.

    Raises
    ------
    VideoError
        If the video cannot be used, or is not that of the predictions.
    OutputError
        If the file cannot be written.

    Notes
    -----
    The same arguments give the same bytes. The page makes no request, and forbids itself any
    (``Content-Security-Policy``); every text in it is escaped.

    Examples
    --------
    >>> import tempfile
    >>> from neuropose.analyzer import analyze_gait, gait_report
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> walk = walker_sequence(simulate_walk())
    >>> page = Path(tempfile.mkdtemp()) / "report.html"
    >>> write_page(page, gait_report(analyze_gait(walk)), Played(walk), code="S01")
    >>> page.read_text(encoding="utf-8")[:15]
    '<!doctype html>'
    """
    movement = None if played is None else _Movement.of(report, played)
    footage = portraits = None
    if played is not None and played.predictions is not None:
        portraits = Portraits(report, played.predictions)
        if played.video is not None:
            video = small_video(played.video, played.predictions, progress, see=portraits.see)
            footage = base64.b64encode(video).decode()
    style, script = _file("page.css"), _file("page.js")
    text = _template().render(
        report=report,
        style=style,
        script=script if movement is not None else None,
        policy=_policy(style, script),
        code=code or code_of(report),
        date=date or when(report),
        task=wording.words(report.task),
        table=wording.measure_table(report),
        number=wording.number,
        words=wording.words,
        intervals=wording.INTERVALS,
        total_error=wording.TOTAL_ERROR,
        not_in_tables=wording.NOT_IN_TABLES,
        no_value=wording.NO_VALUE,
        has_number=wording.has_number,
        assumed=wording.assumed(report),
        methods=wording.methods(report),
        reasons=wording.reasons(report),
        doubts=[(names, text) for names, text in wording.warnings(report) if names],
        paragraph=methods_paragraph(report),
        plots=[(plot, as_svg(plot)) for plot in cycle_plots(report, norms)],
        refused=refused_curves(report),
        refused_heads=HEADS,
        portraits=portraits,
        groups=_groups(report),
        group_plots=[(plot, as_svg(plot)) for plot in group_plots(report)],
        sections=[
            (section, [(each, drawing_svg(each)) for each in section.drawings])
            for section in figure_sections(report)
        ],
        of_person=bool({"change", "history"} & report.tables.keys()),
        changes=change_rows(report),
        change=None if (changed := change_drawing(report)) is None else drawing_svg(changed),
        names=names_of(report),
        both=[(plot, as_svg(plot)) for plot in mean_curve_plots(report)],
        tables=list(_tables(report)),
        most_columns=MOST_COLUMNS,
        settings=list(flat(report.parameters)),
        movement=movement,
        data=None if movement is None else _script_safe(movement.data),
        footage=footage,
    )
    write_atomically(Path(path), [text.encode("utf-8")])


@dataclass(frozen=True, eq=False)
class _Movement:
    """What the page needs of the recording: for its script, and in words."""

    data: dict[str, Any]
    marks: tuple[Mark, ...]
    frames: int
    duration_s: float
    seen_from: str
    hidden: tuple[str, ...]
    doubtful: tuple[str, ...]
    has_curves: bool
    correctable: Correctable | None

    @classmethod
    def of(cls, report: Report, played: Played) -> _Movement:
        sequence = played.sequence
        prepared = _prepared(report, sequence)
        plots = () if prepared is None else curve_plots(prepared, report.task)
        drawn = [plot for plot in plots if plot.curves]
        found = marks(report, sequence, prepared, played.exchanges)
        picture = None
        if played.video is not None and played.predictions is not None:
            picture = in_picture(played.predictions, sequence)
        to_correct = correctable(report)
        body = sticks(prepared or prepare_recording(sequence, _AS_RECORDED))
        data = {
            "time": packed_times(sequence.time_s),
            "first_frame": sequence.first_frame or 0,
            "body": packed_body(body),
            "picture": None if picture is None else packed_picture(picture),
            "plots": [] if prepared is None else packed_curves(drawn, prepared.time_s),
            "marks": packed_marks(found),
            "correctable": None if to_correct is None else to_correct.packed(),
        }
        return cls(
            data=data,
            marks=found,
            frames=len(sequence),
            duration_s=sequence.duration_s,
            seen_from=body.seen_from,
            has_curves=bool(drawn),
            correctable=to_correct,
            hidden=_together(reason for plot in plots for reason in plot.hidden),
            doubtful=_together(
                f"{'' if curve.side == 'middle' else f'{curve.side} '}{plot.title}: {curve.doubt}"
                for plot in plots
                for curve in plot.curves
                if curve.doubt is not None
            ),
        )


def _together(reasons: Iterable[str]) -> tuple[str, ...]:
    """Say a reason once, with the names of all curves that it is of."""
    names: dict[str, list[str]] = {}
    for each in reasons:
        name, _, why = each.partition(": ")
        names.setdefault(why, []).append(name)
    return tuple(f"{', '.join(of)}: {why}" for why, of in names.items())


_AS_RECORDED = Preparation(cutoff_hz=None)


def _prepared(report: Report, sequence: PoseSequence) -> PreparedRecording | None:
    """Prepare the recording as it was for the report; None if it cannot be prepared."""
    how = report.parameters.get("preparation")
    try:
        settings = Preparation() if how is None else Preparation.model_validate(how)
        return prepare_recording(sequence, settings)
    except NeuroPoseError:
        return None


def _tables(report: Report) -> Iterator[tuple[str, ShownTable, int, int]]:
    """Return the tables that are shown as such, with how many rows and columns there are."""
    for name, whole in report.tables.items():
        table = as_shown(name, whole)
        if name not in (*PLOTTED, *SHOWN) and table.rows:
            shown = shown_table(table.model_copy(update={"rows": table.rows[:MOST_ROWS]}))
            yield name, shown, len(table.rows), len(shown.columns)


def _groups(report: Report) -> tuple[str, str] | None:
    """Return the names of the groups whose curves were compared."""
    table = report.tables.get("curve_comparison")
    if table is None or not table.rows:
        return None
    first, second = (str(table.column(name)[0]) for name in ("first", "second"))
    return first, second


def _script_safe(data: Mapping[str, Any]) -> str:
    """Write JSON that ends no script element, whatever text is in it."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _policy(style: str, script: str) -> str:
    """Return what the page may do: run its own script, and ask for nothing."""
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "media-src blob:; img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _file(name: str) -> str:
    return (resources.files("neuropose.page") / "templates" / name).read_text(encoding="utf-8")


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_file("page.html.j2"))
