"""What is made on demand may hang, crash or fail; the dashboard goes on."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.dashboard.served import played

from neuropose.dashboard.making import workshop as making
from neuropose.dashboard.making.workshop import Workshop, made_folder, removed_on_failure
from neuropose.errors import OutputError, WorkerCrashedError, WorkerStalledError


def made(workshop: Workshop, function: Callable[..., Any], *arguments: Any) -> Any:
    return played(workshop.make(function, *arguments))


def refuse() -> None:
    raise OutputError("it cannot be written", hint="free some space")


def test_what_hangs_crashes_or_fails_harms_nothing() -> None:
    workshop = Workshop(within_s=20.0)
    try:
        assert made(workshop, max, 1, 2) == 2
        with pytest.raises(OutputError, match="it cannot be written"):
            made(workshop, refuse)
        with pytest.raises(WorkerCrashedError):
            made(workshop, os._exit, 3)
        workshop._within_s = 0.2
        with pytest.raises(WorkerStalledError, match="more than"):
            made(workshop, time.sleep, 60.0)
        workshop._within_s = 20.0
        assert made(workshop, len, "abc") == 3
    finally:
        workshop.close()


def test_not_too_many_wait() -> None:
    workshop = Workshop()
    workshop._waiting = making._MOST_WAITING
    with pytest.raises(WorkerCrashedError, match="too much"):
        made(workshop, len, "abc")


def test_folders_are_removed(tmp_path: Path) -> None:
    folder = made_folder(tmp_path)
    with pytest.raises(OutputError), removed_on_failure(folder):
        refuse()
    assert list(tmp_path.iterdir()) == []
    old, recent = made_folder(tmp_path), made_folder(tmp_path)
    os.utime(old, (0.0, 0.0))
    newest = made_folder(tmp_path)
    assert set(tmp_path.iterdir()) == {recent, newest}
    shutil.rmtree(tmp_path)
    with pytest.raises(OutputError):
        made_folder(tmp_path)
