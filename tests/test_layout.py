"""The tree as a newcomer finds it: nothing too large, the pages about it true, the help light."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "neuropose"
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

LARGEST_SHARE = 0.30
MOST_MODULES = 20
MOST_MODULES_OF_HELP = 250
MOST_MODULES_OF_IMPORT = 100


def line_count(folder: Path) -> int:
    return sum(len(path.read_bytes().splitlines()) for path in folder.rglob("*.py"))


def folders() -> Iterator[Path]:
    for path in sorted([PACKAGE, *PACKAGE.rglob("*")]):
        if path.is_dir() and any(path.glob("*.py")):
            yield path


class TestSize:
    def test_no_package_holds_much_of_the_program(self) -> None:
        everything = line_count(PACKAGE)
        shares = {
            path.name: line_count(path) / everything for path in folders() if path.parent == PACKAGE
        }
        assert sum(shares.values()) > 0.9
        assert {name for name, share in shares.items() if share > LARGEST_SHARE} == set()

    def test_no_folder_holds_many_modules(self) -> None:
        counts = {
            path.relative_to(PACKAGE).as_posix(): len(list(path.glob("*.py"))) for path in folders()
        }
        assert {name: count for name, count in counts.items() if count > MOST_MODULES} == {}


class TestContributing:
    def section(self, title: str) -> str:
        found = re.search(rf"^## {title}\n(.*?)(?=^## )", CONTRIBUTING, re.DOTALL | re.MULTILINE)
        assert found, title
        return found[1]

    def test_every_place_that_is_named_exists(self) -> None:
        rows = re.findall(r"^\| ([^|]+) \| (.+) \|$", self.section("Where is what"), re.MULTILINE)
        behaviours = [row for row in rows if not set(row[0]) <= set("- ") and row[0] != "to change"]
        assert len(behaviours) >= 10
        for behaviour, place in behaviours:
            named = re.findall(r"`([\w/.]+\.\w+)`", place)
            assert named, behaviour
            for path in named:
                assert (PACKAGE / path).is_file() or (ROOT / path).is_file(), path

    def test_the_drawing_is_what_is_enforced(self) -> None:
        drawing = re.search(r"```\n(.*?)```", self.section("How the code is organised"), re.DOTALL)
        assert drawing
        drawn = [
            re.split(r"\s+\|\s+", line.split("  ")[0].strip())
            for line in drawing[1].strip().splitlines()
        ]
        settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        (contract,) = (
            each
            for each in settings["tool"]["importlinter"]["contracts"]
            if each["type"] == "layers"
        )
        enforced = [
            [name.removeprefix("neuropose.") for name in re.split(r" [|:] ", layer)]
            for layer in contract["layers"]
        ]
        assert drawn == enforced
        parts = {path.stem for path in PACKAGE.iterdir() if not path.name.startswith(("_", "py."))}
        assert {name for layer in drawn for name in layer} == parts


class TestWeight:
    def loaded(self, *arguments: str) -> list[str]:
        script = (
            "import atexit, json, sys\n"
            "atexit.register(lambda: print('\\n' + json.dumps(sorted(sys.modules))))\n"
        )
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", script + "\n".join(arguments)],
            capture_output=True,
            text=True,
            check=True,
        )
        modules: list[str] = json.loads(done.stdout.splitlines()[-1])
        return modules

    def test_the_help(self) -> None:
        loaded = self.loaded("from neuropose.cli import main", "raise SystemExit(main(['--help']))")
        assert "typer" in loaded
        assert not {"numpy", "pydantic", "msgspec", "scipy", "av", "cv2", "rich"} & set(loaded)
        assert len(loaded) <= MOST_MODULES_OF_HELP

    @pytest.mark.parametrize(
        ("arguments", "most"),
        [
            (["process", "missing.mp4"], 650),
            (["report", "missing.json", "-o", "page.html"], 650),
            (["analyze", "missing.json", "--task", "gait"], 1000),
            (["export", "missing.json", "--to", "csv"], 1000),
            (["study", "run", "missing.yaml"], 1000),
        ],
    )
    def test_a_command_before_it_reads_its_input(self, arguments: list[str], most: int) -> None:
        """What takes long to load is loaded by what needs it, when it needs it."""
        loaded = self.loaded("from neuropose.cli import main", f"main({arguments})")
        assert not {"numba", "sklearn", "matplotlib", "pandas", "av", "cv2"} & set(loaded)
        assert not {"scipy.stats", "scipy.optimize", "scipy.signal"} & set(loaded)
        assert len(loaded) <= most

    @pytest.mark.parametrize("module", ["neuropose", "neuropose.errors"])
    def test_the_package(self, module: str) -> None:
        assert len(self.loaded(f"import {module}")) <= MOST_MODULES_OF_IMPORT


def test_slurm_is_asked_for_after_changes_of_its_part(tmp_path: Path) -> None:
    script = (ROOT / ".ci" / "slurm").read_text(encoding="utf-8")
    for name in re.findall(r"(?:src|tests)/[\w./]+|\$engines/\w+\.py", script):
        path = name.replace("$engines", "src/neuropose/interfacer/engines")
        assert (ROOT / path).exists(), path
        copy = shutil.copytree if (ROOT / path).is_dir() else shutil.copy
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        if not (tmp_path / path).exists():
            copy(ROOT / path, tmp_path / path)
    programs = tmp_path / "programs"
    programs.mkdir()
    for path in (tmp_path / ".ci" / "slurm", programs / "sbatch"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(script, encoding="utf-8")
        path.chmod(0o755)

    def run(*arguments: str, **environment: str) -> int:
        others = {name: value for name, value in os.environ.items() if name != "TEST_SLURM"}
        path = f"{programs}{os.pathsep}{others['PATH']}"
        command = [str(tmp_path / ".ci" / "slurm"), *arguments]
        environment = {**others, "PATH": path, **environment}
        return subprocess.run(command, env=environment, check=False, capture_output=True).returncode

    assert run() == 0
    assert run("passed") == 0
    assert run() == 1
    assert run(TEST_SLURM="1") == 0
    with (tmp_path / "src/neuropose/interfacer/cluster/pool.py").open("a") as file:
        file.write("# changed\n")
    assert run() == 0
    assert run("passed") == 0
    assert run() == 1
