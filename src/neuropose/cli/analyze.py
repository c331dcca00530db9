"""``neuropose analyze``: poses in, the measures of a task out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuropose.analyzer.tasks.registry import find_task
from neuropose.cli._console import fit_progress, note, session, terminal_width, write, write_json
from neuropose.cli._estimating import JsonOption, is_folder, writable_folder
from neuropose.cli._measuring import (
    AffectedOption,
    ConfirmUpOption,
    EndOption,
    MarkerOption,
    PlatesOption,
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
from neuropose.cli._pipeline import run_config
from neuropose.cli._recordings import (
    OFF,
    HeightOption,
    MarkersOption,
    ReconstructOption,
    recording_name,
    recordings_of,
    source_of,
)
from neuropose.cli._results import (
    choosing_video,
    is_of_job,
    session_beside,
    stature_said,
    subject_said,
    vertical_said,
)
from neuropose.cli._task_settings import task_settings
from neuropose.errors import MissingJointsError, NeuroPoseError, OutputError

if TYPE_CHECKING:
    from neuropose.analyzer.tasks.registry import Task
    from neuropose.data import Report
    from neuropose.data.metadata import Contract
    from neuropose.study.contract.pipeline import Source

_Results = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="RESULTS",
        help="Predictions, a job's folder or results.json, a reconstruction, C3D or TRC.",
    ),
]
_Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE|DIR",
        help="Default: NAME.TASK.json beside the input.",
    ),
]
_Table = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.csv|.xlsx", help="Also a table: measures as CSV, or all tables for Excel."
    ),
]
_Config = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", help="A whole analysis: as `neuropose study run FILE`."
    ),
]
_DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Check the --config file; read no recording.")
]
_Force = Annotated[bool, typer.Option("--force", help="Overwrite a report that is already there.")]


def analyze(
    context: typer.Context,
    results: _Results = None,
    task: TaskOption = None,
    config: _Config = None,
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
    plates: PlatesOption = None,
    settings: SetOption = None,
    output: _Output = None,
    table: _Table = None,
    dry_run: _DryRun = False,
    force: _Force = False,
    as_json: JsonOption = False,
) -> None:
    """Measure a movement: a report for machines, a table for people.

    A measure that cannot be had is in the report without a value, with the reason. Several
    recordings, or a job of several videos, make a report each. With --config, a file says what is
    read, how it is cut and what is compared.
    """
    if config is not None:
        given: list[Any] = [task, affected_side, subject, video, start_s, end_s, up, units]
        given += [plates, markers, reconstruct, height_mm, output, table]
        if confirm_up or results or marker or any(each is not None for each in given):
            raise typer.BadParameter("with --config, say the rest in the file or with --set")
        run_config(config, settings or [], dry_run=dry_run, force=force, as_json=as_json)
        return
    if not results or task is None:
        raise typer.BadParameter("give RESULTS and --task, or --config")
    if dry_run:
        raise typer.BadParameter("--dry-run is for --config")
    chosen_task = find_task(task)
    assigned = assignments(task, settings, affected_side=affected_side, plates=plates)
    how = task_settings(chosen_task.settings_class(), assigned)
    fits = reconstruct or session(context).settings().reconstruct
    apart = OFF if fits == "off" else None
    if table is not None:
        _require_table(table, force=force)
    with choosing_video():
        videos = [each for path in results for each in recordings_of(path, video, apart=apart)]
    is_one = len(videos) == 1
    if plates is not None and not is_one:
        raise typer.BadParameter("--plates belongs to one recording: give it alone")
    if not is_one and output is not None and not is_folder(output):
        raise OutputError(
            f"{output} cannot hold {len(videos)} reports", hint="give --output a folder"
        )
    mapping = markers_of(marker or [], markers)
    measured: list[_Measured] = []
    failures: list[NeuroPoseError] = []
    for path, key in videos:
        try:
            beside = session_beside(path)
            source = source_of(
                path,
                video=key,
                subject=subject or subject_said(beside, path, key),
                start_s=start_s,
                end_s=end_s,
                up=up or vertical_said(beside, key),
                confirm_up=confirm_up or None,
                markers=mapping,
                units=units,
                reconstruct=fits,
                height_mm=height_mm or stature_said(beside, subject, key),
            )
            measured.append(
                _measure(source, chosen_task, how, plates, output, (path, key), force=force)
            )
        except NeuroPoseError as error:
            if is_one:
                raise
            failures.append(error)
            note(f"failed: {recording_name(path, key)}: {error.message}")
    if table is not None and measured:
        from neuropose.io.report_tables import save_report_table

        save_report_table(table, {each.name: each.report for each in measured})
    _show(measured, is_one=is_one, table=table, as_json=as_json)
    if failures:
        raise typer.Exit(failures[0].exit_code)


@dataclass(frozen=True)
class _Measured:
    """A recording that was measured, and where its report is."""

    name: str
    file: Path
    video: str | None
    output: Path
    report: Report


def _measure(
    source: Source,
    task: Task,
    how: Contract,
    plates: Path | None,
    output: Path | None,
    recorded: tuple[Path, str | None],
    *,
    force: bool,
) -> _Measured:
    from neuropose.io import save_report
    from neuropose.study.trial.recordings import read_recording
    from neuropose.study.trial.task_report import task_report

    file, video = recorded
    is_named = output is not None and not output.is_dir()
    if is_named or video is not None or not is_of_job(file):
        # Reading may fit a body, for minutes; only then is it known which video of a job it was.
        report_path(file, video, task.name, output, force=force)
    with choosing_video(), fit_progress(file.name) as progress:
        recording = read_recording(source, progress=progress)
    named = video or recording.video
    out = report_path(file, named, task.name, output, force=force)
    try:
        report = task_report(task, recording, source, how, plates=plates)
    except MissingJointsError as error:
        error.message = f"{task.name} cannot be measured: {error.message}"
        raise
    save_report(out, report)
    return _Measured(recording_name(file, video), file, named, out, report)


def _show(
    measured: Sequence[_Measured], *, is_one: bool, table: Path | None, as_json: bool
) -> None:
    if as_json:
        said = [
            {
                "results": str(each.file),
                "video": each.video,
                "output": str(each.output),
                "report": each.report.model_dump(mode="json"),
            }
            for each in measured
        ]
        write_json(said[0] if is_one else said)
    elif is_one:
        from neuropose.cli.render.report_table import report_lines

        for line in report_lines(measured[0].report, terminal_width()):
            write(line)
        write("")
    for each in measured:
        if not as_json:
            write(f"written   {each.output}")
        if all(measure.value is None for measure in each.report.measures.values()):
            what = "" if is_one else f"{each.name}: "
            note(f"warning: {what}no measure has a value; the report has the reasons")
    if table is not None and measured and not as_json:
        write(f"written   {table}")


def _require_table(table: Path, *, force: bool) -> None:
    from neuropose.io.report_tables import require_table

    require_table(table)
    if table.exists() and not force:
        raise OutputError(f"{table} is already there", hint="--force overwrites it")
    writable_folder(table.parent)
