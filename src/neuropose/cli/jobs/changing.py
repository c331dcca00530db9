"""Commands that change jobs; a running daemon carries them out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from neuropose.cli._console import confirm, note, session, write
from neuropose.cli.jobs.data_directory import resolved, said_layout, status_of
from neuropose.errors import JobError

if TYPE_CHECKING:
    from neuropose.interfacer.layout import Layout

_Names = Annotated[
    list[str] | None, typer.Argument(metavar="NAME...", help="Jobs, or their numbers in the log.")
]
_SomeNames = Annotated[
    list[str], typer.Argument(metavar="NAME...", help="Jobs, or their numbers in the log.")
]


def retry(
    context: typer.Context,
    names: _Names = None,
    all_failed: Annotated[
        bool, typer.Option("--all", help="Every job that has failed.", show_default=False)
    ] = False,
) -> None:
    """Try failed jobs again; frames that are done are not done again."""
    if bool(names) is all_failed:
        raise typer.BadParameter("give the names of jobs, or --all")
    layout = said_layout(context)
    if all_failed:
        names = sorted(path.name for path in layout.failed.glob("*") if path.is_dir())
        if not names:
            write("no job has failed")
    _ask(context, layout, "retry", names or [])


def accept(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A job that has failed.")],
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="VIDEO", help="Go without it; several times for several."),
    ] = None,
) -> None:
    """Complete a failed job without its bad videos: those given, or all that failed."""
    _ask(context, said_layout(context), "accept", [name], tuple(without or ()))


def cancel(context: typer.Context, names: _SomeNames) -> None:
    """Put jobs that wait, or are being worked on, aside in failed/."""
    _ask(context, said_layout(context), "cancel", names)


def remove(
    context: typer.Context,
    names: _SomeNames,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
) -> None:
    """Remove jobs with their videos and results, for good."""
    from neuropose.interfacer.ingest_sources import printable

    layout = said_layout(context)
    if not yes:
        status = status_of(layout)
        listed = ", ".join(printable(resolved(name, status)) for name in names)
        confirm(f"remove {listed}, with all videos and results?")
    _ask(context, layout, "remove", names)


def _ask(
    context: typer.Context,
    layout: Layout,
    action: str,
    names: list[str],
    without: tuple[str, ...] = (),
) -> None:
    """Ask for each; one that is refused does not keep the others from being done."""
    from neuropose.interfacer.ingest_sources import printable
    from neuropose.interfacer.requests import Action, Request, ask

    settings, status = session(context).settings(), status_of(layout)
    refused: list[JobError] = []
    for name in (resolved(given, status) for given in names):
        request = Request(action=Action(action), job=name, without=without)
        try:
            done = ask(request, layout, most_interruptions=settings.continue_interrupted)
            write(f"job {printable(name)} {printable(done)}")
        except JobError as error:
            if len(names) > 1:
                note(f"job {printable(name)}: {error.message}")
            error.message = f"job {printable(name)}: {error.message}"
            refused.append(error)
    if refused:
        raise refused[-1]
