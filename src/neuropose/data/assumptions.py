"""What the numbers of a report rest on, and whether it was given, read or assumed."""

from __future__ import annotations

from neuropose.data.metadata import Contract, Source, Text


class Assumption(Contract):
    """One thing the numbers rest on: the camera, unit, vertical, rate or subject.

    Parameters
    ----------
    source : Source
        Whether the caller gave it, the file states it, or it was assumed.
    value : str
        The value used, in words, with its unit.
    detail : str or None
        Why, if it was assumed, or how it was given.

    Examples
    --------
    >>> Assumption(source="assumed", value="field of view of 55°").source
    <Source.ASSUMED: 'assumed'>
    """

    source: Source
    value: Text
    detail: Text | None = None
