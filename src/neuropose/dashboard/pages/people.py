"""People by their codes, and how each has changed over months."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from neuropose.dashboard.context import context_of
from neuropose.dashboard.live.job_index import JobIndex, Listed
from neuropose.dashboard.pages.changes import kind_of, send_changes
from neuropose.dashboard.rendering import page, refusal
from neuropose.dashboard.result_listing import (
    JobReport,
    day_of,
    files_of,
    folder_of,
    reports_of,
    session_of,
)
from neuropose.interfacer.layout import Layout

_MOST_PEOPLE = 1000
_KEY_LENGTH = 20


@dataclass(frozen=True, slots=True)
class PersonVisit:
    """A job of a person.

    Parameters
    ----------
    day : date
        When the person was recorded.
    is_given : bool
        Whether the session says so; otherwise it is when the job ended.
    job : Listed
        The job.
    folder : Path
        Its folder.
    """

    day: date
    is_given: bool
    job: Listed
    folder: Path


async def everybody(request: Request) -> Response:
    """List everybody who has a code."""
    search = request.query_params.get("search", "")[:200].strip().casefold()
    people, _ = await _people(request)
    found = [
        (key_of(code), code, len(visits), visits[-1].day.isoformat())
        for code, visits in sorted(people.items())
        if search in code.casefold()
    ]
    return page(
        request,
        "people.html.j2",
        people=found[:_MOST_PEOPLE],
        total=len(found),
        search=request.query_params.get("search", "")[:200],
    )


async def one(request: Request) -> Response:
    """Show a person's jobs, and the measures over time."""
    found = await _person(request)
    if found is None:
        return refusal(request, 404, "no_such_person")
    code, visits, index = found
    reports = await asyncio.to_thread(_reports, visits)
    counts = Counter(report.task for _, report in reports)
    tasks = [task for task, count in sorted(counts.items()) if count > 1]
    asked = request.query_params.get("task", "")
    return page(
        request,
        "person.html.j2",
        code=code,
        key=request.path_params["person"],
        visits=[
            (each.day.isoformat(), each.is_given, each.job.key, index.shown(each.job.name))
            for each in visits
        ],
        tasks=tasks,
        task=asked if asked in tasks else next(iter(tasks), None),
    )


async def history(request: Request) -> Response:
    """Make the history of a task, and send it: for its frame, or to be saved."""
    found = await _person(request)
    kind = kind_of(request)
    if found is None or kind is None:
        return refusal(request, 404, "no_such_person")
    code, visits, _ = found
    task = request.query_params.get("task", "")
    reports = [
        (visit.day, report.file.path)
        for visit, report in await asyncio.to_thread(_reports, visits)
        if report.task == task
    ]
    if len(reports) < 2:
        return refusal(request, 404, "no_history")
    return await send_changes(request, kind, reports, over_time=True, code=code)


def key_of(code: str) -> str:
    """Return what stands for a person in addresses.

    Parameters
    ----------
    code : str
        The person's.

    Returns
    -------
    str
    """
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()[:_KEY_LENGTH]


ROUTES = (
    Route("/people", everybody, methods=["GET"]),
    Route("/people/{person}", one, methods=["GET"]),
    Route("/people/{person}/history", history, methods=["GET"]),
)


async def _people(request: Request) -> tuple[dict[str, list[PersonVisit]], JobIndex]:
    context = context_of(request)
    index = await context.watcher.jobs()
    return await asyncio.to_thread(_by_code, index, context.layout), index


async def _person(request: Request) -> tuple[str, list[PersonVisit], JobIndex] | None:
    people, index = await _people(request)
    asked = request.path_params["person"]
    code = next((code for code in people if key_of(code) == asked), None)
    return None if code is None else (code, people[code], index)


def _by_code(index: JobIndex, layout: Layout) -> dict[str, list[PersonVisit]]:
    """Return the completed jobs whose session has a code, in order of time."""
    people: dict[str, list[PersonVisit]] = {}
    for job in index.select(size=max(len(index.jobs), 1)).jobs:
        folder = folder_of(layout, job)
        session = None if folder is None else session_of(folder)
        if folder is not None and session is not None and session.code is not None:
            day, is_given = day_of(job, session)
            people.setdefault(session.code, []).append(PersonVisit(day, is_given, job, folder))
    for visits in people.values():
        visits.sort(key=lambda visit: visit.day)
    return people


def _reports(visits: list[PersonVisit]) -> list[tuple[PersonVisit, JobReport]]:
    return [(visit, report) for visit in visits for report in reports_of(files_of(visit.folder))]
