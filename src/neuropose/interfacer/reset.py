"""Removing all jobs, for a fresh start."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from neuropose.data import JobState, Status
from neuropose.errors import DaemonRunningError, FileFormatError, FileReadError
from neuropose.interfacer.layout import Layout
from neuropose.interfacer.lock import hold_lock, is_held, lock_owner
from neuropose.interfacer.staging import remove_job
from neuropose.io import load_status, save_status

STOP_S = 60.0
"""How long a daemon may take to end after the second signal, in seconds."""
_BETWEEN_SIGNALS_S = 0.5
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class ResetPlan:
    """What a reset removes.

    Parameters
    ----------
    jobs : tuple of Path
        Directories of jobs, and loose videos.
    waiting, done, failed : int
        Number of jobs in ``in/``, ``out/`` and ``failed/``.
    size_bytes : int
        Total size of their files.
    """

    jobs: tuple[Path, ...]
    waiting: int
    done: int
    failed: int
    size_bytes: int


def plan_reset(layout: Layout, *, keep_failed: bool = False) -> ResetPlan:
    """Return what a reset would remove; write nothing.

    Parameters
    ----------
    layout : Layout
        The data directory; need not exist.
    keep_failed : bool
        Whether to keep jobs in ``failed/``.

    Returns
    -------
    ResetPlan
    """
    places = [layout.inbox, layout.out, *([] if keep_failed else [layout.failed])]
    jobs_by_place = {place: list(_contents(place)) for place in places}
    jobs = tuple(path for place in places for path in jobs_by_place[place])
    waiting, done, failed = (
        sum(not path.name.startswith(".") for path in jobs_by_place.get(place, []))
        for place in (layout.inbox, layout.out, layout.failed)
    )
    return ResetPlan(
        jobs,
        waiting,
        done,
        failed,
        size_bytes=sum(_size_bytes(path) for path in jobs),
    )


def reset(
    layout: Layout, *, keep_failed: bool = False, progress: Callable[[int], None] | None = None
) -> None:
    """Remove all jobs and their status.

    Parameters
    ----------
    layout : Layout
        The data directory.
    keep_failed : bool
        Whether to keep jobs in ``failed/``.
    progress : callable, optional
        Called with the number of jobs removed.

    Raises
    ------
    DaemonRunningError
        If a daemon is using the data directory; in that case nothing has been removed.
    OutputError
        If something cannot be removed; the status keeps what remains.
    """
    layout.make()
    with hold_lock(layout):
        jobs = plan_reset(layout, keep_failed=keep_failed).jobs
        for done, job in enumerate(jobs, start=1):
            remove_job(job, layout)
            if progress is not None:
                progress(done)
        save_status(layout.status, _without_removed(layout))


def stop_daemon(layout: Layout, *, patience_s: float = STOP_S) -> None:
    """Stop the daemon of a data directory at once; its job can be resumed.

    Parameters
    ----------
    layout : Layout
        The data directory.
    patience_s : float
        How long it may take, in seconds.

    Raises
    ------
    DaemonRunningError
        If it may not be stopped, or does not stop.
    """
    owner = lock_owner(layout)
    if owner is None:
        return
    if not owner.is_here:
        raise DaemonRunningError(
            f"{owner} is using {layout.root}, and is not a process of this machine",
            hint="stop it on its own machine or in its own container",
        )
    until_s = time.monotonic() + patience_s
    for _ in range(2):  # the first signal lets it finish its job
        with suppress(ProcessLookupError):
            try:
                owner.terminate()
            except PermissionError as error:
                raise DaemonRunningError(
                    f"{owner} is using {layout.root} and belongs to another user",
                    hint="ask its owner or an administrator to stop it",
                ) from error
        time.sleep(_BETWEEN_SIGNALS_S)
    while is_held(layout):
        if time.monotonic() > until_s:
            raise DaemonRunningError(
                f"{owner} is using {layout.root} and did not stop within {patience_s:g} s",
                hint="see its log; if it hangs, kill it",
            )
        time.sleep(_POLL_S)


def _contents(place: Path) -> Iterator[Path]:
    if place.is_dir():
        for path in sorted(place.iterdir()):
            if path.suffix != ".json" or path.is_dir():  # the status, and damaged versions of it
                yield path


def _size_bytes(path: Path) -> int:
    files = (Path(place, name) for place, _, names in os.walk(path) for name in names)
    return sum(file.lstat().st_size for file in ([path] if path.is_file() else files))


def _without_removed(layout: Layout) -> Status:
    try:
        jobs = load_status(layout.status).jobs
    except (FileReadError, FileFormatError):
        return Status()
    return Status(
        jobs={
            name: entry
            for name, entry in jobs.items()
            if entry.state is JobState.FAILED and (layout.failed / name).is_dir()
        }
    )
