"""Whatever is wrong with a file: a typed error or a valid result, soon, and in little memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.faults.mutations import KINDS

IN_CI = 150
MANY = 1450
SECONDS_A_FILE = 20
MOST_MEMORY_MB = 900


def read_mutated(kind: str, first: int, count: int, folder: Path) -> tuple[int, int]:
    """Read files in a process of their own; return how many were read, and how many refused."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.mutations", kind, str(first), str(count), str(folder)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60 + SECONDS_A_FILE * count,
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 0, (done.returncode, lines[-1:], done.stderr[-3000:])
    words = lines[-1].split()
    assert int(words[5]) < MOST_MEMORY_MB
    return int(words[1]), int(words[3])


@pytest.mark.parametrize("kind", KINDS)
def test_mutated_files(tmp_path: Path, kind: str) -> None:
    was_read, refused = read_mutated(kind, 0, IN_CI, tmp_path)
    assert was_read + refused == IN_CI
    # Refusing everything, or nothing, would be no sign of a reader that looks.
    assert was_read > IN_CI / 20
    assert refused > IN_CI / 20


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS)
def test_many_mutated_files(tmp_path: Path, kind: str) -> None:
    was_read, refused = read_mutated(kind, IN_CI, MANY, tmp_path)
    assert was_read + refused == MANY
