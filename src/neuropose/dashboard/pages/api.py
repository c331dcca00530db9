"""The API for other programs of the lab: it only reads."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from neuropose.dashboard.context import context_of
from neuropose.dashboard.contract import Job, JobList, SummarySince
from neuropose.dashboard.live.job_index import PAGE_SIZE, Listed
from neuropose.dashboard.openapi import MOST_SIZE, PREFIX, described, operations
from neuropose.dashboard.pages.machine import machine_of
from neuropose.dashboard.rendering import page, refusal
from neuropose.dashboard.result_files import results_of
from neuropose.data import JobState
from neuropose.interfacer.machine.summary import summarise

_LONGEST_SEARCH = 200


async def list_jobs(request: Request) -> Response:
    """Answer with a page of jobs."""
    asked = request.query_params
    state, search = asked.get("state", ""), asked.get("search", "")
    number = _number(asked.get("page", "1"))
    size = _number(asked.get("size", str(PAGE_SIZE)))
    is_wrong = (state and state not in set(JobState)) or len(search) > _LONGEST_SEARCH
    if is_wrong or number is None or size is None or size > MOST_SIZE:
        return refusal(request, 422, "refused_query")
    selection = (await context_of(request).watcher.jobs()).select(
        state=JobState(state) if state else None, search=search, page=number, size=size
    )
    return _json(
        JobList(
            jobs=tuple(map(_job, selection.jobs)),
            total=selection.total,
            page=selection.page,
            pages=selection.pages,
        )
    )


async def one_job(request: Request) -> Response:
    """Answer with a job."""
    job = await _found(request)
    return refusal(request, 404, "no_such_job") if job is None else _json(_job(job))


async def results(request: Request) -> Response:
    """Answer with the results of a job, as they are on the disk."""
    job = await _found(request)
    if job is None:
        return refusal(request, 404, "no_such_job")
    path = results_of(context_of(request).layout, job.entry)
    if path is None:
        return refusal(request, 404, "no_results")
    return FileResponse(path, media_type="application/json")


async def machine(request: Request) -> Response:
    """Answer with the state of the machine."""
    context = context_of(request)
    return _json(await machine_of(context, await context.watcher.jobs()))


async def summary(request: Request) -> Response:
    """Answer with what happened since a moment."""
    try:
        since = datetime.fromisoformat(request.query_params.get("since", "").replace(" ", "+"))
    except ValueError:
        return refusal(request, 422, "refused_query")
    if since.tzinfo is None:
        return refusal(request, 422, "refused_query")
    index = await context_of(request).watcher.jobs()
    return _json(SummarySince(since=since, summary=summarise(index.jobs, since)))


async def document(_: Request) -> Response:
    """Answer with the OpenAPI document."""
    return JSONResponse(described())


async def show_api(request: Request) -> Response:
    """Show the same document to people."""
    return page(request, "api.html.j2", operations=operations(), prefix=PREFIX)


ROUTES = (
    Route("/api", show_api, methods=["GET"]),
    Route(f"{PREFIX}/openapi.json", document, methods=["GET"]),
    Route(f"{PREFIX}/jobs", list_jobs, methods=["GET"]),
    Route(f"{PREFIX}/jobs/{{job}}", one_job, methods=["GET"]),
    Route(f"{PREFIX}/jobs/{{job}}/results", results, methods=["GET"]),
    Route(f"{PREFIX}/machine", machine, methods=["GET"]),
    Route(f"{PREFIX}/summary", summary, methods=["GET"]),
)


async def _found(request: Request) -> Listed | None:
    index = await context_of(request).watcher.jobs()
    return index.find(request.path_params["job"])


def _job(job: Listed) -> Job:
    return Job(key=job.key, name=job.name, entry=job.entry)


def _json(answer: BaseModel) -> Response:
    return Response(answer.model_dump_json(), media_type="application/json")


def _number(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and 0 < len(text) < 9
    return int(text) if is_number and int(text) > 0 else None
