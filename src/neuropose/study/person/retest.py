"""How much measures differ between tests of people who did not change: a user's own reliability."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import PositiveFloat, ValidationError

from neuropose.data import Report
from neuropose.data.metadata import Contract, Text
from neuropose.errors import FileFormatError
from neuropose.io import load_report
from neuropose.io.other_kinds import is_report
from neuropose.io.strict_json import read_bytes

_COLUMNS = ("measure", "unit", "mdc95", "source")
_HINT = (
    f"give a CSV file with the columns {', '.join(_COLUMNS)}, or the report of a cohort with the "
    "statistic reliability"
)


class Retest(Contract):
    """The minimal detectable change of one measure.

    Parameters
    ----------
    measure : str
        Name of the measure.
    unit : str
        Unit of the measure.
    mdc95 : float
        Of people who did not change, 95 % differ by less between two tests.
    source : str
        Where it is from.
    """

    measure: Text
    unit: Text
    mdc95: PositiveFloat
    source: Text


def read_retest(path: Path, *, group: str | None = None) -> Mapping[str, Retest]:
    r"""Read minimal detectable changes.

    Parameters
    ----------
    path : Path
        CSV with the columns ``measure``, ``unit``, ``mdc95`` and ``source``; or the report of a
        cohort (``study run``) whose table ``reliability`` has them.
    group : str, optional
        Whose reliability, in the report of a cohort. Default: that of all subjects.

    Returns
    -------
    mapping of str to Retest
        By name of the measure.

    Raises
    ------
    FileMissingError, FileReadError
        If the file cannot be read.
    FileFormatError
        If it is neither, has a measure twice, or a number that is not positive.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "retest.csv"
    >>> _ = path.write_text("measure,unit,mdc95,source\nwalking_speed,m/s,0.1,our lab 2025\n")
    >>> read_retest(path)["walking_speed"].mdc95
    0.1
    """
    rows = _of_cohort(path, load_report(path), group) if is_report(path) else _of_table(path)
    found: dict[str, Retest] = {}
    for row in rows:
        try:
            each = Retest.model_validate(row)
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(map(str, fault["loc"]))
            raise FileFormatError(
                f"{path}: {row.get('measure') or 'a measure'}: {where}: {fault['msg']}", hint=_HINT
            ) from None
        if each.measure in found:
            raise FileFormatError(f"{path} has {each.measure} twice", hint="keep one of the rows")
        found[each.measure] = each
    if not found:
        raise FileFormatError(f"{path} holds no minimal detectable change", hint=_HINT)
    return found


def _of_table(path: Path) -> Iterable[dict[str, Any]]:
    try:
        rows = list(csv.DictReader(io.StringIO(read_bytes(path).decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileFormatError(f"{path} is not a table: {error}", hint=_HINT) from error
    if not rows or not set(_COLUMNS) <= rows[0].keys():
        raise FileFormatError(f"{path} is not a table of detectable changes", hint=_HINT)
    return [{name: row[name] for name in _COLUMNS} for row in rows]


def _of_cohort(path: Path, report: Report, group: str | None) -> Iterable[dict[str, Any]]:
    table = report.tables.get("reliability")
    if table is None:
        raise FileFormatError(f"{path} is a report without reliability", hint=_HINT)
    names = [column.name for column in table.columns]
    rows = [dict(zip(names, row, strict=True)) for row in table.rows]
    return [
        {
            "measure": row["feature"],
            "unit": row["unit"] or "1",
            "mdc95": row["mdc95"],
            "source": f"{row['n']} subjects, {row['sessions']} sessions"
            + (f", {group}" if group else ""),
        }
        for row in rows
        if row["group"] == group and row["mdc95"]
    ]
