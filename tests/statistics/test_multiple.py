"""Adjusted p-values: R and scipy, known truth, faults."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from neuropose.errors import StatisticsError
from neuropose.statistics import adjust

P_VALUES = [0.01, 0.02, 0.03, 0.04, 0.05, 0.001, 0.2, 0.04]


def test_as_r() -> None:
    # R 4.2.2: p.adjust(p, "holm"); p.adjust(p, "BH")
    holm = 0.070, 0.120, 0.150, 0.160, 0.160, 0.008, 0.200, 0.160
    assert adjust(P_VALUES).adjusted == pytest.approx(holm)
    hochberg = (
        0.04,
        0.05333333333,
        0.05333333333,
        0.05333333333,
        0.05714285714,
        0.008,
        0.2,
        0.05333333333,
    )
    assert adjust(P_VALUES, "benjamini-hochberg").adjusted == pytest.approx(hochberg)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30))
def test_as_scipy_and_in_bounds(p_values: list[float]) -> None:
    found = adjust(p_values, "benjamini-hochberg")
    assert found.adjusted == pytest.approx(stats.false_discovery_control(p_values))
    holm = adjust(p_values)
    for raw, mild, strict in zip(p_values, found.adjusted, holm.adjusted, strict=True):
        assert mild is not None
        assert strict is not None
        assert raw <= mild * (1 + 1e-12)
        assert mild <= strict * (1 + 1e-12)
        assert strict <= 1.0


def test_how_often_there_is_a_false_one() -> None:
    rng = np.random.default_rng(0)
    raw = rng.uniform(size=(1000, 20))
    for method in ("holm", "benjamini-hochberg"):
        any_false = np.mean([any(adjust(each, method).rejected) for each in raw])  # type: ignore[arg-type]
        assert any_false == pytest.approx(0.05, abs=0.025)


def test_missing_ones_are_refused_or_no_tests() -> None:
    with pytest.raises(StatisticsError, match="1 of 3 p-values are missing"):
        adjust([0.01, np.nan, 0.03])
    found = adjust([0.01, np.nan, 0.03], missing="drop")
    assert found.adjusted == (0.02, None, 0.03)
    assert found.rejected == (True, None, True)
    assert (found.n, found.dropped) == (2, 1)


@pytest.mark.parametrize("values", [[1.2], [-0.1], [np.nan], [[0.1, 0.2]]])
def test_what_is_no_p_value_is_refused(values: list[float]) -> None:
    with pytest.raises(StatisticsError, match="not p-values"):
        adjust(values, missing="drop")


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(StatisticsError, match="unknown method 'bonferroni'"):
        adjust([0.1], "bonferroni")  # type: ignore[arg-type]
