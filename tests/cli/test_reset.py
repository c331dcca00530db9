"""``neuropose reset``, as its operator meets it."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.loopback import PATIENCE_S

from neuropose.cli import main
from neuropose.testing import write_numbered_video

pytestmark = pytest.mark.usefixtures("fakes")


@pytest.fixture
def data_dir(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = home / "jobs"
    monkeypatch.setenv("NEUROPOSE_DATA_DIR", str(path))
    monkeypatch.setenv("NEUROPOSE_SETTLE_SECONDS", "0")
    monkeypatch.setenv("NEUROPOSE_MODEL", "fake-stuck")
    (path / "in" / "anna").mkdir(parents=True)
    write_numbered_video(path / "in" / "anna" / "walk.mp4", 12)
    return path


def test_it_says_what_it_would_do(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reset", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("would remove 1 waiting job, 0 finished jobs and 0 failed jobs, ")
    assert (data_dir / "in" / "anna" / "walk.mp4").exists()


def test_it_asks_first(
    data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert main(["reset"]) == 130
    assert "for good?" in capsys.readouterr().err
    assert (data_dir / "in" / "anna" / "walk.mp4").exists()
    assert main(["reset", "--yes"]) == 0
    assert list((data_dir / "in").iterdir()) == []


def test_a_daemon_is_ended_only_if_told_to(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = "import sys; from neuropose.cli import main; sys.exit(main())"
    with subprocess.Popen(
        [sys.executable, "-c", program, "watch"], stderr=subprocess.DEVNULL
    ) as daemon:
        try:
            status = data_dir / "out" / "status.json"
            patience = time.monotonic() + PATIENCE_S
            while not status.exists() or "processing" not in status.read_text():
                assert time.monotonic() < patience
                time.sleep(0.02)
            assert main(["reset", "--yes"]) == 14
            err = capsys.readouterr().err
            assert f"process {daemon.pid}" in err
            assert "--stop" in err
            assert (data_dir / "in" / "anna" / "walk.mp4").exists()
            assert main(["reset", "--yes", "--stop"]) == 0
            assert daemon.wait(PATIENCE_S) == 0
        finally:
            daemon.send_signal(signal.SIGKILL)
    assert list((data_dir / "in").iterdir()) == []
