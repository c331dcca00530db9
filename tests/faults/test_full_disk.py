"""A disk that is full, or may not be written, at every single write: the job is done in the end."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.loopback import PATIENCE_S

from neuropose.config import Settings
from neuropose.estimator import Estimator
from neuropose.interfacer import Interfacer, Layout
from neuropose.io import JobState, atomic, load_job_results, load_status
from neuropose.testing import FakeModel, write_numbered_video

FRAMES = 5


class Clock:
    """Hurries, so that a job that is held back is soon tried again."""

    now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 0.5
        return self.now_s


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "jobs")
    layout.make()
    for name in ("a", "b"):
        (layout.inbox / name).mkdir()
        write_numbered_video(layout.inbox / name / "walk.mp4", FRAMES)
    return layout


@contextmanager
def failing(
    monkeypatch: pytest.MonkeyPatch, code: int, first: int, count: int
) -> Iterator[list[int]]:
    """Let writes and renames of files fail, from the `first` one on, `count` of them."""
    done = [0]
    write = atomic._write

    def faulty(*arguments: object) -> None:
        done[0] += 1
        if first <= done[0] < first + count:
            raise OSError(code, os.strerror(code))
        write(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(atomic, "_write", faulty)
        yield done


@contextmanager
def daemon(layout: Layout) -> Iterator[threading.Thread]:
    settings = Settings(data_dir=layout.root, settle_seconds=0, poll_interval_seconds=0.01)
    interfacer = Interfacer(settings, Estimator(FakeModel()), clock=Clock())
    thread = threading.Thread(target=interfacer.run)
    thread.start()
    try:
        yield thread
    finally:
        interfacer.request_stop()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def wait_until_failed_or_done(layout: Layout, done: list[int], writes: int) -> None:
    patience = time.monotonic() + PATIENCE_S
    while done[0] < writes and not all_done(layout):
        assert time.monotonic() < patience
        time.sleep(0.005)


def all_done(layout: Layout) -> bool:
    if not layout.status.exists():
        return False
    states = [job.state for job in load_status(layout.status).jobs.values()]
    return states == [JobState.COMPLETED] * 2


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EIO])
@pytest.mark.parametrize("count", [1, 3, 1000])
def test_at_every_write(
    code: int,
    count: int,
    layout: Layout,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for first in range(1, 30):
        here = Layout(tmp_path_factory.mktemp("lab") / "jobs")
        here.make()
        for name in ("a", "b"):
            (here.inbox / name).mkdir()
            os.link(layout.inbox / name / "walk.mp4", here.inbox / name / "walk.mp4")
        with daemon(here) as thread:
            with failing(monkeypatch, code, first, count) as done:
                wait_until_failed_or_done(here, done, first + min(count, 20))
                assert thread.is_alive()
            wait_until_failed_or_done(here, done, 10**9)
        for name in ("a", "b"):
            assert [path.parent.name for path in here.root.glob(f"*/{name}")] == ["out"]
            results = load_job_results(here.out / name / "results.json")
            assert results.videos["video_01"].metadata.frame_count == FRAMES
        if done[0] < first:
            break
    else:
        pytest.fail("there are more writes than were tried")
