"""What works on Windows, as far as another system can show it."""

from __future__ import annotations

import subprocess
import sys
import types
from pathlib import Path

import pytest
from tests.plugin import install_fake_models

from neuropose.cli import main
from neuropose.file_lock import try_lock
from neuropose.testing import write_numbered_video

PROGRAM = """
import builtins, os, sys
MISSING = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "termios", "tty"}
real = builtins.__import__
def without_posix(name, globals=None, *rest, **more):
    asking = (globals or {}).get("__name__", "")
    if name in MISSING and asking.startswith("neuropose") and asking != "neuropose.file_lock":
        raise ModuleNotFoundError(f"No module named {name!r}, for {asking}")
    return real(name, globals, *rest, **more)
builtins.__import__ = without_posix
for name in ("fchmod", "O_CLOEXEC", "sched_getaffinity"):
    if hasattr(os, name):
        delattr(os, name)
from neuropose.cli import main
for command in sys.argv[1].split(";"):
    code = main(command.split())
    if code:
        sys.exit(f"{command}: {code}")
"""
STUDY = """
version: 1
inputs: {primary: {file: walk.poses.json}}
segmentation: {kind: trial}
analysis: {features: true}
output: {report: study.json}
"""


def test_videos_analyses_and_studies_need_nothing_of_posix(tmp_path: Path) -> None:
    site = install_fake_models(tmp_path / "site")
    write_numbered_video(tmp_path / "walk.mp4", 40)
    (tmp_path / "study.yaml").write_text(STUDY)
    commands = [
        "process walk.mp4 --model fake-one",
        "process walk.mp4 --model fake-one --resume",
        "analyze walk.poses.json --task rom --table walk.csv",
        "study run study.yaml",
        "migrate .",
    ]
    python = [sys.executable, "-c", PROGRAM, ";".join(commands)]
    path = {"PYTHONPATH": f"{site}:{Path(__file__).parents[1] / 'src'}"}
    home = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    ended = subprocess.run(
        python, cwd=tmp_path, env=path | home, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    made = {"walk.poses.json", "walk.rom.json", "walk.csv", "study.json"}
    assert made <= {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize("command", [["watch", "--once"], ["ingest", "walk.mp4"]])
def test_the_daemon_says_that_it_needs_another_system(
    command: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NEUROPOSE_DATA_DIR", str(tmp_path / "jobs"))
    monkeypatch.chdir(tmp_path)
    write_numbered_video(tmp_path / "walk.mp4", 3)
    monkeypatch.setattr("neuropose.interfacer.layout.sys", types.SimpleNamespace(platform="win32"))
    assert main(command) == 13
    err = capsys.readouterr().err
    assert "error: the daemon and its jobs need Linux or macOS" in err
    assert "bug" not in err


def test_locks_are_those_of_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held: set[int] = set()

    def locking(descriptor: int, mode: int, count: int) -> None:
        assert (mode, count) == (2, 1)
        if descriptor in held:
            raise PermissionError(13, "Permission denied")
        held.add(descriptor)

    monkeypatch.setitem(
        sys.modules,
        "msvcrt",
        types.SimpleNamespace(locking=locking, LK_NBLCK=2),  # type: ignore[arg-type]
    )
    monkeypatch.setattr("neuropose.file_lock.sys", types.SimpleNamespace(platform="win32"))
    with (tmp_path / "lock").open("ab") as file:
        assert try_lock(file.fileno())
        assert not try_lock(file.fileno())
