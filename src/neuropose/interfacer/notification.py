"""Notifies systemd of the daemon's state, by the ``sd_notify`` protocol."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

_PATIENCE_S = 1.0
_LONGEST_STATUS = 200


class ServiceManager:
    """The service manager that started this process; without one, nothing is sent.

    No method raises, whatever happens to the service manager.

    Parameters
    ----------
    environment : mapping of str to str
        May contain ``NOTIFY_SOCKET``, ``WATCHDOG_USEC`` and ``WATCHDOG_PID``.
    clock : callable
        Returns a monotonic time in seconds.

    Examples
    --------
    >>> ServiceManager({"WATCHDOG_USEC": "30000000"}).watchdog_interval_s
    15.0
    """

    def __init__(
        self,
        environment: Mapping[str, str] = os.environ,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = _address(environment.get("NOTIFY_SOCKET", ""))
        self._interval_s = _interval_s(environment)
        self._clock = clock
        self._last_s = -float("inf")

    @property
    def watchdog_interval_s(self) -> float | None:
        """Half of the watchdog timeout in seconds; None if there is no watchdog."""
        return self._interval_s

    def ready(self) -> None:
        """Report that the daemon has started."""
        self._send("READY=1")

    def stopping(self) -> None:
        """Report that a stop was requested."""
        self._send("STOPPING=1")

    def status(self, text: str) -> None:
        """Report in a few words what is going on, for ``systemctl status``.

        Parameters
        ----------
        text : str
            The text; must not contain names of jobs or videos, as everybody may read it.
        """
        self._send(f"STATUS={' '.join(text.split())[:_LONGEST_STATUS]}")

    def watchdog(self) -> None:
        """Send a sign of life if one is due; may be called as often as you like."""
        now_s = self._clock()
        if self._interval_s is not None and now_s - self._last_s >= self._interval_s:
            self._last_s = now_s
            self._send("WATCHDOG=1")

    def _send(self, assignment: str) -> None:
        if self._address is None:
            return
        with suppress(OSError, ValueError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.settimeout(_PATIENCE_S)
            end.sendto(assignment.encode("utf-8", "replace"), self._address)


def _address(given: str) -> str | None:
    if given.startswith("@"):  # in the abstract name space of Linux
        return "\0" + given[1:]
    return given if given.startswith("/") else None


def _interval_s(environment: Mapping[str, str]) -> float | None:
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    microseconds = environment.get("WATCHDOG_USEC", "")
    if not microseconds.isascii() or not microseconds.isdigit() or int(microseconds) == 0:
        return None
    return int(microseconds) / 2e6
