"""Commands of the laboratory that are run when a job has ended."""

from __future__ import annotations

import json
import logging
import shlex
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from neuropose.config import Settings
from neuropose.data import JobEntry, JobState

_LOG = logging.getLogger(__name__)
HOOK_S = 60.0
"""How long a command may take, in seconds."""


class Hooks:
    """Runs the commands, one after the other, beside the daemon's work.

    Parameters
    ----------
    settings : Settings
        `on_done`, `on_failed` and `data_dir` are used.

    Notes
    -----
    A command gets one JSON object on its standard input: ``event`` (``done`` or ``failed``),
    ``job``, ``data_dir``, and ``entry``, as in ``status.json``. Its output is discarded, as it
    could hold names. One that fails or takes too long is logged, and changes nothing else.
    """

    def __init__(self, settings: Settings) -> None:
        self._data_dir = settings.data_dir
        commands: Mapping[JobState, tuple[str, str | None]] = {
            JobState.COMPLETED: ("done", settings.on_done),
            JobState.FAILED: ("failed", settings.on_failed),
        }
        self._commands = {
            state: (event, shlex.split(command))
            for state, (event, command) in commands.items()
            if command is not None
        }
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="hook")

    def tell(self, name: str, entry: JobEntry) -> None:
        """Run the command that belongs to a job's state, if there is one; do not wait for it.

        Parameters
        ----------
        name : str
            Name of the job.
        entry : JobEntry
            Its entry; only a completed or failed job has a command.
        """
        if entry.state not in self._commands:
            return
        event, command = self._commands[entry.state]
        message = json.dumps(
            {
                "schema_version": 1,
                "event": event,
                "job": name,
                "data_dir": str(self._data_dir),
                "entry": entry.model_dump(mode="json"),
            }
        )
        self._pool.submit(_run, event, command, message.encode(), self._data_dir)

    def close(self) -> None:
        """Wait for the commands that are still to run."""
        self._pool.shutdown()


def _run(event: str, command: list[str], message: bytes, folder: Path) -> None:
    nowhere = subprocess.DEVNULL
    try:
        ended = subprocess.run(
            command,
            input=message,
            stdout=nowhere,
            stderr=nowhere,
            timeout=HOOK_S,
            cwd=folder,
            check=False,
        )
    except subprocess.TimeoutExpired:
        _LOG.warning("the command on_%s took more than %g s and was ended", event, HOOK_S)
    except OSError as error:
        _LOG.warning("the command on_%s cannot be run", event, extra={"error": error.strerror})
    else:
        if ended.returncode:
            _LOG.warning("the command on_%s ended with code %d", event, ended.returncode)
