"""The compiled loops: loaded late, kept where there is room for them, and the same everywhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import neuropose

SCRIPT = """
import sys
import neuropose.analyzer
from neuropose.analyzer.compare.dtw import dtw
assert "numba" not in sys.modules
from neuropose.analyzer.compare.dtw import kernels
limits = kernels.band_limits(7, 5, 1)
print([each.tolist() for each in limits], kernels.band_limits.stats.cache_path)
"""
FULL = """
import resource
from neuropose.analyzer.compare.dtw import dtw
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
print(dtw([0.0, 1.0, 2.0], [0.0, 2.0]).distance)
"""
LIMITS = "[[0, 0, 1, 2, 2, 3, 4], [1, 2, 3, 3, 4, 5, 5]]"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package in whose folder of kernels nothing can be written, even by root."""
    source = Path(neuropose.__file__).parent
    copy = tmp_path / "site" / "neuropose"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "analyzer" / "compare" / "dtw" / "__pycache__").write_text("no folder")
    return copy


def run(package: Path, home: Path, script: str = SCRIPT) -> str:
    paths = {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    clean = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env=clean | paths | {"PYTHONPATH": str(package.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_package_that_cannot_be_written_has_its_cache_at_the_user(
    package: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    out = run(package, home)
    assert out.startswith(f"{LIMITS} {home}")
    kept = list(home.rglob("*.nbc"))
    assert kept
    stamps = [each.stat().st_mtime_ns for each in kept]
    assert run(package, home) == out
    assert [each.stat().st_mtime_ns for each in kept] == stamps, "compiled again"


def test_without_any_place_for_a_cache_it_runs_all_the_same(package: Path) -> None:
    assert run(package, Path("/dev/null")) == f"{LIMITS} None"


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files by POSIX")
def test_a_full_disk_does_not_end_a_comparison(package: Path, tmp_path: Path) -> None:
    """Where files cannot be written to their end, as without room or over a quota."""
    assert run(package, tmp_path, FULL) == "1.0"
