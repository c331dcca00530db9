"""Which columns of a table can be features: no identifiers, counters, files or constants.

In a table that is sorted by group, the row number separates the groups perfectly, and so
does every other column that rises or falls with it. A classifier must never see one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neuropose.features import FEATURES

Floats = NDArray[np.float64]

IGNORED = "ignored, as asked"
NOT_ASKED_FOR = "not asked for"
MARK = "the mark of the settings: checked, never a feature"

_FEWEST = 6
"""With fewer rows, any set of distinct numbers looks like identifiers."""
_FEWEST_SHUFFLED = 12
"""With fewer rows, counts that happen to be consecutive are not necessarily row numbers."""
_FEWEST_RISING = 8
_EVEN = 1e-6

_MEANINGS = {
    "numbers the rows": "index level_0 row rows row_number row_index idx number nr no counter",
    "says what or whom a row is of": (
        "id uuid guid key name code pseudonym subject subjects participant patient person people "
        "track trial trials session visit condition recording segment side stride repetition cycle "
        "job fold group cohort label class"
    ),
    "names a file": (
        "file files filename file_name path filepath file_path folder directory source video url"
    ),
    "says when a row was recorded": (
        "date time datetime timestamp created recorded start end start_s end_s time_s frame frames "
        "percent sample start_frame end_frame first_frame last_frame"
    ),
    "says how a row was made": (
        "measured_with sha256 hash checksum version neuropose_version schema_version seed "
        "confidence excluded segments reason warnings unit"
    ),
}
_BY_NAME = {name: reason for reason, names in _MEANINGS.items() for name in names.split()}
_PANDAS_INDEX = re.compile(r"(unnamed(_?:?_?\d+)?(_level_\d+)?)?")
_OF_AN_IDENTIFIER = re.compile(
    r"(?:\w+_)?(?:id|ids|uuid)|"
    r"(?:trial|subject|patient|participant|session|recording|row|group|visit)_"
    r"(?:number|no|nr|code|name|label|index|idx)"
)
_MEASURED = {each.column for each in FEATURES.values()} | {
    each.spread_column for each in FEATURES.values()
}
_HAS_A_UNIT = re.compile(
    r"\w+_(?:s|ms|mm|cm|m|deg|rad|percent|hz|mm_s|m_s|deg_s|steps_min|per_min|per_s|kg|n|nm|w|years)"
)
_A_FILE = re.compile(r"[^.]+\.\w{1,5}|.*[/\\].*", re.DOTALL)


class Doubt(NamedTuple):
    """Why a column is not a feature.

    Parameters
    ----------
    reason : str
        The reason, to be read after the name of the column.
    certain : bool
        Whether it is refused even if it is requested. False: it looks like an identifier, but a
        measurement can look like that, too.
    """

    reason: str
    certain: bool = True


def doubt_of_name(name: str) -> Doubt | None:
    """Return why the name of a column rules it out as a feature.

    Parameters
    ----------
    name : str
        Name of the column.

    Returns
    -------
    Doubt or None
        None if the name does not rule it out, as for all `neuropose.features.FEATURES`.

    Examples
    --------
    >>> doubt_of_name("Unnamed: 0").reason
    'numbers the rows'
    >>> doubt_of_name("patient ID").reason
    'says what or whom a row is of'
    >>> doubt_of_name("walking_speed_m_s") is None
    True
    """
    if name in _MEASURED:
        return None
    plain = re.sub(r"[\W_]+", "_", name.strip().lower()).strip("_")
    if _PANDAS_INDEX.fullmatch(plain):
        return Doubt("numbers the rows")
    if plain in _BY_NAME:
        return Doubt(_BY_NAME[plain])
    if _OF_AN_IDENTIFIER.fullmatch(plain):
        return Doubt("says what or whom a row is of")
    return None


def doubt_of_texts(cells: Sequence[str | None]) -> Doubt | None:
    """Return why a column of text can be left out; other text is refused, never dropped silently.

    Parameters
    ----------
    cells : sequence of str or None
        None: missing.

    Returns
    -------
    Doubt or None

    Examples
    --------
    >>> doubt_of_texts(["a/walk.trc", None, "b/walk.trc"]).reason
    'names a file'
    """
    known = [cell for cell in cells if cell is not None]
    if not known:
        return Doubt("is missing in every row")
    if all(_A_FILE.fullmatch(cell) for cell in known):
        return Doubt("names a file")
    if len(set(known)) == 1:
        return Doubt("is the same in every row")
    if len(known) >= _FEWEST and len(set(known)) == len(known):
        return Doubt("is different text in every row, as names are")
    return None


def doubts_of_values(
    values: Floats,
    names: Sequence[str],
    subjects: Sequence[str],
    labels: Sequence[str],
) -> Mapping[str, Doubt]:
    """Find columns that hold identifiers, counters or constants, whatever their names.

    Parameters
    ----------
    values : ndarray of float64, shape (N, F), or (N, F, T) for series
        NaN: missing.
    names : sequence of str
        Names of the F columns.
    subjects, labels : sequence of str
        Subjects and groups of the N trials.

    Returns
    -------
    mapping of str to Doubt
        Doubts by column, for the columns that are in doubt.

    Notes
    -----
    Whole numbers that differ in every row are taken for identifiers unless the name ends with a
    unit. The order of the rows is that of the given table.

    Examples
    --------
    >>> row = np.arange(8.0)
    >>> speed = np.array([1.21, 1.34, 0.97, 1.05, 0.71, 0.88, 0.64, 0.93])
    >>> whose, group = list("aabbccdd"), list("xxxxyyyy")
    >>> found = doubts_of_values(np.stack([row, speed], axis=1), ["counted", "speed"], whose, group)
    >>> found["counted"].reason, list(found)
    ('numbers the rows', ['counted'])
    """
    found = {}
    for column, name in enumerate(names):
        cells = values[:, column]
        doubt = _of_series(cells, name, subjects, labels) if cells.ndim > 1 else None
        if cells.ndim == 1:
            doubt = _of_numbers(cells, name, subjects, labels)
        if doubt is not None:
            found[name] = doubt
    return found


def _of_series(
    series: Floats, name: str, subjects: Sequence[str], labels: Sequence[str]
) -> Doubt | None:
    """Judge one channel, shape (N, T)."""
    if len(series) > 1 and np.array_equal(series, np.broadcast_to(series[0], series.shape), True):
        return Doubt("is the same in every trial")
    steps = np.diff(series, axis=1)
    if steps.shape[1] < 2 or not np.isfinite(steps).all():
        return None
    if not steps.any():  # one number a trial
        return _of_numbers(series[:, 0], name, subjects, labels)
    if np.allclose(steps, steps[0, 0], rtol=_EVEN, atol=0.0):
        return Doubt("counts the samples")
    return None


def _of_numbers(
    values: Floats, name: str, subjects: Sequence[str], labels: Sequence[str]
) -> Doubt | None:
    known = np.isfinite(values)
    present = values[known]
    if not len(present):
        return Doubt("is missing in every row")
    if (present == present[0]).all():
        return Doubt("is the same in every row")
    if len(present) < _FEWEST or name in _MEASURED:
        return None
    different = np.unique(present)
    rising, falling = (bool((sign * np.diff(present) >= 0.0).all()) for sign in (1.0, -1.0))
    in_order = rising or falling
    unique = len(different) == len(present)
    if unique and _evenly_spaced(different):
        return Doubt("numbers the rows", in_order or len(present) >= _FEWEST_SHUFFLED)
    if _HAS_A_UNIT.fullmatch(name.lower()):
        return None
    whose = np.asarray(subjects)[known]
    groups = np.asarray(labels)[known]
    way = "rises" if rising else "falls"
    if not (present == np.round(present)).all():
        if in_order and len(different) >= _FEWEST_RISING:
            return Doubt(f"{way} from row to row, as times do", certain=False)
        return None
    if unique:
        if in_order:
            return Doubt(f"is a whole number that {way} from row to row, as counters do")
        return Doubt("is another whole number in every row, as identifiers are", certain=False)
    return _of_repeated(present, different, whose, groups) or (
        Doubt(f"is a whole number that {way} from row to row, as counters do", certain=False)
        if in_order and len(different) > 2
        else None
    )


def _of_repeated(
    present: Floats, different: Floats, subjects: NDArray[np.str_], labels: NDArray[np.str_]
) -> Doubt | None:
    """Judge whole numbers some of which occur several times."""
    of_subjects = [present[subjects == each] for each in dict.fromkeys(subjects.tolist())]
    if (
        all(np.array_equal(each, present[0] + np.arange(len(each))) for each in of_subjects)
        and sum(len(each) > 1 for each in of_subjects) > 1
    ):
        return Doubt("counts the rows of each subject")
    own = [each[0] for each in of_subjects if (each == each[0]).all()]
    if len(own) == len(of_subjects) == len(set(own)) >= _FEWEST:
        return Doubt(
            "is a whole number of its own for each subject, as identifiers are",
            certain=_evenly_spaced(different),
        )
    pairs = set(zip(present.tolist(), labels.tolist(), strict=True))
    if len(pairs) == len(different) == len(set(labels.tolist())):
        return Doubt("says the group by a number", certain=False)
    goes_on = np.diff(present) == 1.0
    if len(different) > 2 and (goes_on | (present[1:] == present[0])).all():
        return Doubt("counts rows, again and again", certain=False)
    return None


def _evenly_spaced(different: Floats) -> bool:
    steps = np.diff(different)
    return bool(np.allclose(steps, steps[0], rtol=_EVEN, atol=0.0))
