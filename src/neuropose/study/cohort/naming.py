"""Names in a cohort's table that may be slips, and what is named in no comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from neuropose.errors import did_you_mean
from neuropose.spellings import doubtful_spellings, quoted
from neuropose.study.cohort.table import CohortTrial
from neuropose.study.cohort.values import MeasuredTrial
from neuropose.study.contract.pipeline import Analysis

_WHOSE = {"subject": "person", "group": "group", "session": "session", "condition": "condition"}


def doubtful_names(trials: Sequence[CohortTrial], analysis: Analysis) -> tuple[str, ...]:
    """Return what a reader should know of the names in a cohort's table; none is changed.

    Parameters
    ----------
    trials : sequence of CohortTrial
        All rows of the table.
    analysis : Analysis
        What is compared.

    Returns
    -------
    tuple of str
        Names that differ only in their spelling, and sessions, conditions and groups that none of
        the comparisons is about.
    """
    return (*_spellings(trials), *_left_out(trials, analysis))


def unknown_measures(trials: Sequence[MeasuredTrial], analysis: Analysis) -> Iterator[str]:
    """Tell the measures that are to be compared and that no recording has, not even with a reason.

    Parameters
    ----------
    trials : sequence of MeasuredTrial
        Trials that did not fail.
    analysis : Analysis
        What is compared.

    Yields
    ------
    str
    """
    known = dict.fromkeys(name for each in trials for name in each.report.measures)
    for name in analysis.statistics.measures if analysis.statistics and known else ():
        if name not in known:
            meant = did_you_mean(name, known, most=3, instead="the table trial_measures has all")
            yield f"there is no measure {name!r} in any recording: {meant}"


def _spellings(trials: Sequence[CohortTrial]) -> Iterator[str]:
    for column, one in _WHOSE.items():
        names = {getattr(trial, column) for trial in trials} - {None}
        yield from doubtful_spellings(names, column, one)


def _left_out(trials: Sequence[CohortTrial], analysis: Analysis) -> Iterator[str]:
    how, classified = analysis.statistics, analysis.classification
    if how is None:
        return
    groups: Sequence[str] | None = how.groups
    if groups is not None and classified is not None:
        groups = None if classified.groups is None else (*groups, *classified.groups)
    compared = {
        "group": groups,
        "session": (*(how.sessions or ()), *(how.agreement or ())),
        "condition": how.conditions,
    }
    for column, names in compared.items():
        if not names:
            continue
        given = [getattr(trial, column) for trial in trials]
        of = quoted(tuple(dict.fromkeys(names)))
        for name in sorted({*given} - {None, *names}):
            yield (
                f"{column} {name!r} ({given.count(name)} of {len(given)} trials) is in no "
                f"comparison of {column}s: those are of {of}"
            )
        if None in given:
            yield (
                f"{given.count(None)} of {len(given)} trials have no {column}, and are in no "
                f"comparison of {column}s"
            )
