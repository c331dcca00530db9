"""Angles that have no curve over the cycle: what is known of them all the same, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from neuropose.page.plots import cycle_plots
from neuropose.page.wording import has_number, number, words
from neuropose.skeletons.sides import SIDES

if TYPE_CHECKING:
    from neuropose.data import Measure, Report

FEATURES = ("range", "peak")
HEADS = ("degrees", *(f"{side} {each}" for side in SIDES for each in FEATURES))


@dataclass(frozen=True, slots=True)
class RefusedAngle:
    """An angle of which a curve is missing.

    Parameters
    ----------
    title : str
        The angle, in words.
    measures : mapping of (str, str) to Measure or None
        By side and feature (``range``, ``peak``). None: that side has its curve.
    """

    title: str
    measures: Mapping[tuple[str, str], Measure | None]


@dataclass(frozen=True, slots=True)
class RefusedCurves:
    """All angles of which a curve is missing.

    Parameters
    ----------
    angles : tuple of RefusedAngle
        Empty if every angle has its curves.
    reasons : tuple of str
        Why, and what would tell, as sentences; each once.
    """

    angles: tuple[RefusedAngle, ...]
    reasons: tuple[str, ...]

    @property
    def has_numbers(self) -> bool:
        """Whether anything is known of them, if only an interval."""
        return any(has_number(each) for angle in self.angles for each in angle.measures.values())

    def rows(self) -> list[list[str]]:
        """Return what is known as rows of cells.

        Returns
        -------
        list of list of str
            The angle, then range and peak of the left side and the right; ``drawn`` if that side
            has its curve.
        """
        return [
            [
                angle.title,
                *(
                    "drawn" if (found := angle.measures[side, each]) is None else number(found)
                    for side in SIDES
                    for each in FEATURES
                ),
            ]
            for angle in self.angles
        ]


def refused_curves(report: Report) -> RefusedCurves:
    """Return the angles of which a curve is missing.

    Parameters
    ----------
    report : Report
        Of a task with cycles.

    Returns
    -------
    RefusedCurves

    Examples
    --------
    >>> from neuropose.analyzer import analyze_gait, gait_report
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> refused_curves(gait_report(analyze_gait(walker_sequence(simulate_walk())))).angles
    ()
    """
    drawn = {(plot.title, curve.side) for plot in cycle_plots(report) for curve in plot.curves}
    angles: list[RefusedAngle] = []
    reasons: dict[str, None] = {}
    for base in _angles(report):
        title = words(base)
        missing = [side for side in SIDES if (title, side) not in drawn]
        found = {
            (side, feature): report.measures.get(f"{base}_{feature}_{side}")
            for side in missing
            for feature in FEATURES
        }
        if not any(found.values()):
            continue
        angles.append(
            RefusedAngle(
                title,
                {(side, each): found.get((side, each)) for side in SIDES for each in FEATURES},
            )
        )
        of_view = [
            warning
            for side in missing
            if (choice := report.choices.get(f"{side}_{base}")) is not None
            for warning in choice.warnings
        ]
        reasons |= dict.fromkeys(
            measure.reason for measure in found.values() if measure and measure.reason
        ) or dict.fromkeys(of_view)
    return RefusedCurves(tuple(angles), tuple(map(_sentence, reasons)))


def _sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:]}."


def _angles(report: Report) -> list[str]:
    """Return the angles that have a range on a side."""
    names: dict[str, None] = {}
    for name, measure in report.measures.items():
        for side in SIDES:
            end = f"_range_{side}"
            if measure.unit == "deg" and name.endswith(end):
                names[name.removesuffix(end)] = None
    return list(names)
