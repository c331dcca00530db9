"""A process is identified beyond its number, and only then signalled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from tests.loopback import PATIENCE_S

from neuropose.interfacer.machine.processes import Owner, mark_of

NOW = datetime(2026, 3, 1, 20, 15, tzinfo=UTC)


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        yield process
        process.kill()


def owner(process: subprocess.Popen[bytes], **changes: object) -> Owner:
    known = Owner(host="lab", process_id=process.pid, mark=mark_of(process.pid), since=NOW)
    return known.model_copy(update=changes)


def test_it_is_ended(sleeper: subprocess.Popen[bytes]) -> None:
    assert owner(sleeper).is_here
    owner(sleeper).terminate()
    assert sleeper.wait(PATIENCE_S) == -signal.SIGTERM
    assert not owner(sleeper).is_here


@pytest.mark.parametrize("mark", [None, "another boot pid:[1] 17", ""])
def test_another_one_with_its_number_is_left_alone(
    mark: str | None, sleeper: subprocess.Popen[bytes]
) -> None:
    with pytest.raises(ProcessLookupError):
        owner(sleeper, mark=mark).terminate()
    assert sleeper.poll() is None


def test_two_processes_differ(sleeper: subprocess.Popen[bytes]) -> None:
    assert mark_of(os.getpid()) is not None
    assert owner(sleeper, mark=mark_of(os.getpid())).is_here is False
    assert mark_of(2**22 + 1) is None


def test_in_words(sleeper: subprocess.Popen[bytes]) -> None:
    since = f"{NOW.astimezone():%Y-%m-%d %H:%M}"
    assert str(owner(sleeper)) == f"process {sleeper.pid} on lab since {since}"
    assert str(Owner(process_id=3)) == "process 3"
