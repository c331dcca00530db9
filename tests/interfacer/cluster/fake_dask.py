"""A client of dask whose workers are threads of this process, and can be lost."""

from __future__ import annotations

import asyncio
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

from neuropose.interfacer.cluster.connection import Connection


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


class FakeClient:
    """As much of a client as a pool uses; each task goes to the worker that was named."""

    def __init__(self, *workers: str) -> None:
        self.workers = list(workers)
        self.status = "running"
        self.sent: list[tuple[str, str]] = []
        self.held: dict[str, Future[Any]] = {}
        self.handlers: list[Callable[[Any], None]] = []
        self.holds: set[str] = set()
        self.scheduler = SimpleNamespace(ncores=self._ncores)
        loop = asyncio.new_event_loop()
        self.loop = SimpleNamespace(asyncio_loop=loop)
        self._thread = threading.Thread(target=loop.run_forever, daemon=True)
        self._thread.start()

    def _ncores(self) -> dict[str, int]:
        if self.status != "running":
            raise OSError("the scheduler is gone")
        return dict.fromkeys(self.workers, 1)

    def sync(self, ask: Callable[[], Any], callback_timeout: float) -> Any:
        return ask()

    def submit(self, work: Callable[..., Any], *given: Any, **options: Any) -> Future[Any]:
        [address] = options["workers"]
        assert not options["allow_other_workers"]
        self.sent.append((address, work.__name__))
        future: Future[Any] = Future()
        if work.__name__ in self.holds:
            self.held[address] = future
            return future
        there, given = pickle.loads(pickle.dumps((work, given)))

        def run() -> None:
            try:
                future.set_result(there(*given))
            except Exception as error:
                future.set_exception(error)

        threading.Thread(target=run, daemon=True).start()
        return future

    def gather(self, future: Future[Any], *, asynchronous: bool) -> Any:
        assert asynchronous
        return self._wait(future)

    async def _wait(self, future: Future[Any]) -> Any:
        return await asyncio.shield(asyncio.wrap_future(future))

    def subscribe_topic(self, topic: str, handler: Callable[[Any], None]) -> None:
        self.handlers.append(handler)

    def run(self, work: Callable[..., Any], on_error: str) -> None:
        work()

    def close(self) -> None:
        loop = self.loop.asyncio_loop
        if not loop.is_closed():
            asyncio.run_coroutine_threadsafe(_cancel_others(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            self._thread.join()
            loop.close()

    def connection(self, *_: object) -> Connection:
        return Connection(self)  # type: ignore[arg-type]
