"""Means, spreads and comparisons of sides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose.analyzer.tasks.gait import summarise, symmetry_index, symmetry_ratio, variability
from neuropose.errors import SequenceError, SignalError

SIDE = st.floats(0.01, 1e4)


def test_mean_sd_and_cv() -> None:
    measure = summarise([1.0, np.nan, 1.2, 1.1], "s", confidence=[0.5, 0.0, 0.7, 0.9])
    assert measure.value == pytest.approx(1.1)
    assert measure.n == 3
    assert measure.sd == pytest.approx(0.1)
    assert measure.cv_percent == pytest.approx(100.0 / 11.0)
    assert measure.confidence == pytest.approx(0.7)  # not that of the missing one


@pytest.mark.parametrize(("count", "few"), [(2, True), (19, True), (20, False), (60, False)])
def test_variability_of_too_few_strides_says_so(count: int, few: bool) -> None:
    values = np.linspace(1.0, 1.2, count)
    assert bool(variability(values)[2]) is few
    warnings = summarise(values, "s").warnings
    assert any(f"{count} strides: insufficient under 20" in each for each in warnings) is few


def test_one_stride_has_no_variability() -> None:
    assert variability([1.0]) == (None, None, ())
    measure = summarise([1.0], "s")
    assert (measure.value, measure.sd, measure.cv_percent) == (1.0, None, None)


def test_no_cv_about_zero() -> None:
    sd, cv_percent, _ = variability([-1.0, 1.0])
    assert sd == pytest.approx(np.sqrt(2.0))
    assert cv_percent is None


def test_nothing_has_a_reason() -> None:
    for values in ([], [np.nan, np.nan]):
        measure = summarise(values, "s", reason="nobody walks", warnings=("short",))
        assert (measure.value, measure.reason, measure.n) == (None, "nobody walks", 0)
        assert measure.warnings == ("short",)


@given(SIDE, SIDE)
def test_the_index_is_signed_and_turns_with_the_sides(left: float, right: float) -> None:
    index = symmetry_index(left, right)
    assert index == pytest.approx(-symmetry_index(right, left))
    assert -200.0 <= index <= 200.0
    assert np.sign(index) == np.sign(left - right)


@given(SIDE, SIDE)
def test_the_ratio_is_of_the_affected_side(left: float, right: float) -> None:
    assert symmetry_ratio(left, right, "left") == pytest.approx(left / right)
    assert symmetry_ratio(left, right, "right") == pytest.approx(right / left)


def test_what_cannot_be_compared() -> None:
    assert np.isnan(symmetry_index(0.0, 0.0))
    assert np.isnan(symmetry_index(float("nan"), 1.0))
    assert np.isnan(symmetry_ratio(1.0, 0.0, "left"))
    assert np.isnan(symmetry_ratio(-1.0, 1.0, "left"))


def test_a_side_that_is_none_is_refused() -> None:
    with pytest.raises(SequenceError, match="'middle' is not a side"):
        symmetry_ratio(1.0, 2.0, "middle")  # type: ignore[arg-type]


def test_a_confidence_for_each_value() -> None:
    with pytest.raises(SignalError, match="2 values, but a confidence of shape"):
        summarise([1.0, 2.0], "s", confidence=[1.0])
