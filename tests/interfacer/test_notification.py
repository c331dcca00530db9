"""What systemd hears, over real sockets."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import tempfile
from collections.abc import Iterator

import pytest

from neuropose.interfacer.notification import ServiceManager


@pytest.fixture(params=["path", "abstract"])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "abstract":
        if sys.platform != "linux":
            pytest.skip("only Linux has abstract sockets")
        yield f"@neuropose-{secrets.token_hex(8)}"
        return
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # the paths of sockets must be short
        yield f"{folder}/notify"


@pytest.fixture
def manager(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(address.replace("@", "\0"))
        end.setblocking(False)
        yield end


def heard(manager: socket.socket) -> list[str]:
    messages = []
    while True:
        try:
            messages.append(manager.recv(4096).decode())
        except BlockingIOError:
            return messages


def test_a_life(manager: socket.socket, address: str) -> None:
    service = ServiceManager({"NOTIFY_SOCKET": address})
    service.ready()
    service.status("1 job waits")
    service.stopping()
    assert heard(manager) == ["READY=1", "STATUS=1 job waits", "STOPPING=1"]


def test_signs_of_life_come_twice_as_often_as_they_must(
    manager: socket.socket, address: str
) -> None:
    now_s = 100.0
    environment = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "60000000"}
    service = ServiceManager(environment, clock=lambda: now_s)
    assert service.watchdog_interval_s == 30.0
    for _ in range(3):
        service.watchdog()
    assert heard(manager) == ["WATCHDOG=1"]
    now_s = 129.9
    service.watchdog()
    assert heard(manager) == []
    now_s = 130.0
    service.watchdog()
    assert heard(manager) == ["WATCHDOG=1"]


@pytest.mark.parametrize(
    ("environment", "interval_s"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "3000000"}, 1.5),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}, 1.5),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "-3"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "³"}, None),
    ],
)
def test_interval(environment: dict[str, str], interval_s: float | None) -> None:
    assert ServiceManager(environment).watchdog_interval_s == interval_s


def test_without_a_watchdog_no_sign_of_life(manager: socket.socket, address: str) -> None:
    ServiceManager({"NOTIFY_SOCKET": address}).watchdog()
    assert heard(manager) == []


def test_a_status_is_one_short_line(manager: socket.socket, address: str) -> None:
    service = ServiceManager({"NOTIFY_SOCKET": address})
    service.status("x\nMAINPID=1\nREADY=1")
    service.status("ä" * 5000 + "\udce9")
    one, two = heard(manager)
    assert one == "STATUS=x MAINPID=1 READY=1"
    assert two == "STATUS=" + "ä" * 200


@pytest.mark.parametrize(
    "address", [None, "", "/there/is/none", "relative", "vsock:2:1", "/x\0y", "/" + "x" * 300]
)
def test_nobody_listens(address: str | None) -> None:
    environment = {"WATCHDOG_USEC": "1"} | ({} if address is None else {"NOTIFY_SOCKET": address})
    service = ServiceManager(environment)
    service.ready()
    service.status("works")
    service.watchdog()
    service.stopping()


def test_a_manager_that_does_not_listen_any_more(manager: socket.socket, address: str) -> None:
    service = ServiceManager({"NOTIFY_SOCKET": address})
    manager.close()
    service.ready()
