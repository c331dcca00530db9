"""A temporary folder beside the cache, for one process at a time."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neuropose.assets.sources import Report, no_report
from neuropose.errors import AssetError, OutputError
from neuropose.file_lock import try_lock

_POLL_S = 0.1


@contextmanager
def workspace(cache_dir: Path, name: str, report: Report = no_report) -> Iterator[Path]:
    """Lock `name` in the cache, and yield an empty folder on the cache's file system.

    The lock is released when the process ends, however it ends; leftovers of a killed process are
    removed by the next one.

    Parameters
    ----------
    cache_dir : Path
        The cache; created if missing.
    name : str
        Name of the lock.
    report : callable
        Called if another process holds the lock, before waiting for it.

    Yields
    ------
    Path
        The folder, which is removed at the end.

    Raises
    ------
    OutputError
        For any failure of the file system inside the block.
    """
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        with _locked(cache_dir / f".{name}.lock", f"{name}: waiting for another process", report):
            for left_by_the_killed in cache_dir.glob(f".{name}.partial-*"):
                shutil.rmtree(left_by_the_killed, ignore_errors=True)
            folder = Path(tempfile.mkdtemp(prefix=f".{name}.partial-", dir=cache_dir))
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    except AssetError:
        raise
    except OSError as error:
        raise OutputError(
            f"the model cache {cache_dir} cannot be written: {error.strerror or error}",
            hint="free space or fix the permissions there, or set model_cache_dir elsewhere",
        ) from error


@contextmanager
def _locked(path: Path, waiting: str, report: Report) -> Iterator[None]:
    with path.open("ab") as file:
        if not try_lock(file.fileno()):
            report(waiting)
            while not try_lock(file.fileno()):
                time.sleep(_POLL_S)
        yield
