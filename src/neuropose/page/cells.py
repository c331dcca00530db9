"""Single values of a report as text: cells of its tables, its settings, and what it is called."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from neuropose.data import Report
from neuropose.page import wording

MOST_COLUMNS = 60
"""Columns of one table that are shown; the report has all."""
_CODE_DIGITS = 8


def code_of(report: Report) -> str:
    """Return what a recording is called if nobody gives it a code.

    Parameters
    ----------
    report : Report
        Its report.

    Returns
    -------
    str
        The first digits of the hash of its file; of several, how many they are.
    """
    recordings = [each for each in report.provenance.inputs if each.kind != "force_plates"]
    if len(recordings) > 1:
        return f"{len(recordings)} files"
    return f"recording {recordings[0].sha256[:_CODE_DIGITS]}" if recordings else "no code"


def cell(value: object, unit: str | None) -> str:
    """Return a cell of a table as text.

    Parameters
    ----------
    value : object
        Number, text or None.
    unit : str or None
        Unit of its column.

    Returns
    -------
    str

    Examples
    --------
    >>> cell(-1.0834, "s"), cell(None, "s"), cell(3.0, "1"), cell("left", None)
    ('−1.08', '–', '3', 'left')
    """
    if value is None:
        return wording.NO_VALUE
    if isinstance(value, float) and unit in (None, "1") and value.is_integer():
        return wording.rounded(value, 0)
    if isinstance(value, float):
        return wording.rounded(value, wording.decimals_of(unit))
    return str(value)


def flat(settings: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Return settings in one level, each as text.

    Parameters
    ----------
    settings : mapping
        Plain values, and mappings of them.
    before : str
        What every name begins with.

    Yields
    ------
    tuple of str
        Name and value.

    Examples
    --------
    >>> list(flat({"turning": {"least_deg": 45.0}, "side": None}))
    [('turning.least_deg', '45.0'), ('side', 'none')]
    """
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", "none" if value is None else json.dumps(value).strip('"')
