"""Which recordings a job has for the commands that measure and export: cameras may be one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.export.known_bodies import known_body
from tests.signed import SIGNED

from neuropose.checksums import sha256_of
from neuropose.cli import main
from neuropose.cli._recordings import recordings_of
from neuropose.cli._results import CORRECTED, RESULTS
from neuropose.corrections import correct_predictions
from neuropose.data import JobResults, Reconstruction
from neuropose.data.corrections import LeaveOut, with_corrections
from neuropose.interfacer.layout import CORRECTED_NAME, RESULTS_NAME
from neuropose.io import (
    load_job_results,
    load_report,
    read_trc,
    save_job_results,
    save_reconstruction,
)
from neuropose.testing import synthetic_predictions

Captured = pytest.CaptureFixture[str]
BODY = "cameras.reconstruction.npz"
ROM = ("--task", "rom", "--reconstruct", "auto")


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """Two videos, one of which shows another person, and the body of both cameras together."""
    folder = tmp_path / "out" / "ben"
    folder.mkdir(parents=True)
    videos = {f"video_{at:02d}": synthetic_predictions(frame_count=12) for at in (1, 2)}
    save_job_results(folder / "results.json", JobResults(videos=videos))
    save_reconstruction(folder / BODY, of_cameras())
    return folder


def of_cameras() -> Reconstruction:
    return known_body().model_copy(update={"cameras": ("front", "side")})


class TestTheCamerasOfAJob:
    @pytest.mark.parametrize("given", [".", "results.json"])
    def test_are_one_recording_when_it_is_measured(
        self, job: Path, tmp_path: Path, capsys: Captured, given: str
    ) -> None:
        out = tmp_path / "reports"
        assert main(["analyze", str(job / given), *ROM, "-o", f"{out}/"]) == 0
        assert [path.name for path in out.iterdir()] == ["ben.cameras.rom.json"]
        [origin] = load_report(out / "ben.cameras.rom.json").provenance.inputs
        assert (origin.kind, origin.sha256) == ("reconstruction", sha256_of(job / BODY))
        assert f"ben: the body is that of all cameras together, {BODY}" in capsys.readouterr().err

    def test_and_has_one_page(self, job: Path, tmp_path: Path, capsys: Captured) -> None:
        page = tmp_path / "page.html"
        assert main(["report", str(job), *ROM, "-o", str(page)]) == 0
        assert page.exists()
        assert BODY in capsys.readouterr().err

    def test_and_one_export(self, job: Path, capsys: Captured) -> None:
        assert main(["export", str(job), "--to", "trc", "--unit", "mm", "--up", "own"]) == 0
        assert BODY in capsys.readouterr().err
        assert [path.name for path in job.glob("*.trc")] == ["ben.cameras.trc"]
        found, body = read_trc(job / "ben.cameras.trc"), known_body()
        knee = found.positions_mm[:, found.names.index("left_knee")]
        expected = body.positions_mm[:, body.joints.index("left_knee")]
        np.testing.assert_allclose(knee, expected, atol=0.01)

    def test_do_not_hide_a_video_of_none_of_them(
        self, job: Path, tmp_path: Path, capsys: Captured
    ) -> None:
        videos = dict(load_job_results(job / "results.json").videos)
        chair = synthetic_predictions(frame_count=9)
        save_job_results(job / "results.json", JobResults(videos={**videos, "video_03": chair}))
        command = ["analyze", str(job), *ROM, "--force", "-o", f"{tmp_path}/"]
        assert main(command) == 0
        said = "1 of video_01, video_02, video_03 may be of no camera, and then is left out"
        assert said in capsys.readouterr().err
        save_reconstruction(job / "video_03.reconstruction.npz", known_body())
        assert main(command) == 0
        assert "is left out" not in capsys.readouterr().err
        names = sorted(path.name for path in tmp_path.glob("ben.*"))
        assert names == ["ben.cameras.rom.json", "ben.video_03.rom.json"]

        corrected = correct_predictions(chair, [LeaveOut(**SIGNED, start_s=0.1, end_s=0.2)])
        videos["video_03"] = corrected
        save_job_results(job / "results.corrected.json", JobResults(videos=videos))
        assert main(command) == 0
        assert f"the body is that of all cameras together, {BODY}" in capsys.readouterr().err

    def test_and_a_height_that_the_session_says_since_is_said(
        self, job: Path, tmp_path: Path, capsys: Captured
    ) -> None:
        (job / "session.yaml").write_text("tasks: [rom]\nheight_mm: 1725\n")
        assert main(["analyze", str(job), *ROM, "-o", f"{tmp_path}/"]) == 0
        said = capsys.readouterr().err
        assert "fitted with no stated height, and the session says 1725 mm" in said

    def test_which_is_no_recording_of_markers(self, job: Path, tmp_path: Path) -> None:
        assert main(["export", str(job), "--to", "trc"]) == 0
        page = tmp_path / "page.html"
        assert main(["report", str(job), *ROM, "-o", str(page)]) == 0

    def test_are_one_side_of_a_comparison(
        self, job: Path, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NEUROPOSE_RECONSTRUCT", "auto")
        first = tmp_path / "first.json"
        assert main(["analyze", str(job / BODY), *ROM, "-o", str(first)]) == 0
        assert main(["compare", str(first), str(job), "--task", "rom"]) == 0
        told = capsys.readouterr()
        assert BODY in told.err
        assert "0 of " in told.out

    def test_of_which_one_can_be_chosen(self, job: Path, tmp_path: Path, capsys: Captured) -> None:
        chosen = ["--video", "video_02", "--reconstruct", "off", "-o", f"{tmp_path}/"]
        assert main(["analyze", str(job), "--task", "rom", *chosen]) == 0
        report = load_report(tmp_path / "ben.video_02.rom.json")
        assert report.parameters["recording"]["video"] == "video_02"
        assert BODY not in capsys.readouterr().err

    def test_are_taken_one_by_one_without_a_body(
        self, job: Path, tmp_path: Path, capsys: Captured
    ) -> None:
        off = ["--reconstruct", "off", "-o", f"{tmp_path}/"]
        assert main(["analyze", str(job), "--task", "rom", *off]) == 0
        names = sorted(path.name for path in tmp_path.glob("*.json"))
        assert names == ["ben.video_01.rom.json", "ben.video_02.rom.json"]
        assert f"{BODY} is not used, and each camera is taken alone" in capsys.readouterr().err

    def test_are_taken_one_by_one_once_a_person_has_corrected_them(
        self, job: Path, tmp_path: Path, capsys: Captured
    ) -> None:
        made = load_job_results(job / "results.json").videos
        left_out = LeaveOut(**SIGNED, start_s=0.1, end_s=0.2)
        corrected = {**made, "video_01": correct_predictions(made["video_01"], [left_out])}
        save_job_results(job / "results.corrected.json", JobResults(videos=corrected))
        chosen = ["--task", "rom", "--reconstruct", "auto", "--force", "-o", f"{tmp_path}/"]
        assert main(["analyze", str(job), *chosen]) == 0
        assert "it was fitted before the corrections" in capsys.readouterr().err
        assert not (tmp_path / "ben.cameras.rom.json").exists()

        body = of_cameras()
        provenance = with_corrections(corrected["video_01"].provenance, [])
        save_reconstruction(job / BODY, body.model_copy(update={"provenance": provenance}))
        assert main(["analyze", str(job), *chosen]) == 0
        assert f"the body is that of all cameras together, {BODY}" in capsys.readouterr().err

    def test_or_in_formats_of_what_the_model_saw(
        self, job: Path, tmp_path: Path, capsys: Captured
    ) -> None:
        assert main(["export", str(job), "--to", "openpose", "-o", f"{tmp_path}/"]) == 0
        assert sorted(path.name for path in tmp_path.glob("ben.*")) == [
            "ben.video_01.openpose",
            "ben.video_02.openpose",
        ]
        assert f"{BODY} is not used" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("option", "said"),
        [
            (["--height-mm", "1700"], "--height-mm is for the fit"),
            (["--subject", "largest"], "--subject is for predictions"),
        ],
    )
    def test_are_not_fitted_again(
        self, job: Path, capsys: Captured, option: list[str], said: str
    ) -> None:
        assert main(["analyze", str(job), *ROM, *option]) == 2
        assert said in capsys.readouterr().err


def test_the_results_of_a_job_are_called_as_the_daemon_calls_them() -> None:
    assert (RESULTS, CORRECTED) == (RESULTS_NAME, CORRECTED_NAME)


def test_an_export_beside_the_results_is_no_recording(tmp_path: Path) -> None:
    job = tmp_path / "out" / "ben"
    job.mkdir(parents=True)
    videos = {"video_01": synthetic_predictions(frame_count=12)}
    save_job_results(job / "results.json", JobResults(videos=videos))
    for to in ("trc", "c3d"):
        assert main(["export", str(job), "--to", to, "--reconstruct", "off"]) == 0
        assert (job / f"ben.{to}").exists()
    assert recordings_of(job, None) == [(job / "results.json", None)]
    (job / "ben.trc").write_text((job / "ben.trc").read_text().replace("-by-neuropose", ""))
    assert len(recordings_of(job, None)) == 2  # one of the laboratory's may be called so
