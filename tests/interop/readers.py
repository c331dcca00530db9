"""Other people's readers, each in an environment of its own: what they find in a file, as JSON."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = Path(os.environ.get("NEUROPOSE_READERS", ROOT / ".venvs"))


def read_with(reader: str, script: str, *paths: Path, needs: str | None = None) -> Any:
    """Run a script in the environment of a reader, and return the JSON that it prints last.

    The script finds the paths in ``sys.argv``, and prints with ``show(value)``. If the environment
    is not there, or lacks the library that is needed, the test is skipped.
    """
    python = ENVIRONMENTS / f"reader-{reader}" / "bin" / "python"
    if not python.exists():
        pytest.skip(f"make test-interop makes the environment of {reader}")
    if needs is not None and run(python, f"import {needs}").returncode:
        pytest.skip(f"{needs} is not there for this version of Python")
    head = "import json, sys\nshow = lambda value: print('\\nFOUND' + json.dumps(value))\n"
    done = run(python, head + script, *paths)
    assert done.returncode == 0, done.stderr[-3000:]
    [line] = [each for each in done.stdout.splitlines() if each.startswith("FOUND")]
    return json.loads(line.removeprefix("FOUND"))


def run(python: Path, script: str, *paths: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [python, "-c", script, *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
        env=environment | {"OMP_NUM_THREADS": "1", "QT_QPA_PLATFORM": "offscreen"},
    )
