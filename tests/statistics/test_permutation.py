"""Permutation tests: R and scipy, enumeration by hand, known truth, faults."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from neuropose.errors import StatisticsError
from neuropose.statistics import paired_test, two_sample_test
from neuropose.statistics.relabelling import relabelling

# R's data sets `sleep` (Student 1908) and `mtcars` (Henderson & Velleman 1981).
DRUG_1 = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
DRUG_2 = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
AUTOMATIC_1 = np.array([21.4, 18.7, 18.1, 14.3, 24.4, 22.8, 19.2, 17.8, 16.4, 17.3])
AUTOMATIC_2 = np.array([15.2, 10.4, 10.4, 14.7, 21.5, 15.5, 15.2, 13.3, 19.2])
AUTOMATIC = np.concatenate([AUTOMATIC_1, AUTOMATIC_2])
MANUAL = np.array([21.0, 21.0, 22.8, 32.4, 30.4, 33.9, 27.3, 26.0, 30.4, 15.8, 19.7, 15.0, 21.4])


def test_as_coin() -> None:
    # R 4.2.2, coin 1.4.2: oneway_test(extra ~ group, data = sleep, distribution = "exact")
    found = two_sample_test(DRUG_1, DRUG_2, statistic="mean", permutations=200_000)
    assert found.p_value == pytest.approx(0.0814479638009, abs=1e-12)
    assert (found.exact, found.permutations, found.seed) == (True, 184_756, None)


def test_a_random_sample_as_coin() -> None:
    # oneway_test(mpg ~ factor(am), data = mtcars, distribution = "exact"): 0.000276471787148
    found = two_sample_test(AUTOMATIC, MANUAL, statistic="mean", permutations=49_999)
    assert (found.exact, found.permutations, found.seed) == (False, 50_000, 0)
    assert found.p_value == pytest.approx(0.000276471787148, abs=4 * np.sqrt(0.000277 / 50_000))


@pytest.mark.parametrize("alternative", ["greater", "less", "two-sided"])
def test_pairs_as_scipy(alternative: str) -> None:
    ours = paired_test(DRUG_2, DRUG_1, alternative=alternative)  # type: ignore[arg-type]
    theirs = stats.permutation_test(
        (DRUG_2 - DRUG_1,),
        np.mean,
        permutation_type="samples",
        alternative=alternative,
        n_resamples=np.inf,
    )
    assert ours.p_value == pytest.approx(float(theirs.pvalue), abs=1e-12)
    assert ours.value == pytest.approx(float(theirs.statistic))
    assert ours.exact


@pytest.mark.parametrize("alternative", ["greater", "less"])
@pytest.mark.parametrize("statistic", ["mean", "welch"])
def test_groups_as_scipy(alternative: str, statistic: str) -> None:
    def welch(x: np.ndarray, y: np.ndarray, axis: int) -> np.ndarray:
        return stats.ttest_ind(x, y, axis=axis, equal_var=False).statistic

    def mean(x: np.ndarray, y: np.ndarray, axis: int) -> np.ndarray:
        return x.mean(axis=axis) - y.mean(axis=axis)

    first, second = MANUAL[:6], AUTOMATIC[:5]
    ours = two_sample_test(first, second, alternative=alternative, statistic=statistic)  # type: ignore[arg-type]
    theirs = stats.permutation_test(
        (first, second),
        {"welch": welch, "mean": mean}[statistic],
        alternative=alternative,
        n_resamples=np.inf,
        vectorized=True,
    )
    assert ours.p_value == pytest.approx(float(theirs.pvalue), abs=1e-12)
    assert ours.statistic == pytest.approx(float(theirs.statistic))


def test_all_labellings_by_hand() -> None:
    values = np.array([3.0, 5.0, 1.0, 2.0, 4.5])
    means = [
        values[list(chosen)].mean() - np.delete(values, chosen).mean()
        for chosen in combinations(range(5), 2)
    ]
    found = two_sample_test(values[:2], values[2:], statistic="mean", alternative="greater")
    assert found.p_value == np.mean(np.array(means) >= means[0] - 1e-12)
    assert found.permutations == 10


def test_the_interval_is_what_the_test_does_not_reject() -> None:
    level = 0.9
    pairs = paired_test(DRUG_2, DRUG_1, level=level)
    groups = two_sample_test(MANUAL[:7], AUTOMATIC[:5], statistic="mean", level=level)
    assert pairs.interval is not None
    assert groups.interval is not None

    def p_pairs(shift: float) -> float:
        return min(
            paired_test(DRUG_2 - shift, DRUG_1, alternative=side).p_value
            for side in ("greater", "less")
        )

    def p_groups(shift: float) -> float:
        return min(
            two_sample_test(
                MANUAL[:7] - shift, AUTOMATIC[:5], statistic="mean", alternative=side
            ).p_value
            for side in ("greater", "less")
        )

    for test, p_value in ((pairs.interval, p_pairs), (groups.interval, p_groups)):
        for inside, outside in (
            (test.low + 1e-6, test.low - 1e-6),
            (test.high - 1e-6, test.high + 1e-6),
        ):
            assert p_value(inside) > 0.05
            assert p_value(outside) <= 0.05


def test_chance_is_as_it_says() -> None:
    # Where nothing differs, p ≤ 0.05 comes in 5 % of studies; and the interval holds 0 in 95 %.
    rng = np.random.default_rng(4)
    rejected = {"pairs": 0, "welch": 0, "mean": 0}
    held = {"pairs": 0, "welch": 0, "mean": 0}
    for _ in range(400):
        first, second = rng.normal(size=(2, 10))
        tests = {
            "pairs": paired_test(first, second, permutations=999),
            "welch": two_sample_test(first, second, permutations=999),
            "mean": two_sample_test(first, second, statistic="mean", permutations=999),
        }
        for name, test in tests.items():
            assert test.interval is not None
            rejected[name] += test.p_value <= 0.05
            held[name] += test.interval.low <= 0.0 <= test.interval.high
    for name in rejected:
        assert rejected[name] / 400 == pytest.approx(0.05, abs=0.035)
        assert held[name] / 400 == pytest.approx(0.95, abs=0.035)


def test_unequal_spread_misleads_the_difference_of_means_only() -> None:
    # The small group varies most: means are equal, but the distributions are not.
    rng = np.random.default_rng(5)
    rejected = {"welch": 0, "mean": 0}
    for _ in range(200):
        first, second = rng.normal(0.0, 4.0, 10), rng.normal(0.0, 1.0, 40)
        for name in rejected:
            test = two_sample_test(first, second, statistic=name, permutations=499)  # type: ignore[arg-type]
            rejected[name] += test.p_value <= 0.05
    assert rejected["mean"] / 200 > 0.15
    assert rejected["welch"] / 200 < 0.12


def test_the_smallest_p_value_counts_the_observed_labelling() -> None:
    first, second = np.arange(100.0), np.arange(100.0) + 1000.0
    assert paired_test(first, second, permutations=199).p_value == 1 / 200
    assert two_sample_test(first, second, permutations=199).p_value == 1 / 200


def test_the_same_seed_gives_the_same() -> None:
    one = two_sample_test(AUTOMATIC, MANUAL, seed=3)
    assert one == two_sample_test(AUTOMATIC, MANUAL, seed=3)
    assert one.seed == 3
    assert paired_test(AUTOMATIC[:13], MANUAL, permutations=500, seed=1) != paired_test(
        AUTOMATIC[:13], MANUAL, permutations=500, seed=2
    )


@given(
    arrays.arrays(np.float64, 7, elements=st.integers(-20, 20).map(float)),
    arrays.arrays(np.float64, 7, elements=st.integers(-20, 20).map(float)),
    st.floats(-100.0, 100.0),
)
@settings(max_examples=50)
def test_exchanging_shifting_and_ties(one: np.ndarray, other: np.ndarray, shift: float) -> None:
    for test in (paired_test, two_sample_test):
        there, back = test(one, other), test(other + shift, one + shift)
        assert back.p_value == pytest.approx(there.p_value)
        assert back.value == pytest.approx(-(there.value or 0), abs=1e-9)
        assert 0.0 < there.p_value <= 1.0
        if not (one - other).any():
            assert paired_test(one, other).p_value == 1.0


def test_equal_values_differ_never() -> None:
    for found in (paired_test([2.0] * 8, [2.0] * 8), two_sample_test([2.0] * 8, [2.0] * 8)):
        assert (found.value, found.p_value) == (0.0, 1.0)
        assert "all values are equal" in found.warnings


def test_a_difference_without_any_spread() -> None:
    found = two_sample_test([2.0] * 6, [1.0] * 6)
    assert (found.value, found.p_value) == (1.0, 2 / 924)
    assert np.isfinite(found.statistic)


def test_a_labelling_without_any_spread_is_no_measure_of_the_others() -> None:
    # Exchanged, the groups can be 1 1 1 and 2 2 2, whose t is beyond all measure.
    first, second = [1.0, 2.0, 1.0], [2.0, 1.0, 2.0]
    found = two_sample_test(first, second)
    assert found.p_value == 1.0  # as all others are as extreme, or more
    uneven = two_sample_test([1.0, 2.0, 1.0, 2.0, 1.0], [2.0, 2.0, 2.0, 1.0, 2.0])
    t = []
    values = np.array([1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 2.0, 2.0, 1.0, 2.0])
    for chosen in combinations(range(10), 5):
        one, other = values[list(chosen)], np.delete(values, chosen)
        error = np.sqrt((one.var(ddof=1) + other.var(ddof=1)) / 5)
        t.append(abs(one.mean() - other.mean()) / max(error, 1e-100))
    expected = abs(uneven.statistic)
    assert uneven.p_value == np.mean(np.array(t) >= expected - 1e-9)


def test_few_values_are_named() -> None:
    found = paired_test([1.0, 2.0, 4.0], [0.0, 0.5, 1.0])
    assert found.interval is None
    assert found.warnings == (
        "few pairs: 3, fewer than 6",
        "no interval: 8 labellings are too few for 0.95",
    )


def test_missing_values_are_refused_or_counted() -> None:
    holed = np.where(np.arange(10) == 4, np.nan, DRUG_2)
    with pytest.raises(StatisticsError, match="missing values"):
        paired_test(holed, DRUG_1)
    with pytest.raises(StatisticsError, match="missing values"):
        two_sample_test(holed, DRUG_1)
    pairs = paired_test(holed, DRUG_1, missing="drop")
    assert (pairs.n, pairs.dropped, pairs.sizes) == (9, 1, (9,))
    groups = two_sample_test(holed, DRUG_1, missing="drop")
    assert (groups.n, groups.dropped, groups.sizes) == (19, 1, (9, 10))


def test_wrong_parameters_are_refused() -> None:
    with pytest.raises(StatisticsError, match="alternative is 'larger'"):
        paired_test(DRUG_1, DRUG_2, alternative="larger")  # type: ignore[arg-type]
    with pytest.raises(StatisticsError, match="statistic is 'median'"):
        two_sample_test(DRUG_1, DRUG_2, statistic="median")  # type: ignore[arg-type]
    with pytest.raises(StatisticsError, match="10 permutations are too few"):
        paired_test(DRUG_1, DRUG_2, permutations=10)
    with pytest.raises(StatisticsError, match="of shape"):
        two_sample_test(np.ones((3, 2)), DRUG_1)


@pytest.mark.parametrize(("first", "second", "width"), [(5, 0, 5), (3, 4, 7)])
def test_every_labelling_once(first: int, second: int, width: int) -> None:
    labels = relabelling(first, second, 999, seed=0)
    masks = np.concatenate(list(labels.masks(columns=1 << 19)))
    assert len(np.unique(masks, axis=0)) == len(masks) == labels.total
    assert masks[0].tolist() == [second > 0 and place < first for place in range(width)]
    if second:
        assert (masks.sum(axis=1) == first).all()


def test_random_labellings_keep_the_sizes() -> None:
    masks = np.concatenate(list(relabelling(10, 20, 500, seed=0).masks()))
    assert masks.shape == (501, 30)
    assert (masks.sum(axis=1) == 10).all()
    assert masks[0, :10].all()
