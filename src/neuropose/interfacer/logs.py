"""The daemon's log: plain text or one JSON object per line; no names unless allowed."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TextIO

from neuropose.config import Settings
from neuropose.interfacer.entries import describe
from neuropose.interfacer.names import printable

FIELDS = ("job", "video", "videos", "markers", "attempt", "error")
"""The ``extra`` fields of a record: values from `NamesInLogs`, or numbers."""
_OURS = "neuropose"


class NamesInLogs:
    """Provides names of jobs for the log, or placeholders for them.

    Parameters
    ----------
    log_names : bool
        Whether the log may contain names.

    Notes
    -----
    A placeholder is the job's number in the status: ``neuropose jobs show 17`` tells which job it
    is to whoever may read the data directory. A hash would not do: anyone who knows a name could
    check whether it is that one. Error messages may contain paths; they are in the status, and in
    the log only if names are allowed.

    Examples
    --------
    >>> names = NamesInLogs(log_names=False)
    >>> names.job("anna", 17)
    'job 17'
    >>> names.error(PermissionError(13, "Permission denied", "/data/in/anna/walk.mp4"))
    'PermissionError: Permission denied'
    """

    def __init__(self, log_names: bool) -> None:
        self.log_names = log_names

    def job(self, name: str, number: int | None) -> str:
        """Return what the log calls a job.

        Parameters
        ----------
        name : str
            Name of the job.
        number : int or None
            Its number in the status; None if it is not in the status yet.

        Returns
        -------
        str
            The name on one line, or its placeholder.
        """
        if self.log_names:
            return printable(name)
        return "a new job" if number is None else f"job {number}"

    def error(self, error: BaseException) -> str:
        """Return the description of an error for the log.

        Parameters
        ----------
        error : BaseException
            The error.

        Returns
        -------
        str
            Its type, and its message or only the system's part of it, whichever the log may
            contain.
        """
        if self.log_names:
            return printable(describe(error))
        system = error if error.__cause__ is None else error.__cause__
        reason = system.strerror if isinstance(system, OSError) else None
        return type(error).__name__ + (f": {reason}" if reason else "")


@contextmanager
def configure_logging(settings: Settings, stream: TextIO) -> Iterator[NamesInLogs]:
    """Send the log to a stream until the block ends.

    Warnings of other libraries, which may contain any name, are logged only if names are allowed.

    Parameters
    ----------
    settings : Settings
        The settings `log_format` and `log_names` are used.
    stream : file object
        Where the log is written.

    Yields
    ------
    NamesInLogs
        For the daemon.

    Examples
    --------
    >>> import sys
    >>> with configure_logging(Settings(), sys.stdout) as names:
    ...     extra = {"job": names.job("anna", 1), "attempt": 1}
    ...     logging.getLogger("neuropose").info("job begun", extra=extra)  # doctest: +ELLIPSIS
    2...Z INFO job begun job="job 1" attempt=1
    """
    handler = logging.StreamHandler(stream)
    formatter = JsonFormatter if settings.log_format == "json" else TextFormatter
    handler.setFormatter(formatter(settings.log_names))
    logger = logging.getLogger() if settings.log_names else logging.getLogger(_OURS)
    ours = logging.getLogger(_OURS)
    before = ours.level, ours.propagate
    logger.addHandler(handler)
    ours.setLevel(logging.INFO)
    ours.propagate = settings.log_names
    try:
        yield NamesInLogs(settings.log_names)
    finally:
        ours.setLevel(before[0])
        ours.propagate = before[1]
        logger.removeHandler(handler)


class _Formatter(logging.Formatter):
    def __init__(self, log_names: bool) -> None:
        super().__init__()
        self._log_names = log_names

    def parts(self, record: logging.LogRecord) -> dict[str, Any]:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        parts = {
            "time": at.replace("+00:00", "Z"),
            "level": record.levelname,
            "message": printable(record.getMessage()),
            **{name: getattr(record, name) for name in FIELDS if hasattr(record, name)},
        }
        if record.exc_info and record.exc_info[1] is not None:
            parts["exception"] = self._traceback(record.exc_info[1])
        return parts

    def _traceback(self, error: BaseException) -> str:
        if self._log_names:
            return "".join(traceback.format_exception(error)).rstrip()
        places = "".join(traceback.format_tb(error.__traceback__))  # lines of code, without values
        return f"{places}{type(error).__name__}"


class TextFormatter(_Formatter):
    """Formats records as time, level, message, ``key=value``, with an indented traceback.

    Parameters
    ----------
    log_names : bool
        Whether tracebacks may contain the error's message.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Format a record.

        Parameters
        ----------
        record : LogRecord
            The record.

        Returns
        -------
        str
        """
        parts = self.parts(record)
        exception = parts.pop("exception", "")
        head = [parts.pop(name) for name in ("time", "level", "message")]
        fields = [
            f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in parts.items()
        ]
        lines = [" ".join([*head, *fields]), *map(printable, exception.splitlines())]
        return "\n    ".join(lines)


class JsonFormatter(_Formatter):
    """Formats records as JSON: ``time``, ``level``, ``message``, the fields, ``exception``.

    Parameters
    ----------
    log_names : bool
        Whether tracebacks may contain the error's message.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Format a record.

        Parameters
        ----------
        record : LogRecord
            The record.

        Returns
        -------
        str
            ASCII text.
        """
        return json.dumps(self.parts(record))
