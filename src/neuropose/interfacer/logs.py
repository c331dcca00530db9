"""The daemon's log: a line for people, or a JSON object a line; no names unless asked for."""

from __future__ import annotations

import json
import logging
import math
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, TextIO

from neuropose.config import Settings
from neuropose.interfacer.ingest_sources import printable
from neuropose.interfacer.log_names import WITHHELD, LogName, NamesInLogs

FIELDS = ("job", "videos", "video", "attempt", "frames", "seconds", "error", "hint", "data_dir")
"""What the ``extra`` of a record may hold; anything else is left out.

``job`` is a name, ``videos`` and ``frames`` are counts, ``video`` is a name from
`NamesInLogs.video` or a number, ``error`` an exception or text.
"""
_OURS = "neuropose"
_LOG = logging.getLogger(__name__)


@contextmanager
def configure_logging(settings: Settings, stream: TextIO) -> Iterator[NamesInLogs]:
    """Send the log to a stream, until the block ends: ours from INFO, that of others from WARNING.

    Warnings, and errors that end a thread, become records; else Python would write them as they
    are, with whatever names are in them.

    Parameters
    ----------
    settings : Settings
        Has `log_format`, `log_names` and `data_dir`.
    stream : file object

    Yields
    ------
    NamesInLogs
        For the daemon, so that both know the same names.

    Examples
    --------
    >>> settings = Settings(data_dir="/data")
    >>> with configure_logging(settings, sys.stdout) as names:
    ...     extra = {"job": names.job("anna"), "attempt": 1}
    ...     logging.getLogger("neuropose").info("job begun", extra=extra)  # doctest: +ELLIPSIS
    2...Z INFO job begun job="job 1" attempt=1
    """
    names = NamesInLogs(settings.log_names, settings.data_dir)
    handler = _Handler(stream)
    handler.setFormatter(
        JsonFormatter(names) if settings.log_format == "json" else TextFormatter(names)
    )
    root, ours = logging.getLogger(), logging.getLogger(_OURS)
    levels = root.level, ours.level
    hooks = warnings.showwarning, threading.excepthook, sys.unraisablehook
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    ours.setLevel(logging.INFO)
    warnings.showwarning = _log_warning
    threading.excepthook = _log_thread_error
    sys.unraisablehook = _log_unraisable
    try:
        yield names
    finally:
        warnings.showwarning, threading.excepthook, sys.unraisablehook = hooks
        root.removeHandler(handler)
        root.setLevel(levels[0])
        ours.setLevel(levels[1])


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Say nothing: what logging would write has the names in it, and the work goes on."""


class _Formatter(logging.Formatter):
    """Knows what of a record the log may have.

    Parameters
    ----------
    names : NamesInLogs
    """

    def __init__(self, names: NamesInLogs) -> None:
        super().__init__()
        self._names = names

    def time(self, record: logging.LogRecord) -> str:
        """ISO 8601, UTC, to the millisecond."""
        at = datetime.fromtimestamp(record.created, UTC)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def message(self, record: logging.LogRecord) -> str:
        """Give the message; of others only what their code says, not what is put into it."""
        if record.name.partition(".")[0] != _OURS and not self._names.log_names:
            text = str(record.msg) if record.args else WITHHELD
            return printable(f"{record.name}: {text}")
        text = str(record.msg)
        if isinstance(record.args, tuple) and record.args:
            describe = self._names.describe
            values = (describe(v) if isinstance(v, BaseException) else v for v in record.args)
            with suppress(TypeError, ValueError):  # a wrong format must not cost the record
                text %= tuple(values)
        return self._names.scrub(text)

    def fields(self, record: logging.LogRecord) -> dict[str, Any]:
        """Give the fields that the record has."""
        given = {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        return {name: self._field(name, value) for name, value in given.items()}

    def _field(self, name: str, value: Any) -> Any:
        if isinstance(value, LogName):
            return str(value)
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else None
        if isinstance(value, BaseException):
            return self._names.describe(value)
        text = str(value)
        if name == "job":
            return str(self._names.job(text))
        if name == "data_dir":
            return printable(text)
        return self._names.scrub(text, [text] if name == "video" else [])

    def traceback(self, record: logging.LogRecord) -> list[str]:
        """Give the lines of the traceback that the record has."""
        error = record.exc_info[1] if record.exc_info else None
        return [] if error is None else self._names.traceback_lines(error)


class TextFormatter(_Formatter):
    """Time, level, message, ``key=value``; a traceback follows, indented.

    Parameters
    ----------
    names : NamesInLogs
    """

    def format(self, record: logging.LogRecord) -> str:
        """Write a record.

        Parameters
        ----------
        record : LogRecord

        Returns
        -------
        str
        """
        fields = [f"{key}={_quoted(value)}" for key, value in self.fields(record).items()]
        line = " ".join([self.time(record), record.levelname, self.message(record), *fields])
        return "\n    ".join([line, *self.traceback(record)])


class JsonFormatter(_Formatter):
    """One JSON object: ``time``, ``level``, ``message``, the fields, ``exception``.

    Parameters
    ----------
    names : NamesInLogs
    """

    def format(self, record: logging.LogRecord) -> str:
        """Write a record.

        Parameters
        ----------
        record : LogRecord

        Returns
        -------
        str
            ASCII, whatever the encoding of the stream.
        """
        whole = {
            "time": self.time(record),
            "level": record.levelname,
            "message": self.message(record),
            **self.fields(record),
        }
        if lines := self.traceback(record):
            whole["exception"] = "\n".join(lines)
        return json.dumps(whole)


def _quoted(value: Any) -> str:
    if isinstance(value, str) and value and not any(c.isspace() or c in '"=' for c in value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _log_warning(message: Warning | str, category: type[Warning], *where: Any, **_: Any) -> None:
    # The category and the place are code, the message may be anything.
    file, line = where[:2]
    error = message if isinstance(message, Warning) else category(message)
    _LOG.warning("warning from %s, line %d", file, line, extra={"error": error})


def _log_thread_error(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_type is not SystemExit:
        _LOG.error("a thread ended with an error", exc_info=ended.exc_value)


def _log_unraisable(ignored: Any) -> None:
    _LOG.error("an error was ignored", exc_info=ignored.exc_value)
