"""A real SLURM whose parts are killed, and the daemon too: everything is done once."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.plugin import install_fake_models
from tests.slurm import Slurm, missing

from neuropose.data import JobState
from neuropose.interfacer import Layout
from neuropose.io import load_status
from neuropose.testing import write_numbered_video

GOOD = 37
FRAMES = 60
BAD = {  # the width of the pictures, and what becomes of the job
    "segfault": (96, "WorkerCrashedError: the process that ran the model was ended by SIGSEGV"),
    "hang": (112, "WorkerStalledError: no new frame for "),
    "hog": (128, "WorkerCrashedError: the process that ran the model was ended, as it used more"),
}
KILLS = 30
WORKERS = 3
PATIENCE_S = 1200.0
SETTINGS = """\
data_dir = "{data_dir}"
model = "fake-moody"
engine = "dask"
reconstruct = "off"
settle_seconds = 0
poll_interval_seconds = 0.2
checkpoint_seconds = 0.2
stall_seconds = 15
continue_interrupted = 60

[cluster]
kind = "slurm"
workers = {workers}
idle_s = 600
memory_gb = 1.0
interface = "lo"
"""


class Lab:
    """A data directory, the daemon, and what belongs to them of what runs on this machine."""

    def __init__(self, folder: Path, slurm: Slurm) -> None:
        self.layout = Layout(folder / "jobs")
        self.layout.make()
        self.log = folder / "log"
        self.settings = folder / "settings.toml"
        self.settings.write_text(SETTINGS.format(data_dir=self.layout.root, workers=WORKERS))
        path = [str(install_fake_models(folder / "site")), os.environ.get("PYTHONPATH", "")]
        self.environment = {
            **os.environ,
            **slurm.environment,
            "PYTHONPATH": os.pathsep.join(filter(None, path)),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def drop(self, name: str, width: int) -> Path:
        folder = self.layout.root / "elsewhere"
        folder.mkdir()
        write_numbered_video(folder / "walk.mp4", FRAMES, width=width)
        return folder.rename(self.layout.inbox / name)

    def start(self) -> None:
        command = [sys.executable, "-m", "neuropose", "--config", str(self.settings), "watch"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=self.environment, stderr=log)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(120)

    def done_locally(self, video: Path) -> bytes:
        """The results that the local engine gives."""
        other = Layout(self.layout.root.parent / "local")
        other.make()
        (other.inbox / "walk").mkdir()
        shutil.copy(video, other.inbox / "walk" / "walk.mp4")
        text = self.settings.read_text().partition("[cluster]")[0].replace('"dask"', '"local"')
        settings = self.settings.with_name("local.toml")
        settings.write_text(text.replace(str(self.layout.root), str(other.root)))
        command = [sys.executable, "-m", "neuropose", "--config", str(settings), "watch", "--once"]
        subprocess.run(command, env=self.environment, check=True, stderr=subprocess.DEVNULL)
        return (other.out / "walk" / "results.json").read_bytes()

    def belonging(self, word: str) -> list[int]:
        """Processes of this test that have a word in their command."""
        found = []
        mark = str(self.layout.root.parent).encode()
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (folder / "cmdline").read_bytes()
                if word.encode() in command and (
                    mark in command or mark in (folder / "environ").read_bytes()
                ):
                    found.append(int(folder.name))
        return found

    def places(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for place in (self.layout.inbox, self.layout.out, self.layout.failed):
            for folder in place.iterdir():
                if folder.is_dir():
                    found.setdefault(folder.name, []).append(place.name)
        return found


@pytest.fixture
def slurm(tmp_path: Path) -> Iterator[Slurm]:
    asked = os.environ.get("TEST_SLURM")  # it takes minutes, and only one part can break it
    lacking = missing() if asked else "make test-slurm runs it, and .ci/run after changes"
    if lacking is not None:
        leave_out = pytest.fail if asked == "required" else pytest.skip
        leave_out(f"left out: workers of a SLURM, killed at random ({lacking})")
    with Slurm(tmp_path / "slurm", WORKERS) as slurm:
        yield slurm


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_at_random_moments(slurm: Slurm, tmp_path: Path) -> None:
    moments = random.Random(7)
    lab = Lab(tmp_path, slurm)
    names = {f"good {number}" for number in range(GOOD)} | set(BAD)
    for name in sorted(names):
        lab.drop(name, BAD[name][0] if name in BAD else 160)
    kills = ["worker"] * (KILLS - 6) + ["slurmd"] * 2 + ["slurmctld"] * 2 + ["daemon"] * 2
    moments.shuffle(kills)
    killed: Counter[str] = Counter()
    done: dict[str, int] = {}
    until_s = time.monotonic() + PATIENCE_S
    lab.start()
    while len(list(lab.layout.inbox.iterdir())) > 0:
        assert time.monotonic() < until_s, lab.log.read_text()[-3000:]
        time.sleep(moments.uniform(0.2, 1.5))
        for path in lab.layout.out.glob("*/results.json"):
            assert done.setdefault(path.parent.name, path.stat().st_ino) == path.stat().st_ino
        assert {name: there for name, there in lab.places().items() if len(there) != 1} == {}
        assert set(lab.places()) == names
        if not kills:
            continue
        workers = lab.belonging("dask_worker")
        part = kills[-1]
        if part == "worker":
            if not workers or not list(lab.layout.inbox.glob("*/.neuropose-*")):
                continue
            with contextlib.suppress(ProcessLookupError):
                os.kill(moments.choice(workers), signal.SIGKILL)
        elif part == "daemon":
            lab.kill()
            lab.start()
        else:
            slurm.kill(part)
            slurm.start(part)
        killed[kills.pop()] += 1
    assert lab.stop() == 0

    assert sum(killed.values()) == KILLS
    jobs = load_status(lab.layout.status).jobs
    assert set(jobs) == names
    expected = lab.done_locally(lab.layout.out / "good 0" / "walk.mp4")
    for name in sorted(names - set(BAD)):
        assert jobs[name].state is JobState.COMPLETED, (name, jobs[name].error)
        folder = lab.layout.out / name
        assert sorted(path.name for path in folder.iterdir()) == ["results.json", "walk.mp4"]
        assert (folder / "results.json").read_bytes() == expected
    for name, (_, reason) in BAD.items():
        assert jobs[name].state is JobState.FAILED
        assert str(jobs[name].error).startswith(reason), (name, jobs[name].error)
    log = lab.log.read_text()
    completed = Counter(re.findall(r'job completed job="(job \d+)"', log))
    assert max(completed.values()) == 1
    until_s = time.monotonic() + 30
    while (lab.belonging("python") or slurm.ask("squeue", "--noheader")) and (
        time.monotonic() < until_s
    ):
        time.sleep(0.5)
    assert lab.belonging("python") == []
    assert slurm.ask("squeue", "--noheader") == ""
    assert [*lab.layout.root.glob(".neuropose-*")] == []
