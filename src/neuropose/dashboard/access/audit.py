"""The audit log: who saw and did what, as JSON lines that only their owner may read."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from neuropose.io.atomic import CLOEXEC, PRIVATE_FILE, PRIVATE_FOLDER

_LOG = logging.getLogger(__name__)
FOLDER = ".dashboard"
_LONGEST_PATH = 200
_MOST_LIMITED = 300
_WINDOW_S = 60.0


class AuditLog:
    """Appends to a file a month, in ``.dashboard/`` of the data directory.

    Parameters
    ----------
    root : Path
        The data directory.
    now : callable
        Returns the current time in UTC.
    clock : callable
        Gives seconds that never go back.

    Notes
    -----
    A path has numbers of jobs and no names, and what was searched for is not recorded. Whoever is
    refused again and again, or asks without logging in, does not fill the disk: after 300 such
    requests a minute, only the number of the others is recorded.
    """

    def __init__(
        self,
        root: Path,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = root / FOLDER
        self._now = now
        self._clock = clock
        self._window_s = -float("inf")
        self._limited = 0

    def record(self, **fields: str | int | None) -> None:
        """Record a request.

        Parameters
        ----------
        **fields : str or int or None
            ``address``, ``person``, ``role``, ``method``, ``path``, ``status``; of a request that
            was refused, ``refused``: why.
        """
        is_limited = fields.get("person") is None or fields.get("refused") is not None
        if is_limited and not self._may_record_more():
            return
        self._append(fields)

    def _may_record_more(self) -> bool:
        now_s = self._clock()
        if now_s - self._window_s >= _WINDOW_S:
            if self._limited > _MOST_LIMITED:
                self._append({"refused": f"{self._limited - _MOST_LIMITED} more requests"})
            self._window_s, self._limited = now_s, 0
        self._limited += 1
        return self._limited <= _MOST_LIMITED

    def _append(self, fields: dict[str, str | int | None]) -> None:
        now = self._now()
        path = fields.get("path")
        if isinstance(path, str):
            fields["path"] = path[:_LONGEST_PATH]
        line = json.dumps({"time": now.isoformat(timespec="milliseconds"), **fields}) + "\n"
        file = self._folder / f"audit-{now:%Y-%m}.jsonl"
        try:
            with suppress(FileExistsError):
                self._folder.mkdir(PRIVATE_FOLDER)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | CLOEXEC
            descriptor = os.open(file, flags, PRIVATE_FILE)
            try:
                os.write(descriptor, line.encode())
            finally:
                os.close(descriptor)
        except OSError as error:  # a full disk: jobs can be watched all the same
            _LOG.error("the audit log cannot be written", extra={"error": error.strerror})
