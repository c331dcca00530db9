"""Where somebody works who follows a page: a folder, a home, other disks, and a small internet."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.documentation.filmed import film, treadmill
from tests.loopback import PATIENCE_S

from neuropose.assets import Artefact
from neuropose.cli import app
from neuropose.cli._console import Session, run
from neuropose.config import Settings
from neuropose.data import JobState
from neuropose.errors import FileFormatError, FileMissingError
from neuropose.io import load_status, save_status

BAD_VIDEO = "fall.mp4"
_PROGRAM = "import sys; from neuropose.cli import main; sys.exit(main())"


@dataclass(frozen=True)
class Desk:
    """Where the commands of a page are run.

    Parameters
    ----------
    folder : Path
        The working directory.
    home : Path
        Of the user.
    other_disks : Path
        Stands for the root of absolute paths, such as ``/media``.
    artefacts : mapping of str to Artefact
        Small files in place of those that are fetched.
    """

    folder: Path
    home: Path
    other_disks: Path
    artefacts: Mapping[str, Artefact]

    def run(self, words: Sequence[str]) -> int:
        """Run a command; ``watch`` until it has nothing left to do."""
        if words[-1] == "watch":
            return self._watch(words)
        if words[0] == "dashboard" and words[1:2] not in (["allow"], ["forbid"]):
            return self._serve(words)
        if words[:2] == ["classify", "train"] and "--permutations" not in words:
            words = [*words, "--permutations", "9"]  # of which there are hundreds otherwise
        with pytest.MonkeyPatch.context() as patch:
            if words[0] == "models":  # of a user who did not choose one
                patch.delenv("NEUROPOSE_MODEL")
            return run(app, words, Session(artefacts=self.artefacts))

    def data_dir(self, words: Sequence[str] = ()) -> Path:
        """Return the data directory that a command works on."""
        config = Path(words[1]) if words[:1] == ["--config"] else None
        return Settings.load(config).data_dir

    def put(self, job: str, *videos: str, data_dir: Path | None = None) -> None:
        """Copy videos into ``in/`` by hand, `BAD_VIDEO` only in part."""
        folder = (data_dir or self.data_dir()) / "in" / job
        for video in videos:
            path = film(folder / video, treadmill(20))
            if video == BAD_VIDEO:
                path.write_bytes(path.read_bytes()[:400])

    def night(self, *videos: str, job: str = "anna") -> None:
        """Start afresh with a job that has been through the daemon, as number 17."""
        data_dir = self.data_dir()
        shutil.rmtree(data_dir, ignore_errors=True)
        self.put(job, *videos)
        run(app, ["watch", "--once"], Session(artefacts=self.artefacts))
        path = data_dir / "out" / "status.json"
        status = load_status(path)
        entry = status.jobs[job].model_copy(update={"number": 17})
        save_status(path, status.model_copy(update={"jobs": {**status.jobs, job: entry}}))

    def _watch(self, words: Sequence[str]) -> int:
        daemon = subprocess.Popen([sys.executable, "-c", _PROGRAM, *words], cwd=self.folder)
        try:
            deadline = time.monotonic() + 5.0 * PATIENCE_S
            while not self._is_idle(self.data_dir(words)):
                assert daemon.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            daemon.send_signal(signal.SIGTERM)
            return daemon.wait(PATIENCE_S)
        finally:
            daemon.kill()
            daemon.wait()

    def _serve(self, words: Sequence[str]) -> int:
        """Let a dashboard listen, on any port, and end it as Ctrl-C does."""
        command = [sys.executable, "-c", _PROGRAM, *words, "--port", "0"]
        server = subprocess.Popen(command, cwd=self.folder, stderr=subprocess.PIPE, text=True)
        try:
            assert server.stderr is not None
            assert "the dashboard is at " in server.stderr.readline()
            server.send_signal(signal.SIGINT)
            return server.wait(PATIENCE_S)
        finally:
            server.kill()
            server.communicate()

    def _is_idle(self, data_dir: Path) -> bool:
        try:
            jobs = load_status(data_dir / "out" / "status.json").jobs.values()
        except (FileMissingError, FileFormatError):
            return False
        waiting = (JobState.QUEUED, JobState.PROCESSING)
        return bool(jobs) and not any(job.state in waiting for job in jobs)
