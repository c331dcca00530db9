"""One daemon a data directory, whatever becomes of it."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.loopback import PATIENCE_S

from neuropose.errors import DaemonRunningError, OutputError
from neuropose.interfacer.layout import Layout
from neuropose.interfacer.lock import hold_lock, is_held, lock_owner

HOLDER = """
import sys, time
from pathlib import Path
from neuropose.interfacer.layout import Layout
from neuropose.interfacer.lock import hold_lock
with hold_lock(Layout(Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    layout.make()
    return layout


def test_the_second_is_told_who_the_first_is(layout: Layout) -> None:
    with hold_lock(layout):
        assert lock_owner(layout) == os.getpid()
        with pytest.raises(DaemonRunningError, match=f"process {os.getpid()}$") as raised:
            hold_lock(layout).__enter__()
        assert raised.value.exit_code == 14
    assert lock_owner(layout) is None
    with hold_lock(layout):
        pass


def test_nobody_ever_held_it(layout: Layout) -> None:
    assert lock_owner(layout) is None


def test_it_goes_with_a_killed_process(layout: Layout) -> None:
    command = [sys.executable, "-c", HOLDER, str(layout.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert lock_owner(layout) == holder.pid
        with pytest.raises(DaemonRunningError, match=f"process {holder.pid}$"):
            hold_lock(layout).__enter__()
        holder.send_signal(signal.SIGKILL)
        holder.wait(PATIENCE_S)
    assert lock_owner(layout) is None
    with hold_lock(layout):
        assert lock_owner(layout) == os.getpid()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EBADF, errno.EOPNOTSUPP])
def test_a_file_system_without_locks(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    layout.lock.touch()
    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(OutputError, match="has no locks: ") as raised:
        hold_lock(layout).__enter__()
    assert raised.value.exit_code == 12
    assert "local disk" in str(raised.value.hint)
    with pytest.raises(OutputError, match="has no locks: "):
        is_held(layout)
