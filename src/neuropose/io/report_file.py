"""Reading and writing reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError, to_json

from neuropose.data.report import REPORT_SCHEMA_VERSION, Report, Table
from neuropose.errors import OutputError
from neuropose.io.atomic import write_atomically
from neuropose.io.strict_json import advising, parse, read_bytes, refuse_newer

_REPORT = TypeAdapter(Report)


def save_report(path: Path, report: Report) -> None:
    """Write a report as JSON, one measure, row or event per line, atomically.

    Equal reports are written as the same bytes. ``docs/reference/reports.md`` lists every key.

    Parameters
    ----------
    path : Path
        The file to write; an existing one is replaced.
    report : Report
        The report to write.

    Raises
    ------
    OutputError
        If the file cannot be written; an existing one is untouched.

    Examples
    --------
    >>> import tempfile
    >>> from neuropose.io import Measure, ReportProvenance
    >>> path = Path(tempfile.mkdtemp()) / "report.json"
    >>> report = Report(
    ...     task="reach",
    ...     measures={"movement_time": Measure(value=0.8, unit="s", n=1)},
    ...     provenance=ReportProvenance(neuropose_version="0.1.0"),
    ... )
    >>> save_report(path, report)
    >>> load_report(path) == report
    True
    """
    write_atomically(path, encode_report(report))


def load_report(path: Path) -> Report:
    """Read and validate a report.

    Parameters
    ----------
    path : Path
        A file written by `save_report`.

    Returns
    -------
    Report

    Raises
    ------
    FileMissingError, FileReadError
        If it cannot be read.
    SchemaVersionError
        If its schema version is newer than this version of NeuroPose reads.
    FileFormatError
        If anything in it is wrong; the message says in one line where and what.
    """
    data = read_bytes(path)
    with advising(f"{path} is damaged or not a report; make it again"):
        refuse_newer(data, REPORT_SCHEMA_VERSION, "the report")
        return parse(data, _REPORT, "")


def encode_report(report: Report) -> Iterator[bytes]:
    """Encode a report as JSON in pieces; see `save_report`.

    Parameters
    ----------
    report : Report
        The report to encode.

    Yields
    ------
    bytes

    Raises
    ------
    OutputError
        If a text in it is not Unicode.
    """
    for number, name in enumerate(type(report).model_fields):
        start = b",\n" if number else b"{"
        try:
            yield b'%b"%b":%b' % (start, name.encode(), _section(name, getattr(report, name)))
        except PydanticSerializationError as error:
            raise OutputError(
                f"{name} cannot be written: {error}", hint="put plain numbers, text and lists there"
            ) from error
    yield b"}\n"


def _section(name: str, value: Any) -> bytes:
    if name == "tables":
        return _lines({key: _table(table) for key, table in value.items()})
    if name in {"measures", "choices", "assumptions"}:
        return _lines({key: to_json(item) for key, item in value.items()})
    if name in {"events", "preparation"}:
        return _list(value)
    return to_json(value)


def _table(table: Table) -> bytes:
    return b'{"columns":%b,"rows":%b}' % (to_json(table.columns), _list(table.rows))


def _lines(parts: Mapping[str, bytes]) -> bytes:
    inside = b",\n".join(b"%b:%b" % (to_json(key), part) for key, part in parts.items())
    return b"{\n%b}" % inside if parts else b"{}"


def _list(items: tuple[Any, ...]) -> bytes:
    return b"[\n%b]" % b",\n".join(map(to_json, items)) if items else b"[]"
