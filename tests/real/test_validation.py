"""Real markers against themselves, misread by a device whose errors are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks import marker_trials

from neuropose.analyzer import PoseSequence
from neuropose.study.validation.compared_pair import ComparedPair, compare_pair

pytestmark = pytest.mark.real

OFFSET_S, DRIFT, NOISE_MM, SIZE = 31.7, 0.0015, 2.0, 1.02


@pytest.fixture(scope="module")
def pair() -> ComparedPair:
    walk = PoseSequence.from_c3d(marker_trials.trial(marker_trials.TREADMILL))
    random = np.random.default_rng(0)
    part = walk.slice(float(walk.time_s[0]) + 0.8, float(walk.time_s[-1]) - 0.4)
    seen = replace(
        part,
        time_s=OFFSET_S + (1.0 + DRIFT) * part.time_s,
        positions_mm=SIZE * part.positions_mm
        + random.normal(0.0, NOISE_MM, part.positions_mm.shape),
    )
    return compare_pair("s01", "treadmill", seen, walk)


def test_the_clock_is_found_on_a_treadmill(pair: ComparedPair) -> None:
    """Every stride is nearly as the one before: only the right one may be taken."""
    middle_s = 0.5 * (pair.synchrony.start_s + pair.synchrony.end_s)
    shown_s = OFFSET_S + (1.0 + DRIFT) * middle_s
    assert float(pair.synchrony.to_reference(shown_s)) == pytest.approx(middle_s, abs=0.005)


def test_events_strides_and_angles_are_the_same_but_for_the_errors(pair: ComparedPair) -> None:
    for kind in ("initial_contact", "foot_off"):
        errors_s = [event.error_s for event in pair.events if event.kind == kind]
        assert len(errors_s) >= 18
        assert abs(np.median(errors_s)) < 0.012
        assert all(pair.true[kind])
    ratios = [each.test["stride_length"] / each.reference["stride_length"] for each in pair.strides]
    assert len(ratios) >= 16
    assert np.median(ratios) == pytest.approx(SIZE, abs=0.01)
    knees = [each for each in pair.angles if each.name == "knee_flexion"]
    off_deg = [np.sqrt(np.mean((each.test_deg - each.reference_deg) ** 2)) for each in knees]
    assert np.mean(off_deg) < 1.5
