"""One daemon a data directory, whatever becomes of it."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.loopback import PATIENCE_S

from neuropose.errors import DaemonRunningError, OutputError
from neuropose.interfacer.layout import Layout
from neuropose.interfacer.lock import hold_lock, is_held, lock_owner
from neuropose.interfacer.reset import stop_daemon

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


def process_of(layout: Layout) -> int | None:
    owner = lock_owner(layout)
    return None if owner is None else owner.process_id


def test_the_second_is_told_who_the_first_is(layout: Layout) -> None:
    with hold_lock(layout):
        owner = lock_owner(layout)
        assert owner is not None
        assert (owner.process_id, owner.host) == (os.getpid(), socket.gethostname())
        assert owner.is_here
        with pytest.raises(DaemonRunningError, match=f"process {os.getpid()} on ") as raised:
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
        assert process_of(layout) == holder.pid
        with pytest.raises(DaemonRunningError, match=f"process {holder.pid} on "):
            hold_lock(layout).__enter__()
        holder.send_signal(signal.SIGKILL)
        holder.wait(PATIENCE_S)
    assert lock_owner(layout) is None
    with hold_lock(layout):
        assert process_of(layout) == os.getpid()


@pytest.mark.parametrize(
    ("content", "process"), [("4312\n", 4312), ("", None), ("{}", None), ("no number", None)]
)
def test_what_others_wrote_into_it(content: str, process: int | None, layout: Layout) -> None:
    """An older version its number alone; a full disk nothing. Such a process is not signalled."""
    with hold_lock(layout):
        layout.lock.write_text(content)
        owner = lock_owner(layout)
        assert process_of(layout) == process
        assert owner is None or not owner.is_here
        if owner is not None:
            with pytest.raises(DaemonRunningError, match="is not a process of this machine"):
                stop_daemon(layout)


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
