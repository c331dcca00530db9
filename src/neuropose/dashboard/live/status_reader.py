"""Reading ``status.json`` again and again, at the cost of what has changed in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from neuropose.data import JobEntry
from neuropose.data.jobs import JOBS_SCHEMA_VERSION
from neuropose.errors import FileMissingError
from neuropose.io import load_status
from neuropose.io.strict_json import read_bytes

_HEAD = re.compile(rb'\{"schema_version":%d,"last_number":\d+,"jobs":\{' % JOBS_SCHEMA_VERSION)
_TAIL = b"}}"
_FEW = 64
_ONE: TypeAdapter[dict[str, JobEntry]] = TypeAdapter(dict[str, JobEntry])


class StatusReader:
    """Reads the status of all jobs; keeps what it has read, by line.

    Parameters
    ----------
    path : Path
        ``status.json``.

    Notes
    -----
    The daemon writes a line for each job, and between two writes few of them change. A status that
    is laid out otherwise, as that of the original program, is read as a whole.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: list[bytes] = []
        self._found: list[tuple[str, JobEntry]] = []

    def read(self) -> Mapping[str, JobEntry]:
        """Read the status.

        Returns
        -------
        mapping of str to JobEntry
            By name; empty if there is no status yet. An entry that has not changed is the same
            object as before.

        Raises
        ------
        FileReadError
            If it cannot be read.
        FileFormatError
            If anything in it is wrong.
        """
        try:
            lines = read_bytes(self._path).rstrip(b"\n").split(b"\n")
        except FileMissingError:
            return {}
        read = self._by_line(lines)
        return load_status(self._path).jobs if read is None else read

    def _by_line(self, lines: list[bytes]) -> dict[str, JobEntry] | None:
        if not _HEAD.fullmatch(lines[0]) or not lines[-1].endswith(_TAIL):
            return None
        body = [*lines[1:-1], lines[-1].removesuffix(_TAIL)]
        if body == [b""]:
            return {}
        body[-1] += b","
        before = list(zip(self._lines, self._found, strict=True))
        found = [
            known[1] if known is not None and known[0] == line else None
            for line, known in zip_longest(body, before[: len(body)])
        ]
        # To look a line up, it has to be hashed: only where many have moved.
        elsewhere = dict(before) if found.count(None) > _FEW else {}
        found = [
            here or elsewhere.get(line) or _parsed(line)
            for line, here in zip(body, found, strict=True)
        ]
        entries = [entry for entry in found if entry is not None]
        jobs = dict(entries)
        if len(jobs) < len(body):
            return None
        self._lines, self._found = body, entries
        return jobs


def _parsed(line: bytes) -> tuple[str, JobEntry] | None:
    """Return the job of a line that ends with a comma; None if it is no such line."""
    if not line.endswith(b","):
        return None
    try:
        jobs = _ONE.validate_json(b"{%b}" % line[:-1])
    except ValidationError:
        return None
    return next(iter(jobs.items())) if len(jobs) == 1 else None
