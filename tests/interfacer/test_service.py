"""Service files: what systemd and launchd read in them is what was meant."""

from __future__ import annotations

import os
import plistlib
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose.config import Settings
from neuropose.errors import InstallationError
from neuropose.interfacer.service import (
    Service,
    launchd_plist,
    manager_of,
    plan_service,
    service_file,
    systemd_unit,
)

HARD = (
    "two words",
    "100 % done %h %%",
    'a "quoted" word',
    "it's",
    "back\\slash \\n \\x41",
    "$HOME ${HOME} $$",
    "Übung – 患者",
    " spaces around ",
    "; # [Service]",
    "",
)
texts = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=30)


def unquoted(line: str, *, dollars: bool) -> list[str]:
    """The words of a line of a unit, by the rules of systemd.syntax(7) and systemd.service(5)."""
    words = []
    for word in re.findall(r'"((?:[^"\\]|\\.)*)"(?= |$)', line):
        assert re.fullmatch(r'(?:[^\\]|\\[\\"])*', word)
        plain = re.sub(r"\\(.)", r"\1", word)
        assert "%" not in plain.replace("%%", "")
        plain = plain.replace("%%", "%")
        if dollars:
            assert "$" not in plain.replace("$$", "")
            plain = plain.replace("$$", "$")
        words.append(plain)
    return words


def read_unit(unit: str) -> tuple[tuple[str, ...], dict[str, str], dict[str, str]]:
    """Command, environment and the other lines of a unit."""
    lines = [line.partition("=") for line in unit.split("\n") if re.match(r"\w+=", line)]
    [command] = [unquoted(value, dollars=True) for key, _, value in lines if key == "ExecStart"]
    pairs = [unquoted(value, dollars=False) for key, _, value in lines if key == "Environment"]
    assert all(len(pair) == 1 for pair in pairs)
    environment = dict(pair[0].split("=", 1) for pair in pairs)
    others = {key: value for key, _, value in lines if key not in ("ExecStart", "Environment")}
    return tuple(command), environment, others


def planned(
    environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, config: Path | None = None
) -> Service:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return plan_service(Settings.load(config), config=config, environment=environment)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in os.environ:
        if name.upper().startswith("NEUROPOSE_") or name == "XDG_DATA_HOME":
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


class TestPlan:
    def test_the_command(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(home)
        (home / "own.toml").write_text("workers = 2\n")
        python = (sys.executable, "-P", "-m", "neuropose")
        assert planned({}, monkeypatch).command == (*python, "watch")
        with_file = planned({}, monkeypatch, Path("own.toml"))
        assert with_file.command == (*python, "--config", str(home / "own.toml"), "watch")

    def test_what_is_in_force_and_nothing_else(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        environment = {
            "NEUROPOSE_DATA_DIR": "~/jobs",
            "NEUROPOSE_MODEL": "~odd",
            "NEUROPOSE_LOG_FORMAT": "json",
            "XDG_DATA_HOME": str(home / "share"),
            "PATH": "/bin",
            "PASSWORD": "secret",
        }
        assert planned(environment, monkeypatch).environment == {
            "NEUROPOSE_DATA_DIR": str(home / "jobs"),
            "NEUROPOSE_LOG_FORMAT": "json",
            "NEUROPOSE_MODEL": "~odd",
            "NEUROPOSE_STOP_SECONDS": "60",
            "XDG_DATA_HOME": str(home / "share"),
        }

    def test_a_relative_share_is_ignored_as_ever(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "XDG_DATA_HOME" not in planned({"XDG_DATA_HOME": "share"}, monkeypatch).environment

    def test_the_service_has_the_settings_of_now(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        environment = {"NEUROPOSE_DATA_DIR": "~/100 %", "XDG_DATA_HOME": str(home / "s")}
        plan = planned(environment, monkeypatch)
        now = Settings.load()
        for name in environment:
            monkeypatch.delenv(name)
        monkeypatch.setenv("HOME", "/elsewhere")
        for name, value in plan.environment.items():
            monkeypatch.setenv(name, value)
        assert Settings.load() == now.model_copy(update={"stop_seconds": 60.0})

    @pytest.mark.parametrize(
        ("given", "file", "stop_s", "variable"),
        [
            (None, None, 90, "60"),
            ("600", None, 630, "600"),
            ("0.5", None, 31, "0.5"),
            ("1e300", None, None, "1e300"),
            (None, "stop_seconds: 20", 50, None),
            ("600", "stop_seconds: 20", 50, "600"),
            (None, "stop_seconds: null", None, None),
        ],
    )
    def test_time_to_stop(
        self,
        home: Path,
        monkeypatch: pytest.MonkeyPatch,
        given: str | None,
        file: str | None,
        stop_s: int | None,
        variable: str | None,
    ) -> None:
        config = None
        if file is not None:
            config = home / "own.yaml"
            config.write_text(file)
        environment = {} if given is None else {"NEUROPOSE_STOP_SECONDS": given}
        plan = planned(environment, monkeypatch, config)
        assert plan.stop_s == stop_s
        assert plan.environment.get("NEUROPOSE_STOP_SECONDS") == variable

    @pytest.mark.parametrize("bad", ["a\nb", "tab\t", "\x7f", "no utf-8 \udce9"])
    def test_what_cannot_stand_in_a_line(self, bad: str) -> None:
        settings = Settings.load()
        for part in ({"config": Path(f"/{bad}.toml")}, {"environment": {"NEUROPOSE_MODEL": bad}}):
            with pytest.raises(
                InstallationError, match="cannot be written in a service file"
            ) as raised:
                plan_service(settings, **{"environment": {}, **part})
            assert raised.value.message.isprintable()

    @pytest.mark.parametrize(
        "interpreter", ["", "python3", *(f"/opt/{c}/python" for c in "$'\"\\")]
    )
    def test_an_interpreter_that_cannot_be_named(self, interpreter: str) -> None:
        with pytest.raises(InstallationError, match="cannot be run with the Python"):
            plan_service(Settings.load(), environment={}, interpreter=interpreter)

    def test_other_platforms(self) -> None:
        with pytest.raises(InstallationError, match="on win32"):
            manager_of("win32")


class TestSystemd:
    @given(words=st.lists(texts, min_size=1, max_size=4), values=st.lists(texts, max_size=3))
    def test_round_trip(self, words: list[str], values: list[str]) -> None:
        environment = {f"NEUROPOSE_{n}": value for n, value in enumerate(values)}
        command, read, _ = read_unit(systemd_unit(Service(tuple(words), environment, 90)))
        assert (command, read) == (tuple(words), environment)

    def test_how_it_is_run(self) -> None:
        _, _, lines = read_unit(systemd_unit(Service(("/x",), {}, 90)))
        assert lines["Type"] == "notify"
        assert lines["RestartPreventExitStatus"] == "3 9 13 14"
        assert lines["TimeoutStopSec"] == "90"
        assert lines["OOMPolicy"] == "continue"
        assert lines["WantedBy"] == "default.target"
        endless = systemd_unit(Service(("/x",), {}, None))
        assert read_unit(endless)[2]["TimeoutStopSec"] == "infinity"

    def test_every_exception_to_the_rule_has_its_reason(self) -> None:
        unit = systemd_unit(Service(("/x",), {}, 90))
        for key in ("TimeoutStartSec", "RestartPreventExitStatus", "WatchdogSec", "KillMode"):
            assert re.search(rf"^#.*\n(\w+=.*\n)*{key}=", unit, re.MULTILINE)
        for key in ("OOMPolicy", "UMask", "LimitCORE", "NoNewPrivileges", "Nice"):
            assert re.search(rf"^#.*\n{key}=", unit, re.MULTILINE)

    @pytest.mark.parametrize(
        "folder", ["plain", "two  words", "100 %h %%", "Übung – 患者", ";#", "{~"]
    )
    def test_systemd_itself_accepts_it(self, folder: str, tmp_path: Path) -> None:
        verify = shutil.which("systemd-analyze")
        if verify is None:
            pytest.skip("there is no systemd-analyze here")
        python = tmp_path / folder / "python"
        python.parent.mkdir()
        python.symlink_to(sys.executable)
        environment = {f"NEUROPOSE_{n}": value for n, value in enumerate(HARD)}
        service = Service((str(python), *HARD), environment, 90)

        def complaints(unit: str) -> str:
            path = tmp_path / "neuropose.service"
            path.write_text(unit, encoding="utf-8")
            # systemd wants a place for what it never starts here.
            variables = {"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path), "PATH": "/bin"}
            done = subprocess.run(
                [verify, "verify", "--user", str(path)],
                env=variables,
                capture_output=True,
                text=True,
                check=False,
            )
            return done.stderr + ("" if done.returncode == 0 else f"exit {done.returncode}")

        unit = systemd_unit(service)
        assert complaints(unit) == ""
        # It looks for the program, so that a path that was read wrongly does not pass.
        python.unlink()
        assert str(python) in complaints(unit)
        assert "Unknown key" in complaints(unit.replace("OOMPolicy", "OOMPolice"))


class TestLaunchd:
    @given(words=st.lists(texts, min_size=1, max_size=4), values=st.lists(texts, max_size=3))
    def test_round_trip(self, words: list[str], values: list[str]) -> None:
        environment = {f"NEUROPOSE_{n}": value for n, value in enumerate(values)}
        agent = plistlib.loads(
            launchd_plist(Service(tuple(words), environment, 90), Path("/Users/ä b"))
        )
        assert agent["ProgramArguments"] == words
        assert agent["EnvironmentVariables"] == environment
        assert agent["ExitTimeOut"] == 90
        assert agent["KeepAlive"] == {"SuccessfulExit": False}
        assert agent["StandardErrorPath"] == "/Users/ä b/Library/Logs/neuropose.log"

    def test_its_name_is_its_label(self) -> None:
        agent = plistlib.loads(launchd_plist(Service(("/x",), {}, None), Path("/Users/a")))
        path = service_file("launchd", Path("/Users/a"), {"XDG_CONFIG_HOME": "/c"})
        assert path == Path(f"/Users/a/Library/LaunchAgents/{agent['Label']}.plist")


@pytest.mark.parametrize(
    ("config_home", "path"),
    [
        (None, "/home/a/.config/systemd/user/neuropose.service"),
        ("/c", "/c/systemd/user/neuropose.service"),
        ("relative", "/home/a/.config/systemd/user/neuropose.service"),
    ],
)
def test_where_systemd_looks(config_home: str | None, path: str) -> None:
    environment = {} if config_home is None else {"XDG_CONFIG_HOME": config_home}
    assert service_file("systemd", Path("/home/a"), environment) == Path(path)


def test_the_guide_has_the_numbers_of_the_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "docs" / "guides" / "service.md").read_text(
        encoding="utf-8"
    )
    text = " ".join(page.split())
    plan = planned({}, monkeypatch)
    _, environment, lines = read_unit(systemd_unit(plan))
    *first, last = lines["RestartPreventExitStatus"].split()
    assert f"(exit codes {', '.join(first)} and {last})" in text
    assert f"without a sign of life for {lines['WatchdogSec']} s" in text
    stop = environment["NEUROPOSE_STOP_SECONDS"]
    assert f"`stop_seconds` of {stop}, unless it is set" in text
    assert f"killed {int(lines['TimeoutStopSec']) - int(stop)} s later" in text
    assert launchd_plist(plan, Path("/")).count(b"Library/Logs/neuropose.log") == 1
    assert "`~/Library/Logs/neuropose.log`" in text
