"""A command line that touches nothing of the user's."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.plugin import install_fake_models


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in os.environ:
        if name.upper().startswith("NEUROPOSE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setenv("NEUROPOSE_RECONSTRUCT", "off")  # see test_reconstruct.py
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    # One process for a study, as each takes seconds to start; tests/study has several.
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    return tmp_path


@pytest.fixture
def cache(home: Path) -> Path:
    return home / "share" / "neuropose" / "models"


@pytest.fixture
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The fake pose models are installed, for this process and its children."""
    site = install_fake_models(tmp_path / "site")
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("PYTHONPATH", str(site), prepend=os.pathsep)
    yield
    sys.modules.pop("neuropose_fakes", None)
