"""Reading ``status.json`` again and again, at the cost of what has changed in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from neuropose.data import JobEntry
from neuropose.data.jobs import JOBS_SCHEMA_VERSION
from neuropose.errors import FileMissingError
from neuropose.io import load_status
from neuropose.io.strict_json import read_bytes

_HEAD = re.compile(rb'\{"schema_version":%d,"last_number":\d+,"jobs":\{' % JOBS_SCHEMA_VERSION)
_TAIL = b"}}"
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
        self._lines: dict[bytes, tuple[str, JobEntry]] = {}

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
            self._lines = {}
            return {}
        read = self._by_line(lines)
        return load_status(self._path).jobs if read is None else read

    def _by_line(self, lines: list[bytes]) -> dict[str, JobEntry] | None:
        if not _HEAD.fullmatch(lines[0]) or not lines[-1].endswith(_TAIL):
            return None
        body = [*lines[1:-1], lines[-1].removesuffix(_TAIL)]
        if body == [b""]:
            self._lines = {}
            return {}
        known: dict[bytes, tuple[str, JobEntry]] = {}
        for position, line in enumerate(body):
            is_last = position == len(body) - 1
            if line.endswith(b",") is is_last:
                return None
            key = line if is_last else line[:-1]
            found = self._lines.get(key)
            if found is None:
                try:
                    found = _only(_ONE.validate_json(b"{%b}" % key))
                except ValidationError:
                    return None
            if found is None:
                return None
            known[key] = found
        self._lines = known
        jobs = dict(known.values())
        return jobs if len(jobs) == len(body) else None


def _only(jobs: dict[str, JobEntry]) -> tuple[str, JobEntry] | None:
    return next(iter(jobs.items())) if len(jobs) == 1 else None
