"""Foot clearance, of a toe whose height is made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.analyzer.tasks.gait import walks
from tests.analyzer.tasks.gait.walks import event

from neuropose.analyzer import PoseSequence, gait_report
from neuropose.analyzer.tasks.gait import analyze_gait
from neuropose.analyzer.tasks.gait.analysis import GaitAnalysis
from neuropose.analyzer.tasks.gait.feet import Feet, FootPoint
from neuropose.analyzer.tasks.gait.lengths import clearance
from neuropose.analyzer.tasks.gait.measures import ON_FLOOR
from neuropose.analyzer.tasks.gait.phases import ErrorParts, StrideEvents
from neuropose.analyzer.tasks.gait.strides import NOT_ABOVE_FLAT
from neuropose.testing import reconstructed

TIME_S = np.arange(0.0, 1.2, 0.01)
STRIDE = StrideEvents(
    event("left", "initial_contact", 0.1),
    event("left", "initial_contact", 1.1),
    other_off=None,
    opposite=None,
    own_off=event("left", "foot_off", 0.7),
)
NAME = "foot_clearance"


def feet(*heights_mm: tuple[float, float], **more: float) -> Feet:
    """Toes at these heights at these times, in straight lines between them."""
    still = FootPoint(np.zeros_like(TIME_S), np.zeros_like(TIME_S), np.zeros((len(TIME_S), 2)))
    toe = replace(still, height_mm=np.interp(TIME_S, *np.transpose(heights_mm)))
    return Feet(
        time_s=TIME_S,
        rate_hz=100.0,
        heel={"left": still, "right": still},
        toe={"left": toe, "right": toe},
        pelvis_floor_mm=np.zeros((len(TIME_S), 2)),
        pelvis_height_mm=np.full(len(TIME_S), 900.0),
        forward=np.tile([1.0, 0.0], (len(TIME_S), 1)),
        points={"heel": "heel", "toe": "toe"},
        **more,  # type: ignore[arg-type]
    )


SINKING = ((0.1, 90.0), (0.2, 60.0), (0.4, 60.0), (0.7, 40.0), (0.78, 70.0), (0.9, 55.0), (1.1, 90))


def test_the_floor_is_where_the_toe_is_lowest_on_it() -> None:
    """A marker that sinks from 60 to 40 mm is 15 mm above the floor at 55 mm, and below 60."""
    found = clearance(feet(*SINKING), STRIDE)
    assert found.height_mm == pytest.approx(15.0)
    assert found.above_flat_mm == pytest.approx(-5.0)
    assert found.error.systematic == pytest.approx(20.0 / np.sqrt(12.0))
    assert found.error.random == 0.0


def test_a_foot_off_that_is_found_too_early_does_not_matter() -> None:
    early = replace(STRIDE, own_off=event("left", "foot_off", 0.67))
    assert clearance(feet(*SINKING), early).height_mm == pytest.approx(15.0)


def test_noise_of_both_heights_is_in_the_error() -> None:
    noisy = feet(*SINKING, white_mm=1.0, cutoff_hz=20.0)
    expected = np.sqrt(2.0) * noisy.noise_of_derivative(0)
    assert clearance(noisy, STRIDE).error.random == pytest.approx(expected)


def test_a_toe_that_was_not_seen_at_push_off_has_none() -> None:
    gappy = feet(*SINKING)
    gappy.toe["left"].height_mm[65:72] = np.nan
    assert np.isnan(clearance(gappy, STRIDE).height_mm)


def walk(heights_mm: dict[str, float], error: ErrorParts) -> GaitAnalysis:
    """A walk whose clearances are known to that."""
    analysis = analyze_gait(walks.sequence(duration_s=12.0))
    strides = tuple(
        replace(
            each,
            values={**each.values, NAME: heights_mm[each.side]},
            errors={**each.errors, NAME: error},
            flags=(NOT_ABOVE_FLAT,),
        )
        for each in analysis.strides
    )
    return replace(analysis, strides=strides)


@pytest.mark.parametrize("right_mm", [-6.0, 2.0])
def test_what_is_not_above_the_floor_by_more_than_its_error_is_refused(right_mm: float) -> None:
    report = gait_report(walk({"left": 20.0, "right": right_mm}, ErrorParts(0.0, 1.1)))
    refused = report.measures[f"{NAME}_right"]
    assert refused.value is None
    assert refused.reason is not None
    assert refused.reason.endswith("it may drag")
    assert any(NOT_ABOVE_FLAT in warning for warning in refused.warnings)
    index = report.measures[f"{NAME}_symmetry_index"]
    assert (index.value, index.reason) == (None, refused.reason)
    assert report.measures[f"{NAME}_left"].value == pytest.approx(20.0)
    table = report.tables["strides"].to_frame()
    assert table.loc[table["side"] == "right", NAME].isna().all()
    assert table.loc[table["side"] == "left", NAME].notna().all()


def test_what_errors_of_places_do_not_tell_from_none_is_refused_too() -> None:
    """Toes that rise by a tenth of the usual height, each known to some millimetres."""
    truth = walks.sequence(duration_s=8.0)
    positions_mm = truth.positions_mm.copy()
    for toe in ("left_toe", "right_toe"):
        height_mm = positions_mm[:, truth.joints.index(toe), 1]
        height_mm[:] = height_mm.min() + 0.1 * (height_mm - height_mm.min())
    walk = reconstructed(replace(truth, positions_mm=positions_mm), 8.0, draws=16)
    report = gait_report(analyze_gait(PoseSequence.from_reconstruction(walk)))
    for side in ("", "_left", "_right"):
        assert report.measures[f"{NAME}{side}"].reason == ON_FLOOR
    assert report.tables["strides"].to_frame()[NAME].isna().all()


def test_a_comparison_of_what_is_known_badly_is_refused() -> None:
    """Of 20 and 10 mm, each known to 1.5 mm."""
    analysis = walk({"left": 20.0, "right": 10.0}, ErrorParts(1.5, 0.0))
    counts = [len(analysis.chosen(side)) for side in ("left", "right")]  # type: ignore[arg-type]
    of_log = np.hypot(1.5 / 20.0 / np.sqrt(counts[0]), 1.5 / 10.0 / np.sqrt(counts[1]))
    ratio = gait_report(analysis).measures[f"{NAME}_log_ratio"]
    assert ratio.value is None
    assert ratio.standard_error == pytest.approx(of_log)


def test_what_is_off_in_proportion_on_both_sides_does_not_spoil_the_comparison() -> None:
    report = gait_report(walk({"left": 20.0, "right": 20.0}, ErrorParts(1e-6, 4.0)))
    index = report.measures[f"{NAME}_symmetry_index"]
    assert index.value == pytest.approx(0.0)
    assert index.standard_error == pytest.approx(0.0, abs=1e-5)
    assert report.measures[NAME].standard_error == pytest.approx(4.0)
