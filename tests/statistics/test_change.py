"""A person who did not change stays below the detectable change 95 times in 100."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from neuropose.errors import StatisticsError
from neuropose.statistics.change import Measured, detectable_change


def coverage(first_n: int, second_n: int, measuring: float, spread: float, known: bool) -> float:
    """Share of unchanged people who stay below."""
    draw = np.random.default_rng(3)
    below = 0
    for _ in range(2000):
        parts = []
        for n in (first_n, second_n):
            repetitions = 60.0 + spread * draw.normal(size=n)
            mean = repetitions.mean() + measuring * draw.normal()
            parts.append(Measured(mean, measuring if known else None, repetitions.std(ddof=1), n))
        found = detectable_change(*parts)
        assert found is not None
        below += abs(parts[1].value - parts[0].value) <= found.least
    return below / 2000


@pytest.mark.parametrize(("first_n", "second_n"), [(3, 4), (5, 20), (30, 30)])
@pytest.mark.parametrize("measuring", [0.0, 0.5])
def test_the_share_of_unchanged_people_below(first_n: int, second_n: int, measuring: float) -> None:
    assert coverage(first_n, second_n, measuring, 1.0, known=True) == pytest.approx(0.95, abs=0.025)


def test_an_error_that_is_not_known_is_not_in_it() -> None:
    assert coverage(10, 10, 2.0, 1.0, known=False) < 0.5
    found = detectable_change(Measured(1.0, None, 1.0, 9), Measured(1.0, 0.1, 1.0, 9))
    assert found is not None
    assert not found.includes_measuring
    assert found.includes_repetitions


@pytest.mark.parametrize(("few", "equal_var"), [(5, False), (4, True), (2, True)])
def test_spread_alone_is_welchs_test_or_of_few_students(few: int, equal_var: bool) -> None:
    first, second = np.array([1.0, 2.0, 4.0, 5.0, 3.0]), np.array([2.0, 2.5, 3.0, 2.2, 2.4, 2.6])
    both = (first[:few], second)
    for order in (both, both[::-1]):
        parts = [Measured(each.mean(), None, each.std(ddof=1), len(each)) for each in order]
        found = detectable_change(*parts)
        low, high = stats.ttest_ind(*order, equal_var=equal_var).confidence_interval()
        assert found is not None
        assert found.least == pytest.approx((high - low) / 2.0)
        assert found.alike is equal_var


def false_changes(first_n: int, second_n: int, first_sd: float = 1.0) -> float:
    """Share of people without any change of whom one is said."""
    draw = np.random.default_rng(11)
    beyond = 0
    for _ in range(3000):
        parts = []
        for n, sd in ((first_n, first_sd), (second_n, 1.0)):
            repetitions = 60.0 + sd * draw.normal(size=n)
            spread = float(repetitions.std(ddof=1)) if n > 1 else None
            parts.append(Measured(float(repetitions.mean()), None, spread, n))
        found = detectable_change(*parts)
        assert found is not None
        beyond += abs(parts[1].value - parts[0].value) > found.least
    return beyond / 3000


@pytest.mark.parametrize(
    ("first_n", "second_n", "first_sd"),
    [
        *((1, 2, 1.0), (1, 20, 1.0), (20, 1, 1.0), (2, 2, 1.0), (2, 20, 1.0), (4, 20, 1.0)),
        *((5, 5, 1.0), (5, 20, 1.0), (20, 20, 1.0), (20, 20, 3.0), (20, 20, 0.3), (10, 20, 3.0)),
    ],
)
def test_noise_is_a_change_once_in_twenty(first_n: int, second_n: int, first_sd: float) -> None:
    assert false_changes(first_n, second_n, first_sd) == pytest.approx(0.05, abs=0.015)


def test_a_single_value_has_the_spread_of_the_other() -> None:
    found = detectable_change(Measured(1.0, 0.3), Measured(2.0, 0.4, sd=1.0, n=4))
    assert found is not None
    assert found.standard_error == pytest.approx((0.3**2 + 0.4**2 + 1.0 + 1.0 / 4.0) ** 0.5)
    assert found.alike
    assert found.includes_repetitions


def test_errors_of_measuring_alone_are_normal() -> None:
    found = detectable_change(Measured(1.0, 3.0), Measured(2.0, 4.0))
    assert found is not None
    assert found.standard_error == pytest.approx(5.0)
    assert found.least == pytest.approx(5.0 * 1.959964, rel=1e-6)


def test_without_any_error_of_one_there_is_none() -> None:
    assert detectable_change(Measured(1.0, 0.3), Measured(2.0)) is None
    assert detectable_change(Measured(1.0), Measured(2.0, sd=1.0, n=1)) is None


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0, 95.0])
def test_a_level_is_a_share(level: float) -> None:
    with pytest.raises(StatisticsError):
        detectable_change(Measured(1.0, 1.0), Measured(1.0, 1.0), level=level)
