"""Limits of agreement: the published example, R, tables, known truth, faults."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from neuropose.errors import StatisticsError
from neuropose.statistics import Estimate, bland_altman
from neuropose.statistics.agreement import limit_factors

# Bland & Altman 1986, Table: peak expiratory flow, l/min, first readings with each meter.
WRIGHT = np.array(
    [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427], float
)
MINI = np.array(
    [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451], float
)


def bounds(estimate: Estimate) -> tuple[float, float]:
    assert estimate.interval is not None
    return estimate.interval.low, estimate.interval.high


def test_the_published_example() -> None:
    # Bland & Altman 1986: mean −2.1, SD 38.8, 95 % interval of the bias −22.0 to 17.8 l/min.
    found = bland_altman(WRIGHT, MINI, intervals="approximate")
    assert round(found.bias.value or 0, 1) == -2.1
    assert round(found.sd, 1) == 38.8
    assert [round(each, 1) for each in bounds(found.bias)] == [-22.0, 17.8]
    # Limits there are mean ∓ 2 SD, −79.7 and 75.5, from the rounded numbers.
    assert found.lower.value == pytest.approx(-79.7, abs=0.04 * 38.8 + 0.1)
    assert found.upper.value == pytest.approx(75.5, abs=0.04 * 38.8 + 0.1)
    # Their intervals have a standard error of √(3 / n) SD = 16.3; that of 1999 is
    # √(1/17 + 1.96² / 32) SD = 16.4.
    assert bounds(found.lower) == pytest.approx((-114.3, -45.1), abs=2.0)
    assert bounds(found.upper) == pytest.approx((40.9, 110.1), abs=2.0)
    assert np.ptp(bounds(found.upper)) / 2 == pytest.approx(2.1199 * 16.395, abs=0.01)


def test_as_r() -> None:
    # R 4.2.2: d <- w - m; t.test(d); k <- qt(c(.025, .975), 16, 1.96 * sqrt(17)) / sqrt(17);
    # mean(d) + k * sd(d); summary(lm(d ~ I((w + m) / 2))); confint(...)
    found = bland_altman(WRIGHT, MINI)
    assert found.bias.value == pytest.approx(-2.11764705882)
    assert found.sd == pytest.approx(38.7651298736)
    assert bounds(found.bias) == pytest.approx((-22.0488376966, 17.8135435790))
    assert bounds(found.upper) == pytest.approx((48.860767070, 119.927533667))
    assert bounds(found.lower) == pytest.approx((-124.1628277846, -53.0960611876))
    assert found.slope.value == pytest.approx(0.0286874451525)
    assert bounds(found.slope) == pytest.approx((-0.159320063684, 0.216694953989))
    assert found.slope_p_value == pytest.approx(0.749498533649)
    assert (found.n, found.subjects, found.dropped) == (17, 17, 0)


@pytest.mark.parametrize(
    ("n", "level", "share", "factor"),
    [
        # One-sided tolerance factors. NIST/SEMATECH e-Handbook, 7.2.6.3: 90 %, 99 % sure, exact.
        (43, 0.98, 1.2815516, 1.8740),
        # Odeh & Owen 1980: 95 %, 95 %.
        (10, 0.90, 1.6448536, 2.911),
        (20, 0.90, 1.6448536, 2.396),
        (100, 0.90, 1.6448536, 1.927),
    ],
)
def test_published_tolerance_factors(n: int, level: float, share: float, factor: float) -> None:
    assert limit_factors(n, level, share)[1] == pytest.approx(factor, abs=6e-4)


def test_exact_and_approximate_come_together() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 2000))
    exact = bland_altman(first, second)
    near = bland_altman(first, second, intervals="approximate")
    assert bounds(exact.upper) == pytest.approx(bounds(near.upper), rel=0.003)
    assert exact.warnings == ()


def test_exact_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    held = np.zeros(2)
    for _ in range(400):
        differences = rng.normal(0.5, 2.0, 12)
        found = bland_altman(differences, np.zeros(12))
        for side, estimate, truth in ((0, found.lower, -3.42), (1, found.upper, 4.42)):
            low, high = bounds(estimate)
            held[side] += low <= truth <= high
    assert held / 400 == pytest.approx([0.95, 0.95], abs=0.035)


def test_several_pairs_of_a_subject() -> None:
    # Between subjects SD 2, within 1: a difference has SD √5, and the limits are ∓ 4.38.
    rng = np.random.default_rng(2)
    subjects = np.repeat(np.arange(15), 6)
    held = np.zeros(3)
    spreads, naive = [], []
    for _ in range(300):
        differences = rng.normal(0.0, 2.0, 15)[subjects] + rng.normal(0.0, 1.0, 90)
        found = bland_altman(differences, np.zeros(90), subjects=subjects)
        truths = (found.bias, 0.0), (found.lower, -1.96 * 5**0.5), (found.upper, 1.96 * 5**0.5)
        for place, (estimate, truth) in enumerate(truths):
            low, high = bounds(estimate)
            held[place] += low <= truth <= high
        spreads.append(found.sd)
        low, high = bounds(bland_altman(differences, np.zeros(90)).bias)
        naive.append(low <= 0.0 <= high)
    assert (found.n, found.subjects) == (90, 15)
    assert np.mean(spreads) == pytest.approx(5**0.5, rel=0.03)
    assert held / 300 == pytest.approx([0.95] * 3, abs=0.04)
    assert np.mean(naive) < 0.75  # what it would be to take them for independent ones


def test_unequal_numbers_of_pairs_by_hand() -> None:
    # Means 1, 3, 8 of 1, 2 and 3 pairs: variance of means 13; within (2·1² + 0 + 2·1²) / 3 = 4/3;
    # share 1 − (1 + 1/2 + 1/3) / 3 = 7/18.
    differences = [1.0, 2.0, 4.0, 7.0, 8.0, 9.0]
    found = bland_altman(differences, np.zeros(6), subjects=["a", "b", "b", "c", "c", "c"])
    assert found.bias.value == pytest.approx(4.0)
    assert found.sd == pytest.approx(np.sqrt(13.0 + 7 / 18 * 4 / 3))
    assert found.bias.n == 3


def test_one_pair_of_each_subject_is_as_without_names() -> None:
    named = bland_altman(WRIGHT, MINI, subjects=[f"s{i}" for i in range(17)])
    assert named == bland_altman(WRIGHT, MINI)


def test_proportional_bias_is_found() -> None:
    rng = np.random.default_rng(3)
    truth = rng.uniform(0.5, 1.5, 60)
    found = bland_altman(1.1 * truth + rng.normal(0, 0.01, 60), truth + rng.normal(0, 0.01, 60))
    low, high = bounds(found.slope)
    assert low <= 0.1 / 1.05 <= high
    assert found.warnings == (
        "the difference changes with the size: the limits hold on average only",
    )


def test_equal_pairs() -> None:
    found = bland_altman([1.0, 1.0, 1.0], [1.0, 1.0, 1.0])
    assert (found.bias.value, found.lower.value, found.sd) == (0.0, 0.0, 0.0)
    assert (found.slope.value, found.slope_p_value) == (None, None)
    assert found.slope.reason == "all pairs have the same mean"


@given(
    arrays.arrays(np.float64, (2, 12), elements=st.floats(-100.0, 100.0)), st.floats(-50.0, 50.0)
)
def test_exchanging_and_shifting(pair: np.ndarray, shift: float) -> None:
    one = bland_altman(pair[0], pair[1])
    other = bland_altman(pair[1] + shift, pair[0])
    assert other.bias.value == pytest.approx(shift - (one.bias.value or 0), abs=1e-9)
    assert other.sd == pytest.approx(one.sd, abs=1e-9)
    low, high = bounds(one.lower)
    assert low <= (one.lower.value or 0) <= high
    assert bounds(other.upper) == pytest.approx((shift - high, shift - low), abs=1e-6)


def test_missing_pairs_are_refused_or_counted() -> None:
    holed = WRIGHT.copy()
    holed[3] = np.nan
    with pytest.raises(StatisticsError, match="1 of 17 pairs have missing values"):
        bland_altman(holed, MINI)
    names = np.arange(17) // 2
    found = bland_altman(holed, MINI, missing="drop", subjects=names)
    assert (found.n, found.dropped, found.subjects) == (16, 1, 9)
    assert found.bias.dropped == 1


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([1.0, 2.0], [1.0, 2.0]), {}, "too few complete pairs: 2"),
        ((WRIGHT, MINI[:-1]), {}, "pairs of shapes"),
        ((WRIGHT, MINI), {"subjects": ["a"] * 5}, "17 pairs, but subjects of shape"),
        ((WRIGHT, MINI), {"subjects": ["a"] * 10 + ["b"] * 7}, "too few subjects: 2"),
        ((WRIGHT, MINI), {"intervals": "bootstrap"}, "intervals is 'bootstrap'"),
        ((WRIGHT, MINI), {"level": 1.0}, "level is 1"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    arguments: tuple[object, object], options: dict[str, object], message: str
) -> None:
    with pytest.raises(StatisticsError, match=message):
        bland_altman(*arguments, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("nobody", [None, np.nan])
def test_a_pair_of_nobody_is_not_a_subject_of_its_own(nobody: float | None) -> None:
    subjects = [*np.repeat(np.arange(8), 2), nobody]
    with pytest.raises(StatisticsError, match="1 pairs have no subject"):
        bland_altman(WRIGHT, MINI, subjects=subjects)
