"""How often somebody may try to log in."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

MOST_FAILURES = 5
"""Failures of one address, within the window, after which it has to wait."""
MOST_FAILURES_IN_ALL = 60
"""Failures of all addresses together."""
WINDOW_S = 60.0
_MOST_ADDRESSES = 1000


class Attempts:
    """Counts failures to log in, and says who has to wait.

    Parameters
    ----------
    clock : callable
        Gives seconds that never go back.

    Examples
    --------
    >>> now_s = [0.0]
    >>> attempts = Attempts(lambda: now_s[0])
    >>> for _ in range(MOST_FAILURES):
    ...     attempts.failed("192.0.2.1")
    >>> attempts.wait_s("192.0.2.1"), attempts.wait_s("192.0.2.2")
    (60.0, 0.0)
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, list[float]] = OrderedDict()
        self._all: list[float] = []

    def failed(self, address: str) -> None:
        """Count a failure.

        Parameters
        ----------
        address : str
            Where it came from.
        """
        now_s = self._clock()
        own = self._failures.setdefault(address, [])
        self._failures.move_to_end(address)
        for failures, most in ((own, MOST_FAILURES), (self._all, MOST_FAILURES_IN_ALL)):
            failures.append(now_s)
            del failures[:-most]
        while len(self._failures) > _MOST_ADDRESSES:
            self._failures.popitem(last=False)

    def wait_s(self, address: str) -> float:
        """Return how long somebody has to wait before the next attempt.

        Parameters
        ----------
        address : str
            Where the attempt comes from.

        Returns
        -------
        float
            In seconds; 0 if it may be made now.
        """
        counted = (
            (self._failures.get(address, []), MOST_FAILURES),
            (self._all, MOST_FAILURES_IN_ALL),
        )
        return max(self._wait_s(failures, most) for failures, most in counted)

    def _wait_s(self, failures: list[float], most: int) -> float:
        if len(failures) < most:
            return 0.0
        return max(0.0, failures[-most] + WINDOW_S - self._clock())
