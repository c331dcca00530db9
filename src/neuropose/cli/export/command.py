"""``neuropose export``: results in the formats of other programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuropose.cli._console import fit_progress, note, write, write_json
from neuropose.cli._estimating import JsonOption, folder_to_fill, is_folder
from neuropose.cli._measuring import StartOption, VideoOption
from neuropose.cli._recordings import OFF, HeightOption, recording_name, source_of, videos_in
from neuropose.cli._results import (
    RESULTS,
    choosing_video,
    results_in,
    session_beside,
    stature_said,
    subject_said,
    vertical_said,
)
from neuropose.errors import NeuroPoseError, OutputError

if TYPE_CHECKING:
    from neuropose.data import Report
    from neuropose.export import Content, Exporter, ExportOptions, Written

_Inputs = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="INPUT",
        help="Predictions, a job's folder or results.json, a reconstruction, C3D, TRC, reports.",
    ),
]
_To = Annotated[
    str | None, typer.Option("--to", metavar="FORMAT", help="A format; --list has them all.")
]
_List = Annotated[bool, typer.Option("--list", help="List the formats, and what each cannot hold.")]
_Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE|DIR", help="Default: beside the input, under its name."
    ),
]
_Report = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE", help="Report of the same recording, for its events."),
]
_Up = Annotated[
    str | None,
    typer.Option(metavar="AXIS|own", help="Vertical of the export: x, y, z, -x …, or as it is."),
]
_Unit = Annotated[str | None, typer.Option(metavar="mm|cm|m", help="Unit of length.")]
_Rate = Annotated[float | None, typer.Option("--rate", metavar="HZ", help="Resample to this rate.")]
_Filter = Annotated[
    float | None,
    typer.Option("--filter", metavar="HZ", help="Cutoff of a low-pass; default: none."),
]
_End = Annotated[float | None, typer.Option("--until", metavar="SECONDS", help="Leave out after.")]
_Subject = Annotated[
    str | None,
    typer.Option(
        metavar="STRATEGY|NAME",
        help="Whose movement: longest, track:N …; of markers, the name. Default: everybody, or "
        "who is seen longest.",
    ),
]
_Label = Annotated[
    str | None,
    typer.Option(
        metavar="LABEL",
        help="What the person is called in the files. For a cohort: keep its own labels.",
    ),
]
_Vertical = Annotated[
    str | None,
    typer.Option(metavar="AXIS|X,Y,Z", help="Away from the floor, in the axes of the input."),
]
_Units = Annotated[
    str | None, typer.Option(metavar="UNIT", help="Of a C3D or TRC input that does not state it.")
]
_Reconstruct = Annotated[
    str | None,
    typer.Option(
        "--reconstruct",
        metavar="auto|on|off",
        help="Fit a body first: auto (the default), if the format needs one.",
    ),
]
_Model = Annotated[
    str | None,
    typer.Option(metavar="rajagopal|gait2392", help="OpenSim model whose coordinates are written."),
]
_Force = Annotated[bool, typer.Option("--force", help="Overwrite a file that is already there.")]


def export(
    inputs: _Inputs = None,
    to: _To = None,
    output: _Output = None,
    report: _Report = None,
    up: _Up = None,
    unit: _Unit = None,
    rate_hz: _Rate = None,
    filter_hz: _Filter = None,
    start_s: StartOption = None,
    end_s: _End = None,
    subject: _Subject = None,
    subject_label: _Label = None,
    video: VideoOption = None,
    vertical: _Vertical = None,
    units: _Units = None,
    reconstruct: _Reconstruct = None,
    height_mm: HeightOption = None,
    model: _Model = None,
    list_formats: _List = False,
    force: _Force = False,
    as_json: JsonOption = False,
) -> None:
    """Write results in a format that other programs open; say what it cannot hold.

    No name or path of the input gets into a file, unless --subject-label gives one. Reports are
    written together, every other input, and every video of a job, on its own.
    """
    if list_formats:
        _list(as_json=as_json)
        return
    if not inputs or to is None:
        raise typer.BadParameter("give INPUT and --to FORMAT, or --list")
    from neuropose.export import find_exporter
    from neuropose.io.other_kinds import is_report

    exporter = find_exporter(to)
    options = _options(
        up=up,
        unit=unit,
        rate_hz=rate_hz,
        filter_hz=filter_hz,
        start_s=start_s,
        end_s=end_s,
        subject_label=subject_label,
        model=model,
    )
    reading: dict[str, Any] = {
        "subject": subject,
        "up": vertical,
        "units": units,
        "height_mm": height_mm,
        "reconstruct": _when(reconstruct),
    }
    inputs = [_job_of(path) for path in inputs]
    of_reports = [path for path in inputs if path.is_file() and is_report(path)]
    others = [path for path in inputs if path not in of_reports]
    with choosing_video():
        recordings = videos_in(others, video, apart=_apart(exporter, reading["reconstruct"]))
    jobs: list[tuple[str, Path, Any]] = []
    if of_reports:
        jobs.append((_stem(of_reports[0]), of_reports[0], of_reports))
    jobs += [(_stem(path, key), path, (path, key)) for path, key in recordings]
    several = len(jobs) > 1
    if several and output is not None and not exporter.joins:
        _check_several([name for name, _, _ in jobs], output)
    results: list[dict[str, Any]] = []
    failures: list[NeuroPoseError] = []
    for number, (name, beside, what) in enumerate(jobs, start=1):
        try:
            folder = bool(of_reports and what is of_reports) and exporter.name in _TABLES
            path = _out(exporter, name, beside, output, folder=folder, several=several, force=force)
            chosen = options.model_copy(update={"run": number if several else None})
            with folder_to_fill(path.parent):
                content = _content(exporter, what, report, reading)
                written = exporter.export(content, path, chosen)
        except NeuroPoseError as error:
            if not several:
                raise
            failures.append(error)
            note(f"failed: {name}: {error.message}")
            continue
        results.append(_shown(beside, written, as_json=as_json))
    if as_json:
        write_json(results)
    if failures:
        raise typer.Exit(failures[0].exit_code)


_TABLES = ("csv", "parquet")
"""Formats of which reports make a folder of tables."""


def _shown(source: Path, written: Written, *, as_json: bool) -> dict[str, Any]:
    if not as_json:
        for file in written.files:
            write(f"written   {file}")
        for each in written.notes:
            write(f"          {each}")
    return {
        "input": str(source),
        "files": [str(file) for file in written.files],
        "notes": list(written.notes),
    }


def _list(*, as_json: bool) -> None:
    from neuropose.export import exporters

    found = exporters()
    if as_json:
        write_json(
            [
                {
                    "name": each.name,
                    "title": each.title,
                    "suffix": each.suffix,
                    "takes": [str(kind) for kind in each.takes],
                    "cannot_hold": each.cannot_hold,
                    "extra": each.extra,
                }
                for each in found
            ]
        )
        return
    width = max(len(each.name) for each in found)
    for each in found:
        write(f"{each.name:{width}}  {each.title}")
        if each.cannot_hold:
            write(f"{'':{width}}  cannot hold: {each.cannot_hold}")
        if each.extra:
            write(f"{'':{width}}  needs: pip install 'neuropose[{each.extra}]'")


def _options(**given: Any) -> ExportOptions:
    from pydantic import ValidationError

    from neuropose.export import ExportOptions

    try:
        return ExportOptions.model_validate(
            {name: value for name, value in given.items() if value is not None}
        )
    except ValidationError as error:
        [first, *_] = error.errors(include_url=False)
        name = {"rate_hz": "rate", "filter_hz": "filter", "start_s": "from", "end_s": "until"}
        field = str(first["loc"][0])
        option = name.get(field, field.replace("_", "-"))
        raise typer.BadParameter(f"--{option}: {first['msg']}") from None


def _when(reconstruct: str | None) -> str:
    if reconstruct not in (None, "auto", "on", "off"):
        raise typer.BadParameter("--reconstruct is auto, on or off")
    return reconstruct or "auto"


def _job_of(path: Path) -> Path:
    """Return the results of a job whose folder is given; anything else as it is."""
    return results_in(path) if (path / RESULTS).is_file() else path


def _apart(exporter: Exporter, fits: str) -> str | None:
    """Return why each camera of a job is exported alone; None: the body of all of them is."""
    from neuropose.export import Kind

    if fits == "off":
        return OFF
    if fits == "auto" and exporter.takes[0] is Kind.PEOPLE:
        return f"{exporter.name} holds what the model saw; --reconstruct on exports the body"
    return None


def _stem(path: Path, video: str | None = None) -> str:
    return recording_name(path, None) + (f".{video}" if video is not None else "")


def _check_several(names: Sequence[str], output: Path) -> None:
    if not is_folder(output):
        raise OutputError(f"{output} cannot hold several exports", hint="give --output a folder")
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise OutputError(
            f"two inputs are called {twice[0]}",
            hint="export them one by one, or leave out --output",
        )


def _out(
    exporter: Exporter,
    name: str,
    beside: Path,
    output: Path | None,
    *,
    folder: bool,
    several: bool,
    force: bool,
) -> Path:
    """Where the export goes."""
    makes_folder = folder or not exporter.suffix
    default = f"{name}.{exporter.name}" if makes_folder else f"{name}{exporter.suffix}"
    out = beside.with_name(default) if output is None else output
    into = is_folder(out)
    if makes_folder and not several:  # the folder that was named is the export
        into = out.is_dir() and any(out.iterdir())
    if into and not (exporter.joins and output is not None):
        out = out / default
    if out.exists() and not makes_folder:
        if beside.exists() and out.samefile(beside):
            raise OutputError(f"{out} is the input", hint="choose another --output")
        if not force:
            raise OutputError(
                f"{out} is already there", hint="--force overwrites it, --output writes elsewhere"
            )
    return out


def _content(
    exporter: Exporter, what: Any, report: Path | None, reading: dict[str, Any]
) -> Content:
    from neuropose.export import Content
    from neuropose.io import load_report

    if isinstance(what, list):
        return Content(reports=dict(_labelled(load_report(path) for path in what)))
    path, video = what
    content = _recorded(exporter, path, video, reading)
    if report is None or content.movement is None:
        return content
    return replace(content, movement=content.movement.with_events_of(load_report(report)))


def _labelled(reports: Iterator[Report] | Sequence[Report]) -> Iterator[tuple[str, Report]]:
    """Iterate over reports with numbers for names: those of files stay out of exports."""
    for number, each in enumerate(reports, start=1):
        yield f"recording_{number:02d}", each


def _recorded(
    exporter: Exporter, path: Path, video: str | None, reading: dict[str, Any]
) -> Content:
    from neuropose.body.movement import movement_of_predictions
    from neuropose.data import Reconstruct
    from neuropose.export import Kind, Part, content_of
    from neuropose.io import holds_reconstruction, load_reconstruction, read_c3d, read_trc
    from neuropose.study.contract.pipeline import ANY_SUBJECT
    from neuropose.study.trial.kept_body import fit_beside
    from neuropose.study.trial.recordings import holds_markers, read_markers, tracked_results

    how = dict(reading)
    fits = how.pop("reconstruct")
    needs_body, angles = exporter.takes[0] is Kind.BODY, Part.ANGLES in exporter.holds
    is_fitted = fits == "on" or (fits == "auto" and needs_body)
    beside = session_beside(path)
    session_height_mm = stature_said(beside, how["subject"], video)
    how["height_mm"] = how["height_mm"] or session_height_mm
    how["up"] = how["up"] or vertical_said(beside, video)
    if is_fitted or exporter.takes[0] is not Kind.PEOPLE:  # which hold everybody
        with choosing_video():
            meant = subject_said(beside, path, video)
        how["subject"] = how["subject"] or (None if meant == ANY_SUBJECT else meant)
    source = source_of(path, video=video, **how)
    if holds_markers(path):
        if is_fitted:
            from neuropose.body import reconstruct_markers

            with fit_progress(path.name) as progress:
                sequence = read_markers(source)
                fitted = reconstruct_markers(
                    sequence, height_mm=how["height_mm"], on_progress=progress
                )
            return content_of(fitted).with_reported(sequence)
        read = read_c3d if path.suffix.lower() == ".c3d" else read_trc
        recording = read(path, units=how["units"], subject=how["subject"])
        return content_of(recording, vertical=source.up, angles=angles)
    if holds_reconstruction(source.file):
        if how["up"] is not None:
            raise typer.BadParameter(
                f"--vertical is for the fit, and {source.file} is fitted already"
            )
        return content_of(load_reconstruction(source.file))
    with choosing_video():
        predictions = tracked_results(path, video).predictions
    if not is_fitted:
        return content_of(predictions, subject=how["subject"], vertical=source.up, angles=angles)
    with fit_progress(path.name) as progress:
        moved = movement_of_predictions(
            predictions,
            source.subject,
            reconstruct=Reconstruct.ON,
            up=source.up,
            height_mm=how["height_mm"],
            progress=progress,
            fit=fit_beside(
                source,
                lambda body: note(f"the body is that of {body.name}, beside the results"),
                session_height_mm=session_height_mm,
            ),
        )
    assert moved.reconstruction is not None
    return content_of(moved.reconstruction)
