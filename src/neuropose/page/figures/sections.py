"""The sections of a page that consist of figures: what they are called and what is said of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from neuropose.data import Report
from neuropose.page.figures.classifier import calibration_drawings, roc_drawings
from neuropose.page.figures.drawing import Drawing
from neuropose.page.figures.forest import drawing as forest_drawing
from neuropose.page.figures.forest import forest
from neuropose.page.figures.person import cycle_drawings, history_drawings, names_of

SHOWN = ("classification_roc", "cycle_values", "cycle_means", "change")
"""Tables that are drawn or have a section of their own, and are not shown as tables."""


@dataclass(frozen=True, slots=True)
class FigureSection:
    """Figures under one title.

    Parameters
    ----------
    key : str
        Of the section, unique on a page.
    title, text : str
        What they are, and how to read them.
    drawings : tuple of Drawing
        One or more.
    names : tuple of str
        What the colours of the first and the second mean; empty if these are not used.
    """

    key: str
    title: str
    text: str
    drawings: tuple[Drawing, ...]
    names: tuple[str, ...] = ()


def figure_sections(report: Report) -> Iterator[FigureSection]:
    """Return the sections of figures that a report has.

    Parameters
    ----------
    report : Report
        The report.

    Yields
    ------
    FigureSection
        In the order of the page.
    """
    effects = forest(report)
    drawn = (
        FigureSection(
            "effects",
            "Between the groups",
            "Effects with their 95 % intervals. The numbers that they come from are in the tables "
            "below.",
            () if effects is None else (forest_drawing(effects),),
        ),
        FigureSection(
            "roc",
            "How well the classifier tells the groups apart",
            "Each trial was predicted by a classifier that had not seen its subject. The curve "
            "shows, for every threshold, how many of the group and of the others are above it; the "
            "straight line is chance.",
            tuple(roc_drawings(report)),
        ),
        FigureSection(
            "calibration",
            "Whether its probabilities can be believed",
            "How often a trial was of the group, by the probability that was predicted for it; "
            "larger dots are more trials. On the straight line the two are the same.",
            tuple(calibration_drawings(report)),
        ),
        FigureSection(
            "cycle_values",
            "Cycle by cycle",
            "A dot is a stride, a rise or a repetition that counts, in the order of the recording; "
            "the lines are the means.",
            tuple(cycle_drawings(report)),
            names_of(report),
        ),
        FigureSection(
            "history",
            "Over time",
            "The grey band lies about the first value: a change within it cannot be told from "
            "error, and a dot beyond it has its own colour. Bars are 95 % intervals of the single "
            "values, of measuring and of how the person varies from one stride or repetition to "
            "the next.",
            tuple(history_drawings(report)),
        ),
    )
    yield from (section for section in drawn if section.drawings)
