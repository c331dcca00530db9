"""A process beside the dashboard that makes things on demand, each within a time limit."""

from __future__ import annotations

import asyncio
import multiprocessing
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import TimeoutError as TooLongError
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from neuropose.errors import OutputError, WorkerCrashedError, WorkerStalledError
from neuropose.io.atomic import PRIVATE_FOLDER

if TYPE_CHECKING:
    from pebble import ProcessPool

R = TypeVar("R")

WITHIN_S = 300.0
"""Time limit of what is made on demand."""
_MOST_WAITING = 20
_MADE = "made-"
_OLD_S = 24 * 3600.0


class Workshop:
    """Makes one thing at a time; what hangs or crashes harms no page.

    Parameters
    ----------
    within_s : float
        Time limit of each.
    """

    def __init__(self, *, within_s: float = WITHIN_S) -> None:
        self._within_s = within_s
        self._pool: ProcessPool | None = None
        self._waiting = 0

    async def make(self, function: Callable[..., R], *arguments: Any) -> R:
        """Call a function in the other process.

        Parameters
        ----------
        function : callable
            Of a module, so that the other process finds it.
        *arguments : object
            Plain values and paths.

        Returns
        -------
        object

        Raises
        ------
        WorkerStalledError
            If it takes too long; it is then ended.
        WorkerCrashedError
            If the process ends, or too many wait.
        NeuroPoseError
            Whatever the function raises.
        """
        from pebble import ProcessExpired

        if self._waiting >= _MOST_WAITING:
            raise WorkerCrashedError(
                "too much is being made at the same time", hint="try again in a minute"
            )
        self._waiting += 1
        try:
            future = self._started().schedule(function, args=arguments, timeout=self._within_s)
            return await asyncio.wrap_future(future)
        except TooLongError as error:
            raise WorkerStalledError(
                f"it took more than {self._within_s / 60:g} minutes",
                hint="make it on the command line: neuropose export, neuropose compare",
            ) from error
        except ProcessExpired as error:
            raise WorkerCrashedError(
                "the process that made it ended", hint="the machine may lack memory: try again"
            ) from error
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """End the other process."""
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool.join()
            self._pool = None

    def _started(self) -> ProcessPool:
        if self._pool is None:
            from pebble import ProcessPool

            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPool(max_workers=1, max_tasks=50, context=context)
        return self._pool


def made_folder(staging: Path) -> Path:
    """Return a new folder for what is made, on the disk of the data directory.

    Parameters
    ----------
    staging : Path
        ``.staging/``; what lies there for long from before a crash is removed.

    Returns
    -------
    Path
        Remove it when it has been sent.

    Raises
    ------
    OutputError
        If it cannot be made.
    """
    for old in staging.glob(f"{_MADE}*"):
        with suppress(OSError):
            if time.time() - old.stat().st_mtime > _OLD_S:
                shutil.rmtree(old)
    folder = staging / f"{_MADE}{secrets.token_hex(8)}"
    try:
        folder.mkdir(PRIVATE_FOLDER)
    except OSError as error:
        raise OutputError(
            f"nothing can be written: {error.strerror}", hint="free some space on that disk"
        ) from error
    return folder


@contextmanager
def removed_on_failure(folder: Path) -> Iterator[Path]:
    """Remove a folder if what was to be made in it could not be.

    Parameters
    ----------
    folder : Path
        From `made_folder`.

    Yields
    ------
    Path
    """
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
