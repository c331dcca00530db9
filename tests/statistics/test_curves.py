"""Curves compared by permutation: by hand, known truth, properties, faults."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage, stats

from neuropose.errors import StatisticsError
from neuropose.statistics import CurveTest, compare_curves
from neuropose.statistics.curve_regions import find_runs, heaviest

TIME = np.arange(101)


def smooth_curves(count: int, seed: int, components: int = 0) -> np.ndarray:
    """Smooth noise of SD 1, shape (count, 101) or (count, 101, components)."""
    shape = (count, 101, components) if components else (count, 101)
    noise = ndimage.gaussian_filter1d(np.random.default_rng(seed).normal(size=shape), 6.0, axis=1)
    return noise / noise.std()


BUMP = 3.0 * np.exp(-(((TIME - 60) / 8.0) ** 2))


def plain(test: CurveTest) -> list[tuple[int, int, str | None]]:
    return [(region.first, region.last, region.direction) for region in test.regions]


@pytest.mark.parametrize("paired", [True, False])
def test_the_statistic_is_t(paired: bool) -> None:
    first, second = smooth_curves(9, 0), smooth_curves(9, 1) + 0.3
    found = compare_curves(first, second, paired=paired, permutations=199)
    if paired:
        expected = stats.ttest_rel(first, second).statistic
    else:
        expected = stats.ttest_ind(first, second, equal_var=False).statistic
    assert found.statistic == pytest.approx(expected)
    assert found.difference[0] == pytest.approx((first - second).mean(axis=0))


def test_groups_of_different_size() -> None:
    first, second = 3.0 * smooth_curves(5, 0), smooth_curves(12, 1)
    found = compare_curves(first, second, paired=False, permutations=199)
    assert found.statistic == pytest.approx(
        stats.ttest_ind(first, second, equal_var=False).statistic
    )
    assert found.sizes == (5, 12)


def test_the_statistic_of_vectors_is_hotellings() -> None:
    first, second = smooth_curves(10, 0, 3), smooth_curves(10, 1, 3)
    found = compare_curves(first, second, paired=True, permutations=199)
    differences = (first - second)[:, 40]
    mean = differences.mean(axis=0)
    expected = 10 * mean @ np.linalg.inv(np.cov(differences.T)) @ mean
    assert found.statistic[40] == pytest.approx(expected, rel=1e-6)
    assert (found.kind, len(found.difference), found.low) == ("T2", 3, None)
    groups = compare_curves(first, second, paired=False, permutations=199)
    mean = (first - second)[:, 40].mean(axis=0)
    spread = (np.cov(first[:, 40].T) + np.cov(second[:, 40].T)) / 10
    assert groups.statistic[40] == pytest.approx(mean @ np.linalg.inv(spread) @ mean, rel=1e-6)


def test_one_component_is_the_square_of_t() -> None:
    first, second = smooth_curves(9, 0), smooth_curves(9, 1) + BUMP
    number = compare_curves(first, second, paired=True)
    vector = compare_curves(first[..., None], second[..., None], paired=True)
    assert vector.statistic == pytest.approx(np.square(number.statistic))
    assert vector.p_values == pytest.approx(number.p_values)
    assert vector.threshold == pytest.approx(number.threshold**2)


def test_all_exchanges_by_hand() -> None:
    differences = smooth_curves(6, 0) + 0.4 * BUMP
    largest = []
    for number in range(64):
        signs = np.where(number >> np.arange(6) & 1, -1.0, 1.0)[:, None]
        largest.append(np.abs(stats.ttest_1samp(signs * differences, 0.0).statistic).max())
    found = compare_curves(differences, np.zeros((6, 101)), paired=True)
    assert (found.exact, found.permutations) == (True, 64)
    expected = [np.mean(np.array(largest) >= abs(t) - 1e-9) for t in found.statistic]
    assert found.p_values == pytest.approx(expected)
    assert found.threshold == pytest.approx(np.sort(largest)[::-1][3])  # 3 of 64 are above: 4.7 %


def test_a_difference_is_found_where_it_is() -> None:
    first, second = smooth_curves(12, 2) + BUMP, smooth_curves(12, 3)
    for inference in ("maximum", "cluster"):
        found = compare_curves(first, second, paired=False, inference=inference)  # type: ignore[arg-type]
        [region] = [each for each in found.regions if each.significant]
        assert region.direction == "higher"
        assert region.first <= 60 <= region.last
        assert 5 < region.last - region.first < 40
        assert found.p_value == region.p_value < 0.05
    # The band, where there is one, holds the true difference everywhere.
    band = compare_curves(first, second, paired=False)
    assert band.low is not None
    assert band.high is not None
    assert (np.array(band.low) <= BUMP).all()
    assert (np.array(band.high) >= BUMP).all()


def test_the_error_of_the_whole_curve_is_kept() -> None:
    false = {"maximum": 0, "cluster": 0}
    for seed in range(200):
        first, second = smooth_curves(8, 2 * seed), smooth_curves(8, 2 * seed + 1)
        for inference in false:
            test = compare_curves(first, second, paired=True, inference=inference)  # type: ignore[arg-type]
            false[inference] += any(region.significant for region in test.regions)
    # Binomial SD of a share of 5 % of 200 is 1.5 %; sample by sample it would be some 40 %.
    assert false["maximum"] / 200 == pytest.approx(0.05, abs=0.045)
    assert false["cluster"] / 200 < 0.095


def test_a_region_over_the_end_of_the_cycle() -> None:
    bump = 4.0 * np.exp(-((np.minimum(TIME, 101 - TIME) / 6.0) ** 2))
    first, second = smooth_curves(10, 4) + bump, smooth_curves(10, 5)
    for inference in ("maximum", "cluster"):
        open_ended = compare_curves(first, second, paired=True, inference=inference)  # type: ignore[arg-type]
        closed = compare_curves(first, second, paired=True, inference=inference, circular=True)  # type: ignore[arg-type]
        strong = [each for each in open_ended.regions if each.significant]
        assert [strong[0].first, strong[-1].last] == [0, 100]
        [region] = [each for each in closed.regions if each.significant]
        assert (region.first, region.last) == (strong[-1].first, strong[0].last)
        assert region.peak_sample in range(101)


@given(arrays.arrays(np.float64, (4, 12), elements=st.integers(-3, 3).map(float)), st.booleans())
def test_runs_by_hand(values: np.ndarray, circular: bool) -> None:
    runs = find_runs(values, 0.5, circular=circular)
    expected = []
    for number, row in enumerate(values):
        inside = [place for place in range(12) if row[place] > 0.5]
        for first in inside:
            before = (first - 1) % 12 if circular else first - 1
            if before in inside and len(inside) < 12:
                continue
            if len(inside) == 12 and first != 0:
                continue
            last, mass = first, row[first] - 0.5
            while True:
                after = (last + 1) % 12 if circular else last + 1
                if after not in inside or after == first:
                    break
                last, mass = after, mass + row[after] - 0.5
            expected.append((number, first, last, mass))
    found = sorted(zip(*(each.tolist() for each in runs), strict=True))
    assert [each[:3] for each in found] == [each[:3] for each in expected]
    assert [each[3] for each in found] == pytest.approx([each[3] for each in expected])
    masses = [max([m for r, _, _, m in expected if r == row], default=0.0) for row in range(4)]
    assert heaviest(values, 0.5, signed=False, circular=circular) == pytest.approx(masses)


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 100.0))
@settings(max_examples=20, deadline=None)
def test_exchanging_and_units(seed: int, scale: float) -> None:
    first, second = smooth_curves(7, seed), smooth_curves(7, seed + 1) - 0.5 * BUMP
    one = compare_curves(first, second, paired=True, permutations=200)
    other = compare_curves(scale * second, scale * first, paired=True, permutations=200)
    assert other.p_values == pytest.approx(one.p_values)
    opposite = {"higher": "lower", "lower": "higher"}
    assert plain(other) == [(first, last, opposite[side or ""]) for first, last, side in plain(one)]


def test_samples_at_which_nothing_varies() -> None:
    first, second = smooth_curves(8, 0), smooth_curves(8, 1)
    first[:, :3] = second[:, :3] = 0.0
    for paired in (True, False):
        found = compare_curves(first, second, paired=paired, permutations=199)
        assert found.statistic[:3] == (0.0, 0.0, 0.0)
        assert found.warnings == ("nothing varies at 3 samples: no difference is found there",)


def test_the_same_seed_gives_the_same() -> None:
    first, second = smooth_curves(20, 0), smooth_curves(20, 1)
    one = compare_curves(first, second, paired=True, permutations=300, seed=1)
    assert one == compare_curves(first, second, paired=True, permutations=300, seed=1)
    assert one != compare_curves(first, second, paired=True, permutations=300, seed=2)
    assert (one.exact, one.permutations, one.seed) == (False, 301, 1)
    assert CurveTest.model_validate_json(one.model_dump_json()) == one


def test_missing_samples_are_refused_or_counted() -> None:
    first, second = smooth_curves(8, 0), smooth_curves(8, 1)
    first[2, 50] = np.nan
    with pytest.raises(StatisticsError, match="1 of 8 pairs of curves have missing values"):
        compare_curves(first, second, paired=True)
    pairs = compare_curves(first, second, paired=True, missing="drop", permutations=199)
    assert (pairs.sizes, pairs.dropped) == ((7,), 1)
    groups = compare_curves(first, second, paired=False, missing="drop", permutations=199)
    assert (groups.sizes, groups.dropped) == ((7, 8), 1)


def test_no_curve_at_all_is_too_few() -> None:
    with pytest.raises(StatisticsError, match="too few complete first curves: 0"):
        compare_curves(np.empty((0, 5)), np.ones((4, 5)), paired=False)


def test_few_curves_are_named() -> None:
    found = compare_curves(smooth_curves(4, 0), smooth_curves(4, 1), paired=True)
    assert found.warnings == (
        "few pairs: 4, fewer than 6",
        "16 labellings are too few for a p-value of 0.05",
    )
    assert found.regions == ()


@pytest.mark.parametrize(
    ("first", "second", "options", "message"),
    [
        (np.ones((3, 5)), np.ones((3, 6)), {"paired": True}, "curves of shapes"),
        (np.ones(5), np.ones(5), {"paired": True}, "curves of shapes"),
        (np.ones((3, 5)), np.ones((4, 5)), {"paired": True}, "3 and 4 curves cannot be paired"),
        (
            np.ones((3, 5, 3)),
            np.ones((3, 5, 3)),
            {"paired": True},
            "too few complete pairs of curves: 3",
        ),
        (np.ones((3, 5)), np.ones((3, 5)), {"paired": True, "inference": "x"}, "inference is 'x'"),
        (np.ones((3, 5)), np.ones((3, 5)), {"paired": True, "alpha": 5}, "alpha is 5"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    first: np.ndarray, second: np.ndarray, options: dict[str, object], message: str
) -> None:
    with pytest.raises(StatisticsError, match=message):
        compare_curves(first, second, **options)  # type: ignore[arg-type]
