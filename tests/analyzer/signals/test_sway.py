"""Sway of the centre of pressure that plates of known load have."""

from __future__ import annotations

import numpy as np
import pytest

from neuropose.analyzer.signals.sway import centre_of_pressure, pressure_sway
from neuropose.data import ForcePlate, ForcePlates
from neuropose.errors import SignalError

TIME_S = np.arange(0.0, 30.0, 0.01)
UP = (0.0, 0.0, 1.0)


def plate(name: str, load_n: np.ndarray, x_mm: np.ndarray, y_mm: np.ndarray) -> ForcePlate:
    force = np.zeros((len(TIME_S), 3))
    force[:, 2] = load_n
    centre = np.stack([x_mm, y_mm, np.zeros(len(TIME_S))], axis=1)
    centre[force[:, 2] <= 20.0] = np.nan
    return ForcePlate(name=name, force_n=force, centre_of_pressure_mm=centre)


def two_feet(shift_n: float) -> ForcePlates:
    """400 N on either foot, 200 mm apart; some of it goes from one to the other and back."""
    wave = shift_n * np.sin(2.0 * np.pi * 0.25 * TIME_S)
    still = np.zeros(len(TIME_S))
    feet = (
        plate("1", 400.0 + wave, still, still + 100.0),
        plate("2", 400.0 - wave, still, still - 100.0),
    )
    return ForcePlates(format="c3d", time_s=TIME_S, plates=feet)


def test_the_load_that_moves_from_foot_to_foot_is_sway() -> None:
    """(480 − 320) / 800 of the 100 mm to either side: the centre moves by 20 mm."""
    found = pressure_sway(two_feet(80.0), up=UP, forward=(1.0, 0.0, 0.0))
    assert found["rms_ml"] == pytest.approx(20.0 / np.sqrt(2.0), rel=0.02)
    assert found["rms_ap"] == pytest.approx(0.0, abs=1e-6)
    assert found["range_ml"] == pytest.approx(40.0, rel=0.02)
    # Four times 20 mm in each of 7.5 periods.
    assert found["path_length"] == pytest.approx(7.5 * 80.0, rel=0.02)


def test_facing_the_other_way_round_exchanges_the_axes() -> None:
    found = pressure_sway(two_feet(80.0), up=UP, forward=(0.0, 1.0, 0.0))
    assert found["rms_ml"] == pytest.approx(0.0, abs=1e-6)
    assert found["rms_ap"] > 5.0


def test_a_plate_that_nobody_uses_does_not_count() -> None:
    still = np.zeros(len(TIME_S))
    one = plate("1", still + 700.0, still + 30.0, still + 40.0)
    idle = plate("2", still + 3.0, still, still)
    both = ForcePlates(format="c3d", time_s=TIME_S, plates=(one, idle))
    np.testing.assert_allclose(centre_of_pressure(both, UP), np.tile([30.0, 40.0, 0.0], (3000, 1)))


def test_nobody_stands_there() -> None:
    still = np.zeros(len(TIME_S))
    empty = ForcePlates(format="c3d", time_s=TIME_S, plates=(plate("1", still, still, still),))
    assert np.isnan(centre_of_pressure(empty, UP)).all()
    with pytest.raises(SignalError, match="nobody stands on the force plates"):
        pressure_sway(empty, up=UP, forward=(1.0, 0.0, 0.0))
