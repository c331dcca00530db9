"""Commands that change jobs; a running daemon carries them out."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from neuropose.cli._console import confirm, note, session, write, write_json
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


_Json = Annotated[bool, typer.Option("--json", help="For machines.")]


def retry(
    context: typer.Context,
    names: _Names = None,
    all_failed: Annotated[
        bool, typer.Option("--all", help="Every job that has failed.", show_default=False)
    ] = False,
    as_json: _Json = False,
) -> None:
    """Try failed jobs again; frames that are done are not done again."""
    if bool(names) is all_failed:
        raise typer.BadParameter("give the names of jobs, or --all")
    layout = said_layout(context)
    if all_failed:
        names = sorted(path.name for path in layout.failed.glob("*") if path.is_dir())
        if not names and not as_json:
            write("no job has failed")
    _ask(context, layout, "retry", names or [], as_json=as_json)


class Step(StrEnum):
    """From where on a job is done again."""

    ANALYSIS = "analysis"


def rerun(
    context: typer.Context,
    names: _SomeNames,
    start: Annotated[
        Step, typer.Option("--from", help="Everything after the poses; they are kept.")
    ] = Step.ANALYSIS,
    as_json: _Json = False,
) -> None:
    """Do the analyses and pages of completed jobs again, say after a change of session.yaml."""
    assert start is Step.ANALYSIS
    _ask(context, said_layout(context), "rerun", names, as_json=as_json)


def accept(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A job that has failed.")],
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="VIDEO", help="Go without it; several times for several."),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Complete a failed job without its bad videos: those given, or all that failed."""
    layout = said_layout(context)
    _ask(context, layout, "accept", [name], tuple(without or ()), as_json=as_json)


def cancel(context: typer.Context, names: _SomeNames, as_json: _Json = False) -> None:
    """Put jobs that wait, or are being worked on, aside in failed/."""
    _ask(context, said_layout(context), "cancel", names, as_json=as_json)


def remove(
    context: typer.Context,
    names: _SomeNames,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    as_json: _Json = False,
) -> None:
    """Remove jobs with their videos and results, for good."""
    from neuropose.interfacer.names import printable

    layout = said_layout(context)
    if not yes:
        status = status_of(layout)
        listed = ", ".join(printable(resolved(name, status, layout)) for name in names)
        confirm(f"remove {listed}, with all videos and results?")
    _ask(context, layout, "remove", names, as_json=as_json)


def _ask(
    context: typer.Context,
    layout: Layout,
    action: str,
    names: list[str],
    without: tuple[str, ...] = (),
    *,
    as_json: bool,
) -> None:
    """Ask for each; one that is refused does not keep the others from being done."""
    from neuropose.interfacer.names import printable
    from neuropose.interfacer.requests import Action, Request, ask

    settings, status = session(context).settings(), status_of(layout)
    refused: list[JobError] = []
    told: list[dict[str, str | None]] = []
    for name in names:
        try:
            job = resolved(name, status, layout)
            request = Request(action=Action(action), job=job, without=without)
            done = ask(request, layout, most_interruptions=settings.continue_interrupted)
            told.append({"job": name, "done": done, "error": None})
            if not as_json:
                write(f"job {printable(name)} {printable(done)}")
        except JobError as error:
            told.append({"job": name, "done": None, "error": error.message})
            if len(names) > 1:
                note(f"job {printable(name)}: {error.message}")
            error.message = f"job {printable(name)}: {error.message}"
            refused.append(error)
    if as_json:
        write_json(told)
    if refused:
        raise refused[-1]
