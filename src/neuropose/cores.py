"""How many processor cores this process may use, and which there are elsewhere."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

_CGROUP = Path("/sys/fs/cgroup")


class Pool(Protocol):
    """Cores elsewhere: workers that call functions, perhaps on other machines."""

    def map(self, work: Callable[..., Any], items: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        """Call a function for many items.

        Parameters
        ----------
        work : callable
            A function of a module, so that workers find it.
        items : iterable of tuple
            The arguments of each call.

        Yields
        ------
        object
            What it returns for each item, in their order, or the exception that it raises.
        """
        ...


Workers = int | Pool
"""How many cores of this machine are used, or which others."""


def available_cores() -> int:
    """CPU cores that this process may use.

    Returns
    -------
    int
        At least 1. Fewer than the machine has if the process is bound to some of them, or if its
        control group has a quota, as in a container started with ``--cpus``.

    Examples
    --------
    >>> available_cores() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        bound = len(os.sched_getaffinity(0))
    else:
        bound = os.cpu_count() or 1
    quota = _quota()
    return bound if quota is None else min(bound, max(1, math.ceil(quota)))


def _quota() -> float | None:
    """Cores that the control group grants on average; None: it sets no limit."""
    for read in (_quota_v2, _quota_v1):
        try:
            return read()
        except (OSError, ValueError):  # not Linux, or the other version of control groups
            continue
    return None


def _quota_v2() -> float | None:
    quota, period = (_CGROUP / "cpu.max").read_text().split()
    return None if quota == "max" else int(quota) / int(period)


def _quota_v1() -> float | None:
    quota = int((_CGROUP / "cpu" / "cpu.cfs_quota_us").read_text())
    period = int((_CGROUP / "cpu" / "cpu.cfs_period_us").read_text())
    return quota / period if quota > 0 else None
