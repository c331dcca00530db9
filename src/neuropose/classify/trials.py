"""Trials to classify: their values, subjects and groups, checked once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from neuropose.classify.columns import (
    IGNORED,
    MARK,
    NOT_ASKED_FOR,
    Doubt,
    doubt_of_name,
    doubt_of_texts,
    doubts_of_values,
)
from neuropose.classify.same_settings import MEASURED_WITH, settings_mark
from neuropose.errors import FeatureTableError
from neuropose.spellings import folded

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["features", "distances", "series"]
"""Kind of values: a row of features, distances to the trials trained on, or curves."""

_SYMMETRY = 1e-9
_SHOWN = 5


@dataclass(frozen=True, eq=False, slots=True)
class Trials:
    """Trials, one per row.

    Parameters
    ----------
    kind : {"features", "distances", "series"}
    values : ndarray of float64, shape (N, F), or (N, F, T) for series
        NaN: missing.
    features : tuple of str
        Names of the F features, of the trials that distances are to, or of the channels.
    names : tuple of str
        Names of the trials.
    subjects : tuple of str
        Subject of each trial.
    labels : tuple of str or None
        Group of each trial. None: to be predicted.
    measured_with : str or None
        Mark of the settings that the numbers were measured with. None: not known.
    left_out : mapping of str to str
        Columns of the table that are not features, and why.
    """

    kind: Kind
    values: NDArray[np.float64]
    features: tuple[str, ...]
    names: tuple[str, ...]
    subjects: tuple[str, ...]
    labels: tuple[str, ...] | None
    measured_with: str | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        values = np.array(self.values, dtype=np.float64, order="C")  # never the caller's own
        values.flags.writeable = False
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "left_out", dict(self.left_out))
        _check(self)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def sha256(self) -> str:
        """Hash of all contents; the order of the trials matters."""
        digest = hashlib.sha256()
        for texts in ((self.kind,), self.features, self.names, self.subjects, self.labels or ()):
            digest.update(repr(texts).encode())
        digest.update(repr(self.values.shape).encode())
        digest.update(self.values.astype("<f8").tobytes())
        if self.measured_with is not None:  # without one, the hash of earlier versions
            digest.update(repr(self.measured_with).encode())
        return digest.hexdigest()

    def of(self, rows: NDArray[Any], columns: NDArray[Any] | None = None) -> NDArray[np.float64]:
        """Return the values of some trials.

        Parameters
        ----------
        rows : ndarray
            Indices of the trials.
        columns : ndarray, optional
            For distances, indices of the trials that they are to.

        Returns
        -------
        ndarray of float64
        """
        if self.kind == "distances" and columns is not None:
            return np.asarray(self.values[np.ix_(rows, columns)])
        return np.asarray(self.values[rows])


def kind_of_table(
    table: pd.DataFrame, kinds: Sequence[Kind], *, trial: str | None, roles: Sequence[str] = ()
) -> Kind:
    """Return the kind of trials in a table, which must be evident from the table.

    Parameters
    ----------
    table : pandas.DataFrame
        Table as for `trials_from_table`.
    kinds : sequence of {"features", "distances", "series"}
        Kinds that the model takes, see `MODELS`.
    trial : str or None
        Column of the trial's name.
    roles : sequence of str
        Other columns that are not values of a trial: subject, group, and those to ignore.

    Returns
    -------
    {"features", "distances", "series"}
        The only possible one. Otherwise ``distances`` if columns are named like trials,
        ``series`` if trials have several rows.

    Raises
    ------
    FeatureTableError
        If both or neither apply, or there are no names of trials.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"trial": ["p", "p", "q", "q"], "knee_deg": [1.0, 2.0, 1.0, 3.0]})
    >>> kind_of_table(table, ("distances", "series"), trial="trial")
    'series'
    """
    if len(kinds) == 1:
        return kinds[0]
    if trial is None:
        raise FeatureTableError(
            f"{' and '.join(kinds)} need a column with the names of the trials",
            hint="name it with `trial` (--trial)",
        )
    if trial not in table.columns:
        raise FeatureTableError(
            f"there is no column {trial!r}", hint=f"there are {_some(list(table.columns))}"
        )
    names = _texts(table, trial)
    numbers = {str(name) for name in table.columns if name not in (trial, *roles)}
    like_trials = sorted(numbers & set(names))
    several = len(set(names)) < len(names)
    if like_trials and several:
        raise FeatureTableError(
            f"trials have several rows, as series have, but columns are named like trials, as of "
            f"distances: {_some(like_trials)}",
            hint="give one row per trial for distances; for series rename the columns",
        )
    if not like_trials and not several:
        raise FeatureTableError(
            "neither series nor distances: every trial has one row, and no column is named like "
            "a trial",
            hint="give one row per sample for series, or one column per trial for distances",
        )
    return "series" if several else "distances"


def trials_from_table(
    table: pd.DataFrame,
    *,
    subject: str,
    label: str | None,
    trial: str | None = None,
    kind: Kind = "features",
    ignore: Sequence[str] = (),
    features: Sequence[str] | None = None,
) -> Trials:
    """Build trials from a tidy table.

    Parameters
    ----------
    table : pandas.DataFrame
        ``features``: one row per trial, stride or repetition, one column per feature.
        ``distances``: one row per trial, one column for each trial that the distances are to, under
        its name. ``series``: one row per sample, in the order of time; one column per channel.
    subject, label : str
        Columns of the subject and of the group. If `label` is None, there is no group.
    trial : str, optional
        Column of the trial's name; needed for distances and series.
    kind : {"features", "distances", "series"}
    ignore : sequence of str
        Columns that are not features.
    features : sequence of str, optional
        Columns that are features. Default: all others that can be.

    Returns
    -------
    Trials
        `Trials.left_out` says which columns are not features, and why.

    Raises
    ------
    FeatureTableError
        If a column is missing or not numeric, or a subject or group is missing; if names of two
        subjects or groups differ only in spaces, case or encoding; if rows were measured with
        different settings; or if one of `features` is an identifier, a counter, a
        file, provenance, or constant.

    Notes
    -----
    Never a feature: columns whose name marks an identifier, a row number, a time, a file or
    provenance; constant columns; and, if there are groups to learn, columns that count the rows of
    the table, of its subjects or of its samples. Left out unless named in `features`: other whole
    numbers that look like identifiers. See `neuropose.classify.columns`.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame(
    ...     {"trial": [1, 2], "who": ["a", "b"], "group": ["x", "y"], "speed_m_s": [1.1, 0.7]}
    ... )
    >>> trials = trials_from_table(table, subject="who", label="group")
    >>> trials.features, trials.subjects, trials.labels
    (('speed_m_s',), ('a', 'b'), ('x', 'y'))
    >>> dict(trials.left_out)
    {'trial': 'says what or whom a row is of'}
    """
    if kind != "features" and trial is None:
        raise FeatureTableError(
            f"{kind} need a column with the names of the trials", hint="name it with `trial`"
        )
    roles = [name for name in (subject, label, trial) if name is not None]
    for name in (*roles, *ignore, *(features or ())):
        if name not in table.columns:
            raise FeatureTableError(
                f"there is no column {name!r}", hint=f"there are {_some(list(table.columns))}"
            )
    both = [name for name in features or () if name in (*roles, *ignore)]
    if both:
        raise FeatureTableError(
            f"{both[0]!r} cannot be a feature: it is the subject, the group, the trial or ignored",
            hint="use it for one purpose only",
        )
    if not table.columns.is_unique:
        raise FeatureTableError("two columns have the same name", hint="name each differently")
    if not len(table):
        raise FeatureTableError("the table has no rows", hint="give one row per trial")
    texts = {name: _texts(table, name) for name in roles}
    for role in (subject, label):
        if role is not None:
            _require_one_spelling(role, texts[role])
    mark = settings_mark(table, roles)
    left_out = {name: IGNORED for name in table.columns if name in ignore}
    if MEASURED_WITH in table.columns and MEASURED_WITH not in roles:
        left_out[MEASURED_WITH] = MARK
    of_trials = set(texts[trial]) if kind == "distances" and trial is not None else set()
    columns = []
    for name in table.columns:
        if name in roles or name in ignore or (name == MEASURED_WITH and features is None):
            continue
        if features is not None and name not in features:
            left_out.setdefault(str(name), NOT_ASKED_FOR)
            continue
        doubt = None if str(name) in of_trials else _doubt_of_column(table, name)
        if doubt is None:
            columns.append(name)
        elif features is not None:
            raise refused(str(name), doubt)
        else:
            left_out[str(name)] = doubt.reason
    numbers = _numbers(table, columns)
    every = [str(name) for name in columns]
    if kind == "series":
        values, names, whose, groups = _series(numbers, texts, subject, label, str(trial))
    else:
        values, whose = numbers, tuple(texts[subject])
        groups = None if label is None else tuple(texts[label])
        rows = [f"row {row + 1}" for row in range(len(table))]
        names = tuple(texts[trial] if trial is not None else rows)
    if groups is not None:
        for name, doubt in doubts_of_values(values, every, whose, groups).items():
            if features is not None and doubt.certain:
                raise refused(name, doubt)
            if features is None and name not in of_trials:
                left_out[name] = doubt.reason
    kept = [column for column, name in enumerate(every) if name not in left_out]
    if not kept:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
        raise FeatureTableError("there are no features", hint=reasons or "the table has none")
    order = [name for name in map(str, table.columns) if name in left_out]
    return Trials(
        kind,
        values[:, kept],
        tuple(every[column] for column in kept),
        names,
        whose,
        groups,
        mark,
        {name: left_out[name] for name in order},
    )


def refused(name: str, doubt: Doubt) -> FeatureTableError:
    """Return the error for a requested column that can never be a feature.

    Parameters
    ----------
    name : str
        Name of the column.
    doubt : Doubt
        Why the column is not a feature.

    Returns
    -------
    FeatureTableError
    """
    return FeatureTableError(
        f"{name!r} cannot be a feature: it {doubt.reason}",
        hint="leave it out; a measurement of that name needs another one",
    )


def _doubt_of_column(table: pd.DataFrame, name: Any) -> Doubt | None:
    """Judge a column by its name, and by its texts if it has no numbers."""
    doubt = doubt_of_name(str(name))
    cells = table[name]
    if doubt is not None or cells.dtype.kind in "fiub":
        return doubt
    if cells.dtype.kind == "M":
        return Doubt("says when a row was recorded")
    return doubt_of_texts(
        [None if missing else str(cell) for cell, missing in zip(cells, cells.isna(), strict=True)]
    )


def _check(trials: Trials) -> None:
    count = len(trials.values)
    axes = 3 if trials.kind == "series" else 2
    if trials.values.ndim != axes or trials.values.shape[1] != len(trials.features):
        raise FeatureTableError(
            f"{len(trials.features)} features, but values of shape {trials.values.shape}",
            hint="give one row per trial and one column per feature",
        )
    if not trials.features:
        raise FeatureTableError("there are no features", hint="name at least one")
    for what in (trials.names, trials.subjects, trials.labels):
        if what is not None and len(what) != count:
            raise FeatureTableError(f"{count} trials, but {len(what)} names, subjects or groups")
    if np.isinf(trials.values).any():
        bad = np.isinf(trials.values).reshape(count, len(trials.features), -1).any(axis=2)
        row, column = np.argwhere(bad)[0]
        raise FeatureTableError(
            f"feature {trials.features[column]!r} of {trials.names[row]!r} is infinite",
            hint="a missing value is empty",
        )
    if trials.kind != "features" and len(set(trials.names)) != count:
        raise FeatureTableError("two trials have the same name", hint="name each differently")
    if trials.kind == "distances":
        _check_distances(trials)


def _check_distances(trials: Trials) -> None:
    values = trials.values
    if np.isnan(values).any() or (values < 0).any():
        raise FeatureTableError(
            "a distance is missing or negative", hint="give one for every pair of trials"
        )
    if set(trials.features) != set(trials.names):
        return  # distances of new trials to those trained on
    if trials.features != trials.names:
        raise FeatureTableError(
            "rows and columns of the distances are in another order",
            hint="give the trials in the same order along both",
        )
    gap = np.abs(values - values.T).max()
    if gap > _SYMMETRY * values.max() or np.diag(values).any():
        raise FeatureTableError(
            "the distances are not symmetric, or not 0 from a trial to itself",
            hint="give the matrix of all distances between the trials",
        )


def _texts(table: pd.DataFrame, name: str) -> list[str]:
    missing = table[name].isna()
    if missing.any():
        row = int(missing.to_numpy().argmax())
        raise FeatureTableError(
            f"{int(missing.sum())} rows have no {name!r}, the first is row {row + 1}",
            hint="name it, or leave those rows out",
        )
    return [str(value) for value in table[name]]


def _require_one_spelling(column: str, names: list[str]) -> None:
    """Refuse a person or group under two names: in two folds, a person tells who they are."""
    spelled: dict[str, str] = {}
    for name in names:
        other = spelled.setdefault(folded(name, but="hyphens or underscores"), name)
        if other != name:
            raise FeatureTableError(
                f"{other!r} and {name!r} in {column!r} differ only in spaces, upper and lower "
                "case, or how their letters are encoded",
                hint="write a name the same in every row, or name different ones differently",
            )


def _numbers(table: pd.DataFrame, columns: list[Any]) -> NDArray[np.float64]:
    words = [str(name) for name in columns if table[name].dtype.kind not in "fiub"]
    if words:
        raise FeatureTableError(
            f"not numbers: {_some(words)}",
            hint="ignore the columns that are not features (--ignore)",
        )
    numbers: NDArray[np.float64] = table[columns].to_numpy(dtype=np.float64, na_value=np.nan)
    return numbers


def _series(
    numbers: NDArray[np.float64],
    texts: dict[str, list[str]],
    subject: str,
    label: str | None,
    trial: str,
) -> tuple[NDArray[np.float64], tuple[str, ...], tuple[str, ...], tuple[str, ...] | None]:
    """Gather series: values (N, F, T), names of the trials, subjects and groups."""
    names = list(dict.fromkeys(texts[trial]))
    places: dict[str, list[int]] = {name: [] for name in names}
    for row, name in enumerate(texts[trial]):
        places[name].append(row)
    lengths = {len(rows) for rows in places.values()}
    if len(lengths) != 1:
        raise FeatureTableError(
            f"series of {min(lengths)} to {max(lengths)} samples",
            hint="bring all trials to the same number of samples first",
        )
    roles: dict[str, tuple[str, ...]] = {}
    for role in (subject, label):
        if role is None:
            continue
        found = [{texts[role][row] for row in places[name]} for name in names]
        if any(len(each) != 1 for each in found):
            name = names[[len(each) != 1 for each in found].index(True)]
            raise FeatureTableError(
                f"trial {name!r} has several of {role!r}", hint="a trial has one subject and group"
            )
        roles[role] = tuple(each.pop() for each in found)
    values = np.stack([numbers[places[name]].T for name in names])
    labels = None if label is None else roles[label]
    return values, tuple(names), roles[subject], labels


def _some(names: Sequence[object]) -> str:
    shown = ", ".join(map(str, names[:_SHOWN]))
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"
