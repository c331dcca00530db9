"""The real daemon, killed at and in every step of a session: it goes on from that step."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.loopback import PATIENCE_S
from tests.plugin import install_fake_models
from tests.trc_files import write_trc

from neuropose.data import JobState
from neuropose.interfacer import Layout
from neuropose.interfacer.layout import KEPT_NAME, WORK_NAME
from neuropose.io import load_report, load_status
from neuropose.testing import simulate_walk, write_numbered_video

SESSION = """\
tasks: [rom]
exports: [csv]
code: S01
marker_files: {reconstruct: on}
"""
STEPS = [
    *("video_01 rom analysis", "video_01 rom page", "video_01 csv export", "video_01 overlay"),
    "video_01 contact sheet",
    *("markers_01 reconstruction", "markers_01 rom analysis", "markers_01 rom page"),
    "markers_01 csv export",
]
MADE = [
    *("video_01.csv", "video_01.csv.json", "video_01.overlay.mp4"),
    *("video_01.rom.html", "video_01.rom.json", "video_01.sheet.png"),
    *("markers_01.csv", "markers_01.csv.json", "markers_01.reconstruction.npz"),
    *("markers_01.rom.html", "markers_01.rom.json"),
]
DAEMON = """
import os, signal, sys, threading
from neuropose.cli import main
from neuropose.interfacer.engines.steps import StepRunner

step, seconds = sys.argv[1], float(sys.argv[2])
attempt = StepRunner.attempt

def end():
    os.kill(os.getpid(), signal.SIGKILL)

def dying(self, key, name, work):
    if f"{key} {name}" == step:
        end() if seconds == 0.0 else threading.Timer(seconds, end).start()
    return attempt(self, key, name, work)

StepRunner.attempt = dying
sys.exit(main(["watch", "--once"]))
"""


class Lab:
    """A data directory with one job of a video and a marker file."""

    def __init__(self, folder: Path) -> None:
        self.layout = Layout(folder / "jobs")
        self.layout.make()
        self.job = self.layout.inbox / "anna"
        self.job.mkdir()
        write_numbered_video(self.job / "walk.mp4", 45, width=320, height=240)
        walk = simulate_walk(times_s=np.arange(60) / 30.0)
        write_trc(self.job / "walk.trc", walk.time_s, walk.positions_mm, list(walk.skeleton.joints))
        (self.job / "session.yaml").write_text(SESSION)
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(
                [str(install_fake_models(folder / "site")), *filter(None, sys.path)]
            ),
            "NEUROPOSE_DATA_DIR": str(self.layout.root),
            "NEUROPOSE_MODEL": "fake-one",
            "NEUROPOSE_SETTLE_SECONDS": "0",
            "NEUROPOSE_RECONSTRUCT": "off",
            "NEUROPOSE_CONTINUE_INTERRUPTED": "99",
        }

    def run(self, step: str, seconds: float) -> int:
        command = [sys.executable, "-c", DAEMON, step, str(seconds)]
        return subprocess.run(
            command, env=self.environment, timeout=20 * PATIENCE_S, check=False
        ).returncode

    def kept(self) -> dict[str, int]:
        folder = self.job / WORK_NAME / KEPT_NAME
        return {path.name: path.stat().st_ino for path in folder.glob("[!.]*")}


@pytest.mark.slow
@pytest.mark.timeout(1200)  # the daemon starts ten times
@pytest.mark.parametrize("seconds", [0.0, 0.02])
def test_what_is_done_is_not_done_again(tmp_path: Path, seconds: float) -> None:
    lab = Lab(tmp_path)
    done: dict[str, int] = {}
    for step in STEPS:
        code = lab.run(step, seconds)
        if not lab.job.exists():  # the last step was faster than its end
            assert step == STEPS[-1]
            break
        assert code == -signal.SIGKILL
        kept = lab.kept()
        assert kept.items() >= done.items()
        done = kept
    # Killed between the move to out/ and the status that says so, the job is found there: done.
    if code != 0:
        assert lab.run("none", 0.0) == 0
    entry = load_status(lab.layout.status).jobs["anna"]
    assert entry.state is JobState.COMPLETED
    assert entry.videos == ("walk.mp4",)
    assert entry.markers == ("walk.trc",)
    out = lab.layout.out / "anna"
    names = {path.name for path in out.iterdir()}
    assert names == {*MADE, "results.json", "session.yaml", "walk.mp4", "walk.trc"}
    found = {name: (out / name).stat().st_ino for name in MADE}
    assert found.items() >= done.items()
    for key in ("video_01", "markers_01"):
        assert load_report(out / f"{key}.rom.json").measures
    steps = [each.step for each in [*entry.outcomes, *entry.marker_outcomes] for each in each.steps]
    assert steps == [step.split(" ", 1)[1] for step in STEPS]
