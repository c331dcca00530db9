"""What the dashboard exports."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.export.known_bodies import known_body
from tests.signed import SIGNED

from neuropose.corrections import LeaveOut, correct_predictions
from neuropose.dashboard.making.products import export_job
from neuropose.dashboard.result_listing import session_of
from neuropose.data import JobResults
from neuropose.errors import OutputError
from neuropose.export import content_of
from neuropose.io import read_trc, save_job_results, save_reconstruction
from neuropose.testing import synthetic_predictions


@pytest.mark.parametrize("name", ["session.yaml", "Session.yml"])
def test_the_person_is_that_of_the_session(tmp_path: Path, name: str) -> None:
    two = synthetic_predictions(frame_count=20, people=2)
    save_job_results(tmp_path / "results.json", JobResults(videos={"video_01": two}))
    usual = two.subject("longest").track_id
    said = f"tasks: [rom]\nsubject: track:{1 - usual}\ncode: S01\n"
    (tmp_path / name).write_text(said)
    session = session_of(tmp_path)
    assert session is not None
    assert session.code == "S01"
    out = tmp_path / "out"
    out.mkdir()
    made, _ = export_job(tmp_path, "video_01", 1, "trc", out)
    positions_mm = read_trc(out / made).positions_mm
    for track, is_meant in ((usual, False), (1 - usual, True)):
        movement = content_of(two, subject=f"track:{track}").movement
        assert movement is not None
        moved_mm = np.linalg.norm(np.diff(positions_mm, axis=0), axis=-1)
        expected_mm = np.linalg.norm(np.diff(movement.positions_mm, axis=0), axis=-1)
        assert np.allclose(moved_mm, expected_mm[:, : moved_mm.shape[1]], atol=0.1) is is_meant


def test_corrected_results_are_exported_and_no_body_from_before(tmp_path: Path) -> None:
    made = synthetic_predictions(frame_count=12)
    wrong = LeaveOut(**SIGNED, start_s=0.1, end_s=0.2)
    corrected = correct_predictions(made, [wrong])
    for name, each in (("results.json", made), ("results.corrected.json", corrected)):
        save_job_results(tmp_path / name, JobResults(videos={"video_01": each}))
    (tmp_path / "out").mkdir()
    name, _ = export_job(tmp_path, "video_01", 1, "original", tmp_path / "out")
    frames = json.loads((tmp_path / "out" / name).read_bytes())["frames"]
    seen = [number for number, each in enumerate(frames.values()) if each["boxes"]]
    assert seen == sorted(set(corrected.frame_index.tolist()))
    assert len(seen) < 12

    save_reconstruction(tmp_path / "video_01.reconstruction.npz", known_body())
    with pytest.raises(OutputError, match="before a person corrected"):
        export_job(tmp_path, "video_01", 1, "mot", tmp_path / "out")


@pytest.mark.parametrize(
    ("said", "is_as_fitted"), [("height_mm: 1725", False), ("up: -y", False), ("code: S01", True)]
)
def test_a_body_of_what_the_session_said_before_is_not_exported(
    tmp_path: Path, said: str, is_as_fitted: bool
) -> None:
    predictions = synthetic_predictions(frame_count=12)
    save_job_results(tmp_path / "results.json", JobResults(videos={"video_01": predictions}))
    save_reconstruction(tmp_path / "video_01.reconstruction.npz", known_body())
    (tmp_path / "session.yaml").write_text(f"tasks: [rom]\n{said}\n")
    out = tmp_path / "out"
    out.mkdir()
    if is_as_fitted:
        assert export_job(tmp_path, "video_01", 1, "mot", out)[0].endswith(".mot")
        return
    with pytest.raises(OutputError, match="another height or vertical") as refused:
        export_job(tmp_path, "video_01", 1, "mot", out)
    assert "jobs rerun" in refused.value.hint
