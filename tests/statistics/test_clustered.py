"""Means and shares of values of which several are of one subject: coverage, limits and faults."""

from __future__ import annotations

import numpy as np
import pytest

from neuropose.errors import StatisticsError
from neuropose.statistics.clustered import clustered_mean, clustered_sd, clustered_share


def test_every_subject_counts_once() -> None:
    found = clustered_mean([1.0, 1.0, 1.0, 4.0, np.nan], ["a", "a", "a", "b", "c"])
    assert found.value == pytest.approx(2.5)
    assert (found.n, found.dropped) == (4, 1)


def test_the_mean_of_new_subjects_is_covered() -> None:
    random = np.random.default_rng(1)
    subjects = np.repeat(np.arange(8), 10)
    covered = 0
    for _ in range(400):
        values = np.repeat(random.normal(5.0, 2.0, 8), 10) + random.normal(0.0, 1.0, 80)
        interval = clustered_mean(values, subjects).interval
        assert interval is not None
        covered += interval.low <= 5.0 <= interval.high
    assert 0.92 <= covered / 400 <= 0.975


def test_the_spread_is_that_of_one_value_of_a_new_subject() -> None:
    random = np.random.default_rng(2)
    subjects = np.repeat(np.arange(400), 5)
    values = np.repeat(random.normal(0.0, 2.0, 400), 5) + random.normal(0.0, 1.5, 2000)
    assert clustered_sd(values, subjects) == pytest.approx(2.5, rel=0.05)
    assert clustered_sd([1.0, 3.0], ["a", "a"]) == pytest.approx(np.sqrt(2.0))
    assert np.isnan(clustered_sd([1.0], ["a"]))


def test_the_share_of_new_subjects_is_covered() -> None:
    random = np.random.default_rng(3)
    subjects = np.repeat(np.arange(20), 15)
    covered, widths = 0, []
    for _ in range(400):
        own = random.beta(18.0, 2.0, 20)  # mean 0.9, and subjects differ
        interval = clustered_share(random.random(300) < np.repeat(own, 15), subjects).interval
        assert interval is not None
        covered += interval.low <= 0.9 <= interval.high
        widths.append(interval.high - interval.low)
    assert 0.91 <= covered / 400 <= 0.98
    independent = clustered_share(np.arange(300) >= 30, np.arange(300)).interval
    assert independent is not None
    assert np.mean(widths) > independent.high - independent.low


def test_all_of_few_subjects_is_not_certainty() -> None:
    found = clustered_share([True] * 300, np.repeat(["a", "b", "c"], 100))
    assert found.value == 1.0
    assert found.interval is not None
    assert found.interval.low < 0.5


def test_one_subject_and_nothing() -> None:
    assert clustered_mean([1.0, 2.0], ["a", "a"]).interval is None
    assert clustered_share([True], ["a"]).warnings
    assert clustered_mean([np.nan], ["a"]).reason
    assert clustered_share([], []).reason


def test_faults_are_refused() -> None:
    with pytest.raises(StatisticsError):
        clustered_mean([1.0, 2.0], ["a"])
    with pytest.raises(StatisticsError):
        clustered_share([True], ["a", "b"])
