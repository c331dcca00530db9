"""What a child process writes to stdout and stderr becomes lines of the log."""

from __future__ import annotations

import logging
import multiprocessing
import os
import threading
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from neuropose.interfacer.log_names import NamesInLogs

if TYPE_CHECKING:
    from neuropose.estimator import Estimator

_LOG = logging.getLogger(__name__)
_LONGEST_LINE_BYTES = 4096
_PATIENCE_S = 5.0


class ChildOutput:
    """Logs what child processes write to stdout and stderr, which nothing else keeps in bounds.

    Libraries write there whatever they like, names of files too. If the log may not have names,
    only the lines that say where in the code a crash was are logged.

    Parameters
    ----------
    names : NamesInLogs
    """

    def __init__(self, names: NamesInLogs) -> None:
        self._names = names
        self._reader, self._writer = multiprocessing.Pipe(duplex=False)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def of(self, make_estimator: Callable[[], Estimator]) -> Callable[[], Estimator]:
        """Make an estimator's maker one that first leads the output of its process here.

        Parameters
        ----------
        make_estimator : callable
            For `ChildEstimator`.

        Returns
        -------
        callable
            For `ChildEstimator` as well.
        """
        return partial(_make, make_estimator, self._writer)

    def close(self) -> None:
        """End, once what the children wrote has been logged; they must have ended."""
        self._writer.close()
        self._thread.join(_PATIENCE_S)
        if not self._thread.is_alive():  # else something that a child started still writes
            self._reader.close()

    def _read(self) -> None:
        rest = b""
        while piece := os.read(self._reader.fileno(), 65536):
            *lines, rest = (rest + piece).split(b"\n")
            if len(rest) > _LONGEST_LINE_BYTES:
                lines, rest = [*lines, rest], b""
            for line in lines:
                self._log(line)
        self._log(rest)

    def _log(self, line: bytes) -> None:
        text = line[:_LONGEST_LINE_BYTES].decode("utf-8", "backslashreplace").rstrip()
        shown = [text] if self._names.log_names else self._names.code_lines(text)
        for each in filter(None, shown):
            _LOG.info("the model's process: %s", each)


def _make(make_estimator: Callable[[], Estimator], output: Connection) -> Estimator:
    for descriptor in (1, 2):
        os.dup2(output.fileno(), descriptor)
    return make_estimator()
