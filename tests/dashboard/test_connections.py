"""Hosts that connect and say nothing keep nobody out."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import pytest
import requests
from tests.dashboard.served import PASSWORD, DataDir, Site, failed
from tests.loopback import PATIENCE_S

from neuropose.dashboard import connections as counted
from neuropose.dashboard import guard
from neuropose.dashboard.access.access_file import AccessList
from neuropose.dashboard.connections import (
    MOST,
    MOST_OF_A_HOST,
    REQUEST_WITHIN_S,
    Connection,
    Connections,
)

Opened = Callable[..., Site]
Connect = Callable[..., Connection]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Accepted connections, whose other ends say nothing."""
    with ExitStack() as ends:
        ports = iter(range(1, 1000))

        def connected(all_of_them: Connections, host: str) -> Connection:
            here, there = map(ends.enter_context, map(closing, socket.socketpair()))
            there.setblocking(False)
            one = Connection(here, (host, next(ports)), all_of_them)
            ends.enter_context(closing(one))
            return one

        yield connected


def is_ended(connection: Connection) -> bool:
    """Whether the server would see its end."""
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False


class TestRoom:
    def test_one_host_makes_room_among_its_own(self, connect: Connect) -> None:
        known = Connections(most=10, most_of_a_host=3)
        other, *own = (connect(known, host) for host in ("192.0.2.9", *["192.0.2.1"] * 5))
        assert all(known.take(each) for each in (other, *own))
        assert [is_ended(each) for each in own] == [True, True, False, False, False]
        assert not is_ended(other)
        assert len(known) == 4

    def test_the_host_that_has_most_makes_room(self, connect: Connect) -> None:
        known = Connections(most=4, most_of_a_host=3)
        first, *own = (connect(known, host) for host in ("192.0.2.9", *["192.0.2.1"] * 3))
        assert all(known.take(each) for each in (first, *own))
        late = connect(known, "192.0.2.5")
        assert known.take(late)
        assert [is_ended(each) for each in (first, *own, late)] == [False, True, *[False] * 3]

    def test_what_is_being_answered_stays(self, connect: Connect) -> None:
        known = Connections(most=10, most_of_a_host=2)
        own = [connect(known, "192.0.2.1") for _ in range(3)]
        assert known.take(own[0])
        assert known.take(own[1])
        with known.answering(own[0].peer):
            with known.answering(own[1].peer):
                assert not known.take(own[2])
            assert known.take(own[2])
        assert [is_ended(each) for each in own] == [False, True, False]

    def test_a_network_of_ipv6_is_one_host(self, connect: Connect) -> None:
        known = Connections(most=10, most_of_a_host=1)
        one, two, other = (
            connect(known, host) for host in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1")
        )
        assert all(known.take(each) for each in (one, two, other))
        assert [is_ended(each) for each in (one, two, other)] == [True, False, False]

    def test_a_closed_one_takes_no_room(self, connect: Connect) -> None:
        known = Connections()
        one = connect(known, "192.0.2.1")
        assert known.take(one)
        one.close()
        assert len(known) == 0


def test_a_request_that_does_not_come_in_time(connect: Connect) -> None:
    now_s = [0.0]
    known = Connections(within_s=10.0, now=lambda: now_s[0])
    silent, answered = connect(known, "192.0.2.1"), connect(known, "192.0.2.2")
    assert known.take(silent)
    assert known.take(answered)
    with known.answering(answered.peer):
        now_s[0] = 10.5
        assert known.end_late() == 1
    assert [is_ended(each) for each in (silent, answered)] == [True, False]
    silent.close()
    now_s[0] = 20.0
    assert known.end_late() == 0
    now_s[0] = 20.6
    assert known.end_late() == 1


def read_all(connection: socket.socket) -> bytes:
    """Return what comes until the other end closes."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def read_until(connection: socket.socket, told: bytes) -> bytes:
    """Return what comes, up to what is waited for."""
    seen = b""
    while told not in seen:
        part = connection.recv(65536)
        assert part, seen
        seen += part
    return seen


class TestSite:
    @pytest.mark.parametrize("said", [b"", b"GET /jobs HT", b"GET /jobs HTTP/1.1\r\nHost: x\r\n"])
    def test_more_than_there_may_be_keep_nobody_out(self, site: Site, said: bytes) -> None:
        visitor = site.visitor()
        with ExitStack() as idle:
            ours = [idle.enter_context(site.connection()) for _ in range(MOST + 20)]
            for each in ours[-MOST_OF_A_HOST:]:
                each.sendall(said)
            assert visitor.get("/jobs").status_code == 200
            assert site.visitor().get("/jobs").status_code == 200
            ended = [each for each in ours[: MOST - MOST_OF_A_HOST] if read_all(each) == b""]
            assert len(ended) == MOST - MOST_OF_A_HOST

    def test_headers_that_trickle_end(
        self, opened: Opened, data: DataDir, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now_s = [0.0]
        monkeypatch.setattr(counted, "_LOOK_EVERY_S", 0.05)
        monkeypatch.setattr(counted, "Connections", partial(Connections, now=lambda: now_s[0]))
        site = opened(data)
        over = threading.Event()
        with site.connection() as slow, site.connection() as stream:
            stream.sendall(f"GET /events HTTP/1.1\r\nHost: {site.host}\r\n\r\n".encode())
            seen = read_until(stream, b"event: hello")
            now_s[0] = REQUEST_WITHIN_S + 1.0

            def trickle() -> None:
                slow.sendall(f"GET /jobs HTTP/1.1\r\nHost: {site.host}\r\n".encode())
                try:
                    while not over.wait(0.05):
                        slow.sendall(b"X: y\r\n")
                except OSError:
                    pass

            thread = threading.Thread(target=trickle)
            thread.start()
            try:
                assert read_all(slow) == b""
            finally:
                over.set()
                thread.join(PATIENCE_S)
            assert b"event: jobs" not in seen
            site.data.put(anna=failed(1))  # it is open, and answered without an end
            read_until(stream, b"event: jobs")

    def test_a_form_that_does_not_come(
        self,
        opened: Opened,
        data: DataDir,
        access: AccessList,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(guard, "_FORM_WITHIN_S", 0.2)
        site = opened(data, access)
        head = (
            f"POST /login HTTP/1.1\r\nHost: {site.host}\r\nOrigin: {site.url}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\n"
        )
        with site.connection() as connection:
            connection.sendall(head.encode() + b"name=anna&pass")
            assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")
        monkeypatch.setattr(guard, "_FORM_WITHIN_S", PATIENCE_S)
        assert site.visitor().log_in("anna").status_code == 303
        assert '"refused": "late"' in data.audit

    def test_whoever_does_not_even_begin_with_tls(
        self,
        opened: Opened,
        data: DataDir,
        access: AccessList,
        certificate: tuple[Path, Path],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        now_s = [0.0]
        monkeypatch.setattr(counted, "_LOOK_EVERY_S", 0.05)
        limited = partial(Connections, most=20, most_of_a_host=15, now=lambda: now_s[0])
        monkeypatch.setattr(counted, "Connections", limited)
        site = opened(data, access, certificate=certificate[0], key=certificate[1])
        with ExitStack() as idle:
            ours = [idle.enter_context(site.connection()) for _ in range(40)]
            answer = requests.post(
                f"{site.url}/login",
                data={"name": "anna", "password": PASSWORD},
                headers={"Origin": site.url},
                verify=str(certificate[0]),
                timeout=PATIENCE_S,
                allow_redirects=False,
            )
            assert answer.status_code == 303
            now_s[0] = REQUEST_WITHIN_S + 1.0
            assert [read_all(each) for each in ours] == [b""] * len(ours)
