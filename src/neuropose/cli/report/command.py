"""``neuropose report``: a recording in, a page to look at out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from neuropose.analyzer.tasks.registry import TASKS, find_task
from neuropose.cli._console import (
    fit_progress,
    frame_progress,
    note,
    session,
    write,
    write_json,
)
from neuropose.cli._estimating import JsonOption, is_folder
from neuropose.cli._measuring import (
    AffectedOption,
    ConfirmUpOption,
    EndOption,
    MarkerOption,
    SetOption,
    StartOption,
    SubjectOption,
    TaskOption,
    UnitsOption,
    UpOption,
    VideoOption,
    assignments,
    markers_of,
    report_path,
)
from neuropose.cli._recordings import (
    OFF,
    HeightOption,
    MarkersOption,
    ReconstructOption,
    recordings_of,
    source_of,
)
from neuropose.cli._results import (
    choosing_video,
    session_beside,
    stature_said,
    subject_said,
    vertical_said,
)
from neuropose.cli._task_settings import task_settings
from neuropose.errors import MissingJointsError, OutputError

if TYPE_CHECKING:
    from neuropose.data import Report
    from neuropose.page import Norm, Played
    from neuropose.study.contract.pipeline import Source
    from neuropose.study.contract.session import Session
    from neuropose.study.trial.recordings import Recording

SUFFIXES = (".html", ".pdf")

_Input = Annotated[
    Path,
    typer.Argument(
        metavar="INPUT",
        help="Predictions, a reconstruction, C3D, TRC, the folder of a finished job, or a report.",
    ),
]
_Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE.html|FILE.pdf|DIR",
        help="Default: NAME.TASK.html beside the input.",
    ),
]
_Footage = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The video of the predictions; of a job, its own is found."),
]
_NoVideo = Annotated[
    bool, typer.Option("--no-video", help="The skeleton alone, so that nobody can be recognised.")
]
_Code = Annotated[
    str | None,
    typer.Option(metavar="CODE", help="What the person is called on the page: a code, no name."),
]
_Date = Annotated[
    str | None, typer.Option(metavar="DATE", help="When it was recorded, as the page says it.")
]
_Methods = Annotated[
    bool,
    typer.Option(
        "--methods", help="Also what was done, for a paper: NAME.methods.md and .bib beside it."
    ),
]
_Norms = Annotated[
    Path | None,
    typer.Option(metavar="FILE.csv", help="Curves to compare with, and where they are from."),
]
_Force = Annotated[bool, typer.Option("--force", help="Overwrite a page that is already there.")]


class _Said(NamedTuple):
    """What a page says that no file does."""

    code: str | None
    date: str | None
    norms: Mapping[str, Norm]

    def or_of(self, session: Session | None) -> _Said:
        """Return it with what a session says of the person, where nothing was said."""
        if session is None:
            return self
        return self._replace(code=self.code or session.code, date=self.date or session.date)


def report(
    context: typer.Context,
    source: _Input,
    task: TaskOption = None,
    affected_side: AffectedOption = None,
    subject: SubjectOption = None,
    video: VideoOption = None,
    start_s: StartOption = None,
    end_s: EndOption = None,
    up: UpOption = None,
    confirm_up: ConfirmUpOption = False,
    markers: MarkersOption = None,
    marker: MarkerOption = None,
    units: UnitsOption = None,
    reconstruct: ReconstructOption = None,
    height_mm: HeightOption = None,
    settings: SetOption = None,
    footage: _Footage = None,
    no_video: _NoVideo = False,
    code: _Code = None,
    date: _Date = None,
    norms: _Norms = None,
    methods: _Methods = False,
    output: _Output = None,
    force: _Force = False,
    as_json: JsonOption = False,
) -> None:
    """Make a page of a recording: numbers, curves and doubts beside the movement, in one file.

    An HTML page plays the movement in any browser, without a network. A PDF, by its name, has
    everything that can be printed. A report that `neuropose analyze` or `study run` wrote makes a
    page without the movement.
    """
    if no_video and footage is not None:
        raise typer.BadParameter("--footage and --no-video contradict each other")
    suffix = _suffix(output)
    said = _Said(code, date, _norms(norms))
    if _is_report(source):
        given = [task, affected_side, subject, video, start_s, end_s, up, units, footage]
        given += [reconstruct, height_mm]
        if confirm_up or marker or settings or any(each is not None for each in given):
            raise typer.BadParameter(f"{source} is a report: it has been measured already")
        _of_report(source, output, suffix, said, methods=methods, force=force, as_json=as_json)
        return
    if task is None:
        raise typer.BadParameter(f"--task says what to measure: {', '.join(TASKS)}")
    chosen_task = find_task(task)
    assigned = assignments(task, settings, affected_side=affected_side)
    how = task_settings(chosen_task.settings_class(), assigned)
    fits = reconstruct or session(context).settings().reconstruct
    with choosing_video():
        videos = recordings_of(source, video, apart=OFF if fits == "off" else None)
    if len(videos) > 1 and output is not None and not is_folder(output):
        raise OutputError(
            f"{output} cannot hold {len(videos)} pages",
            hint="give --output a folder, or choose one with --video",
        )
    written = []
    for path, key in videos:
        beside = session_beside(path)
        chosen = source_of(
            path,
            video=key,
            subject=subject or subject_said(beside, path, key),
            start_s=start_s,
            end_s=end_s,
            up=up or vertical_said(beside, key),
            confirm_up=confirm_up or None,
            markers=markers_of(marker or [], markers),
            units=units,
            reconstruct=fits,
            height_mm=height_mm or stature_said(beside, subject, key),
        )
        out = report_path(path, key, chosen_task.name, output, force=force, suffix=suffix)
        _check_methods(out, wanted=methods, force=force)
        measured, recording = _measured(chosen, task, how, stature_said(beside, subject, key))
        played = _played(chosen, recording, None if no_video else footage, look=not no_video)
        _write(out, measured, played, said.or_of(beside))
        _methods(out, measured, wanted=methods)
        written.append((path, key or recording.video, out))
    if as_json:
        files = [
            {"results": str(path), "video": key, "output": str(out)} for path, key, out in written
        ]
        write_json(files[0] if len(files) == 1 else files)
        return
    for _, _, out in written:
        write(f"written   {out}")


def _suffix(output: Path | None) -> str:
    """Return what the page is to be, by the name that was given."""
    if output is None or is_folder(output):
        return "html"
    if output.suffix.lower() not in SUFFIXES:
        raise OutputError(
            f"{output} is not the name of a page", hint=f"let it end in {' or '.join(SUFFIXES)}"
        )
    return output.suffix.lower()[1:]


def _is_report(path: Path) -> bool:
    from neuropose.io.other_kinds import is_report

    return path.is_file() and is_report(path)


def _of_report(
    path: Path,
    output: Path | None,
    suffix: str,
    said: _Said,
    *,
    methods: bool,
    force: bool,
    as_json: bool,
) -> None:
    from neuropose.io import load_report

    found = load_report(path)
    out = report_path(path, None, "", output, force=force, suffix=suffix)  # its name has the task
    _check_methods(out, wanted=methods, force=force)
    _write(out, found, None, said)
    _methods(out, found, wanted=methods)
    if as_json:
        write_json({"results": str(path), "video": None, "output": str(out)})
    else:
        write(f"written   {out}")


def _measured(
    source: Source, task: str, how: object, session_height_mm: float | None
) -> tuple[Report, Recording]:
    from neuropose.data.metadata import Contract
    from neuropose.study.trial.kept_body import fit_beside
    from neuropose.study.trial.recordings import read_recording
    from neuropose.study.trial.task_report import task_report

    assert isinstance(how, Contract)
    with choosing_video(), fit_progress(source.file.name) as progress:
        fit = fit_beside(
            source,
            lambda path: note(f"the body is that of {path.name}"),
            session_height_mm=session_height_mm,
        )
        recording = read_recording(source, progress=progress, fit=fit)
    try:
        return task_report(find_task(task), recording, source, how), recording
    except MissingJointsError as error:
        error.message = f"{task} cannot be measured: {error.message}"
        raise


def _played(source: Source, recording: Recording, footage: Path | None, *, look: bool) -> Played:
    """Return the movement to be played; of a job, with its video, which is known by its hash."""
    from neuropose.page import Played
    from neuropose.study.trial.footage import predictions_of, video_beside

    body = recording.reconstruction
    exchanges = () if body is None else body.exchanges
    predictions = predictions_of(source) if look else None
    if footage is None and predictions is not None:
        footage = video_beside(source.file, predictions)
    elif footage is not None and predictions is None:
        raise typer.BadParameter(f"--footage is for predictions; {source.file} has none")
    return Played(recording.sequence, tuple(exchanges), predictions, footage)


def _write(out: Path, report: Report, played: Played | None, said: _Said) -> None:
    what: dict[str, Any] = {"code": said.code, "date": said.date, "norms": said.norms}
    if out.suffix.lower() == ".pdf":
        from neuropose.page import write_pdf

        write_pdf(out, report, **what)
        return
    from neuropose.page import write_page

    with frame_progress("encoding the video") as show:
        write_page(out, report, played, progress=show, **what)


def _norms(path: Path | None) -> Mapping[str, Norm]:
    if path is None:
        return {}
    from neuropose.page import read_norms

    return read_norms(path)


def _check_methods(page: Path, *, wanted: bool, force: bool) -> None:
    """Find what forbids the methods section beside a page before any work is done."""
    for suffix in (".md", ".bib") if wanted and not force else ():
        path = page.with_name(f"{page.stem}.methods{suffix}")
        if path.exists():
            raise OutputError(f"{path} is already there", hint="--force overwrites it")


def _methods(page: Path, report: Report, *, wanted: bool) -> None:
    """Write the methods section beside a page, and say so."""
    if not wanted:
        return
    from neuropose.export.methods import methods_of, write_methods

    found = methods_of({"recording": report})
    for path in write_methods(page.parent, f"{page.stem}.methods", found):
        note(f"written   {path}")
