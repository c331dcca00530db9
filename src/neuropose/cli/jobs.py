"""``neuropose jobs``: what became of the jobs of the daemon, and what is to become of them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuropose.cli._console import note, session, write, write_json
from neuropose.errors import FileMissingError, JobError, did_you_mean

if TYPE_CHECKING:
    from neuropose.data import JobEntry, JobProgress, Status, VideoOutcome
    from neuropose.interfacer.layout import Layout

app = typer.Typer(help="Show and change the jobs of the daemon.", rich_markup_mode=None)

_STATES = ("queued", "processing", "completed", "failed")
_Names = Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="Jobs.")]
_SomeNames = Annotated[list[str], typer.Argument(metavar="NAME...", help="Jobs.")]
_Json = Annotated[bool, typer.Option("--json", help="For machines.")]


@app.command("list", epilog="Example: neuropose jobs list --state failed")
def list_jobs(
    context: typer.Context,
    state: Annotated[
        str | None, typer.Option(metavar="|".join(_STATES), help="Only jobs in this state.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Show every job: its state, and what matters in it."""
    if state is not None and state not in _STATES:
        raise typer.BadParameter(f"{state!r} is none of {', '.join(_STATES)}")
    jobs = {
        name: job for name, job in _status(context).jobs.items() if state in (None, job.state.value)
    }
    if as_json:
        write_json({name: job.model_dump(mode="json") for name, job in jobs.items()})
        return
    from neuropose.interfacer.layout import Layout
    from neuropose.interfacer.names import apart, printable

    for name, job in jobs.items():
        write(f"{job.state.value:<10} {apart(name, jobs)}: {printable(_essence(job))}")
    if not jobs:
        write(_none(Layout(session(context).settings().data_dir), state))


@app.command(epilog="Example: neuropose jobs show anna")
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The job.")],
    as_json: _Json = False,
) -> None:
    """Show all that is known of one job."""
    from neuropose.interfacer.names import known_spelling, printable

    jobs = _status(context).jobs
    name = known_spelling(name, jobs)
    if name not in jobs:
        hint = printable(did_you_mean(name, jobs, instead="neuropose jobs list shows all"))
        raise JobError(f"there is no job {printable(name)!r}", hint=hint)
    if as_json:
        write_json({"name": name, **jobs[name].model_dump(mode="json")})
        return
    for field in type(jobs[name]).model_fields:
        value = getattr(jobs[name], field)
        if field == "outcomes":
            for line in map(_found, value):
                write(f"{'found':<12} {line}")
            continue
        if field == "faults":
            for line in _states(jobs[name]):
                write(f"{'video':<12} {printable(line)}")
            continue
        if field == "progress" and value is not None:
            value = _advance(value)
        if value is not None and value != ():
            write(f"{field.replace('_', ' '):<12} {printable(_shown(value))}")


@app.command(epilog="Example: neuropose jobs retry anna, or neuropose jobs retry --all")
def retry(
    context: typer.Context,
    names: _Names = None,
    all_failed: Annotated[
        bool, typer.Option("--all", help="Every job that has failed.", show_default=False)
    ] = False,
) -> None:
    """Try failed jobs again; frames that are done are not done again."""
    from neuropose.interfacer.layout import Layout

    if bool(names) is all_failed:
        raise typer.BadParameter("give the names of jobs, or --all")
    if all_failed:
        failed = Layout(session(context).settings().data_dir).failed
        names = sorted(path.name for path in failed.glob("*") if path.is_dir())
        if not names:
            write("no job has failed")
    _ask(context, "retry", names or [])


@app.command(epilog="Example: neuropose jobs cancel anna")
def cancel(context: typer.Context, names: _SomeNames) -> None:
    """Put jobs that wait, or are being worked on, aside in failed/."""
    _ask(context, "cancel", names)


@app.command(epilog="Example: neuropose jobs remove anna --yes")
def remove(
    context: typer.Context,
    names: _SomeNames,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
) -> None:
    """Remove jobs with their videos and results, for good."""
    from neuropose.interfacer.names import printable

    if not yes:
        listed = ", ".join(map(printable, names))
        typer.confirm(f"remove {listed}, with all videos and results?", abort=True, err=True)
    _ask(context, "remove", names)


def _ask(context: typer.Context, action: str, names: list[str]) -> None:
    """Ask for each; one that is refused does not keep the others from being done."""
    from neuropose.interfacer.layout import Layout
    from neuropose.interfacer.names import known_spelling, printable
    from neuropose.interfacer.requests import Action, Request, ask

    layout = Layout(session(context).settings().data_dir)
    known = {
        path.name for place in (layout.inbox, layout.out, layout.failed) for path in place.glob("*")
    }
    known |= _status(context).jobs.keys()
    refused: list[JobError] = []
    for name in names:
        try:
            job = known_spelling(name, known)
            done = ask(Request(action=Action(action), job=job), layout)
            write(f"job {printable(name)} {done}")
        except JobError as error:
            if len(names) > 1:
                note(f"job {printable(name)}: {error.message}")
            error.message = f"job {printable(name)}: {error.message}"
            refused.append(error)
    if refused:
        raise refused[-1]


def _status(context: typer.Context) -> Status:
    from neuropose.data import Status
    from neuropose.interfacer.layout import Layout
    from neuropose.io import load_status

    try:
        return load_status(Layout(session(context).settings().data_dir).status)
    except FileMissingError:  # no daemon has run here yet, or none could write it
        return Status()


def _none(layout: Layout, state: str | None) -> str:
    from neuropose.interfacer.lock import is_held

    if state is not None:
        return f"no jobs that are {state} in {layout.root}"
    places = {
        place: sum(path != layout.status for path in place.glob("[!.]*"))
        for place in (layout.inbox, layout.out, layout.failed)
    }
    found = ", ".join(f"{count} in {place}" for place, count in places.items() if count)
    if not found:
        return f"no jobs in {layout.root}"
    try:
        is_watched = is_held(layout)
    except OSError:  # no locks here: who knows
        return f"{found}: not in the status"
    if is_watched:
        return f"{found}: not in the status yet, though a daemon runs; if it stays so, see its log"
    return f"{found}: not in the status, and no daemon runs: neuropose watch"


def _essence(job: JobEntry) -> str:
    if job.progress is not None:
        return _advance(job.progress)
    if job.error is not None:
        return job.error
    if job.results is not None:
        return "; ".join([job.results, *_in_short(job.outcomes)])
    if job.waiting_for is not None:
        return job.waiting_for
    return f"place {job.position} in the queue" if job.position is not None else "begun"


def _in_short(outcomes: tuple[VideoOutcome, ...]) -> list[str]:
    """How many people were found, and every warning once."""
    if not outcomes:
        return []
    people = ", ".join(str(each.people) for each in outcomes)
    warnings = dict.fromkeys(warning for each in outcomes for warning in each.warnings)
    return [f"{people} people found", *(f"warning: {warning}" for warning in warnings)]


def _states(job: JobEntry) -> list[str]:
    """Of a failed job of several videos: the error of each, or that it is done."""
    if len(job.videos) < 2 or not job.faults:
        return []
    return [f"{video}: {job.faults.get(video, 'done')}" for video in job.videos]


def _found(outcome: VideoOutcome) -> str:
    warnings = "".join(f"; warning: {warning}" for warning in outcome.warnings)
    pictures = outcome.frames - outcome.frames_without_picture
    return (
        f"{outcome.people} people, in {outcome.frames_with_people} of {outcome.frames} frames, "
        f"{pictures} of which have a picture{warnings}"
    )


def _advance(progress: JobProgress) -> str:
    left = progress.seconds_left
    rest = "" if left is None else f", {left:.0f} s left"
    return (
        f"video {progress.number} of {progress.count}, {progress.percent:.0f} % of "
        f"{progress.video}{rest}"
    )


def _shown(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone().isoformat(sep=" ", timespec="seconds")
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value)
