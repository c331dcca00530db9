"""Whether a batch system still has a job: a worker that never joins may have ended long ago."""

from __future__ import annotations

import subprocess
from typing import Any

_ASKING_S = 20.0
_ENDED = ("BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "TIMEOUT")


def has_ended(kind: str, job: Any) -> bool:
    """Return whether a worker's job is no longer in the batch system.

    Parameters
    ----------
    kind : str
        As `ClusterSettings.kind`.
    job : object
        A job of dask-jobqueue; its ``job_id`` is None if it could not be submitted.

    Returns
    -------
    bool
        False if the batch system does not answer.
    """
    if kind == "local":
        return False
    number = getattr(job, "job_id", None)
    if number is None:
        return True
    commands = {
        "slurm": ["squeue", "--noheader", f"--jobs={number}", "--format=%T"],
        "pbs": ["qstat", str(number)],
        "sge": ["qstat", "-j", str(number)],
        "lsf": ["bjobs", "-noheader", "-o", "stat", str(number)],
    }
    try:
        answer = subprocess.run(
            commands[kind], check=False, capture_output=True, text=True, timeout=_ASKING_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return says_ended(kind, answer.returncode, answer.stdout, answer.stderr)


def says_ended(kind: str, code: int, output: str, errors: str) -> bool:
    """Return whether an answer of the batch system means that a job has ended.

    Parameters
    ----------
    kind : str
        As `ClusterSettings.kind`.
    code : int
        Exit code of the command.
    output, errors : str
        What it wrote.

    Returns
    -------
    bool

    Examples
    --------
    >>> says_ended("slurm", 0, "PENDING", ""), says_ended("slurm", 0, "", "")
    (False, True)
    >>> says_ended("slurm", 1, "", "slurm_load_jobs error: Unable to contact slurm controller")
    False
    """
    words = output.split()
    if kind == "slurm":
        if code == 0:
            return not words or words[0] in _ENDED
        return "Invalid job id" in errors
    if kind == "pbs":
        return code in (35, 153)  # finished, unknown
    if kind == "sge":
        return code != 0 and "do not exist" in errors + output
    return (code == 0 and words[:1] in (["DONE"], ["EXIT"])) or "is not found" in errors + output
