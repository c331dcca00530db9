"""Published differences that matter to patients, to quote beside a change and its MDC95."""

from __future__ import annotations

from pydantic import PositiveFloat

from neuropose.data.metadata import Contract
from neuropose.statistics.records import Text


class ImportantDifference(Contract):
    """A minimal important difference, valid for the people it was found in.

    Parameters
    ----------
    measure : str
        Name of the measure.
    value : float
        The difference, in `unit`.
    unit : str
        Unit of the difference.
    population : str
        People in whom it was determined.
    anchor : str
        Criterion that it was anchored to.
    source : str
        Literature reference.
    """

    measure: Text
    value: PositiveFloat
    unit: Text
    population: Text
    anchor: Text
    source: Text


IMPORTANT_DIFFERENCES = (
    ImportantDifference(
        measure="walking_speed",
        value=0.16,
        unit="m/s",
        population="subacute stroke, 20 to 60 days, severely impaired gait (mean 0.18 m/s)",
        anchor="a step on the modified Rankin Scale (sensitivity 73.9 %, specificity 57.0 %)",
        source="Tilson et al. 2010, Phys Ther 90:196",
    ),
)
"""A change below the MDC95 cannot be distinguished from error, whatever its importance."""


def quoted_differences(measure: str) -> str | None:
    """Return the published differences of a measure, with whom they are of and their source.

    Parameters
    ----------
    measure : str
        Name of the measure, or of a feature whose name ends in it.

    Returns
    -------
    str or None
        None if none is known.

    Examples
    --------
    >>> quoted_differences("walking_speed")[:8]
    '0.16 m/s'
    """
    known = [
        f"{each.value:g} {each.unit} ({each.population}; {each.source})"
        for each in IMPORTANT_DIFFERENCES
        if measure == each.measure or measure.endswith(f"_{each.measure}")
    ]
    return "; ".join(known) or None
