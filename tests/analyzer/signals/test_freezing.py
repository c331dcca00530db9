"""The freeze index of signals whose spectrum is known."""

from __future__ import annotations

import numpy as np
import pytest

from neuropose.analyzer.signals.freezing import freeze_index
from neuropose.errors import SignalError

RATE_HZ = 100.0
TIME_S = np.arange(0.0, 30.0, 1.0 / RATE_HZ)


def wave(hz: float, size: float = 1.0) -> np.ndarray:
    return size * np.sin(2.0 * np.pi * hz * TIME_S)


@pytest.mark.parametrize("size", [0.5, 1.0, 2.0])
def test_it_is_the_squared_ratio_of_the_powers(size: float) -> None:
    """Power goes with the square of the size, so the index with the fourth power."""
    found = freeze_index(wave(1.0) + wave(5.0, size), RATE_HZ)
    assert np.median(found.values) == pytest.approx(size**4, rel=0.05)
    np.testing.assert_allclose(found.scaled(), np.log(100.0 * found.values))
    assert found.time_s[0] == pytest.approx(3.0)


def test_a_stretch_of_trembling_is_a_candidate() -> None:
    walking = np.where((TIME_S > 12.0) & (TIME_S < 20.0), wave(6.0), wave(1.0))
    found = freeze_index(walking, RATE_HZ)
    [(start_s, end_s)] = found.candidates(2.0)
    assert 11.0 < start_s < 16.0 < end_s < 21.0
    assert not freeze_index(wave(1.0), RATE_HZ).candidates(2.0)


def test_gravity_and_units_do_not_count() -> None:
    signal = wave(1.0) + wave(5.0)
    np.testing.assert_allclose(
        freeze_index(9810.0 + 1000.0 * signal, RATE_HZ).values,
        freeze_index(signal, RATE_HZ).values,
        rtol=1e-6,
    )


def test_a_gap_is_missing() -> None:
    signal = wave(1.0)
    signal[1000] = np.nan
    found = freeze_index(signal, RATE_HZ)
    gone = np.isnan(found.values)
    assert gone.any()
    assert (np.abs(found.time_s[gone] - 10.0) <= 3.0).all()


def test_what_is_refused() -> None:
    with pytest.raises(SignalError, match="shorter than the window of 6 s"):
        freeze_index(wave(1.0)[:300], RATE_HZ)
    with pytest.raises(SignalError, match="do not show 8 Hz"):
        freeze_index(wave(1.0), 12.0)


@pytest.mark.parametrize(
    "given", [{"rate_hz": np.nan}, {"rate_hz": np.inf}, {"window_s": -6.0}, {"step_s": 0.0}]
)
def test_rates_and_times_that_are_none(given: dict[str, float]) -> None:
    with pytest.raises(SignalError, match=f"{next(iter(given))} is"):
        freeze_index(wave(1.0), **{"rate_hz": RATE_HZ, **given})
