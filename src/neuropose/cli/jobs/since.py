"""A moment in the past, as people write it."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

_UNITS = {"min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO = re.compile(r"(\d{1,6})\s*(min|h|d|w)", re.ASCII)
EXAMPLES = "yesterday, 12h, 3d, 2026-03-01 or 2026-03-01T18:00"


def moment(text: str, now: datetime) -> datetime:
    """Return the moment that a text means.

    Parameters
    ----------
    text : str
        ``today``, ``yesterday`` (their midnights), ``90min``, ``12h``, ``3d``, ``1w`` ago, or a
        date or time of ISO 8601, local unless it has an offset.
    now : datetime
        The current time, with the local offset.

    Returns
    -------
    datetime
        With an offset.

    Raises
    ------
    ValueError
        If it means none.

    Examples
    --------
    >>> now = datetime.fromisoformat("2026-03-01T20:15:00+01:00")
    >>> str(moment("yesterday", now)), str(moment("2h", now))
    ('2026-02-28 00:00:00+01:00', '2026-03-01 18:15:00+01:00')
    """
    text = text.strip().lower()
    if text in ("today", "yesterday"):
        day = now.date() - timedelta(days=text == "yesterday")
        return datetime.combine(day, time(), now.tzinfo)
    if ago := _AGO.fullmatch(text):
        try:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        except OverflowError:
            raise ValueError(text) from None
    given = datetime.fromisoformat(text.upper())
    return given if given.tzinfo is not None else given.replace(tzinfo=now.tzinfo)
