"""``neuropose analyze``: poses in, the measures of a task out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuropose.analyzer.tasks.registry import TASKS, Task, find_task
from neuropose.cli._console import fit_progress, note, session, terminal_width, write, write_json
from neuropose.cli._estimating import JsonOption, writable_folder
from neuropose.cli._pipeline import run_config
from neuropose.cli._recordings import (
    HeightOption,
    MarkersOption,
    ReconstructOption,
    recording_name,
    selected,
    source_of,
    videos_in,
)
from neuropose.cli._results import choosing_video
from neuropose.cli._task_settings import task_settings
from neuropose.cli.process import SUFFIX as PREDICTIONS_SUFFIX
from neuropose.errors import MissingJointsError, NeuroPoseError, OutputError

if TYPE_CHECKING:
    from neuropose.analyzer.tasks.registry import Task
    from neuropose.data import Report
    from neuropose.data.metadata import Contract
    from neuropose.study.contract.pipeline import Source
    from neuropose.study.trial.recordings import Recording

_Results = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="RESULTS",
        help="Predictions, a job's results.json, a reconstruction, C3D or TRC files.",
    ),
]
_Task = Annotated[
    str | None,
    typer.Option("--task", metavar="TASK", help=f"What to measure: {', '.join(TASKS)}."),
]
_Affected = Annotated[
    str | None,
    typer.Option(metavar="left|right", help="For ratios of the affected to the other side."),
]
_Strategy = Annotated[
    str | None,
    typer.Option(
        metavar="STRATEGY|NAME",
        help="longest (the default), largest, most_central or track:N; of markers, the name.",
    ),
]
_Video = Annotated[
    str | None, typer.Option(metavar="VIDEO", help="One video of a job, such as video_01, only.")
]
_Start = Annotated[
    float | None, typer.Option("--from", metavar="SECONDS", help="Leave out before.")
]
_End = Annotated[float | None, typer.Option("--to", metavar="SECONDS", help="Leave out after.")]
_Up = Annotated[
    str | None,
    typer.Option(
        metavar="AXIS|X,Y,Z",
        help="Away from the floor, in the file's axes: z, -y or numbers; default: given or found.",
    ),
]
_ConfirmUp = Annotated[
    bool,
    typer.Option("--confirm-up", help="That vertical is right, even if the body says otherwise."),
]
_Marker = Annotated[
    list[str] | None,
    typer.Option(metavar="JOINT=NAME,NAME", help="Markers that a joint is the mean of."),
]
_Units = Annotated[
    str | None,
    typer.Option(metavar="UNIT", help="Of a C3D or TRC file: mm, cm, m …; default: as it states."),
]
_Plates = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Force plates of the walk: a C3D file or OpenSim's MOT."),
]
_Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="A setting of the task (docs/guides/analysis.md); its value is YAML.",
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
        metavar="FILE.csv|.xlsx", help="Also a table: measures as CSV, or everything for Excel."
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
    task: _Task = None,
    config: _Config = None,
    affected_side: _Affected = None,
    subject: _Strategy = None,
    video: _Video = None,
    start_s: _Start = None,
    end_s: _End = None,
    up: _Up = None,
    confirm_up: _ConfirmUp = False,
    markers: MarkersOption = None,
    marker: _Marker = None,
    units: _Units = None,
    reconstruct: ReconstructOption = None,
    height_mm: HeightOption = None,
    plates: _Plates = None,
    settings: _Set = None,
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
    assignments = list(settings or [])
    if affected_side is not None:
        assignments.append(f"affected_side={_affected(affected_side, task)}")
    if plates is not None:
        if task != "gait":
            raise typer.BadParameter("--plates is for --task gait")
        if not any(each.startswith("events=") for each in assignments):
            assignments.append("events=both")
    how = task_settings(chosen_task.settings_class(), assignments)
    if table is not None:
        _require_table(table, force=force)
    with choosing_video():
        videos = videos_in(results, video)
    is_one = len(videos) == 1
    if plates is not None and not is_one:
        raise typer.BadParameter("--plates belongs to one recording: give it alone")
    if not is_one and output is not None and not output.is_dir():
        raise OutputError(
            f"{output} cannot hold {len(videos)} reports", hint="give --output a folder"
        )
    mapping = _mapping(markers, marker or [])
    measured: list[_Measured] = []
    failures: list[NeuroPoseError] = []
    for path, key in videos:
        try:
            source = source_of(
                path,
                video=key,
                subject=subject,
                start_s=start_s,
                end_s=end_s,
                up=up,
                confirm_up=confirm_up or None,
                markers=mapping,
                units=units,
                reconstruct=reconstruct or session(context).settings().reconstruct,
                height_mm=height_mm,
            )
            measured.append(_measure(source, chosen_task, how, plates, output, force=force))
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
    *,
    force: bool,
) -> _Measured:
    from neuropose.io import save_report
    from neuropose.study.trial.recordings import read_recording

    with choosing_video(), fit_progress(source.file.name) as progress:
        recording = read_recording(source, progress=progress)
    out = _out(source.file, recording.video, task.name, output, force=force)
    try:
        report = _report_of(task, recording, how, plates)
    except MissingJointsError as error:
        error.message = f"{task.name} cannot be measured: {error.message}"
        raise
    report = _with_origin(report, source, recording)
    save_report(out, report)
    name = recording_name(source.file, source.video)
    return _Measured(name, source.file, recording.video, out, report)


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


def _report_of(task: Task, recording: Recording, how: Contract, plates: Path | None) -> Report:
    """Run a task; with force plates, their file is one of the report's inputs."""
    if plates is None:
        return task.run(recording.sequence, how)
    from neuropose.analyzer.tasks.gait.task import WalkingSettings, measure_walking
    from neuropose.checksums import sha256_of
    from neuropose.data import InputFile
    from neuropose.io import read_force_plates

    assert isinstance(how, WalkingSettings)
    report = measure_walking(recording.sequence, how, plates=read_force_plates(plates))
    used = InputFile(kind="force_plates", sha256=sha256_of(plates))
    provenance = report.provenance.model_copy(update={"inputs": (*report.provenance.inputs, used)})
    return report.model_copy(update={"provenance": provenance})


def _affected(side: str, task: str) -> str:
    from neuropose.skeletons.sides import SIDES

    if side not in SIDES:
        raise typer.BadParameter(f"--affected-side is left or right, not {side!r}")
    if "affected_side" not in find_task(task).settings_class().model_fields:
        able = [
            name
            for name, each in TASKS.items()
            if "affected_side" in each.settings_class().model_fields
        ]
        raise typer.BadParameter(f"--affected-side is for {', '.join(able)}, not for {task}")
    return side


def _mapping(file: Path | None, given: list[str]) -> dict[str, tuple[str, ...]] | None:
    """Return the markers of each joint: those of the file, and in their place those given."""
    from neuropose.io import read_marker_map

    return {**({} if file is None else read_marker_map(file)), **_markers(given)} or None


def _markers(given: list[str]) -> dict[str, tuple[str, ...]]:
    markers = {}
    for each in given:
        joint, equals, names = each.partition("=")
        parts = tuple(name.strip() for name in names.split(",") if name.strip())
        if not equals or not parts:
            raise typer.BadParameter(f"--marker takes JOINT=NAME, not {each!r}")
        markers[joint.strip()] = parts
    return markers


def _with_origin(report: Report, source: Source, recording: Recording) -> Report:
    """Say in the report what file it is of, and which part."""
    origin = report.provenance.model_copy(
        update={
            "inputs": (recording.input, *report.provenance.inputs),
            "predictions": recording.predictions,
        }
    )
    parameters = {**report.parameters, "recording": selected(source, recording)}
    return report.model_copy(update={"provenance": origin, "parameters": parameters})


def _out(results: Path, video: str | None, task: str, output: Path | None, *, force: bool) -> Path:
    """Where the report goes; whatever forbids it is found before any work is done."""
    stem = results.name.removesuffix(PREDICTIONS_SUFFIX)
    stem = Path(stem).stem if stem == results.name else stem
    name = ".".join(part for part in (stem, video, task, "json") if part)
    out = results.with_name(name) if output is None else output
    if out.is_dir():  # jobs have results of the same name
        of_job = results.absolute().parent.name if results.name == "results.json" else stem
        out = out / ".".join(part for part in (of_job or stem, video, task, "json") if part)
    if out.exists():
        if out.is_dir() or out.samefile(results):
            raise OutputError(f"{out} is not a report", hint="choose another --output")
        if not force:
            raise OutputError(
                f"{out} is already there", hint="--force overwrites it, --output writes elsewhere"
            )
    writable_folder(out.parent)
    return out
