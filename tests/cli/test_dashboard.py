"""``neuropose dashboard``, as its operator meets it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from tests.loopback import PATIENCE_S

from neuropose.cli import main


def test_it_listens_until_it_is_told_to_end(home: Path) -> None:
    program = "import sys; from neuropose.cli import main; sys.exit(main())"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "dashboard", "--port", "0"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NEUROPOSE_DATA_DIR": str(home / "jobs")},
    )
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("the dashboard is at http://127.0.0.1:")
        answer = requests.get(line.split()[-1], timeout=PATIENCE_S)
        assert "There are no jobs yet" in answer.text
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0
    finally:
        process.kill()
        process.communicate()


def test_outside_it_needs_more(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dashboard", "--host", "0.0.0.0"]) == 3
    assert "neuropose dashboard allow" in capsys.readouterr().err


class TestAccess:
    def test_a_token(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = str(tmp_path / "access.json")
        allow = ["dashboard", "allow", "hospital", "--access", path, "--token", "--json"]
        assert main(allow) == 0
        made = json.loads(capsys.readouterr().out)
        assert (made["name"], made["role"]) == ("hospital", "look")
        assert made["token"] not in Path(path).read_text()
        assert main(["dashboard", "forbid", "hospital", "--access", path]) == 0
        assert "hospital" not in Path(path).read_text()
        assert main(["dashboard", "forbid", "hospital", "--access", path]) == 3

    def test_a_password(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "access.json"
        monkeypatch.setattr("typer.prompt", lambda *_, **__: "correct horse battery")
        assert main(["dashboard", "allow", "anna", "--access", str(path), "--role", "operate"]) == 0
        assert "anna may operate" in capsys.readouterr().err
        assert '"operate"' in path.read_text()

    def test_a_role_that_is_none(self, tmp_path: Path) -> None:
        path = str(tmp_path / "access.json")
        assert main(["dashboard", "allow", "anna", "--access", path, "--role", "rule"]) == 2
