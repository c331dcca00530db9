"""One mean per subject of two groups, over sessions and conditions that all of them have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.study.cohort.table import CohortTrial
from neuropose.study.contract.cohort import Statistics

Array = NDArray[np.float64]
_Cell = tuple[str | None, str | None]
_OF_MOST = 0.5
"""Share of the subjects who have a session, from which on every subject must have it. Otherwise one
subject with a session more would be the only one who is compared."""


@dataclass(frozen=True, eq=False)
class BalancedMeans:
    """Means of the subjects of two groups.

    Parameters
    ----------
    first, second : ndarray, shape (subjects, ...)
        A mean per subject, ordered by name.
    dropped : int
        Subjects of both groups who are left out.
    means_of : str or None
        Sessions and conditions that the means are over; None: there are none, or each subject's
        are their own.
    warnings : tuple of str
        Who was left out and why, which sessions are missing unequally, and which do not count.
    """

    first: Array
    second: Array
    dropped: int
    means_of: str | None
    warnings: tuple[str, ...]


def balanced_means(values: Sequence[tuple[CohortTrial, Array]], how: Statistics) -> BalancedMeans:
    """Average the trials of each subject so that groups differ in nothing but their subjects.

    A subject's mean is the mean of the means in each session and condition. Where everybody is
    faster after a treatment, a group that lacks that session would seem slower: only subjects who
    have all of them are compared.

    Parameters
    ----------
    values : sequence of (CohortTrial, ndarray)
        A number or curve of each trial. NaN in it: not available.
    how : Statistics
        Its ``groups``; of its ``sessions`` and ``conditions`` only those that it states count.

    Returns
    -------
    BalancedMeans

    Notes
    -----
    The sessions (with conditions) are those that at least half of the subjects have. If there is
    none, as where every subject has a date of their own, each subject's mean is over their own
    sessions, with a warning.
    """
    groups = how.groups or ("", "")
    whose = {trial.subject: trial.group for trial, _ in values if trial.group in groups}
    found: dict[str, dict[_Cell, list[Array]]] = {subject: {} for subject in sorted(whose)}
    for trial, value in values:
        if trial.subject in whose and _counts(trial, how) and np.isfinite(value).all():
            cell = (trial.session, trial.condition)
            found[trial.subject].setdefault(cell, []).append(value)
    having = Counter(cell for cells in found.values() for cell in cells)
    most = _OF_MOST * sum(bool(cells) for cells in found.values())
    shared = [cell for cell in _in_order(having, how) if having[cell] >= most]
    means: dict[str, Array] = {}
    for subject, cells in found.items():
        if cells and cells.keys() >= set(shared):
            means[subject] = np.mean([np.mean(cells[each], axis=0) for each in shared or cells], 0)
    first, second = (
        np.array([mean for subject, mean in means.items() if whose[subject] == group])
        for group in groups
    )
    labels = [_label(cell) for cell in shared]
    return BalancedMeans(
        first=first,
        second=second,
        dropped=len(whose) - len(means),
        means_of=None if shared in ([], [(None, None)]) else ", ".join(labels),
        warnings=(
            *_left_out(groups, whose, means, labels),
            *(_unequal(groups, whose, found, shared) if len(having) > 1 else ()),
            *_not_counted([_label(cell) for cell in having if cell not in shared], bool(shared)),
        ),
    )


def _counts(trial: CohortTrial, how: Statistics) -> bool:
    return (how.sessions is None or trial.session in how.sessions) and (
        how.conditions is None or trial.condition in how.conditions
    )


def _in_order(cells: Counter[_Cell], how: Statistics) -> list[_Cell]:
    """Return sessions and conditions as they are stated, or else by name."""
    stated = (how.sessions or (), how.conditions or ())

    def place(cell: _Cell) -> tuple[tuple[int, str], ...]:
        return tuple(
            (next((at for at, name in enumerate(names) if name == each), len(names)), each or "")
            for names, each in zip(stated, cell, strict=True)
        )

    return sorted(cells, key=place)


def _label(cell: _Cell) -> str:
    return " ".join(each for each in cell if each is not None) or "no session"


def _left_out(
    groups: Sequence[str], whose: Mapping[str, str], means: Mapping[str, Array], labels: list[str]
) -> Iterator[str]:
    if len(means) == len(whose):
        return
    out = Counter(whose[subject] for subject in whose if subject not in means)
    of = Counter(whose.values())
    each = " and ".join(f"{out[group]} of {of[group]} of {group}" for group in groups)
    lacking = f" in one of {', '.join(labels)}" if len(labels) > 1 else ""
    only = f" in {labels[0]}" if len(labels) == 1 and labels != ["no session"] else ""
    yield f"subjects without a value{lacking or only} are left out: {each}"


def _unequal(
    groups: Sequence[str],
    whose: Mapping[str, str],
    found: Mapping[str, Mapping[_Cell, list[Array]]],
    shared: Sequence[_Cell],
) -> Iterator[str]:
    """Name what one group lacks more often than one subject more or less would explain."""
    of = Counter(whose.values())
    sizes = [of[group] for group in groups]
    if not all(sizes):
        return
    for cell in shared:
        lack = Counter(whose[subject] for subject, cells in found.items() if cell not in cells)
        one, other = (lack[group] / size for group, size in zip(groups, sizes, strict=True))
        if abs(one - other) > 1.0 / min(sizes):
            each = " and ".join(
                f"{lack[group]} of {size} of {group}"
                for group, size in zip(groups, sizes, strict=True)
            )
            yield f"missing unequally: {_label(cell)} is not known of {each}"


def _not_counted(others: list[str], shared: bool) -> Iterator[str]:
    if others and shared:
        yield f"fewer than half of the subjects have {', '.join(sorted(others))}: it does not count"
    elif others:
        yield (
            "no session is shared by half of the subjects: the mean of each is over their own, "
            "and how sessions differ is in the difference between the groups"
        )
