"""Margins of stability, against numbers worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.analyzer.tasks.gait import walks
from tests.analyzer.tasks.gait.walks import event

from neuropose.analyzer import gait_report
from neuropose.analyzer.tasks.gait import analyze_gait
from neuropose.analyzer.tasks.gait.feet import Feet, FootPoint
from neuropose.analyzer.tasks.gait.foot_placement import Ground
from neuropose.analyzer.tasks.gait.phases import ErrorParts, StrideEvents
from neuropose.analyzer.tasks.gait.settings import Surface
from neuropose.analyzer.tasks.gait.stability import margins_of_stability
from neuropose.testing import walker_sequence

TIME_S = np.arange(0.0, 2.0, 0.01)
MARGIN = "margin_of_stability_ap"
WHICH = f"measure == '{MARGIN}'"
FLOOR = Ground(Surface.FLOOR, np.zeros(2), 1.0)


def point(x_mm: float, y_mm: float, height_mm: float) -> FootPoint:
    count = len(TIME_S)
    place = np.tile([x_mm, y_mm], (count, 1))
    return FootPoint(np.zeros(count), np.full(count, height_mm), place)


def walking(speed_mm_s: float) -> Feet:
    """The pelvis passes x = 500 at 0.5 s, 980.665 mm above the heels, which stand still."""
    pelvis = np.stack([500.0 + speed_mm_s * (TIME_S - 0.5), np.full(len(TIME_S), 10.0)], axis=1)
    return Feet(
        time_s=TIME_S,
        rate_hz=100.0,
        heel={"left": point(700.0, 80.0, 0.0), "right": point(0.0, -80.0, 0.0)},
        toe={"left": point(900.0, 100.0, 0.0), "right": point(200.0, -110.0, 0.0)},
        pelvis_floor_mm=pelvis,
        pelvis_height_mm=np.full(len(TIME_S), 980.665),
        forward=np.tile([1.0, 0.0], (len(TIME_S), 1)),
        points={"heel": "heel", "toe": "toe"},
    )


def stride(side: str) -> StrideEvents:
    ends = (event(side, "initial_contact", at_s) for at_s in (0.5, 1.5))
    return StrideEvents(*ends, other_off=None, opposite=None, own_off=None)


def test_by_hand() -> None:
    """ω₀ = √(9806.65 / 980.665) = √10 per second; at 1 m/s that is 316.2 mm ahead of the pelvis."""
    left, _ = margins_of_stability(walking(1000.0), stride("left"), FLOOR)
    assert left["margin_of_stability_ap"] == pytest.approx(900.0 - (500.0 + 316.228), abs=1e-2)
    assert left["margin_of_stability_ml"] == pytest.approx(100.0 - 10.0, abs=1e-6)
    right, _ = margins_of_stability(walking(1000.0), stride("right"), FLOOR)
    assert right["margin_of_stability_ml"] == pytest.approx(110.0 + 10.0, abs=1e-6)


def test_a_belt_moves_the_other_way() -> None:
    """Somebody who stays in place on a belt at 1 m/s falls as fast as on a floor."""
    belt = Ground(Surface.TREADMILL, np.array([-1000.0, 0.0]), 1.0)
    margins, _ = margins_of_stability(walking(0.0), stride("left"), belt)
    assert margins["margin_of_stability_ap"] == pytest.approx(900.0 - 816.228, abs=1e-2)


def test_a_missing_pelvis() -> None:
    feet = replace(walking(1000.0), pelvis_height_mm=np.full(len(TIME_S), np.nan))
    margins, errors = margins_of_stability(feet, stride("left"), FLOOR)
    assert np.isnan(list(margins.values())).all()
    assert not errors


def test_the_error_of_the_contact_is_in_the_margin() -> None:
    """At 1 m/s the margin shrinks by 1 mm/ms; contacts of `event` have 8 ms of error, and 10."""
    _, errors = margins_of_stability(walking(1000.0), stride("left"), FLOOR)
    ahead, aside = (errors[f"margin_of_stability_{way}"] for way in ("ap", "ml"))
    assert (ahead.random, ahead.systematic) == pytest.approx((8.0, 10.0))
    assert (aside.random, aside.systematic) == pytest.approx((0.0, 0.0), abs=1e-9)


def test_noise_is_in_the_margin_even_if_nobody_moves() -> None:
    """A speed known to s is an extrapolated centre of mass known to s / √10 per second."""
    feet = replace(walking(0.0), white_mm=2.0, cutoff_hz=6.0)
    _, errors = margins_of_stability(feet, stride("left"), FLOOR)
    place_mm, speed_mm_s = (feet.noise_of_derivative(order) for order in (0, 1))
    expected = np.linalg.norm([place_mm, place_mm, speed_mm_s / np.sqrt(10.0)])
    assert errors["margin_of_stability_ml"].random == pytest.approx(expected)


def test_a_report_has_the_error_and_the_interval() -> None:
    margin = gait_report(analyze_gait(walks.sequence(duration_s=12.0))).measures[MARGIN]
    assert margin.value is not None
    assert margin.standard_error is not None
    assert 0.5 < margin.standard_error < 25.0
    ends = (margin.value + way * margin.standard_error for way in (-1.96, 1.96))
    assert margin.interval == pytest.approx(tuple(ends))


def test_a_margin_that_is_known_too_badly_is_refused_and_so_are_those_of_its_strides() -> None:
    analysis = analyze_gait(walks.sequence(duration_s=12.0))
    too_much = {MARGIN: ErrorParts(0.0, 26.0)}
    strides = tuple(
        replace(each, errors={**each.errors, **(too_much if each.side == "left" else {})})
        for each in analysis.strides
    )
    report = gait_report(replace(analysis, strides=strides))
    margin = report.measures[f"{MARGIN}_left"]
    assert margin.value is None
    assert margin.standard_error == pytest.approx(26.0)
    assert margin.reason == (
        "cannot be told from these markers: its standard error is above 25 mm, the most that it "
        "is good for"
    )
    table = report.tables["strides"].to_frame()
    assert table.loc[table["side"] == "left", MARGIN].isna().all()
    assert table.loc[table["side"] == "right", MARGIN].notna().all()
    assert "left" not in set(report.tables["variability"].to_frame().query(WHICH)["side"])
    assert report.measures[f"{MARGIN}_right"].value is not None


def test_it_is_the_same_on_floor_and_treadmill() -> None:
    trial = walks.trial(duration_s=12.0)
    for name in ("margin_of_stability_ap", "margin_of_stability_ml"):
        floor = analyze_gait(walker_sequence(trial)).values(name)
        belt = analyze_gait(walker_sequence(trial.on_treadmill())).values(name)
        np.testing.assert_allclose(np.mean(floor), np.mean(belt), atol=3.0)
