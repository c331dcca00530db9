"""Requests of other processes to the daemon: small files in ``.requests/``, each answered."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter
from pydantic_core import to_json

from neuropose.data.metadata import Contract
from neuropose.errors import (
    DaemonRunningError,
    FileFormatError,
    InterfacerError,
    JobError,
    NeuroPoseError,
    OutputError,
)
from neuropose.interfacer.layout import Layout
from neuropose.interfacer.lifecycle import Lifecycle
from neuropose.interfacer.lock import hold_lock, is_held, lock_owner
from neuropose.interfacer.recovery import MOST_INTERRUPTIONS
from neuropose.interfacer.store import Store
from neuropose.io.atomic import write_atomically
from neuropose.io.strict_json import parse, read_bytes

ANSWER_S = 15.0
"""How long to wait until a request is noticed, in seconds."""
PERFORMANCE_S = 300.0
"""How long to wait until it is performed, in seconds: a job of many gigabytes may be moved."""
_STALE_S = ANSWER_S + 5.0
"""Age in seconds at which nobody waits any more; later than the last moment of whoever asked."""
_POLL_S = 0.05
_REQUEST, _ANSWER = ".request.json", ".answer.json"


class Action(StrEnum):
    """The actions that can be requested."""

    RETRY = "retry"
    CANCEL = "cancel"
    REMOVE = "remove"
    ACCEPT = "accept"
    RERUN = "rerun"


class Request(Contract):
    """A request for an action on a job.

    Parameters
    ----------
    action : Action
        The requested action.
    job : str
        Name of the job.
    without : tuple of str
        Of `Action.ACCEPT`: the videos to go without; empty for all that failed.
    """

    schema_version: Literal[1] = 1
    action: Action
    job: str
    without: tuple[str, ...] = ()


class Answer(Contract):
    """The outcome of a request.

    Parameters
    ----------
    done : str or None
        What was done, in a few words; None if nothing was.
    error, hint : str or None
        Why nothing was done, and what to do about it.
    is_refused : bool
        Whether it was refused because of the job's state rather than because something failed.
    """

    schema_version: Literal[1] = 1
    done: str | None = None
    error: str | None = None
    hint: str | None = None
    is_refused: bool = False


_REQUESTS, _ANSWERS = TypeAdapter(Request), TypeAdapter(Answer)


def ask(
    request: Request,
    layout: Layout,
    *,
    most_interruptions: int = MOST_INTERRUPTIONS,
    patience_s: float = ANSWER_S,
    performance_s: float = PERFORMANCE_S,
) -> str:
    """Perform an action on a job: by the daemon if one runs, otherwise by this process.

    Parameters
    ----------
    request : Request
        The request.
    layout : Layout
        The data directory.
    most_interruptions : int
        As in `Lifecycle`.
    patience_s : float
        How long a daemon may take to notice the request, in seconds.
    performance_s : float
        How long it may then take to perform it, in seconds, as long as it runs.

    Returns
    -------
    str
        What was done, in a few words.

    Raises
    ------
    JobError
        If the action does not apply to the job.
    OutputError
        If something cannot be moved or written.
    InterfacerError
        If the daemon does not answer; the request is then withdrawn, or the daemon has begun to
        perform it, and the message says so.
    """
    layout.make()
    with suppress(DaemonRunningError):
        return _do_alone(request, layout, most_interruptions)
    key = secrets.token_hex(8)
    path, answer_path = layout.requests / f"{key}{_REQUEST}", layout.requests / f"{key}{_ANSWER}"
    write_atomically(path, [to_json(request)])
    answer = _wait_for(answer_path, patience_s, layout)
    if answer is None and not _withdraw(path):  # it was taken, and is being performed
        answer = _wait_for(answer_path, performance_s, layout, is_taken=True)
        if answer is None:
            raise InterfacerError(
                f"the daemon ({_owner(layout)}) has begun with it and does not say that it is done",
                hint="look at the jobs and at its log before you try again",
            )
    if answer is None:
        raise InterfacerError(
            f"the daemon ({_owner(layout)}) did not answer",
            hint="see its log; if it hangs, stop it and try again",
        )
    return _take(answer)


def serve(layout: Layout, act: Callable[[Request], str]) -> None:
    """Perform the pending requests and answer them; only for the holder of the lock.

    Parameters
    ----------
    layout : Layout
        The data directory.
    act : callable
        Performs a request and returns in a few words what was done, or raises `NeuroPoseError`.
    """
    names = (name for name in os.listdir(layout.requests) if name.endswith(_REQUEST))  # noqa: PTH208
    for path in [layout.requests / name for name in sorted(names)]:
        try:
            is_stale = time.time() - path.stat().st_mtime > _STALE_S
            request = parse(read_bytes(path), _REQUESTS, "")
            path.unlink()  # before performing it, so that nothing is done twice
            if is_stale:  # nobody waits for the answer any more
                continue
        except FileFormatError:
            path.unlink(missing_ok=True)
            continue
        except OSError:  # withdrawn
            continue
        try:
            answer = Answer(done=act(request))
        except NeuroPoseError as error:
            refused = isinstance(error, JobError)
            answer = Answer(error=error.message, hint=error.hint, is_refused=refused)
        with suppress(OutputError):
            write_atomically(
                path.with_name(path.name.replace(_REQUEST, _ANSWER)), [to_json(answer)]
            )


def clear_answers(layout: Layout) -> None:
    """Remove answers that nobody has read; only for a process that has just taken the lock.

    Parameters
    ----------
    layout : Layout
        The data directory.
    """
    for path in layout.requests.glob(f"*{_ANSWER}"):
        with suppress(OSError):
            path.unlink()


def act_on(lifecycle: Lifecycle, request: Request) -> str:
    """Perform a request on a job that is not being processed.

    Parameters
    ----------
    lifecycle : Lifecycle
        Moves the job.
    request : Request
        The request.

    Returns
    -------
    str
        What was done, in a few words.

    Raises
    ------
    JobError
        If the action does not apply to the job.
    OutputError
        If something cannot be moved.
    """
    if request.action is Action.ACCEPT:
        return lifecycle.accept(request.job, request.without)
    acts = {
        Action.RETRY: lifecycle.retry,
        Action.RERUN: lifecycle.rerun,
        Action.CANCEL: lifecycle.cancel,
        Action.REMOVE: lifecycle.remove,
    }
    return acts[request.action](request.job)


def _do_alone(request: Request, layout: Layout, most_interruptions: int) -> str:
    with hold_lock(layout):
        store = Store(layout, time.monotonic)
        lifecycle = Lifecycle(layout, store, most_interruptions=most_interruptions)
        lifecycle.recover()
        done = act_on(lifecycle, request)
        lifecycle.flush()
        return done


def _wait_for(
    answer_path: Path, within_s: float, layout: Layout, *, is_taken: bool = False
) -> Answer | None:
    """Return the answer; None if there is none in time, or nobody is left to give it."""
    until_s = time.monotonic() + within_s
    while time.monotonic() < until_s:
        is_last = is_taken and not is_held(layout)  # before the look: it answers, then ends
        if answer_path.exists():
            answer = parse(read_bytes(answer_path), _ANSWERS, "")
            answer_path.unlink()
            return answer
        if is_last:
            break
        time.sleep(_POLL_S)
    return None


def _withdraw(path: Path) -> bool:
    """Return whether a request could be withdrawn; otherwise it has been taken."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def _owner(layout: Layout) -> str:
    return str(lock_owner(layout) or "process unknown")


def _take(answer: Answer) -> str:
    if answer.error is None:
        return str(answer.done)
    kind = JobError if answer.is_refused else OutputError
    raise kind(answer.error, hint=answer.hint)
