"""Which process holds a data directory, identified so that no other one is ever signalled."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Self

from pydantic import AwareDatetime, Field

from neuropose.data.metadata import Contract

_START_FIELD = 19
"""Index of the start time in ``/proc/PID/stat``, counted after the process's name (proc(5))."""
_PS_S = 5.0


class Owner(Contract):
    """A process that holds the lock of a data directory.

    Parameters
    ----------
    host : str
        Name of its machine or container; empty if an older version took the lock.
    process_id : int
        Its process id there.
    mark : str or None
        Distinguishes it from every other process that has or had this id, on any machine; None if
        the system does not tell.
    since : datetime or None
        When it took the lock.

    Examples
    --------
    >>> from datetime import UTC
    >>> me = Owner.this_process(datetime(2026, 3, 1, 20, 15, tzinfo=UTC))
    >>> me.process_id == os.getpid(), me.is_here
    (True, True)
    """

    host: str = ""
    process_id: int = Field(ge=1)
    mark: str | None = None
    since: AwareDatetime | None = None

    @classmethod
    def this_process(cls, now: datetime) -> Self:
        """Describe the current process.

        Parameters
        ----------
        now : datetime
            Current time in UTC.

        Returns
        -------
        Owner
        """
        me = os.getpid()
        return cls(host=socket.gethostname(), process_id=me, mark=mark_of(me), since=now)

    @property
    def is_here(self) -> bool:
        """Whether this very process runs on this machine, so that it may be signalled."""
        return self.mark is not None and mark_of(self.process_id) == self.mark

    def __str__(self) -> str:
        host = f" on {self.host}" if self.host else ""
        since = f" since {self.since.astimezone():%Y-%m-%d %H:%M}" if self.since is not None else ""
        return f"process {self.process_id}{host}{since}"

    def terminate(self) -> None:
        """Send the process SIGTERM.

        Raises
        ------
        ProcessLookupError
            If it is not this process that has the id here, or none has.
        PermissionError
            If it belongs to another user.
        """
        handle: int | None = None
        if sys.platform == "linux":
            with suppress(OSError):  # a kernel without it, or a process that has ended
                handle = os.pidfd_open(self.process_id)
        try:
            # The handle keeps the id from going to another process after it has been checked.
            if not self.is_here:
                raise ProcessLookupError(f"{self} is not here")
            if sys.platform == "linux" and handle is not None:
                signal.pidfd_send_signal(handle, signal.SIGTERM)
            else:
                os.kill(self.process_id, signal.SIGTERM)
        finally:
            if handle is not None:
                os.close(handle)


def mark_of(process_id: int) -> str | None:
    """Return what distinguishes a process from all others that had its id.

    Parameters
    ----------
    process_id : int
        The process.

    Returns
    -------
    str or None
        On Linux the boot, the name space of process ids (a container has its own) and the time at
        which the process started; elsewhere host and time. None if there is no such process, or
        the system does not tell.

    Examples
    --------
    >>> mark_of(os.getpid()) == mark_of(os.getpid())
    True
    """
    try:
        if sys.platform == "linux":
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
            space = Path("/proc/self/ns/pid").readlink()
            after_name = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2]
            return f"{boot} {space} {after_name.split()[_START_FIELD]}"
        command = ["ps", "-o", "lstart=", "-p", str(process_id)]
        started = subprocess.run(
            command, capture_output=True, text=True, timeout=_PS_S, check=True
        ).stdout.strip()
        return f"{socket.gethostname()} {started}" if started else None
    except (OSError, IndexError, subprocess.SubprocessError):
        return None
