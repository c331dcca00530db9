"""``neuropose service``: files for service managers, written and removed."""

from __future__ import annotations

import json
import os
import plistlib
import subprocess
import sys
from pathlib import Path

import pytest

from neuropose.cli import main


@pytest.fixture(autouse=True)
def linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


@pytest.fixture
def unit(home: Path) -> Path:
    return home / ".config" / "systemd" / "user" / "neuropose.service"


class TestInstall:
    def test_written_once(self, unit: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["service", "install"]) == 0
        first = capsys.readouterr().out
        assert f"written: {unit}" in first
        assert "systemctl --user daemon-reload && systemctl --user enable --now neuropose" in first
        assert "loginctl enable-linger" in first
        assert [path.name for path in unit.parent.iterdir()] == [unit.name]
        before = unit.stat().st_mtime_ns
        assert main(["service", "install"]) == 0
        assert f"unchanged: {unit}" in capsys.readouterr().out
        assert unit.stat().st_mtime_ns == before

    def test_with_the_dashboard(self, unit: Path, capsys: pytest.CaptureFixture[str]) -> None:
        options = "--port 9000 --access '/etc/my access.json'"
        install = ["service", "install", "--dashboard", "--dashboard-options", options, "--json"]
        assert main(install) == 0
        told = json.loads(capsys.readouterr().out)
        own = unit.with_name("neuropose-dashboard.service")
        assert told["file"] == str(unit)
        assert told["dashboard"]["file"] == str(own)
        assert told["dashboard"]["start"][1].endswith("--now neuropose-dashboard")
        assert '"dashboard" "--port" "9000" "--access" "/etc/my access.json"' in own.read_text()
        assert "Type=exec" in own.read_text()
        assert '"watch"' in unit.read_text()
        assert main(["service", "uninstall"]) == 0
        assert not list(unit.parent.iterdir())

    def test_it_is_what_show_shows(self, unit: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["service", "install"]) == 0
        capsys.readouterr()
        assert main(["service", "show"]) == 0
        assert capsys.readouterr().out == unit.read_text()

    def test_a_different_one_is_replaced_only_if_told_so(
        self, unit: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        unit.parent.mkdir(parents=True)
        unit.write_text("[Unit]\n")
        assert main(["service", "install"]) == 12
        assert "--force" in capsys.readouterr().err
        assert unit.read_text() == "[Unit]\n"
        assert main(["service", "install", "--force"]) == 0
        assert "systemctl --user restart neuropose" in capsys.readouterr().out
        assert "ExecStart=" in unit.read_text()

    def test_with_the_settings_that_were_given(
        self, home: Path, unit: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(home)
        (home / "own settings.toml").write_text("workers = 2\n")
        monkeypatch.setenv("NEUROPOSE_DATA_DIR", "~/100 %")
        assert main(["--config", "own settings.toml", "service", "install"]) == 0
        text = unit.read_text()
        assert f'"--config" "{home}/own settings.toml" "watch"\n' in text
        assert f'Environment="NEUROPOSE_DATA_DIR={home}/100 %%"\n' in text

    def test_settings_must_be_good_first(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NEUROPOSE_WORKERS", "0")
        assert main(["service", "install"]) == 3
        assert list(home.iterdir()) == []

    def test_a_home_that_cannot_be_written_to(
        self, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (home / "file").write_text("")
        monkeypatch.setenv("HOME", str(home / "file"))
        assert main(["service", "install"]) == 12
        error, hint = capsys.readouterr().err.splitlines()
        assert str(home / "file") in error
        assert hint.startswith("hint: ")

    def test_elsewhere(
        self, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(sys, "platform", "win32")
        for verb in ("install", "uninstall", "show"):
            assert main(["service", verb]) == 13
            assert "on win32, only on Linux and macOS" in capsys.readouterr().err
        assert list(home.iterdir()) == []


class TestUninstall:
    def test_removed(self, unit: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["service", "install"]) == 0
        assert main(["service", "uninstall"]) == 0
        assert not unit.exists()
        assert "systemctl --user daemon-reload" in capsys.readouterr().out
        assert main(["service", "uninstall"]) == 0
        assert "no service to remove" in capsys.readouterr().err

    def test_not_while_it_is_enabled(self, unit: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["service", "install"]) == 0
        wants = unit.parent / "default.target.wants"
        wants.mkdir()
        (wants / unit.name).symlink_to(unit)
        assert main(["service", "uninstall"]) == 13
        assert "systemctl --user disable --now neuropose" in capsys.readouterr().err
        assert unit.exists()


class TestMac:
    @pytest.fixture(autouse=True)
    def mac(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "platform", "darwin")

    def test_there_and_gone(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = home / "Library" / "LaunchAgents" / "neuropose.watch.plist"
        assert main(["service", "install"]) == 0
        assert f"launchctl bootstrap gui/{os.getuid()} {path}" in capsys.readouterr().out
        assert plistlib.loads(path.read_bytes())["ProgramArguments"][-1] == "watch"
        assert main(["service", "uninstall"]) == 0
        assert "launchctl bootout" in capsys.readouterr().out
        assert not path.exists()


class TestShow:
    def test_either(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["service", "show", "--platform", "launchd"]) == 0
        assert plistlib.loads(capsys.readouterr().out.encode())["RunAtLoad"] is True
        assert main(["service", "show", "--platform", "systemd"]) == 0
        assert "\n[Service]\n" in capsys.readouterr().out
        assert list(home.iterdir()) == []

    def test_neither(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["service", "show", "--platform", "sysvinit"]) == 2
        assert "systemd, launchd" in capsys.readouterr().err


def test_the_module_that_the_service_runs(tmp_path: Path) -> None:
    (tmp_path / "neuropose.py").write_text("raise SystemExit(99)")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "neuropose", "--version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("neuropose ")


def test_for_a_machine(unit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def told(verb: str) -> dict[str, object]:
        assert main(["service", verb, "--json"]) == 0
        found: dict[str, object] = json.loads(capsys.readouterr().out)
        return found

    installed = told("install")
    assert installed["state"] == "written"
    assert installed["start"] == [
        "systemctl --user daemon-reload",
        "systemctl --user enable --now neuropose",
    ]
    assert told("install")["state"] == "unchanged"
    assert told("show") == {"manager": "systemd", "content": unit.read_text()}
    assert told("uninstall") == {"file": str(unit), "state": "removed"}
    assert told("uninstall")["state"] == "missing"
