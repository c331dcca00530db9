"""``.staging/``: where jobs are assembled and removed, on the same disk but out of sight."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from neuropose.errors import OutputError
from neuropose.file_lock import try_lock
from neuropose.interfacer.layout import Layout
from neuropose.io.atomic import CLOEXEC, PRIVATE_FOLDER, sync_folder

_LOG = logging.getLogger(__name__)
_ADOPTED, _REMOVED, _INGESTED = "adopt-", "remove-", "ingest-"
_REPLACED = "replaced"


def adopt_recording(recording: Path, name: str, layout: Layout) -> Path:
    """Move a loose video or marker file into its own job directory.

    Parameters
    ----------
    recording : Path
        The file, in ``in/``.
    name : str
        Name of the job, which must be free.
    layout : Layout
        The data directory.

    Returns
    -------
    Path
        The job's directory.

    Raises
    ------
    OSError
        If it cannot be moved. In that case it is where it was or, as after a crash, in
        ``.staging/``, from which `clear_staging` restores it.
    """
    staged = layout.staging / f"{_ADOPTED}{secrets.token_hex(8)}"
    staged.mkdir(PRIVATE_FOLDER)
    recording.rename(staged / recording.name)
    return staged.rename(layout.inbox / name)


def remove_job(job: Path, layout: Layout) -> None:
    """Remove a job's directory or a loose video atomically.

    Parameters
    ----------
    job : Path
        Directory of the job, or the loose video.
    layout : Layout
        The data directory.

    Raises
    ------
    OutputError
        If it cannot be moved away; in that case all of it remains.
    """
    try:
        removed = layout.staging / f"{_REMOVED}{secrets.token_hex(8)}"
        job.rename(removed)
        sync_folder(job.parent)
    except OSError as error:
        raise OutputError(
            f"{job} cannot be removed: {error.strerror}",
            hint="fix the permissions of the data directory",
        ) from error
    with suppress(OSError):  # clear_staging retries what is left
        _delete(removed)


@contextmanager
def ingesting(layout: Layout) -> Iterator[Path]:
    """Create a folder in which jobs are assembled, and remove it at the end.

    Parameters
    ----------
    layout : Layout
        The data directory.

    Yields
    ------
    Path
        The folder, locked as long as this process lives, so that `clear_staging` leaves it alone.

    Raises
    ------
    OSError
        If it cannot be created.
    """
    staged = layout.staging / f"{_INGESTED}{secrets.token_hex(8)}"
    staged.mkdir(PRIVATE_FOLDER)
    descriptor = os.open(staged, os.O_RDONLY | CLOEXEC)
    try:
        try_lock(descriptor)  # nobody else knows the folder yet
        yield staged
    finally:
        _clear_ingested(staged, layout)
        os.close(descriptor)


def replace_job(successor: Path, earlier: Path) -> Path:
    """Move a job away until its successor is in place.

    Parameters
    ----------
    successor : Path
        Directory of the new job, in the folder from `ingesting`.
    earlier : Path
        The job's directory, in ``in/`` or ``failed/``.

    Returns
    -------
    Path
        Where the earlier job is now. It is moved back at the end if `successor` has not moved.

    Raises
    ------
    OSError
        If it cannot be moved; in that case it is still where it was.
    """
    place = successor.parent / _REPLACED / successor.name / earlier.parent.name
    place.mkdir(parents=True, exist_ok=True)
    earlier.rename(place / earlier.name)
    return place / earlier.name


def clear_staging(layout: Layout) -> None:
    """Finish what a kill or a full disk interrupted; only for the holder of the lock.

    Parameters
    ----------
    layout : Layout
        The data directory.

    Notes
    -----
    Loose recordings that were becoming jobs become jobs, jobs that were being replaced are
    restored, and jobs that were being removed are removed. Folders that another process still uses
    stay.
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
    for recording in staged.iterdir():  # there is at most one
        staged.rename(layout.inbox / layout.free_name(recording.stem))
        return
    staged.rmdir()


def _clear_ingested_by_others(staged: Path, layout: Layout) -> None:
    descriptor = os.open(staged, os.O_RDONLY | CLOEXEC)
    try:
        if try_lock(descriptor):  # otherwise it is still in use
            _clear_ingested(staged, layout)
    finally:
        os.close(descriptor)


def _clear_ingested(staged: Path, layout: Layout) -> None:
    for earlier in staged.glob(f"{_REPLACED}/*/*/*"):
        successor = staged / earlier.parents[1].name
        home = layout.root / earlier.parent.name / earlier.name
        if successor.exists():
            if os.path.lexists(home):
                return  # another job has taken its place: both are kept
            earlier.rename(home)
    shutil.rmtree(staged, ignore_errors=True)
