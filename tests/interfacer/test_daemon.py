"""The life of jobs, from ``in/`` to ``out/`` or ``failed/``."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.estimator import stubs
from tests.interfacer.children import Counting, Obedient
from tests.loopback import PATIENCE_S

from neuropose.cli import main
from neuropose.config import Settings
from neuropose.data import JobEntry, JobState, Status, VideoFailure, VideoOutcome
from neuropose.errors import DaemonRunningError, JobError, OutputError
from neuropose.estimator import Estimator, ProcessVideoResult
from neuropose.interfacer import Interfacer, Layout
from neuropose.interfacer.layout import WORK_NAME
from neuropose.interfacer.lifecycle import Lifecycle, utc_now
from neuropose.interfacer.lock import hold_lock
from neuropose.interfacer.recovery import INTERRUPTED, STATUS_LOST
from neuropose.interfacer.requests import Action, Request, ask
from neuropose.interfacer.store import Store
from neuropose.io import load_job_results, load_status
from neuropose.testing import FakeModel, write_numbered_video


class Lab:
    """A data directory, and what an operator and a daemon do in it."""

    def __init__(self, root: Path) -> None:
        self.settings = Settings(data_dir=root, settle_seconds=0, poll_interval_seconds=0.01)
        self.layout = Layout(root)
        self.layout.make()
        self.now_s = 0.0
        self.estimator: Any = Obedient()

    def job(self, name: str, *videos: str) -> Path:
        folder = self.layout.inbox / name
        folder.mkdir(parents=True)
        for video in videos:
            write_numbered_video(folder / video, 12)
        return folder

    def interfacer(self) -> Interfacer:
        return Interfacer(self.settings, self.estimator, clock=self.clock)

    def clock(self) -> float:
        self.now_s += 0.001
        return self.now_s

    def run(self, **settings: object) -> int:
        self.settings = self.settings.model_copy(update=settings)
        processed = self.interfacer().run_once()
        self.check()
        return processed

    @property
    def jobs(self) -> dict[str, JobEntry]:
        return dict(load_status(self.layout.status).jobs)

    def entry_once(self, name: str, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """A job's entry in the file, as soon as it is as it should be."""
        patience = time.monotonic() + PATIENCE_S
        while True:
            entry: dict[str, Any] = json.loads(self.layout.status.read_text())["jobs"][name]
            if condition(entry):
                return entry
            assert time.monotonic() < patience
            time.sleep(0.005)

    def check(self) -> None:
        """What must hold at any time: each job in exactly one place, and in the status."""
        places = {
            JobState.QUEUED: self.layout.inbox,
            JobState.PROCESSING: self.layout.inbox,
            JobState.COMPLETED: self.layout.out,
            JobState.FAILED: self.layout.failed,
        }
        for name, entry in self.jobs.items():
            there = {place for place in places.values() if (place / name).is_dir()}
            assert there == {places[entry.state]}, (name, entry.state, there)
        assert list(self.layout.staging.iterdir()) == []


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path / "jobs")


def test_a_job_is_done_and_its_results_are_those_of_the_estimator(lab: Lab) -> None:
    lab.job("anna", "b.mp4", "a.mp4")
    (lab.layout.inbox / "anna" / "notes.txt").write_text("left knee")
    assert lab.run() == 1
    out = lab.layout.out / "anna"
    assert sorted(path.name for path in out.iterdir()) == [
        "a.mp4",
        "b.mp4",
        "notes.txt",
        "results.json",
    ]
    results = load_job_results(out / "results.json")
    direct = Estimator(FakeModel()).process_video(out / "a.mp4")
    assert list(results.videos) == ["video_01", "video_02"]
    assert results.videos["video_01"] == direct.predictions
    entry = lab.jobs["anna"]
    assert entry.results == "out/anna/results.json"
    assert (entry.attempts, entry.videos, entry.other_files) == (
        1,
        ("a.mp4", "b.mp4"),
        ("notes.txt",),
    )
    assert entry.started_at is not None
    assert entry.finished_at is not None


def test_a_video_with_nobody_in_it_is_complete_and_said(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    lab.estimator = Estimator(FakeModel([]))
    lab.job("anna", "a.mp4")
    assert lab.run() == 1
    entry = lab.jobs["anna"]
    assert entry.state is JobState.COMPLETED
    said = "nobody was found in any of 12 frames"
    assert entry.outcomes == (
        VideoOutcome(people=0, frames=12, frames_with_people=0, warnings=(said,)),
    )
    results = load_job_results(lab.layout.out / "anna" / "results.json")
    assert results.videos["video_01"].warnings == (said,)
    assert said in [each.message for each in caplog.records if each.levelname == "WARNING"]


def test_a_video_of_which_much_is_missing_is_complete_with_a_warning(lab: Lab) -> None:
    folder = lab.job("anna")
    stubs.damage_frame(stubs.write_short_groups(folder / "a.mp4", 40, frames_per_group=10), 13)
    lab.estimator = Estimator(FakeModel())
    assert lab.run() == 1
    [outcome] = lab.jobs["anna"].outcomes
    assert (outcome.people, outcome.frames_without_picture) == (1, 7)
    assert outcome.warnings[0].startswith("only 33 of 40 frames (82 %) have a picture")


@pytest.mark.parametrize("allow_gaps", [False, True])
def test_a_video_of_which_most_is_missing_is_a_failure_unless_allowed(
    lab: Lab, allow_gaps: bool
) -> None:
    video = stubs.write_short_groups(lab.job("anna") / "a.mp4", 40, frames_per_group=10)
    for number in (3, 13, 23):
        stubs.damage_frame(video, number)
    lab.estimator = Estimator(FakeModel())
    assert lab.run(allow_gaps=allow_gaps) == 1
    entry = lab.jobs["anna"]
    if allow_gaps:
        [outcome] = entry.outcomes
        assert outcome.frames_without_picture == 21
        return
    assert entry.state is JobState.FAILED
    assert entry.error is not None
    assert entry.error.startswith("VideoIncompleteError: only 19 of 40 frames (47 %)")
    [kept] = entry.predictions
    assert (lab.layout.root / kept).exists()


def test_of_a_job_of_several_videos_each_one_s_state_is_told(
    lab: Lab, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = lab.job("anna", "a.mp4", "d.mp4")
    (folder / "b.mp4").write_bytes(b"")
    (folder / "c.mp4").write_bytes(b"no video")
    lab.estimator = Estimator(FakeModel())
    assert lab.run() == 1
    entry = lab.jobs["anna"]
    assert entry.error == (
        "VideoEmptyError: b.mp4: the file is empty (0 bytes) (and 1 more of 4 videos failed)"
    )
    found, empty, unreadable, _ = entry.outcomes
    assert isinstance(found, VideoOutcome)
    assert empty == VideoFailure(error="VideoEmptyError: the file is empty (0 bytes)")
    assert isinstance(unreadable, VideoFailure)
    assert unreadable.error.startswith("NotAVideoError: ")
    assert len(entry.predictions) == 2
    monkeypatch.setenv("NEUROPOSE_DATA_DIR", str(lab.layout.root))
    assert main(["jobs", "show", "anna"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("video_")]
    assert [line.split()[:4] for line in lines] == [
        ["video_01", "a.mp4:", "1", "person,"],
        ["video_02", "b.mp4:", "failed:", "VideoEmptyError:"],
        ["video_03", "c.mp4:", "failed:", "NotAVideoError:"],
        ["video_04", "d.mp4:", "1", "person,"],
    ]


def test_only_the_owner_may_read_the_results(lab: Lab) -> None:
    before = os.umask(0o022)
    try:
        lab.job("anna", "walk.mp4")
        assert lab.run() == 1
    finally:
        os.umask(before)
    job = lab.layout.out / "anna"
    assert job.stat().st_mode & 0o777 == 0o700
    for path in (job / "results.json", lab.layout.status):
        assert path.stat().st_mode & 0o777 == 0o600


def test_no_patient_s_name_is_in_the_results(lab: Lab) -> None:
    lab.job("Erika Mustermann", "Mustermann.mp4")
    lab.run()
    text = (lab.layout.out / "Erika Mustermann" / "results.json").read_text()
    assert "Mustermann" not in text
    assert str(lab.layout.root) not in text


@pytest.mark.parametrize(
    ("video", "error"),
    [
        ("refuse.mp4", "VideoEmptyError: the file is empty (0 bytes)"),
        ("raise.mp4", "KeyError: 'no such tensor'"),
    ],
)
def test_a_job_that_fails_is_put_aside_with_its_reason(video: str, error: str, lab: Lab) -> None:
    lab.job("bad", video)
    lab.job("good", "walk.mp4")
    assert lab.run() == 2
    assert lab.jobs["good"].state is JobState.COMPLETED
    assert lab.jobs["bad"].state is JobState.FAILED
    assert lab.jobs["bad"].error == error
    assert (lab.layout.failed / "bad" / video).is_file()


def test_finished_videos_of_a_failed_job_are_kept(lab: Lab) -> None:
    lab.job("mixed", "a.mp4", "refuse.mp4", "z.mp4")
    lab.run()
    entry = lab.jobs["mixed"]
    assert entry.error == "VideoEmptyError: refuse.mp4: the file is empty (0 bytes)"
    assert entry.predictions == (
        "failed/mixed/.neuropose/video_01.json",
        "failed/mixed/.neuropose/video_03.json",
    )
    assert all((lab.layout.root / path).is_file() for path in entry.predictions)


def test_a_retried_job_goes_on_from_what_is_done(lab: Lab) -> None:
    lab.job("mixed", "a.mp4", "refuse.mp4")
    lab.run()
    folder = (lab.layout.failed / "mixed").rename(lab.layout.inbox / "mixed")
    (folder / "refuse.mp4").rename(folder / "sound.mp4")
    lab.estimator = Counting()
    assert lab.run() == 1
    assert lab.estimator.videos == ["sound.mp4"]
    assert lab.jobs["mixed"].state is JobState.COMPLETED
    assert lab.jobs["mixed"].attempts == 2


def test_predictions_of_other_settings_are_made_again(lab: Lab) -> None:
    for default_fov_degrees, again in ((55.0, []), (60.0, ["a.mp4"])):
        lab.job("mixed", "a.mp4", "refuse.mp4")
        lab.estimator = Obedient()
        lab.run()
        (lab.layout.failed / "mixed").rename(lab.layout.inbox / "mixed")
        lab.estimator = Counting()
        lab.estimator._default_fov_degrees = default_fov_degrees
        lab.run()
        assert lab.estimator.videos == [*again, "refuse.mp4"]
        shutil.rmtree(lab.layout.failed / "mixed")


def test_nothing_is_done_twice(lab: Lab) -> None:
    lab.job("anna", "walk.mp4")
    assert lab.run() == 1
    assert lab.run() == 0


def test_a_second_job_of_the_same_name_gets_another(lab: Lab) -> None:
    lab.job("anna", "walk.mp4")
    lab.run()
    lab.job("anna", "sit.mp4")
    assert lab.run() == 1
    assert set(lab.jobs) == {"anna", "anna (2)"}
    assert lab.jobs["anna"].videos == ("walk.mp4",)


def test_a_loose_video_becomes_a_job(lab: Lab) -> None:
    write_numbered_video(lab.layout.inbox / "walk.mp4", 12)
    assert lab.run() == 1
    assert lab.jobs["walk"].state is JobState.COMPLETED


@pytest.mark.parametrize("name", ["-rf", "with space", "ünï", "a\nb", "ä" * 127, "'\"$`"])
def test_any_name(name: str, lab: Lab) -> None:
    lab.job(name, "walk.mp4")
    lab.run()
    assert lab.jobs[name].state is JobState.COMPLETED


def test_names_that_are_no_text(lab: Lab) -> None:
    wild = os.fsdecode(b"\xff\xfe")
    lab.job(wild, f"{wild}.mp4", f"refuse-{wild}.mp4")
    lab.job("good", f"{wild}.mp4")
    (lab.layout.inbox / "good" / wild).write_text("notes")
    (lab.layout.inbox / "good" / "walk.mp4").unlink(missing_ok=True)
    write_numbered_video(lab.layout.inbox / "loose.mp4", 12).rename(
        lab.layout.inbox / f"loose{wild}.mp4"
    )
    assert lab.run() == 3
    states = {name: job.state.value for name, job in lab.jobs.items()}
    assert states == {
        "\ufffd\ufffd": "failed",
        "good": "completed",
        "loose\ufffd\ufffd": "completed",
    }
    assert lab.jobs["good"].other_files == ("\ufffd\ufffd",)


def test_jobs_that_wait_are_in_the_status_with_their_place_and_reason(lab: Lab) -> None:
    lab.settings = lab.settings.model_copy(update={"settle_seconds": 100.0})
    for name in ("a", "b"):
        lab.job(name, "walk.mp4")
    interfacer = lab.interfacer()
    interfacer.request_stop()
    interfacer.run_once()
    lab.settings = lab.settings.model_copy(update={"settle_seconds": 0.0})
    (lab.layout.inbox / "a" / "more.mp4.part").write_bytes(b"half")
    assert lab.run() == 1
    waiting = lab.jobs["a"]
    assert waiting.state is JobState.QUEUED
    assert waiting.position == 1
    assert waiting.waiting_for is not None
    assert "more.mp4.part" in waiting.waiting_for or "cop" in waiting.waiting_for


def test_a_job_that_is_taken_away_is_forgotten(lab: Lab) -> None:
    lab.job("a")
    lab.run()
    assert lab.jobs["a"].state is JobState.QUEUED
    shutil.rmtree(lab.layout.inbox / "a")
    lab.run()
    assert lab.jobs == {}


class TestAfterACrash:
    def interrupt(self, lab: Lab, state: JobState) -> None:
        lab.layout.status.write_text(
            Status(
                jobs={
                    "a": JobEntry(
                        state=state, queued_at=utc_now(), attempts=1, videos=("walk.mp4",)
                    )
                }
            ).model_dump_json()
        )

    def test_an_interrupted_job_goes_on_by_itself(self, lab: Lab) -> None:
        lab.job("a", "walk.mp4")
        self.interrupt(lab, JobState.PROCESSING)
        assert lab.run() == 1
        entry = lab.jobs["a"]
        assert (entry.state, entry.attempts, entry.interruptions) == (JobState.COMPLETED, 2, 1)

    def test_one_that_is_interrupted_again_and_again_has_failed(self, lab: Lab) -> None:
        told = lab.layout.root / "told.json"
        lab.settings = lab.settings.model_copy(update={"on_failed": f"tee {told}"})
        lab.job("a", "walk.mp4")
        status = Status(
            jobs={
                "a": JobEntry(
                    state=JobState.PROCESSING, queued_at=utc_now(), attempts=4, interruptions=3
                )
            }
        )
        lab.layout.status.write_text(status.model_dump_json())
        assert lab.run() == 0
        assert lab.jobs["a"].error == INTERRUPTED
        assert json.loads(told.read_text())["job"] == "a"
        (lab.layout.failed / "a").rename(lab.layout.inbox / "a")
        assert lab.run() == 1
        assert lab.jobs["a"].state is JobState.COMPLETED

    def test_none_goes_on_if_that_is_set(self, lab: Lab) -> None:
        lab.settings = lab.settings.model_copy(update={"continue_interrupted": 0})
        lab.job("a", "walk.mp4")
        self.interrupt(lab, JobState.PROCESSING)
        assert lab.run() == 0
        assert lab.jobs["a"].error == INTERRUPTED

    def test_one_that_had_been_moved_out_is_complete(self, lab: Lab) -> None:
        lab.job("a", "walk.mp4")
        lab.run()
        before = lab.jobs["a"]
        self.interrupt(lab, JobState.PROCESSING)
        assert lab.run() == 0
        assert lab.jobs["a"].state is JobState.COMPLETED
        assert lab.jobs["a"].results == before.results

    @pytest.mark.parametrize("video", ["walk.mp4", "refuse.mp4"])
    def test_what_became_of_a_job_is_known_although_the_daemon_was_killed_before_it_said_so(
        self, lab: Lab, monkeypatch: pytest.MonkeyPatch, video: str
    ) -> None:
        put = Lifecycle._put

        def dying(lifecycle: Lifecycle, changes: dict[str, JobEntry | None]) -> None:
            if any(entry is not None and entry.finished_at for entry in changes.values()):
                raise KeyboardInterrupt
            put(lifecycle, changes)

        lab.job("before", video)
        lab.job("now", video)
        (lab.layout.inbox / "now").rename(lab.layout.root / "now")
        lab.run()
        (lab.layout.root / "now").rename(lab.layout.inbox / "now")
        monkeypatch.setattr(Lifecycle, "_put", dying)
        with pytest.raises(KeyboardInterrupt):
            lab.interfacer().run_once()
        monkeypatch.setattr(Lifecycle, "_put", put)
        assert lab.jobs["now"].state is JobState.PROCESSING
        assert lab.run() == 0
        before, now = lab.jobs["before"], lab.jobs["now"]
        assert before.outcomes
        assert (now.state, now.outcomes, now.error) == (before.state, before.outcomes, before.error)
        assert [path.name for path in lab.layout.out.glob("*/.*")] == []

    def test_a_note_of_how_a_job_ended_that_is_damaged_says_nothing(self, lab: Lab) -> None:
        lab.job("a", "walk.mp4")
        lab.run()
        work = lab.layout.out / "a" / WORK_NAME
        work.mkdir()
        (work / "ended.json").write_bytes(b'{"outcomes":')
        self.interrupt(lab, JobState.PROCESSING)
        assert lab.run() == 0
        assert (lab.jobs["a"].state, lab.jobs["a"].outcomes) == (JobState.COMPLETED, ())
        assert not work.exists()

    def test_a_lost_status_is_made_from_the_directories(self, lab: Lab) -> None:
        lab.job("good", "walk.mp4")
        lab.job("bad", "refuse.mp4")
        lab.run()
        lab.layout.status.unlink()
        lab.run()
        assert lab.jobs["good"].state is JobState.COMPLETED
        assert lab.jobs["bad"].error == STATUS_LOST


class TestSeveralVideos:
    def test_each_has_its_own_error(self, lab: Lab) -> None:
        lab.job("a", "walk.mp4", "refuse.mp4", "refuse-2.mp4")
        lab.run()
        entry = lab.jobs["a"]
        assert entry.videos == ("refuse-2.mp4", "refuse.mp4", "walk.mp4")
        assert isinstance(entry.outcomes[2], VideoOutcome)
        errors = [each.error for each in entry.outcomes if isinstance(each, VideoFailure)]
        assert len(errors) == 2
        assert entry.error is not None
        assert entry.error.startswith("VideoEmptyError: refuse-2.mp4: ")
        assert entry.error.endswith("(and 1 more of 3 videos failed)")

    @pytest.mark.parametrize("without", [(), ("refuse.mp4",), ("video_01",)])
    def test_a_job_is_completed_without_its_bad_video(
        self, without: tuple[str, ...], lab: Lab
    ) -> None:
        lab.job("a", "walk.mp4", "refuse.mp4")
        lab.run()
        before = lab.jobs["a"].outcomes
        request = Request(action=Action.ACCEPT, job="a", without=without)
        assert ask(request, lab.layout) == "waits to be completed without refuse.mp4"
        lab.run()
        entry = lab.jobs["a"]
        assert entry.state is JobState.COMPLETED
        assert entry.left_out == {"refuse.mp4": before[0].error}  # type: ignore[union-attr]
        assert entry.outcomes == (
            VideoFailure(error=before[0].error, is_left_out=True),  # type: ignore[union-attr]
            before[1],
        )
        results = load_job_results(lab.layout.out / "a" / "results.json")
        assert list(results.videos) == ["video_02"]

    @pytest.mark.parametrize(
        ("without", "problem"),
        [(("fall.mp4",), "no video fall.mp4"), (("walk.mp4", "refuse.mp4"), "would have no video")],
    )
    def test_what_cannot_be_left_out(
        self, without: tuple[str, ...], problem: str, lab: Lab
    ) -> None:
        lab.job("a", "walk.mp4", "refuse.mp4")
        lab.run()
        with pytest.raises(JobError, match=problem):
            ask(Request(action=Action.ACCEPT, job="a", without=without), lab.layout)
        assert lab.jobs["a"].state is JobState.FAILED
        lab.check()

    def test_a_retry_wants_all_of_them_again(self, lab: Lab) -> None:
        lab.job("a", "walk.mp4", "refuse.mp4", "refuse-2.mp4")
        lab.run()
        accept = Request(action=Action.ACCEPT, job="a", without=("refuse.mp4",))
        ask(accept, lab.layout)
        lab.run()
        assert lab.jobs["a"].error is not None
        assert set(lab.jobs["a"].left_out) == {"refuse.mp4"}
        ask(Request(action=Action.RETRY, job="a"), lab.layout)
        assert lab.jobs["a"].left_out == {}

    def test_those_in_subfolders_belong_to_it(self, lab: Lab) -> None:
        folder = lab.job("a", "walk.mp4")
        for day in ("day 10", "day 2"):
            (folder / day).mkdir()
            write_numbered_video(folder / day / "walk.mp4", 5)
        assert lab.run() == 1
        assert lab.jobs["a"].videos == ("walk.mp4", "day 2/walk.mp4", "day 10/walk.mp4")
        results = load_job_results(lab.layout.out / "a" / "results.json")
        assert len(results.videos) == 3


def test_a_number_is_never_given_twice(lab: Lab, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "neuropose")
    for name in ("a", "b"):
        lab.job(name, "walk.mp4")
        lab.run()
    assert [lab.jobs[name].number for name in ("a", "b")] == [1, 2]
    ask(Request(action=Action.REMOVE, job="b"), lab.layout)
    lab.job("c", "walk.mp4")
    lab.run()
    assert lab.jobs["c"].number == 3
    begun = [record for record in caplog.records if record.message == "job begun"]
    assert [record.job for record in begun] == ["job 1", "job 2", "job 3"]  # type: ignore[attr-defined]


def test_settling_shorter_than_a_poll(tmp_path: Path) -> None:
    """One pass looks twice, however short the time between."""
    lab = Lab(tmp_path / "jobs")
    updates = {"settle_seconds": 0.002, "poll_interval_seconds": 0.05}
    lab.settings = lab.settings.model_copy(update=updates)
    lab.job("a", "walk.mp4")
    assert lab.run() == 1


class TestReserve:
    def test_no_job_is_started_below_it_and_that_is_said_once(
        self, lab: Lab, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("INFO", "neuropose")
        lab.job("a", "walk.mp4")
        free = [500_000_000]
        interfacer = Interfacer(
            lab.settings, lab.estimator, clock=lab.clock, free_bytes=lambda: free[0]
        )
        for _ in range(3):
            assert interfacer.run_once() == 0
        assert lab.jobs["a"].state is JobState.QUEUED
        assert lab.jobs["a"].waiting_for == "only 0.5 GB are free, and disk_reserve_gb is 1"
        said = [record.message for record in caplog.records if "free" in record.message]
        assert len(said) == 1
        free[0] = 2_000_000_000
        assert interfacer.run_once() == 1
        assert lab.jobs["a"].state is JobState.COMPLETED

    def test_a_full_disk_does_not_flood_the_log(
        self, lab: Lab, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("INFO", logger="neuropose")
        lab.job("a", "walk.mp4")
        interfacer = lab.interfacer()
        with monkeypatch.context() as patch:
            patch.setattr("neuropose.interfacer.engines.processing.save_job_results", full)
            for _ in range(5):
                lab.now_s += 100.0
                interfacer.run_once()
        said = [record.message for record in caplog.records]
        assert (said.count("job begun"), said.count("job held back")) == (1, 1)
        lab.now_s += 100.0
        assert interfacer.run_once() == 1


class TestWithoutSpace:
    @pytest.mark.parametrize(
        "function", ["processing.save_job_results", "processing.save_video_predictions"]
    )
    def test_a_job_waits_until_there_is_some(
        self, function: str, lab: Lab, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lab.job("a", "walk.mp4")
        with monkeypatch.context() as patch:
            patch.setattr(f"neuropose.interfacer.engines.{function}", full)
            lab.run()
        assert lab.jobs["a"].state is JobState.QUEUED
        assert lab.jobs["a"].waiting_for == "OutputError: no space left on device"
        lab.now_s += 100.0
        assert lab.run() == 1
        assert lab.jobs["a"].state is JobState.COMPLETED

    def test_a_status_that_cannot_be_written_does_not_stop_the_work(
        self, lab: Lab, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lab.job("a", "walk.mp4")
        with monkeypatch.context() as patch:
            patch.setattr("neuropose.interfacer.store.write_atomically", full)
            assert lab.interfacer().run_once() == 1
        assert not lab.layout.status.exists()
        lab.run()
        assert lab.jobs["a"].state is JobState.COMPLETED

    def test_a_status_that_cannot_be_written_is_said_once(
        self, lab: Lab, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        for name in ("a", "b"):
            lab.job(name, "walk.mp4")
        with monkeypatch.context() as patch:
            patch.setattr("neuropose.interfacer.store.write_atomically", full)
            lab.interfacer().run_once()
        said = [record.getMessage() for record in caplog.records]
        assert said.count("the status cannot be written") == 1

    def test_a_disk_that_fills_up_again_is_said_again(
        self, lab: Lab, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        lab.layout.make()
        store = Store(lab.layout, lambda: lab.now_s)
        lifecycle = Lifecycle(lab.layout, store)
        for _ in range(2):
            with monkeypatch.context() as patch:
                patch.setattr("neuropose.interfacer.store.write_atomically", full)
                with pytest.raises(OutputError):
                    store.put({"a": JobEntry(state=JobState.QUEUED, queued_at=utc_now())})
                lifecycle.flush()
                lifecycle.flush()
            lifecycle.flush()
        assert [record.getMessage() for record in caplog.records] == [
            "the status cannot be written"
        ] * 2


def full(*_: object) -> None:
    raise OutputError("no space left on device", hint="free some")


class TestStop:
    def stopping(self, lab: Lab, times: int) -> Callable[..., ProcessVideoResult]:
        """Ask for the end while a video is being worked on."""

        def process_video(path: Path, **options: Any) -> ProcessVideoResult:
            for _ in range(times):
                self.interfacer.request_stop()
            return Estimator(FakeModel()).process_video(path, **options)

        lab.estimator.process_video = process_video
        return process_video

    def test_the_first_time_the_job_is_finished(self, lab: Lab) -> None:
        for name in ("a", "b"):
            lab.job(name, "walk.mp4")
        self.stopping(lab, 1)
        self.interfacer = lab.interfacer()
        assert self.interfacer.run_once() == 1
        states = {name: entry.state for name, entry in lab.jobs.items()}
        assert states == {"a": JobState.COMPLETED, "b": JobState.QUEUED}

    def test_the_second_time_it_can_be_resumed(self, lab: Lab) -> None:
        lab.job("a", "walk.mp4")
        self.stopping(lab, 2)
        self.interfacer = lab.interfacer()
        self.interfacer.run_once()
        lab.check()
        assert lab.jobs["a"].state is JobState.QUEUED
        lab.estimator = Obedient()
        assert lab.run() == 1
        assert lab.jobs["a"].state is JobState.COMPLETED


def test_a_second_daemon_is_refused(lab: Lab) -> None:
    with hold_lock(lab.layout), pytest.raises(DaemonRunningError):
        lab.interfacer().run_once()


def frames_done(job: dict[str, Any]) -> int | None:
    return (job["progress"] or {}).get("frames_done")


def test_progress_is_in_the_status_while_it_lasts(lab: Lab) -> None:
    lab.job("a", "walk.mp4")
    seen: list[dict[str, Any]] = []

    class Watched(Obedient):
        def process_video(self, path: Path | str, **options: Any) -> ProcessVideoResult:
            show = options["progress"]

            def look(at: Any) -> None:
                lab.now_s += 2.0
                show(at)
                seen.append(lab.entry_once("a", lambda job: frames_done(job) == at.frames_done))

            return super().process_video(path, **{**options, "progress": look})

    lab.estimator = Watched()
    lab.run()
    progress = [entry["progress"] for entry in seen]
    assert [entry["state"] for entry in seen] == ["processing"] * len(seen)
    assert [at["frames_done"] for at in progress] == sorted(at["frames_done"] for at in progress)
    assert progress[-1]["percent"] == 100.0
    assert progress[0]["frames_expected"] == 12
    assert progress[0]["seconds_left"] > 0.0
    assert lab.jobs["a"].progress is None
