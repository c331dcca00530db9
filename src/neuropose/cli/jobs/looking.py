"""Commands that only look: the list, one job, and what happened since yesterday."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from neuropose.cli._console import terminal_width, write, write_json
from neuropose.cli.jobs.data_directory import resolved, said_layout, status_of
from neuropose.cli.jobs.since import EXAMPLES, moment
from neuropose.errors import JobError, OutputError, did_you_mean

if TYPE_CHECKING:
    from neuropose.interfacer.layout import Layout

_STATES = ("queued", "processing", "completed", "failed")
_Json = Annotated[bool, typer.Option("--json", help="For machines.")]


def list_jobs(
    context: typer.Context,
    state: Annotated[
        str | None, typer.Option(metavar="|".join(_STATES), help="Only jobs in this state.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Show every job: its state, what was found, and whether a daemon is at work."""
    if state is not None and state not in _STATES:
        raise typer.BadParameter(f"{state!r} is none of {', '.join(_STATES)}")
    layout = said_layout(context)
    status = status_of(layout)
    jobs = {name: job for name, job in status.jobs.items() if state in (None, job.state.value)}
    if as_json:
        write_json({name: job.model_dump(mode="json") for name, job in jobs.items()})
        return
    from neuropose.cli.render.job_table import job_lines, wrapped
    from neuropose.interfacer.machine.forecast import forecast, sizes_of_videos

    if not jobs:
        write(_none(layout, state))
        return
    width = terminal_width()
    ends = forecast(status.jobs, sizes_of_videos(layout, status.jobs), datetime.now(UTC))
    for line in wrapped(_daemon(layout, ends), width):
        write(line)
    for line in job_lines(jobs, width):
        write(line)


def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The job, or its number in the log.")],
    as_json: _Json = False,
) -> None:
    """Show all that is known of one job and of each of its videos."""
    from neuropose.cli.render.job_table import one_job_lines
    from neuropose.interfacer.names import printable

    layout = said_layout(context)
    status = status_of(layout)
    name = resolved(name, status, layout)
    if name not in status.jobs:
        hint = printable(did_you_mean(name, status.jobs, instead="neuropose jobs list shows all"))
        raise JobError(f"there is no job {printable(name)!r}", hint=hint)
    if as_json:
        write_json({"name": name, **status.jobs[name].model_dump(mode="json")})
        return
    for line in one_job_lines(name, status.jobs[name], layout, terminal_width()):
        write(line)


def summary(
    context: typer.Context,
    since: Annotated[str, typer.Option(metavar="TIME", help=f"From when: {EXAMPLES}.")] = "24h",
    as_json: _Json = False,
) -> None:
    """Sum up the night: how many jobs ended and how, what waits, and what needs a look."""
    from neuropose.cli.render.job_table import local, summary_json, summary_lines, wrapped

    try:
        begin = moment(since, datetime.now().astimezone())
    except ValueError:
        raise typer.BadParameter(f"--since {since}: it must be like {EXAMPLES}") from None
    layout = said_layout(context)
    jobs = status_of(layout).jobs
    if as_json:
        write_json({"since": begin.isoformat(), **summary_json(jobs, begin)})
        return
    write(f"since {local(begin)}")
    for line in summary_lines(jobs, begin):
        for part in wrapped(line, terminal_width()):
            write(part)


def _daemon(layout: Layout, ends: datetime | None) -> str:
    from neuropose.cli.render.job_table import local
    from neuropose.interfacer.lock import is_held, lock_owner

    try:
        owner = lock_owner(layout)
        is_running = owner is not None or is_held(layout)
    except OutputError:
        return "whether a daemon runs is not known: this disk has no locks"
    end = "" if ends is None else f"; at the speed so far, the queue is done {local(ends)}"
    if is_running:
        return f"a daemon runs: {owner or 'process unknown'}{end}"
    return "no daemon runs: neuropose watch starts one"


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
    except OutputError:  # no locks here: who knows
        return f"{found}: not in the status"
    if is_watched:
        return f"{found}: not in the status yet, though a daemon runs; if it stays so, see its log"
    return f"{found}: not in the status, and no daemon runs: neuropose watch"
