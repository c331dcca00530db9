"""The machine, the night, and the log."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from neuropose.dashboard.context import Context, context_of, visit_of
from neuropose.dashboard.contract import Machine
from neuropose.dashboard.live.job_index import JobIndex
from neuropose.dashboard.machine import look_at_machine
from neuropose.dashboard.pages.job_view import local, needs_a_look, row
from neuropose.dashboard.rendering import page
from neuropose.interfacer.machine.kept_log import latest_lines
from neuropose.interfacer.machine.summary import summarise

NIGHT = timedelta(hours=24)
_MOST_LISTED = 100
_LINES = 500


async def show_machine(request: Request) -> Response:
    """Show the machine, and what happened in the last 24 hours."""
    context, t = context_of(request), visit_of(request).language
    index = await context.watcher.jobs()
    since = datetime.now(UTC) - NIGHT
    summary = summarise(index.jobs, since)
    ended = [
        job for job in map(index.of, summary.jobs) if job is not None and needs_a_look(job.entry)
    ]
    return page(
        request,
        "machine.html.j2",
        machine=await machine_of(context, index),
        since=local(since),
        summary=summary,
        hours=f"{summary.seconds / 3600.0:.1f}",
        rows=[row(index, job, t) for job in ended[:_MOST_LISTED]],
        left_out=max(0, len(ended) - _MOST_LISTED),
        local=local,
    )


async def show_log(request: Request) -> Response:
    """Show the latest of the daemon's log, which has no names."""
    context = context_of(request)
    log_names = context.settings.log_names
    lines = () if log_names else await asyncio.to_thread(latest_lines, context.layout, _LINES)
    return page(request, "log.html.j2", lines=lines, log_names=log_names)


async def machine_of(context: Context, index: JobIndex) -> Machine:
    """Return the state of the machine.

    Parameters
    ----------
    context : Context
        What the pages share.
    index : JobIndex
        All jobs.

    Returns
    -------
    Machine
    """
    return await asyncio.to_thread(look_at_machine, context.settings, index.jobs)


ROUTES = (
    Route("/machine", show_machine, methods=["GET"]),
    Route("/log", show_log, methods=["GET"]),
)
