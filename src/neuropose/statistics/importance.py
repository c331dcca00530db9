"""Differences that matter to patients, as published: to quote beside a change and its MDC95."""

from __future__ import annotations

from pydantic import PositiveFloat

from neuropose.data.metadata import Contract
from neuropose.statistics.records import Text


class ImportantDifference(Contract):
    """A minimal important difference, valid for the people it was found in.

    Parameters
    ----------
    measure : str
    value : float
    unit : str
    population : str
        Whom it was found in.
    anchor : str
        What it was tied to.
    source : str
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
"""A change below the MDC95 cannot be told from error, whatever its importance."""
