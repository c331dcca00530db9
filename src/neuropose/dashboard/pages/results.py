"""What a job has given: reports in place, files, exports, and comparisons with other jobs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from neuropose.dashboard.context import context_of
from neuropose.dashboard.live.job_index import JobIndex, Listed
from neuropose.dashboard.making.products import MEASURES, export_job
from neuropose.dashboard.making.workshop import made_folder, removed_on_failure
from neuropose.dashboard.pages import sending
from neuropose.dashboard.pages.changes import kind_of, send_changes
from neuropose.dashboard.rendering import page, refusal
from neuropose.dashboard.result_listing import (
    JobReport,
    ResultFile,
    day_of,
    files_of,
    folder_of,
    reports_of,
    session_of,
)
from neuropose.data import JobState
from neuropose.data.jobs import CAMERAS, video_key

_OTHERS = 100
"""Latest jobs among which those are that are offered to be compared with."""


@dataclass(frozen=True, slots=True)
class Results:
    """A job with what lies in its folder.

    Parameters
    ----------
    index : JobIndex
        All jobs.
    job : Listed
        The job.
    folder : Path
        Its folder.
    files : mapping of str to ResultFile
        By what stands for them in addresses.
    reports : tuple of JobReport
        Those that were measured.
    code : str or None
        What its person is called.
    day : date
        When the person was recorded.
    is_given : bool
        Whether somebody said when.
    """

    index: JobIndex
    job: Listed
    folder: Path
    files: dict[str, ResultFile]
    reports: tuple[JobReport, ...]
    code: str | None
    day: date
    is_given: bool


async def show(request: Request) -> Response:
    """Show the results of a job."""
    found = await results_of(request, request.path_params["job"])
    if found is None:
        return refusal(request, 404, "no_results")
    shown = request.query_params.get("show", "")
    with_pages = [each for each in found.reports if each.page is not None]
    viewed = next((each for each in with_pages if each.file.key == shown), None)
    if viewed is None and with_pages:
        viewed = with_pages[0]
    videos = [each for each in found.files.values() if each.name.endswith("overlay.mp4")]
    return page(
        request,
        "results.html.j2",
        key=found.job.key,
        name=found.index.shown(found.job.name),
        code=found.code,
        day=found.day.isoformat(),
        is_given=found.is_given,
        reports=found.reports,
        viewed=viewed,
        videos=videos,
        files=list(found.files.values()),
        formats=await asyncio.to_thread(_formats),
        parts=_parts(found),
        others=await asyncio.to_thread(_others, request, found),
    )


async def view(request: Request) -> Response:
    """Send a page of a report, for its frame."""
    file = await _file(request)
    if file is None or not file.name.endswith(".html"):
        return refusal(request, 404, "no_such_file")
    return sending.framed(file.path)


async def fetch(request: Request) -> Response:
    """Send a file of a job; parts of it if these are asked for."""
    file = await _file(request)
    if file is None:
        return refusal(request, 404, "no_such_file")
    if request.query_params.get("play") is not None:
        return sending.video(file.path) or refusal(request, 404, "no_such_file")
    return sending.download(file.path)


async def export(request: Request) -> Response:
    """Make an export, and send it."""
    found = await results_of(request, request.path_params["job"])
    if found is None:
        return refusal(request, 404, "no_results")
    part, to = (request.query_params.get(name, "") for name in ("of", "to"))
    number = dict(_parts(found)).get(part)
    if number is None or to not in {name for name, *_ in await asyncio.to_thread(_formats)}:
        return refusal(request, 404, "no_such_format")
    context = context_of(request)
    made = await asyncio.to_thread(made_folder, context.layout.staging)
    with removed_on_failure(made):
        name, _ = await context.workshop.make(export_job, found.folder, part, number, to, made)
        return sending.download(made / name, made=made)


async def compare(request: Request) -> Response:
    """Show what changed from one job to another, of the videos that are chosen."""
    pair = await _pair(request)
    if pair is None:
        return refusal(request, 404, "no_comparison")
    (first, second), task = pair
    return page(
        request,
        "compared.html.j2",
        sides=pair[0],
        shown=[each.results.index.shown(each.results.job.name) for each in pair[0]],
        to_choose=any(len(each.reports) > 1 for each in pair[0]),
        is_chosen=all(each.chosen is not None for each in pair[0]),
        is_given=first.results.is_given and second.results.is_given,
        same_code=first.results.code == second.results.code,
        task=task,
        query=request.url.query,
    )


async def compared(request: Request) -> Response:
    """Make the comparison, and send it: for its frame, or to be saved."""
    pair = await _pair(request)
    kind = kind_of(request)
    if pair is None or kind is None:
        return refusal(request, 404, "no_comparison")
    (first, second), _ = pair
    if first.chosen is None or second.chosen is None:
        return refusal(request, 404, "no_comparison")
    recordings = [
        (first.results.day, first.chosen.file.path),
        (second.results.day, second.chosen.file.path),
    ]
    code = first.results.code if first.results.code == second.results.code else None
    return await send_changes(request, kind, recordings, over_time=False, code=code)


ROUTES = (
    Route("/jobs/{job}/results", show, methods=["GET"]),
    Route("/jobs/{job}/view/{file}", view, methods=["GET"]),
    Route("/jobs/{job}/files/{file}", fetch, methods=["GET"]),
    Route("/jobs/{job}/export", export, methods=["GET"]),
    Route("/compare", compare, methods=["GET"]),
    Route("/compare/made", compared, methods=["GET"]),
)


async def results_of(request: Request, key: str) -> Results | None:
    """Return a job with what lies in its folder.

    Parameters
    ----------
    request : Request
        Any request.
    key : str
        What stands for the job, from an address.

    Returns
    -------
    Results or None
        None if there is no such job, or it is not completed.
    """
    context = context_of(request)
    index = await context.watcher.jobs()
    job = index.find(key)
    return None if job is None else await asyncio.to_thread(read_results, request, index, job)


def read_results(request: Request, index: JobIndex, job: Listed) -> Results | None:
    """Look into the folder of a job.

    Parameters
    ----------
    request : Request
        Any request.
    index : JobIndex
        All jobs.
    job : Listed
        The job.

    Returns
    -------
    Results or None
        None if it is not completed.
    """
    folder = folder_of(context_of(request).layout, job)
    if folder is None:
        return None
    files = dict(files_of(folder))
    session = session_of(folder)
    day, is_given = day_of(job, session)
    code = None if session is None else session.code
    return Results(index, job, folder, files, reports_of(files), code, day, is_given)


def _others(request: Request, found: Results) -> list[tuple[str, str]]:
    """Return the jobs that one may be compared with, those of the same person first."""
    tasks = {report.task for report in found.reports}
    if not tasks:
        return []
    others = [
        other
        for job in found.index.select(state=JobState.COMPLETED, size=_OTHERS).jobs
        if job.key != found.job.key
        and (other := read_results(request, found.index, job)) is not None
        and any(report.task in tasks for report in other.reports)
    ]
    others.sort(key=lambda other: other.code is None or other.code != found.code)
    return [
        (other.job.key, f"{found.index.shown(other.job.name)}, {other.day.isoformat()}")
        for other in others
    ]


async def _file(request: Request) -> ResultFile | None:
    found = await results_of(request, request.path_params["job"])
    return None if found is None else found.files.get(request.path_params["file"])


@dataclass(frozen=True, slots=True)
class Side:
    """One of two jobs that are compared.

    Parameters
    ----------
    name : str
        ``first`` or ``second``, as the query has it.
    results : Results
        Of the job.
    reports : tuple of JobReport
        Those of the task, of each video; at least one.
    chosen : JobReport or None
        The one that is compared. None: there are several, and nobody said which.
    """

    name: str
    results: Results
    reports: tuple[JobReport, ...]
    chosen: JobReport | None


async def _pair(request: Request) -> tuple[tuple[Side, Side], str] | None:
    """Return two jobs that have a report of the same task, in order of time."""
    task = request.query_params.get("task", "")
    one, other = [await _side(request, name, task) for name in ("first", "second")]
    if one is None or other is None or one.results.job.key == other.results.job.key:
        return None
    first, second = sorted((one, other), key=lambda each: each.results.day)
    return (first, second), task


async def _side(request: Request, name: str, task: str) -> Side | None:
    found = await results_of(request, request.query_params.get(name, ""))
    if found is None:
        return None
    reports = tuple(each for each in found.reports if each.task == task)
    asked = request.query_params.get(f"{name}_of")
    meant = [each for each in reports if asked in (None, each.of)]
    if not meant:
        return None
    return Side(name, found, reports, meant[0] if len(meant) == 1 else None)


def _parts(found: Results) -> list[tuple[str, int]]:
    """Return what can be exported of a job: each video, or all cameras together."""
    parts = [(video_key(number), number) for number in range(1, len(found.job.entry.videos) + 1)]
    if any(file.name.startswith(f"{CAMERAS}.") for file in found.files.values()):
        parts.insert(0, (CAMERAS, 0))
    return parts


@cache
def _formats() -> tuple[tuple[str, str, str, str | None], ...]:
    """Return every format: what stands for it, its name, what it is, and how to install it."""
    from neuropose.export import Kind, exporters

    found = []
    for each in exporters():
        found.append((each.name, each.name, each.title, each.install))
        if Kind.REPORTS in each.takes and len(each.takes) > 1:
            found.append(
                (f"{each.name}{MEASURES}", f"{each.name}, measures", each.title, each.install)
            )
    return tuple(found)
