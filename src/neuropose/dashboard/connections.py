"""Connections: how many there may be, in all and of one host, and how long they may say nothing.

They are counted from the moment they are accepted, before TLS: a host that only connects would
otherwise keep everybody else out.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

MOST = 400
"""Connections at the same time."""
MOST_OF_A_HOST = 300
"""Connections of one host at the same time; `MOST_LISTENERS` of them may be open pages."""
REQUEST_WITHIN_S = 10.0
"""Within this time of being accepted, or of its last answer, a connection must send a request."""
_LOOK_EVERY_S = 1.0
_NETWORK_BITS = 64
"""Of an IPv6 address, what a network gives to one host; the rest the host chooses itself."""


class Connections:
    """All connections, by who is at the other end.

    Parameters
    ----------
    most : int
        How many there may be.
    most_of_a_host : int
        How many of them may be of one host.
    within_s : float
        How long one may wait before its request has come, in seconds.
    now : callable
        The time, in seconds.

    Notes
    -----
    Where there is no room, the one that has waited longest for its request is ended: among those of
    the same host if that has too many, otherwise of the host that has most. A request that is being
    answered is never ended. If all are being answered, a new connection is refused.
    """

    def __init__(
        self,
        *,
        most: int = MOST,
        most_of_a_host: int = MOST_OF_A_HOST,
        within_s: float = REQUEST_WITHIN_S,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._most_of_a_host = most_of_a_host
        self._within_s = within_s
        self._now = now
        self._all: dict[tuple[str, int], Connection] = {}

    def __len__(self) -> int:
        return len(self._all)

    def take(self, connection: Connection) -> bool:
        """Count a new connection, if there is room.

        Parameters
        ----------
        connection : Connection
            It.

        Returns
        -------
        bool
            Whether there was.
        """
        of_hosts: dict[str, list[Connection]] = defaultdict(list)
        for each in self._all.values():
            of_hosts[each.host].append(each)
        own = of_hosts[connection.host]
        has_room = True
        if len(own) >= self._most_of_a_host:
            has_room = self._make_room([own])
        elif len(self._all) >= self._most:
            has_room = self._make_room(sorted(of_hosts.values(), key=len, reverse=True))
        if has_room:
            connection.waits_since_s = self._now()
            self._all[connection.peer] = connection
        return has_room

    def forget(self, connection: Connection) -> None:
        """Count a connection that has ended no more.

        Parameters
        ----------
        connection : Connection
            It; nothing happens if it is not counted.
        """
        if self._all.get(connection.peer) is connection:
            del self._all[connection.peer]

    @contextmanager
    def answering(self, peer: tuple[str, int] | None) -> Iterator[None]:
        """Keep a connection as long as one of its requests is being answered.

        Parameters
        ----------
        peer : (str, int) or None
            Address and port at the other end.
        """
        connection = None if peer is None else self._all.get(peer)
        if connection is None:
            yield
            return
        connection.requests += 1
        try:
            yield
        finally:
            connection.requests -= 1
            connection.waits_since_s = self._now()

    def end_late(self) -> int:
        """End every connection whose request has not come in time.

        Returns
        -------
        int
            How many were ended. What has been answered to them still arrives.
        """
        before_s = self._now() - self._within_s
        late = [each for each in self._all.values() if each.waits and each.waits_since_s < before_s]
        for each in late:
            each.end(socket.SHUT_RD)
        return len(late)

    async def keep_clear(self) -> None:
        """End what is late, again and again, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            self.end_late()

    def _make_room(self, of_hosts: Iterable[list[Connection]]) -> bool:
        """End the connection that has waited longest, of the first host that has one."""
        for own in of_hosts:
            waiting = [each for each in own if each.waits]
            if waiting:
                longest = min(waiting, key=lambda each: each.waits_since_s)
                self.forget(longest)
                longest.end(socket.SHUT_RDWR)
                return True
        return False


class Connection(socket.socket):
    """A connection that is counted until it is closed.

    Parameters
    ----------
    accepted : socket
        From ``accept``; this one takes it over.
    address : tuple
        Of the other end.
    connections : Connections
        All connections.
    """

    def __init__(self, accepted: socket.socket, address: Any, connections: Connections) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
        self.peer: tuple[str, int] = address[:2]
        self.host = host_of(self.peer[0])
        self.requests = 0
        self.waits_since_s = 0.0
        self._connections = connections

    @property
    def waits(self) -> bool:
        """Whether none of its requests is being answered."""
        return self.requests == 0

    def end(self, how: int) -> None:
        """Let the server see the end of it.

        Parameters
        ----------
        how : int
            ``SHUT_RD``: what is still to be sent, is. ``SHUT_RDWR``: nothing is.
        """
        with suppress(OSError):  # the other end was faster
            self.shutdown(how)

    def close(self) -> None:
        """Close it; it is counted no more."""
        self._connections.forget(self)
        super().close()


class Listener(socket.socket):
    """A socket that accepts connections as long as there is room for them.

    Parameters
    ----------
    listening : socket
        One that listens, which this one takes over.
    connections : Connections
        All connections.
    """

    def __init__(self, listening: socket.socket, connections: Connections) -> None:
        family, kind, protocol = listening.family, listening.type, listening.proto
        super().__init__(family, kind, protocol, fileno=listening.detach())
        self._connections = connections

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept a connection.

        Returns
        -------
        connection : socket
            It.
        address : tuple
            Of the other end.

        Raises
        ------
        ConnectionAbortedError
            If there is no room for it; it is closed.
        """
        accepted, address = super().accept()
        connection = Connection(accepted, address, self._connections)
        if not self._connections.take(connection):
            connection.close()
            raise ConnectionAbortedError
        return connection, address


def host_of(address: str) -> str:
    """Return what stands for the host of an address.

    Parameters
    ----------
    address : str
        An address of IPv4 or IPv6.

    Returns
    -------
    str
        The address; of IPv6 only the network that it is in, as a host has all addresses of that.

    Examples
    --------
    >>> host_of("192.0.2.7"), host_of("2001:db8:1:2::7"), host_of("::ffff:192.0.2.7")
    ('192.0.2.7', '2001:db8:1:2::', '192.0.2.7')
    """
    known = ipaddress.ip_address(address)
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    rest = 128 - _NETWORK_BITS
    return str(ipaddress.IPv6Address(int(known) >> rest << rest))
