"""A mixed model: the t tests it becomes with complete data, statsmodels' formula, gaps, faults."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from neuropose.errors import StatisticsError
from neuropose.statistics.mixed import mixed_model

SUBJECTS = 24


def study(
    seed: int = 0, *, change: float = 0.5, more: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Subjects of two groups; all change, those of the first group by `more`."""
    random = np.random.default_rng(seed)
    first = np.arange(SUBJECTS) < SUBJECTS // 2
    own = random.normal(100.0, 5.0, SUBJECTS)
    changes = change + more * first
    both = np.stack([own, own + changes], axis=1) + random.normal(0.0, 0.7, (SUBJECTS, 2))
    return both, first


def test_complete_data_are_the_paired_t_test() -> None:
    ratings, _ = study()
    found, theirs = mixed_model(ratings), stats.ttest_rel(ratings[:, 1], ratings[:, 0])
    assert found.level.value == pytest.approx(float(np.diff(ratings).mean()), rel=1e-4)
    assert found.p_values[0] == pytest.approx(theirs.pvalue, rel=2e-3)
    bounds = theirs.confidence_interval()
    assert found.level.interval is not None
    assert found.level.interval.low == pytest.approx(bounds.low, rel=2e-3)
    assert (found.complete, found.incomplete, found.group) == (SUBJECTS, 0, None)


def test_the_interaction_is_the_t_test_of_the_changes() -> None:
    ratings, first = study(1, more=1.0)
    found = mixed_model(ratings, first)
    changes = np.diff(ratings)[:, 0]
    theirs = stats.ttest_ind(changes[first], changes[~first])
    assert found.interaction is not None
    assert found.group is not None
    assert found.p_values[2] == pytest.approx(theirs.pvalue, rel=2e-3)
    means = ratings.mean(axis=1)
    between = stats.ttest_ind(means[first], means[~first])
    assert found.group.value == pytest.approx(means[first].mean() - means[~first].mean(), rel=1e-3)
    assert found.p_values[1] == pytest.approx(between.pvalue, rel=2e-3)


def test_as_statsmodels_formula() -> None:
    pandas = pytest.importorskip("pandas")
    from statsmodels.formula.api import mixedlm

    ratings, first = study(2, more=1.0)
    ratings[::5, 1] = np.nan
    subject, second = np.nonzero(np.isfinite(ratings))
    data = pandas.DataFrame(
        {
            "y": ratings[subject, second],
            "s": subject,
            "level": second - 0.5,
            "own": np.where(first[subject], 0.5, -0.5),
        }
    )
    theirs = mixedlm("y ~ level * own", data, groups=data["s"]).fit()
    found = mixed_model(ratings, first)
    for estimate, name in (
        (found.level, "level"),
        (found.group, "own"),
        (found.interaction, "level:own"),
    ):
        assert estimate is not None
        assert estimate.value == pytest.approx(theirs.fe_params[name], rel=1e-3, abs=1e-3)
    assert found.sd_rest == pytest.approx(np.sqrt(theirs.scale), rel=1e-2)
    assert found.incomplete == 5


def test_the_truth_is_covered_with_gaps() -> None:
    covered = 0
    for seed in range(60):
        ratings, first = study(seed, more=1.0)
        ratings[np.random.default_rng(seed).random(ratings.shape) < 0.15] = np.nan
        found = mixed_model(ratings, first).interaction
        assert found is not None
        assert found.interval is not None
        covered += found.interval.low <= 1.0 <= found.interval.high
    assert covered >= 52


def test_size_does_not_matter() -> None:
    ratings, first = study(3)
    large, small = (mixed_model(ratings * size, first) for size in (1e4, 1e-4))
    assert large.p_values == pytest.approx(small.p_values, rel=1e-3)


def test_subjects_who_do_not_differ_are_told() -> None:
    random = np.random.default_rng(5)
    noise = random.normal(0.0, 1.0, (30, 1))
    found = mixed_model(np.concatenate([noise, -noise], axis=1))
    assert any("their variance is next to 0" in warning for warning in found.level.warnings)


def test_faults() -> None:
    with pytest.raises(StatisticsError, match="too few"):
        mixed_model([[1.0, 2.0], [1.0, np.nan], [2.0, 3.0]])
    with pytest.raises(StatisticsError, match="of shape"):
        mixed_model([[1.0, 2.0, 3.0]] * 5)
    for alike in (np.ones((6, 2)), np.arange(6.0)[:, None] + [0.0, 0.1]):
        with pytest.raises(StatisticsError, match="all subjects change by the same"):
            mixed_model(alike)
