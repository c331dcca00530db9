"""Intervals end where the quantity does."""

from __future__ import annotations

from math import inf

import pytest

from neuropose.analyzer.bounds import bounds_of, within_bounds
from neuropose.analyzer.tasks.judging import Judge
from neuropose.data import Measure
from neuropose.testing import simulate_walk, walker_sequence


@pytest.mark.parametrize(
    ("measure", "unit", "bounds"),
    [
        ("coordination_of_arms", "1", (0.0, 1.0)),
        ("coordination_left", "1", (0.0, 1.0)),
        ("terminal_double_support_right", "%", (0.0, 100.0)),
        ("ankle_dorsiflexion_range_right", "deg", (0.0, 140.0)),
        ("shoulder_flexion_range_right", "deg", (0.0, inf)),
        ("ankle_dorsiflexion_peak_right", "deg", (-inf, inf)),
        ("step_time_left", "s", (0.0, inf)),
        ("lag_of_arms", "%", (-inf, inf)),
        ("step_width", "mm", (-inf, inf)),
        ("step_time_symmetry_index", "%", (-inf, inf)),
        ("step_time_symmetry_ratio", "1", (0.0, inf)),
        ("sparc", "1", (-inf, inf)),
    ],
)
def test_bounds(measure: str, unit: str, bounds: tuple[float, float]) -> None:
    assert bounds_of(measure, unit) == bounds


def test_an_interval_within_the_bounds_is_as_it_was() -> None:
    assert within_bounds((0.2, 0.4), 0.3, (0.0, 1.0)) == (0.2, 0.4)


def test_a_value_that_noise_made_impossible_stays_within() -> None:
    assert within_bounds((-5.0, 1.0), -2.0, (0.0, 100.0)) == (-2.0, 1.0)


def test_a_report_has_no_impossible_interval() -> None:
    judge = Judge("arm_swing", walker_sequence(simulate_walk()))
    for value, error, interval in ((0.98, 0.05, (0.882, 1.0)), (0.9, 0.5, (0.0, 1.0))):
        judged = judge.judged(
            "coordination_of_arms", Measure(value=value, unit="1", n=3, standard_error=error)
        )
        assert judged.interval == pytest.approx(interval)
        assert judged.standard_error == error


def test_a_range_that_no_joint_has_is_not_given() -> None:
    judge = Judge("gait", walker_sequence(simulate_walk()))
    for value, is_given in ((205.0, True), (418.7, False)):
        judged = judge.judged(
            "hip_flexion_range_left", Measure(value=value, unit="deg", n=3, standard_error=1.5)
        )
        assert (judged.value is not None) is is_given
        assert is_given or "a joint has at most 210°" in str(judged.reason)
