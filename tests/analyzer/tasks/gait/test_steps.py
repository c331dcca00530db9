"""Recordings that are too short for a stride."""

from __future__ import annotations

from itertools import pairwise

import pytest
from tests.analyzer.tasks.gait import walks

from neuropose.analyzer.tasks.gait import analyze_gait, gait_report
from neuropose.analyzer.tasks.gait.foot_placement import find_ground, rests
from neuropose.analyzer.tasks.gait.measures import ONLY_STEPS
from neuropose.analyzer.tasks.gait.settings import GaitSettings
from neuropose.analyzer.tasks.gait.steps import find_steps
from neuropose.skeletons.sides import SIDES
from neuropose.testing import walker_sequence

WALK = walks.sequence()
FIRST_S = float(walks.trial().left.initial_contact_s[1])


@pytest.fixture(scope="module")
def short():
    """From shortly before a left contact to shortly after the next right one."""
    return analyze_gait(WALK.slice(FIRST_S - 0.35, FIRST_S + 0.85))


def test_one_step_gives_what_one_step_can_give(short) -> None:
    assert not short.strides
    [step] = short.steps
    parameters = walks.trial().parameters
    assert step.side == "right"
    measures = gait_report(short).measures
    step_s = 0.5 * parameters.stride_time_s
    for name, expected in (
        ("step_time", step_s),
        ("cadence", parameters.cadence_steps_min),
        ("step_length", parameters.step_length_mm("right")),
        ("step_width", parameters.step_width_mm),
        ("walking_speed", parameters.speed_m_s),
    ):
        assert measures[name].value == pytest.approx(expected, rel=0.05), name
        assert measures[name].n == 1
        assert ONLY_STEPS in measures[name].warnings
        assert measures[f"{name}_right"].value == measures[name].value
        assert measures[f"{name}_left"].value is None
    off_s = abs(measures["step_time"].value - step_s)
    assert off_s < 2.0 * measures["step_time"].standard_error < 0.05


def test_a_step_is_as_long_as_in_the_whole_recording() -> None:
    """Of one foot there is no whole stance: its contact must not be timed otherwise."""
    walk = walks.sequence(edge_speed_ratio=0.6)  # a heel turns back long before its contact
    contacts = [e for e in analyze_gait(walk).events if e.kind == "initial_contact"]
    for before, after in pairwise(contacts[2:6]):
        short = analyze_gait(walk.slice(before.time_s - 0.35, before.time_s + 0.85))
        assert not short.strides
        [step] = short.steps
        assert step.values["step_time"] == pytest.approx(after.time_s - before.time_s, abs=0.004)


def test_both_feet_at_once_are_no_step() -> None:
    """As of somebody who lies and draws up both legs: no sample lies between the contacts."""
    feet = walks.walker_feet()
    between_s = float(feet.time_s[100]) + 0.25 / feet.rate_hz
    both = [
        walks.event("left", "initial_contact", between_s),
        walks.event("right", "initial_contact", between_s + 0.25 / feet.rate_hz),
    ]
    rest = {side: rests(both, side, float(feet.time_s[-1])) for side in SIDES}
    ground = find_ground(feet, rest, GaitSettings())
    assert find_steps(feet, both, ground) == ()


def test_a_step_in_a_mirror_has_no_width(short) -> None:
    brief = WALK.slice(FIRST_S - 0.35, FIRST_S + 0.85)
    mirrored = brief.with_positions(brief.positions_mm * [1.0, 1.0, -1.0])
    measures = gait_report(analyze_gait(mirrored)).measures
    assert measures["step_width"].value is None
    assert measures["step_time"].value == gait_report(short).measures["step_time"].value


def test_what_needs_a_stride_is_still_refused(short) -> None:
    measures = gait_report(short).measures
    assert measures["stance"].reason.startswith("a stride needs two contacts of one foot")
    assert measures["stride_length"].value is None


def test_a_recording_with_strides_has_no_steps() -> None:
    assert analyze_gait(WALK).steps == ()


def test_on_a_treadmill_a_step_has_the_error_of_its_speed() -> None:
    walk = walker_sequence(walks.trial().on_treadmill())
    measures = gait_report(analyze_gait(walk.slice(FIRST_S - 0.35, FIRST_S + 0.85))).measures
    for name in ("step_length", "walking_speed"):
        assert measures[name].n == 1
        assert 0.01 < measures[name].standard_error / measures[name].value < 0.03
