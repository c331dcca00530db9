"""A place beside the cache to work in, one process at a time, that leaves nothing behind."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neuropose.assets.sources import Report, no_report
from neuropose.errors import AssetError, OutputError


@contextmanager
def workspace(cache_dir: Path, name: str, report: Report = no_report) -> Iterator[Path]:
    """Lock `name` in the cache, and give an empty folder on the cache's file system.

    The lock goes with the process, however it ends; what a killed one left is removed by the next.

    Parameters
    ----------
    cache_dir : Path
        Made if it is not there.
    name : str
        What is locked.
    report : callable
        Told if another process has the lock, which is then waited for.

    Yields
    ------
    Path
        Removed at the end.

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
            hint="free space or mend permissions there, or set model_cache_dir elsewhere",
        ) from error


@contextmanager
def _locked(path: Path, waiting: str, report: Report) -> Iterator[None]:
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report(waiting)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
