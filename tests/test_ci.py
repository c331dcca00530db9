"""Continuous integration runs everything, names what failed, and waits for a slow machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parents[1]

MAKE = """#!/bin/sh
case "$* $FAILING" in
--jobs\\ *environments\\ environments)
    echo 'no package index'
    exit 2 ;;
check\\ *check*)
    echo 'src/neuropose/errors.py:3: error: Missing return statement  [return]'
    exit 2 ;;
test\\ *tests*)
    echo 'FAILED what a test printed'
    echo '=========================== short test summary info ============================'
    echo 'SKIPPED [1] tests/test_a.py:3: without reason'
    echo 'FAILED tests/test_a.py::test_one[a b] - assert 1 == 2'
    echo 'ERROR tests/test_b.py::test_two'
    echo '============ 1 failed, 9 passed, 1 skipped, 1 error in 70.00s (0:01:10) ============'
    echo '=========================== short test summary info ============================'
    echo 'FAILED tests/estimator/models/metrabs/test_c.py::test_three'
    echo '========================= 1 failed, 2 passed in 3.50s =========================='
    echo 'FAILED what is printed after the tests'
    exit 2 ;;
*)
    echo '============================== 12 passed in 3.50s =============================='
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with this script and a make that only says what it would."""
    for name in (".ci", "bin"):
        (tmp_path / name).mkdir()
    for script in ("run", "each"):
        shutil.copy(ROOT / ".ci" / script, tmp_path / ".ci")
    slurm = tmp_path / ".ci" / "slurm"
    slurm.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")  # has passed on what is there
    slurm.chmod(0o755)
    make = tmp_path / "bin" / "make"
    make.write_text(MAKE, encoding="utf-8")
    make.chmod(0o755)
    return tmp_path


def run(checkout: Path, failing: str = "") -> tuple[int, list[str]]:
    path = f"{checkout / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "FAILING": failing}
    done = subprocess.run(
        [checkout / ".ci" / "run"], env=environment, check=False, capture_output=True, text=True
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def test_nothing_failed(checkout: Path) -> None:
    code, lines = run(checkout)
    assert code == 0
    assert lines[::2] == [
        "+ make --jobs 2 --keep-going environments || true",
        *("+ make check", "+ make test", "+ make test-interop", "+ make test-slow"),
    ]
    assert [line.strip("= ") for line in lines[1::2]] == ["12 passed in 3.50s"] * 5


def test_every_stage_is_run_and_the_end_names_what_failed(checkout: Path) -> None:
    code, lines = run(checkout, "check tests")
    assert code == 1
    assert "12 passed" in lines[-8]
    assert lines[-7:] == [
        "",
        "Failed:",
        "make check",
        "make test",
        "FAILED tests/test_a.py::test_one[a b] - assert 1 == 2",
        "ERROR tests/test_b.py::test_two",
        "FAILED tests/estimator/models/metrabs/test_c.py::test_three",
    ]
    assert any("1 failed, 9 passed, 1 skipped, 1 error" in line for line in lines)


def test_environments_that_cannot_be_made_are_left_to_the_stages(checkout: Path) -> None:
    code, lines = run(checkout, "environments")
    assert code == 0
    assert "no package index" in lines


def test_a_stage_that_fails_without_a_test(checkout: Path) -> None:
    code, lines = run(checkout, "check")
    assert code == 1
    assert lines[-2:] == ["Failed:", "make check"]


def test_a_property_may_take_its_time() -> None:
    assert settings.default.deadline is None
    assert HealthCheck.too_slow in settings.default.suppress_health_check
