"""The jobs: all of them, one of them, and what is to become of it."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from neuropose.dashboard.context import context_of, visit_of
from neuropose.dashboard.live.job_index import JobIndex, Listed
from neuropose.dashboard.pages.job_view import details, row
from neuropose.dashboard.rendering import page, refusal, said, trouble
from neuropose.data import JobState
from neuropose.errors import InterfacerError, JobError, NeuroPoseError, OutputError
from neuropose.interfacer.requests import Action, ask
from neuropose.interfacer.requests import Request as JobRequest

_LONGEST_SEARCH = 200


async def home(_: Request) -> Response:
    """Go to the jobs."""
    return RedirectResponse("/jobs", 303)


async def list_jobs(request: Request) -> Response:
    """Show a page of the jobs."""
    return page(request, "jobs.html.j2", **await _selected(request))


async def rows(request: Request) -> Response:
    """Show only the table of the page, for a script that puts it in the place of the old one."""
    visit_of(request).is_quiet = True
    return page(request, "job_rows.html.j2", **await _selected(request))


async def show_job(request: Request) -> Response:
    """Show all that is known of one job."""
    index, job = await _found(request)
    if job is None:
        return refusal(request, 404, "no_such_job")
    t = visit_of(request).language
    return page(
        request,
        "job.html.j2",
        job=row(index, job, t),
        details=details(job, t),
    )


async def act(request: Request) -> Response:
    """Ask the daemon for an action on a job; without one, do it as ``neuropose jobs`` does."""
    context, visit = context_of(request), visit_of(request)
    _, job = await _found(request)
    try:
        action = Action(request.path_params["action"])
    except ValueError:
        return refusal(request, 404, "no_such_page")
    if job is None:
        return refusal(request, 404, "no_such_job")
    wanted = JobRequest(action=action, job=job.name)
    most = context.settings.continue_interrupted
    try:
        async with context.acting:
            await asyncio.to_thread(ask, wanted, context.layout, most_interruptions=most)
    except NeuroPoseError as error:
        return trouble(request, status_of(error), error)
    await context.watcher.jobs()
    return said(request, 200, visit.language(f"done_{action.value}"), None)


def status_of(error: NeuroPoseError) -> int:
    """Return the status of the answer that tells of an error.

    Parameters
    ----------
    error : NeuroPoseError
        The error.

    Returns
    -------
    int
        409 if it is about the state of a job; 503 if it may be tried again, because a daemon or a
        process did not do it; 507 if the disk did not take what was to be written; otherwise 422,
        as for an export of what a job does not have.
    """
    if isinstance(error, JobError):
        return 409
    if isinstance(error, InterfacerError):
        return 503
    is_of_disk = isinstance(error, OutputError) and isinstance(error.__cause__, OSError)
    return 507 if is_of_disk else 422


ROUTES = (
    Route("/", home, methods=["GET"]),
    Route("/jobs", list_jobs, methods=["GET"]),
    Route("/jobs/rows", rows, methods=["GET"]),
    Route("/jobs/{job}", show_job, methods=["GET"]),
    Route("/jobs/{job}/{action}", act, methods=["POST"]),
)


async def _found(request: Request) -> tuple[JobIndex, Listed | None]:
    index = await context_of(request).watcher.jobs()
    return index, index.find(request.path_params["job"])


async def _selected(request: Request) -> dict[str, Any]:
    context, t = context_of(request), visit_of(request).language
    index = await context.watcher.jobs()
    asked = request.query_params
    state = asked.get("state", "")
    search = asked.get("search", "")[:_LONGEST_SEARCH]
    number = asked.get("page", "1")
    selection = index.select(
        state=JobState(state) if state in set(JobState) else None,
        search=search,
        page=int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 1,
    )
    unread = context.watcher.trouble
    return {
        "rows": [row(index, job, t) for job in selection.jobs],
        "selection": selection,
        "counts": index.counts,
        "state": state if state in set(JobState) else "",
        "states": [state.value for state in JobState],
        "search": search,
        "trouble": None if unread is None else t.phrase("status_unreadable", reason=t.told(unread)),
        "daemon": await context.watcher.daemon(),
    }
