"""The command line: a module a verb or group of verbs; heavy imports wait in the commands."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from neuropose._version import __version__
from neuropose.cli import (
    analyze,
    benchmark,
    calibrate,
    classify,
    correct,
    daemon,
    demo,
    doctor,
    export,
    ingest,
    jobs,
    markers,
    migrate,
    models,
    plot,
    process,
    reconstruct,
    report,
    segment,
    study,
    validate,
)
from neuropose.cli._console import WholeSentences, run, session, write
from neuropose.cli.daemon import dashboard, service

app = typer.Typer(
    cls=WholeSentences,
    help="Validated 3D poses and movement measures from ordinary videos.",
    epilog="Exit codes and what each means: docs/reference/exit-codes.md.",
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def _global_options(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Settings, TOML or YAML. No other file is ever looked for."
        ),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version and stop.")] = False,
) -> None:
    session(context).config = config
    session(context).debug = debug
    if version:
        write(f"neuropose {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        write(context.get_help())


# Every command is registered here, in the order in which the help lists them.
app.command(epilog="Example: neuropose process walk.mp4 -o results/ --fov 60")(process.process)
app.command(epilog="Example: neuropose reconstruct walk.poses.json --height-mm 1710")(
    reconstruct.reconstruct
)
app.command(epilog="Example: neuropose analyze walk.poses.json --task gait --affected-side left")(
    analyze.analyze
)
app.command(epilog="Example: neuropose report out/anna/ --task gait -o anna.html")(report.report)
app.command(epilog="Example: neuropose compare may.gait.json june.gait.json -o change.html")(
    report.compare
)
app.command(epilog="Example: neuropose correct out/anna/results.json anna.corrections.json")(
    correct.correct
)
app.command(epilog="Example: neuropose plot walk.gait.json --angle knee_flexion -o knee.svg")(
    plot.plot
)
app.command(
    epilog="Example: neuropose segment walk.poses.json --height left_wrist",
)(segment.segment)
app.command(epilog="Example: neuropose markers walk.c3d -o ours.yaml")(markers.markers)
app.command(epilog="Example: neuropose export walk.reconstruction.npz --to trc --up y --unit m")(
    export.export
)
app.command(epilog="Example: neuropose methods walk.gait.json -o methods")(export.methods)
app.command(epilog="Example: neuropose demo --output demo/")(demo.demo)
app.command(epilog="Example: neuropose benchmark walk.mp4 --compare blazepose-lite")(
    benchmark.benchmark
)
app.command(epilog="Example: neuropose validate video/ markers/ --table agreement.csv")(
    validate.validate
)
app.command(epilog="Example: neuropose ingest session.zip --dry-run")(ingest.ingest)
app.command(epilog="Example: neuropose watch --once")(daemon.watch)
app.command(epilog="Example: neuropose reset --dry-run")(daemon.reset)
app.command(epilog="Example: neuropose doctor --json")(doctor.doctor)
app.command(epilog="Example: neuropose migrate results/")(migrate.migrate)
app.add_typer(calibrate.app, name="calibrate")
app.add_typer(study.app, name="study")
app.add_typer(models.app, name="models")
app.add_typer(jobs.app, name="jobs")
app.add_typer(service.app, name="service")
app.add_typer(dashboard.app, name="dashboard")
app.add_typer(classify.app, name="classify")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default: those that the program was started with.

    Returns
    -------
    int
        The exit code, as documented in ``docs/reference/exit-codes.md``.

    Examples
    --------
    >>> main(["--version"])  # doctest: +ELLIPSIS
    neuropose ...
    0
    """
    return run(app, sys.argv[1:] if arguments is None else arguments)
