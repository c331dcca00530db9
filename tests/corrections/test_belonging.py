"""Corrections of another file, and corrections that are there already."""

from __future__ import annotations

import pytest

from neuropose.corrections import LeaveOut, correct_predictions, require_belonging
from neuropose.errors import CorrectionError
from neuropose.testing import synthetic_predictions

OF_FILE = 64 * "a"
STRETCH = LeaveOut.model_validate(
    {"by": "KL", "when": "2026-03-01T08:12:00Z", "input_sha256": OF_FILE, "start_s": 1, "end_s": 2}
)


def test_those_of_the_file_are_taken() -> None:
    require_belonging([STRETCH], OF_FILE, synthetic_predictions().provenance)


def test_those_of_another_file_are_refused() -> None:
    with pytest.raises(CorrectionError, match="belong to another file"):
        require_belonging([STRETCH], 64 * "b", None)


def test_the_same_twice_is_refused_and_said() -> None:
    corrected = correct_predictions(synthetic_predictions(frame_count=90), [STRETCH])
    with pytest.raises(CorrectionError, match="has these corrections already"):
        require_belonging([STRETCH], 64 * "b", corrected.provenance)
