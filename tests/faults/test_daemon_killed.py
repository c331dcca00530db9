"""The real daemon, killed again and again: nothing is lost, done twice or torn."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.loopback import PATIENCE_S
from tests.plugin import install_fake_models

from neuropose.data import JobState
from neuropose.estimator import Estimator
from neuropose.interfacer import Layout
from neuropose.interfacer.layout import WORK_NAME
from neuropose.interfacer.recovery import INTERRUPTED
from neuropose.interfacer.requests import Action, Request, ask
from neuropose.io import load_job_results, load_status
from neuropose.testing import FakeModel, write_numbered_video

ROUNDS = 50
JOBS_A_ROUND = 3
LONGEST_S = 2.5
"""Long enough for the daemon to start and do several jobs."""


class Lab:
    """A data directory with a daemon that is killed."""

    def __init__(self, folder: Path) -> None:
        self.layout = Layout(folder / "jobs")
        self.layout.make()
        self.log = folder / "log"
        self.video = write_numbered_video(folder / "clip.mp4", 8)
        self.expected = Estimator(FakeModel()).process_video(self.video).predictions
        self.done: dict[str, int] = {}
        self.names: set[str] = set()
        self.loose: set[str] = set()
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(install_fake_models(folder / "site")),
            "NEUROPOSE_DATA_DIR": str(self.layout.root),
            "NEUROPOSE_MODEL": "fake-one",
            "NEUROPOSE_SETTLE_SECONDS": "0",
            "NEUROPOSE_POLL_INTERVAL_SECONDS": "0.05",
        }

    def drop(self, count: int) -> None:
        """What an operator does: a job is put together elsewhere, and moved in whole."""
        name = f"loose {len(self.loose)}"
        self.loose.add(name)
        shutil.copy(self.video, self.layout.root / "elsewhere.mp4")
        (self.layout.root / "elsewhere.mp4").rename(self.layout.inbox / f"{name}.mp4")
        for _ in range(count - 1):
            name = f"job {len(self.names)}"
            self.names.add(name)
            folder = self.layout.root / "elsewhere"
            folder.mkdir()
            shutil.copy(self.video, folder / "walk.mp4")
            folder.rename(self.layout.inbox / name)

    def daemon(self, *options: str) -> subprocess.Popen[bytes]:
        program = "import sys; from neuropose.cli import main; sys.exit(main())"
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-c", program, "watch", *options], env=self.environment, stderr=log
            )

    def wait_for_frames(self, name: str, count: int) -> None:
        """Until so many frames of a job are new, or it is done."""
        patience = time.monotonic() + PATIENCE_S
        while time.monotonic() < patience and not (self.layout.out / name).exists():
            status = load_status(self.layout.status) if self.layout.status.exists() else None
            progress = status.jobs[name].progress if status and name in status.jobs else None
            if progress is not None and progress.frames_done - progress.frames_resumed >= count:
                return
            time.sleep(0.05)

    def check(self) -> None:
        places = {
            name: [
                place
                for place in (self.layout.inbox, self.layout.out, self.layout.failed)
                if (place / name).exists()
            ]
            for name in self.names
        }
        assert {name for name, there in places.items() if len(there) != 1} == set()
        for name in self.loose:
            assert len([*self.layout.root.rglob(f"{name}.mp4")]) == 1
        if self.layout.status.exists():
            load_status(self.layout.status)
        for path in self.layout.root.glob("*/*/results.json"):
            load_job_results(path)
        for name, inode in self.done.items():
            assert (self.layout.out / name / "results.json").stat().st_ino == inode
        for path in self.layout.out.glob("*/results.json"):
            self.done[path.parent.name] = path.stat().st_ino

    def retry(self) -> None:
        """Half of them by the command, which does what a daemon does first; half by hand."""
        for number, folder in enumerate(sorted(self.layout.failed.iterdir())):
            if number % 2:
                ask(Request(action=Action.RETRY, job=folder.name), self.layout)
                assert list(self.layout.staging.iterdir()) == []
            else:
                folder.rename(self.layout.inbox / folder.name)


class Reader:
    """Reads the status a few hundred times a second."""

    def __init__(self, layout: Layout) -> None:
        self.path = layout.status
        self.read = 0
        self.failures: list[str] = []
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.loop)

    def loop(self) -> None:
        while not self.is_over.wait(0.002):
            try:
                json.loads(self.path.read_bytes())
                self.read += 1
            except FileNotFoundError:
                pass
            except ValueError as error:
                self.failures.append(str(error))

    def __enter__(self) -> Reader:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        self.thread.join()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_at_random_moments(seed: int, tmp_path: Path) -> None:
    moments = random.Random(seed)
    lab = Lab(tmp_path)
    with Reader(lab.layout) as reader:
        for _ in range(ROUNDS):
            lab.drop(JOBS_A_ROUND)
            with lab.daemon() as daemon:
                time.sleep(moments.uniform(0.0, LONGEST_S))
                daemon.kill()
            lab.check()
            if moments.random() < 0.5:
                lab.retry()
        for _ in range(2):  # what was interrupted too often is tried again in between
            with lab.daemon("--once") as daemon:
                assert daemon.wait(10 * PATIENCE_S) == 0
            lab.check()
            assert list(lab.layout.staging.iterdir()) == []
            jobs = load_status(lab.layout.status).jobs
            failed = {name: job.error for name, job in jobs.items() if job.state is JobState.FAILED}
            assert set(failed.values()) <= {INTERRUPTED}
            lab.retry()
    assert reader.failures == []
    assert reader.read > ROUNDS
    assert set(lab.done) == lab.names | lab.loose
    assert len(lab.done) > ROUNDS
    for name in lab.done:
        results = load_job_results(lab.layout.out / name / "results.json")
        assert results.videos == {"video_01": lab.expected}
        video = f"{name}.mp4" if name in lab.loose else "walk.mp4"
        contents = sorted(path.name for path in (lab.layout.out / name).iterdir())
        assert contents == sorted(["results.json", video])


@pytest.mark.slow
def test_a_video_that_takes_longer_than_any_daemon_lives(tmp_path: Path) -> None:
    """It gets done in the end, and gives what one run gives: no frame that is kept is lost."""
    lab = Lab(tmp_path)
    lab.environment |= {
        "NEUROPOSE_MODEL": "fake-slow",
        "NEUROPOSE_CHECKPOINT_SECONDS": "0.1",
    }
    folder = lab.layout.inbox / "long"
    folder.mkdir()
    video = write_numbered_video(folder / "walk.mp4", 300)  # six seconds of work
    expected = Estimator(FakeModel()).process_video(video).predictions
    for _ in range(40):
        with lab.daemon() as daemon:
            lab.wait_for_frames("long", 30)
            daemon.kill()
        if (lab.layout.out / "long").exists():
            break
        ask(Request(action=Action.RETRY, job="long"), lab.layout)
    results = load_job_results(lab.layout.out / "long" / "results.json")
    assert results.videos == {"video_01": expected}
    kept = [int(n) for n in re.findall(r"continued at frame (\d+)", lab.log.read_text())]
    assert kept == sorted(kept)
    assert len(set(kept)) > 2
    # The last one may have been killed as it tidied up: the next daemon does that.
    done = {path.name for path in (lab.layout.out / "long").iterdir()} - {WORK_NAME}
    assert done == {"results.json", "walk.mp4"}
