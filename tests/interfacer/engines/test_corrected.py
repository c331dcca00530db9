"""Corrections beside the results of a job that is done again."""

from __future__ import annotations

from pathlib import Path

from tests.signed import SIGNED

from neuropose.corrections import LeaveOut, correct_predictions
from neuropose.data import JobResults
from neuropose.data.corrections import as_made, with_corrections
from neuropose.interfacer.engines.corrected import CorrectedResults
from neuropose.interfacer.layout import CORRECTED_NAME
from neuropose.io import save_job_results
from neuropose.testing import synthetic_predictions


def test_corrections_that_cannot_be_read_do_not_fail_the_job(tmp_path: Path) -> None:
    provenance = as_made(with_corrections(None, []))
    made = synthetic_predictions(frame_count=12).model_copy(update={"provenance": provenance})
    wrong = LeaveOut(**SIGNED, start_s=0.1, end_s=0.2)
    corrected = correct_predictions(made, [wrong])
    file = tmp_path / CORRECTED_NAME
    save_job_results(file, JobResults(videos={"video_01": corrected}))
    assert CorrectedResults(tmp_path).of("video_01", made) is not None
    file.write_text(file.read_text().replace('"by":"reader 2"', '"by":7'))
    found = CorrectedResults(tmp_path)
    assert found.of("video_01", made) is None
    [said] = found.warnings("video_01", made)
    assert said.endswith("and is not followed")
