"""Intervals of variability and symmetry: they cover, and stand in the report."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analyzer.tasks.gait import walks

from neuropose.analyzer import analyze_gait, gait_report
from neuropose.analyzer.tasks.gait.summary import symmetry_index
from neuropose.statistics.spread import (
    cv_interval,
    index_of_log_ratio,
    log_ratio_interval,
    sd_interval,
)
from neuropose.testing import walker_sequence


@pytest.mark.parametrize("count", [5, 20])
def test_they_cover(count: int) -> None:
    random = np.random.default_rng(count)
    covered = np.zeros(3)
    for _ in range(1000):
        left, right = random.normal(1.1, 0.05, count), random.normal(1.0, 0.08, count)
        for place, (found, true) in enumerate(
            (
                (sd_interval(left), 0.05),
                (cv_interval(left), 100.0 * 0.05 / 1.1),
                (log_ratio_interval(left, right), np.log(1.1)),
            )
        ):
            assert found is not None
            covered[place] += found[0] <= true <= found[1]
    assert (np.abs(covered / 1000.0 - 0.95) < 0.025).all()


def test_an_index_is_that_of_its_ratio() -> None:
    assert index_of_log_ratio(np.log(1.3 / 0.9)) == pytest.approx(symmetry_index(1.3, 0.9))


def test_too_little_has_none() -> None:
    assert sd_interval([1.0]) is None
    assert cv_interval([1.0]) is None
    assert cv_interval([-1.0, 1.0]) is None
    assert cv_interval([0.1, 2.0, 0.2]) is None
    assert log_ratio_interval([1.0], [1.0, 1.1]) is None
    assert log_ratio_interval([1.0, 1.0], [2.0, 2.0]) == pytest.approx((np.log(0.5),) * 2)


def test_they_stand_in_the_report() -> None:
    walk = walks.trial(duration_s=20.0, step_time_asymmetry_percent=10.0).with_noise(3.0)
    report = gait_report(analyze_gait(walker_sequence(walk), affected_side="right"))
    index, ratio, log = (
        report.measures[f"step_time_{name}"]
        for name in ("symmetry_index", "symmetry_ratio", "log_ratio")
    )
    for measure in (index, ratio, log):
        assert measure.interval is not None
        assert measure.value is not None
        assert measure.interval[0] <= measure.value <= measure.interval[1]
    assert index.interval[0] <= 10.0 <= index.interval[1]  # type: ignore[index]
    table = report.tables["variability"].to_frame().set_index(["measure", "side"])
    stride_time = table.loc[("stride_time", "left")]
    assert stride_time["sd_low"] < stride_time["sd"] < stride_time["sd_high"]
    assert stride_time["cv_low"] < stride_time["cv"] < stride_time["cv_high"]
    assert stride_time["sd"] == pytest.approx(report.measures["stride_time_left"].sd)
