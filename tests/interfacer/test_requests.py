"""What is asked of the daemon, with one running and with none."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from tests.interfacer.children import Counting, Obedient
from tests.loopback import PATIENCE_S

from neuropose.config import Settings
from neuropose.data import JobState
from neuropose.errors import CancelledError, InterfacerError, JobError
from neuropose.estimator import ProcessVideoResult
from neuropose.interfacer import Interfacer, Layout
from neuropose.interfacer.lock import hold_lock
from neuropose.interfacer.requests import ANSWER_S, Action, Request, ask, clear_answers, serve
from neuropose.io import load_status
from neuropose.testing import write_numbered_video

FRAMES = 12


class Patient(Obedient):
    """Waits for `go` in the middle of a video, unless it is cancelled."""

    def __init__(self) -> None:
        super().__init__()
        self.began = threading.Event()
        self.go = threading.Event()

    def process_video(self, path: Path | str, **options: Any) -> ProcessVideoResult:
        self.began.set()
        while not self.go.wait(0.01):
            if options["cancel"]():
                raise CancelledError("the video was cancelled")
        return super().process_video(path, **options)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "jobs")
    layout.make()
    return layout


def job(layout: Layout, name: str, video: str = "walk.mp4", place: str = "in") -> Path:
    folder = layout.root / place / name
    folder.mkdir()
    return write_numbered_video(folder / video, FRAMES)


@contextmanager
def daemon(layout: Layout, estimator: Any) -> Iterator[Interfacer]:
    settings = Settings(data_dir=layout.root, settle_seconds=0, poll_interval_seconds=0.02)
    interfacer = Interfacer(settings, estimator)
    ready = threading.Event()
    thread = threading.Thread(target=interfacer.run, args=(ready.set,))
    thread.start()
    assert ready.wait(PATIENCE_S)
    try:
        yield interfacer
    finally:
        for _ in range(2):
            interfacer.request_stop()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def run_once(layout: Layout, estimator: Any) -> int:
    settings = Settings(data_dir=layout.root, settle_seconds=0)
    return Interfacer(settings, estimator).run_once()


def state(layout: Layout, name: str) -> JobState | None:
    entry = load_status(layout.status).jobs.get(name)
    return None if entry is None else entry.state


def wait_for(condition: Callable[[], bool]) -> None:
    patience = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < patience
        time.sleep(0.005)


def places(layout: Layout, name: str) -> list[str]:
    return [path.parent.name for path in layout.root.glob(f"*/{name}")]


class TestWithoutADaemon:
    def test_a_failed_job_is_tried_again(self, layout: Layout) -> None:
        job(layout, "a", "refuse.mp4")
        run_once(layout, Obedient())
        assert ask(Request(action=Action.RETRY, job="a"), layout).startswith("waits")
        assert places(layout, "a") == ["in"]
        entry = load_status(layout.status).jobs["a"]
        assert (entry.state, entry.attempts, entry.error) == (JobState.QUEUED, 1, None)
        (layout.inbox / "a" / "refuse.mp4").rename(layout.inbox / "a" / "walk.mp4")
        assert run_once(layout, Obedient()) == 1
        assert load_status(layout.status).jobs["a"].attempts == 2

    def test_a_waiting_job_is_cancelled_and_tried_again(self, layout: Layout) -> None:
        job(layout, "a")
        ask(Request(action=Action.CANCEL, job="a"), layout)
        entry = load_status(layout.status).jobs["a"]
        assert entry.error == "CancelledError: cancelled by the operator"
        assert places(layout, "a") == ["failed"]
        assert run_once(layout, Obedient()) == 0
        ask(Request(action=Action.RETRY, job="a"), layout)
        assert run_once(layout, Obedient()) == 1

    @pytest.mark.parametrize("place", ["in", "out", "failed"])
    def test_a_job_is_removed_wherever_it_is(self, place: str, layout: Layout) -> None:
        job(layout, "a", place=place)
        ask(Request(action=Action.REMOVE, job="a"), layout)
        assert places(layout, "a") == []
        assert list(layout.staging.iterdir()) == []
        assert state(layout, "a") is None

    def test_one_that_was_interrupted_waits_already(self, layout: Layout) -> None:
        job(layout, "a")
        estimator = Patient()
        with daemon(layout, estimator):
            assert estimator.began.wait(PATIENCE_S)
            status = layout.status.read_bytes()
        layout.status.write_bytes(status)  # as if the daemon had been killed
        retry = Request(action=Action.RETRY, job="a")
        assert "waits to be continued already" in ask(retry, layout)
        layout.status.write_bytes(status)
        assert ask(retry, layout, most_interruptions=0) == "waits to be tried again"

    @pytest.mark.parametrize(
        ("action", "place", "problem"),
        [
            (Action.RETRY, "in", "has not failed, it is in in/"),
            (Action.RETRY, "out", "has not failed, it is in out/"),
            (Action.CANCEL, "out", "has ended already"),
            (Action.CANCEL, "failed", "has ended already"),
        ],
    )
    def test_what_cannot_be_is_refused(
        self, action: Action, place: str, problem: str, layout: Layout
    ) -> None:
        job(layout, "a", place=place)
        with pytest.raises(JobError, match=problem):
            ask(Request(action=action, job="a"), layout)
        assert places(layout, "a") == [place]

    @pytest.mark.parametrize("name", ["b", "", ".", "..", "../in", "a/../a", "a\0", "link"])
    @pytest.mark.parametrize("action", list(Action))
    def test_no_other_folder_is_touched(self, action: Action, name: str, layout: Layout) -> None:
        video = job(layout, "a")
        (layout.inbox / "link").symlink_to(video.parent)
        with pytest.raises(JobError, match="no such job"):
            ask(Request(action=action, job=name), layout)
        assert video.exists()


class TestWithADaemon:
    def test_a_job_that_is_being_worked_on_is_cancelled(self, layout: Layout) -> None:
        job(layout, "a")
        job(layout, "b")
        estimator = Patient()
        with daemon(layout, estimator):
            assert estimator.began.wait(PATIENCE_S)
            with pytest.raises(JobError, match="being processed"):
                ask(Request(action=Action.REMOVE, job="a"), layout)
            assert "is being stopped" in ask(Request(action=Action.CANCEL, job="a"), layout)
            wait_for(lambda: state(layout, "a") is JobState.FAILED)
            wait_for(lambda: state(layout, "b") is JobState.PROCESSING)
            assert ask(Request(action=Action.RETRY, job="a"), layout).startswith("waits")
            estimator.go.set()
            wait_for(lambda: state(layout, "a") is JobState.COMPLETED)
        assert list(layout.requests.iterdir()) == []

    def test_a_job_that_comes_while_another_is_worked_on_is_in_the_status(
        self, layout: Layout
    ) -> None:
        job(layout, "a")
        estimator = Patient()
        with daemon(layout, estimator):
            assert estimator.began.wait(PATIENCE_S)
            for name in ("b", "c"):
                job(layout, name)
                wait_for(lambda name=name: state(layout, name) is JobState.QUEUED)
            jobs = load_status(layout.status).jobs
            assert [jobs[name].position for name in ("a", "b", "c")] == [None, 1, 2]

    def test_one_that_waits_is_removed_and_not_begun(self, layout: Layout) -> None:
        job(layout, "a")
        job(layout, "b")
        estimator = Patient()
        with daemon(layout, estimator):
            assert estimator.began.wait(PATIENCE_S)
            [waiting] = {"a", "b"} - {
                name
                for name, entry in load_status(layout.status).jobs.items()
                if entry.state is JobState.PROCESSING
            }
            ask(Request(action=Action.REMOVE, job=waiting), layout)
            estimator.go.set()
            wait_for(lambda: [*places(layout, "a"), *places(layout, "b")] == ["out"])
            assert set(load_status(layout.status).jobs) == {"a", "b"} - {waiting}

    def test_refusals_come_back_with_their_hint(self, layout: Layout) -> None:
        with daemon(layout, Counting()), pytest.raises(JobError, match="no such job") as raised:
            ask(Request(action=Action.RETRY, job="a"), layout)
        assert raised.value.hint == "neuropose jobs list shows all"


def test_a_daemon_that_does_not_answer(layout: Layout) -> None:
    job(layout, "a")
    with hold_lock(layout), pytest.raises(InterfacerError, match=f"process {os.getpid()}"):
        ask(Request(action=Action.REMOVE, job="a"), layout, patience_s=0.2)
    assert list(layout.requests.iterdir()) == []


class EndedError(Exception):
    """A daemon ends in the middle of a request."""


class TestThatWasTaken:
    """The daemon has begun with a request when the patience of whoever asked ends."""

    REMOVE = Request(action=Action.REMOVE, job="a")

    @contextmanager
    def taken(self, layout: Layout, act: Callable[[Request], str]) -> Iterator[None]:
        def take() -> None:
            with hold_lock(layout), suppress(EndedError):
                locked.set()
                wait_for(lambda: any(layout.requests.glob("*.request.json")))
                serve(layout, act)

        locked = threading.Event()
        thread = threading.Thread(target=take)
        thread.start()
        assert locked.wait(PATIENCE_S)
        try:
            yield
        finally:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()

    def test_its_answer_is_waited_for(self, layout: Layout) -> None:
        def act(_: Request) -> str:
            time.sleep(1.5)  # longer than the patience
            return "is removed"

        with self.taken(layout, act):
            assert ask(self.REMOVE, layout, patience_s=1.0) == "is removed"
        assert list(layout.requests.iterdir()) == []

    def test_not_without_end(self, layout: Layout) -> None:
        go = threading.Event()
        with self.taken(layout, lambda _: str(go.wait(PATIENCE_S))):
            with pytest.raises(InterfacerError, match="has begun with it"):
                ask(self.REMOVE, layout, patience_s=1.0, performance_s=0.2)
            go.set()

    def test_nor_for_a_daemon_that_has_ended(self, layout: Layout) -> None:
        def act(_: Request) -> str:
            time.sleep(1.5)
            raise EndedError

        began_s = time.monotonic()
        with (
            self.taken(layout, act),
            pytest.raises(InterfacerError, match="has begun with it"),
        ):
            ask(self.REMOVE, layout, patience_s=1.0)
        assert time.monotonic() - began_s < PATIENCE_S


def test_what_nobody_waits_for_any_more_is_not_done(layout: Layout) -> None:
    stale = layout.requests / "0.request.json"
    stale.write_text(Request(action=Action.REMOVE, job="a").model_dump_json())
    os.utime(stale, (time.time() - 2 * ANSWER_S,) * 2)
    (layout.requests / "1.request.json").write_text('{"action": "explode"}')
    (layout.requests / "2.answer.json").write_text("{}")
    done: list[Request] = []
    serve(layout, lambda request: str(done.append(request)))
    clear_answers(layout)
    assert done == []
    assert list(layout.requests.iterdir()) == []
