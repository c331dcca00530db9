"""What a ``session.yaml`` asks for beside the poses: analyses, pages, an overlay, step by step."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from neuropose._version import __version__
from neuropose.data import Report, StepOutcome, VideoPredictions
from neuropose.data.jobs import video_key
from neuropose.errors import CancelledError, MultiviewError, OutputError
from neuropose.interfacer.engines.reconstruction import Fit, fit_subject
from neuropose.interfacer.entries import describe
from neuropose.interfacer.layout import (
    CAMERAS,
    KEPT_NAME,
    RIG_NAME,
    SESSION_NAME,
    reconstruction_name,
)
from neuropose.io.reconstruction_file import SUFFIX
from neuropose.study.contract.session import Session
from neuropose.study.trial.recordings import Recording

if TYPE_CHECKING:
    from neuropose.page import Played

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
        self._rig = folder / RIG_NAME
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
        if self._together:
            said += self._rig.read_text(encoding="utf-8", errors="replace")
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

    @property
    def _together(self) -> bool:
        """Whether the videos are those of several cameras."""
        return self._rig.is_file()

    def fit(self, fit: Fit | None) -> Fit | None:
        """Return what fits a body to the session's person.

        Parameters
        ----------
        fit : callable or None
            What the daemon fits bodies with.

        Returns
        -------
        callable or None
            None: no video is reconstructed on its own.
        """
        session = self._session
        if self._together:
            return None
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
            return [f"{CAMERAS}{SUFFIX}"] if self._together else []
        made = [f"{task}.{suffix}" for task in self._session.tasks for suffix in ("json", "html")]
        drawn = ["overlay.mp4"] if self._session.overlay else []
        if self._together:
            each, whole = drawn, [f"{CAMERAS}.{name}" for name in made]
        else:
            each, whole = made + drawn, []
        return whole + [f"{video_key(number)}.{name}" for number in numbers for name in each]

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
        steps = _VideoSteps(self, session, number, video, predictions)
        return tuple(steps.drawn() if self._together else steps.all())

    def carry_out_together(self, videos: Mapping[str, VideoPredictions]) -> tuple[StepOutcome, ...]:
        """Measure what several cameras saw, if the job has a rig.

        Parameters
        ----------
        videos : mapping of str to VideoPredictions
            Of each video, by its name; that has its camera's in it.

        Returns
        -------
        tuple of StepOutcome
            Of each step, in order; none without a rig.

        Raises
        ------
        CancelledError
            If `cancel` returned True.
        OutputError
            If something cannot be written.
        """
        if not self._together or self._error is not None:
            return ()
        return tuple(_CameraSteps(self, self._session, self._rig, videos).all())

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


class _Steps:
    """The steps of one movement: analyses and their pages."""

    def __init__(self, of: SessionSteps, session: Session, key: str, number: int) -> None:
        self._of, self._session, self._key, self._number = of, session, key, number
        self._reports: dict[str, Report] = {}

    def measured(self) -> Iterable[StepOutcome]:
        for task in self._session.tasks:
            yield self._attempt(f"{task} analysis", partial(self._analyse, task))
            if task in self._reports:
                yield self._attempt(f"{task} page", partial(self._page, task))

    def _attempt(self, step: str, work: Callable[[], None]) -> StepOutcome:
        return self._of.attempt(self._number, step, work)

    def _place(self, name: str) -> Path:
        return self._of.place(f"{self._key}.{name}")

    def _read(self) -> Recording:
        raise NotImplementedError

    def _source(self) -> Path:
        raise NotImplementedError

    def _played(self) -> Played:
        raise NotImplementedError

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
            file=self._source(), subject=self._session.subject, height_mm=self._session.height_mm
        )
        report = task_report(chosen, self._read(), source, how)
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
            progress=self._of.go_on,
        )


class _VideoSteps(_Steps):
    """The steps of one video."""

    def __init__(
        self,
        of: SessionSteps,
        session: Session,
        number: int,
        video: Path,
        predictions: VideoPredictions,
    ) -> None:
        super().__init__(of, session, video_key(number), number)
        self._video, self._predictions = video, predictions
        self._recording: Recording | None = None

    def all(self) -> Iterable[StepOutcome]:
        yield from self.measured()
        yield from self.drawn()

    def drawn(self) -> Iterable[StepOutcome]:
        if self._session.overlay:
            yield self._attempt("overlay", self._overlay)

    def _read(self) -> Recording:
        if self._recording is None:
            self._recording = self._of.recording(self._session, self._number)
        return self._recording

    def _source(self) -> Path:
        return self._video

    def _played(self) -> Played:
        from neuropose.page import Played

        recording = self._read()
        body = recording.reconstruction
        video = self._video if self._session.video else None
        exchanges = () if body is None else body.exchanges
        return Played(recording.sequence, exchanges, self._predictions, video)

    def _overlay(self) -> None:
        from neuropose.viz import write_overlay

        out = self._place("overlay.mp4")
        if not out.exists():
            write_overlay(self._video, self._predictions, out, progress=self._of.go_on)


class _CameraSteps(_Steps):
    """The steps of what several cameras saw at once."""

    def __init__(
        self,
        of: SessionSteps,
        session: Session | None,
        rig: Path,
        videos: Mapping[str, VideoPredictions],
    ) -> None:
        super().__init__(of, session or Session(tasks=("gait",)), CAMERAS, 1)
        self._rig, self._videos = rig, videos
        self._measures = session is not None

    def all(self) -> Iterable[StepOutcome]:
        fitted = self._attempt(f"{CAMERAS} reconstruction", self._reconstruct)
        yield fitted
        if self._measures and fitted.error is None:
            yield from self.measured()

    def _attempt(self, step: str, work: Callable[[], None]) -> StepOutcome:
        return super()._attempt(step if step.startswith(CAMERAS) else f"{CAMERAS} {step}", work)

    @property
    def _body(self) -> Path:
        return self._of.place(f"{CAMERAS}{SUFFIX}")

    def _reconstruct(self) -> None:
        from neuropose.body import reconstruct_cameras
        from neuropose.io import load_rig, save_reconstruction
        from neuropose.multiview.names import camera_of

        if self._body.exists():
            return
        rig = load_rig(self._rig)
        seen: dict[str, VideoPredictions] = {}
        for name, predictions in self._videos.items():
            camera = camera_of(name, rig.names)
            if camera in seen:
                raise MultiviewError(
                    f"two videos are from camera {camera}",
                    hint="a job with a rig holds one video of each camera",
                )
            seen[camera] = predictions
        found = reconstruct_cameras(
            seen,
            rig,
            self._session.person - 1,
            height_mm=self._session.height_mm,
            on_progress=self._of.go_on,
        )
        save_reconstruction(self._body, found)

    def _read(self) -> Recording:
        from neuropose.study.contract.pipeline import Source
        from neuropose.study.trial.recordings import read_recording

        return read_recording(Source(file=self._body))

    def _source(self) -> Path:
        return self._body

    def _played(self) -> Played:
        from neuropose.page import Played

        recording = self._read()
        body = recording.reconstruction
        return Played(recording.sequence, () if body is None else body.exchanges)
