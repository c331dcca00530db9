"""The steps of a session for one movement, of which a later attempt does only what is missing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from neuropose.checksums import sha256_of
from neuropose.data import Report, StepOutcome
from neuropose.errors import Caller, CancelledError, JobError, OutputError, told_to
from neuropose.interfacer.engines.writing import writing_job
from neuropose.interfacer.entries import failed_step
from neuropose.interfacer.layout import KEPT_NAME
from neuropose.study.contract.pipeline import Source
from neuropose.study.contract.session import Session
from neuropose.study.trial.recordings import Recording

if TYPE_CHECKING:
    from neuropose.export import Content, Exporter
    from neuropose.page import Played

_EXPORTING = "exporting"


class StepRunner:
    """Does single steps in the working folder of a job; one that fails harms nothing else.

    Parameters
    ----------
    work : Path
        The working folder.
    report : callable
        Called with a line, without names, that is worth knowing later.
    cancel : callable
        Called between steps; returns True to stop.
    tell : callable, optional
        Called with the name of each step that is begun.
    """

    def __init__(
        self,
        work: Path,
        *,
        report: Callable[[str], None],
        cancel: Callable[[], bool],
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self.work = work
        self.kept = work / KEPT_NAME
        self._report = report
        self._cancel = cancel
        self._tell = tell

    def attempt(self, key: str, step: str, work: Callable[[], None]) -> StepOutcome:
        """Do one step, and say what became of it.

        Parameters
        ----------
        key : str
            What the recording is called in the log: ``video_01``.
        step : str
            What the step is called.
        work : callable
            Does it.

        Returns
        -------
        StepOutcome

        Raises
        ------
        CancelledError
            If `cancel` returned True.
        OutputError
            If something cannot be written.
        """
        self.go_on()
        if self._tell is not None:
            self._tell(step)
        try:
            with told_to(Caller.PIPELINE_FILE):  # a session has the words of one
                work()
        except (CancelledError, OutputError):
            raise
        except Exception as error:
            self._report(f"{key.replace('_', ' ')}: {step} failed: {type(error).__name__}")
            return failed_step(step, error)
        return StepOutcome(step=step)

    def go_on(self, *_: object) -> None:
        """Stop the work if it is cancelled.

        Parameters
        ----------
        *_ : object
            Whatever is told about the progress.

        Raises
        ------
        CancelledError
            If `cancel` returned True.
        """
        if self._cancel():
            raise CancelledError("the work was cancelled")

    def renew(self, key: str, origins: Iterable[Path], *hashes: str) -> None:
        """Forget what an earlier attempt made of other files than these.

        Parameters
        ----------
        key : str
            What the names of the results begin with.
        origins : iterable of Path
            The files that everything is made of.
        *hashes : str
            Of files that are not there any more.

        Raises
        ------
        OutputError
            If the working folder cannot be written.
        """
        now = " ".join([*map(sha256_of, origins), *hashes])
        stamp = self.work / f"{key}.of"
        with writing_job():
            if stamp.exists() and stamp.read_text(encoding="ascii") == now:
                return
            for made in self.kept.glob(f"{key}.*"):
                remove(made)
            stamp.write_text(now, encoding="ascii")


class MovementSteps:
    """The steps that every movement has: analyses, their pages, and exports.

    Parameters
    ----------
    runner : StepRunner
        Does them.
    session : Session
        What is asked for.
    key : str
        What the names of the results begin with.
    """

    def __init__(self, runner: StepRunner, session: Session, key: str) -> None:
        self._runner, self._session, self._key = runner, session, key
        self._reports: dict[str, Report] = {}

    def measured(self) -> Iterable[StepOutcome]:
        """Iterate over what becomes of each step, as it is done.

        Yields
        ------
        StepOutcome
        """
        for task in self._session.tasks:
            yield self._attempt(f"{task} analysis", partial(self._analyse, task))
            if task in self._reports:
                yield self._attempt(f"{task} page", partial(self._page, task))
        for name in self._session.exports:
            yield self._attempt(f"{name} export", partial(self._export, name))

    def _attempt(self, step: str, work: Callable[[], None]) -> StepOutcome:
        return self._runner.attempt(self._key, step, work)

    def _place(self, name: str) -> Path:
        return self._runner.kept / f"{self._key}.{name}"

    def _read(self) -> Recording:
        raise NotImplementedError

    def _source(self) -> Source:
        raise NotImplementedError

    def _played(self) -> Played:
        raise NotImplementedError

    def _content(self, exporter: Exporter) -> Content:
        raise NotImplementedError

    def _analyse(self, task: str) -> None:
        from neuropose.analyzer.tasks.registry import find_task
        from neuropose.io import load_report, save_report
        from neuropose.study.trial.task_report import task_report

        out = self._place(f"{task}.json")
        if out.exists():
            self._reports[task] = load_report(out)
            return
        chosen = find_task(task)
        how = chosen.settings_class().model_validate(self._session.task_settings(task))
        report = task_report(chosen, self._read(), self._source(), how)
        save_report(out, report)
        self._reports[task] = report

    def _page(self, task: str) -> None:
        from neuropose.page import write_page

        out = self._place(f"{task}.html")
        if out.exists():
            return
        write_page(
            out,
            self._reports[task],
            self._played(),
            code=self._session.code,
            date=self._session.date,
            progress=self._runner.go_on,
        )

    def _export(self, name: str) -> None:
        from neuropose.export import Content, ExportOptions, Kind, find_exporter

        exporter = find_exporter(name)
        out = self._runner.kept / export_name(self._key, exporter)
        if out.exists():
            return
        of_reports = set(exporter.takes) == {Kind.REPORTS}
        content = Content(reports=self._reports) if of_reports else self._content(exporter)
        unfinished = self._runner.work / _EXPORTING
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        try:
            exporter.export(content, unfinished / out.name, ExportOptions())
        except OutputError as error:
            if isinstance(error.__cause__, OSError):  # a full disk, say: later it may work
                raise
            raise JobError(error.message, hint=error.hint) from error
        for made in sorted(unfinished.iterdir(), key=lambda path: path.name == out.name):
            replace(made, out.with_name(made.name))  # what shows that all is done comes last

    def _first_report(self) -> Report | None:
        return next(iter(self._reports.values()), None)


def export_name(key: str, exporter: Exporter) -> str:
    """Return the name of the file or folder that an export makes.

    Parameters
    ----------
    key : str
        What the names of the results begin with.
    exporter : Exporter
        The format.

    Returns
    -------
    str
    """
    return f"{key}{exporter.suffix}" if exporter.suffix else f"{key}.{exporter.name}"


def replace(made: Path, place: Path) -> None:
    """Move a file or folder to where another of its name may be.

    Parameters
    ----------
    made : Path
        What is moved.
    place : Path
        Where to.

    Raises
    ------
    OSError
        If it cannot be moved.
    """
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    made.replace(place)


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it, if it is there.

    Parameters
    ----------
    path : Path
        What is removed.

    Raises
    ------
    OSError
        If it cannot be removed.
    """
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
