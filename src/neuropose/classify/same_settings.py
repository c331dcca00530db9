"""Whether tables were measured with the same settings, without which numbers are not comparable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from neuropose.errors import FeatureMismatchError, FeatureTableError

if TYPE_CHECKING:
    import pandas as pd

MEASURED_WITH = "measured_with"
"""Column of the mark of the settings; not a feature."""

_HINT = "run the same pipeline file for all of them"


def settings_mark(table: pd.DataFrame, roles: Sequence[str] = ()) -> str | None:
    """Return the mark of the settings that a table was measured with.

    Parameters
    ----------
    table : pandas.DataFrame
        Table of features or curves.
    roles : sequence of str
        Columns with another role, whatever their names.

    Returns
    -------
    str or None
        None if there is no column `MEASURED_WITH`.

    Raises
    ------
    FeatureTableError
        If rows lack it, or were measured with different settings, or it was read as numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> settings_mark(pd.DataFrame({"measured_with": ["5f0c", "5f0c"], "speed_m_s": [1.1, 0.7]}))
    '5f0c'
    """
    if MEASURED_WITH not in table.columns or MEASURED_WITH in roles:
        return None
    cells = table[MEASURED_WITH]
    missing = int(cells.isna().sum())
    if missing:
        raise FeatureTableError(
            f"{missing} of {len(cells)} rows have no {MEASURED_WITH!r}", hint=_HINT
        )
    if cells.dtype.kind in "fiub":
        # A mark of digits alone: its zeros are lost.
        raise FeatureTableError(
            f"{MEASURED_WITH!r} was read as numbers", hint="read that column as text"
        )
    found = sorted(set(map(str, cells)))
    if len(found) > 1:
        raise FeatureTableError(
            f"the rows were measured with {len(found)} different settings "
            f"({MEASURED_WITH}: {found[0]}, {found[1]}{', …' if len(found) > 2 else ''})",
            hint=_HINT,
        )
    return found[0] if found else None


def check_settings(trained: str | None, new: str | None) -> str | None:
    """Check that trials were measured with the same settings as those trained on.

    Parameters
    ----------
    trained, new : str or None
        Marks of the settings. None: not known.

    Returns
    -------
    str or None
        A warning if only one of them is known. None: they are equal, or neither is from a pipeline.

    Raises
    ------
    FeatureMismatchError
        If they differ.

    Examples
    --------
    >>> check_settings("5f0c", "5f0c") is None
    True
    """
    if trained == new:
        return None
    if new is None:
        return (
            f"there is no column {MEASURED_WITH!r}: whether these trials were measured with the "
            "settings of the training cannot be known"
        )
    if trained is None:
        return (
            "the card does not say which settings the training was measured with: whether these "
            "trials were measured with the same cannot be known"
        )
    raise FeatureMismatchError(
        f"the table was measured with other settings ({new}) than that of the training "
        f"({trained}): its numbers mean something else",
        hint="run the same pipeline file for both",
    )
