"""What every command needs: settings, output, progress, and errors turned into exit codes."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from neuropose.errors import Caller, NeuroPoseError, told_to

if TYPE_CHECKING:
    from neuropose.assets import Artefact
    from neuropose.config import Settings

BUG = 1
WRONG_COMMAND_LINE = 2
DECLINED = 16
INTERRUPTED = 130
BROKEN_PIPE = 141
_PLAIN_PROGRESS_SECONDS = 10.0
_GLOBAL_OPTIONS = {"--config": "--config FILE", "--debug": "--debug", "--version": "--version"}

_json_written: ContextVar[bool] = ContextVar("json_written", default=False)
"""Whether a result for machines has been written: a second one would make it invalid."""

FitProgress = Callable[[float], None]
"""Called with the share that is done, 0 to 1."""
FrameProgress = Callable[[int, int | None], None]
"""Called with the frames done and, if known, the frames in all."""


@dataclass
class Session:
    """The global options, as given.

    Parameters
    ----------
    config : Path, optional
        Settings file.
    debug : bool
        Whether errors show their traceback.
    artefacts : mapping of str to Artefact, optional
        Default: those that NeuroPose pins.
    """

    config: Path | None = None
    debug: bool = False
    artefacts: Mapping[str, Artefact] | None = None

    def pinned(self) -> Mapping[str, Artefact]:
        """Return the artefacts that the commands know.

        Returns
        -------
        mapping of str to Artefact
        """
        from neuropose.assets import ARTEFACTS

        return ARTEFACTS if self.artefacts is None else self.artefacts

    def settings(self) -> Settings:
        """Load the settings.

        Returns
        -------
        Settings

        Raises
        ------
        ConfigError
            If they cannot be.
        """
        from neuropose.config import Settings

        return Settings.load(self.config)


class WholeSentences(TyperGroup):
    """A group whose help has the first sentence of every command, wrapped and not cut."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands.

        Parameters
        ----------
        ctx : click.Context
            Context of the group.
        formatter : click.HelpFormatter
            Where it is written.
        """
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [
            (name, _first_sentence(command.help or ""))
            for name, command in commands
            if command is not None and not command.hidden
        ]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


def _first_sentence(text: str) -> str:
    paragraph = " ".join(text.split("\n\n")[0].split())
    return re.split(r"(?<=\.)\s(?=[A-Z])", paragraph)[0]


def session(context: typer.Context) -> Session:
    """Return the session that a command runs in.

    Parameters
    ----------
    context : typer.Context
        What typer hands to the command.

    Returns
    -------
    Session
    """
    return context.ensure_object(Session)


def run(app: typer.Typer, arguments: Sequence[str], state: Session | None = None) -> int:
    """Run a command line; whatever happens becomes an exit code.

    Parameters
    ----------
    app : typer.Typer
        The commands.
    arguments : sequence of str
        Without the name of the program.
    state : Session, optional
        What the commands start from; the global options are written into it.

    Returns
    -------
    int
        As documented in ``docs/reference/exit-codes.md``.
    """
    state = Session() if state is None else state
    command = typer.main.get_command(app)
    as_json = "--json" in arguments
    written = _json_written.set(False)
    try:
        with warnings.catch_warnings(), told_to(Caller.COMMAND_LINE):
            warnings.showwarning = _show_warning
            result = command.main(
                list(arguments), prog_name="neuropose", standalone_mode=False, obj=state
            )
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        note("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        return _broken_pipe()
    except SystemExit as stop:
        # This is how typer ends a command that nobody listens to any more.
        if isinstance(stop.__context__, BrokenPipeError):
            return _broken_pipe()
        return stop.code if isinstance(stop.code, int) else BUG
    except Exception as error:
        return show_error(error, debug=state.debug, as_json=as_json)
    finally:
        _json_written.reset(written)
    if result == INTERRUPTED:  # newer versions of typer catch Ctrl-C themselves
        note("interrupted")
    return result if isinstance(result, int) else 0


def show_error(error: Exception, *, debug: bool, as_json: bool = False) -> int:
    """Say on stderr what happened and what to do about it.

    Parameters
    ----------
    error : Exception
        Of NeuroPose, of the command-line parser, or unexpected.
    debug : bool
        Show the traceback too.
    as_json : bool
        Say it on stdout for a machine too, unless a result has been written there.

    Returns
    -------
    int
        The exit code that belongs to it.
    """
    if debug:
        note("".join(traceback.format_exception(error)).rstrip())
    if isinstance(error, NeuroPoseError):
        what, hint, code = error.message, error.hint, error.exit_code
    elif hasattr(error, "format_message"):  # the parser's own errors
        what, hint, code = error.format_message(), _usage_hint(error), WRONG_COMMAND_LINE
    else:
        what = f"unexpected {type(error).__name__}: {error}"
        hint = "this is a bug in NeuroPose: please report it with what --debug shows"
        code = BUG
    note(f"error: {_one_line(what)}")
    if hint:
        note(f"hint: {_one_line(hint)}")
    if as_json and not _json_written.get():
        said = {"type": type(error).__name__, "message": _one_line(what), "hint": hint or None}
        write_json({"error": said | {"exit_code": code}})
    return code


def write(line: str) -> None:
    """Write a line of the result to stdout.

    Parameters
    ----------
    line : str
        Without the line end.
    """
    typer.echo(line)


def terminal_width() -> int | None:
    """Return the width of the terminal that the result is written to.

    Returns
    -------
    int or None
        Characters a line. None: it is a file or another program, where lines may be long.
    """
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def write_json(value: Any) -> None:
    """Write the result to stdout for a machine.

    Parameters
    ----------
    value : object
        Of what JSON can hold; NaN is refused.
    """
    _json_written.set(True)
    write(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def note(line: str) -> None:
    """Write a line for a person to stderr.

    Parameters
    ----------
    line : str
        Without the line end.
    """
    typer.echo(line, err=True)


def confirm(question: str) -> None:
    """Ask a question on stderr, and end the command unless the answer is yes.

    Parameters
    ----------
    question : str
        Without the question mark.

    Raises
    ------
    typer.Exit
        With its own exit code, if the answer is no.
    typer.Abort
        If there is no answer: Ctrl-C, or no input.
    """
    if not typer.confirm(question, err=True):
        note("nothing was changed")
        raise typer.Exit(DECLINED)


@contextmanager
def reporting() -> Iterator[Callable[[str], None]]:
    """Tell, line by line, what takes long: beside a spinner on a terminal, plainly elsewhere.

    Yields
    ------
    callable
        To be called with one line of text.
    """
    if not sys.stderr.isatty():
        yield note
        return
    from rich.console import Console

    console = Console(stderr=True)
    with console.status("working"):
        yield partial(console.print, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def trial_progress(*, clock: Callable[[], float] = time.monotonic) -> Iterator[FrameProgress]:
    """Show how many trials of a cohort are done, as `frame_progress` does of frames.

    Parameters
    ----------
    clock : callable
        Seconds, monotonic.

    Yields
    ------
    callable
        To be called with the trials done and the trials in all.
    """
    with frame_progress("cohort", clock=clock, unit="trials") as show:
        yield show


@contextmanager
def fit_progress(
    label: str, *, clock: Callable[[], float] = time.monotonic
) -> Iterator[FitProgress]:
    """Show how far the fit of a body is, as `frame_progress` does of frames.

    Parameters
    ----------
    label : str
        What is being fitted.
    clock : callable
        Seconds, monotonic.

    Yields
    ------
    callable
        To be called with the share that is done, 0 to 1.
    """
    with frame_progress(f"{label}: body", clock=clock, unit="%") as show:
        yield lambda share: show(round(100.0 * share), 100)


@contextmanager
def frame_progress(
    label: str, *, clock: Callable[[], float] = time.monotonic, unit: str = "frames"
) -> Iterator[FrameProgress]:
    """Show how many frames are done: a bar on a terminal, a line now and then elsewhere.

    Parameters
    ----------
    label : str
        What is being done.
    clock : callable
        Seconds, monotonic.
    unit : str
        What is counted, if it is no frames.

    Yields
    ------
    callable
        To be called with the frames done and the frames in all (None: not known).
    """
    if not sys.stderr.isatty():
        yield _plain_progress(label, clock, unit)
        return
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn(f"{unit}, {{task.fields[rate]:.1f}}/s,"),
        progress.TimeRemainingColumn(compact=True),
        progress.TextColumn("left"),
    )
    start = clock()
    with progress.Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(label, total=None, rate=0.0)

        def show(done: int, total: int | None) -> None:
            elapsed = clock() - start
            bar.update(task, completed=done, total=total, rate=done / elapsed if elapsed else 0.0)

        yield show


def _plain_progress(label: str, clock: Callable[[], float], unit: str) -> FrameProgress:
    start = last = clock()

    def show(done: int, total: int | None) -> None:
        nonlocal last
        now = clock()
        if now - last < _PLAIN_PROGRESS_SECONDS:
            return
        last = now
        rate = done / (now - start)
        of_all = f" of {total}" if total is not None else ""
        left = f", {(total - done) / rate:.0f} s left" if total is not None and rate else ""
        note(f"{label}: {done}{of_all} {unit}, {rate:.1f} {unit}/s{left}")

    return show


def _usage_hint(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    if context is None:
        return "neuropose --help"
    option = getattr(error, "option_name", None)
    if context.parent is not None and option in _GLOBAL_OPTIONS:
        verb = context.command_path.removeprefix("neuropose ")
        return f"it goes before the command: neuropose {_GLOBAL_OPTIONS[option]} {verb} ..."
    return f"{context.command_path} --help"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    note(f"warning: {_one_line(str(message))}")


def _broken_pipe() -> int:
    # Python flushes stdout once more as it ends, and would complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
    return BROKEN_PIPE
