"""Margins of stability, against numbers worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.analyzer.tasks.gait import walks
from tests.analyzer.tasks.gait.walks import event

from neuropose.analyzer.tasks.gait import analyze_gait
from neuropose.analyzer.tasks.gait.feet import Feet, FootPoint
from neuropose.analyzer.tasks.gait.foot_placement import Ground
from neuropose.analyzer.tasks.gait.phases import StrideEvents
from neuropose.analyzer.tasks.gait.settings import Surface
from neuropose.analyzer.tasks.gait.stability import margins_of_stability
from neuropose.testing import walker_sequence

TIME_S = np.arange(0.0, 2.0, 0.01)
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
    left = margins_of_stability(walking(1000.0), stride("left"), FLOOR)
    assert left["margin_of_stability_ap"] == pytest.approx(900.0 - (500.0 + 316.228), abs=1e-2)
    assert left["margin_of_stability_ml"] == pytest.approx(100.0 - 10.0, abs=1e-6)
    right = margins_of_stability(walking(1000.0), stride("right"), FLOOR)
    assert right["margin_of_stability_ml"] == pytest.approx(110.0 + 10.0, abs=1e-6)


def test_a_belt_moves_the_other_way() -> None:
    """Somebody who stays in place on a belt at 1 m/s falls as fast as on a floor."""
    belt = Ground(Surface.TREADMILL, np.array([-1000.0, 0.0]), 1.0)
    margins = margins_of_stability(walking(0.0), stride("left"), belt)
    assert margins["margin_of_stability_ap"] == pytest.approx(900.0 - 816.228, abs=1e-2)


def test_a_missing_pelvis() -> None:
    feet = replace(walking(1000.0), pelvis_height_mm=np.full(len(TIME_S), np.nan))
    assert np.isnan(list(margins_of_stability(feet, stride("left"), FLOOR).values())).all()


def test_it_is_the_same_on_floor_and_treadmill() -> None:
    trial = walks.trial(duration_s=12.0)
    for name in ("margin_of_stability_ap", "margin_of_stability_ml"):
        floor = analyze_gait(walker_sequence(trial)).values(name)
        belt = analyze_gait(walker_sequence(trial.on_treadmill())).values(name)
        np.testing.assert_allclose(np.mean(floor), np.mean(belt), atol=3.0)
