"""What each thread does when: recorded only while somebody asks for it."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

_NOTHING: AbstractContextManager[None] = nullcontext()


@dataclass(frozen=True, slots=True)
class Span:
    """One piece of work of one thread.

    Parameters
    ----------
    name : str
        What was done.
    thread : str
        Name of the thread.
    start_s, end_s : float
        When, in seconds on a clock of its own.
    cpu_s : float
        For how many of these seconds the thread had a processor core.
    """

    name: str
    thread: str
    start_s: float
    end_s: float
    cpu_s: float


@dataclass(slots=True)
class Trace:
    """What was done while it was recorded.

    Parameters
    ----------
    spans : list of Span
        In the order in which they ended. Those of a thread lie in each other or apart.
    """

    spans: list[Span] = field(default_factory=list)

    def seconds_by_name(self) -> dict[str, tuple[float, float]]:
        """Return how long each kind of work took, without the work within it.

        Returns
        -------
        dict of str to (float, float)
            Seconds of all threads together, the longest first: passed, and on a processor core.
        """
        passed: defaultdict[str, float] = defaultdict(float)
        on_core: defaultdict[str, float] = defaultdict(float)
        inner: defaultdict[str, list[Span]] = defaultdict(list)
        for span in self.spans:  # what lies within a span has ended before it
            pending = inner[span.thread]
            within = [one for one in pending if one.start_s >= span.start_s]
            pending[:] = [*(one for one in pending if one.start_s < span.start_s), span]
            passed[span.name] += span.end_s - span.start_s
            passed[span.name] -= sum(one.end_s - one.start_s for one in within)
            on_core[span.name] += span.cpu_s - sum(one.cpu_s for one in within)
        longest_first = sorted(passed, key=lambda name: -passed[name])
        return {name: (passed[name], on_core[name]) for name in longest_first}

    def chrome_events(self) -> dict[str, Any]:
        """Return the trace in the format of Chrome's and Perfetto's viewers.

        Returns
        -------
        dict
            For a JSON file; ``chrome://tracing`` and https://ui.perfetto.dev open it.

        Notes
        -----
        The "Trace Event Format" of the Chromium project: complete events, in microseconds.
        """
        threads = {name: row for row, name in enumerate({span.thread: 0 for span in self.spans})}
        first_s = min((span.start_s for span in self.spans), default=0.0)
        names = [
            {"name": "thread_name", "ph": "M", "pid": 0, "tid": row, "args": {"name": name}}
            for name, row in threads.items()
        ]
        events = [
            {
                "name": span.name,
                "ph": "X",
                "pid": 0,
                "tid": threads[span.thread],
                "ts": round(1e6 * (span.start_s - first_s), 3),
                "dur": round(1e6 * (span.end_s - span.start_s), 3),
                "tdur": round(1e6 * span.cpu_s, 3),
            }
            for span in self.spans
        ]
        return {"traceEvents": [*names, *events], "displayTimeUnit": "ms"}


_recording: Trace | None = None


@contextmanager
def traced() -> Iterator[Trace]:
    """Record what all threads of this process do in the meantime.

    Yields
    ------
    Trace

    Examples
    --------
    >>> with traced() as trace:
    ...     with working("decoding"):
    ...         pass
    >>> [span.name for span in trace.spans]
    ['decoding']
    """
    global _recording
    before, _recording = _recording, Trace()
    try:
        yield _recording
    finally:
        _recording = before


def working(name: str) -> AbstractContextManager[None]:
    """Say what this thread does in the meantime.

    Parameters
    ----------
    name : str
        What it does, the same for all work of this kind.

    Returns
    -------
    context manager
        Costs next to nothing if nobody records.
    """
    return _NOTHING if _recording is None else _Working(name, _recording)


class _Working(AbstractContextManager[None]):
    __slots__ = ("_name", "_start_cpu_s", "_start_s", "_trace")

    def __init__(self, name: str, trace: Trace) -> None:
        self._name = name
        self._trace = trace

    def __enter__(self) -> None:
        self._start_s, self._start_cpu_s = time.perf_counter(), time.thread_time()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        thread = threading.current_thread().name
        cpu_s = time.thread_time() - self._start_cpu_s
        self._trace.spans.append(
            Span(self._name, thread, self._start_s, time.perf_counter(), cpu_s)
        )
