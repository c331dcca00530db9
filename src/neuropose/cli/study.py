"""``neuropose study``: whole analyses from a YAML file, and a file to start from."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from neuropose.cli._console import WholeSentences, write, write_json
from neuropose.cli._estimating import EngineOption, JsonOption, writable_folder
from neuropose.cli._pipeline import run_config, run_part
from neuropose.cli.cluster.study import study_pool, submit
from neuropose.cli.demo.sample_study import study_demo
from neuropose.errors import OutputError
from neuropose.grammar import counted

app = typer.Typer(
    cls=WholeSentences,
    help="Run a whole analysis, of one recording or of a cohort, from a YAML file.",
    epilog="Example: neuropose study run cohort.yaml --dry-run",
    rich_markup_mode=None,
)

_Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="In place of what the file says; docs/reference/pipelines.md.",
    ),
]


@app.command(
    epilog="Examples: neuropose study run cohort.yaml --dry-run; "
    "neuropose study run cohort.yaml --set preparation.cutoff_hz=8 --force"
)
def run(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The pipeline, YAML.")],
    settings: _Set = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the file; read no recording, write nothing.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite results that are already there.")
    ] = False,
    engine: EngineOption = "local",
    part: Annotated[
        str | None,
        typer.Option(metavar="K/N", help="Only every Nth trial, from the Kth, and no report."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run a pipeline file: what is read, how it is cut, what is measured and compared.

    Trials that are done are kept beside the report. With --part, several machines each do some of
    them; the same command without it then makes the report.
    """
    if part is not None:
        run_part(file, settings or [], part, as_json=as_json)
        return
    elsewhere = partial(study_pool, context) if engine == "dask" else None
    run_config(
        file, settings or [], dry_run=dry_run, force=force, as_json=as_json, elsewhere=elsewhere
    )


app.command(epilog="Example: neuropose study submit cohort.yaml --tasks 40 --dry-run")(submit)


@app.command(epilog="Example: neuropose study init results/ -o study.yaml")
def init(
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="Of predictions, results of jobs, C3D or TRC files."),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The pipeline file; the table, cohort.csv, is written beside it.",
        ),
    ] = Path("study.yaml"),
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite files that are already there.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a pipeline file with comments, and the table of its recordings, to start from.

    Every file gets a subject of its own, s01, s02 and so on: edit the table. It is your own
    file, with the paths of the recordings; results have neither paths nor names of files.
    """
    from neuropose.io.atomic import write_atomically
    from neuropose.study.starting import (
        TABLE,
        find_recordings,
        starting_pipeline,
        starting_table,
    )

    if output.is_dir():
        raise OutputError(f"{output} is a folder", hint="give --output the name of a file")
    table = output.with_name(TABLE)
    if output.name == TABLE:
        raise OutputError(f"{TABLE} is the table", hint="give --output another name")
    for path in (output, table):
        if path.exists() and not force:
            raise OutputError(
                f"{path} is already there", hint="--force overwrites it, --output writes elsewhere"
            )
    recordings = find_recordings(folder)
    writable_folder(output.parent)
    write_atomically(table, [starting_table(recordings, output.parent).encode()])
    write_atomically(output, [starting_pipeline().encode()])
    if as_json:
        write_json(
            {"output": str(output), "table": str(table), "recordings": len(recordings)},
        )
        return
    write(f"written   {output}")
    count = counted(len(recordings), "recording")
    write(f"written   {table}: {count}, each file a subject of its own")
    write(f"next      edit subject, group and session in {table}; it has the paths of your files,")
    write("          results do not")
    write(f"          neuropose study run {output} --dry-run")


app.command("demo", epilog="Example: neuropose study demo --output study/")(study_demo)
