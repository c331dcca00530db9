"""What a warning is said to be of."""

from __future__ import annotations

from neuropose.data import Measure, Report, ReportProvenance
from neuropose.page.wording import warnings

FEW = "SD and CV of 6 strides: insufficient under 20"


def report_of(*few: str) -> Report:
    """Three measures of both sides and of all strides; those in `few` have a warning."""
    names = [
        f"{base}{side}"
        for base in ("cadence", "stance", "step_length")
        for side in ("", "_left", "_right")
    ]
    measures = {
        name: Measure(value=1.0, unit="s", n=6, warnings=(FEW,) if name in few else ())
        for name in names
    }
    provenance = ReportProvenance(neuropose_version="0.1.0")
    return Report(task="gait", measures=measures, provenance=provenance)


def test_one_side_is_named_beside_measures_of_both() -> None:
    few = ("cadence_right", "stance_right", "step_length_left", "step_length_right")
    assert warnings(report_of(*few)) == [("cadence right, stance right, step length", FEW)]


def test_both_sides_are_one() -> None:
    assert warnings(report_of("stance_left", "stance_right")) == [("stance", FEW)]
