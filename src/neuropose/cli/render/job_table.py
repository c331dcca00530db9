"""Jobs as lines for a terminal of any width."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from neuropose.data import JobState, MarkersOutcome, VideoOutcome
from neuropose.data.jobs import markers_key, video_key
from neuropose.grammar import counted
from neuropose.interfacer.layout import CORRECTED_NAME
from neuropose.interfacer.machine.summary import ended_since, summarise
from neuropose.interfacer.names import apart, printable

if TYPE_CHECKING:
    from neuropose.data import JobEntry, JobProgress, VideoFailure
    from neuropose.interfacer.layout import Layout

_COLUMNS = ("STATE", "NO", "VIDEOS", "MARKERS", "PEOPLE", "FRAMES", "SINCE", "JOB")
_DISPENSABLE = ("FRAMES", "MARKERS", "VIDEOS", "NO")
"""Columns that a narrow terminal goes without, the first of them first."""
_SHORTEST_NAME = 12
_INDENT = "  "
_KEY = 12


def job_lines(jobs: Mapping[str, JobEntry], width: int | None) -> list[str]:
    """Return a table of jobs: a header, a row for each, and below it what matters.

    Parameters
    ----------
    jobs : mapping of str to JobEntry
        The jobs, by name.
    width : int or None
        Most characters a line; None for no limit.

    Returns
    -------
    list of str
        Empty without jobs. ``FRAMES`` are those with a person, of all.
    """
    if not jobs:
        return []
    rows = [_COLUMNS, *(_row(apart(name, jobs.keys()), job) for name, job in jobs.items())]
    columns = zip(*rows, strict=True)
    widths = {name: max(map(len, cells)) for name, cells in zip(_COLUMNS, columns, strict=True)}
    shown = [
        name for name in _COLUMNS if name != "MARKERS" or any(job.markers for job in jobs.values())
    ]
    for column in _DISPENSABLE:
        is_wide = width is not None and _before_name(shown, widths) + _SHORTEST_NAME > width
        if is_wide and column in shown:
            shown.remove(column)
    lines: list[str] = []
    details: list[list[str]] = [[], *([*_details(job)] for job in jobs.values())]
    for row, below in zip(rows, details, strict=True):
        cells = dict(zip(_COLUMNS, row, strict=True))
        head = "  ".join(cells[column].ljust(widths[column]) for column in shown[:-1])
        lines += wrapped(cells["JOB"], width, head=f"{head}  ")
        for detail in below:
            lines += wrapped(printable(detail), width, head=_INDENT)
    return lines


def one_job_lines(name: str, job: JobEntry, layout: Layout, width: int | None) -> list[str]:
    """Return all that is known of a job, a line for each thing and each video.

    Parameters
    ----------
    name : str
        Name of the job.
    job : JobEntry
        Its entry.
    layout : Layout
        The data directory.
    width : int or None
        Most characters a line; None for no limit.

    Returns
    -------
    list of str
    """
    known: dict[str, str | None] = {
        "job": name,
        "number": None if job.number is None else f"{job.number} in the log",
        "state": job.state.value,
        "error": job.error,
        "waits for": job.waiting_for,
        "place": None if job.position is None else f"{job.position} in the queue",
        "progress": None if job.progress is None else _advance(job.progress),
        "queued": local(job.queued_at),
        "began": None if job.started_at is None else local(job.started_at),
        "ended": None if job.finished_at is None else local(job.finished_at),
        "attempts": str(job.attempts),
        "interrupted": counted(job.interruptions, "time") if job.interruptions else None,
        "folder": str(_folder(name, job, layout)),
        "results": None if job.results is None else str(layout.root / job.results),
        "corrected": _corrected(name, job, layout),
        "other files": ", ".join(job.other_files) or None,
    }
    for number, video in enumerate(job.videos, start=1):
        known[video_key(number)] = f"{video}: {_video(job, number)}"
    for number, file in enumerate(job.markers, start=1):
        known[markers_key(number)] = f"{file}: {_markers(job, number)}"
    return [
        line
        for key, value in known.items()
        if value is not None
        for line in wrapped(printable(value), width, head=f"{key:<{_KEY}} ")
    ]


def summary_lines(jobs: Mapping[str, JobEntry], since: datetime) -> list[str]:
    """Sum up what happened since a moment, and what waits.

    Parameters
    ----------
    jobs : mapping of str to JobEntry
        All jobs.
    since : datetime
        Jobs that ended earlier do not count.

    Returns
    -------
    list of str
    """
    counts = summary_json(jobs, since)
    ended = ended_since(jobs, since)
    spent = timedelta(seconds=round(counts["seconds"]))
    number = counts["markers"]
    markers = f", {counted(number, 'marker file')}" if number else ""
    lines = [
        f"{counts['completed']} completed, {counts['failed']} failed, "
        f"{counts['processing']} processing, {counts['queued']} waiting",
        f"{counted(counts['videos'], 'video')}, {counted(counts['frames'], 'frame')} "
        f"({counts['frames_with_people']} with people){markers}, in {spent}",
    ]
    for name, job in ended.items():
        what = [job.error] if job.error is not None else _warnings(job)
        number = "" if job.number is None else f" (job {job.number})"
        lines += [f"{job.state.value} {printable(name + number)}: {printable(w)}" for w in what]
    for name, job in jobs.items():
        if job.waiting_for is not None:
            lines.append(f"waits {printable(name)}: {printable(job.waiting_for)}")
    return lines


def summary_json(jobs: Mapping[str, JobEntry], since: datetime) -> dict[str, Any]:
    """Return the numbers of `summary_lines` for a machine.

    Parameters
    ----------
    jobs : mapping of str to JobEntry
        All jobs.
    since : datetime
        Jobs that ended earlier do not count.

    Returns
    -------
    dict
        ``completed``, ``failed``, ``processing`` and ``queued`` jobs; ``videos``, ``frames``,
        ``frames_with_people`` and ``markers`` (files) of those that ended; the ``seconds`` that
        they took; their names.
    """
    return summarise(jobs, since).model_dump(mode="json")


def local(moment: datetime) -> str:
    """Return a moment in local time, to the minute.

    Parameters
    ----------
    moment : datetime
        With an offset.

    Returns
    -------
    str
    """
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def wrapped(text: str, width: int | None, head: str = "") -> list[str]:
    """Break a text into lines that are not longer than the terminal.

    Parameters
    ----------
    text : str
        One line.
    width : int or None
        Most characters a line; None for no limit.
    head : str
        What the first line begins with; the others are indented as much.

    Returns
    -------
    list of str

    Examples
    --------
    >>> wrapped("no such file", 12, head="error ")
    ['error no', '      such', '      file']
    """
    if width is None:
        return [f"{head}{text}".rstrip()]
    indent = " " * min(len(head), width // 2)
    return textwrap.wrap(
        f"{head}{text}",
        max(width, len(indent) + 1),
        subsequent_indent=indent,
        drop_whitespace=True,
        break_on_hyphens=False,
    ) or [""]


def _before_name(shown: list[str], widths: Mapping[str, int]) -> int:
    return sum(widths[column] + 2 for column in shown[:-1])


def _row(name: str, job: JobEntry) -> tuple[str, ...]:
    found = [outcome for outcome in job.outcomes if isinstance(outcome, VideoOutcome)]
    people = [outcome.people for outcome in found]
    least, most = min(people, default=0), max(people, default=0)
    with_people = sum(outcome.frames_with_people for outcome in found)
    frames = sum(outcome.frames for outcome in found)
    since = job.finished_at or job.started_at or job.queued_at
    return (
        job.state.value,
        "" if job.number is None else str(job.number),
        str(len(job.videos)) if job.videos else "",
        str(len(job.markers)) if job.markers else "",
        "" if not found else str(most) if least == most else f"{least}-{most}",
        f"{with_people}/{frames}" if found else "",
        f"{since.astimezone():%m-%d %H:%M}",
        name,
    )


def _details(job: JobEntry) -> Iterator[str]:
    if job.progress is not None:
        yield _advance(job.progress)
    elif job.state is JobState.PROCESSING:
        yield "begun"
    if job.error is not None:
        yield job.error
    yield from _warnings(job)
    if job.waiting_for is not None:
        yield job.waiting_for
    elif job.position is not None:
        yield f"place {job.position} in the queue"


def _warnings(job: JobEntry) -> list[str]:
    """Return every warning once, every step that failed, and what the job goes without."""
    both = [*job.outcomes, *job.marker_outcomes]
    found = [each for each in both if isinstance(each, VideoOutcome | MarkersOutcome)]
    warnings = dict.fromkeys(warning for outcome in found for warning in outcome.warnings)
    failed = [each for outcome in found for each in outcome.steps if each.error is not None]
    without = [f"without {file}: {error}" for file, error in job.left_out.items()]
    return [
        *(f"warning: {warning}" for warning in warnings),
        *dict.fromkeys(f"{each.step} failed: {each.reason}" for each in failed),
        *without,
    ]


def _video(job: JobEntry, number: int) -> str:
    if number <= len(job.outcomes):
        return _became(job.outcomes[number - 1])
    at = job.progress
    if at is not None and (at.video in job.markers or number < at.number):
        return "done"
    if at is not None and number == at.number:
        return f"{at.percent:.0f} % done" if at.step is None else f"poses done, now {at.step}"
    return _not_yet(job)


def _markers(job: JobEntry, number: int) -> str:
    if number <= len(job.marker_outcomes):
        return _became(job.marker_outcomes[number - 1])
    at = job.progress
    if at is not None and at.video in job.markers and number <= at.number:
        return "done" if number < at.number else f"now {at.step}"
    return _not_yet(job)


def _not_yet(job: JobEntry) -> str:
    return "waits" if job.state in (JobState.QUEUED, JobState.PROCESSING) else "not known"


def _became(outcome: VideoOutcome | MarkersOutcome | VideoFailure) -> str:
    if not isinstance(outcome, VideoOutcome | MarkersOutcome):
        return f"{'left out' if outcome.is_left_out else 'failed'}: {outcome.error}"
    warnings = "".join(f"; warning: {warning}" for warning in outcome.warnings)
    done = [each.step for each in outcome.steps if each.error is None]
    warnings += f"; made: {', '.join(done)}" if done else ""
    warnings += "".join(
        f"; {each.step} failed: {each.reason}" for each in outcome.steps if each.error is not None
    )
    if isinstance(outcome, MarkersOutcome):
        return (
            f"{counted(outcome.frames, 'frame')} of {counted(outcome.markers, 'marker')}{warnings}"
        )
    pictures = outcome.frames - outcome.frames_without_picture
    people = counted(outcome.people, "person", "people")
    return (
        f"{people}, in {outcome.frames_with_people} of {outcome.frames} frames, "
        f"{pictures} of which have a picture{warnings}"
    )


def _corrected(name: str, job: JobEntry, layout: Layout) -> str | None:
    if job.state is not JobState.COMPLETED or not (layout.out / name / CORRECTED_NAME).is_file():
        return None
    return f"{CORRECTED_NAME}: neuropose jobs rerun makes the reports of the job from it"


def _folder(name: str, job: JobEntry, layout: Layout) -> object:
    places = {JobState.COMPLETED: layout.out, JobState.FAILED: layout.failed}
    return places.get(job.state, layout.inbox) / name


def _advance(progress: JobProgress) -> str:
    if progress.step is not None:
        of = f" ({progress.number} of {progress.count})" if progress.count > 1 else ""
        return f"{progress.step} of {progress.video}{of}"
    left = progress.seconds_left
    rest = "" if left is None else f", {left:.0f} s left"
    return (
        f"video {progress.number} of {progress.count}, {progress.percent:.0f} % of "
        f"{progress.video}{rest}"
    )
