"""Strides: what speaks against one, and which are left out of the means; none disappears."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analyzer.tasks.gait import walks

from neuropose.analyzer.tasks.gait import STRIDE_MEASURES, GaitAnalysis, analyze_gait
from neuropose.analyzer.tasks.gait.strides import (
    AIRBORNE,
    IMPOSSIBLE,
    INCOMPLETE,
    MISSED,
    NO_DOUBLE_SUPPORT,
    NO_REST,
    NO_TOES,
    Stride,
    without_impossible,
)

WALK = walks.sequence(duration_s=12.0)
FEET = [WALK.joints.index(f"{s}_{p}") for s in ("left", "right") for p in ("heel", "toe")]


def without(first: int, last: int, *joints: str) -> GaitAnalysis:
    positions = WALK.positions_mm.copy()
    positions[first:last, [WALK.joints.index(joint) for joint in joints]] = np.nan
    return analyze_gait(walks.changed(WALK, positions))


def test_every_value_is_there_or_has_its_reason() -> None:
    for analysis in (analyze_gait(WALK), without(170, 215, "left_heel", "left_toe")):
        for stride in analysis.strides:
            assert set(stride.values) == set(stride.confidence) == set(STRIDE_MEASURES)
            missing = {name for name, value in stride.values.items() if np.isnan(value)}
            assert set(stride.reasons) == missing


def test_phases_add_up() -> None:
    for stride in analyze_gait(WALK).strides:
        values = stride.values
        assert values["stance"] + values["swing"] == pytest.approx(100.0)
        supports = values["initial_double_support"] + values["terminal_double_support"]
        assert supports + values["single_support"] == pytest.approx(values["stance"])
        assert values["walking_speed"] == pytest.approx(
            0.001 * values["stride_length"] / values["stride_time"]
        )
        assert values["cadence"] == pytest.approx(120.0 / values["stride_time"])


def test_a_stride_with_an_unseen_swing_is_flagged_and_left_out() -> None:
    """Left foot off and contact are not seen: two strides look like one."""
    analysis = without(170, 215, "left_heel", "left_toe")
    long = [s for s in analysis.strides if s.values["stride_time"] > 1.6]
    assert [s.side for s in long] == ["left"]
    assert "not seen in" in str(long[0].excluded)
    assert MISSED in long[0].flags
    assert long[0] not in analysis.chosen()
    assert analysis.values("stride_time").max() < 1.1
    # The right foot's own contacts were seen.
    near = [s for s in analysis.strides if s.side == "right" and s.excluded == INCOMPLETE]
    assert near
    assert all(np.isfinite(s.values["stride_time"]) for s in near)
    assert all(np.isnan(s.values["step_time"]) for s in near)


def test_a_short_gap_is_filled_and_counted() -> None:
    analysis = without(200, 203, "right_heel")
    flagged = [s for s in analysis.strides if s.missing]
    assert [s.side for s in flagged] == ["right"]
    assert 0.0 < flagged[0].missing < 0.1
    assert flagged[0].excluded is None
    assert "not seen in 5 % of its frames" in flagged[0].flags
    assert flagged[0].confidence["stride_time"] < 0.97


def test_a_walk_on_the_spot_is_flagged_as_implausible() -> None:
    marching = WALK.positions_mm.copy()
    marching[:, :, 0] -= WALK.joint("pelvis")[:, :1]
    marching[:, :, 0] *= 0.08
    analysis = analyze_gait(walks.changed(WALK, marching))
    assert all("implausible stride length" in s.flags for s in analysis.strides)
    assert all(s.excluded is None for s in analysis.strides)


def test_feet_that_cross_have_a_negative_width() -> None:
    positions = WALK.positions_mm.copy()
    positions[:, FEET, 2] *= -0.5
    widths = analyze_gait(walks.changed(WALK, positions)).values("step_width")
    np.testing.assert_allclose(widths, -45.0, atol=0.5)


def test_without_toes_no_phases() -> None:
    joints = ["pelvis", "neck", *(f"{s}_{j}" for s in ("left", "right") for j in ("hip", "ankle"))]
    analysis = analyze_gait(WALK.select(*joints))
    assert "the ankle stands for the heel and toe: events are less certain" in analysis.warnings
    np.testing.assert_allclose(analysis.values("stride_time"), 12.0 / 11.0, rtol=0.01)
    np.testing.assert_allclose(analysis.values("stride_length"), 1363.6, rtol=0.01)
    assert np.isnan(analysis.values("stance")).all()
    assert all(s.reasons["stance"] == NO_TOES for s in analysis.strides)


def test_toes_but_no_heels_are_enough() -> None:
    joints = [f"{s}_{j}" for s in ("left", "right") for j in ("hip", "ankle", "toe")]
    analysis = analyze_gait(WALK.select("pelvis", "neck", *joints))
    np.testing.assert_allclose(analysis.values("stance"), 62.0, atol=1.0)


def test_running_is_no_walking() -> None:
    """Stance is as long as swing; let both feet swing nearly together."""
    walk = walks.sequence(duration_s=12.0, stance_percent=51.0)
    positions = walk.positions_mm.copy()
    rate, stride = 60.0, 12.0 / 11.0
    right = [i for i, joint in enumerate(walk.joints) if joint.startswith("right_")]
    shift = round(0.4 * stride * rate)
    speed = 1250.0 / rate
    positions[:-shift, right] = walk.positions_mm[shift:, right]
    positions[:-shift, right, 0] -= shift * speed
    hopping = walks.changed(walk, positions).slice(0.0, 11.0)
    analysis = analyze_gait(hopping)
    known = [s for s in analysis.strides if "initial_double_support" not in s.reasons]
    assert len(known) >= 10
    assert {s.excluded for s in known} == {AIRBORNE}


def test_no_double_support_at_all_is_flagged() -> None:
    walk = walks.sequence(duration_s=12.0, stance_percent=50.5)
    analysis = analyze_gait(walk)
    shortest = [
        min(s.values["initial_double_support"], s.values["terminal_double_support"])
        for s in analysis.strides
    ]
    assert max(shortest) < 1.5
    for stride, short in zip(analysis.strides, shortest, strict=True):
        assert (NO_DOUBLE_SUPPORT in stride.flags) is (short <= 0.0)
        assert stride.excluded is None


def test_the_last_place_of_rest_may_not_be_recorded() -> None:
    last_s = walks.trial(duration_s=12.0).left.initial_contact_s[-2]
    analysis = analyze_gait(WALK.slice(0.0, last_s + 0.12))
    stride = [s for s in analysis.strides if s.side == "left"][-1]
    assert np.isfinite(stride.values["stride_time"])
    assert np.isnan(stride.values["stride_length"])
    assert stride.reasons["stride_length"] == NO_REST


def test_toe_clearance_is_that_of_the_toe() -> None:
    truth = walks.trial(duration_s=12.0, fps=240.0)
    toe = truth.joint("left_foot_index")[:, 1]
    swing_s = truth.left.foot_off_s[0] + np.array([0.25, 0.85]) * 0.38 * 12.0 / 11.0
    inside = (truth.time_s >= swing_s[0]) & (truth.time_s <= swing_s[1])
    lowest = toe[inside].min() - toe[truth.time_s < swing_s[0]].min()
    np.testing.assert_allclose(analyze_gait(WALK).values("foot_clearance"), lowest, atol=0.3)


def test_a_stride_that_is_left_out_has_nothing_that_no_walk_can_have() -> None:
    values = {"stance": 75.6, "terminal_double_support": -20.4, "step_width": -30.0}
    shown = without_impossible(Stride("left", 0.0, 1.0, values, excluded=AIRBORNE))
    assert np.isnan(shown.values["terminal_double_support"])
    assert shown.reasons == {"terminal_double_support": IMPOSSIBLE}
    assert (shown.values["stance"], shown.values["step_width"]) == (75.6, -30.0)


def test_a_short_double_support_with_an_error_stays_in_the_mean() -> None:
    stride = Stride("left", 0.0, 1.0, {"terminal_double_support": -1.0})
    assert without_impossible(stride) is stride
