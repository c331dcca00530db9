"""Jobs on workers of a scheduler: the same results, and every way to end in exactly one place."""

from __future__ import annotations

import gc
import os
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from tests.interfacer.children import hoarding, weighing
from tests.interfacer.cluster.dask_processes import DaskProcesses
from tests.loopback import PATIENCE_S

from neuropose.config import ClusterSettings, Settings
from neuropose.data import JobEntry, JobState
from neuropose.errors import ClusterError
from neuropose.interfacer import Interfacer, Layout
from neuropose.interfacer.cluster import DaskEngine, WorkerPool
from neuropose.interfacer.layout import WORK_NAME
from neuropose.interfacer.requests import Action, Request, ask
from neuropose.io import load_status
from neuropose.testing import write_numbered_video

LONG_S = 3 * PATIENCE_S
"""A worker that is started imports all of NeuroPose, perhaps on a busy machine."""
pytestmark = pytest.mark.slow
OTHER_VERSION = "import neuropose._version\nneuropose._version.__version__ = '0.0.1'\n"


class Lab:
    """A data directory and a daemon whose jobs are processed by the workers of a scheduler."""

    def __init__(self, root: Path, address: str) -> None:
        self.layout = Layout(root)
        self.layout.make()
        self.settings = Settings(
            data_dir=root,
            settle_seconds=0,
            poll_interval_seconds=0.05,
            checkpoint_seconds=0,
            stall_seconds=PATIENCE_S,
            cluster=ClusterSettings(kind="scheduler", scheduler=address, memory_gb=0.8),
        )

    def job(self, name: str, *videos: str) -> None:
        (self.layout.inbox / name).mkdir()
        for video in videos:
            write_numbered_video(self.layout.inbox / name / video, 12)

    def run_once(self, make: Callable[..., Any] = weighing) -> int:
        engine = DaskEngine(self.settings, make)
        try:
            return Interfacer(self.settings, engine).run_once(engine.prepare)
        finally:
            engine.close()

    @property
    def jobs(self) -> dict[str, JobEntry]:
        return dict(load_status(self.layout.status).jobs)


def wait_until(condition: Callable[[], object], patience_s: float = LONG_S) -> None:
    until_s = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < until_s
        time.sleep(0.05)


def models_of(pid: int) -> list[str]:
    """The processes that hold a worker's model."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    children = [child for task in tasks for child in task.read_text().split()]
    return [
        child for child in children if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text()
    ]


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskProcesses]:
    """A scheduler with one good worker, and two that must not get any work."""
    folder = tmp_path_factory.mktemp("dask")
    (folder / "other_version.py").write_text(OTHER_VERSION)
    processes = DaskProcesses(folder)
    processes.start_worker()
    processes.start_worker("--preload", str(folder / "other_version.py"))
    processes.start_worker(environment={"WEIGHTS": "other"})
    yield processes
    processes.close()
    with warnings.catch_warnings():  # dask leaves the sockets of a scheduler that was killed open
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def lab(dask: DaskProcesses, tmp_path: Path) -> Lab:
    return Lab(tmp_path / "jobs", dask.address)


def test_results_are_those_of_this_machine_bit_for_bit(
    lab: Lab, dask: DaskProcesses, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    words = ("segfault", "raise", "walk", "hoard")
    for name in words:
        lab.job(name, f"{name}.mp4")
    lab.job("two", "a.mp4", "b.mp4")
    assert lab.run_once(hoarding) == 5
    jobs = lab.jobs
    assert {name: job.state.value for name, job in jobs.items()} == {
        **dict.fromkeys(("segfault", "raise", "hoard"), "failed"),
        **dict.fromkeys(("walk", "two"), "completed"),
    }
    crash = "WorkerCrashedError: the process that ran the model was ended"
    assert str(jobs["segfault"].error).startswith(f"{crash} by SIGSEGV after frame 6")
    assert str(jobs["hoard"].error).startswith(f"{crash}, as it used more than 0.72 GB")
    assert str(jobs["raise"].error) == "KeyError: 'no such tensor'"
    assert {job.interruptions for job in jobs.values()} == {0}

    other = Layout(tmp_path / "local")
    other.make()
    for name in ("walk", "two"):
        folder = other.inbox / name
        folder.mkdir()
        for video in (lab.layout.out / name).glob("*.mp4"):
            (folder / video.name).write_bytes(video.read_bytes())
    settings = lab.settings.model_copy(update={"data_dir": other.root})
    assert Interfacer(settings, weighing()).run_once() == 2
    for name in ("walk", "two"):
        here, there = (each.out / name for each in (other, lab.layout))
        assert sorted(path.name for path in here.iterdir()) == sorted(
            path.name for path in there.iterdir()
        )
        assert (here / "results.json").read_bytes() == (there / "results.json").read_bytes()

    assert "a worker is refused: it has NeuroPose 0.0.1" in caplog.text
    assert "a worker is refused: its model has other weights: the SHA-256 of a.bin" in caplog.text
    wait_until(lambda: not any(models_of(worker.pid) for worker in dask.workers))


def test_a_job_can_be_cancelled_and_a_worker_lost(lab: Lab, dask: DaskProcesses) -> None:
    lab.job("a", "hang.mp4")
    engine = DaskEngine(lab.settings, weighing)
    interfacer = Interfacer(lab.settings, engine)
    daemon = Thread(target=partial(interfacer.run, engine.prepare))
    daemon.start()
    try:
        wait_until(lambda: list(lab.layout.inbox.glob(f"a/{WORK_NAME}-*")))
        assert ask(Request(action=Action.CANCEL, job="a"), lab.layout).startswith("is being stop")
        wait_until(lambda: lab.jobs["a"].state is JobState.FAILED)
        assert str(lab.jobs["a"].error).startswith("CancelledError")
        # The worker whose child was ended takes the next job, and is killed in the middle of it.
        lab.job("b", "hang.mp4")
        wait_until(lambda: list(lab.layout.inbox.glob(f"b/{WORK_NAME}-*")))
        dask.workers[0].send_signal(signal.SIGKILL)
        wait_until(lambda: "b" in lab.jobs and lab.jobs["b"].interruptions == 1)
        assert lab.jobs["b"].state is JobState.QUEUED
        assert (lab.layout.inbox / "b" / WORK_NAME).is_dir()
        (lab.layout.inbox / "b" / "hang.mp4").rename(lab.layout.inbox / "b" / "walk.mp4")
        dask.workers[0].wait()
        dask.workers[0] = dask.start_worker()
        dask.workers.pop()
        wait_until(lambda: (lab.layout.out / "b").exists())
    finally:
        interfacer.request_stop()
        daemon.join(LONG_S)
        engine.close()
    assert not daemon.is_alive()
    assert lab.jobs["b"].state is JobState.COMPLETED


def test_a_scheduler_may_be_killed_and_come_again(lab: Lab, dask: DaskProcesses) -> None:
    lab.job("a", "hang.mp4")
    engine = DaskEngine(lab.settings, weighing)
    interfacer = Interfacer(lab.settings, engine)
    daemon = Thread(target=partial(interfacer.run, engine.prepare))
    daemon.start()
    try:
        wait_until(lambda: list(lab.layout.inbox.glob(f"a/{WORK_NAME}-*")))
        dask.scheduler.send_signal(signal.SIGKILL)
        dask.scheduler.wait()
        wait_until(lambda: "a" in lab.jobs and lab.jobs["a"].interruptions == 1)
        (lab.layout.inbox / "a" / "hang.mp4").rename(lab.layout.inbox / "a" / "walk.mp4")
        dask.scheduler = dask.start_scheduler()
        dask.start_worker()
        wait_until(lambda: (lab.layout.out / "a").exists())
    finally:
        interfacer.request_stop()
        daemon.join(LONG_S)
        engine.close()
    assert not daemon.is_alive()


def test_without_any_worker_that_can_be_used_the_daemon_ends(tmp_path: Path) -> None:
    (tmp_path / "other_version.py").write_text(OTHER_VERSION)
    dask = DaskProcesses(tmp_path)
    try:
        dask.start_worker("--preload", str(tmp_path / "other_version.py"))
        lab = Lab(tmp_path / "jobs", dask.address)
        lab.job("a", "walk.mp4")
        with pytest.raises(ClusterError, match=r"no worker can be used: it has NeuroPose 0\.0\.1"):
            lab.run_once()
        assert (lab.layout.inbox / "a" / "walk.mp4").exists()
        pool = WorkerPool(lab.settings.cluster or ClusterSettings(), tmp_path, "a")
        pool.open()
        with pytest.raises(ClusterError, match="no worker can be used"):
            list(pool.map(os.getpid, [()]))
        pool.close()
    finally:
        dask.close()
