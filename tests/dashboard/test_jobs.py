"""The pages of the jobs, as a browser without scripts sees them."""

from __future__ import annotations

import errno
import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import unescape

import pytest
from tests.dashboard.served import DataDir, Site, completed, failed
from tests.loopback import PATIENCE_S

from neuropose.config import Settings
from neuropose.dashboard.pages.jobs import status_of
from neuropose.data import JobState, MarkersOutcome, VideoOutcome
from neuropose.data.jobs import JobProgress, StepOutcome, VideoFailure
from neuropose.errors import (
    DaemonRunningError,
    InterfacerError,
    JobError,
    MissingLibraryError,
    NeuroPoseError,
    OutputError,
    WorkerStalledError,
)
from neuropose.estimator import Estimator
from neuropose.interfacer import Interfacer
from neuropose.interfacer.lock import hold_lock
from neuropose.interfacer.machine.kept_log import keep_log
from neuropose.io import load_status
from neuropose.testing import FakeModel, write_numbered_video

Opened = Callable[..., Site]


def test_the_list(site: Site) -> None:
    text = site.visitor().get("/").text
    assert [name for name in ("anna", "ben", "carla") if f">{name}</a>" in text] == [
        "anna",
        "ben",
        "carla",
    ]
    assert "98/100" in text
    assert "copy it again from the camera" in text
    assert "No daemon is at work" in text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("search=BEN", {"ben"}),
        ("search=3", {"carla"}),
        ("state=completed", {"anna"}),
        ("state=failed&search=anna", set()),
        ("state=nonsense", {"anna", "ben", "carla"}),
        ("page=7", {"anna", "ben", "carla"}),
        ("page=-1", {"anna", "ben", "carla"}),
    ],
)
def test_finding(site: Site, query: str, names: set[str]) -> None:
    text = site.visitor().get(f"/jobs?{query}").text
    assert {name for name in ("anna", "ben", "carla") if f">{name}</a>" in text} == names


def test_pages(opened: Opened, data: DataDir) -> None:
    data.put_all({f"p{k:03}": completed(f"p{k:03}", k) for k in range(1, 121)})
    visitor = opened(data).visitor()
    first, last = visitor.get("/jobs").text, visitor.get("/jobs?page=3").text
    assert first.count("<tr data-key") == 50
    assert last.count("<tr data-key") == 20
    assert ">p120</a>" in first  # that ended last
    assert ">p001</a>" in last
    assert "page=2" in first
    assert "Page 3 of 3, 120 jobs" in last


class TestActions:
    def test_retry(self, site: Site) -> None:
        answer = site.visitor().act("2", "retry")
        assert answer.status_code == 200
        assert (site.data.layout.inbox / "ben").is_dir()
        assert load_status(site.data.layout.status).jobs["ben"].state is JobState.QUEUED

    def test_cancel_and_rerun_and_remove(self, site: Site) -> None:
        visitor = site.visitor()
        (site.data.layout.out / "anna" / "results.json").write_text("{}")
        assert visitor.act("3", "cancel").status_code == 200
        assert (site.data.layout.failed / "carla").is_dir()
        assert visitor.act("3", "remove").status_code == 200
        assert not (site.data.layout.failed / "carla").exists()
        assert visitor.get("/jobs/3").status_code == 404

    def test_what_does_not_apply_is_said(self, site: Site) -> None:
        answer = site.visitor().act("1", "retry")
        assert answer.status_code == 409
        assert "has not failed" in answer.text

    def test_unknown(self, site: Site) -> None:
        assert site.visitor().act("99", "retry").status_code == 404
        assert site.visitor().act("1", "explode").status_code == 404

    def test_a_daemon_that_does_not_answer(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            "neuropose.interfacer.requests.ask.__kwdefaults__",
            {
                "most_interruptions": 3,
                "patience_s": 0.2,
                "performance_s": 0.2,
            },
        )
        with hold_lock(site.data.layout):
            answer = site.visitor().act("2", "retry")
        assert answer.status_code == 503
        assert "did not answer" in answer.text
        assert not list(site.data.layout.requests.iterdir())

    @pytest.mark.parametrize(
        ("error", "status"),
        [
            (JobError("x"), 409),
            (OutputError("x"), 422),
            (MissingLibraryError("x"), 422),
            (DaemonRunningError("x"), 503),
            (InterfacerError("x"), 503),
            (WorkerStalledError("x"), 503),
        ],
    )
    def test_what_may_be_tried_again(self, error: NeuroPoseError, status: int) -> None:
        assert status_of(error) == status

    def test_a_disk_that_is_full_is_no_fault_of_the_request(self) -> None:
        error = OutputError("x")
        error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
        assert status_of(error) == 507

    def test_as_json(self, site: Site) -> None:
        visitor = site.visitor()
        headers = {"Accept": "application/json"}
        answer = visitor.post("/jobs/1/retry", {"csrf": visitor.token()}, headers)
        assert set(answer.json()) == {"error", "hint"}


def test_one_job_in_work(site: Site) -> None:
    progress = JobProgress(
        video="b.mp4",
        number=2,
        count=2,
        frames_done=30,
        frames_expected=90,
        percent=33.3,
        frames_per_second=12.34,
        seconds_left=75.0,
    )
    entry = completed("dora", 4, state="processing", outcomes=(), results=None, finished_at=None)
    entry = entry.model_copy(update={"progress": progress, "videos": ("a.mp4", "b.mp4")})
    site.data.put(dora=entry)
    text = site.visitor().get("/jobs/4").text
    assert "video 2 of 2, 33 % · 12.3 frames/s · 1 min 15 s left" in text
    assert '<progress max="100" value="33.3"' in text
    assert "<td>done</td>" in text
    assert "remove" not in text.split("<main")[1]  # what is in work is cancelled first


def test_a_status_that_cannot_be_read(site: Site) -> None:
    visitor = site.visitor()
    visitor.get("/jobs")
    site.data.layout.status.write_text("{")
    text = visitor.get("/jobs").text
    assert "cannot be read" in text
    assert ">anna</a>" in text


def test_a_status_that_is_laid_out_otherwise(opened: Opened, data: DataDir) -> None:
    data.layout.status.write_text('{\n "schema_version": 1,\n "jobs": {}\n}')
    assert "There are no jobs yet" in opened(data).visitor().get("/jobs").text


def test_names_that_look_alike_are_told_apart(opened: Opened, data: DataDir) -> None:
    data.put_all({"f\u00fcr": failed(1), "fu\u0308r": failed(2)})
    text = opened(data).visitor().get("/jobs").text
    assert ">f\u00fcr</a>" in text
    assert "u\\u0308r</a>" in text


def test_the_machine_and_the_night(site: Site) -> None:
    text = site.visitor().get("/machine").text
    assert "1 waiting" in text
    assert "GB free" in text
    assert "blazepose" in text


class TestWhatWasNotDone:
    """Completed jobs of which something is to be known, as ``neuropose jobs list`` says it."""

    UNASKED = "nothing was measured: the job has no session.yaml that says what"
    BAD = "ConfigError: affected_side = 'Left' is not allowed"

    @pytest.fixture
    def opened_site(self, opened: Opened, data: DataDir) -> Site:
        now = datetime.now(UTC)
        unmeasured = MarkersOutcome(frames=151, markers=41, warnings=(self.UNASKED,))
        failing = MarkersOutcome(
            frames=20, markers=9, steps=(StepOutcome(step="gait analysis", error=self.BAD),)
        )
        session = StepOutcome(step="session.yaml", error=self.BAD)
        video = VideoOutcome(people=1, frames=40, frames_with_people=40, steps=(session,))
        markers_only = {"videos": (), "outcomes": (), "finished_at": now}
        data.put_all(
            {
                "markers": completed(
                    "markers",
                    1,
                    **markers_only,
                    markers=("walk.trc", "turn.c3d", "cut.c3d"),
                    marker_outcomes=(unmeasured, failing, VideoFailure(error="FileReadError: no")),
                ),
                "session": completed("session", 2, finished_at=now, outcomes=(video,)),
                "plain": completed("plain", 3, finished_at=now),
            }
        )
        return opened(data)

    def test_in_the_list(self, opened_site: Site) -> None:
        text = unescape(opened_site.visitor().get("/jobs").text)
        assert f"warning: {self.UNASKED}" in text
        assert f"gait analysis failed: {self.BAD}" in text
        assert f"session.yaml failed: {self.BAD}" in text

    def test_of_one_job(self, opened_site: Site) -> None:
        visitor = opened_site.visitor()
        text = unescape(visitor.get("/jobs/1").text)
        assert "<h2>Videos</h2>" not in text
        assert "<h2>Marker files</h2>" in text
        assert f"markers: 41, frames: 151; warning: {self.UNASKED}" in text
        assert "failed: FileReadError: no" in text
        text = visitor.get("/jobs/2").text
        assert "<h2>Videos</h2>" in text
        assert "<h2>Marker files</h2>" not in text

    def test_of_the_night(self, opened_site: Site) -> None:
        text = opened_site.visitor().get("/machine").text
        listed = text.split("Needs a look")[1]
        assert [name for name in ("markers", "session", "plain") if f">{name}</a>" in listed] == [
            "markers",
            "session",
        ]
        assert "Marker files: 2." in text


class TestLog:
    def test_it_has_no_names(self, site: Site) -> None:
        logger = logging.getLogger("neuropose.test")
        with keep_log(site.data.layout, log_names=False):
            logger.warning("job failed", extra={"job": "job 2", "error": "VideoError"})
        text = site.visitor().get("/log").text
        assert "job failed" in text
        assert "job=job 2" in text
        assert "ben" not in text.split("<main")[1]

    def test_with_names_it_is_not_shown(
        self, opened: Opened, data: DataDir, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with keep_log(data.layout, log_names=False):
            logging.getLogger("neuropose.test").warning("an older line")
        monkeypatch.setenv("NEUROPOSE_LOG_NAMES", "true")
        text = opened(data).visitor().get("/log").text
        assert "log_names is on" in text
        assert "an older line" not in text


class TestDaemon:
    """With a daemon at work, which has the lock and does what is asked for."""

    @pytest.fixture
    def daemon(self, data: DataDir) -> Iterator[Interfacer]:
        settings = Settings(
            data_dir=data.root,
            settle_seconds=0,
            poll_interval_seconds=0.05,
            reconstruct="off",
            allow_data_dir_in_repository=True,
        )
        interfacer = Interfacer(settings, Estimator(FakeModel()))
        thread = threading.Thread(target=interfacer.run)
        thread.start()
        yield interfacer
        interfacer.request_stop()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()

    def test_a_job_from_its_failure_to_its_end(
        self, opened: Opened, data: DataDir, request: pytest.FixtureRequest
    ) -> None:
        data.put(anna=failed(1))
        (data.layout.failed / "anna" / "walk.mp4").write_bytes(b"no video")
        request.getfixturevalue("daemon")
        visitor = opened(data).visitor()
        wait_until(lambda: "No daemon is at work" not in visitor.get("/jobs").text)
        assert visitor.act("1", "retry").status_code == 200
        wait_until(lambda: "NotAVideoError" in visitor.get("/jobs/1").text)
        write_numbered_video(data.layout.failed / "anna" / "walk.mp4", 5)
        assert visitor.act("1", "retry").status_code == 200
        wait_until(lambda: "tag completed" in visitor.get("/jobs/1").text)
        assert visitor.act("1", "retry").status_code == 409
        assert visitor.act("1", "remove").status_code == 200
        assert not (data.layout.out / "anna").exists()


def wait_until(is_so: Callable[[], bool]) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < until_s
        time.sleep(0.05)


class TestLanguages:
    def test_german(self, site: Site) -> None:
        visitor = site.visitor()
        german = {"Accept-Language": "de-AT,en;q=0.5"}
        assert "<h1>Aufträge</h1>" in visitor.get("/jobs", headers=german).text
        visitor.get("/language?to=de", allow_redirects=False)
        text = visitor.get("/jobs").text
        assert "<h1>Aufträge</h1>" in text
        assert '<html lang="de">' in text
