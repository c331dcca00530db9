"""Accuracy on public data, as published and as aeon has it; through a saved file and back."""

from __future__ import annotations

from typing import Any

import pytest
from benchmarks.classification import KNOWN, results

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3000),  # it installs aeon
    pytest.mark.xdist_group("dtw"),  # into the same environment; what is scored is scored once
]


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["data"], row["model"]): row for row in results()}


@pytest.mark.parametrize(
    ("data", "model"), [(data, model) for data, models in KNOWN.items() for model in models]
)
def test_as_published(data: str, model: str, found: dict[tuple[str, str], dict[str, Any]]) -> None:
    row = found[data, model]
    # A nearest neighbour leaves nothing to chance; the kernels of MiniRocket are drawn.
    tolerance = 5e-4 if model == "knn-dtw" else 1.5 / row["trials"]
    assert row["accuracy"] == pytest.approx(KNOWN[data][model], abs=tolerance)
    assert row["accuracy"] == pytest.approx(row["aeon"], abs=tolerance)
    assert row["same_after_saving"]
