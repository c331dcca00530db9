"""What is taken for a recording of a job that is done again."""

from __future__ import annotations

from pathlib import Path

from tests.trc_files import write_trc

from neuropose.data import JobResults
from neuropose.export import export
from neuropose.interfacer.engines.restoring import prepare_again
from neuropose.interfacer.intake import Intake
from neuropose.interfacer.layout import Layout, no_inputs, noted_as_made
from neuropose.io import save_job_results
from neuropose.testing import simulate_walk, synthetic_predictions, walker_sequence


def test_an_export_of_a_person_is_no_recording_and_stays(tmp_path: Path) -> None:
    folder = tmp_path / "in" / "anna"
    folder.mkdir(parents=True)
    predictions = synthetic_predictions(frame_count=20)
    save_job_results(folder / "results.json", JobResults(videos={"video_01": predictions}))
    (folder / "walk.mp4").write_bytes(b"a video")
    (folder / "video_01.overlay.mp4").write_bytes(b"an overlay")
    for name in ("anna.trc", "anna.video_01.c3d", "video_01.corrected.trc"):
        export(predictions, folder / name, name.rpartition(".")[2])
    walk = walker_sequence(simulate_walk())
    write_trc(folder / "markers.trc", walk.time_s, walk.positions_mm, list(walk.joints))
    prepare_again(folder, ["walk.mp4"])
    assert noted_as_made(folder) == {"video_01.overlay.mp4"}  # which would be removed
    exports = {"anna.trc", "anna.video_01.c3d", "video_01.corrected.trc"}
    assert no_inputs(folder) == exports | {"video_01.overlay.mp4"}
    [job] = Intake(Layout(tmp_path), settle_seconds=0.0).scan(0.0)
    assert (job.videos, job.markers) == (("walk.mp4",), ("markers.trc",))
