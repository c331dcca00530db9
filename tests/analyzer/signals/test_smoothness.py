"""SPARC and LDLJ: the values of their authors, and the properties that they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from neuropose.analyzer.signals.smoothness import LEAST_SAMPLES, ldlj, sparc
from neuropose.errors import AnalyzerError, SignalError

T = np.arange(-100, 100) / 100
BELL = np.exp(-5 * T**2)

BOTH = pytest.mark.parametrize("measure", [sparc, ldlj])


def minimum_jerk(samples: int) -> NDArray[np.float64]:
    """Speed of the smoothest reach (Flash & Hogan 1985), its samples in the middle of intervals."""
    share = (np.arange(samples) + 0.5) / samples
    return 30.0 * share**2 * (1.0 - share) ** 2


def submovements(count: int, apart: float, samples: int = 400) -> NDArray[np.float64]:
    """Equal bells, one after the other; `apart` in widths of one of them."""
    time = np.linspace(-3.0, 3.0 + apart * (count - 1), samples)[:, None]
    return np.exp(-((time - apart * np.arange(count)) ** 2)).sum(axis=1)


def test_the_values_of_the_authors() -> None:
    assert sparc(BELL, 100.0) == pytest.approx(-1.41403, abs=5e-6)
    assert ldlj(BELL, 100.0) == pytest.approx(-5.81636, abs=5e-6)


def test_sparc_is_the_length_of_the_spectrum() -> None:
    """By the whole transform, and the curve's points one by one."""
    speed = submovements(3, 2.0)
    length = 16 * 512
    amplitude = np.abs(np.fft.fft(speed, length))
    amplitude /= amplitude.max()
    hz = np.arange(length) * 100.0 / length
    last = max(index for index in range(length) if hz[index] <= 10 and amplitude[index] >= 0.05)
    points = [(hz[index] / hz[last], amplitude[index]) for index in range(last + 1)]
    walked = sum(np.hypot(x1 - x0, y1 - y0) for (x0, y0), (x1, y1) in zip(points, points[1:]))  # noqa: B905, RUF007
    assert sparc(speed, 100.0) == pytest.approx(-walked, abs=1e-12)


def test_ldlj_is_the_integral() -> None:
    """∫ (d²v/dt²)² of a minimum-jerk movement of duration 1 is 720, its peak 30/16."""
    limit = -np.log(720.0 / (30.0 / 16.0) ** 2)
    assert ldlj(minimum_jerk(20_000), 20_000.0) == pytest.approx(limit, abs=2e-3)


@pytest.mark.parametrize(("samples", "seen"), [(100, -5.22), (30, -5.00), (10, -4.51)])
def test_few_samples_hide_jerk(samples: int, seen: float) -> None:
    """The figures in the notes of `ldlj`."""
    assert ldlj(minimum_jerk(samples), float(samples)) == pytest.approx(seen, abs=5e-3)


@BOTH
@settings(deadline=None)
@given(scale=st.floats(1e-6, 1e6))
def test_amplitude_does_not_matter(measure, scale: float) -> None:
    assert measure(scale * BELL, 100.0) == pytest.approx(measure(BELL, 100.0), rel=1e-9)


@settings(deadline=None)
@given(st.floats(0.3, 5.0))
def test_duration_does_not_matter_to_sparc(duration_s: float) -> None:
    samples = round(duration_s * 200.0)
    assert sparc(minimum_jerk(samples), 200.0) == pytest.approx(-1.4, abs=0.02)


@settings(deadline=None)
@given(st.floats(0.1, 10.0))
def test_duration_does_not_matter_to_ldlj_at_the_same_samples(duration_s: float) -> None:
    rate_hz = 200 / duration_s
    assert ldlj(BELL, rate_hz) == pytest.approx(ldlj(BELL, 100.0), rel=1e-9)


@BOTH
@pytest.mark.parametrize("apart", [2.0, 3.0, 4.0])
def test_more_submovements_are_less_smooth(measure, apart: float) -> None:
    values = [measure(submovements(count, apart), 100.0) for count in range(1, 8)]
    assert (np.diff(values) < -0.05).all()


@BOTH
def test_the_further_apart_the_less_smooth(measure) -> None:
    values = [measure(submovements(2, apart), 100.0) for apart in (0.0, 2.0, 3.0, 4.0)]
    assert (np.diff(values) < 0).all()


def test_tremor_makes_a_movement_less_smooth_in_its_band_only() -> None:
    speed = minimum_jerk(200)
    shaking = speed + 0.15 * (1 + np.sin(2 * np.pi * 5.0 * np.arange(200) / 100.0))
    hiss = speed + 0.15 * (1 + np.sin(2 * np.pi * 35.0 * np.arange(200) / 100.0))
    still = speed + 0.15
    assert sparc(shaking, 100.0) < sparc(still, 100.0) - 0.1
    assert sparc(hiss, 100.0) == pytest.approx(sparc(still, 100.0), abs=0.05)
    assert ldlj(hiss, 100.0) < ldlj(shaking, 100.0) < ldlj(still, 100.0)


@BOTH
@pytest.mark.parametrize(
    ("speed", "rate_hz", "message"),
    [
        (np.ones(LEAST_SAMPLES - 1), 100.0, "9 samples are too few"),
        ([], 100.0, "0 samples are too few"),
        (np.where(T > 0.9, np.nan, BELL), 100.0, "missing in 9 samples"),
        (np.where(T > 0.9, np.inf, BELL), 100.0, "missing in 9 samples"),
        (np.zeros(50), 100.0, "zero throughout"),
        (np.sin(6 * T), 100.0, "never negative"),
        (BELL[:, None], 100.0, r"shape \(200, 1\)"),
        (BELL, 0.0, "rate_hz is 0"),
        (BELL, np.nan, "rate_hz is nan"),
    ],
)
def test_refuses(measure, speed: object, rate_hz: float, message: str) -> None:
    with pytest.raises(SignalError, match=message) as caught:
        measure(speed, rate_hz)
    assert isinstance(caught.value, AnalyzerError)
    assert caught.value.hint


def test_refuses_what_only_one_of_them_cannot_do() -> None:
    with pytest.raises(SignalError, match=r"ends at 7\.5 Hz"):
        sparc(BELL, 15.0)
    assert sparc(BELL[::5], 20.0) == pytest.approx(-1.414, abs=0.05)
    with pytest.raises(SignalError, match="without any jerk"):
        ldlj(np.ones(50), 100.0)
