"""The low-pass against SciPy's on the same signal, and what its cutoff means."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from neuropose.errors import SignalError
from neuropose.filters import low_pass, single_pass_cutoff_hz
from neuropose.testing import simulate_walk

NAN = np.nan
SMOOTH = st.floats(-1e3, 1e3)


def scipys(x: NDArray[np.float64], rate_hz: float, cutoff_hz: float, order: int = 4) -> object:
    single = single_pass_cutoff_hz(cutoff_hz, rate_hz, order)
    return sosfiltfilt(butter(order // 2, single, fs=rate_hz, output="sos"), x, axis=0)


@pytest.mark.parametrize("count", [10, 17, 100, 2048, 2049, 5000])
@pytest.mark.parametrize(("rate_hz", "cutoff_hz"), [(30.0, 6.0), (60.0, 6.0), (240.0, 12.0)])
def test_is_that_of_scipy(count: int, rate_hz: float, cutoff_hz: float) -> None:
    x = 3000.0 + np.random.default_rng(count).normal(size=(count, 2, 3)).cumsum(axis=0)
    filtered = low_pass(x, rate_hz=rate_hz, cutoff_hz=cutoff_hz)
    np.testing.assert_allclose(filtered.values, scipys(x, rate_hz, cutoff_hz), rtol=0, atol=1e-12)
    assert not filtered.dropped.any()


@pytest.mark.parametrize("order", [2, 4, 6, 8])
def test_every_run_is_filtered_by_itself(order: int) -> None:
    random = np.random.default_rng(order)
    x = random.normal(size=(6000, 5)).cumsum(axis=0)
    for column in range(4):  # the last one is whole
        for start in random.integers(0, 6000, 60 * column):
            x[start : start + random.integers(1, 40), column] = NAN
    filtered = low_pass(x, rate_hz=100.0, order=order)
    shortest = {2: 7, 4: 10, 6: 13, 8: 16}[order]
    lengths = set()
    for column, wanted, dropped in zip(x.T, filtered.values.T, filtered.dropped.T, strict=True):
        edges = np.flatnonzero(np.diff(np.isnan(column), prepend=True, append=True))
        for start, stop in edges.reshape(-1, 2):
            lengths.add(stop - start)
            if stop - start < shortest:
                assert np.isnan(wanted[start:stop]).all()
                assert dropped[start:stop].all()
            else:
                expected = scipys(column[start:stop], 100.0, 6.0, order)
                np.testing.assert_allclose(wanted[start:stop], expected, rtol=0, atol=1e-12)
                assert not dropped[start:stop].any()
    assert {shortest - 1, shortest, 6000} <= lengths
    np.testing.assert_array_equal(np.isnan(filtered.values), np.isnan(x) | filtered.dropped)


@pytest.mark.parametrize("rate_hz", [20.0, 30.0, 60.0, 120.0, 1000.0])
@pytest.mark.parametrize("cutoff_hz", [3.0, 6.0, 9.0])
@pytest.mark.parametrize("order", [2, 4, 8])
def test_the_cutoff_is_where_the_amplitude_is_down_by_3_db(
    rate_hz: float, cutoff_hz: float, order: int
) -> None:
    time_s = np.arange(round(20 * rate_hz)) / rate_hz
    wave = np.exp(2j * np.pi * cutoff_hz * time_s)
    filtered = low_pass(np.stack([wave.real, wave.imag], axis=1), rate_hz=rate_hz,
                        cutoff_hz=cutoff_hz, order=order).values  # fmt: skip
    middle = np.s_[len(time_s) // 3 : 2 * len(time_s) // 3]
    gain = (filtered[:, 0] + 1j * filtered[:, 1])[middle] / wave[middle]
    np.testing.assert_allclose(gain, np.sqrt(0.5), atol=1e-5)  # real: nothing is shifted in time


def test_how_plain_filtfilt_compares() -> None:
    """The figures in the notes of `low_pass`."""
    time_s = np.arange(1200) / 60.0

    def gain(hz: float) -> float:
        wave = np.cos(2 * np.pi * hz * time_s)
        plain = sosfiltfilt(butter(2, 6.0, fs=60.0, output="sos"), wave)
        return float(plain[300:900] @ wave[300:900] / (wave[300:900] @ wave[300:900]))

    assert gain(6.0) == pytest.approx(0.5, abs=1e-3)
    assert gain(4.85) == pytest.approx(np.sqrt(0.5), abs=5e-3)


def test_winters_correction() -> None:
    assert single_pass_cutoff_hz(6.0, 1e6) == pytest.approx(6.0 / 0.802, rel=1e-3)
    assert single_pass_cutoff_hz(29.9, 60.0) < 30.0


def test_takes_most_of_the_noise_out_of_a_walk() -> None:
    trial = simulate_walk()
    noisy = trial.with_noise(10.0, seed=3)
    before = noisy.positions_mm - trial.positions_mm
    after = low_pass(noisy.positions_mm, rate_hz=60.0).values - trial.positions_mm
    assert np.sqrt((before**2).mean()) == pytest.approx(10.0, rel=0.01)
    assert np.sqrt((after**2).mean()) < 5.0


LINES = hnp.arrays(np.float64, st.integers(10, 60), elements=SMOOTH)


@settings(deadline=None)
@given(LINES, st.floats(-10.0, 10.0), st.floats(-10.0, 10.0), st.randoms())
def test_is_linear(x: NDArray[np.float64], a: float, b: float, random: object) -> None:
    y = x[::-1] ** 2 / 1e3
    both = low_pass(a * x + b * y, rate_hz=60.0).values
    apart = a * low_pass(x, rate_hz=60.0).values + b * low_pass(y, rate_hz=60.0).values
    np.testing.assert_allclose(both, apart, rtol=0, atol=1e-8)


@settings(deadline=None)
@given(st.integers(1, 60), st.floats(25.0, 240.0))
def test_shifts_nothing_in_time(count: int, rate_hz: float) -> None:
    """Forward or backward, a signal between two seconds of rest is filtered alike."""
    rest = np.zeros(round(2 * rate_hz))
    x = np.concatenate([rest, np.random.default_rng(count).normal(size=count), rest])
    forward, backward = (low_pass(y, rate_hz=rate_hz).values for y in (x, x[::-1]))
    np.testing.assert_allclose(forward, backward[::-1], rtol=0, atol=1e-9)
    assert np.abs(forward).max() > 1e-3


@settings(deadline=None)
@given(SMOOTH, st.integers(10, 40), st.floats(13.0, 500.0))
def test_a_constant_is_kept(value: float, count: int, rate_hz: float) -> None:
    filtered = low_pass(np.full(count, value), rate_hz=rate_hz).values
    np.testing.assert_allclose(filtered, value, rtol=1e-12, atol=1e-12)


@settings(deadline=None)
@given(
    hnp.arrays(
        np.float64,
        hnp.array_shapes(max_dims=3, min_side=0, max_side=40),
        elements=SMOOTH | st.just(NAN),
    )
)
def test_no_value_where_there_was_none(x: NDArray[np.float64]) -> None:
    filtered = low_pass(x, rate_hz=60.0)
    assert filtered.values.shape == x.shape
    np.testing.assert_array_equal(np.isnan(filtered.values), np.isnan(x) | filtered.dropped)
    assert not (filtered.dropped & np.isnan(x)).any()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rate_hz": 12.0}, "6 Hz is not below half the sampling rate of 12 Hz"),
        ({"rate_hz": 60.0, "cutoff_hz": 30.0}, "not below half"),
        ({"rate_hz": 60.0, "cutoff_hz": 0.0}, "cutoff_hz is 0"),
        ({"rate_hz": 60.0, "cutoff_hz": NAN}, "cutoff_hz is nan"),
        ({"rate_hz": 0.0}, "rate_hz is 0"),
        ({"rate_hz": np.inf}, "rate_hz is inf"),
        ({"rate_hz": 60.0, "order": 3}, "order of 3"),
        ({"rate_hz": 60.0, "order": 0}, "order of 0"),
    ],
)
def test_refuses_what_makes_no_sense(settings: dict[str, float], message: str) -> None:
    with pytest.raises(SignalError, match=message):
        low_pass(np.zeros(30), **settings)
