"""``neuropose ingest``: videos into the daemon's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from neuropose.cli._console import frame_progress, note, session, write, write_json
from neuropose.cli._estimating import JsonOption
from neuropose.cli.render.video_summary import counted
from neuropose.errors import IngestError

_Paths = Annotated[
    list[Path], typer.Argument(metavar="PATH", help="Zip archives, folders and videos.")
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
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be made, and write nothing.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a job of the same name that waits or failed.")
    ] = False,
    skip_broken: Annotated[
        bool,
        typer.Option("--skip-broken", help="Leave out videos that cannot be read, and list them."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Copy videos into job directories, checked before anything is written."""
    from neuropose.interfacer.ingest import PlannedJob, plan_ingest
    from neuropose.interfacer.ingest import ingest as carry_out
    from neuropose.interfacer.layout import Layout
    from neuropose.interfacer.names import printable

    if job is not None and per_folder:
        raise typer.BadParameter("--job makes one job of everything, --per-folder several")
    layout = Layout(session(context).settings().data_dir)
    try:
        broken: list[str] | None = [] if skip_broken else None
        jobs = plan_ingest(
            paths, layout, job=job, per_folder=per_folder, force=force, broken=broken
        )
    except IngestError as error:
        for problem in error.problems[1:]:
            note(problem)
        raise
    total = sum(planned.size_bytes for planned in jobs)
    if not dry_run:
        with frame_progress("copying (MB)") as show:
            carry_out(
                jobs,
                layout,
                lambda done: show(done // 1_000_000, total // 1_000_000),
                broken=broken,
            )
    for problem in broken or ():
        note(f"left out: {problem}")

    def line(planned: PlannedJob) -> str:
        left_out = f", {counted(planned.skipped, 'other file')} skipped" if planned.skipped else ""
        return (
            f"{'would make ' if dry_run else ''}job {printable(planned.name)}: "
            f"{counted(len(planned.files), 'video')}, {planned.size_bytes / 1e6:.1f} MB{left_out}"
        )

    def record(planned: PlannedJob) -> dict[str, Any]:
        return {
            "job": planned.name,
            "videos": [file.name for file in planned.files],
            "size_bytes": planned.size_bytes,
            "skipped": planned.skipped,
            "made": not dry_run,
        }

    if as_json:
        write_json([record(planned) for planned in jobs])
        return
    for planned in jobs:
        write(line(planned))
