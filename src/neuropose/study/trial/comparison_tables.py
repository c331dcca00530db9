"""Reported results of compared cycles: a row per pair, and means over the pairs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuropose.analyzer.compare.dtw import DtwResult
from neuropose.analyzer.compare.dtw.representation import Represented
from neuropose.analyzer.tasks.gait import summarise
from neuropose.data import Measure, Table
from neuropose.features import Segment
from neuropose.skeletons.sides import SIDES
from neuropose.study.contract.comparison import Dtw

UNITS = {"angles": "deg", "coords": "mm", "velocities": "mm/s"}
_PAIR = ("side", "first", "second")
_RESULT = ("distance", "normalized_distance", "timing_difference", "reason", "warnings")


@dataclass(frozen=True)
class Comparison:
    """Result of a comparison.

    Parameters
    ----------
    tables : mapping of str to Table
        ``dtw``, a row per pair; ``dtw_per_joint``, a row per pair and joint or angle, if requested.
    measures : mapping of str to Measure
        By side: the means over the pairs, and the number of cycles without a partner.
    warnings : tuple of str
        What the reader should know before using the values.
    """

    tables: dict[str, Table]
    measures: dict[str, Measure]
    warnings: tuple[str, ...]


class ComparisonTables:
    """Rows and warnings of a comparison, collected as they come.

    Parameters
    ----------
    how : Dtw
        Settings of the comparison.
    """

    def __init__(self, how: Dtw) -> None:
        unit = UNITS[how.representation]
        self._unit = f"({unit})²" if how.cost == "squared" else unit
        self._per_joint = how.per_joint
        self._rows: list[dict[str, Any]] = []
        self._joint_rows: list[dict[str, Any]] = []
        self._measures: dict[str, Measure] = {}
        self._warnings: dict[str, list[str]] = {}

    def add(
        self,
        side: str | None,
        one: Segment,
        other: Segment,
        result: DtwResult | None,
        reason: str | None,
        signals: Sequence[Represented] = (),
        name: str | None = None,
    ) -> None:
        """Add a pair.

        Parameters
        ----------
        side : str or None
            ``left`` or ``right``. None: whole trials, which have no side.
        one, other : Segment
            Cycles that were compared.
        result : DtwResult or None
            Result of the pair. None: there is none, for the `reason`.
        reason : str or None
            Why the pair cannot be compared. None: it can.
        signals : sequence of Represented
            Signals that were compared.
        name : str or None
            Joint or angle that was compared. None: all together.
        """
        row: dict[str, Any] = {"side": side, "first": one.number, "second": other.number}
        row |= {"reason": reason}
        if result is not None:
            row |= {
                "distance": result.distance,
                "normalized_distance": result.normalized_distance,
                "timing_difference": timing_difference_percent(result, signals, (one, other)),
                "warnings": "; ".join(result.warnings) or None,
            }
        if name is not None:
            self._joint_rows.append(row | {"name": name})
            return
        self._rows.append(row)
        where = f"{'cycles' if side is None else side} {one.number} and {other.number}"
        for warning in result.warnings if result is not None else ():
            self._warnings.setdefault(warning, []).append(where)

    def warn(self, *warnings: str) -> None:
        """Add warnings that apply to all pairs.

        Parameters
        ----------
        *warnings : str
            Warnings to add.
        """
        self._warnings |= {warning: [] for warning in warnings}

    def summarise(self, side: str | None, first: int, second: int, reason: str) -> None:
        """Add the means over the pairs of a side.

        Parameters
        ----------
        side : str or None
            ``left`` or ``right``. None: whole trials, which have no side.
        first, second : int
            Number of cycles of each recording or side.
        reason : str
            Reason if there is no pair.
        """
        end = f"_{side}" if side in SIDES else ""
        rows = [row for row in self._rows if row["side"] == side]
        why = next((row["reason"] for row in rows if row["reason"]), reason)
        for name, unit in (("normalized_distance", self._unit), ("timing_difference", "%")):
            values = [row.get(name, np.nan) for row in rows]
            self._measures[f"dtw_{name}{end}"] = summarise(values, unit, reason=why)
        self._measures[f"unpaired_cycles{end}"] = Measure(
            value=float(abs(first - second)), unit="1", n=first + second
        )

    def comparison(self, known: Collection[str]) -> Comparison:
        """Assemble the result.

        Parameters
        ----------
        known : collection of str
            Warnings that the report already has.

        Returns
        -------
        Comparison
        """
        tables = {"dtw": self._table(self._rows, (*_PAIR, *_RESULT))}
        if self._per_joint:
            tables["dtw_per_joint"] = self._table(self._joint_rows, (*_PAIR, "name", *_RESULT))
        warnings = tuple(
            f"dtw: {text} ({', '.join(where)})" if where else f"dtw: {text}"
            for text, where in self._warnings.items()
            if text not in known
        )
        return Comparison(tables, self._measures, warnings)

    def _table(self, rows: list[dict[str, Any]], names: Sequence[str]) -> Table:
        units = {"distance": self._unit, "normalized_distance": self._unit}
        units["timing_difference"] = "%"
        return Table.from_columns(
            {
                name: (units.get(name), np.array([row.get(name) for row in rows], dtype=object))
                for name in names
            }
        )


def timing_difference_percent(
    result: DtwResult, signals: Sequence[Represented], cycles: Sequence[Segment]
) -> float:
    """Measure the difference in timing of corresponding moments within their cycles.

    Parameters
    ----------
    result : DtwResult
        Result of the comparison, with its path.
    signals : sequence of Represented
        Signals that were compared.
    cycles : sequence of Segment
        The two cycles of the pair.

    Returns
    -------
    float
        Percent of the cycle, mean along the path; 0 if the timing within the cycle is the same.
    """
    assert result.path is not None
    one, other = (
        (each.time_s[frames - each.first] - cycle.start_s) / (cycle.end_s - cycle.start_s)
        for each, frames, cycle in zip(signals, result.path.T, cycles, strict=True)
    )
    return float(100.0 * np.abs(one - other).mean())
