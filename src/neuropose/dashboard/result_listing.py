"""The files of a completed job: listed from the disk, so that no address can name another one."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from neuropose.analyzer.tasks.registry import TASKS
from neuropose.dashboard.live.job_index import Listed
from neuropose.data import JobState
from neuropose.errors import NeuroPoseError
from neuropose.interfacer.layout import SESSION_NAME, Layout, given_file, readable
from neuropose.study.contract.session import Session

MOST_FILES = 5000
_KEY_LENGTH = 20


@dataclass(frozen=True, slots=True)
class ResultFile:
    """A file of a job.

    Parameters
    ----------
    key : str
        Stands for it in addresses, in which no name of a file is.
    name : str
        Its path in the job's folder; what is not UTF-8 in it is replaced.
    path : Path
        Where it is.
    size_bytes : int
        Its size.
    """

    key: str
    name: str
    path: Path
    size_bytes: int


@dataclass(frozen=True, slots=True)
class JobReport:
    """A report of a job.

    Parameters
    ----------
    of : str
        ``video_01`` and so on, or ``cameras``.
    task : str
        What was measured.
    file : ResultFile
        The report.
    page : ResultFile or None
        Its page.
    """

    of: str
    task: str
    file: ResultFile
    page: ResultFile | None


def folder_of(layout: Layout, job: Listed) -> Path | None:
    """Return the folder with the results of a job.

    Parameters
    ----------
    layout : Layout
        The data directory.
    job : Listed
        The job.

    Returns
    -------
    Path or None
        None unless it is completed, and there.
    """
    name = job.name
    if job.entry.state is not JobState.COMPLETED or "\0" in name or Path(name).name != name:
        return None
    folder = layout.out / name
    return folder if folder.is_dir() and not folder.is_symlink() else None


def files_of(folder: Path) -> Mapping[str, ResultFile]:
    """Return the files of a job by what stands for them in addresses.

    Parameters
    ----------
    folder : Path
        Of the job.

    Returns
    -------
    mapping of str to ResultFile
        Sorted by name; without links, and without what begins with a dot.
    """
    found = sorted(_walked(folder), key=lambda file: file.name)
    return {file.key: file for file in found[:MOST_FILES]}


def reports_of(files: Mapping[str, ResultFile]) -> tuple[JobReport, ...]:
    """Return the reports among the files of a job.

    Parameters
    ----------
    files : mapping of str to ResultFile
        From `files_of`.

    Returns
    -------
    tuple of JobReport
        Known by their names, ``video_01.gait.json``.
    """
    by_name = {file.name: file for file in files.values()}
    found = []
    for name, file in by_name.items():
        of, _, rest = name.partition(".")
        task, _, suffix = rest.partition(".")
        if suffix == "json" and task in TASKS:
            found.append(JobReport(of, task, file, by_name.get(f"{of}.{task}.html")))
    return tuple(found)


def session_of(folder: Path) -> Session | None:
    """Return what was said of a job's person.

    Parameters
    ----------
    folder : Path
        Of the job.

    Returns
    -------
    Session or None
        None if nothing was, or it cannot be understood.
    """
    path = given_file(folder, SESSION_NAME)
    try:
        status = path.stat()
    except OSError:
        return None
    return _session(path, (status.st_mtime_ns, status.st_size))


def day_of(job: Listed, session: Session | None) -> tuple[date, bool]:
    """Return when a job's person was recorded.

    Parameters
    ----------
    job : Listed
        A completed job.
    session : Session or None
        What was said of it.

    Returns
    -------
    day : date
        That of the session; or, if it says none that can be understood, when the job ended.
    is_given : bool
        Whether the session says it.
    """
    if session is not None and session.date is not None:
        try:
            return date.fromisoformat(session.date.strip()), True
        except ValueError:
            pass
    ended = job.entry.finished_at or job.entry.queued_at
    return ended.astimezone().date(), False


@lru_cache(maxsize=20_000)
def _session(path: Path, _state: tuple[int, int]) -> Session | None:
    """Read a session, once for each state of its file."""
    from neuropose.study.contract.loading import load_session

    try:
        return load_session(path)
    except NeuroPoseError:
        return None


def _walked(folder: Path) -> Iterator[ResultFile]:
    for place, folders, names in os.walk(folder):
        folders[:] = [each for each in folders if not each.startswith(".")]
        for name in names:
            path = Path(place, name)
            if name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            inner = path.relative_to(folder).as_posix()
            key = hashlib.sha256(inner.encode("utf-8", "surrogatepass")).hexdigest()[:_KEY_LENGTH]
            try:
                size_bytes = path.stat().st_size
            except OSError:  # it was removed meanwhile
                continue
            yield ResultFile(key, readable(inner), path, size_bytes)
