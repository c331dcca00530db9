"""Where a signal passes a level."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose.analyzer.signals.spans import span_round, spans_above

TIME_S = np.arange(400) / 100.0


def test_between_the_samples() -> None:
    signal = 10.0 * np.sin(np.pi * TIME_S / 2.0)
    span = span_round(TIME_S, signal, 100, 5.0)
    assert span.start_s == pytest.approx(1.0 / 3.0, abs=1e-4)
    assert span.end_s == pytest.approx(5.0 / 3.0, abs=1e-4)
    assert span.duration_s == pytest.approx(4.0 / 3.0, abs=1e-4)
    assert (span.peak, len(signal[span.rows])) == (100, 133)


def test_an_end_of_the_recording_is_no_edge() -> None:
    signal = np.full(400, 2.0)
    span = span_round(TIME_S, signal, 200, 1.0)
    assert (span.first, span.last) == (0, 399)
    assert np.isnan(span.start_s)
    assert np.isnan(span.end_s)
    assert np.isnan(span.duration_s)


def test_a_gap_is_no_edge() -> None:
    signal = np.where(np.arange(400) < 300, 2.0, 0.0)
    signal[100:110] = np.nan
    first, second = spans_above(TIME_S, signal, 1.0)
    assert (first.last, second.first) == (99, 110)
    assert np.isnan(first.end_s)
    assert np.isnan(second.start_s)
    assert second.end_s == pytest.approx(2.995)


def test_nothing_is_above() -> None:
    assert spans_above(TIME_S, np.zeros(400), 1.0) == []
    assert spans_above(TIME_S, np.full(400, np.nan), 1.0) == []


@given(st.lists(st.floats(-10.0, 10.0), min_size=2, max_size=40), st.floats(-5.0, 5.0))
def test_spans_are_those_above(samples: list[float], level: float) -> None:
    signal = np.array(samples)
    spans = spans_above(np.arange(len(signal)) * 0.1, signal, level)
    rows = [row for span in spans for row in range(span.first, span.last + 1)]
    assert rows == np.flatnonzero(signal > level).tolist()
    for span in spans:
        assert signal[span.peak] == signal[span.rows].max()
        if not np.isnan(span.duration_s):
            assert span.start_s <= 0.1 * span.first <= 0.1 * span.last <= span.end_s + 1e-12
