"""What a ``session.yaml`` asks for beside the poses: analyses, pages, an overlay, step by step."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from neuropose._version import __version__
from neuropose.data import Report, StepOutcome, VideoPredictions
from neuropose.data.jobs import video_key
from neuropose.errors import CancelledError, OutputError
from neuropose.interfacer.engines.reconstruction import Fit, fit_subject
from neuropose.interfacer.entries import describe
from neuropose.interfacer.layout import KEPT_NAME, SESSION_NAME, reconstruction_name
from neuropose.io.reconstruction_file import SUFFIX
from neuropose.study.contract.session import Session
from neuropose.study.trial.recordings import Recording

_STAMP = "session"


class SessionSteps:
    """Carries out a session for each video of a job; what goes wrong harms no predictions.

    Parameters
    ----------
    folder : Path
        Folder of the job.
    work : Path
        Its working folder, with predictions and reconstructions of the videos.
    report : callable
        Called with a line, without names, that is worth knowing later.
    cancel : callable
        Called between steps; returns True to stop.
    """

    def __init__(
        self,
        folder: Path,
        work: Path,
        *,
        report: Callable[[str], None],
        cancel: Callable[[], bool],
    ) -> None:
        self._file = folder / SESSION_NAME
        self._work = work
        self._kept = work / KEPT_NAME
        self._report = report
        self._cancel = cancel
        self._session: Session | None = None
        self._error: Exception | None = None

    def read(self) -> None:
        """Read the session; what is wrong with it is what every video's step says."""
        from neuropose.study.contract.loading import load_session

        if not self._file.is_file():
            return
        try:
            self._session = load_session(self._file)
        except Exception as error:
            self._error = error
            self._report(f"{SESSION_NAME} cannot be followed: {type(error).__name__}")

    def begin(self) -> None:
        """Forget what an earlier attempt made for another session.

        Raises
        ------
        OutputError
            If the working folder cannot be written.
        """
        said = "" if self._session is None else self._session.model_dump_json()
        stamp = hashlib.sha256(f"{__version__} {said}".encode()).hexdigest()
        file = self._work / _STAMP
        try:
            known = file.read_text(encoding="ascii") if file.exists() else stamp
            if known != stamp:
                shutil.rmtree(self._kept, ignore_errors=True)
                for path in self._work.glob(f"*{SUFFIX}"):  # may be of another person or height
                    path.unlink()
            file.write_text(stamp, encoding="ascii")
            self._kept.mkdir(exist_ok=True)
        except OSError as error:
            raise OutputError(f"the job's folder cannot be written: {error.strerror}") from error

    def fit(self, fit: Fit | None) -> Fit | None:
        """Return what fits a body to the session's person.

        Parameters
        ----------
        fit : callable or None
            What the daemon fits bodies with.

        Returns
        -------
        callable or None
        """
        session = self._session
        if session is None or fit is not fit_subject:
            return fit
        return partial(fit_subject, subject=session.subject, height_mm=session.height_mm)

    def names(self, numbers: Iterable[int]) -> list[str]:
        """Return the names of the files that are made.

        Parameters
        ----------
        numbers : iterable of int
            Of the videos, from 1.

        Returns
        -------
        list of str
        """
        if self._session is None:
            return []
        made = [f"{task}.{suffix}" for task in self._session.tasks for suffix in ("json", "html")]
        made += ["overlay.mp4"] if self._session.overlay else []
        return [f"{video_key(number)}.{name}" for number in numbers for name in made]

    def carry_out(
        self, number: int, video: Path, predictions: VideoPredictions
    ) -> tuple[StepOutcome, ...]:
        """Do what the session asks for, but for what an earlier attempt has done.

        Parameters
        ----------
        number : int
            Of the video, from 1.
        video : Path
            The video.
        predictions : VideoPredictions
            Of the video.

        Returns
        -------
        tuple of StepOutcome
            Of each step, in order; none without a session.

        Raises
        ------
        CancelledError
            If `cancel` returned True.
        OutputError
            If something cannot be written.
        """
        if self._error is not None:
            return (StepOutcome(step=SESSION_NAME, error=describe(self._error)),)
        session = self._session
        if session is None:
            return ()
        return tuple(_Video(self, session, number, video, predictions).steps())

    def attempt(self, number: int, step: str, work: Callable[[], None]) -> StepOutcome:
        """Do one step, and say what became of it.

        Parameters
        ----------
        number : int
            Of the video, from 1.
        step : str
            What it is called.
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
        if self._cancel():
            raise CancelledError("the work was cancelled")
        try:
            work()
        except (CancelledError, OutputError):
            raise
        except Exception as error:
            self._report(f"video {number:02d}: {step} failed: {type(error).__name__}")
            return StepOutcome(step=step, error=describe(error))
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
        """
        if self._cancel():
            raise CancelledError("the work was cancelled")

    def place(self, name: str) -> Path:
        """Return where a file is made that goes beside the results.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        Path
        """
        return self._kept / name

    def recording(self, session: Session, number: int) -> Recording:
        """Return the movement that is measured.

        Parameters
        ----------
        session : Session
            Whose movement.
        number : int
            Of the video, from 1.

        Returns
        -------
        Recording
        """
        from neuropose.study.contract.pipeline import Source
        from neuropose.study.trial.recordings import read_recording

        body = self._work / reconstruction_name(number)
        if body.exists():
            return read_recording(Source(file=body))
        source = Source.model_validate(
            {
                "file": self._work / f"{video_key(number)}.json",
                "subject": session.subject,
                "reconstruct": "off",
            }
        )
        return read_recording(source)


class _Video:
    """The steps of one video."""

    def __init__(
        self,
        of: SessionSteps,
        session: Session,
        number: int,
        video: Path,
        predictions: VideoPredictions,
    ) -> None:
        self._of, self._session, self._number = of, session, number
        self._video, self._predictions = video, predictions
        self._recording: Recording | None = None
        self._reports: dict[str, Report] = {}

    def steps(self) -> Iterable[StepOutcome]:
        for task in self._session.tasks:
            yield self._attempt(f"{task} analysis", partial(self._analyse, task))
            if task in self._reports:
                yield self._attempt(f"{task} page", partial(self._page, task))
        if self._session.overlay:
            yield self._attempt("overlay", self._overlay)

    def _attempt(self, step: str, work: Callable[[], None]) -> StepOutcome:
        return self._of.attempt(self._number, step, work)

    def _place(self, name: str) -> Path:
        return self._of.place(f"{video_key(self._number)}.{name}")

    def _read(self) -> Recording:
        if self._recording is None:
            self._recording = self._of.recording(self._session, self._number)
        return self._recording

    def _analyse(self, task: str) -> None:
        from neuropose.analyzer.tasks.registry import find_task
        from neuropose.io import load_report, save_report
        from neuropose.study.contract.pipeline import Source
        from neuropose.study.trial.task_report import task_report

        out = self._place(f"{task}.json")
        if out.exists():
            self._reports[task] = load_report(out)
            return
        chosen = find_task(task)
        how = chosen.settings_class().model_validate(self._session.task_settings(task))
        source = Source(
            file=self._video, subject=self._session.subject, height_mm=self._session.height_mm
        )
        report = task_report(chosen, self._read(), source, how)
        save_report(out, report)
        self._reports[task] = report

    def _page(self, task: str) -> None:
        from neuropose.page import Played, write_page

        out = self._place(f"{task}.html")
        if out.exists():
            return
        recording = self._read()
        body = recording.reconstruction
        video = self._video if self._session.video else None
        played = Played(
            recording.sequence, () if body is None else body.exchanges, self._predictions, video
        )
        write_page(
            out,
            self._reports[task],
            played,
            code=self._session.code,
            date=self._session.date,
            progress=self._of.go_on,
        )

    def _overlay(self) -> None:
        from neuropose.viz import write_overlay

        out = self._place("overlay.mp4")
        if not out.exists():
            write_overlay(self._video, self._predictions, out, progress=self._of.go_on)
