"""``.staging/``: where jobs are put together and taken apart, on the same disk but out of sight."""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from neuropose.errors import OutputError
from neuropose.interfacer.layout import Layout
from neuropose.io.atomic import sync_folder

_LOG = logging.getLogger(__name__)
_ADOPTED, _REMOVED, _INGESTED = "adopt-", "remove-", "ingest-"
_REPLACED = "replaced"


def adopt_video(video: Path, name: str, layout: Layout) -> Path:
    """Give a loose video a job directory of its own.

    Parameters
    ----------
    video : Path
        In ``in/``.
    name : str
        Of the job; free.
    layout : Layout

    Returns
    -------
    Path
        The job's directory.

    Raises
    ------
    OSError
        If it cannot be moved. It is where it was then, or, as after a crash on the way, in
        ``.staging/``, and `clear_staging` gets it out.
    """
    staged = layout.staging / f"{_ADOPTED}{secrets.token_hex(8)}"
    staged.mkdir()
    video.rename(staged / video.name)
    return staged.rename(layout.inbox / name)


def remove_job(job: Path, layout: Layout) -> None:
    """Remove a job's directory, or a loose video: from one moment to the next it is gone, whole.

    Parameters
    ----------
    job : Path
    layout : Layout

    Raises
    ------
    OutputError
        If it cannot be moved away; all of it is there then.
    """
    try:
        removed = layout.staging / f"{_REMOVED}{secrets.token_hex(8)}"
        job.rename(removed)
        sync_folder(job.parent)
    except OSError as error:
        raise OutputError(
            f"{job} cannot be removed: {error.strerror}",
            hint="mend the permissions of the data directory",
        ) from error
    with suppress(OSError):  # what is left is tried again by clear_staging
        _delete(removed)


@contextmanager
def ingesting(layout: Layout) -> Iterator[Path]:
    """Make a folder in which jobs are put together, and remove it in the end.

    Parameters
    ----------
    layout : Layout

    Yields
    ------
    Path
        The folder; locked as long as this process lives, so that `clear_staging` leaves it alone.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    staged = layout.staging / f"{_INGESTED}{secrets.token_hex(8)}"
    staged.mkdir()
    descriptor = os.open(staged, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield staged
    finally:
        _clear_ingested(staged, layout)
        os.close(descriptor)


def replace_job(successor: Path, earlier: Path) -> Path:
    """Take away a job that is to be replaced, until its successor is in its place.

    Parameters
    ----------
    successor : Path
        Directory of the new job, in the folder that `ingesting` gave.
    earlier : Path
        The job's directory, in ``in/`` or ``failed/``.

    Returns
    -------
    Path
        Where it is now. As long as `successor` is where it was, it comes back in the end.

    Raises
    ------
    OSError
        If it cannot be moved; it is where it was then.
    """
    place = successor.parent / _REPLACED / successor.name / earlier.parent.name
    place.mkdir(parents=True, exist_ok=True)
    earlier.rename(place / earlier.name)
    return place / earlier.name


def clear_staging(layout: Layout) -> None:
    """Bring to an end what was broken off, by a kill or a full disk; only for who holds the lock.

    Parameters
    ----------
    layout : Layout

    Notes
    -----
    Loose videos that were being made into jobs become jobs, jobs that were being replaced come
    back, and what was being removed is removed. What another process still works on stays.
    """
    for folder in sorted(layout.staging.iterdir()):
        try:
            if folder.name.startswith(_ADOPTED):
                _finish_adopting(folder, layout)
            elif folder.name.startswith(_REMOVED):
                _delete(folder)
            elif folder.name.startswith(_INGESTED):
                _clear_ingested_by_others(folder, layout)
        except OSError as error:
            _LOG.warning("a leftover in .staging/ stays", extra={"error": error.strerror})


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _finish_adopting(staged: Path, layout: Layout) -> None:
    for video in staged.iterdir():  # there is one, or none
        staged.rename(layout.inbox / layout.free_name(video.stem))
        return
    staged.rmdir()


def _clear_ingested_by_others(staged: Path, layout: Layout) -> None:
    descriptor = os.open(staged, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _clear_ingested(staged, layout)
    except BlockingIOError:
        pass  # it is still at work
    finally:
        os.close(descriptor)


def _clear_ingested(staged: Path, layout: Layout) -> None:
    for earlier in staged.glob(f"{_REPLACED}/*/*/*"):
        successor = staged / earlier.parents[1].name
        home = layout.root / earlier.parent.name / earlier.name
        if successor.exists():
            if os.path.lexists(home):
                return  # somebody has put another there: both are kept
            earlier.rename(home)
    shutil.rmtree(staged, ignore_errors=True)
