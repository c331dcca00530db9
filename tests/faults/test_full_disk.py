"""A disk that is full, or may not be written, at every single write: all is done in the end."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.interfacer.children import Obedient
from tests.loopback import PATIENCE_S
from tests.plugin import install_fake_models

from neuropose.config import Settings
from neuropose.data import JobState
from neuropose.errors import FileReadError
from neuropose.interfacer import Interfacer, Layout
from neuropose.io import load_job_results, load_status
from neuropose.testing import write_numbered_video

FRAMES = 5
ALWAYS = 10**9
EXPECTED = {
    "folder": JobState.COMPLETED,
    "loose": JobState.COMPLETED,
    "refuse": JobState.FAILED,
}


class Clock:
    """Hurries, so that a job that is held back is soon tried again."""

    now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 0.5
        return self.now_s


class FaultyDisk:
    """Counts what changes a disk, and lets some of it fail with an error."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
        self.code = code
        self.done = 0
        self.first = self.count = ALWAYS
        self.lock = threading.Lock()
        names = ["open", "rename", "replace", "mkdir", "fsync"]
        if code != errno.ENOSPC:  # a full disk lets files be removed
            names += ["unlink", "rmdir"]
        for name in names:
            monkeypatch.setattr(os, name, self.faulty(getattr(os, name)))

    def faulty(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            if call.__name__ != "open" or arguments[1] & (os.O_WRONLY | os.O_RDWR):
                with self.lock:
                    self.done += 1
                    is_faulty = self.first <= self.done < self.first + self.count
                if is_faulty:
                    raise OSError(self.code, os.strerror(self.code))
            return call(*arguments, **options)

        return wrapped

    def fail(self, first: int, count: int) -> None:
        self.done, self.first, self.count = 0, first, count

    def heal(self) -> None:
        self.first = ALWAYS


@contextmanager
def daemon(layout: Layout) -> Iterator[threading.Thread]:
    settings = Settings(data_dir=layout.root, settle_seconds=0, poll_interval_seconds=0.01)
    interfacer = Interfacer(settings, Obedient(), clock=Clock())
    ready = threading.Event()
    thread = threading.Thread(target=interfacer.run, args=(ready.set,))
    thread.start()
    assert ready.wait(PATIENCE_S)
    try:
        yield thread
    finally:
        interfacer.request_stop()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def wait_for(condition: Callable[[], bool]) -> None:
    patience = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < patience
        time.sleep(0.005)


def states(layout: Layout) -> dict[str, JobState]:
    try:
        return {name: job.state for name, job in load_status(layout.status).jobs.items()}
    except FileReadError:
        return {}


@pytest.mark.parametrize(
    ("code", "count"),
    [
        *(
            (code, count)
            for code in (errno.ENOSPC, errno.EACCES, errno.EIO)
            for count in (1, ALWAYS)
        ),
        (errno.ENOSPC, 4),
    ],
)
def test_at_every_write(
    code: int,
    count: int,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    video = write_numbered_video(tmp_path_factory.mktemp("video") / "walk.mp4", FRAMES)
    disk = FaultyDisk(monkeypatch, code)
    for first in range(1, 200):
        layout = Layout(tmp_path_factory.mktemp("lab") / "jobs")
        survive(layout, video, disk, first, count)
        if disk.done < first:
            return
    pytest.fail("there are more writes than were tried")


def survive(layout: Layout, video: Path, disk: FaultyDisk, first: int, count: int) -> None:
    with daemon(layout) as thread:
        disk.fail(first, count)
        put_in(layout, video)
        wait_for(lambda: disk.done >= first + min(count, 30) or states(layout) == EXPECTED)
        assert thread.is_alive()
        disk.heal()
        wait_for(lambda: states(layout) == EXPECTED)
    check(layout)


def put_in(layout: Layout, video: Path) -> None:
    """As an operator does, from another program: its own writes do not fail."""
    for name in ("folder", "refuse"):
        folder = layout.root / name
        _MKDIR(folder)
        os.link(video, folder / f"{name}.mp4")
        _RENAME(folder, layout.inbox / name)
    os.link(video, layout.inbox / "loose.mp4")


_RENAME, _MKDIR = os.rename, os.mkdir


def check(layout: Layout) -> None:
    for name, state in EXPECTED.items():
        place = "out" if state is JobState.COMPLETED else "failed"
        assert [path.parent.name for path in layout.root.glob(f"*/{name}*")] == [place]
        if state is JobState.COMPLETED:
            results = load_job_results(layout.out / name / "results.json")
            assert results.videos["video_01"].metadata.frame_count == FRAMES
    assert list(layout.staging.iterdir()) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if sys.platform != "linux" or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield folder
    finally:  # what still is on it must not keep later runs from removing the folder
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_real_disk_that_is_full(small_disk: Path, tmp_path: Path) -> None:
    """The daemon's own process, on a disk that more and more space is freed on."""
    layout = Layout(small_disk / "jobs")
    layout.make()
    names = [f"job {number}" for number in range(3)]
    for name in names:
        (layout.inbox / name).mkdir()
        write_numbered_video(layout.inbox / name / "walk.mp4", 40)
    ballast = small_disk / "ballast"
    free = shutil.disk_usage(small_disk).free
    ballast.write_bytes(bytes(free))
    environment = {
        **os.environ,
        "PYTHONPATH": str(install_fake_models(tmp_path / "site")),
        "NEUROPOSE_DATA_DIR": str(layout.root),
        "NEUROPOSE_MODEL": "fake-one",
        "NEUROPOSE_SETTLE_SECONDS": "0",
        "NEUROPOSE_POLL_INTERVAL_SECONDS": "0.05",
        "NEUROPOSE_DISK_RESERVE_GB": "0",
    }
    program = "import sys; from neuropose.cli import main; sys.exit(main())"
    log = tmp_path / "log"
    with (
        log.open("wb") as err,
        subprocess.Popen(
            [sys.executable, "-c", program, "watch"], env=environment, stderr=err
        ) as daemon,
    ):
        try:
            wait_for(lambda: "space left" in log.read_text() or daemon.poll() is not None)
            for freed in range(0, free, 32_768):
                os.truncate(ballast, free - freed)
                time.sleep(0.05)
                assert daemon.poll() is None
                if set(states(layout)) == set(names):
                    assert JobState.FAILED not in states(layout).values()
            ballast.unlink()
            wait_for(lambda: list(states(layout).values()) == [JobState.COMPLETED] * 3)
        finally:
            daemon.terminate()
            assert daemon.wait(PATIENCE_S) == 0
    for name in names:
        load_job_results(layout.out / name / "results.json")
    assert list(layout.staging.iterdir()) == []
