"""Effect sizes: R, the formulas by hand, known truth, faults."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tests.statistics.test_permutation import AUTOMATIC, DRUG_1, DRUG_2, MANUAL

from neuropose.errors import StatisticsError
from neuropose.statistics import (
    Estimate,
    cliffs_delta,
    cohens_dz,
    hedges_g,
    rank_biserial,
)

Effect = Callable[..., Estimate]
ALL: tuple[Effect, ...] = (hedges_g, cohens_dz, cliffs_delta, rank_biserial)


def numbers(estimate: Estimate) -> tuple[float, float, float]:
    assert estimate.value is not None
    assert estimate.interval is not None
    return estimate.value, estimate.interval.low, estimate.interval.high


def test_hedges_g_as_r() -> None:
    # R 4.2.2, effectsize 0.8.3: hedges_g(mpg ~ am, data = mtcars, pooled_sd = TRUE)
    expected = -1.440635402, -2.208767199, -0.6536396833
    assert numbers(hedges_g(AUTOMATIC, MANUAL)) == pytest.approx(expected, abs=1e-6)


def test_cohens_dz_as_r() -> None:
    # effectsize 0.8.3: cohens_d(sleep$extra[1:10], sleep$extra[11:20], paired = TRUE)
    expected = -1.284557563, -2.118016595, -0.4146276621
    assert numbers(cohens_dz(DRUG_1, DRUG_2)) == pytest.approx(expected, abs=1e-6)


def test_cliffs_delta_as_r() -> None:
    # Example of effsize 0.7.4, cliff.delta(treatment, control), from Hogarty & Kromrey 1999.
    treatment, control = [10, 10, 20, 20, 20, 30, 30, 30, 40, 50], [10, 20, 30, 40, 40, 50]
    found = cliffs_delta(treatment, control)
    assert numbers(found) == pytest.approx((-0.25, -0.7265846, 0.3890062), abs=1e-7)
    assert "11 of 60 comparisons are ties" in found.warnings
    # effectsize 0.8.3: rank_biserial(mpg ~ am, data = mtcars)
    assert cliffs_delta(AUTOMATIC, MANUAL).value == pytest.approx(-0.6599190283)


def test_rank_biserial_by_hand() -> None:
    # Differences 3, −1, 2, 5, 0: ranks of 1, 2, 3, 5 are 1 to 4; (2 + 3 + 4 − 1) / 10.
    found = rank_biserial([4.0, 1.0, 5.0, 9.0, 2.0], [1.0, 2.0, 3.0, 4.0, 2.0])
    assert found.value == pytest.approx(0.8)
    assert found.n == 4
    assert "1 pairs without a difference are left out" in found.warnings
    # effectsize 0.8.3: rank_biserial(sleep$extra[1:10], sleep$extra[11:20], paired = TRUE) is −1.
    one_sided = rank_biserial(DRUG_1, DRUG_2)
    assert (one_sided.value, one_sided.interval) == (-1.0, None)
    assert any(
        "has no interval: all differences have the same sign" in each for each in one_sided.warnings
    )


def test_the_bootstrap_depends_on_the_seed_only() -> None:
    rng = np.random.default_rng(0)
    first = rng.normal(size=20)
    second = first + rng.normal(0.3, 1.0, 20)
    one = rank_biserial(first, second, seed=5)
    assert one == rank_biserial(first, second, seed=5)
    assert one != rank_biserial(first, second, seed=6)
    value, low, high = numbers(one)
    assert -1.0 <= low < value < high <= 1.0


@pytest.mark.parametrize(
    ("effect", "truth", "tolerance"),
    [
        (hedges_g, 0.8, 0.035),
        (cohens_dz, 0.8 / np.sqrt(2), 0.035),
        # 2 Φ(0.8 / √2) − 1
        (cliffs_delta, 0.42839, 0.04),
    ],
)
def test_intervals_hold_the_truth_as_often_as_they_say(
    effect: Effect, truth: float, tolerance: float
) -> None:
    rng = np.random.default_rng(1)
    found = [numbers(effect(rng.normal(0.8, 1, 20), rng.normal(0, 1, 20))) for _ in range(300)]
    held = np.mean([low <= truth <= high for _, low, high in found])
    assert held == pytest.approx(0.95, abs=tolerance)
    if effect is hedges_g:
        assert np.mean([value for value, _, _ in found]) == pytest.approx(truth, abs=0.05)


@given(
    arrays.arrays(np.float64, 9, elements=st.floats(-20, 20).map(lambda x: round(x, 2))),
    arrays.arrays(np.float64, 9, elements=st.floats(-20, 20).map(lambda x: round(x, 2))),
    st.floats(0.1, 10.0),
)
@settings(max_examples=25, deadline=None)
def test_exchanging_and_units(one: np.ndarray, other: np.ndarray, scale: float) -> None:
    for effect in ALL:
        there, back = effect(one, other), effect(scale * other, scale * one)
        if there.value is None or back.value is None:
            assert there.reason
            continue
        assert back.value == pytest.approx(-there.value, abs=1e-6)
        if there.interval is not None:
            assert there.interval.low - 1e-9 <= there.value <= there.interval.high + 1e-9
        if effect in (cliffs_delta, rank_biserial):
            assert -1.0 <= there.value <= 1.0


def test_cliffs_delta_looks_at_the_order_only() -> None:
    first, second = np.exp(MANUAL / 5), np.exp(AUTOMATIC / 5)
    assert cliffs_delta(first, second) == cliffs_delta(MANUAL, AUTOMATIC)


def test_groups_that_do_not_overlap() -> None:
    found = cliffs_delta([5.0, 6.0, 7.0], [1.0, 2.0])
    assert (found.value, found.interval) == (1.0, None)
    assert "no interval: the groups do not overlap" in found.warnings


@pytest.mark.parametrize("effect", [hedges_g, cohens_dz])
def test_without_spread_there_is_no_effect_size(effect: Effect) -> None:
    found = effect([2.0, 2.0, 2.0], [1.0, 1.0, 1.0])
    assert (found.value, found.interval) == (None, None)
    assert found.reason
    assert "do not vary" in found.reason


def test_no_pair_differs() -> None:
    found = rank_biserial([1.0, 2.0], [1.0, 2.0])
    assert (found.value, found.reason) == (None, "no pair differs")


def test_a_huge_effect_still_has_an_interval() -> None:
    value, low, high = numbers(hedges_g([100.0, 101.0, 102.0], [1.0, 2.0, 3.0]))
    assert low < value < high


@pytest.mark.parametrize("effect", ALL)
def test_missing_values_are_refused_or_counted(effect: Effect) -> None:
    holed = np.where(np.arange(10) == 2, np.nan, DRUG_1)
    with pytest.raises(StatisticsError, match="missing values"):
        effect(holed, DRUG_2)
    found = effect(holed, DRUG_2, missing="drop")
    assert found.dropped == 1
    with pytest.raises(StatisticsError, match="level is 0"):
        effect(DRUG_1, DRUG_2, level=0.0)
