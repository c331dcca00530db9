"""Names in a cohort's table that may be slips, and what is named in no comparison."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence

from neuropose.study.cohort.table import CohortTrial
from neuropose.study.contract.pipeline import Analysis

_WHOSE = {"subject": "person", "group": "group", "session": "session", "condition": "condition"}
_FOLDS: Mapping[str, Callable[[str], str]] = {
    "upper and lower case": str.casefold,
    "spaces": lambda name: "".join(name.split()),
    "hyphens or underscores": lambda name: re.sub(r"[-_\N{HYPHEN}-\N{EM DASH}]", "", name),
}
"""What two spellings of one name may differ in, and how it is taken out of a name."""


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
        alike: dict[str, list[str]] = {}
        for name in sorted({getattr(trial, column) for trial in trials} - {None}):
            alike.setdefault(_folded(name), []).append(name)
        for names in alike.values():
            if len(names) > 1:
                differ = [
                    what for what in _FOLDS if len({_folded(name, but=what) for name in names}) > 1
                ]
                said = " and ".join(differ) or "how their letters are encoded"
                yield f"{column}s {_quoted(names)} differ only in {said}: one {one}?"


def _folded(name: str, *, but: str | None = None) -> str:
    """Return a name without what spellings differ in, or with one of these."""
    folded = unicodedata.normalize("NFKC", name)
    for what, fold in _FOLDS.items():
        folded = folded if what == but else fold(folded)
    return folded


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
        of = _quoted(tuple(dict.fromkeys(names)))
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


def _quoted(names: Sequence[str]) -> str:
    *most, last = map(repr, names)
    return f"{', '.join(most)} and {last}" if most else last
