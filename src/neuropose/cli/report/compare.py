"""``neuropose compare``: recordings of one person in, what changed beyond error out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuropose.cli._console import fit_progress, note, session, write, write_json
from neuropose.cli._estimating import JsonOption
from neuropose.cli._recordings import OFF, source_of, videos_in
from neuropose.cli._results import (
    choosing_video,
    results_in,
    session_beside,
    stature_said,
    subject_said,
    vertical_said,
)
from neuropose.cli._task_settings import task_settings
from neuropose.errors import FileMissingError, OutputError

if TYPE_CHECKING:
    from neuropose.data import Report

_SUFFIXES = (".html", ".pdf", ".json")
_MOST_LINES = 12

_Inputs = Annotated[
    list[Path],
    typer.Argument(
        metavar="INPUT...",
        help="Reports of `analyze`, recordings or folders of jobs, in order of time.",
    ),
]


def compare(
    context: typer.Context,
    inputs: _Inputs,
    task: Annotated[
        str | None, typer.Option(metavar="TASK", help="What to measure in recordings and jobs.")
    ] = None,
    dates: Annotated[
        str | None,
        typer.Option(
            metavar="D1,D2,…",
            help="When each was recorded, as 2026-03-01; needed for three or more.",
        ),
    ] = None,
    retest: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Minimal detectable changes: CSV, or a cohort's report."),
    ] = None,
    group: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose, in the report of a cohort.")
    ] = None,
    code: Annotated[
        str | None, typer.Option(metavar="CODE", help="What the person is called: a code, no name.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE.html|.pdf|.json", help="Default: only the summary."
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite a file that is already there.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare recordings of one person: what changed beyond error.

    Two are compared cycle by cycle; three or more are put in order of time. A change is held
    against the minimal detectable change that --retest gives, or else against the errors of the
    recordings, in which the variation from day to day is not included.
    """
    from neuropose.study.person import Visit, change_report, history_report, read_retest

    if len(inputs) < 2:
        raise typer.BadParameter("two recordings or more are compared")
    days = _days(dates, len(inputs))
    if len(inputs) > 2 and days is None:
        raise typer.BadParameter("three recordings or more need --dates")
    if group is not None and retest is None:
        raise typer.BadParameter("--group is for the reliability that --retest gives")
    _check(output, inputs, force=force)
    detectable = {} if retest is None else read_retest(retest, group=group)
    reports = [_report(context, path, task) for path in inputs]
    if len(reports) == 2:
        names = ("first", "second") if days is None else tuple(day.isoformat() for day in days)
        found = change_report(*reports, retest=detectable, names=(names[0], names[1]))
    else:
        assert days is not None
        visits = [Visit(day, each) for day, each in zip(days, reports, strict=True)]
        found = history_report(visits, retest=detectable)
    if output is not None:
        _write(output, found, code)
    if as_json:
        table = found.tables["change" if len(reports) == 2 else "history"]
        names_of_columns = [column.name for column in table.columns]
        write_json([dict(zip(names_of_columns, row, strict=True)) for row in table.rows])
        return
    _say(found)
    if output is not None:
        write(f"written   {output}")


def _days(dates: str | None, count: int) -> tuple[date, ...] | None:
    if dates is None:
        return None
    try:
        days = tuple(date.fromisoformat(each.strip()) for each in dates.split(","))
    except ValueError as error:
        raise typer.BadParameter(f"--dates: {error}") from None
    if len(days) != count:
        raise typer.BadParameter(f"--dates has {len(days)}, and there are {count} recordings")
    if list(days) != sorted(days):
        raise typer.BadParameter("--dates do not ascend: give the recordings in order of time")
    return days


def _check(output: Path | None, inputs: Sequence[Path], *, force: bool) -> None:
    """Find what forbids the output before any work is done."""
    if output is None:
        return
    if output.suffix.lower() not in _SUFFIXES:
        raise OutputError(
            f"{output} is not the name of a comparison",
            hint=f"let it end in {', '.join(_SUFFIXES)}",
        )
    if output.exists():
        if any(path.exists() and output.samefile(path) for path in inputs):
            raise OutputError(f"{output} is one of the inputs", hint="choose another --output")
        if not force:
            raise OutputError(f"{output} is already there", hint="--force overwrites it")


def _report(context: typer.Context, path: Path, task: str | None) -> Report:
    """Return the report of an input: its own, that of its job, or one measured now."""
    from neuropose.analyzer.tasks.registry import find_task
    from neuropose.data.metadata import Contract
    from neuropose.io import load_report
    from neuropose.io.other_kinds import is_report
    from neuropose.study.trial.recordings import read_recording
    from neuropose.study.trial.task_report import task_report

    if path.is_file() and is_report(path):
        return load_report(path)
    if not path.exists():
        raise FileMissingError(f"there is no file {path}", hint="check its name")
    if task is None:
        raise typer.BadParameter(f"{path} is not a report: --task says what to measure in it")
    chosen = find_task(task)
    if path.is_dir():
        of_job = sorted(path.glob(f"*.{chosen.name}.json"))
        if len(of_job) == 1:
            found = load_report(of_job[0])
            _doubt_corrected(path, of_job[0], found)
            return found
        if of_job:
            raise typer.BadParameter(
                f"{path} has {len(of_job)} reports of {chosen.name}: give one of these files"
            )
        path = results_in(path)
    beside = session_beside(path)
    fits = session(context).settings().reconstruct
    videos = videos_in([path], None, apart=OFF if fits == "off" else None)
    key = videos[0][1] if len(videos) == 1 else None  # of several, reading asks which
    source = source_of(
        path,
        video=key,
        reconstruct=fits,
        subject=subject_said(beside, path, key),
        height_mm=stature_said(beside, None, key),
        up=vertical_said(beside, key),
    )
    how = task_settings(chosen.settings_class(), [])
    assert isinstance(how, Contract)
    with (
        choosing_video("compare a report of one, from neuropose analyze --video"),
        fit_progress(path.name) as progress,
    ):
        recording = read_recording(source, progress=progress)
    return task_report(chosen, recording, source, how)


def _doubt_corrected(folder: Path, file: Path, report: Report) -> None:
    """Say if a report of a job was made without the corrections that lie beside it."""
    from neuropose.checksums import sha256_of
    from neuropose.interfacer.layout import CORRECTED_NAME

    corrected = folder / CORRECTED_NAME
    if corrected.is_file():
        digest = sha256_of(corrected)
        if all(each.sha256 != digest for each in report.provenance.inputs):
            note(f"{file} was made without {CORRECTED_NAME}: neuropose jobs rerun {folder.name}")


def _write(output: Path, found: Report, code: str | None) -> None:
    from neuropose.io import save_report
    from neuropose.page import write_page, write_pdf

    kind = output.suffix.lower()
    if kind == ".json":
        save_report(output, found)
    elif kind == ".pdf":
        write_pdf(output, found, code=code)
    else:
        write_page(output, found, code=code)


def _say(found: Report) -> None:
    from neuropose.page.figures.person import change_rows
    from neuropose.page.wording import TOTAL_ERROR, words

    for warning in found.warnings:
        write(f"note      {warning}")
    if "history" in found.tables:
        table = found.tables["history"]
        verdicts = zip(table.column("measure"), table.column("verdict"), strict=True)
        beyond = [words(name) for name, said in verdicts if said in ("increase", "decrease")]
        write(f"beyond error at some visit: {', '.join(dict.fromkeys(beyond)) or 'nothing'}")
        return
    rows = change_rows(found)
    beyond_error = [row for row in rows if row.verdict in ("increase", "decrease")]
    held = [row for row in rows if row.detectable]
    write(f"{len(beyond_error)} of {len(held)} measures changed beyond error")
    if beyond_error:
        write(f"  {TOTAL_ERROR}")
    for row in beyond_error[:_MOST_LINES]:
        write(
            f"  {row.measure}: {row.first} → {row.second} {row.unit}, "
            f"change {row.change}, detectable {row.detectable}"
        )
    if len(beyond_error) > _MOST_LINES:
        write(f"  and {len(beyond_error) - _MOST_LINES} more")
