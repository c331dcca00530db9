"""The space on the disk below which no job is started."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

_LOG = logging.getLogger(__name__)


class DiskReserve:
    """Tells whether a job may be started, and logs only when the answer changes.

    Parameters
    ----------
    folder : Path
        A directory on the disk.
    reserve_gb : float
        Free space in gigabytes (10⁹ bytes) below which no job is started.
    free_bytes : callable, optional
        Returns the free space in bytes; default: that of the disk.

    Examples
    --------
    >>> DiskReserve(Path("/"), 2.0, lambda: 3_000_000_000).shortage() is None
    True
    >>> DiskReserve(Path("/"), 2.0, lambda: 1_500_000_000).shortage()
    'only 1.5 GB are free, and disk_reserve_gb is 2'
    """

    def __init__(
        self, folder: Path, reserve_gb: float, free_bytes: Callable[[], int] | None = None
    ) -> None:
        self._reserve_gb = reserve_gb
        self._free_bytes = free_bytes or (lambda: shutil.disk_usage(folder).free)
        self._is_short = False

    def shortage(self) -> str | None:
        """Return why no job may be started.

        Returns
        -------
        str or None
            One line; None if there is space enough, or nobody knows.
        """
        try:
            free_gb = self._free_bytes() / 1e9
        except OSError:
            return None
        is_short = free_gb < self._reserve_gb
        reason = f"only {free_gb:.1f} GB are free, and disk_reserve_gb is {self._reserve_gb:g}"
        if is_short and not self._is_short:
            _LOG.error("no job is started: %s", reason)
        elif self._is_short and not is_short:
            _LOG.info("jobs are started again: %.1f GB are free", free_gb)
        self._is_short = is_short
        return reason if is_short else None
