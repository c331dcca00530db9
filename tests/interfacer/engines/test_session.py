"""A session.yaml in a job's folder: analyses, pages and an overlay, without risk to the poses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.body.known_bodies import known_body
from tests.body.known_views import rig_of, seen
from tests.signed import SIGNED

from neuropose.checksums import sha256_of
from neuropose.config import Settings
from neuropose.corrections import LeaveOut, correct_predictions
from neuropose.data import JobEntry, JobResults, JobState, VideoOutcome, VideoPredictions
from neuropose.errors import (
    CancelledError,
    ConfigError,
    JobError,
    MultiviewError,
    UnknownSettingError,
)
from neuropose.estimator import Estimator
from neuropose.export import content_of, export
from neuropose.interfacer import Interfacer
from neuropose.interfacer.engines import session as engine
from neuropose.interfacer.engines.reconstruction import fit_subject
from neuropose.interfacer.engines.session import SessionSteps
from neuropose.interfacer.engines.steps import StepRunner
from neuropose.interfacer.layout import KEPT_NAME, WORK_NAME, Layout
from neuropose.interfacer.requests import Action, Request, ask
from neuropose.io import (
    load_job_results,
    load_reconstruction,
    load_report,
    load_status,
    read_trc,
    save_job_results,
    save_rig,
    save_video_predictions,
)
from neuropose.study.contract.loading import load_session
from neuropose.testing import FakeModel, synthetic_predictions, write_numbered_video
from neuropose.video.reader import VideoReader

FRAMES = 45


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, settle_seconds=0, reconstruct="off")


@pytest.fixture
def job(tmp_path: Path) -> Path:
    folder = tmp_path / "in" / "anna"
    folder.mkdir(parents=True)
    write_numbered_video(folder / "Anna.mp4", FRAMES, width=320, height=240)
    return folder


def process(settings: Settings) -> JobEntry:
    Interfacer(settings, Estimator(FakeModel())).run_once()
    return load_status(Layout(settings.data_dir).status).jobs["anna"]


def steps_of(entry: JobEntry) -> dict[str, str | None]:
    [outcome] = entry.outcomes
    assert isinstance(outcome, VideoOutcome)
    return {each.step: each.error for each in outcome.steps}


class TestDaemon:
    def test_everything_lies_beside_the_results(self, settings: Settings, job: Path) -> None:
        (job / "session.yaml").write_text(
            "tasks: [rom, gait]\naffected_side: left\ncode: S01\ndate: 2026-03-01\n"
        )
        entry = process(settings)
        assert entry.state is JobState.COMPLETED
        assert steps_of(entry) == dict.fromkeys(
            ("rom analysis", "rom page", "gait analysis", "gait page", "overlay", "contact sheet")
        )
        out = settings.data_dir / "out" / "anna"
        assert sorted(path.name for path in out.iterdir()) == [
            *("Anna.mp4", "results.json", "session.yaml"),
            *("video_01.gait.html", "video_01.gait.json", "video_01.overlay.mp4"),
            *("video_01.rom.html", "video_01.rom.json", "video_01.sheet.png"),
        ]
        report = load_report(out / "video_01.gait.json")
        assert report.parameters["affected_side"] == "left"
        [given] = report.provenance.inputs
        assert (given.kind, given.sha256) == ("job_results", sha256_of(out / "results.json"))
        page = (out / "video_01.rom.html").read_text(encoding="utf-8")
        assert "S01" in page
        assert "2026-03-01" in page
        assert "Anna" not in page
        assert 'id="footage"' in page

    def test_without_video_and_overlay(self, settings: Settings, job: Path) -> None:
        (job / "session.yaml").write_text("tasks: [rom]\nvideo: false\noverlay: false\n")
        assert list(steps_of(process(settings))) == ["rom analysis", "rom page"]
        page = settings.data_dir / "out" / "anna" / "video_01.rom.html"
        assert 'id="footage"' not in page.read_text(encoding="utf-8")

    @pytest.mark.parametrize(("most", "width"), [("100", 100), ("original", 320)])
    def test_the_overlay_is_as_large_as_it_says(
        self, settings: Settings, job: Path, most: str, width: int
    ) -> None:
        (job / "session.yaml").write_text(f"tasks: [rom]\nvideo: false\noverlay_px: {most}\n")
        assert steps_of(process(settings))["overlay"] is None
        with VideoReader(settings.data_dir / "out/anna/video_01.overlay.mp4") as reader:
            assert reader.width == width

    def test_a_job_without_a_session_is_as_ever(self, settings: Settings, job: Path) -> None:
        entry = process(settings)
        assert steps_of(entry) == {}
        out = settings.data_dir / "out" / "anna"
        assert sorted(path.name for path in out.iterdir()) == ["Anna.mp4", "results.json"]

    def test_a_session_that_is_wrong_costs_no_poses(self, settings: Settings, job: Path) -> None:
        (job / "session.yaml").write_text("tasks: [rom]\naffectd_side: left\n")
        entry = process(settings)
        assert entry.state is JobState.COMPLETED
        [(step, error)] = steps_of(entry).items()
        assert step == "session.yaml"
        assert error is not None
        assert "affectd_side" in error

    def test_exports_are_those_of_the_command(self, job: Path) -> None:
        (job / WORK_NAME).mkdir()
        (job / "session.yaml").write_text("exports: [csv, trc]\nup: -y\noverlay: false\n")
        two = synthetic_predictions(frame_count=20, people=2)
        save_video_predictions(job / WORK_NAME / "video_01.json", two)
        steps = SessionSteps(job, job / WORK_NAME, report=lambda _: None, cancel=lambda: False)
        steps.read()
        steps.begin()
        outcomes = steps.carry_out(1, job / "Anna.mp4", two)
        assert [each.error for each in outcomes] == [None, None]
        kept = job / WORK_NAME / KEPT_NAME
        said = (kept / "video_01.csv").read_text(encoding="utf-8-sig")
        assert all(track in said for track in ("track_0", "track_1"))
        upright = content_of(two, subject="longest", vertical="-y")
        export(upright, job / "upright.trc", "trc")
        expected_mm = read_trc(job / "upright.trc").positions_mm
        np.testing.assert_array_equal(read_trc(kept / "video_01.trc").positions_mm, expected_mm)

    def test_a_step_that_fails_costs_nothing_else(
        self, settings: Settings, job: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise ValueError("a bug")

        monkeypatch.setattr("neuropose.page.html.small_video", fail)
        (job / "session.yaml").write_text("tasks: [rom]\n")
        entry = process(settings)
        assert entry.state is JobState.COMPLETED
        steps = steps_of(entry)
        assert steps["rom page"] == "ValueError: a bug"
        assert steps["rom analysis"] is None
        assert steps["overlay"] is None

    def test_a_file_that_would_be_overwritten_is_refused(
        self, settings: Settings, job: Path
    ) -> None:
        (job / "session.yaml").write_text("tasks: [rom]\n")
        (job / "video_01.rom.html").write_text("mine")
        entry = process(settings)
        assert entry.state is JobState.FAILED
        assert entry.error is not None
        assert "the job holds a file named video_01.rom.html" in entry.error

    def test_what_was_done_before_a_stop_is_not_done_again(
        self, settings: Settings, job: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A daemon that ends in the middle leaves the working folder, as after a kill."""
        (job / "session.yaml").write_text("tasks: [rom]\n")
        attempt = StepRunner.attempt

        def stopping(self: StepRunner, key: str, step: str, work: object) -> object:
            if step == "rom page":
                raise CancelledError("stopped here")
            return attempt(self, key, step, work)  # type: ignore[arg-type]

        monkeypatch.setattr(StepRunner, "attempt", stopping)
        process(settings)
        kept = job / WORK_NAME / KEPT_NAME / "video_01.rom.json"
        before = kept.stat().st_mtime_ns
        monkeypatch.setattr(StepRunner, "attempt", attempt)
        entry = process(settings)
        assert entry.state is JobState.COMPLETED
        assert set(steps_of(entry).values()) == {None}
        out = settings.data_dir / "out" / "anna" / "video_01.rom.json"
        assert out.stat().st_mtime_ns == before


class TestRerun:
    def test_a_changed_session_is_followed_without_new_poses(
        self, settings: Settings, job: Path
    ) -> None:
        (job / "session.yaml").write_text("tasks: [rom]\noverlay: false\n")
        process(settings)
        out = settings.data_dir / "out" / "anna"
        poses = (out / "results.json").read_bytes()
        (out / "session.yaml").write_text("tasks: [rom, gait]\noverlay: false\n")
        request = Request(action=Action.RERUN, job="anna")
        assert ask(request, Layout(settings.data_dir)).startswith("waits for everything after")
        model = FakeModel()
        model.predict = forbidden  # type: ignore[method-assign, assignment]
        Interfacer(settings, Estimator(model)).run_once()
        assert (out / "results.json").read_bytes() == poses
        assert {"video_01.gait.html", "video_01.rom.html"} <= {each.name for each in out.iterdir()}

    @pytest.fixture
    def no_new_poses(self) -> FakeModel:
        model = FakeModel()
        model.predict = forbidden  # type: ignore[method-assign, assignment]
        return model

    def test_other_settings_do_not_touch_the_poses(
        self, settings: Settings, job: Path, no_new_poses: FakeModel
    ) -> None:
        process(settings)
        results = settings.data_dir / "out" / "anna" / "results.json"
        poses = results.read_bytes()
        ask(Request(action=Action.RERUN, job="anna"), Layout(settings.data_dir))
        Interfacer(settings, Estimator(no_new_poses, default_fov_degrees=75.0)).run_once()
        assert results.read_bytes() == poses

    def test_corrections_are_followed(
        self, settings: Settings, job: Path, no_new_poses: FakeModel
    ) -> None:
        (job / "session.yaml").write_text("tasks: [rom]\noverlay: false\n")
        process(settings)
        out = settings.data_dir / "out" / "anna"
        made = load_job_results(out / "results.json")
        before = (out / "results.json").read_bytes()
        wrong = LeaveOut(
            **SIGNED | {"input_sha256": sha256_of(out / "results.json")}, start_s=0.0, end_s=0.4
        )
        corrected = correct_predictions(made.videos["video_01"], [wrong])
        save_job_results(
            out / "results.corrected.json",
            made.model_copy(update={"videos": {"video_01": corrected}}),
        )
        (out / "video_01.corrected.reconstruction.npz").write_bytes(b"of a person")
        request = Request(action=Action.RERUN, job="anna")
        assert "results.corrected.json" in ask(request, Layout(settings.data_dir))
        Interfacer(settings, Estimator(no_new_poses)).run_once()
        assert (out / "results.json").read_bytes() == before
        report = load_report(out / "video_01.rom.json")
        assert any("corrected by reader 2" in warning for warning in report.warnings)
        assert report.provenance.inputs[0].sha256 == sha256_of(out / "results.corrected.json")
        assert (out / "video_01.corrected.reconstruction.npz").exists()
        [outcome] = load_status(Layout(settings.data_dir).status).jobs["anna"].outcomes
        assert isinstance(outcome, VideoOutcome)
        followed, not_followed = outcome.warnings[-2:]
        assert followed == "video_01 is measured as corrected in results.corrected.json"
        assert "video_01.corrected.reconstruction.npz are not followed" in not_followed

    def test_corrections_of_other_poses_are_not(self, settings: Settings, job: Path) -> None:
        other = correct_predictions(synthetic_predictions(frame_count=30), [])
        save_job_results(job / "results.corrected.json", JobResults(videos={"video_01": other}))
        [outcome] = process(settings).outcomes
        assert isinstance(outcome, VideoOutcome)
        assert not any("results.corrected" in warning for warning in outcome.warnings)
        (settings.data_dir / "out" / "anna" / "results.corrected.json").write_text("{}")
        ask(Request(action=Action.RERUN, job="anna"), Layout(settings.data_dir))
        [outcome] = process(settings).outcomes
        assert isinstance(outcome, VideoOutcome)
        assert "is not of the poses of video_01" in outcome.warnings[-1]

    def test_only_what_has_completed(self, settings: Settings, job: Path) -> None:
        request = Request(action=Action.RERUN, job="anna")
        with pytest.raises(JobError, match="has not completed"):
            ask(request, Layout(settings.data_dir))

    def test_results_that_cannot_be_read(self, settings: Settings, job: Path) -> None:
        process(settings)
        (settings.data_dir / "out" / "anna" / "results.json").write_text("{}")
        with pytest.raises(JobError, match="its results cannot be read"):
            ask(Request(action=Action.RERUN, job="anna"), Layout(settings.data_dir))
        assert (settings.data_dir / "out" / "anna" / "Anna.mp4").exists()


def forbidden(*_: object, **__: object) -> None:
    raise AssertionError("poses are found anew")


class TestSteps:
    def steps(self, tmp_path: Path, session: str) -> SessionSteps:
        work = tmp_path / WORK_NAME
        work.mkdir(exist_ok=True)
        (tmp_path / "session.yaml").write_text(session)
        steps = SessionSteps(tmp_path, work, report=lambda _: None, cancel=lambda: False)
        steps.read()
        steps.begin()
        return steps

    def test_what_is_wrong_names_no_folder_that_the_job_leaves(self, tmp_path: Path) -> None:
        steps = self.steps(tmp_path, "tasks: [gate]\n")
        assert isinstance(steps._error, ConfigError)
        assert steps._error.message.startswith("session.yaml, line 1: ")
        assert str(tmp_path) not in steps._error.message

    def test_another_session_forgets_what_was_made(self, tmp_path: Path) -> None:
        made = tmp_path / WORK_NAME / KEPT_NAME / "video_01.rom.json"
        body = tmp_path / WORK_NAME / "video_01.reconstruction.npz"
        self.steps(tmp_path, "tasks: [rom]\n")
        for path in (made, body):
            path.write_text("made")
        self.steps(tmp_path, "tasks: [rom]  # the same\n")
        assert made.exists()
        assert body.exists()
        self.steps(tmp_path, "tasks: [rom]\nheight_mm: 1710\n")
        assert not made.exists()
        assert not body.exists()

    def test_the_body_is_that_of_the_sessions_person(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = []
        monkeypatch.setattr(engine, "fit_subject", lambda *_, **how: asked.append(how))
        said = "tasks: [rom]\nsubject: track:1\nheight_mm: 1710\nup: -y\n"
        fit = self.steps(tmp_path, said).fit(engine.fit_subject)
        assert fit is not None
        fit(None, lambda _: None)  # type: ignore[arg-type]
        assert asked == [{"subject": "track:1", "height_mm": 1710.0, "up": (0.0, -1.0, 0.0)}]

    def test_without_a_session_it_is_the_daemons(self, tmp_path: Path) -> None:
        steps = SessionSteps(tmp_path, tmp_path, report=lambda _: None, cancel=lambda: False)
        steps.read()
        assert steps.fit(fit_subject) is fit_subject
        assert steps.fit(None) is None


def refuse_cameras(views: dict[str, VideoPredictions], *_: object, **__: object) -> None:
    raise MultiviewError(" and ".join(views), hint="look again")


class TestCameras:
    """A job with a rig: its videos are those of several cameras, and one trial."""

    NAMES = ("front", "side")

    def steps(self, folder: Path, session: str | None) -> SessionSteps:
        work = folder / WORK_NAME
        work.mkdir(exist_ok=True)
        save_rig(folder / "rig.toml", rig_of(self.NAMES))
        if session is not None:
            (folder / "session.yaml").write_text(session)
        steps = SessionSteps(folder, work, report=lambda _: None, cancel=lambda: False)
        steps.read()
        steps.begin()
        return steps

    def videos(self) -> dict[str, VideoPredictions]:
        found = seen(self.NAMES, known_body(frames=40))
        return {f"walk_{name}.mp4": each for name, each in found.items()}

    def test_they_are_measured_together(self, tmp_path: Path) -> None:
        steps = self.steps(tmp_path, "tasks: [rom]\nheight_mm: 1720\ncode: S01\n")
        assert steps.fit(fit_subject) is None
        outcomes = steps.carry_out_together(self.videos())
        assert {each.step: each.error for each in outcomes} == dict.fromkeys(
            ("cameras reconstruction", "cameras rom analysis", "cameras rom page")
        )
        kept = tmp_path / WORK_NAME / KEPT_NAME
        assert load_reconstruction(kept / "cameras.reconstruction.npz").cameras == self.NAMES
        assert load_report(kept / "cameras.rom.json").task == "range_of_motion"
        assert "S01" in (kept / "cameras.rom.html").read_text(encoding="utf-8")

    def test_without_a_session_a_body_is_fitted(self, tmp_path: Path) -> None:
        outcomes = self.steps(tmp_path, None).carry_out_together(self.videos())
        assert [(each.step, each.error) for each in outcomes] == [("cameras reconstruction", None)]

    def test_two_videos_of_one_camera_are_refused(self, tmp_path: Path) -> None:
        videos = self.videos()
        videos["front_2.mp4"] = videos.pop("walk_side.mp4")
        [outcome] = self.steps(tmp_path, None).carry_out_together(videos)
        assert outcome.error is not None
        assert "two videos are from camera front" in outcome.error

    def test_too_few_videos_of_the_cameras(self, tmp_path: Path) -> None:
        videos = {f"{number}.mp4": each for number, each in enumerate(self.videos().values())}
        [outcome] = self.steps(tmp_path, None).carry_out_together(videos)
        assert outcome.error is not None
        assert "none of 2 videos" in outcome.error
        assert outcome.hint is not None
        assert "front, side" in outcome.hint
        assert outcome.reason == f"{outcome.error}; {outcome.hint}"

    def test_a_video_beside_them_is_measured_alone(self, tmp_path: Path) -> None:
        save_rig(tmp_path / "rig.toml", rig_of(self.NAMES))
        names = ["chair.mp4", "walk_front.mp4", "walk_side.mp4"]
        steps = SessionSteps(
            tmp_path, tmp_path / WORK_NAME, report=lambda _: None, cancel=lambda: False
        )
        steps.read(names)
        assert [steps.is_alone(number) for number in (1, 2, 3)] == [True, False, False]
        [warning] = steps.warnings(1)
        assert "video_01" in warning
        assert steps.warnings(2) == ()
        assert steps.fit(fit_subject) is not None
        videos = self.videos()
        (tmp_path / WORK_NAME).mkdir()
        steps.begin()
        extra = {"chair.mp4": next(iter(videos.values())), **videos}
        [outcome] = steps.carry_out_together(extra)
        assert outcome.reason is None

    def test_the_daemon_does_both(
        self, settings: Settings, job: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("neuropose.body.reconstruct_cameras", refuse_cameras)
        save_rig(job / "rig.toml", rig_of(self.NAMES))
        (job / "session.yaml").write_text("exports: [csv]\noverlay: false\n")
        for name in self.NAMES:
            write_numbered_video(job / f"walk_{name}.mp4", 10, width=320, height=240)
        alone, front, side = process(settings).outcomes
        assert isinstance(alone, VideoOutcome)
        assert isinstance(front, VideoOutcome)
        assert isinstance(side, VideoOutcome)
        assert [each.step for each in alone.steps] == ["csv export"]
        assert (settings.data_dir / "out" / "anna" / "video_01.csv").exists()
        assert "measured alone" in alone.warnings[-1]
        assert [each.step for each in front.steps] == ["cameras reconstruction"]
        assert (front.steps[0].reason or "").endswith("front and side; look again")
        assert side.steps == ()

    def test_another_rig_forgets_what_was_made(self, tmp_path: Path) -> None:
        self.steps(tmp_path, None)
        made = tmp_path / WORK_NAME / KEPT_NAME / "cameras.reconstruction.npz"
        made.write_text("made")
        self.steps(tmp_path, None)
        assert made.exists()
        save_rig(tmp_path / "rig.toml", rig_of(("front", "oblique")))
        again = SessionSteps(
            tmp_path, tmp_path / WORK_NAME, report=lambda _: None, cancel=lambda: False
        )
        again.read()
        again.begin()
        assert not made.exists()


@pytest.mark.parametrize("name", ["Session.yml", "SESSION.yaml"])
def test_a_session_is_known_by_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("tasks: [rom]\n")
    (tmp_path / WORK_NAME).mkdir()
    steps = SessionSteps(
        tmp_path, tmp_path / WORK_NAME, report=lambda _: None, cancel=lambda: False
    )
    steps.read(["walk.mp4"])
    assert "video_01.rom.json" in steps.names(1, 0)


class TestContract:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("tasks: []\n", "tasks"),
            ("tasks: [gate]\n", "gate"),
            ("tasks: [gait]\nsubject: Anna\n", "track:N"),
            ("tasks: [gait]\nsettings: {rom: {}}\n", "not one of the tasks"),
            ("tasks: [gait]\nheight_mm: -1\n", "height_mm"),
            ("tasks: [gait]\nheight_mm: 176\n", "nobody is 176 mm tall"),
            ("tasks: [gait]\nmarker_files: {height_mm: 1.76}\n", "in millimetres: 1760?"),
            ("gait\n", "key: value"),
        ],
    )
    def test_what_is_wrong_is_said(self, tmp_path: Path, text: str, said: str) -> None:
        (tmp_path / "session.yaml").write_text(text)
        with pytest.raises(ConfigError, match=r"session\.yaml") as error:
            load_session(tmp_path / "session.yaml")
        assert said in f"{error.value.message} {error.value.hint}"

    def test_one_name_is_a_list_of_one(self, tmp_path: Path) -> None:
        (tmp_path / "session.yaml").write_text("tasks: gait\nexports: trc\n")
        session = load_session(tmp_path / "session.yaml")
        assert (session.tasks, session.exports) == (("gait",), ("trc",))

    def test_an_unknown_key_has_its_nearest(self, tmp_path: Path) -> None:
        (tmp_path / "session.yaml").write_text("tasks: [gait]\nheight: 1710\n")
        with pytest.raises(UnknownSettingError, match="height"):
            load_session(tmp_path / "session.yaml")
