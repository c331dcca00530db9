"""Times and memory."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from pydantic import ValidationError

from neuropose.estimator import Latency
from neuropose.estimator.metrics import peak_memory_mb


class TestLatency:
    def test_percentiles_in_ms(self) -> None:
        latency = Latency.of((np.arange(1001) / 1000.0).tolist())
        assert latency is not None
        assert (latency.p50_ms, latency.p95_ms, latency.p99_ms) == pytest.approx((500, 950, 990))

    def test_one_frame(self) -> None:
        assert Latency.of([0.02]) == Latency(p50_ms=20.0, p95_ms=20.0, p99_ms=20.0)

    def test_no_frame(self) -> None:
        assert Latency.of([]) is None

    def test_frozen(self) -> None:
        latency = Latency(p50_ms=1.0, p95_ms=2.0, p99_ms=3.0)
        with pytest.raises(ValidationError, match="frozen"):
            latency.p50_ms = 2.0


def test_peak_memory_counts_what_this_process_held_and_let_go() -> None:
    script = (
        "from neuropose.estimator.metrics import peak_memory_mb as peak\n"
        "before = peak(); held = b'x' * 200_000_000; del held\n"
        "print(before, peak())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    before_mb, after_mb = map(float, done.stdout.split())
    assert 10.0 < before_mb < peak_memory_mb()
    assert 190.0 < after_mb - before_mb < 230.0
