"""``neuropose analyze``, as a clinician and a researcher meet it."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.io.c3d_files import c3d_bytes
from tests.trc_files import write_trc

from neuropose.analyzer import PoseSequence, align_sequence, in_body_frame, vertical
from neuropose.analyzer.tasks.registry import TASKS
from neuropose.cli import main
from neuropose.cli.render.report_table import report_lines
from neuropose.data import Choice, JobResults, Measure, Report, ReportProvenance, Source
from neuropose.io import (
    load_report,
    load_video_predictions,
    save_job_results,
    save_video_predictions,
)
from neuropose.testing import MovementTrial, simulate_sit_to_stand, synthetic_predictions

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def walk(tmp_path: Path) -> Path:
    seen = synthetic_predictions(frame_count=300, heading_deg=180.0)
    save_video_predictions(tmp_path / "walk.poses.json", seen)
    return tmp_path / "walk.poses.json"


@pytest.fixture
def job(tmp_path: Path) -> Path:
    videos = {
        "video_01": synthetic_predictions(frame_count=20),
        "video_02": synthetic_predictions(frame_count=120, people=2),
    }
    save_job_results(tmp_path / "results.json", JobResults(videos=videos))
    return tmp_path / "results.json"


def write_c3d(path: Path, trial: MovementTrial) -> Path:
    sequence = trial.sequence
    path.write_bytes(
        c3d_bytes(
            sequence.positions_mm, sequence.joints, rate_hz=sequence.sampling_rate_hz, up="+Y"
        )
    )
    return path


class TestReport:
    def test_it_lies_beside_the_input(self, walk: Path, capsys: Captured) -> None:
        assert main(["analyze", str(walk), "--task", "gait"]) == 0
        written = walk.with_name("walk.gait.json")
        assert capsys.readouterr().out.splitlines()[-1] == f"written   {written}"
        report = load_report(written)
        assert report.task == "gait"
        assert report.measures["cadence"].value == pytest.approx(110.0, abs=0.5)

    def test_where_it_came_from_is_in_it(self, walk: Path) -> None:
        assert main(["analyze", str(walk), "--task", "rom", "--from", "1", "--to", "8"]) == 0
        report = load_report(walk.with_name("walk.rom.json"))
        [given] = report.provenance.inputs
        assert given.kind == "predictions"
        assert given.sha256 == hashlib.sha256(walk.read_bytes()).hexdigest()
        assert "numpy" in report.provenance.versions
        assert report.subject is not None
        assert report.parameters["recording"] == {
            "video": None,
            "subject": "longest",
            "start_s": 1.0,
            "end_s": 8.0,
            "up": None,
            "confirm_up": False,
            "markers": {},
            "units": None,
            "reconstruct": "off",
            "height_mm": None,
        }
        assert report.preparation[0]["frames_in"] == 211
        assert "walk" not in walk.with_name("walk.rom.json").read_text(encoding="utf-8")

    def test_the_same_input_gives_the_same_bytes(self, walk: Path, tmp_path: Path) -> None:
        one, two = tmp_path / "one.json", tmp_path / "two.json"
        for out in (one, two):
            assert main(["analyze", str(walk), "--task", "arm-swing", "-o", str(out)]) == 0
        assert one.read_bytes() == two.read_bytes()

    @pytest.mark.parametrize("task", TASKS)
    def test_every_task(self, task: str, walk: Path, capsys: Captured) -> None:
        assert main(["analyze", str(walk), "--task", task]) == 0
        out = capsys.readouterr().out
        report = load_report(walk.with_name(f"walk.{task}.json"))
        assert out.split()[0] == "task"
        words = " ".join(out.split())
        assert all((each.reason or "") in words for each in report.measures.values())

    def test_json(self, walk: Path, capsys: Captured) -> None:
        assert main(["analyze", str(walk), "--task", "gait", "--json"]) == 0
        shown = json.loads(capsys.readouterr().out)
        assert (shown["video"], shown["output"]) == (None, str(walk.with_name("walk.gait.json")))
        written = json.loads(walk.with_name("walk.gait.json").read_text(encoding="utf-8"))
        assert shown["report"] == written


class TestAssumptions:
    """What was assumed stands beside every number that scales with it."""

    @pytest.fixture
    def assumed(self, walk: Path) -> Path:
        predictions = load_video_predictions(walk)
        camera = predictions.camera
        assert camera is not None
        guessed = camera.model_copy(update={"fov_source": Source.ASSUMED})
        warnings = ("30 of 300 frames (10 %) have no picture",)
        changed = predictions.model_copy(update={"camera": guessed, "warnings": warnings})
        save_video_predictions(walk, changed)
        return walk

    @pytest.mark.parametrize("task", ["gait", "arm-swing"])
    def test_an_assumed_field_of_view(self, task: str, assumed: Path, capsys: Captured) -> None:
        assert main(["analyze", str(assumed), "--task", task]) == 0
        report = load_report(assumed.with_name(f"walk.{task}.json"))
        camera = report.assumptions["camera"]
        assert (camera.source, camera.value) == (Source.ASSUMED, "field of view of 55°")
        doubt = (
            "lengths and speeds, as far as they lie in depth, scale with the assumed "
            "field of view of 55°"
        )
        units = {"mm", "m/s", "mm/s", "mm²"}
        known = {name: each for name, each in report.measures.items() if each.value is not None}
        assert known
        for name, measure in known.items():
            assert (doubt in measure.warnings) == (measure.unit in units), name
        assert doubt in report.warnings
        assert report.warnings[0] == "30 of 300 frames (10 %) have no picture"
        out = capsys.readouterr().out
        [line] = [line for line in out.splitlines() if line.startswith("assumed ")]
        assert "camera: field of view of 55°, along the larger side of the picture;" in line
        assert " ".join(out.split()).count(doubt) == 1

    def test_a_given_field_of_view(self, walk: Path, capsys: Captured) -> None:
        assert main(["analyze", str(walk), "--task", "gait", "--subject", "track:0"]) == 0
        report = load_report(walk.with_name("walk.gait.json"))
        sources = {name: each.source.value for name, each in report.assumptions.items()}
        assert sources == {
            "camera": "given",
            "rate": "given",
            "unit": "file",
            "vertical": "assumed",
            "subject": "given",
        }
        assert "field of view" not in " ".join(report.warnings)
        out = capsys.readouterr().out
        [line] = [line for line in out.splitlines() if line.startswith("assumed ")]
        assert line.split(maxsplit=1)[1] == "vertical: estimated from the trunk and feet"

    def test_an_older_file_does_not_say(self, walk: Path, capsys: Captured) -> None:
        content = walk.read_bytes()
        for key in (b',"fov_source":"given"', b',"fps_source":"given"', b'"warnings":[],\n'):
            assert content.count(key) == 1
            content = content.replace(key, b"")
        walk.write_bytes(content)
        assert main(["analyze", str(walk), "--task", "gait"]) == 0
        report = load_report(walk.with_name("walk.gait.json"))
        assert report.assumptions["camera"].source is Source.NOT_RECORDED
        assert report.assumptions["rate"].source is Source.NOT_RECORDED
        doubt = "field of view of 55°: whether it was assumed is not recorded"
        assert any(doubt in each for each in report.measures["stride_length"].warnings)
        assert not any("frames/s" in each for each in report.measures["cadence"].warnings)
        out = capsys.readouterr().out
        [line] = [line for line in out.splitlines() if line.startswith("not recorded ")]
        assert line.split(maxsplit=2)[2].startswith("camera: field of view of 55°")

    def test_markers(self, tmp_path: Path) -> None:
        rise = write_c3d(tmp_path / "rise.c3d", simulate_sit_to_stand())
        assert main(["analyze", str(rise), "--task", "sit-to-stand"]) == 0
        report = load_report(tmp_path / "rise.sit-to-stand.json")
        assert {name: each.source.value for name, each in report.assumptions.items()} == {
            "rate": "file",
            "unit": "file",
            "vertical": "file",
        }
        assert report.assumptions["vertical"].value == "y"


class TestWhere:
    def test_nothing_is_overwritten_without_force(self, walk: Path, capsys: Captured) -> None:
        out = walk.with_name("walk.gait.json")
        out.write_text("mine", encoding="utf-8")
        assert main(["analyze", str(walk), "--task", "gait"]) == 12
        assert "--force overwrites it" in capsys.readouterr().err
        assert out.read_text(encoding="utf-8") == "mine"
        assert main(["analyze", str(walk), "--task", "gait", "--force"]) == 0
        assert load_report(out).task == "gait"

    def test_that_it_would_is_found_before_the_recording_is_read(
        self, walk: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
    ) -> None:
        def too_early(*_: object, **__: object) -> None:
            pytest.fail("a body was fitted in vain")

        monkeypatch.setattr("neuropose.study.trial.recordings.read_recording", too_early)
        for out in (walk.with_name("walk.gait.json"), walk.with_name("mine.json")):
            out.write_text("mine", encoding="utf-8")
            chosen = [] if "gait" in out.name else ["-o", str(out)]
            assert main(["analyze", str(walk), "--task", "gait", *chosen]) == 12
            assert "is already there" in capsys.readouterr().err

    def test_the_input_is_never_overwritten(self, walk: Path, capsys: Captured) -> None:
        before = walk.read_bytes()
        arguments = ["analyze", str(walk), "--task", "gait", "-o", str(walk), "--force"]
        assert main(arguments) == 12
        assert "is not a report" in capsys.readouterr().err
        assert walk.read_bytes() == before

    def test_an_input_that_is_not_there_is_said_not_to_be(
        self, tmp_path: Path, capsys: Captured
    ) -> None:
        out = tmp_path / "old.json"
        out.write_text("an older report", encoding="utf-8")
        missing = str(tmp_path / "none.trc")
        assert main(["analyze", missing, "--task", "gait", "-o", str(out), "--force"]) == 5
        assert "there is no file" in capsys.readouterr().err
        assert out.read_text(encoding="utf-8") == "an older report"

    def test_a_folder(self, walk: Path, tmp_path: Path) -> None:
        (tmp_path / "reports").mkdir()
        folder = str(tmp_path / "reports")
        assert main(["analyze", str(walk), "--task", "rom", "-o", folder]) == 0
        assert load_report(tmp_path / "reports" / "walk.rom.json").task == "range_of_motion"


class TestSeveral:
    def test_all_videos_of_a_job(self, job: Path, capsys: Captured) -> None:
        assert main(["analyze", str(job), "--task", "rom", "--json"]) == 0
        first, second = json.loads(capsys.readouterr().out)
        assert (first["video"], second["video"]) == ("video_01", "video_02")
        assert load_report(job.with_name("results.video_02.rom.json")).task == "range_of_motion"

    def test_the_folder_of_a_job(self, job: Path, capsys: Captured) -> None:
        assert main(["analyze", str(job.parent), "--task", "rom", "--json"]) == 0
        videos = [each["video"] for each in json.loads(capsys.readouterr().out)]
        assert videos == ["video_01", "video_02"]

    @pytest.mark.parametrize("name", ["knees.csv", "knees.xlsx"])
    def test_a_table_of_several_people(
        self, name: str, walk: Path, job: Path, tmp_path: Path, capsys: Captured
    ) -> None:
        for person in ("anna", "ben"):
            (tmp_path / person).mkdir()
            (tmp_path / person / "results.json").write_bytes(job.read_bytes())
        jobs = [str(tmp_path / person / "results.json") for person in ("anna", "ben")]
        table = tmp_path / name
        command = ["analyze", *jobs, str(walk), "--task", "rom", "--table", str(table)]
        assert main(command) == 0
        assert f"written   {table}" in capsys.readouterr().out
        read = pd.read_csv if name.endswith(".csv") else pd.read_excel
        names = list(read(table)["recording"].unique())
        assert names == ["anna video_01", "anna video_02", "ben video_01", "ben video_02", "walk"]
        assert main(command) == 12
        assert "is already there" in capsys.readouterr().err

    def test_reports_of_several_jobs_fit_in_one_folder(self, job: Path, tmp_path: Path) -> None:
        for person in ("anna", "ben"):
            (tmp_path / person).mkdir()
            (tmp_path / person / "results.json").write_bytes(job.read_bytes())
        jobs = [str(tmp_path / person / "results.json") for person in ("anna", "ben")]
        reports = tmp_path / "reports"
        reports.mkdir()
        assert main(["analyze", *jobs, "--task", "rom", "-o", str(reports)]) == 0
        assert sorted(path.name for path in reports.iterdir()) == [
            f"{person}.video_0{number}.rom.json" for person in ("anna", "ben") for number in (1, 2)
        ]

    def test_one_that_fails_does_not_keep_the_others(
        self, walk: Path, tmp_path: Path, capsys: Captured
    ) -> None:
        missing = tmp_path / "missing.poses.json"
        missing.write_text("{}")
        assert main(["analyze", str(missing), str(walk), "--task", "rom"]) == 5
        out, err = capsys.readouterr()
        assert "failed: missing: " in err
        assert "walk.rom.json" in out

    def test_they_need_a_folder(self, job: Path, tmp_path: Path, capsys: Captured) -> None:
        out = tmp_path / "one.json"
        assert main(["analyze", str(job), "--task", "rom", "-o", str(out)]) == 12
        assert "cannot hold 2 reports" in capsys.readouterr().err

    def test_a_folder_is_made(self, job: Path, tmp_path: Path) -> None:
        out = tmp_path / "reports"
        assert main(["analyze", str(job), "--task", "rom", "-o", str(out)]) == 0
        names = sorted(path.name for path in out.iterdir())
        assert [name.split(".", 1)[1] for name in names] == [
            "video_01.rom.json",
            "video_02.rom.json",
        ]

    def test_no_table(self, walk: Path, tmp_path: Path, capsys: Captured) -> None:
        table = str(tmp_path / "knees.txt")
        assert main(["analyze", str(walk), "--task", "rom", "--table", table]) == 12
        assert ".csv or .xlsx" in capsys.readouterr().err
        assert not walk.with_name("walk.rom.json").exists()


class TestOtherFiles:
    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("walk.mp4", b"x" * 100, "is a video, not predictions"),
            ("clip.bin", b"\0\0\0\x18ftypisom" + bytes(60), "is a video, not predictions"),
            ("walk_ik.mot", b"Coordinates\nversion=1\n", "is a file of coordinates or forces"),
            ("walk.csv", b"frame,time_s,x,y,z\n", "is a table, not predictions or markers"),
            ("walk.xlsx", b"PK\3\4" + bytes(60), "is a table, not predictions or markers"),
            ("walk.gait.json", b'{"task": "gait", "measures": {}}', "is a report already"),
            ("status.json", b'{"schema_version": 1, "jobs": {}}', "is the status of jobs"),
        ],
    )
    def test_it_says_what_they_are(
        self, name: str, content: bytes, said: str, tmp_path: Path, capsys: Captured
    ) -> None:
        (tmp_path / name).write_bytes(content)
        assert main(["analyze", str(tmp_path / name), "--task", "gait"]) == 5
        assert said in capsys.readouterr().err


class TestWhatIsRead:
    def test_a_video_of_a_job(self, job: Path, capsys: Captured) -> None:
        assert main(["analyze", str(job), "--task", "gait", "--video", "video_03"]) == 2
        assert "--video: the videos are video_01, video_02" in capsys.readouterr().err
        arguments = ["analyze", str(job), "--task", "gait", "--video", "video_02"]
        assert main([*arguments, "--subject", "track:1"]) == 0
        report = load_report(job.with_name("results.video_02.gait.json"))
        assert report.subject is not None
        assert report.subject.track_id == 1
        assert report.provenance.inputs[0].kind == "job_results"
        assert main([*arguments, "--subject", "track:7", "--force"]) == 6

    def test_c3d(self, tmp_path: Path, capsys: Captured) -> None:
        trial = simulate_sit_to_stand(5)
        path = write_c3d(tmp_path / "chair.c3d", trial)
        assert main(["analyze", str(path), "--task", "sit-to-stand"]) == 0
        report = load_report(tmp_path / "chair.sit-to-stand.json")
        assert report.measures["rise_time"].value == pytest.approx(
            trial.truth["rise_time_s"], rel=0.01
        )
        assert report.provenance.inputs[0].kind == "c3d"
        assert report.subject is None
        assert main(["analyze", str(path), "--task", "rom", "--subject", "track:1"]) == 6
        assert "has no subject of that name: its markers are of one" in capsys.readouterr().err

    def test_markers_of_other_names(self, tmp_path: Path, capsys: Captured) -> None:
        sequence = simulate_sit_to_stand().sequence
        names = ["SACRUM" if name == "pelvis" else name for name in sequence.joints]
        path = tmp_path / "chair.c3d"
        path.write_bytes(c3d_bytes(sequence.positions_mm, names, rate_hz=60.0, up="+Y"))
        arguments = ["analyze", str(path), "--task", "sit-to-stand", "--force"]
        assert main([*arguments, "--marker", "pelvis=SACRUM"]) == 0
        report = load_report(tmp_path / "chair.sit-to-stand.json")
        assert report.measures["rises"].value == 1
        assert report.parameters["recording"]["markers"] == {"pelvis": ["SACRUM"]}
        assert main([*arguments, "--marker", "pelvis=NOTHING"]) == 11
        assert main([*arguments, "--marker", "pelvis"]) == 2

    def test_units_and_subject_of_markers(self, tmp_path: Path, capsys: Captured) -> None:
        sequence = simulate_sit_to_stand().sequence
        names = [f"{who}:{name}" for who in ("Ann", "Bob") for name in sequence.joints]
        places = sequence.positions_mm / 1000.0
        points = np.concatenate([places, 0.0 * places + 1.0], axis=1)
        path = tmp_path / "two.c3d"
        path.write_bytes(c3d_bytes(points, names, rate_hz=60.0, units="au", up="+Y"))
        arguments = ["analyze", str(path), "--task", "sit-to-stand", "--force"]
        assert main(arguments) == 5
        assert ": --units mm\n" in capsys.readouterr().err
        assert main([*arguments, "--units", "m"]) == 11
        assert "Ann, Bob: --subject Ann\n" in capsys.readouterr().err
        assert main([*arguments, "--units", "m", "--subject", "Eve"]) == 6
        assert "there are Ann, Bob" in capsys.readouterr().err
        assert main([*arguments, "--units", "m", "--subject", "Ann"]) == 0
        report = load_report(tmp_path / "two.sit-to-stand.json")
        assert report.measures["rises"].value == 1
        assert report.assumptions["subject"].value == "subject 1 of 2 in the file"
        assert report.parameters["recording"]["units"] == "m"
        assert "Ann" not in (tmp_path / "two.sit-to-stand.json").read_text(encoding="utf-8")

    def test_options_of_markers_are_for_markers(self, walk: Path, capsys: Captured) -> None:
        assert main(["analyze", str(walk), "--task", "gait", "--units", "m"]) == 2
        assert "--units is for C3D and TRC files" in capsys.readouterr().err
        assert main(["analyze", str(walk), "--task", "gait", "--marker", "pelvis=A"]) == 2
        assert "--marker is for C3D and TRC files" in capsys.readouterr().err

    def test_a_vertical_that_no_file_gives_is_assumed(self, tmp_path: Path) -> None:
        sequence = simulate_sit_to_stand().sequence
        path = tmp_path / "chair.trc"
        write_trc(path, sequence.time_s, sequence.positions_mm, list(sequence.joints))
        arguments = ["analyze", str(path), "--task", "sit-to-stand", "--force"]
        for options, method in (([], "assumed"), (["--up", "0,1,0"], "given")):
            assert main([*arguments, *options]) == 0
            report = load_report(tmp_path / "chair.sit-to-stand.json")
            assert report.choices["vertical"].method == method
        marked = PoseSequence.from_trc(path)
        assert vertical(marked.slice(0.5, 2.0).select("pelvis", "neck")).method == "assumed"
        assert vertical(align_sequence(sequence, marked).sequence).method == "assumed"
        assert vertical(in_body_frame(marked).sequence).method == "given"

    @pytest.mark.parametrize("height_mm", ["176", "1.76"])
    def test_a_height_in_another_unit(self, walk: Path, capsys: Captured, height_mm: str) -> None:
        command = ["analyze", str(walk), "--task", "gait", "--height-mm", height_mm]
        assert main(command) == 3
        told = capsys.readouterr().err
        assert f"nobody is {height_mm} mm tall" in told
        assert "1760?" in told

    def test_up(self, walk: Path, capsys: Captured) -> None:
        arguments = ["analyze", str(walk), "--task", "gait", "--force"]
        assert main([*arguments, "--up", "0,-1,0"]) == 0
        report = load_report(walk.with_name("walk.gait.json"))
        assert report.choices["vertical"].method == "given"
        assert main([*arguments, "--up", "-y"]) == 0
        again = load_report(walk.with_name("walk.gait.json"))
        assert again.model_dump() == report.model_dump()
        for wrong in ("0,0,0", "up", "1,2"):
            assert main([*arguments, "--up", wrong]) == 2
        for wrong in ("nan,0,1", "inf,0,0"):
            assert main([*arguments, "--up", wrong]) == 2
        assert main([*arguments, "--from", "nan"]) == 2
        assert "--from: Input should be a finite number" in capsys.readouterr().err
        assert main([*arguments, "--from", "100"]) == 11
        assert "the recording has 0 to" in capsys.readouterr().err

    def test_a_vertical_that_the_body_contradicts(self, walk: Path, capsys: Captured) -> None:
        arguments = ["analyze", str(walk), "--task", "gait", "--force", "--up", "y"]
        assert main(arguments) == 0
        report = load_report(walk.with_name("walk.gait.json"))
        assert all(measure.value is None for measure in report.measures.values())
        warnings = " ".join(capsys.readouterr().out.split("Warnings:")[1].split())
        assert warnings.startswith("- the given vertical is y, but the trunk and legs point 17")
        assert "(--up -y)" in warnings
        assert "confirm it (--confirm-up)" in warnings
        assert main([*arguments, "--confirm-up"]) == 0
        confirmed = load_report(walk.with_name("walk.gait.json"))
        assert confirmed.choices["vertical"].method == "given"
        assert "the given vertical" not in confirmed.measures["stride_time"].reason
        assert confirmed.parameters["recording"]["confirm_up"] is True

    def test_there_is_nothing_to_confirm(self, walk: Path, capsys: Captured) -> None:
        assert main(["analyze", str(walk), "--task", "gait", "--confirm-up"]) == 2
        assert "predictions state no vertical" in capsys.readouterr().err

    def test_what_a_file_states_can_be_confirmed(self, tmp_path: Path) -> None:
        sequence = simulate_sit_to_stand().sequence
        path = tmp_path / "chair.c3d"
        names, rate_hz = sequence.joints, sequence.sampling_rate_hz
        path.write_bytes(c3d_bytes(sequence.positions_mm, names, rate_hz=rate_hz, up="+Z"))
        arguments = ["analyze", str(path), "--task", "sit-to-stand", "--force"]
        assert main(arguments) == 0
        report = load_report(tmp_path / "chair.sit-to-stand.json")
        assert report.measures["rises"].reason.startswith("the C3D file says that up is z")
        assert main([*arguments, "--confirm-up"]) == 0
        report = load_report(tmp_path / "chair.sit-to-stand.json")
        assert report.choices["vertical"].method == "given"
        assert main([*arguments, "--up", "y"]) == 0
        report = load_report(tmp_path / "chair.sit-to-stand.json")
        assert report.measures["rises"].value == 1


class TestSettings:
    def test_they_are_used_and_recorded(self, walk: Path) -> None:
        arguments = ["--set", "preparation.cutoff_hz=4", "--set", "angles=left_knee_flexion"]
        assert main(["analyze", str(walk), "--task", "rom", *arguments]) == 0
        report = load_report(walk.with_name("walk.rom.json"))
        assert report.parameters["angles"] == ["left_knee_flexion"]
        assert report.parameters["preparation"]["cutoff_hz"] == 4.0
        assert report.preparation[0]["settings"]["cutoff_hz"] == 4.0

    def test_none_lists_and_json(self, walk: Path) -> None:
        arguments = [
            *("--set", "preparation.cutoff_hz=none"),
            *("--set", "angles=left_knee_flexion,right_knee_flexion"),
        ]
        assert main(["analyze", str(walk), "--task", "rom", *arguments]) == 0
        report = load_report(walk.with_name("walk.rom.json"))
        assert report.parameters["preparation"]["cutoff_hz"] is None
        assert set(report.parameters["angles"]) == {"left_knee_flexion", "right_knee_flexion"}
        signal = '{"kind": "axis", "joints": ["left_heel"], "axis": "up"}'
        arguments = ["--task", "repetitions", "--set", f"signal={signal}"]
        assert main(["analyze", str(walk), *arguments]) == 0

    def test_settings_within_one_that_is_none(self, walk: Path) -> None:
        arguments = [
            *("--set", "signal.kind=angle"),
            *("--set", "signal.joints=left_hip,left_knee,left_ankle"),
            *("--set", "signal.inverted=true"),
        ]
        assert main(["analyze", str(walk), "--task", "repetitions", *arguments]) == 0
        report = load_report(walk.with_name("walk.repetitions.json"))
        assert report.measures["rate"].value == pytest.approx(0.92, abs=0.02)
        assert report.measures["rate"].unit == "Hz"
        assert report.measures["amplitude"].unit == "deg"

    def test_a_signal_in_a_word(self, walk: Path) -> None:
        arguments = ["analyze", str(walk), "--task", "repetitions", "--force", "--set"]
        assert main([*arguments, "signal.angle=left_knee_flexion"]) == 0
        report = load_report(walk.with_name("walk.repetitions.json"))
        assert report.choices["signal"].method == "joint angle left_knee_flexion"
        assert main([*arguments, "signal.kind=speed", "--set", "signal.joints=pelvis"]) == 0
        report = load_report(walk.with_name("walk.repetitions.json"))
        assert report.parameters["signal"]["joints"] == ["pelvis"]

    def test_every_mistake_is_told_in_one_run(self, walk: Path, capsys: Captured) -> None:
        arguments = ["--set", "low_percentile=300", "--set", "angels=a", "--set", "preparation.x=1"]
        assert main(["analyze", str(walk), "--task", "rom", *arguments]) == 2
        error, _ = capsys.readouterr().err.splitlines()
        assert "3 mistakes: " in error
        assert "--set low_percentile: 300 is not allowed" in error
        assert "(did you mean angles?)" in error

    @pytest.mark.parametrize(
        ("assignment", "problem"),
        [
            ("preparation.cutoff=4", "did you mean preparation.cutoff_hz?"),
            ("wings=2", "there are preparation, angles"),
            ("preparation.cutoff_hz", "takes key=value"),
            ("preparation.cutoff_hz=fast", "--set preparation.cutoff_hz: 'fast' is not allowed"),
            ("low_percentile=300", "less than or equal to 100"),
            ("low_percentile=99", "low_percentile must be below"),
            ("angles=[1", "--set angles: expected ',' or ']'"),
            ("angles=wing_flexion,tail", "there is no angle 'wing_flexion'"),
        ],
    )
    def test_wrong_ones(self, assignment: str, problem: str, walk: Path, capsys: Captured) -> None:
        assert main(["analyze", str(walk), "--task", "rom", "--set", assignment]) == 2
        error, hint = capsys.readouterr().err.splitlines()
        assert problem in error
        assert hint == "hint: neuropose analyze --help"
        assert not walk.with_name("walk.rom.json").exists()

    def test_twice(self, walk: Path, capsys: Captured) -> None:
        arguments = ["--set", "low_percentile=1", "--set", "low_percentile=2"]
        assert main(["analyze", str(walk), "--task", "rom", *arguments]) == 2
        assert "is there twice" in capsys.readouterr().err

    def test_the_affected_side(self, walk: Path, capsys: Captured) -> None:
        arguments = ["analyze", str(walk), "--affected-side"]
        assert main([*arguments, "left", "--task", "gait"]) == 0
        assert "aff./unaff." in capsys.readouterr().out
        report = load_report(walk.with_name("walk.gait.json"))
        assert report.parameters["affected_side"] == "left"
        assert main([*arguments, "both", "--task", "gait"]) == 2
        assert main([*arguments, "left", "--task", "sway"]) == 2
        assert "is for gait, arm-swing, not for sway" in capsys.readouterr().err


class TestErrors:
    def one_line_each(self, captured: str) -> tuple[str, str]:
        error, hint = captured.splitlines()
        assert error.startswith("error: ")
        assert hint.startswith("hint: ")
        return error, hint

    def test_an_unknown_task(self, walk: Path, capsys: Captured) -> None:
        assert main(["analyze", str(walk), "--task", "gaitt"]) == 11
        _, hint = self.one_line_each(capsys.readouterr().err)
        assert "did you mean gait?" in hint

    def test_no_file(self, tmp_path: Path, capsys: Captured) -> None:
        assert main(["analyze", str(tmp_path / "no.json"), "--task", "gait"]) == 5
        self.one_line_each(capsys.readouterr().err)

    @pytest.mark.parametrize("name", ["bad.json", "bad.c3d", "bad.trc"])
    def test_a_bad_file(self, name: str, tmp_path: Path, capsys: Captured) -> None:
        (tmp_path / name).write_text("nothing of the kind", encoding="utf-8")
        assert main(["analyze", str(tmp_path / name), "--task", "gait"]) == 5
        self.one_line_each(capsys.readouterr().err)
        assert list(tmp_path.iterdir()) == [tmp_path / name]

    def test_missing_joints(self, tmp_path: Path, capsys: Captured) -> None:
        sequence = simulate_sit_to_stand().sequence.select("nose", "left_wrist")
        path = tmp_path / "head.c3d"
        path.write_bytes(c3d_bytes(sequence.positions_mm, sequence.joints, up="+Y"))
        assert main(["analyze", str(path), "--task", "sit-to-stand"]) == 11
        error, _ = self.one_line_each(capsys.readouterr().err)
        assert error.startswith("error: sit-to-stand cannot be measured: the C3D file has no")
        assert "pelvis" in error
        assert list(tmp_path.iterdir()) == [path]

    def test_nothing_measured_is_told(self, walk: Path, capsys: Captured) -> None:
        assert main(["analyze", str(walk), "--task", "tug"]) == 0
        captured = capsys.readouterr()
        assert "warning: no measure has a value" in captured.err
        said = " ".join(captured.out.split())
        assert "No timed up and go was found: the timed up and go is incomplete" in said
        assert "--from and --to choose the stretch of time" in said

    def test_counts_of_what_there_is_not_are_no_table(self) -> None:
        gone = Measure.missing("s", "none of 1 strides is summarised")
        found = Report(
            task="gait",
            measures={"stride_time": gone, "turns": Measure(value=0.0, unit="1", n=1)},
            provenance=ReportProvenance(neuropose_version="0"),
        )
        text = report_lines(found)
        assert "Nothing could be measured." in text
        assert "- stride time: none of 1 strides is summarised" in text
        assert not any("─" in line for line in text)

    def test_somebody_who_does_not_walk(self, tmp_path: Path, capsys: Captured) -> None:
        """No surface that is walked on, no table of dashes: what is not there, why, what to do."""
        sequence = simulate_sit_to_stand().sequence
        path = tmp_path / "chair.c3d"
        path.write_bytes(c3d_bytes(sequence.positions_mm, sequence.joints, up="+Y"))
        assert main(["analyze", str(path), "--task", "gait"]) == 0
        said = " ".join(capsys.readouterr().out.split())
        assert "No walking was found: no foot swings by" in said
        assert "surface" not in said
        assert "stride time" not in said
        measures = load_report(tmp_path / "chair.gait.json").measures
        assert all(each.value is None and each.reason for each in measures.values())

    def test_a_task_is_needed(self, walk: Path, capsys: Captured) -> None:
        assert main(["analyze", str(walk)]) == 2
        self.one_line_each(capsys.readouterr().err)


class TestTable:
    def report(self, **measures: Measure) -> Report:
        return Report(
            task="gait",
            measures=measures,
            choices={
                "left_knee": Choice(method="inclusive: a", confidence=0.9),
                "right_knee": Choice(method="inclusive: a", confidence=0.8),
            },
            warnings=("look at the overlay",),
            provenance=ReportProvenance(neuropose_version="0"),
        )

    def test_both_sides_of_an_angle_have_one_line_with_both_errors(self) -> None:
        choices = {
            f"{side}_knee": Choice(method=f"inclusive: a; standard error {error}", confidence=0.4)
            for side, error in (("left", "5.2°"), ("right", "6.8°"))
        }
        lines = report_lines(self.report().model_copy(update={"choices": choices}))
        text = [" ".join(line.split()) for line in lines]
        assert text[1] == "knee inclusive: a; standard error 5.2° and 6.8° (confidence 0.40)"

    def test_sides_stand_beside_each_other(self) -> None:
        lines = report_lines(
            self.report(
                step_time_left=Measure(value=0.61, unit="s", n=3, sd=0.02, confidence=0.9),
                step_time_right=Measure(
                    value=0.53, unit="s", n=4, standard_error=0.041, confidence=0.7
                ),
                step_time_symmetry_index=Measure(value=14.0, unit="%", n=7),
                step_time_log_ratio=Measure(value=0.14, unit="1", n=7),
                turns=Measure(value=2, unit="1", n=9, warnings=("none was seen whole",)),
                walking_speed=Measure.missing("m/s", "the belt's speed is not known"),
            )
        )
        text = [" ".join(line.split()) for line in lines]
        assert text[:2] == ["task gait", "knee inclusive: a (confidence 0.80)"]
        assert "measure all left right L−R index % unit n confidence" in text
        assert "step time 0.61 (SD 0.02) 0.53 ± 0.04 14.0 s 3 + 4 0.70" in text
        assert "turns 2 9" in text
        assert "walking speed – m/s 0" in text
        assert "- walking speed: the belt's speed is not known" in text
        assert "- look at the overlay" in text
        assert "- turns: none was seen whole" in text
        assert not any("log ratio" in line for line in text if not line.startswith("Log"))

    def test_what_is_not_known_well_enough_has_its_interval(self) -> None:
        unsure = {"value": None, "unit": "mm", "n": 5, "reason": "cannot be told from this view"}
        text = report_lines(
            self.report(
                step_width=Measure(**unsure, standard_error=30.0, interval=(-10.0, 107.64)),
                steps=Measure(value=9.0, unit="1", n=9, standard_error=0.0),
            )
        )
        rows = [" ".join(line.split()) for line in text]
        assert "step width [−10.0, 107.6] mm 5" in rows
        assert "steps 9 9" in rows
        assert any(row.startswith("[from, to]: 95 % interval") for row in rows)
        assert "- step width: cannot be told from this view" in rows

    @pytest.mark.parametrize("width", [40, 60, 80])
    def test_a_narrow_terminal_breaks_no_number(self, width: int) -> None:
        measures = {}
        for name, unit in (("step_length", "mm"), ("peak_hip_flexion_in_swing", "deg")):
            for side in ("", "_left", "_right"):
                measures[name + side] = Measure(
                    value=-1613.5, unit=unit, n=12, sd=10.4, standard_error=0.001
                )
            index = Measure(value=-14.02, unit="%", n=24, confidence=0.5)
            measures[f"{name}_symmetry_index"] = index
        wide = report_lines(self.report(**measures))
        assert max(map(len, wide)) > 80
        lines = report_lines(self.report(**measures), width)
        assert max(map(len, lines)) <= width
        text = "\n".join(lines)
        assert text.count("−1613.5 ± <0.1 (SD 10.4)") == 6
        assert text.count("L−R index % −14.0") == 2
        assert "step length, mm\n" in text
        assert report_lines(self.report(**measures), 200) == wide

    def test_many_names_of_a_warning_become_a_number(self) -> None:
        doubted = Measure(value=1.0, unit="s", n=1, warnings=("few",))
        many = {f"m{number}": doubted for number in range(7)}
        lines = report_lines(self.report(**many, ok=Measure(value=1.0, unit="s", n=1)))
        assert "- m0, m1, m2, m3 and 3 more: few" in lines

    def test_every_dash_has_its_reason(self) -> None:
        one = Measure(value=1.0, unit="s", n=3)
        gone = Measure.missing("s", "no stride of the left foot")
        measures = {}
        for name in ("step_time", "stance", "swing", "step_length", "foot_clearance"):
            measures |= {name: one, f"{name}_left": gone, f"{name}_right": one}
            measures |= {f"{name}_symmetry_index": gone, f"{name}_log_ratio": gone}
        measures |= {"stride_time": one, "stride_time_left": one, "stride_time_right": one}
        measures |= {"step_time_symmetry_index": Measure(value=1.0, unit="%", n=3)}
        text = report_lines(self.report(**measures))
        rows = [" ".join(line.split()) for line in text]
        assert "stride time 1.00 1.00 1.00 s 3" in rows  # it has no index: no dash
        assert "stance 1.00 – 1.00 – s 3" in rows
        reason = " ".join(line.strip() for line in text[text.index("No value:") + 1 :])
        assert reason.startswith(
            "- step time (left, log ratio); stance, swing, step length, foot clearance (left, "
            "symmetry index, log ratio): no stride of the left foot"
        )

    def test_what_is_missing_on_both_sides_is_named_once(self) -> None:
        gone = Measure.missing("deg", "no knee")
        lines = report_lines(
            self.report(
                peak_left=gone, peak_right=gone, turn=gone, ok=Measure(value=1.0, unit="s", n=1)
            )
        )
        assert "- peak, turn: no knee" in lines
        assert "peak – deg 0 + 0" in [" ".join(line.split()) for line in lines]

    def test_digits_fit_the_unit(self) -> None:
        lines = report_lines(
            self.report(
                a=Measure(value=1364.27, unit="mm", n=1),
                b=Measure(value=-0.001, unit="%", n=1),
                c=Measure(value=3.0, unit="1", n=1),
                d=Measure(value=-1.414, unit="1", n=1),
            )
        )
        rows = {line.split()[0]: line.split()[1] for line in lines if re.match("[abcd] ", line)}
        assert rows == {"a": "1364.3", "b": "0.0", "c": "3", "d": "−1.41"}
