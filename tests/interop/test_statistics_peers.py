"""Agreement and reliability against pingouin and statsmodels, on published examples."""

from __future__ import annotations

import numpy as np
import pytest

from neuropose.statistics import bland_altman, cohens_dz, icc
from neuropose.statistics.clustered import clustered_mean, clustered_sd, clustered_share

pytest.importorskip("pingouin", reason="pingouin is in the environment of make test-interop")
pytest.importorskip("statsmodels", reason="statsmodels is in the environment of make test-interop")
pytestmark = pytest.mark.filterwarnings("ignore")  # of theirs

# Shrout & Fleiss 1979, Table 2: four judges rate six targets.
JUDGES = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)
# Bland & Altman 1986, Table 1: peak expiratory flow of 17 subjects, first measurement with either
# meter, l/min.
WRIGHT = np.array(
    [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427], float
)
MINI = np.array(
    [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451], float
)
# Several pairs of five subjects, of our own making.
SUBJECTS = np.repeat(np.arange(5), [8, 5, 9, 3, 8])
_RANDOM = np.random.default_rng(7)
ONE = 5.0 + SUBJECTS + _RANDOM.normal(0.0, 0.5, len(SUBJECTS))
OTHER = ONE + 0.2 * SUBJECTS + _RANDOM.normal(0.0, 0.4, len(SUBJECTS))


def long_form(ratings: np.ndarray) -> object:
    import pandas as pd

    subjects, sessions = np.indices(ratings.shape)
    return pd.DataFrame(
        {"subject": subjects.ravel(), "session": sessions.ravel(), "value": ratings.ravel()}
    )


@pytest.mark.parametrize("ratings", [JUDGES, np.stack([WRIGHT, MINI], axis=1)])
@pytest.mark.parametrize("form", ["2,1", "3,1"])
def test_icc_as_pingouin(ratings: np.ndarray, form: str) -> None:
    import pingouin

    table = pingouin.intraclass_corr(long_form(ratings), "subject", "session", "value")
    kind = {"2,1": ("ICC2", "ICC(A,1)"), "3,1": ("ICC3", "ICC(C,1)")}[form]
    [theirs] = table[table["Type"].isin(kind)].to_dict("records")
    bounds = next(theirs[name] for name in ("CI95%", "CI95") if name in theirs)
    found = icc(ratings, form)  # type: ignore[arg-type]
    assert found.interval is not None
    assert found.value == pytest.approx(theirs["ICC"], abs=1e-6)
    assert (found.interval.low, found.interval.high) == pytest.approx(tuple(bounds), abs=0.0051)


def test_bland_altman_as_published_and_as_statsmodels() -> None:
    import statsmodels.api as sm
    from statsmodels.stats.weightstats import DescrStatsW

    found = bland_altman(WRIGHT, MINI)
    assert (round(found.bias.value or 0.0, 1), round(found.sd, 1)) == (-2.1, 38.8)
    theirs = DescrStatsW(WRIGHT - MINI).tconfint_mean()
    assert found.bias.interval is not None
    assert (found.bias.interval.low, found.bias.interval.high) == pytest.approx(theirs)
    means = sm.add_constant(0.5 * (WRIGHT + MINI))
    fit = sm.OLS(WRIGHT - MINI, means).fit()
    assert found.slope.value == pytest.approx(fit.params[1])
    assert found.slope_p_value == pytest.approx(fit.pvalues[1])
    assert found.slope.interval is not None
    bounds = found.slope.interval.low, found.slope.interval.high
    assert bounds == pytest.approx(tuple(fit.conf_int()[1]))


def test_limits_of_repeated_pairs_are_of_statsmodels_analysis_of_variance() -> None:
    import pandas as pd
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    data = pd.DataFrame({"d": ONE - OTHER, "s": SUBJECTS.astype(str)})
    within = anova_lm(ols("d ~ C(s)", data).fit()).loc["Residual", "mean_sq"]
    means, sizes = data.groupby("s")["d"].mean(), data.groupby("s")["d"].size()
    sd = np.sqrt(means.var(ddof=1) + (1.0 - (1.0 / sizes).mean()) * within)
    found = bland_altman(ONE, OTHER, subjects=SUBJECTS)
    assert found.sd == pytest.approx(sd)
    assert clustered_sd(ONE - OTHER, SUBJECTS) == pytest.approx(sd)
    assert found.bias.value == pytest.approx(means.mean())
    assert found.upper.value == pytest.approx(means.mean() + 1.96 * sd)


def test_the_clustered_mean_is_statsmodels_of_the_subjects_means() -> None:
    from statsmodels.stats.weightstats import DescrStatsW

    differences = ONE - OTHER
    means = [differences[each == SUBJECTS].mean() for each in range(5)]
    found = clustered_mean(differences, SUBJECTS)
    assert found.interval is not None
    theirs = DescrStatsW(means).tconfint_mean()
    assert (found.interval.low, found.interval.high) == pytest.approx(theirs)


def test_the_share_of_independent_trials_is_wilsons() -> None:
    from statsmodels.stats.proportion import proportion_confint

    hits = np.arange(40) >= 6
    found = clustered_share(hits, np.arange(40))
    assert found.interval is not None
    theirs = proportion_confint(0.85 * 39, 39, method="wilson")  # a trial less, as t has
    assert (found.interval.low, found.interval.high) == pytest.approx(theirs)
    everyone = clustered_share([True] * 9, np.arange(9))
    assert everyone.interval is not None
    assert everyone.interval.low == pytest.approx(proportion_confint(9, 9, method="wilson")[0])


def test_effect_sizes_of_pairs_as_pingouin() -> None:
    import pingouin

    theirs = pingouin.ttest(WRIGHT, MINI, paired=True)
    found = cohens_dz(WRIGHT, MINI)
    t = float(next(theirs[name].iloc[0] for name in ("T", "t") if name in theirs))
    assert found.value == pytest.approx(t / np.sqrt(len(WRIGHT)))
