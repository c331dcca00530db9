"""Repetitions whose number, windows and faults are known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from neuropose.analyzer.signals.repetitions import RepetitionSettings, find_repetitions
from neuropose.errors import SignalError
from neuropose.filters import low_pass

NAN = np.nan
RATE_HZ = 50.0


def times(count: int, rate_hz: float = RATE_HZ) -> NDArray[np.float64]:
    return np.arange(count) / rate_hz


def waves(count: int, period_s: float = 2.0) -> NDArray[np.float64]:
    """Whole movements, from valley to valley, 0 to 100."""
    time_s = times(round(count * period_s * RATE_HZ) + 1)
    return 50.0 - 50.0 * np.cos(2 * np.pi * time_s / period_s)


@settings(deadline=None)
@given(
    periods=st.integers(1, 12),
    period_s=st.floats(0.6, 5.0),
    rate_hz=st.floats(15.0, 240.0),
    offset=st.floats(-1e4, 1e4),
    scale=st.floats(0.01, 1e4),
    start_s=st.floats(0.0, 1e4),
    subframe=st.booleans(),
)
def test_a_sine_of_n_periods_has_n_repetitions(
    periods: int, period_s: float, rate_hz: float, offset: float, scale: float, start_s: float,
    subframe: bool,
) -> None:  # fmt: skip
    time_s = np.arange(round(periods * period_s * rate_hz)) / rate_hz
    signal = offset + scale * np.sin(2 * np.pi * time_s / period_s)
    found = find_repetitions(start_s + time_s, signal, RepetitionSettings(subframe=subframe))
    assert len(found) == periods
    peaks_s = start_s + period_s * (np.arange(periods) + 0.25)
    tolerance_s = (0.1 if subframe else 0.501) / rate_hz + 1e-6
    np.testing.assert_allclose([each.peak_s for each in found], peaks_s, rtol=0, atol=tolerance_s)
    for before, after in pairwise(found):
        assert before.end_s == pytest.approx(after.start_s, abs=1.001 / rate_hz)


def test_windows_are_from_valley_to_valley() -> None:
    found = find_repetitions(times(301), waves(3))
    assert [(each.start_frame, each.peak_frame, each.end_frame) for each in found] == [
        (0, 50, 100),
        (100, 150, 200),
        (200, 250, 300),
    ]
    for each in found:
        assert (each.start_s, each.end_s) == (each.start_frame / 50, each.end_frame / 50)
        assert (each.confidence, each.reasons) == (1.0, ())
        assert each.peak == each.prominence == pytest.approx(100.0)


def test_noise_does_not_change_the_count() -> None:
    noisy = waves(6) + np.random.default_rng(0).normal(0.0, 15.0, 601)
    found = find_repetitions(times(601), low_pass(noisy, rate_hz=RATE_HZ).values)
    assert len(found) == 6
    np.testing.assert_allclose([each.peak_s for each in found], 1.0 + 2.0 * np.arange(6), atol=0.3)
    assert {each.confidence for each in found} == {1.0}


def test_a_rest_belongs_to_no_repetition() -> None:
    one, rest = waves(1), np.zeros(150)
    noise = np.random.default_rng(1).normal(0.0, 0.5, 752)
    signal = np.concatenate([rest, one, rest, one, rest, one[:100]])[:752] + noise
    first, second, _ = find_repetitions(times(752), signal)
    for each, start in ((first, 150), (second, 401)):
        assert start - 2 <= each.start_frame <= start + 15  # 5 % of the height: 0.14 s
        assert start + 85 <= each.end_frame <= start + 102


def test_with_no_tolerance_the_lowest_sample_is_the_end() -> None:
    signal = np.concatenate([waves(1), np.full(60, 1.0), [0.5], np.full(60, 1.0), waves(1)])
    settings = RepetitionSettings(valley_tolerance=0.0)
    first, second = find_repetitions(times(len(signal)), signal, settings)
    assert first.end_frame == 100
    assert second.start_frame == 222


def test_the_least_distance_keeps_the_more_prominent_peak() -> None:
    signal = waves(3)
    signal[60] += 8.0  # a second peak on the shoulder of the first one
    peaks = [each.peak_frame for each in find_repetitions(times(301), signal)]
    assert peaks == [50, 150, 250]
    every = RepetitionSettings(min_distance_s=0.02, prominence=1.0)
    peaks = [each.peak_frame for each in find_repetitions(times(301), signal, every)]
    assert peaks == [50, 60, 150, 250]


def test_two_edges_of_a_rest_that_are_exactly_as_high_are_one_peak() -> None:
    rest = [1.0, 0.999, 0.9985, 0.999, 1.0]
    rise = list(np.linspace(0.0, 0.98, 20))
    signal = np.array([*rise, *rest, *rise[::-1]])
    [found] = find_repetitions(np.arange(len(signal)) / 10.0, signal)
    assert (found.start_frame, found.end_frame) == (0, len(signal) - 1)


def test_a_high_wiggle_does_not_displace_the_next_movement() -> None:
    """`find_peaks` alone keeps the wiggle for its height, and then drops it for its prominence."""
    signal = np.concatenate([waves(1)[:50], 100.0 - np.arange(25) / 25.0, waves(1)[50:], waves(1)])
    signal[74] += 0.5
    signal[76:] *= 0.9
    settings = RepetitionSettings(min_distance_s=1.0, prominence=20.0)
    peaks = [each.peak_frame for each in find_repetitions(times(len(signal)), signal, settings)]
    assert len(peaks) == 2
    assert peaks[1] == 75 + 51 + 50


@pytest.mark.parametrize("distance_s", [1.9, 2.0])
def test_peaks_exactly_at_the_least_distance_are_kept(distance_s: float) -> None:
    for rate_hz in (29.97, 30.0, 50.0, 59.94, 60.0):
        time_s = np.arange(round(10 * rate_hz)) / rate_hz
        signal = -np.cos(2 * np.pi * np.round(time_s * rate_hz) / round(2.0 * rate_hz))
        settings = RepetitionSettings(min_distance_s=distance_s * round(2 * rate_hz) / 2 / rate_hz)
        assert len(find_repetitions(time_s, signal, settings)) == 5


class TestProminence:
    def test_absolute(self) -> None:
        signal = np.concatenate([waves(1), 0.3 * waves(1), 0.1 * waves(1)])
        for least, count in ((5.0, 3), (20.0, 2), (50.0, 1), (101.0, 0)):
            settings = RepetitionSettings(prominence=least)
            assert len(find_repetitions(times(303), signal, settings)) == count

    def test_relative_to_the_range_without_its_extremes(self) -> None:
        signal = waves(5)
        signal[150] = 5000.0  # one sample
        assert len(find_repetitions(times(501), signal)) == 5

    def test_noise_alone_is_below_the_least(self) -> None:
        resting = np.random.default_rng(2).normal(0.0, 3.0, 600)
        assert len(find_repetitions(times(600), resting)) > 10
        assert (
            find_repetitions(times(600), resting, RepetitionSettings(least_prominence=20.0)) == ()
        )

    def test_small_ones_have_less_confidence(self) -> None:
        signal = np.concatenate([waves(4), 0.3 * waves(1)])
        *large, small = find_repetitions(times(502), signal)
        assert {each.confidence for each in large} == {1.0}
        assert small.confidence == pytest.approx(0.6)
        assert small.reasons == ("its prominence is 30 % of the median",)


class TestMissing:
    def test_a_short_gap_lowers_confidence(self) -> None:
        signal = waves(3)
        signal[170:175] = NAN
        first, second, third = find_repetitions(times(301), signal)
        assert first.confidence == third.confidence == 1.0
        assert second.confidence == pytest.approx(1 - 5 / 101)
        assert second.reasons == ("5 % of its samples are missing",)
        assert (second.start_frame, second.end_frame) == (100, 200)

    def test_a_long_gap_cuts_the_window(self) -> None:
        signal = waves(3)
        signal[170:215] = NAN
        _, second, third = find_repetitions(times(301), signal)
        assert second.end_frame == 169
        assert third.start_frame == 215
        drop = (signal[150] - signal[169]) / 100.0
        assert second.confidence == pytest.approx(drop, abs=1e-6)
        assert second.reasons == (f"cut off by a gap at {100 * drop:.0f} % of its depth",)

    def test_a_peak_in_a_gap_is_not_sure(self) -> None:
        signal = waves(3)
        signal[146:155] = NAN
        _, second, _ = find_repetitions(times(301), signal)
        assert second.peak_frame in (145, 155)
        assert np.isfinite(second.peak)
        assert second.confidence == pytest.approx(0.5 * (1 - 9 / 101), abs=1e-6)
        assert second.reasons[-1] == "its peak lies beside missing samples"

    def test_equal_samples_on_both_sides_of_a_gap_are_one_peak(self) -> None:
        signal = np.array([0.0, 5.0, 10.0, NAN, NAN, NAN, 10.0, 5.0, 0.0])
        [only] = find_repetitions(times(9), signal)
        assert (only.peak, only.prominence) == (10.0, 10.0)

    def test_a_lonely_sample_between_gaps_has_no_confidence(self) -> None:
        signal = waves(3)
        signal[[*range(101, 150), *range(151, 200)]] = NAN
        _, second, _ = find_repetitions(times(301), signal)
        assert (second.start_frame, second.peak_frame, second.end_frame) == (150, 150, 150)
        assert second.confidence == 0.0
        assert second.reasons[:2] == ("cut off by a gap at 0 % of its depth",) * 2

    def test_missing_ends_are_as_good_as_not_recorded(self) -> None:
        signal = np.concatenate([np.full(40, NAN), waves(2), np.full(9, NAN)])
        found = find_repetitions(times(len(signal)), signal)
        assert [(each.start_frame, each.end_frame) for each in found] == [(40, 140), (140, 240)]


def test_a_window_that_the_recording_cuts() -> None:
    signal = waves(3)[25:280]  # begins at half height, ends at 62 %
    first, second, third = find_repetitions(times(len(signal)), signal)
    assert second.confidence == 1.0
    assert first.confidence == pytest.approx(0.5, abs=0.01)
    assert first.reasons == ("cut off by the start of the recording at 50 % of its depth",)
    assert third.reasons == ("cut off by the end of the recording at 62 % of its depth",)


def test_a_peak_at_the_very_end_is_none() -> None:
    assert [each.peak_frame for each in find_repetitions(times(151), waves(2)[50:])] == [100]
    assert find_repetitions(times(100), np.arange(100.0)) == ()


def test_subframe_time_of_a_parabola_is_exact() -> None:
    time_s = times(40)
    settings = RepetitionSettings(subframe=True)
    [found] = find_repetitions(time_s, -((time_s - 0.3337) ** 2), settings)
    assert found.peak_s == pytest.approx(0.3337, abs=1e-9)
    assert found.peak_frame == 17
    assert find_repetitions(time_s, -((time_s - 0.3337) ** 2))[0].peak_s == 17 / 50


@pytest.mark.parametrize("signal", [[], [1.0], [1.0, 2.0], [NAN] * 9, [3.0] * 9, [NAN, 1.0, NAN]])
def test_nothing_to_find(signal: list[float]) -> None:
    assert find_repetitions(times(len(signal)), signal) == ()


def test_a_large_constant_with_rounding_is_still_constant() -> None:
    wobble = 1e6 + np.random.default_rng(0).normal(0.0, 1e-9, 200)
    assert find_repetitions(times(200), wobble) == ()


@settings(deadline=None)
@given(
    hnp.arrays(np.float64, st.integers(3, 80), elements=st.floats(-100, 100) | st.just(NAN)),
    st.floats(0.0, 0.99),
    st.floats(0.0, 0.5),
    st.booleans(),
)
def test_whatever_the_signal_windows_are_sound(
    signal: NDArray[np.float64], tolerance: float, gap_s: float, subframe: bool
) -> None:
    settings = RepetitionSettings(
        min_distance_s=0.1, valley_tolerance=tolerance, gap_limit_s=gap_s, subframe=subframe
    )
    found = find_repetitions(times(len(signal)), signal, settings)
    assume(found)
    for each in found:
        assert signal[each.peak_frame] == each.peak
        assert (each.confidence < 1.0) == bool(each.reasons)
        inside = np.flatnonzero(np.isnan(signal[each.start_frame : each.end_frame + 1]))
        runs = np.split(inside, np.flatnonzero(np.diff(inside) > 1) + 1)
        assert max(len(run) for run in runs) <= gap_s * RATE_HZ + 1e-3
    for before, after in pairwise(found):
        assert before.end_frame <= after.start_frame
        assert after.peak_frame - before.peak_frame >= 4


@pytest.mark.parametrize(
    ("time_s", "signal", "message"),
    [
        (times(9), np.zeros((9, 1)), r"shape \(9, 1\)"),
        (times(8), np.zeros(9), "9 samples, but times"),
        (times(9) ** 2, np.zeros(9), "not evenly spaced"),
        (times(9), np.full(9, np.inf), "infinite"),
    ],
)
def test_refuses_what_is_no_signal(time_s: object, signal: object, message: str) -> None:
    with pytest.raises(SignalError, match=message):
        find_repetitions(time_s, signal)


def test_lower_peaks_do_not_count_if_a_height_is_asked_for() -> None:
    signal = np.concatenate([waves(1), 0.5 * waves(1)[1:], waves(1)[1:]])
    time_s = times(len(signal))
    assert [each.peak_frame for each in find_repetitions(time_s, signal)] == [50, 150, 250]
    settings = RepetitionSettings(min_height=60.0)
    found = find_repetitions(time_s, signal, settings)
    assert [each.peak_frame for each in found] == [50, 250]


def test_windows_are_padded_as_far_as_the_recording_goes() -> None:
    plain = find_repetitions(times(301), waves(3))
    padded = find_repetitions(times(301), waves(3), RepetitionSettings(pad_s=0.3))
    assert [(each.start_frame, each.end_frame) for each in plain] == [
        *((0, 100), (100, 200), (200, 300))
    ]
    assert [(each.start_frame, each.end_frame) for each in padded] == [
        *((0, 115), (85, 215), (185, 300))
    ]
    assert [each.peak_frame for each in padded] == [each.peak_frame for each in plain]
    assert [each.confidence for each in padded] == [each.confidence for each in plain]
    assert padded[1].start_s == pytest.approx(1.7)
