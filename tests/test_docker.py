"""The Dockerfile, as far as it can be tested without a container."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest
import typer

from neuropose.cli import app
from neuropose.config import Settings
from neuropose.interfacer.layout import Layout
from neuropose.interfacer.lock import hold_lock

ROOT = Path(__file__).parents[1]
COMMENT = re.compile(r"^#.*\n", re.MULTILINE)
KILLED_AFTER_S = 10


def instructions() -> list[tuple[str, str]]:
    text = COMMENT.sub("", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    lines = (line for line in text.replace("\\\n", " ").splitlines() if line)
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def last_stage() -> dict[str, list[str]]:
    whole = instructions()
    begin = max(number for number, (word, _) in enumerate(whole) if word == "FROM")
    stage: dict[str, list[str]] = {}
    for word, rest in whole[begin:]:
        stage.setdefault(word, []).append(rest)
    return stage


def environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for line in last_stage()["ENV"] for pair in line.split())


def copied() -> list[str]:
    """What is copied from the checkout."""
    lines = [rest.split() for word, rest in instructions() if word == "COPY"]
    return [name for line in lines if not line[0].startswith("--from") for name in line[:-1]]


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.upper().startswith("NEUROPOSE_"):
            monkeypatch.delenv(name)


def test_a_normal_user_who_may_write_where_it_must() -> None:
    stage = last_stage()
    [user] = stage["USER"]
    assert user == "1000:1000"
    [making] = stage["RUN"]
    assert "--uid 1000" in making
    assert json.loads(stage["VOLUME"][0]) == ["/data", "/models"]
    assert making.endswith("/data /models")
    assert list(stage).index("USER") > list(stage).index("RUN")


def test_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment().items():
        if name.startswith("NEUROPOSE_"):
            monkeypatch.setenv(name, value)
    settings = Settings.load()
    assert [str(settings.data_dir), str(settings.model_cache_dir)] == ["/data", "/models"]
    assert settings.log_format == "json"
    assert settings.log_names is False
    assert settings.stop_seconds is not None
    assert settings.stop_seconds <= KILLED_AFTER_S / 2


def test_it_ends_like_the_daemon_and_opens_no_port() -> None:
    stage = last_stage()
    assert stage["STOPSIGNAL"] == ["SIGTERM"]
    assert json.loads(stage["ENTRYPOINT"][0]) == ["neuropose"]
    [verb] = json.loads(stage["CMD"][0])
    assert verb in typer.main.get_command(app).commands
    assert "EXPOSE" not in {word for word, _ in instructions()}


def test_nothing_else_gets_near_the_image() -> None:
    ignored = COMMENT.sub("", (ROOT / ".dockerignore").read_text(encoding="utf-8")).splitlines()
    assert ignored[0] == "*"
    assert [line[1:] for line in ignored if line.startswith("!")] == copied()
    assert all((ROOT / name).exists() for name in copied())


@pytest.mark.real
def test_what_is_copied_is_all_that_the_package_needs(tmp_path: Path) -> None:
    source, out = tmp_path / "build", tmp_path / "out"
    source.mkdir()
    for name in copied():
        if (ROOT / name).is_dir():
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, source / name, ignore=ignore)
        else:
            shutil.copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(out), "."]
    subprocess.run(command, cwd=source, check=True, timeout=300)
    [wheel] = out.glob("neuropose-*.whl")
    with ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("neuropose/")}
        [points] = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
        assert b"neuropose.__main__:main" in archive.read(points)
    here = ROOT / "src"
    files = {path for path in here.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert packed == {path.relative_to(here).as_posix() for path in files}


def test_extras_exist() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    [example] = re.findall(r"Extras to install too, for example (\w+)\.", text)
    assert example in project["optional-dependencies"]
    installs = re.search(r'install .*"(\..*)"', text)
    assert installs is not None
    for extras, expected in {"": ".", "metrabs,xarray": ".[metrabs,xarray]"}.items():
        done = subprocess.run(
            ["sh", "-c", f'printf %s "{installs[1]}"'],
            env={"EXTRAS": extras},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == expected


def test_health(tmp_path: Path) -> None:
    [check] = last_stage()["HEALTHCHECK"]
    _, *arguments = json.loads(check.partition("CMD ")[2])

    def exit_code() -> int:
        variables = {**os.environ, "NEUROPOSE_DATA_DIR": str(tmp_path)}
        return subprocess.run(
            [sys.executable, *arguments], env=variables, check=False, timeout=60
        ).returncode

    layout = Layout(tmp_path)
    layout.make()
    assert exit_code() == 1
    with hold_lock(layout):
        assert exit_code() == 0
    assert exit_code() == 1
