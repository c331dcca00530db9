"""How much measures differ between tests of people who did not change: a user's own reliability."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import PositiveFloat, ValidationError

from neuropose.analyzer.tasks.gait.definitions import STRIDE_MEASURES
from neuropose.analyzer.tasks.registry import TASKS
from neuropose.data import Report
from neuropose.data.metadata import Contract, Text
from neuropose.errors import FileFormatError
from neuropose.features.definitions import column_name
from neuropose.io import load_report
from neuropose.io.other_kinds import is_report
from neuropose.io.strict_json import read_bytes
from neuropose.skeletons.sides import SIDES

_COLUMNS = ("measure", "unit", "mdc95", "source")
_OF_STRIDES = "gait"
"""The task that has the features of strides as its measures."""
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
        By name of the measure; of a cohort as it stands there: see `of_task`.

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


def of_task(retest: Mapping[str, Retest], *reports: Report) -> dict[str, Retest]:
    """Name minimal detectable changes as reports name their measures.

    A cohort measures several tasks: its ``gait_cadence`` is the ``cadence`` of ``gait``, and its
    feature ``stride_time_left_s`` is the ``stride_time_left``.

    Parameters
    ----------
    retest : mapping of str to Retest
        Of `read_retest`.
    *reports : Report
        Reports of one task.

    Returns
    -------
    dict of str to Retest
        By name of the measure. What is of no measure of the reports keeps its name. Of one measure
        under several names, the measure's own name is taken first, the feature last.

    Examples
    --------
    >>> from neuropose.data import Measure, ReportProvenance
    >>> report = Report(
    ...     task="gait",
    ...     measures={"cadence": Measure(value=104.0, unit="steps/min", n=8)},
    ...     provenance=ReportProvenance(neuropose_version="0.1.0"),
    ... )
    >>> given = Retest(measure="gait_cadence", unit="steps/min", mdc95=5.0, source="12 subjects")
    >>> list(of_task({given.measure: given}, report))
    ['cadence']
    """
    names = {name: [name] for report in reports for name in report.measures}
    for task in {report.task for report in reports}:
        prefix = _name_in_studies(task)
        for name in names:
            names[name].append(f"{prefix}_{name}")
        if task == _OF_STRIDES:
            for feature, name in _stride_features():
                if name in names:
                    names[name].append(feature)
    found: dict[str, Retest] = {}
    left = dict(retest)
    for measure, known_as in names.items():
        given = [left.pop(name) for name in known_as if name in left]
        if given:
            found[measure] = given[0].model_copy(update={"measure": measure})
    return found | left


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


def _name_in_studies(task: str) -> str:
    """Return what a study calls a task: ``tug``, where its reports have ``timed_up_and_go``."""
    names = {each.module.partition(".")[0]: name for name, each in TASKS.items()}
    return names.get(task, task).replace("-", "_")


def _stride_features() -> Iterator[tuple[str, str]]:
    """Yield each feature of strides with the measure of gait that is the same quantity."""
    for name, measure in STRIDE_MEASURES.items():
        for side in SIDES:
            yield column_name(name, measure.unit, side), f"{name}_{side}"
