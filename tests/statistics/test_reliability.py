"""Intraclass correlation and measurement error: the published example, R, known truth, faults."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from neuropose.errors import StatisticsError
from neuropose.statistics import icc, measurement_error

# Shrout & Fleiss 1979, Table 2: four judges rate six targets.
JUDGES = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)

# R 4.2.2, psych 2.2.9:
#   sf <- matrix(c(9,2,5,8, 6,1,3,2, 8,4,6,8, 7,1,2,6, 10,5,6,9, 6,2,4,7), ncol=4, byrow=TRUE)
#   ICC(sf, lmer=FALSE); ICC(sf, lmer=FALSE, alpha=.1); ICC(sf[, 1:2], lmer=FALSE)
PSYCH = {
    ("2,1", 4, 0.95): (0.28976378, 0.018786513, 0.76108437),
    ("3,1", 4, 0.95): (0.71484071, 0.342464765, 0.94585826),
    ("2,1", 4, 0.90): (0.28976378, 0.042901192, 0.69107061),
    ("3,1", 4, 0.90): (0.71484071, 0.411834131, 0.92583281),
    ("2,1", 2, 0.95): (0.12565445, -0.023653222, 0.59985148),
    ("3,1", 2, 0.95): (0.74534161, -0.020908746, 0.95998308),
}


def test_the_published_example() -> None:
    # Shrout & Fleiss 1979, Tables 3 and 4: ICC(2,1) = .29, ICC(3,1) = .71;
    # BMS = 11.24, JMS = 32.49, EMS = 1.02.
    agreement, consistency = icc(JUDGES, "2,1"), icc(JUDGES, "3,1")
    assert round(agreement.value or 0, 2) == 0.29
    assert round(consistency.value or 0, 2) == 0.71
    squares = agreement.ms_subjects, agreement.ms_sessions, agreement.ms_error
    assert [round(each, 2) for each in squares] == [11.24, 32.49, 1.02]
    assert (agreement.n, agreement.sessions, agreement.dropped) == (6, 4, 0)


@pytest.mark.parametrize(("form", "sessions", "level"), PSYCH)
def test_as_psych(form: str, sessions: int, level: float) -> None:
    found = icc(JUDGES[:, :sessions], form, level=level)  # type: ignore[arg-type]
    assert found.interval is not None
    numbers = found.value, found.interval.low, found.interval.high
    assert numbers == pytest.approx(PSYCH[form, sessions, level], abs=5e-9)


def test_few_subjects_are_named() -> None:
    assert icc(JUDGES, "2,1").warnings == ("few subjects: 6, fewer than 30",)


def test_measurement_error_belongs_to_its_coefficient() -> None:
    n = len(JUDGES)
    square = icc(JUDGES, "2,1")
    subjects = (square.ms_subjects - square.ms_error) / 4
    sessions = (square.ms_sessions - square.ms_error) / n
    agreement = measurement_error(JUDGES, "agreement")
    whole = subjects + sessions + square.ms_error
    assert agreement.sem.value == pytest.approx(np.sqrt(whole * (1 - (square.value or 0))))
    consistency = measurement_error(JUDGES, "consistency")
    one = icc(JUDGES, "3,1").value or 0
    assert consistency.sem.value == pytest.approx(np.sqrt((subjects + square.ms_error) * (1 - one)))
    assert consistency.sem.value == pytest.approx(np.sqrt(square.ms_error))
    assert agreement.mdc95.value == pytest.approx(1.96 * np.sqrt(2) * (agreement.sem.value or 0))


def test_two_sessions_without_bias() -> None:
    # Then SEM is the SD of the differences over √2 (Bland & Altman 1996, BMJ 313:744).
    rng = np.random.default_rng(0)
    first = rng.normal(1.0, 0.2, 40)
    second = first + rng.normal(0.0, 0.03, 40)
    sem = measurement_error(np.column_stack([first, second]), "consistency").sem.value
    assert sem == pytest.approx((first - second).std(ddof=1) / np.sqrt(2))


def coverage(form: str, truth: float, bias: float) -> float:
    """How often the interval holds the true value, of 400 simulated studies."""
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        subjects = rng.normal(0.0, 1.0, (30, 1))
        ratings = subjects + bias * rng.normal(size=(1, 4)) + 0.5 * rng.normal(size=(30, 4))
        interval = icc(ratings, form).interval  # type: ignore[arg-type]
        assert interval is not None
        held += interval.low <= truth <= interval.high
    return held / 400


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    # Binomial SD of a share of 95 % of 400 is 1.1 %.
    assert coverage("3,1", 1.0 / 1.25, 0.7) == pytest.approx(0.95, abs=0.035)
    assert coverage("2,1", 1.0 / (1.25 + 0.09), 0.3) == pytest.approx(0.95, abs=0.035)


def test_error_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(400):
        ratings = rng.normal(size=(20, 1)) + 0.5 * rng.normal(size=(20, 3))
        interval = measurement_error(ratings, "consistency").sem.interval
        assert interval is not None
        held += interval.low <= 0.5 <= interval.high
    assert held / 400 == pytest.approx(0.95, abs=0.035)


@given(
    arrays.arrays(np.float64, (7, 3), elements=st.integers(-50, 50).map(float)),
    st.floats(0.1, 10.0),
    st.floats(-100.0, 100.0),
)
def test_neither_unit_nor_origin_matter(ratings: np.ndarray, scale: float, shift: float) -> None:
    one, other = icc(ratings, "2,1"), icc(scale * ratings + shift, "2,1")
    if one.value is None or other.value is None or one.ms_error < 1e-9:
        return
    assert other.value == pytest.approx(one.value, abs=1e-6)
    assert one.value <= 1.0
    assert one.interval is not None
    assert one.interval.low <= one.value <= one.interval.high


@given(arrays.arrays(np.float64, (8, 3), elements=st.floats(-10.0, 10.0)))
def test_a_constant_between_sessions_changes_agreement_only(ratings: np.ndarray) -> None:
    moved = ratings + np.array([0.0, 0.0, 5.0])
    one, other = icc(ratings, "3,1"), icc(moved, "3,1")
    if one.ms_error > 1e-6:
        assert other.value == pytest.approx(one.value, abs=1e-6)
        first, second = measurement_error(ratings, "consistency"), measurement_error(moved)
        assert (second.sem.value or 0) >= 0.99 * (first.sem.value or 0) * np.sqrt(7 / 8)


def test_a_coefficient_that_is_not_positive_is_warned_of() -> None:
    opposed = [[1.0, 3.0], [2.0, 2.1], [3.0, 1.0], [2.5, 1.5]]
    found = icc(opposed, "3,1")
    assert found.value is not None
    assert found.value < 0
    assert any(text.startswith("not positive") for text in found.warnings)


def test_nothing_to_tell_apart() -> None:
    found = icc(np.ones((5, 2)), "2,1")
    assert (found.value, found.interval) == (None, None)
    assert found.reason == "all measurements are equal: subjects cannot be told apart"


def test_perfect_measurements_have_no_interval() -> None:
    found = icc([[1.0, 1.0], [2.0, 2.0], [4.0, 4.0]], "2,1")
    assert (found.value, found.interval) == (1.0, None)
    assert any(text.startswith("no interval") for text in found.warnings)
    error = measurement_error([[1.0, 1.0], [2.0, 2.0], [4.0, 4.0]])
    assert error.sem.value == 0.0


def test_missing_measurements_are_refused_or_counted() -> None:
    holed = np.vstack([JUDGES, [5.0, np.nan, 4.0, 5.0]])
    with pytest.raises(StatisticsError, match="1 of 7 subjects have missing values"):
        icc(holed, "2,1")
    found = icc(holed, "2,1", missing="drop")
    assert (found.n, found.dropped) == (6, 1)
    assert found.value == icc(JUDGES, "2,1").value
    assert measurement_error(holed, missing="drop").sem.dropped == 1


@pytest.mark.parametrize(
    ("ratings", "message"),
    [
        ([[1.0, 2.0]], "too few complete subjects: 1"),
        ([[1.0], [2.0]], "measurements of shape"),
        ([1.0, 2.0], "measurements of shape"),
        ([[1.0, np.inf], [1.0, 2.0]], "contain infinite values"),
        ([["a", "b"], ["c", "d"]], "are not numbers"),
        (3.0, "a single number"),
    ],
)
def test_what_is_no_table_is_refused(ratings: object, message: str) -> None:
    with pytest.raises(StatisticsError, match=message) as caught:
        icc(ratings, "2,1")  # type: ignore[arg-type]
    assert caught.value.hint


def test_wrong_parameters_are_refused() -> None:
    with pytest.raises(StatisticsError, match=r"ICC\(1,1\)"):
        icc(JUDGES, "1,1")  # type: ignore[arg-type]
    with pytest.raises(StatisticsError, match="level is 95"):
        icc(JUDGES, "2,1", level=95)
    with pytest.raises(StatisticsError, match="unknown definition 'sd'"):
        measurement_error(JUDGES, "sd")  # type: ignore[arg-type]
    with pytest.raises(StatisticsError, match="missing is 'omit'"):
        icc(JUDGES, "2,1", missing="omit")  # type: ignore[arg-type]
