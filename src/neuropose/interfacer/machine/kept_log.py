"""The latest of the daemon's log, kept in the data directory for whoever has no other access."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from neuropose.interfacer.layout import Layout
from neuropose.interfacer.logs import FIELDS, JsonFormatter
from neuropose.io.atomic import PRIVATE_FILE

NAME = ".log.jsonl"
MOST_BYTES = 1_000_000
"""Size at which the file is set aside; one such file is kept."""
_TAIL_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the log.

    Parameters
    ----------
    time, level, message : str
        When, how bad, and what.
    fields : tuple of (str, str)
        What else it says, such as the number of the job.
    """

    time: str
    level: str
    message: str
    fields: tuple[tuple[str, str], ...]


@contextmanager
def keep_log(layout: Layout, *, log_names: bool) -> Iterator[None]:
    """Keep the log of this process in the data directory until the block ends.

    Parameters
    ----------
    layout : Layout
        The data directory.
    log_names : bool
        The setting. If it is on, nothing is kept: what is kept has no names.
    """
    if log_names:
        yield
        return
    handler = _Handler(layout.root / NAME)
    logger = logging.getLogger("neuropose")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()


def latest_lines(layout: Layout, count: int) -> tuple[LogLine, ...]:
    """Return the latest lines of the log.

    Parameters
    ----------
    layout : Layout
        The data directory.
    count : int
        Most lines.

    Returns
    -------
    tuple of LogLine
        The latest first; empty if nothing was kept.
    """
    texts: list[bytes] = []
    for path in (layout.root / NAME, layout.root / f"{NAME}.1"):
        if len(texts) < count:
            texts += reversed(_tail(path))
    lines = (_parsed(text) for text in texts)
    return tuple(line for line in lines if line is not None)[:count]


class _Handler(RotatingFileHandler):
    """Writes JSON lines that only their owner may read, and leaves out what it cannot write."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=MOST_BYTES, backupCount=1, encoding="utf-8", delay=True)
        self.setFormatter(JsonFormatter(log_names=False))

    def _open(self) -> TextIOWrapper:
        return open(self.baseFilename, "a", encoding="utf-8", opener=_opener)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Do without: the log itself is on stderr, and a full disk is told of there."""


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags, PRIVATE_FILE)


def _tail(path: Path) -> list[bytes]:
    """Return the last whole lines of a file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            start = max(0, size - _TAIL_BYTES)
            file.seek(start)
            lines = file.read().split(b"\n")
    except OSError:
        return []
    return lines[1 if start else 0 : -1]


def _parsed(line: bytes) -> LogLine | None:
    try:
        content = json.loads(line)
        time, level, message = (str(content.pop(name)) for name in ("time", "level", "message"))
    except (ValueError, KeyError, AttributeError, TypeError):
        return None
    fields = tuple((name, str(content[name])) for name in FIELDS if name in content)
    return LogLine(time, level, message, fields)
