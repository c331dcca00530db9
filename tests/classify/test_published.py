"""Accuracy on public data, as published and as aeon has it; through a saved file and back."""

from __future__ import annotations

import pytest
from benchmarks.classification import KNOWN, results

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]  # it installs aeon


def test_as_published() -> None:
    found = {(row["data"], row["model"]): row for row in results()}
    known = {(data, model): KNOWN[data][model] for data in KNOWN for model in KNOWN[data]}
    assert found.keys() == known.keys()
    for (data, model), row in found.items():
        # A nearest neighbour leaves nothing to chance; the kernels of MiniRocket are drawn.
        tolerance = 5e-4 if model == "knn-dtw" else 1.5 / row["trials"]
        accuracy = row["accuracy"]
        assert accuracy == pytest.approx(known[data, model], abs=tolerance), (data, model)
        assert accuracy == pytest.approx(row["aeon"], abs=tolerance), (data, model)
        assert row["same_after_saving"], (data, model)
