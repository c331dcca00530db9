"""Recovery after an earlier daemon ended: reconciles the status with the directories."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from neuropose.data import JobEntry, JobState
from neuropose.errors import OutputError
from neuropose.interfacer import entries
from neuropose.interfacer.engines.attempts import take_back
from neuropose.interfacer.engines.ended import Ended, how_ended
from neuropose.interfacer.layout import RESULTS_NAME, WORK_NAME, Layout
from neuropose.io.original import original_videos

INTERRUPTED = "InterruptedError: the daemon ended in the middle of this job"
MOST_INTERRUPTIONS = 3
"""How often a job is continued by itself after the daemon ended in the middle of it."""
STATUS_LOST = "JobError: its status was lost"


def finished_by_the_original(layout: Layout) -> frozenset[str]:
    """Return the jobs in ``in/`` that the original NeuroPose has finished.

    It leaves the videos of a finished job in ``in/`` and writes the results to ``out/``.

    Parameters
    ----------
    layout : Layout
        The data directory.

    Returns
    -------
    frozenset of str
        Names of jobs, which must not be processed again.
    """
    names = (path.parent.name for path in layout.out.glob(f"*/{RESULTS_NAME}"))
    return frozenset(
        name
        for name in names
        if (layout.inbox / name).is_dir()
        and original_videos((layout.out / name / RESULTS_NAME).read_bytes()) is not None
    )


def recover(
    layout: Layout,
    jobs: Mapping[str, JobEntry],
    now: datetime,
    most_interruptions: int = MOST_INTERRUPTIONS,
) -> dict[str, JobEntry | None]:
    """Queue interrupted jobs again, or quarantine them, and determine the state of the others.

    The location of a job takes precedence over its entry, because a job is moved first. How it
    ended is then found in its folder.

    Parameters
    ----------
    layout : Layout
        The data directory; jobs that were interrupted too often are moved to ``failed/``.
    jobs : mapping of str to JobEntry
        The entries of the status.
    now : datetime
        Current time in UTC.
    most_interruptions : int
        A job that was interrupted more often fails: it may be what ends the daemon.

    Returns
    -------
    dict of str to JobEntry or None
        The entries that differ from the status; None for a job that no longer exists.

    Raises
    ------
    OutputError
        If an interrupted job cannot be moved.
    """
    done = {path.parent.name for path in layout.out.glob(f"*/{RESULTS_NAME}")}
    for folder in layout.inbox.glob(f"*/{WORK_NAME}-*"):  # of attempts that nobody waits for now
        take_back(folder.parent)
    failed = {path.name for path in layout.failed.iterdir() if path.is_dir()}
    changes: dict[str, JobEntry | None] = {}
    for name, entry in jobs.items():
        if entry.state is not JobState.PROCESSING or name in done | failed:
            continue
        if entry.interruptions >= most_interruptions:
            failed |= _put_aside(layout, name)
        elif (layout.inbox / name).is_dir():
            again = {"interruptions": entry.interruptions + 1, "started_at": None}
            changes[name] = JobEntry(
                **{**entries.lasting(entry), **again}, state=JobState.QUEUED, position=1
            )
    for name in done | failed:
        state = JobState.COMPLETED if name in done else JobState.FAILED
        entry = jobs.get(name) or JobEntry(state=JobState.QUEUED, queued_at=now)
        if entry.state is state:
            continue
        folder = layout.out if state is JobState.COMPLETED else layout.failed
        # Of a job that did not run, what is there is of an attempt that the status knew.
        was_running = entry.state is JobState.PROCESSING
        ended = how_ended(folder / name / WORK_NAME) if was_running else Ended()
        error = ended.error or (INTERRUPTED if entry.attempts else STATUS_LOST)
        became = ended.outcomes, ended.marker_outcomes
        changes[name] = (
            entries.completed(entry, name, now, *became)
            if state is JobState.COMPLETED
            else entries.failed(entry, name, now, error, layout, *became)
        )
    for name, entry in jobs.items():
        gone = name not in done | failed and not (layout.inbox / name).is_dir()
        if gone and entry.state is not JobState.QUEUED:
            changes[name] = None
    return changes


def _put_aside(layout: Layout, name: str) -> set[str]:
    folder = layout.inbox / name
    if not folder.is_dir():
        return set()
    try:
        folder.rename(layout.failed / name)
    except OSError as error:
        raise OutputError(
            f"an interrupted job cannot be moved to failed/: {error.strerror}",
            hint="fix the permissions of the data directory",
        ) from error
    return {name}
