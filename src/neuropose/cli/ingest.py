"""``neuropose ingest``: videos and marker files into the daemon's folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuropose.cli._console import frame_progress, note, session, write, write_json
from neuropose.cli._estimating import JsonOption
from neuropose.errors import IngestError
from neuropose.grammar import counted

if TYPE_CHECKING:
    from neuropose.interfacer.ingest import PlannedJob, Unused

_Paths = Annotated[
    list[Path],
    typer.Argument(metavar="PATH", help="Zip archives, folders, videos, C3D, TRC."),
]


def ingest(
    context: typer.Context,
    paths: _Paths,
    job: Annotated[
        str | None, typer.Option(metavar="NAME", help="Make one job of this name of everything.")
    ] = None,
    per_folder: Annotated[
        bool,
        typer.Option("--per-folder", help="Make a job of each folder in an archive or folder."),
    ] = False,
    per_video: Annotated[
        bool, typer.Option("--per-video", help="Make a job of each video or marker file.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be made, and write nothing.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a job of the same name that waits or failed.")
    ] = False,
    skip_broken: Annotated[
        bool,
        typer.Option("--skip-broken", help="Leave out files that cannot be read, and list them."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Copy videos and C3D or TRC files into job directories, checked before anything is written.

    Folders of several people side by side become a job each.
    """
    from neuropose.interfacer.ingest import ingest as carry_out
    from neuropose.interfacer.ingest import plan_ingest
    from neuropose.interfacer.layout import Layout

    if sum([job is not None, per_folder, per_video]) > 1:
        raise typer.BadParameter("only one of --job, --per-folder and --per-video can be meant")
    layout = Layout(session(context).settings().data_dir)
    note(f"data directory: {layout.root}")
    try:
        broken: list[str] | None = [] if skip_broken else None
        unused: list[Unused] = []
        jobs = plan_ingest(
            paths,
            layout,
            job=job,
            per_folder=per_folder,
            per_video=per_video,
            force=force,
            broken=broken,
            unused=unused,
        )
    except IngestError as error:
        for problem in error.problems[1:]:
            note(problem)
        _tell(unused)
        raise
    if not as_json:
        for planned in jobs:
            write(f"{'would make ' if dry_run else ''}{_line(planned)}")
        for planned in jobs:
            for said in planned.notes:
                note(said)
        _tell(unused)
        if len(jobs) == 1 and len(jobs[0].files) > 1 and job is None:
            note("one job of several recordings; if they are of several people: --per-video")
    if not dry_run:
        total = sum(planned.size_bytes for planned in jobs)
        with frame_progress("copying (MB)") as show:
            carry_out(
                jobs,
                layout,
                lambda done: show(done // 1_000_000, total // 1_000_000),
                broken=broken,
            )
        note(f"{counted(len(jobs), 'job')} in {layout.inbox}")
    for problem in broken or ():
        note(f"left out: {problem}")
    if as_json:
        write_json(
            [_record(planned, made=not dry_run) for planned in jobs]
            + [_no_job(each) for each in unused]
        )


def _tell(unused: list[Unused]) -> None:
    for each in unused:
        note(f"{each.where}: {each.reason}")


def _line(planned: PlannedJob) -> str:
    from neuropose.interfacer.names import printable

    left_out = f", {counted(planned.skipped, 'other file')} skipped" if planned.skipped else ""
    return (
        f"job {printable(planned.name)}: {_recordings(planned)}, "
        f"{planned.size_bytes / 1e6:.1f} MB{left_out}"
    )


def _recordings(planned: PlannedJob) -> str:
    from neuropose.interfacer.layout import has_marker_name

    markers = sum(has_marker_name(file.name) for file in planned.files)
    videos = len(planned.files) - markers
    parts = [(videos, "video")] if videos or not markers else []
    parts += [(markers, "marker file")] if markers else []
    return ", ".join(counted(*part) for part in parts)


def _record(planned: PlannedJob, *, made: bool) -> dict[str, Any]:
    from neuropose.interfacer.layout import has_marker_name

    return {
        "job": planned.name,
        "videos": [file.name for file in planned.files if not has_marker_name(file.name)],
        "markers": [file.name for file in planned.files if has_marker_name(file.name)],
        "size_bytes": planned.size_bytes,
        "skipped": planned.skipped,
        "made": made,
        "notes": list(planned.notes),
    }


def _no_job(unused: Unused) -> dict[str, Any]:
    return {
        "job": None,
        "videos": [],
        "markers": [],
        "size_bytes": 0,
        "skipped": 1,
        "made": False,
        "notes": [f"{unused.where}: {unused.reason}"],
    }
