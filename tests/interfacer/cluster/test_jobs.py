"""The daemon and its engine with workers that are threads: jobs, attempts and pieces of videos."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.interfacer.cluster.fake_dask import FakeClient
from tests.loopback import PATIENCE_S

from neuropose.config import ClusterSettings, Settings
from neuropose.data import JobEntry, JobState
from neuropose.errors import CancelledError, ModelStateError
from neuropose.estimator import Estimator, ProcessVideoResult
from neuropose.estimator.pieces import (
    Piece,
    PieceResult,
    join_pieces,
    plan_pieces,
    process_piece,
)
from neuropose.interfacer import Interfacer, Layout
from neuropose.interfacer.checkpoint_records import encode_run, read_run
from neuropose.interfacer.cluster import DaskEngine, opening, worker
from neuropose.interfacer.cluster import pool as pool_module
from neuropose.interfacer.layout import WORK_NAME
from neuropose.interfacer.lifecycle import Lifecycle
from neuropose.interfacer.recovery import INTERRUPTED
from neuropose.interfacer.requests import Action, Request, ask
from neuropose.io import load_job_results, load_status
from neuropose.io.atomic import write_atomically
from neuropose.testing import FakeModel, write_numbered_video

go_on = threading.Event()
began: list[str] = []
bad_pieces: list[int] = []


@dataclass
class ThreadChild:
    """A child that is no process; a video called so waits until the test, or the daemon, says."""

    make: Callable[[], Estimator]
    stall_s: float = 0.0
    is_silent: bool = False
    memory_bytes: int | None = None

    def __post_init__(self) -> None:
        self.estimator = self.make()

    def prepare(self) -> Any:
        return self.estimator.model.info

    def would_give(self, *given: Any) -> bool:
        return self.estimator.would_give(*given)

    def process_video(
        self, path: Path, *, cancel: Callable[[], bool], **options: Any
    ) -> ProcessVideoResult:
        began.append(path.stem)
        while path.stem == "wait" and not go_on.is_set():
            if cancel():
                raise CancelledError("the video was cancelled")
            time.sleep(0.01)
        return self.estimator.process_video(path, cancel=cancel, **options)

    def plan_pieces(self, path: Path, piece_s: float) -> tuple[Piece, ...]:
        return plan_pieces(600, 10.0, piece_s)

    def process_piece(self, path: Path, piece: Piece, out: Path, **_: Any) -> None:
        began.append(f"{path.stem} {piece.first}")
        if piece.first in bad_pieces:
            raise KeyError("no such tensor")
        done = process_piece(self.estimator, path, piece)
        write_atomically(out, encode_run(done.key, done.first, done.found))

    def join_pieces(self, path: Path, files: tuple[Path, ...], **options: Any) -> Any:
        first = process_piece(self.estimator, path, Piece(0, 0, 1)).key
        found: list[PieceResult] = []
        for each in files:
            key = first.replace(" after 0", f" after {found[-1].end if found else 0}")
            with each.open("rb") as file:
                run = read_run(file, key)
            if run is None:
                return None
            found.append(PieceResult(key, *run))
        try:
            return join_pieces(self.estimator, path, found, **options)
        except ModelStateError:
            return None

    def close(self) -> None:
        pass


def fake(device: str = "cpu", workers: int | None = None) -> Estimator:
    return Estimator(FakeModel())


def with_another_view(device: str = "cpu", workers: int | None = None) -> Estimator:
    return Estimator(FakeModel(), default_fov_degrees=75.0)


class Lab:
    """A data directory, and a daemon whose workers are threads."""

    def __init__(self, root: Path, client: FakeClient) -> None:
        self.client = client
        self.layout = Layout(root)
        self.layout.make()
        cluster = ClusterSettings(kind="scheduler", scheduler="tcp://127.0.0.1:1")
        self.settings = Settings(
            data_dir=root, settle_seconds=0, poll_interval_seconds=0.05, cluster=cluster
        )

    def job(self, name: str, *videos: str, frames: int = 12, fps: float = 30.0) -> Path:
        folder = self.layout.inbox / name
        folder.mkdir()
        for video in videos:
            write_numbered_video(folder / video, frames, fps=fps)
        return folder

    def run_once(self, make: Callable[..., Estimator] = fake) -> int:
        engine = DaskEngine(self.settings, make)
        try:
            return Interfacer(self.settings, engine).run_once(engine.prepare)
        finally:
            engine.close()

    def start(self) -> Callable[[], None]:
        engine = DaskEngine(self.settings, fake)
        interfacer = Interfacer(self.settings, engine)
        daemon = threading.Thread(target=interfacer.run, args=(engine.prepare,))
        daemon.start()

        def stop() -> None:
            interfacer.request_stop()
            interfacer.request_stop()
            daemon.join(PATIENCE_S)
            engine.close()
            assert not daemon.is_alive()

        return stop

    @property
    def jobs(self) -> dict[str, JobEntry]:
        return dict(load_status(self.layout.status).jobs)


def wait_until(condition: Callable[[], object]) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until_s
        time.sleep(0.01)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    go_on.clear()
    began.clear()
    bad_pieces.clear()
    client = FakeClient("a", "b")
    monkeypatch.setattr(pool_module, "connect", client.connection)
    monkeypatch.setattr(opening, "ChildEstimator", ThreadChild)
    # These workers are threads of one process, and one must not close the child of another.
    monkeypatch.setattr(worker, "close_child", lambda: None)
    monkeypatch.setattr(worker, "_log_event", lambda attempt, said: None)
    yield Lab(tmp_path / "jobs", client)
    client.close()


def test_jobs_are_done_as_on_one_machine(lab: Lab) -> None:
    for name in ("one", "two", "three"):
        lab.job(name, "walk.mp4")
    (lab.job("bad") / "bad.mp4").write_bytes(b"")
    assert lab.run_once() == 4
    states = {name: job.state for name, job in lab.jobs.items()}
    assert states.pop("bad") is JobState.FAILED
    assert set(states.values()) == {JobState.COMPLETED}
    for name in states:
        folder = lab.layout.out / name
        assert sorted(path.name for path in folder.iterdir()) == ["results.json", "walk.mp4"]
        expected = fake().process_video(folder / "walk.mp4").predictions
        assert load_job_results(folder / "results.json").videos == {"video_01": expected}
    assert {path.name for path in (lab.layout.failed / "bad").iterdir()} == {"bad.mp4", WORK_NAME}


def test_other_settings_do_not_touch_the_poses_of_a_job_that_is_done_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.job("one", "walk.mp4")
    assert lab.run_once() == 1
    results = lab.layout.out / "one" / "results.json"
    poses = results.read_bytes()
    ask(Request(action=Action.RERUN, job="one"), lab.layout)
    client = FakeClient("a")
    monkeypatch.setattr(pool_module, "connect", client.connection)
    assert lab.run_once(with_another_view) == 1
    client.close()
    assert results.read_bytes() == poses


def test_a_worker_gets_its_next_job_before_its_last_is_moved(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.client.workers.remove("b")
    for name in ("one", "two"):
        lab.job(name, "walk.mp4")
    complete, sent = Lifecycle.complete, []

    def noted(*given: Any, **options: Any) -> JobEntry:
        sent.append(sum(work == "process_job" for _, work in lab.client.sent))
        return complete(*given, **options)

    monkeypatch.setattr(Lifecycle, "complete", noted)
    assert lab.run_once() == 2
    assert sent == [2, 2]


def test_a_job_whose_worker_is_lost_goes_on_on_another(lab: Lab) -> None:
    lab.client.workers.remove("b")
    lab.job("a", "first.mp4", "wait.mp4")
    stop = lab.start()
    try:
        wait_until(lambda: began == ["first", "wait"])
        lab.client.workers[:] = ["c"]
        wait_until(lambda: lab.jobs["a"].interruptions == 1)
        wait_until(lambda: began == ["first", "wait", "wait"])  # the first one is kept
        go_on.set()
        wait_until(lambda: (lab.layout.out / "a").exists())
    finally:
        stop()
    assert lab.jobs["a"].attempts == 2


def test_a_job_that_loses_every_worker_fails(lab: Lab) -> None:
    lab.settings = lab.settings.model_copy(update={"continue_interrupted": 2})
    lab.client.workers.remove("b")
    lab.job("a", "wait.mp4")
    stop = lab.start()
    try:
        for attempt in (1, 2, 3):
            wait_until(lambda attempt=attempt: len(began) == attempt)
            lab.client.workers[:] = [f"w{attempt}"]
        wait_until(lambda: (lab.layout.failed / "a").exists())
    finally:
        stop()
    assert str(lab.jobs["a"].error).startswith("WorkerLostError: ")


def test_a_job_is_cancelled_by_taking_its_folder(lab: Lab) -> None:
    lab.job("a", "wait.mp4")
    stop = lab.start()
    try:
        wait_until(lambda: began)
        ask(Request(action=Action.CANCEL, job="a"), lab.layout)
        wait_until(lambda: (lab.layout.failed / "a").exists())
        assert not go_on.is_set()
        lab.job("b", "walk.mp4")
        wait_until(lambda: (lab.layout.out / "b").exists())
    finally:
        stop()
    assert str(lab.jobs["a"].error).startswith("CancelledError")


def test_a_daemon_that_stops_leaves_the_job_to_the_next_one(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = lab.job("a", "first.mp4", "wait.mp4")
    stop = lab.start()
    wait_until(lambda: began == ["first", "wait"])
    stop()
    assert lab.jobs["a"].state is JobState.QUEUED
    assert (folder / WORK_NAME / "video_01.json").exists()
    lab.client = FakeClient("a")
    go_on.set()
    monkeypatch.setattr(pool_module, "connect", lab.client.connection)
    assert lab.run_once() == 1
    assert began == ["first", "wait", "wait"]


def test_the_folder_of_an_attempt_is_found_after_the_daemon_was_killed(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = lab.job("a", "first.mp4", "wait.mp4")
    stop = lab.start()
    wait_until(lambda: began == ["first", "wait"])
    stop()
    (folder / WORK_NAME).rename(folder / f"{WORK_NAME}-1-0a1b-77")  # as it was all the time
    lab.client = FakeClient("a")
    go_on.set()
    monkeypatch.setattr(pool_module, "connect", lab.client.connection)
    assert lab.run_once() == 1
    assert began == ["first", "wait", "wait"]
    assert lab.jobs["a"].error != INTERRUPTED
    assert {path.name for path in (lab.layout.out / "a").iterdir()} == {
        "first.mp4",
        "wait.mp4",
        "results.json",
    }


class TestPieces:
    def prepared(self, lab: Lab) -> Path:
        cluster = lab.settings.cluster
        assert cluster is not None
        in_pieces = cluster.model_copy(update={"piece_s": 20.0})
        lab.settings = lab.settings.model_copy(update={"cluster": in_pieces})
        return lab.job("a", "long.mp4", frames=600, fps=10.0)

    def check(self, lab: Lab) -> None:
        assert lab.run_once() == 1
        assert lab.jobs["a"].error is None
        folder = lab.layout.out / "a"
        expected = fake().process_video(folder / "long.mp4").predictions
        assert load_job_results(folder / "results.json").videos == {"video_01": expected}
        assert sorted(path.name for path in folder.iterdir()) == ["long.mp4", "results.json"]

    def test_several_workers_process_one_video(self, lab: Lab) -> None:
        self.prepared(lab)
        self.check(lab)
        assert sorted(began) == ["long 0", "long 200", "long 400"]
        workers = {address for address, work in lab.client.sent if work == "process_piece"}
        assert workers == {"a", "b"}

    def test_a_video_with_a_bad_piece_is_processed_whole(self, lab: Lab) -> None:
        self.prepared(lab)
        bad_pieces.append(200)
        self.check(lab)
        assert "long" in began

    def test_pieces_of_another_run_are_not_taken(self, lab: Lab) -> None:
        folder = self.prepared(lab) / WORK_NAME / "video_01.pieces"
        folder.mkdir(parents=True)
        for name in ("0-200", "200-400", "400-600"):
            write_atomically(folder / name, encode_run("another run", 0, []))
        self.check(lab)
        assert began == ["long"]
