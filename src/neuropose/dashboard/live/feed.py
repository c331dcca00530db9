"""Messages to every open page: each has a short queue, and whoever does not keep up is dropped."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

QUEUE_LENGTH = 32
"""Messages that may wait for one page; it reconnects when it was dropped, and looks anew."""
MOST_LISTENERS = 200
"""Open pages that are told of changes; more have to be reloaded by hand."""
KEEP_ALIVE_S = 15.0


class Listener:
    """An open page that is told of changes."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(QUEUE_LENGTH)
        self.is_dropped = False

    def offer(self, message: bytes) -> None:
        """Tell the page something, or drop it if it does not keep up.

        Parameters
        ----------
        message : bytes
            The message.
        """
        if self.is_dropped:
            return
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            self.drop()

    def drop(self) -> None:
        """End it; what waits is given up."""
        self.is_dropped = True
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(None)

    async def messages(self, keep_alive_s: float = KEEP_ALIVE_S) -> AsyncIterator[bytes]:
        """Give the messages as they come, and a sign of life where there is none.

        Parameters
        ----------
        keep_alive_s : float
            Longest silence, in seconds.

        Yields
        ------
        bytes
        """
        while True:
            try:
                async with asyncio.timeout(keep_alive_s):
                    message = await self._queue.get()
            except TimeoutError:
                yield b":\n\n"
                continue
            if message is None:
                return
            yield message


class Feed:
    """Everybody who is told of changes."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()

    def __len__(self) -> int:
        return len(self._listeners)

    @property
    def is_full(self) -> bool:
        """Whether nobody else can be told."""
        return len(self._listeners) >= MOST_LISTENERS

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        """Listen until the block ends.

        Yields
        ------
        Listener
        """
        listener = Listener()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def tell(self, event: str, data: object) -> None:
        """Tell everybody.

        Parameters
        ----------
        event : str
            What kind of message it is.
        data : object
            Its content, written as JSON once for all.
        """
        if not self._listeners:
            return
        message = encoded(event, data)
        for listener in tuple(self._listeners):
            listener.offer(message)

    def close(self) -> None:
        """End every stream, as the site is about to end."""
        for listener in tuple(self._listeners):
            listener.drop()


def encoded(event: str, data: object) -> bytes:
    r"""Return a server-sent event.

    Parameters
    ----------
    event : str
        What kind of message it is.
    data : object
        Its content.

    Returns
    -------
    bytes

    Examples
    --------
    >>> encoded("jobs", {"name": "a\nb"})
    b'event: jobs\ndata: {"name":"a\\nb"}\n\n'
    """
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return f"event: {event}\ndata: {text}\n\n".encode()
