"""Blows of the floor in a foot's motion, whatever smoothed it, and several motions together."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analyzer.tasks.gait import walks

from neuropose.analyzer.tasks.gait.feet import Feet
from neuropose.analyzer.tasks.gait.foot_events.timing import (
    Timed,
    later,
    lowest,
    sharpest_turn,
    together,
)
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


@pytest.mark.parametrize("part", [0.0, 0.25, 0.5, 0.75])
def test_a_blow_between_two_frames_is_found_there(part: float) -> None:
    time_s = (np.arange(400) + part) / RATE_HZ
    stopped = np.where(time_s < STOPPED_S, 300.0 * (STOPPED_S - time_s), 0.0)
    smooth = low_pass(stopped, rate_hz=RATE_HZ, cutoff_hz=20.0).values
    found = sharpest_turn(feet(), smooth, np.array([STOPPED_S * RATE_HZ]))
    assert found.places[0] == pytest.approx(STOPPED_S * RATE_HZ - part, abs=0.1)


def test_the_lowest_place_is_between_the_frames() -> None:
    number = np.arange(100.0)
    height_mm = 0.5 * (number - 40.3) ** 2
    found = lowest(feet(0.5), height_mm, np.array([42.0, 80.0]))
    assert found.places[0] == pytest.approx(40.3, abs=1e-3)
    assert found.jitter[0] > 0.0
    assert np.isnan(found.places[1])  # it only rises there
    assert not len(lowest(feet(), height_mm, np.empty(0)).places)


def test_the_surer_motion_counts_more() -> None:
    one = Timed(np.array([100.0, 200.0, np.nan, 400.0]), np.array([0.0, 9.0, np.nan, 0.0]))
    two = Timed(np.array([103.0, 206.0, 300.0, np.nan]), np.array([0.0, 0.0, 0.0, np.nan]))
    both = together((one, later(two, 1.0)), (1.0, 1.0))
    assert both.places[0] == pytest.approx(102.0)
    assert both.places[1] > 206.0
    assert both.places[2:].tolist() == [301.0, 400.0]
    assert both.jitter[3] == 0.0
    assert both.apart is not None
    assert both.apart[0] == pytest.approx(np.std([100.0, 104.0], ddof=1))
    assert np.isnan(both.apart[2:]).all()
    nothing = Timed(np.full(1, np.nan), np.full(1, np.nan))
    assert np.isnan(together((nothing, nothing), (1.0, 1.0)).places).all()
