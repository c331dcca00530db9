"""Atomic writes: a file appears whole or not at all, and survives a power cut."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
from collections.abc import Iterable
from pathlib import Path

from neuropose.errors import NeuroPoseError, OutputError

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
"""Permissions of new files and folders that may be about a patient: only the owner's."""
CLOEXEC: int = getattr(os, "O_CLOEXEC", getattr(os, "O_NOINHERIT", 0))
"""The flag by which child processes do not inherit a file, whatever it is called here."""
_BUFFER_BYTES = 1 << 20
_HINTS = {
    errno.ENOSPC: "free some space on that disk and try again",
    errno.EDQUOT: "free some of your quota on that disk and try again",
    errno.ENOENT: "make its folder first",
    errno.ENOTDIR: "make its folder first",
    errno.EISDIR: "name a file, not a folder",
    errno.EACCES: "choose a folder that you may write to",
    errno.EPERM: "choose a folder that you may write to",
    errno.EROFS: "choose a folder that you may write to",
}


def write_atomically(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a file atomically: readers see the old or the new one, even after a crash.

    The bytes go to a temporary file in the same folder, are synced to disk, and replace the path by
    a rename, which is synced too. A symbolic link is kept and its target replaced. Only its owner
    may read a new file, since it may be about a patient; a replaced file keeps its permissions.

    Parameters
    ----------
    path : Path
        The file to write; its folder must exist.
    chunks : iterable of bytes
        The content in pieces, so that a large file need not be in memory at once.

    Raises
    ------
    OutputError
        If the file cannot be written. After this or any other exception (Ctrl-C, or one raised by
        `chunks`), nothing has changed and nothing is left behind.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "greeting.txt"
    >>> write_atomically(path, [b"good ", b"morning"])
    >>> path.read_text()
    'good morning'
    """
    try:
        target = Path(os.path.realpath(path))
        mode = _mode_to_keep(target)
        temporary = target.with_name(f".neuropose-{secrets.token_hex(8)}.tmp")
        try:
            _write(temporary, chunks, mode)
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(target.parent)
    except NeuroPoseError:
        raise
    except OSError as error:
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: OSError) -> OutputError:
    """Return an error that says why a file cannot be written, and what to do about it.

    Parameters
    ----------
    path : Path
        The file.
    error : OSError
        What the attempt raised.

    Returns
    -------
    OutputError
        To be raised from `error`.

    Examples
    --------
    >>> full = OSError(errno.ENOSPC, "No space left on device")
    >>> print(cannot_write(Path("results.json"), full))
    results.json cannot be written: no space left on device
    """
    reason = (error.strerror or str(error)).lower()
    hint = _HINTS.get(error.errno or 0, "choose another folder or disk")
    return OutputError(f"{path} cannot be written: {reason}", hint=hint)


def _mode_to_keep(target: Path) -> int | None:
    try:
        status = target.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(status.st_mode):
        raise OutputError(f"{target} is not an ordinary file", hint=_HINTS[errno.EISDIR])
    return stat.S_IMODE(status.st_mode)


def _write(temporary: Path, chunks: Iterable[bytes], mode: int | None) -> None:
    # On Windows files are text unless they are said to be binary.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | CLOEXEC | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb", buffering=_BUFFER_BYTES) as file:
        if mode is not None and hasattr(os, "fchmod"):  # not on Windows before Python 3.13
            os.fchmod(descriptor, mode)
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(descriptor)


def private_opener(path: str, flags: int) -> int:
    """Open a file for `open` so that nobody else may read it, not even while it is empty.

    Parameters
    ----------
    path : str
        The file.
    flags : int
        Flags of `os.open`.

    Returns
    -------
    int
        A file descriptor.
    """
    return os.open(path, flags, PRIVATE_FILE)


def make_private_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for their owner only.

    Parameters
    ----------
    folder : Path
        The folder; may be there.

    Raises
    ------
    OSError
        If it cannot be made.

    Examples
    --------
    >>> import tempfile
    >>> inner = Path(tempfile.mkdtemp()) / "day 1" / "left"
    >>> make_private_folder(inner)
    >>> [stat.filemode(each.stat().st_mode) for each in (inner.parent, inner)]
    ['drwx------', 'drwx------']
    """
    if not folder.parent.exists():
        make_private_folder(folder.parent)
    folder.mkdir(PRIVATE_FOLDER, exist_ok=True)


def sync_folder(folder: Path) -> None:
    """Sync a folder's list of files to disk, after a rename.

    Parameters
    ----------
    folder : Path
        The folder.

    Raises
    ------
    OSError
        If syncing fails.
    """
    if sys.platform == "win32":  # folders cannot be opened there, and need not be synced
        return
    descriptor = os.open(folder, os.O_RDONLY | CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems
            raise
    finally:
        os.close(descriptor)
