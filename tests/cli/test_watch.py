"""``neuropose watch``, as its operator meets it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.loopback import PATIENCE_S

from neuropose.data import JobState
from neuropose.interfacer.layout import Layout
from neuropose.interfacer.lock import lock_owner
from neuropose.io import load_status
from neuropose.testing import write_numbered_video

pytestmark = pytest.mark.usefixtures("fakes")

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def data_dir(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = home / "jobs"
    (path / "in").mkdir(parents=True)
    monkeypatch.setenv("NEUROPOSE_DATA_DIR", str(path))
    monkeypatch.setenv("NEUROPOSE_SETTLE_SECONDS", "0")
    monkeypatch.setenv("NEUROPOSE_POLL_INTERVAL_SECONDS", "0.05")
    monkeypatch.setenv("NEUROPOSE_MODEL", "fake-one")
    return path


@pytest.fixture
def start(data_dir: Path) -> Iterator[Start]:
    running = []

    def start(*options: str) -> subprocess.Popen[str]:
        program = "import sys; from neuropose.cli import main; sys.exit(main())"
        daemon = subprocess.Popen(
            [sys.executable, "-c", program, "watch", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(daemon)
        return daemon

    yield start
    for daemon in running:
        daemon.kill()
        daemon.communicate()


def job(data_dir: Path, name: str, frames: int = 12) -> None:
    folder = data_dir / name
    folder.mkdir()
    write_numbered_video(folder / "walk.mp4", frames)
    folder.rename(data_dir / "in" / name)


def wait_for(condition: Callable[[], bool]) -> None:
    patience = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < patience
        time.sleep(0.02)


def read_until(daemon: subprocess.Popen[str], said: str) -> None:
    assert daemon.stderr is not None
    assert any(said in line for line in daemon.stderr)


def children_of(daemon: subprocess.Popen[str]) -> list[str]:
    return Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text().split()


def state(data_dir: Path, name: str) -> JobState | None:
    path = data_dir / "out" / "status.json"
    entry = load_status(path).jobs.get(name) if path.exists() else None
    return entry.state if entry is not None else None


def test_once(data_dir: Path, start: Start) -> None:
    job(data_dir, "Erika Mustermann")
    daemon = start("--once")
    _, err = daemon.communicate(timeout=PATIENCE_S)
    assert daemon.returncode == 0
    assert "1 job processed" in err
    assert "Mustermann" not in err
    assert (data_dir / "out" / "Erika Mustermann" / "results.json").exists()


def test_for_a_machine(data_dir: Path, start: Start) -> None:
    job(data_dir, "Erika Mustermann")
    daemon = start("--once", "--json")
    out, _ = daemon.communicate(timeout=PATIENCE_S)
    assert daemon.returncode == 0
    told = json.loads(out)
    assert told["data_dir"] == str(data_dir)
    assert (told["completed"], told["failed"], told["videos"]) == (1, 0, 1)
    assert told["jobs"] == ["Erika Mustermann"]


def test_a_log_for_machines(data_dir: Path, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUROPOSE_LOG_FORMAT", "json")
    monkeypatch.setenv("NEUROPOSE_MODEL", "fake-failing")
    job(data_dir, "Erika Mustermann")
    (data_dir / "in" / "Erika Mustermann" / "walk.mp4").rename(
        data_dir / "in" / "Erika Mustermann" / "Gehtest.mp4"
    )
    _, err = start("--once").communicate(timeout=PATIENCE_S)
    records = [json.loads(line) for line in err.splitlines()]
    assert {record["level"] for record in records} == {"INFO", "WARNING"}
    assert state(data_dir, "Erika Mustermann") is JobState.FAILED
    assert "Mustermann" not in err
    assert "Gehtest" not in err


def test_an_error_that_ends_it_is_in_the_log_for_machines(
    data_dir: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEUROPOSE_LOG_FORMAT", "json")
    monkeypatch.setenv("NEUROPOSE_MODEL", "fake-unloadable")
    daemon = start("--once")
    _, err = daemon.communicate(timeout=PATIENCE_S)
    last = [json.loads(line) for line in err.splitlines()][-1]
    assert daemon.returncode == 9
    assert last["level"] == "CRITICAL"
    assert last["message"].startswith("the daemon ended: model 'fake-unloadable' cannot be loaded")
    assert last["error"] == "ModelLoadError"


def test_what_the_model_writes_is_kept_out_of_the_log_or_in_it(
    data_dir: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEUROPOSE_MODEL", "fake-talking")
    for log_names in (False, True):
        monkeypatch.setenv("NEUROPOSE_LOG_NAMES", str(log_names))
        job(data_dir, f"{log_names}")
        _, err = start("--once").communicate(timeout=PATIENCE_S)
        assert state(data_dir, f"{log_names}") is JobState.COMPLETED
        assert ("talking" in err) is log_names


def test_a_service_manager_hears_that_it_is_ready_and_lives_and_ends(
    data_dir: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager,
    ):
        manager.bind(f"{folder}/notify")
        manager.settimeout(PATIENCE_S)
        monkeypatch.setenv("NOTIFY_SOCKET", f"{folder}/notify")
        monkeypatch.setenv("NEUROPOSE_MODEL", "fake-stuck")
        monkeypatch.setenv("WATCHDOG_USEC", "400000")
        job(data_dir, "a")
        daemon = start()
        assert manager.recv(99) == b"READY=1"
        wait_for(lambda: state(data_dir, "a") is JobState.PROCESSING)
        assert {manager.recv(99) for _ in range(5)} == {b"WATCHDOG=1"}
        daemon.send_signal(signal.SIGTERM)
        while (message := manager.recv(99)) == b"WATCHDOG=1":
            pass
        assert message == b"STOPPING=1"
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=PATIENCE_S)
        assert daemon.returncode == 0


def test_a_second_daemon_names_the_first(data_dir: Path, start: Start) -> None:
    first = start()
    wait_for(lambda: (data_dir / ".neuropose.lock").exists())
    wait_for(lambda: getattr(lock_owner(Layout(data_dir)), "process_id", None) == first.pid)
    second = start()
    _, err = second.communicate(timeout=PATIENCE_S)
    assert second.returncode == 14
    assert f"process {first.pid}" in err
    first.kill()
    first.wait(PATIENCE_S)
    job(data_dir, "a")
    third = start("--once")
    third.communicate(timeout=PATIENCE_S)
    assert third.returncode == 0
    assert state(data_dir, "a") is JobState.COMPLETED


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_after_the_current_job(
    number: signal.Signals, data_dir: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEUROPOSE_MODEL", "fake-waiting")
    job(data_dir, "a")
    job(data_dir, "b")
    daemon = start()
    wait_for(lambda: state(data_dir, "a") is JobState.PROCESSING)
    daemon.send_signal(number)
    read_until(daemon, f"{number.name}: ending after the current job")
    (data_dir / "go").touch()
    daemon.communicate(timeout=PATIENCE_S)
    assert daemon.returncode == 0
    assert state(data_dir, "a") is JobState.COMPLETED
    assert state(data_dir, "b") is JobState.QUEUED


def test_a_second_signal_ends_it_at_once(
    data_dir: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEUROPOSE_MODEL", "fake-stuck")
    job(data_dir, "a")
    daemon = start()
    wait_for(lambda: state(data_dir, "a") is JobState.PROCESSING)
    wait_for(lambda: children_of(daemon) != [])
    children = children_of(daemon)
    daemon.send_signal(signal.SIGTERM)
    read_until(daemon, "SIGTERM: ending after the current job")
    daemon.send_signal(signal.SIGTERM)
    daemon.communicate(timeout=PATIENCE_S)
    assert daemon.returncode == 0
    assert state(data_dir, "a") is JobState.QUEUED
    assert (data_dir / "in" / "a" / "walk.mp4").exists()
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))


def test_it_ends_in_the_time_that_it_has(
    data_dir: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEUROPOSE_MODEL", "fake-stuck")
    monkeypatch.setenv("NEUROPOSE_STOP_SECONDS", "0.5")
    job(data_dir, "a")
    daemon = start()
    wait_for(lambda: state(data_dir, "a") is JobState.PROCESSING)
    daemon.send_signal(signal.SIGTERM)
    _, err = daemon.communicate(timeout=PATIENCE_S)
    assert daemon.returncode == 0
    assert "SIGTERM: ending after the current job, or in 0.5 s" in err
    assert state(data_dir, "a") is JobState.QUEUED


def test_a_model_that_cannot_be_loaded_ends_it_before_any_job(
    data_dir: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEUROPOSE_MODEL", "fake-unloadable")
    job(data_dir, "a")
    daemon = start("--once")
    _, err = daemon.communicate(timeout=PATIENCE_S)
    assert daemon.returncode == 9
    assert "cannot be loaded" in err
    assert (data_dir / "in" / "a" / "walk.mp4").exists()
    assert os.listdir(data_dir / "failed") == []  # noqa: PTH208
