"""Locks of files that the system releases when the process ends, on POSIX and on Windows."""

from __future__ import annotations

import sys


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Lock an open file, unless another process has locked it.

    Parameters
    ----------
    descriptor : int
        File descriptor.
    shared : bool
        Whether other processes may hold a shared lock at the same time; on Windows there are no
        such locks, and it is taken alone.

    Returns
    -------
    bool
        Whether it is locked now. It stays so until the descriptor is closed.

    Raises
    ------
    OSError
        If the disk has no locks.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryFile() as file:
    ...     try_lock(file.fileno())
    True
    """
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
