"""``neuropose report``: a page beside the recording, of the right video, without names."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from tests.trc_files import write_trc

from neuropose import body
from neuropose.analyzer import PoseSequence
from neuropose.cli import main
from neuropose.data import JobResults, Provenance, VideoPredictions
from neuropose.interfacer.engines.reconstruction import fit_subject
from neuropose.io import (
    load_job_results,
    load_report,
    save_job_results,
    save_reconstruction,
    save_video_predictions,
)
from neuropose.testing import (
    simulate_walk,
    synthetic_predictions,
    walker_sequence,
    write_numbered_video,
)

Captured = pytest.CaptureFixture[str]
WIDTH, HEIGHT = 320, 240


def filmed(video: Path, frames: int, heading_deg: float = 180.0) -> VideoPredictions:
    """Make a video, and predictions that say that they are of it."""
    write_numbered_video(video, frames, width=WIDTH, height=HEIGHT)
    predictions = synthetic_predictions(frames, width=WIDTH, height=HEIGHT, heading_deg=heading_deg)
    provenance = Provenance(
        neuropose_version="0.1.0",
        model="fake",
        input_sha256=hashlib.sha256(video.read_bytes()).hexdigest(),
    )
    return predictions.model_copy(update={"provenance": provenance})


@pytest.fixture
def walk(tmp_path: Path) -> Path:
    path = tmp_path / "Anna Muster.poses.json"
    save_video_predictions(path, synthetic_predictions(frame_count=300, heading_deg=180.0))
    return path


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """The folder of a finished job of two videos."""
    folder = tmp_path / "out" / "muster"
    folder.mkdir(parents=True)
    videos = {
        "video_01": filmed(folder / "Muster 1.mp4", 40),
        "video_02": filmed(folder / "Muster 2.mp4", 30),
    }
    save_job_results(folder / "results.json", JobResults(videos=videos))
    return folder


def walking_markers(path: Path) -> None:
    sequence = walker_sequence(simulate_walk())
    write_trc(path, sequence.time_s, sequence.positions_mm, list(sequence.joints))


class TestJob:
    def test_its_marker_files_have_pages_too(self, job: Path, capsys: Captured) -> None:
        walking_markers(job / "Muster 3.trc")
        walking_markers(job / "markers_01.trc")  # an export of it, which is no recording
        command = ["report", str(job), "--task", "rom", "--reconstruct", "off", "--no-video"]
        assert main([*command, "-o", str(job.parent), "--json"]) == 0
        pages = [Path(each["output"]).name for each in json.loads(capsys.readouterr().out)]
        assert pages == [
            "muster.video_01.rom.html",
            "muster.video_02.rom.html",
            "Muster 3.rom.html",
        ]
        save_job_results(job / "results.json", JobResults(videos={}))
        assert main([*command, "--json", "--force"]) == 0
        assert json.loads(capsys.readouterr().out)["output"].endswith(".html")
        assert main(["report", str(job / "results.json"), "--task", "rom"]) == 2
        assert "give one of the marker files" in capsys.readouterr().err

    def test_the_body_that_is_there_is_not_fitted_again(
        self, job: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        predictions = load_job_results(job / "results.json").videos["video_01"]
        fitted = fit_subject(predictions, lambda _: None)
        assert fitted is not None
        save_reconstruction(job / "video_01.reconstruction.npz", fitted)
        calls = []
        real = body.reconstruct
        monkeypatch.setattr(
            body, "reconstruct", lambda *given, **how: calls.append(how) or real(*given, **how)
        )
        command = ["report", str(job), "--task", "rom", "--video", "video_01", "--no-video"]
        command += ["--reconstruct", "auto"]
        assert main([*command, "-o", str(job.parent / "a.html")]) == 0
        assert "the body is that of video_01.reconstruction.npz" in capsys.readouterr().err
        assert calls == []
        given = [*command, "--height-mm", "1700", "-o", str(job.parent / "b.html")]
        assert main(given) == 0
        assert [each["height_mm"] for each in calls] == [1700.0]
        (job / "session.yaml").write_text("tasks: [rom]\nheight_mm: 1720\n")
        of_session = fit_subject(predictions, lambda _: None, height_mm=1720.0)
        assert of_session is not None
        save_reconstruction(job / "video_01.reconstruction.npz", of_session)
        calls.clear()
        assert main([*command, "-o", str(job.parent / "c.html")]) == 0
        assert calls == []
        given[-1] = str(job.parent / "d.html")
        assert main(given) == 0
        assert [each["height_mm"] for each in calls] == [1700.0]
        (job / "session.yaml").write_text("tasks: [rom]\nheight_mm: 1725\n")
        assert main([*command, "-o", str(job.parent / "e.html")]) == 0
        assert [each["height_mm"] for each in calls] == [1700.0, 1725.0]
        levelled = fit_subject(predictions, lambda _: None, up=(0.0, -1.0, 0.0))
        assert levelled is not None
        save_reconstruction(job / "video_01.reconstruction.npz", levelled)
        calls.clear()
        for name, up in (("f", "-y"), ("g", "[0, -1, 0.1]")):
            (job / "session.yaml").write_text(f"tasks: [rom]\nup: {up}\n")
            assert main([*command, "-o", str(job.parent / f"{name}.html")]) == 0
        assert len(calls) == 1
        assert calls[0]["up"] == pytest.approx([0.0, -0.995, 0.0995], abs=1e-3)

    def test_a_session_says_who_it_is(self, job: Path, capsys: Captured) -> None:
        (job / "Session.yml").write_text(
            "tasks: [rom]\nheight_mm: 1750\ncode: S07\ndate: 2026-03-01\n"
        )
        corrected = job / "results.corrected.json"
        corrected.write_bytes((job / "results.json").read_bytes())
        command = ["report", str(corrected), "--task", "rom", "--video", "video_01", "--no-video"]
        page = job.parent / "a.html"
        assert main([*command, "--reconstruct", "on", "-o", str(page)]) == 0
        said = page.read_text(encoding="utf-8")
        assert "S07" in said
        assert "2026-03-01" in said
        assert "1750 mm" in said
        assert main([*command, "--reconstruct", "off", "--code", "S08", "-o", f"{job}/b.html"]) == 0
        assert "S08" in (job / "b.html").read_text(encoding="utf-8")
        (job / "Session.yml").write_text("task: rom\n")
        capsys.readouterr()
        assert main([*command, "--reconstruct", "off", "-o", f"{job}/c.html"]) == 0
        assert "Session.yml is not followed" in capsys.readouterr().err

    @pytest.mark.parametrize("command", ["analyze", "report", "export"])
    def test_corrected_results_are_those_of_the_folder(
        self, command: str, job: Path, capsys: Captured
    ) -> None:
        corrected = job / "results.corrected.json"
        corrected.write_bytes((job / "results.json").read_bytes())
        how = ["--to", "csv"] if command == "export" else ["--task", "rom", "--reconstruct", "off"]
        assert main([command, str(job), *how, "--video", "video_01", "--json"]) == 0
        out, err = capsys.readouterr()
        assert f"the results in {job} are those of results.corrected.json" in err
        assert "results.corrected" in out


def values_of(page: str) -> dict[str, float]:
    found = re.findall(r'<data value="([^"]+)" data-measure="([^"]+)">', page)
    return {name: float(value) for value, name in found}


class TestPage:
    def test_it_lies_beside_the_input(self, walk: Path, capsys: Captured) -> None:
        assert main(["report", str(walk), "--task", "gait", "--code", "S01"]) == 0
        written = walk.with_name("Anna Muster.gait.html")
        assert capsys.readouterr().out == f"written   {written}\n"
        page = written.read_text(encoding="utf-8")
        assert "S01" in page
        assert "Muster" not in page

    def test_its_numbers_are_those_of_analyze(self, walk: Path) -> None:
        assert main(["analyze", str(walk), "--task", "gait"]) == 0
        assert main(["report", str(walk), "--task", "gait"]) == 0
        report = load_report(walk.with_name("Anna Muster.gait.json"))
        page = walk.with_name("Anna Muster.gait.html").read_text(encoding="utf-8")
        assert values_of(page) == {
            name: each.value
            for name, each in report.measures.items()
            if each.value is not None and not name.endswith("_log_ratio")
        }

    def test_options_are_those_of_analyze(self, walk: Path) -> None:
        options = [
            "--affected-side",
            "left",
            "--from",
            "1",
            "--to",
            "8",
            "--set",
            "events=kinematics",
        ]
        out = walk.with_name("page.html")
        assert main(["report", str(walk), "--task", "gait", *options, "-o", str(out)]) == 0
        page = out.read_text(encoding="utf-8")
        assert "step_time_symmetry_ratio" in values_of(page)
        assert "<dt>recording.start_s</dt><dd>1.0</dd>" in page

    def test_norms(self, walk: Path) -> None:
        norms = walk.with_name("norms.csv")
        rows = "".join(f"knee_flexion,{percent},30,5,our lab\n" for percent in (0, 100))
        norms.write_text(f"curve,percent,mean,sd,source\n{rows}")
        walking_markers(walk.with_name("walk.trc"))
        command = ["report", str(walk.with_name("walk.trc")), "--task", "gait", "--up", "y"]
        assert main([*command, "--norms", str(norms)]) == 0
        page = walk.with_name("walk.gait.html").read_text(encoding="utf-8")
        assert "between people (our lab)" in page

    def test_markers(self, tmp_path: Path) -> None:
        walking_markers(tmp_path / "walk.trc")
        assert main(["report", str(tmp_path / "walk.trc"), "--task", "gait", "--up", "y"]) == 0
        page = (tmp_path / "walk.gait.html").read_text(encoding="utf-8")
        assert values_of(page)["cadence"] == pytest.approx(110.0, abs=0.5)

    def test_a_pdf_by_its_name(self, walk: Path) -> None:
        out = walk.with_name("page.pdf")
        assert main(["report", str(walk), "--task", "gait", "-o", str(out)]) == 0
        assert out.read_bytes().startswith(b"%PDF-")

    def test_for_machines(self, walk: Path, capsys: Captured) -> None:
        assert main(["report", str(walk), "--task", "rom", "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert said == {
            "results": str(walk),
            "video": None,
            "output": str(walk.with_name("Anna Muster.rom.html")),
        }


class TestOfAReport:
    @pytest.fixture
    def measured(self, walk: Path) -> Path:
        assert main(["analyze", str(walk), "--task", "gait"]) == 0
        return walk.with_name("Anna Muster.gait.json")

    def test_its_page_has_the_numbers_alone(self, measured: Path) -> None:
        assert main(["report", str(measured)]) == 0
        page = measured.with_suffix(".html").read_text(encoding="utf-8")
        assert values_of(page)
        assert "<script" not in page

    def test_options_of_a_measurement_are_refused(self, measured: Path, capsys: Captured) -> None:
        assert main(["report", str(measured), "--task", "gait"]) == 2
        assert "it has been measured already" in capsys.readouterr().err


class TestVideo:
    def test_that_of_a_job_is_found_by_its_hash(self, job: Path) -> None:
        assert main(["report", str(job), "--task", "rom", "--video", "video_02"]) == 0
        page = (job / "results.video_02.rom.html").read_text(encoding="utf-8")
        assert 'id="footage"' in page
        assert "Muster" not in page

    def test_a_job_of_several_videos_has_a_page_each(
        self, job: Path, tmp_path: Path, capsys: Captured
    ) -> None:
        assert main(["report", str(job), "--task", "rom", "-o", str(tmp_path)]) == 0
        names = ["muster.video_01.rom.html", "muster.video_02.rom.html"]
        out = capsys.readouterr().out.splitlines()
        assert out == [f"written   {tmp_path / name}" for name in names]

    def test_one_name_is_not_enough_for_several(self, job: Path, capsys: Captured) -> None:
        out = str(job / "page.html")
        assert main(["report", str(job), "--task", "rom", "-o", out]) != 0
        assert "cannot hold 2 pages" in capsys.readouterr().err

    def test_without_it_nobody_can_be_recognised(self, job: Path) -> None:
        command = ["report", str(job), "--task", "rom", "--video", "video_01", "--no-video"]
        command += ["--reconstruct", "auto"]
        assert main(command) == 0
        page = (job / "results.video_01.rom.html").read_text(encoding="utf-8")
        assert 'id="footage"' not in page

    def test_it_can_be_given(self, tmp_path: Path) -> None:
        predictions = filmed(tmp_path / "a" / "clip.mp4", 30)
        (tmp_path / "b").mkdir()
        save_video_predictions(tmp_path / "b" / "clip.poses.json", predictions)
        command = ["report", str(tmp_path / "b" / "clip.poses.json"), "--task", "rom"]
        assert main([*command, "--footage", str(tmp_path / "a" / "clip.mp4")]) == 0
        page = (tmp_path / "b" / "clip.rom.html").read_text(encoding="utf-8")
        assert 'id="footage"' in page

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        (tmp_path / "a").mkdir()

    def test_another_is_refused(self, tmp_path: Path, walk: Path, capsys: Captured) -> None:
        video = write_numbered_video(tmp_path / "a" / "other.mp4", 20, width=WIDTH, height=HEIGHT)
        assert main(["report", str(walk), "--task", "rom", "--footage", str(video)]) != 0
        assert "another video" in capsys.readouterr().err

    def test_markers_have_none(self, tmp_path: Path, capsys: Captured) -> None:
        walking_markers(tmp_path / "walk.trc")
        command = ["report", str(tmp_path / "walk.trc"), "--task", "rom", "--up", "y"]
        assert main([*command, "--footage", "x.mp4"]) == 2
        assert "--footage is for predictions" in capsys.readouterr().err


class TestRefusals:
    def test_a_task_is_needed(self, walk: Path, capsys: Captured) -> None:
        assert main(["report", str(walk)]) == 2
        assert "--task" in capsys.readouterr().err

    def test_a_page_that_is_there_stays(self, walk: Path, capsys: Captured) -> None:
        command = ["report", str(walk), "--task", "rom"]
        assert main(command) == 0
        assert main(command) != 0
        assert "--force" in capsys.readouterr().err
        assert main([*command, "--force"]) == 0

    def test_another_kind_of_file(self, walk: Path, capsys: Captured) -> None:
        assert main(["report", str(walk), "--task", "rom", "-o", "page.docx"]) != 0
        assert "let it end in .html or .pdf" in capsys.readouterr().err

    def test_footage_that_is_not_wanted(self, walk: Path, capsys: Captured) -> None:
        command = ["report", str(walk), "--task", "rom", "--no-video", "--footage", "x.mp4"]
        assert main(command) == 2
        assert "contradict" in capsys.readouterr().err


def test_the_sequence_of_predictions_is_what_is_played(walk: Path) -> None:
    """The page counts frames as the video does."""
    from neuropose.io import load_video_predictions

    sequence = PoseSequence.from_predictions(load_video_predictions(walk))
    assert main(["report", str(walk), "--task", "rom"]) == 0
    page = walk.with_name("Anna Muster.rom.html").read_text(encoding="utf-8")
    assert f"{len(sequence)} frames" in page
