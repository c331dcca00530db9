"""Blows of the floor in the motion of a foot, whatever smoothed it, and two motions together."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analyzer.tasks.gait import walks

from neuropose.analyzer.tasks.gait.feet import Feet
from neuropose.analyzer.tasks.gait.foot_events.timing import Timed, later, sharpest_turn, together
from neuropose.filters import low_pass

RATE_HZ = 200.0
STOPPED_S = 1.0


def feet(noise_mm: float = 0.0) -> Feet:
    return walks.feet(walks.sequence(fps=RATE_HZ), white_mm=noise_mm, cutoff_hz=20.0)


def stopped_heel(rate_hz: float = RATE_HZ) -> np.ndarray:
    """A height that falls by 300 mm/s, and stops."""
    time_s = np.arange(0.0, 2.0, 1.0 / rate_hz)
    return np.where(time_s < STOPPED_S, 300.0 * (STOPPED_S - time_s), 0.0)


@pytest.mark.parametrize("cutoff_hz", [6.0, 10.0, 20.0])
def test_a_blow_stays_where_it_is_however_it_was_smoothed(cutoff_hz: float) -> None:
    smooth = low_pass(stopped_heel(), rate_hz=RATE_HZ, cutoff_hz=cutoff_hz).values
    found = sharpest_turn(feet(), smooth, np.array([STOPPED_S * RATE_HZ + 4.0]))
    assert found.places[0] / RATE_HZ == pytest.approx(STOPPED_S, abs=0.003)


def test_it_must_be_near_and_stand_out_from_the_noise() -> None:
    smooth = low_pass(stopped_heel(), rate_hz=RATE_HZ, cutoff_hz=20.0).values
    at = np.array([STOPPED_S * RATE_HZ])
    assert np.isfinite(sharpest_turn(feet(), smooth, at).places).all()
    assert np.isnan(sharpest_turn(feet(0.5), smooth, at - 0.1 * RATE_HZ).places).all()
    assert np.isnan(sharpest_turn(feet(50.0), smooth, at).places).all()
    assert np.isnan(sharpest_turn(feet(), smooth, np.array([np.nan])).places).all()
    assert not len(sharpest_turn(feet(), smooth, np.empty(0)).places)


def test_noise_moves_it_by_about_what_is_told() -> None:
    rng = np.random.default_rng(0)
    noisy = np.array(
        [
            sharpest_turn(
                feet(0.5),
                low_pass(stopped_heel() + each, rate_hz=RATE_HZ, cutoff_hz=20.0).values,
                np.array([STOPPED_S * RATE_HZ]),
            ).places[0]
            for each in rng.normal(0.0, 0.5, (100, len(stopped_heel())))
        ]
    )
    smooth = low_pass(stopped_heel(), rate_hz=RATE_HZ, cutoff_hz=20.0).values
    told = sharpest_turn(feet(0.5), smooth, np.array([STOPPED_S * RATE_HZ])).jitter[0]
    assert 0.3 * told < np.nanstd(noisy) < told


def test_the_surer_motion_counts_more() -> None:
    one = Timed(np.array([100.0, 200.0, np.nan, 400.0]), np.array([0.0, 9.0, np.nan, 0.0]))
    two = Timed(np.array([103.0, 206.0, 300.0, np.nan]), np.array([0.0, 0.0, 0.0, np.nan]))
    both = together(one, later(two, 1.0), (1.0, 1.0))
    assert both.places[0] == pytest.approx(102.0)
    assert both.places[1] > 206.0
    assert np.isnan(both.places[2])  # the first is needed
    assert both.places[3] == 400.0
    assert both.jitter[3] == 0.0
