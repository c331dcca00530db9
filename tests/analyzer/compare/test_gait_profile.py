"""Gait scores, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from neuropose.analyzer.compare.gait_profile import (
    PROFILE_ANGLES,
    ReferenceGroup,
    gait_deviation_index,
    gait_profile,
)
from neuropose.errors import SequenceError

POINTS = 51


def group(members: int = 2, spread_deg: float = 0.0, seed: int = 0) -> ReferenceGroup:
    random = np.random.default_rng(seed)
    curves = {
        name: 10.0 * number + spread_deg * random.normal(size=(members, 1)) * np.ones(POINTS)
        for number, name in enumerate(PROFILE_ANGLES)
    }
    return ReferenceGroup("made-up adults", curves)


def off(**by_deg: float) -> dict[str, np.ndarray]:
    """The means of `group`, some angles off by so much."""
    return {
        name: np.full(POINTS, 10.0 * number + by_deg.get(name, 0.0))
        for number, name in enumerate(PROFILE_ANGLES)
    }


def test_scores_by_hand() -> None:
    """One angle off by 9°, one by 12°: √((81 + 144) / 9) = 5."""
    found = gait_profile(off(knee_flexion=9.0, hip_flexion=-12.0), group())
    assert found.variable_scores_deg["knee_flexion"] == pytest.approx(9.0)
    assert found.variable_scores_deg["hip_flexion"] == pytest.approx(12.0)
    assert found.variable_scores_deg["pelvis_tilt"] == 0.0
    assert found.score_deg == pytest.approx(5.0)
    assert found.reference == "made-up adults"


def test_a_varying_difference_counts_by_its_root_mean_square() -> None:
    curves = off()
    curves["knee_flexion"] = curves["knee_flexion"] + np.array([3.0, -4.0] * 25 + [0.0])
    expected = np.sqrt(25 * (9.0 + 16.0) / POINTS)
    assert gait_profile(curves, group()).variable_scores_deg["knee_flexion"] == pytest.approx(
        expected
    )


def test_the_group_has_an_index_of_100_on_average() -> None:
    reference = group(40, 3.0)
    indices = [
        gait_deviation_index(
            {name: reference.curves_deg[name][i] for name in PROFILE_ANGLES}, reference
        ).value
        for i in range(40)
    ]
    assert np.mean(indices) == pytest.approx(100.0)
    assert np.std(indices, ddof=1) == pytest.approx(10.0)


def test_further_away_is_lower_by_the_logarithm() -> None:
    """Twice as far from the group's mean is lower by 10 · ln 2 over the SD of the logarithms."""
    reference = group(40, 3.0)
    near, far = (
        gait_deviation_index(
            {
                name: reference.means_deg[name]
                + times * (reference.curves_deg[name][0] - reference.means_deg[name])
                for name in PROFILE_ANGLES
            },
            reference,
        )
        for times in (1.0, 2.0)
    )
    vectors = reference.vectors - reference.vectors.mean(axis=0)
    logarithms = np.log(np.linalg.norm(vectors, axis=1))
    assert near.explained == pytest.approx(1.0)  # nine independent shifts need nine components
    expected = 10.0 * np.log(2.0) / logarithms.std(ddof=1)
    assert near.value - far.value == pytest.approx(expected, rel=1e-6)


def test_what_is_refused() -> None:
    curves = off()
    del curves["foot_progression"]
    with pytest.raises(SequenceError, match="no foot_progression: a score of gait needs all nine"):
        gait_profile(curves, group())
    with pytest.raises(SequenceError, match="has no name"):
        ReferenceGroup(" ", group().curves_deg)
    with pytest.raises(SequenceError, match="10 sides in the reference group are too few"):
        gait_deviation_index(off(), group(10, 1.0))
    with pytest.raises(SequenceError, match="different shapes"):
        ReferenceGroup("x", {**group().curves_deg, "knee_flexion": np.zeros((2, 7))})
