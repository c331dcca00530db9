"""The lock that allows one daemon per data directory."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from pydantic import ValidationError

from neuropose.errors import DaemonRunningError, OutputError
from neuropose.file_lock import try_lock
from neuropose.interfacer.layout import Layout
from neuropose.interfacer.machine.processes import Owner
from neuropose.io.atomic import CLOEXEC

_MOST_BYTES = 4096
_COMMANDS_TAKE_S = 0.5
"""Longest time in seconds for which a command that changes a job holds the lock."""


@contextmanager
def hold_lock(layout: Layout) -> Iterator[None]:
    """Hold the lock of a data directory; it is released when the process ends, however it ends.

    Parameters
    ----------
    layout : Layout
        The data directory; its subdirectories must exist.

    Raises
    ------
    DaemonRunningError
        If another process holds it.
    OutputError
        If the lock file cannot be written, or the file system has no locks.
    """
    try:
        descriptor = os.open(layout.lock, os.O_RDWR | os.O_CREAT | CLOEXEC, 0o644)
    except OSError as error:
        raise OutputError(
            f"{layout.lock} cannot be written: {error.strerror}", hint="fix its permissions"
        ) from error
    try:
        try:
            is_locked = _lock(descriptor)
        except OSError as error:
            raise _no_locks(layout, error) from error
        if not is_locked:
            owner = _read_owner(descriptor)
            raise DaemonRunningError(
                f"another daemon is using {layout.root}: {owner or 'process unknown'}",
                hint="stop it first, or use another data_dir for this one",
            )
        this = Owner.this_process(datetime.now(UTC))
        with suppress(OSError):  # the disk is full: the lock is held, but nobody knows by whom
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{this.model_dump_json()}\n".encode(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def is_held(layout: Layout) -> bool:
    """Return whether a process holds the lock, even one that could not write its id.

    Parameters
    ----------
    layout : Layout
        The data directory.

    Returns
    -------
    bool

    Raises
    ------
    OutputError
        If the file system has no locks.
    """
    return _look(layout)[0]


def lock_owner(layout: Layout) -> Owner | None:
    """Return which process holds the lock.

    Parameters
    ----------
    layout : Layout
        The data directory.

    Returns
    -------
    Owner or None
        None if no process does, or the holder could not write who it is, see `is_held`.
    """
    return _look(layout)[1]


def _look(layout: Layout) -> tuple[bool, Owner | None]:
    """Return whether the lock is held, and by which process."""
    try:
        descriptor = os.open(layout.lock, os.O_RDONLY | CLOEXEC)
    except FileNotFoundError:
        return False, None
    try:
        if try_lock(descriptor, shared=True):
            return False, None
        return True, _read_owner(descriptor)
    except OSError as error:
        raise _no_locks(layout, error) from error
    finally:
        os.close(descriptor)


def _no_locks(layout: Layout, error: OSError) -> OutputError:
    return OutputError(
        f"the file system of {layout.root} has no locks: {error.strerror or error}",
        hint="set data_dir to a local disk, or mount this one with locks",
    )


def _lock(descriptor: int) -> bool:
    until_s = time.monotonic() + _COMMANDS_TAKE_S
    while not try_lock(descriptor):
        if time.monotonic() > until_s:
            return False
        time.sleep(_COMMANDS_TAKE_S / 10.0)
    return True


def _read_owner(descriptor: int) -> Owner | None:
    text = os.pread(descriptor, _MOST_BYTES, 0).strip()
    with suppress(ValidationError):
        if text.isdigit():  # as versions before 1 wrote it
            return Owner(process_id=int(text))
        return Owner.model_validate_json(text)
    return None
