"""Names in a cohort's table that may be slips, and what is named in no comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from neuropose.spellings import doubtful_spellings, quoted
from neuropose.study.cohort.table import CohortTrial
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
