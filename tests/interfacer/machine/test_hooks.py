"""Commands of the laboratory hear of every job that has ended."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.interfacer.children import Obedient

from neuropose.config import Settings
from neuropose.data import JobEntry, JobState
from neuropose.errors import ConfigError
from neuropose.interfacer import Interfacer, Layout
from neuropose.interfacer.machine.hooks import Hooks
from neuropose.testing import write_numbered_video

NOW = datetime(2026, 3, 1, 20, 15, tzinfo=UTC)
FAILED = JobEntry(state=JobState.FAILED, queued_at=NOW, error="VideoEmptyError: empty")


def test_each_job_is_told_to_its_command(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "jobs")
    layout.make()
    for name in ("walk", "refuse"):
        (layout.inbox / name).mkdir()
        write_numbered_video(layout.inbox / name / f"{name}.mp4", 5)
    done, failed = tmp_path / "do ne.json", tmp_path / "failed.json"
    settings = Settings(
        data_dir=layout.root, settle_seconds=0, on_done=f"tee '{done}'", on_failed=f"tee {failed}"
    )
    assert Interfacer(settings, Obedient()).run_once() == 2
    told = [json.loads(path.read_text()) for path in (done, failed)]
    assert [(each["event"], each["job"]) for each in told] == [
        ("done", "walk"),
        ("failed", "refuse"),
    ]
    assert told[0]["data_dir"] == str(layout.root)
    assert told[0]["entry"]["results"] == "out/walk/results.json"
    assert told[1]["entry"]["error"]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (f"{sys.executable} -c 'raise SystemExit(3)'", "the command on_failed ended with code 3"),
        ("no-such-program-here", "the command on_failed cannot be run"),
        (f"{sys.executable} -c 'import time; time.sleep(60)'", "took more than 0.5 s"),
    ],
)
def test_one_that_fails_is_logged_without_names(
    command: str,
    said: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if "sleep" in command:
        monkeypatch.setattr("neuropose.interfacer.machine.hooks.HOOK_S", 0.5)
    hooks = Hooks(Settings(data_dir=tmp_path, on_failed=command))
    hooks.tell("Mustermann", FAILED)
    hooks.close()
    [record] = caplog.records
    assert said in record.getMessage()
    assert "Mustermann" not in caplog.text


def test_without_a_command_nothing_is_run(tmp_path: Path) -> None:
    hooks = Hooks(Settings(data_dir=tmp_path, on_done="no-such-program-here"))
    hooks.tell("a", FAILED)
    hooks.close()


@pytest.mark.parametrize("command", ["", "  ", "mail 'unfinished"])
def test_what_is_no_command(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUROPOSE_ON_DONE", command)
    with pytest.raises(ConfigError, match="it must be a command"):
        Settings.load()
