"""Reports of the analyzer: measures with their reasons, tables, events and provenance."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, FiniteFloat, StrictBool, StrictInt, StrictStr, model_validator

from neuropose.data.assumptions import Assumption
from neuropose.data.metadata import Contract, NonNegativeInt, Provenance, Text
from neuropose.data.subjects import Subject
from neuropose.skeletons.sides import Side

if TYPE_CHECKING:
    import pandas as pd

REPORT_SCHEMA_VERSION: Literal[1] = 1

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Share = Annotated[FiniteFloat, Field(ge=0.0, le=1.0)]
OF_ERRORS = "_standard_error"
"""Ends the name of a table's column of standard errors; before it is the name of their values."""
Cell = StrictStr | StrictBool | StrictInt | FiniteFloat | None


class Measure(Contract):
    """One number of a report, or the reason why there is none.

    Parameters
    ----------
    value : float or None
        The number; None if and only if there is a `reason`.
    unit : str
        ``s``, ``mm``, ``m/s``, ``deg``, ``%`` …; ``1`` for a dimensionless number.
    n : int
        Number of strides, repetitions or frames it was computed from.
    sd : float or None
        Standard deviation between them, in `unit`; None if there are fewer than two or it is
        meaningless.
    cv_percent : float or None
        100 · sd / mean; None if `sd` is None or the mean is not positive.
    confidence : float or None
        How far the number can be trusted, 0 to 1; None if not known.
    standard_error : float or None
        Standard deviation of the value around the truth, in `unit`; None if not known.
    interval : tuple of float or None
        95 % interval of the truth, in `unit`, also of a value that is too uncertain to be given.
        None: not known.
    warnings : tuple of str
        What a reader of the number should know.
    reason : str or None
        Why there is no value.

    Examples
    --------
    >>> Measure(value=1.08, unit="s", n=24, sd=0.02, cv_percent=1.9, confidence=0.9).value
    1.08
    >>> Measure.missing("s", "no stride is complete").reason
    'no stride is complete'
    """

    value: FiniteFloat | None
    unit: Text
    n: NonNegativeInt
    sd: Annotated[FiniteFloat, Field(ge=0.0)] | None = None
    cv_percent: Annotated[FiniteFloat, Field(ge=0.0)] | None = None
    confidence: Share | None = None
    standard_error: Annotated[FiniteFloat, Field(ge=0.0)] | None = None
    interval: tuple[FiniteFloat, FiniteFloat] | None = None
    warnings: tuple[Text, ...] = ()
    reason: Text | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.value is None) is (self.reason is None):
            raise ValueError("expected either a value or a reason for its absence")
        if self.value is None and (self.sd is not None or self.cv_percent is not None):
            raise ValueError("a measure without a value cannot have a spread")
        return self

    @classmethod
    def missing(cls, unit: str, reason: str, *, n: int = 0, warnings: tuple[str, ...] = ()) -> Self:
        """Make a measure without a value, with the reason.

        Parameters
        ----------
        unit : str
            Unit that the value would have.
        reason : str
            Why there is no value.
        n : int
            Number of strides, repetitions or frames there were.
        warnings : tuple of str
            What a reader should know besides.

        Returns
        -------
        Measure
        """
        return cls(value=None, unit=unit, n=n, reason=reason, warnings=warnings)


class Event(Contract):
    """Something that happened at one moment.

    Parameters
    ----------
    name : str
        What happened (``initial_contact``).
    time_s : float
        Time on the recording's clock; may lie between two frames.
    side : {"left", "right"} or None
        Side of the body; None if it concerns the whole body.
    confidence : float or None
        0 to 1. None: not known.
    standard_error_s : float or None
        Standard deviation of the time around the truth, seconds. None: not known.
    warnings : tuple of str
        What a reader of this event should know.
    """

    name: Name
    time_s: FiniteFloat
    side: Side | None = None
    confidence: Share | None = None
    standard_error_s: Annotated[FiniteFloat, Field(ge=0.0)] | None = None
    warnings: tuple[Text, ...] = ()


class Column(Contract):
    """Heading of a table's column.

    Parameters
    ----------
    name : str
        Name of the column, unique within the table.
    unit : str or None
        Unit of the cells; None for text and for plain counts.
    """

    name: Name
    unit: Text | None = None


class Table(Contract):
    """Rows of numbers and text: one per stride, per repetition or per percent of the cycle.

    Parameters
    ----------
    columns : tuple of Column
        Headings of the columns.
    rows : tuple of tuple
        One cell per column in each row. None means missing.

    Examples
    --------
    >>> cells = {"side": (None, ["left", "right"]), "time": ("s", [1.1, float("nan")])}
    >>> table = Table.from_columns(cells)
    >>> table.rows
    (('left', 1.1), ('right', None))
    >>> table.column("time")
    array([1.1, nan])
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError("column names must be unique")
        if any(len(row) != len(names) for row in self.rows):
            raise ValueError(f"every row must have {len(names)} cells")
        return self

    @classmethod
    def from_columns(cls, columns: Mapping[str, tuple[str | None, ArrayLike]]) -> Self:
        """Make a table from arrays.

        Parameters
        ----------
        columns : mapping of str to (str or None, array-like of shape (R,))
            Unit and cells of each column, by name. NaN becomes None.

        Returns
        -------
        Table
        """
        cells = [_cells(values) for _, values in columns.values()]
        return cls(
            columns=tuple(Column(name=name, unit=unit) for name, (unit, _) in columns.items()),
            rows=tuple(zip(*cells, strict=True)),
        )

    def column(self, name: str) -> NDArray[Any]:
        """Return the cells of one column.

        Parameters
        ----------
        name : str
            Name of the column.

        Returns
        -------
        ndarray, shape (R,)
            float64 with NaN for missing cells if the cells are numbers, objects otherwise.

        Raises
        ------
        KeyError
            If there is no such column.
        """
        names = [column.name for column in self.columns]
        if name not in names:
            raise KeyError(f"there is no column {name!r}; the columns are {', '.join(names)}")
        cells = [row[names.index(name)] for row in self.rows]
        numeric = not any(isinstance(cell, (str, bool)) for cell in cells)
        return np.array(cells, dtype=np.float64 if numeric else object)

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Return the cells of a column of numbers that a table may lack.

        Parameters
        ----------
        name : str
            Name of the column.

        Returns
        -------
        ndarray, shape (R,)
            NaN for missing cells, and everywhere if there is no such column.
        """
        if any(column.name == name for column in self.columns):
            return np.asarray(self.column(name), dtype=np.float64)
        return np.full(len(self.rows), np.nan)

    def to_frame(self) -> pd.DataFrame:
        """Return the table as a data frame; ``attrs["units"]`` has the units by column.

        Returns
        -------
        pandas.DataFrame
            Numbers are float64 with NaN for missing cells; text is text, missing None.

        Examples
        --------
        >>> table = Table.from_columns({"side": (None, ["left", "right"]), "time": ("s", [1.1, 1])})
        >>> frame = table.to_frame()
        >>> frame["time"].mean().round(2), frame.attrs["units"]
        (np.float64(1.05), {'time': 's'})
        """
        import pandas as pd

        frame = pd.DataFrame({each.name: self.column(each.name) for each in self.columns})
        frame.attrs["units"] = {each.name: each.unit for each in self.columns if each.unit}
        return frame

    def __repr__(self) -> str:
        names = ", ".join(column.name for column in self.columns)
        return f"<Table: {len(self.rows)} rows of {names}>"

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(max_rows=20))


class Choice(Contract):
    """A method that the caller chose, or that the recording allowed.

    Parameters
    ----------
    method : str
        Name of the method.
    confidence : float or None
        0 to 1. None: not known.
    warnings : tuple of str
        What a reader should know about the choice.
    """

    method: Text
    confidence: Share | None = None
    warnings: tuple[Text, ...] = ()


class InputFile(Contract):
    """A file that a report was made from. Path and name are left out: they identify patients.

    Parameters
    ----------
    kind : str
        ``predictions``, ``c3d``, ``trc`` …
    sha256 : str
        SHA-256 of the file, 64 hexadecimal digits.
    """

    kind: Name
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ReportProvenance(Contract):
    """What a report was made from: enough to reproduce it.

    Parameters
    ----------
    neuropose_version : str
        Version of NeuroPose.
    versions : mapping of str to str
        Versions of Python and of the libraries that affect the numbers.
    inputs : tuple of InputFile
        The files, if it was made from files.
    predictions : Provenance or None
        Provenance of the poses; None if they come from no model, or it is not known.
    """

    neuropose_version: str
    versions: Mapping[str, str] = {}
    inputs: tuple[InputFile, ...] = ()
    predictions: Provenance | None = None


class Report(Contract):
    """The measures of one task for one subject in one recording.

    The same input gives the same report, and the same report the same bytes in a file: it holds
    no time of day, no path and no file name.

    Parameters
    ----------
    task : str
        ``gait``, ``reach`` …
    subject : Subject or None
        How the person was chosen; None if the recording holds only one person.
    measures : mapping of str to Measure
        By name; ``docs/reference/measures.md`` defines each.
    tables : mapping of str to Table
        What the measures were computed from (``strides``, ``repetitions``), and curves.
    events : tuple of Event
        Ascending in time.
    parameters : mapping
        Every setting, by name; numbers, text, lists and mappings.
    preparation : tuple of mapping
        What was done to the trajectories before anything was measured, step by step.
    choices : mapping of str to Choice
        Methods that were chosen (``vertical``, ``heading``, ``knee_flexion``), and their
        confidence.
    assumptions : mapping of str to Assumption
        What the numbers rest on (``camera``, ``vertical``, ``rate``, ``unit``, ``subject``), and
        whether it was given, read from the file or assumed. What does not apply is left out.
    warnings : tuple of str
        What a reader of any of the measures should know.
    provenance : ReportProvenance
        What the report was made from.

    Examples
    --------
    >>> report = Report(
    ...     task="reach",
    ...     measures={"movement_time": Measure.missing("s", "the hand never moved")},
    ...     provenance=ReportProvenance(neuropose_version="0.1.0"),
    ... )
    >>> report.measures["movement_time"].value is None
    True
    """

    schema_version: Literal[1] = REPORT_SCHEMA_VERSION
    task: Name
    subject: Subject | None = None
    measures: Mapping[Name, Measure]
    tables: Mapping[Name, Table] = {}
    events: tuple[Event, ...] = ()
    parameters: Mapping[str, Any] = {}
    preparation: tuple[Mapping[str, Any], ...] = ()
    choices: Mapping[Name, Choice] = {}
    assumptions: Mapping[Name, Assumption] = {}
    warnings: tuple[Text, ...] = ()
    provenance: ReportProvenance

    @model_validator(mode="after")
    def _check(self) -> Self:
        times = [event.time_s for event in self.events]
        if times != sorted(times):
            raise ValueError("events must be in order of time")
        _check_plain(self.parameters, "parameters")
        for number, step in enumerate(self.preparation):
            _check_plain(step, f"preparation[{number}]")
        return self

    def to_frame(self) -> pd.DataFrame:
        """Return the measures as a data frame, a row each.

        Returns
        -------
        pandas.DataFrame
            Indexed by ``measure``, with the columns ``quantity`` and ``side`` (the name in two
            parts; None: of the whole body), ``value`` (NaN: see ``reason``), ``unit``, ``n``,
            ``sd``, ``cv_percent``, ``confidence``, ``standard_error``, ``interval_low`` and
            ``interval_high`` (NaN: not known), ``reason`` and ``warnings``.

        Examples
        --------
        >>> report = Report(
        ...     task="gait",
        ...     measures={"stance_left": Measure(value=61.0, unit="%", n=9)},
        ...     provenance=ReportProvenance(neuropose_version="0.1.0"),
        ... )
        >>> report.to_frame().loc["stance_left", ["quantity", "side", "unit"]].tolist()
        ['stance', 'left', '%']
        """
        import pandas as pd

        rows = []
        for name, measure in self.measures.items():
            low, high = measure.interval or (None, None)
            quantity, _, side = name.rpartition("_")
            is_sided = side in ("left", "right")
            rows.append(
                {
                    "measure": name,
                    "quantity": quantity if is_sided else name,
                    "side": side if is_sided else None,
                    **measure.model_dump(exclude={"interval", "warnings"}),
                    "interval_low": low,
                    "interval_high": high,
                    "warnings": "; ".join(measure.warnings) or None,
                }
            )
        columns = ["measure", "quantity", "side", *_MEASURE_COLUMNS, "warnings"]
        frame = pd.DataFrame(rows, columns=columns).set_index("measure")
        return frame.astype(dict.fromkeys(_NUMBERS, "float64"))

    def cycles_frame(self) -> pd.DataFrame:
        """Return the mean curves over the cycle as a data frame, to be plotted as it is.

        Returns
        -------
        pandas.DataFrame
            Indexed by ``percent`` of the cycle; the columns have the levels ``angle``, ``side`` and
            ``statistic`` (``mean``, ``sd``, ``standard_error``), in degrees. Curves of every single
            cycle: `neuropose.analyzer.cycles_frame`.

        Raises
        ------
        KeyError
            If the report has no curves; those of gait have.

        Examples
        --------
        >>> from neuropose.analyzer import analyze_gait, gait_report
        >>> from neuropose.testing import simulate_walk, walker_sequence
        >>> report = gait_report(analyze_gait(walker_sequence(simulate_walk())))
        >>> curves = report.cycles_frame()
        >>> int(curves["knee_flexion", "left", "mean"].idxmax())
        71
        """
        import pandas as pd

        if "cycles" not in self.tables:
            raise KeyError(f"a report of {self.task} has no curves over the cycle")
        frame = self.tables["cycles"].to_frame().set_index("percent")
        levels = []
        for name in frame.columns:
            rest, _, side = str(name).rpartition("_")
            statistic = next(each for each in _STATISTICS if rest.endswith(f"_{each}"))
            levels.append((rest.removesuffix(f"_{statistic}"), side, statistic))
        frame.columns = pd.MultiIndex.from_tuples(levels, names=["angle", "side", "statistic"])
        return frame.sort_index(axis="columns")

    def __repr__(self) -> str:
        values = sum(measure.value is not None for measure in self.measures.values())
        return (
            f"<Report of {self.task}: {values} of {len(self.measures)} measures have a value, "
            f"{len(self.warnings)} warnings, tables {', '.join(self.tables) or 'none'}>"
        )

    def _repr_html_(self) -> str:
        warnings = "".join(f"<li>{html.escape(warning)}</li>" for warning in self.warnings)
        head = f"<p>Report of <b>{html.escape(self.task)}</b></p><ul>{warnings}</ul>"
        return head + str(self.to_frame().to_html(max_rows=60, na_rep="–"))


_STATISTICS = ("mean", "sd", "standard_error")
_NUMBERS = (
    *("value", "sd", "cv_percent", "confidence", "standard_error"),
    *("interval_low", "interval_high"),
)
_MEASURE_COLUMNS = ("value", "unit", "n", *_NUMBERS[1:], "reason")


def _cells(values: ArrayLike) -> list[Any]:
    cells = np.asarray(values).tolist()
    return [None if isinstance(cell, float) and math.isnan(cell) else cell for cell in cells]


def _check_plain(value: object, where: str) -> None:
    """Reject what JSON cannot hold, or would load as something else."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise ValueError(f"{where}: {key!r} is not a name")
            _check_plain(inner, f"{where}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _check_plain(inner, f"{where}[{index}]")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{where} must be finite, or null where there is none")
    elif type(value) not in (str, bool, int, float, type(None)):
        raise ValueError(f"{where}: {type(value).__name__} is not a plain value")
