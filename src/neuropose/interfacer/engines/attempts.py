"""The working folder of an attempt: whoever loses it can change nothing any more.

An attempt works in a folder of its own, made of the job's working folder by one rename, and handed
back by another. An attempt that was given up, on a worker that is thought to be gone, then finds no
folder to write to, and ends: nothing that comes late can do harm, and no message need reach it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from neuropose.errors import OutputError
from neuropose.interfacer.layout import WORK_NAME
from neuropose.io.atomic import PRIVATE_FOLDER

APPEARS_S = 60.0
"""How long a worker may take to see a new folder; NFS remembers for a minute what was missing."""
_LOOK_S = 0.5


def open_attempt(job: Path, attempt: str) -> Path:
    """Make the job's working folder that of an attempt, with all that earlier ones have left.

    Parameters
    ----------
    job : Path
        Directory of the job.
    attempt : str
        A name that no other attempt has.

    Returns
    -------
    Path
        The working folder.

    Raises
    ------
    OutputError
        If it cannot be made.
    """
    folder = job / f"{WORK_NAME}-{attempt}"
    try:
        try:
            (job / WORK_NAME).rename(folder)
        except FileNotFoundError:
            folder.mkdir(PRIVATE_FOLDER)
    except OSError as error:
        raise OutputError(f"the job's folder cannot be written: {error.strerror}") from error
    return folder


def take_back(job: Path) -> None:
    """Take the working folder from whichever attempt has it; its files are kept.

    Parameters
    ----------
    job : Path
        Directory of the job.

    Raises
    ------
    OutputError
        If it cannot be renamed.
    """
    try:
        for folder in job.glob(f"{WORK_NAME}-*"):
            folder.rename(job / WORK_NAME)
    except OSError as error:
        raise OutputError(f"the job's folder cannot be written: {error.strerror}") from error


def hand_back(work: Path) -> None:
    """Take the working folder from an attempt, if it is there; its files are kept.

    Parameters
    ----------
    work : Path
        The working folder of the attempt.

    Raises
    ------
    OutputError
        If it cannot be renamed.
    """
    try:
        with suppress(FileNotFoundError):
            work.rename(work.with_name(WORK_NAME))
    except OSError as error:
        raise OutputError(f"the job's folder cannot be written: {error.strerror}") from error


class Ownership:
    """Whether an attempt still has its folder, looked up twice a second.

    Parameters
    ----------
    folder : Path
        The attempt's working folder.
    clock : callable
        Gives seconds that never go back.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._clock = clock
        self._due_s = -float("inf")
        self._is_lost = False

    def is_lost(self) -> bool:
        """Return whether the folder has been taken back.

        Returns
        -------
        bool
        """
        if not self._is_lost and self._clock() >= self._due_s:
            self._is_lost = not _is_there(self._folder)
            self._due_s = self._clock() + _LOOK_S
        return self._is_lost

    def await_folder(self) -> bool:
        """Wait until the folder can be seen.

        Returns
        -------
        bool
            False if it could not within a minute.
        """
        until_s = self._clock() + APPEARS_S
        while not _is_there(self._folder):
            if self._clock() > until_s or not _is_there(self._folder.parent):
                return False
            time.sleep(_LOOK_S)
        return True


def _is_there(folder: Path) -> bool:
    try:
        os.stat(folder)  # noqa: PTH116
    except OSError:  # ENOENT, or ESTALE of NFS
        return False
    return True
