"""What a session asks for of each recording of a job, beside the poses: step by step."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from neuropose._version import __version__
from neuropose.checksums import sha256_of
from neuropose.data import InputFile, MarkersOutcome, StepOutcome, VideoPredictions
from neuropose.data.jobs import CAMERAS, markers_key, video_key
from neuropose.export import find_exporter
from neuropose.interfacer.engines.given import session_of, videos_alone
from neuropose.interfacer.engines.marker_steps import markers_outcome
from neuropose.interfacer.engines.reconstruction import Fit, fit_subject
from neuropose.interfacer.engines.steps import StepRunner, export_name
from neuropose.interfacer.engines.video_steps import CameraSteps, VideoSteps
from neuropose.interfacer.engines.writing import writing_job
from neuropose.interfacer.entries import failed_step
from neuropose.interfacer.layout import RIG_NAME, SESSION_NAME, given_file, readable
from neuropose.io.reconstruction_file import SUFFIX
from neuropose.study.contract.session import Session

_STAMP = "session"


class SessionSteps:
    """Carries out a session for each recording of a job; what goes wrong harms no predictions.

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
    tell : callable, optional
        Called with the name of each step that is begun.
    default : Session, optional
        What is asked for if the job has no session of its own.
    fits_markers : bool
        Whether a body is fitted to markers if the session leaves it open.
    """

    def __init__(
        self,
        folder: Path,
        work: Path,
        *,
        report: Callable[[str], None],
        cancel: Callable[[], bool],
        tell: Callable[[str], None] | None = None,
        default: Session | None = None,
        fits_markers: bool = False,
    ) -> None:
        self._file = given_file(folder, SESSION_NAME)
        self._rig = given_file(folder, RIG_NAME)
        self._work = work
        self._runner = StepRunner(work, report=report, cancel=cancel, tell=tell)
        self._report = report
        self._default = default
        self._fits_markers = fits_markers
        self._results: InputFile | None = None
        self._session: Session | None = None
        self._error: Exception | None = None
        self._alone: frozenset[int] = frozenset()

    def read(self, videos: Sequence[str] = ()) -> None:
        """Read the session; what is wrong with it is what every recording's step says.

        Parameters
        ----------
        videos : sequence of str
            Names of the job's videos, which say which camera each is from if there is a rig.
        """
        self._alone = self._without_camera([readable(name) for name in videos])
        if not self._file.is_file():
            self._session = self._default
            return
        try:
            self._session = session_of(self._file, SESSION_NAME)
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
        said += f" {self._fits_markers}"
        if self._together:
            said += self._rig.read_text(encoding="utf-8", errors="replace")
            said += f" {sorted(self._alone)}"
        stamp = hashlib.sha256(f"{__version__} {said}".encode()).hexdigest()
        file = self._work / _STAMP
        with writing_job():
            known = file.read_text(encoding="ascii") if file.exists() else stamp
            if known != stamp:
                shutil.rmtree(self._runner.kept, ignore_errors=True)
                for path in self._work.glob(f"*{SUFFIX}"):  # may be of another person or height
                    path.unlink()
            file.write_text(stamp, encoding="ascii")
            self._runner.kept.mkdir(exist_ok=True)

    @property
    def _together(self) -> bool:
        """Whether the videos are those of several cameras."""
        return self._rig.is_file()

    def _without_camera(self, videos: Sequence[str]) -> frozenset[int]:
        """Return the numbers of the videos beside those of several cameras."""
        if not self._together:
            return frozenset()
        try:
            alone = videos_alone(self._rig, videos, RIG_NAME)
        except Exception:  # the reconstruction fails by it, and says so
            return frozenset()
        return frozenset(number for number, name in enumerate(videos, start=1) if name in alone)

    def is_alone(self, number: int) -> bool:
        """Return whether a video is a movement of its own.

        Parameters
        ----------
        number : int
            Of the video, from 1.

        Returns
        -------
        bool
            False if several cameras saw the movement, and the video is of one of them.
        """
        return not self._together or number in self._alone

    def warnings(self, number: int) -> tuple[str, ...]:
        """Return what is to be known about how a video is measured.

        Parameters
        ----------
        number : int
            Of the video, from 1.

        Returns
        -------
        tuple of str
        """
        if number not in self._alone:
            return ()
        key = video_key(number)  # the log has the warning, and no names of files
        return (f"the name of {key} has no camera of {RIG_NAME} in it, so it is measured alone",)

    def fit(self, fit: Fit | None) -> Fit | None:
        """Return what fits a body to the session's person.

        Parameters
        ----------
        fit : callable or None
            What the daemon fits bodies with.

        Returns
        -------
        callable or None
            None: no video is reconstructed on its own. Otherwise, only those that are `is_alone`.
        """
        session = self._session
        if self._together and not self._alone:
            return None
        if session is None or fit is not fit_subject:
            return fit
        return partial(
            fit_subject, subject=session.subject, height_mm=session.height_mm, up=session.up
        )

    def names(self, videos: int, marker_files: int) -> list[str]:
        """Return the names of the files and folders that are made.

        Parameters
        ----------
        videos, marker_files : int
            How many there are of each.

        Returns
        -------
        list of str
        """
        whole = [f"{CAMERAS}{SUFFIX}"] if self._together else []
        keys = [video_key(number) for number in range(1, videos + 1)]
        alone = [video_key(number) for number in range(1, videos + 1) if self.is_alone(number)]
        measured = [CAMERAS] if self._together else []
        measured = measured + alone + [markers_key(number) for number in range(1, marker_files + 1)]
        session = self._session
        if session is None:
            return whole
        made = [
            f"{key}.{task}.{suffix}"
            for key in measured
            for task in session.tasks
            for suffix in ("json", "html")
        ]
        made += [
            export_name(key, find_exporter(name)) for key in measured for name in session.exports
        ]
        bodies = [f"{markers_key(number)}{SUFFIX}" for number in range(1, marker_files + 1)]
        pictures = ("overlay.mp4", "sheet.png") if session.overlay else ()
        drawn = [f"{key}.{name}" for key in keys for name in pictures]
        return whole + made + bodies + drawn

    def are_of(self, results: Path) -> None:
        """Take the job's results for what the reports are of.

        Parameters
        ----------
        results : Path
            The file, as it will lie in the job's folder.
        """
        self._results = InputFile(kind="job_results", sha256=sha256_of(results))

    def carry_out(
        self,
        number: int,
        video: Path,
        predictions: VideoPredictions,
        corrected: InputFile | None = None,
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
        corrected : InputFile, optional
            The file of the predictions, if they are not those of the job's results.

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
            return (failed_step(SESSION_NAME, self._error),)
        session = self._session
        if session is None:
            return ()
        steps = VideoSteps(
            self._runner, session, number, video, predictions, corrected or self._results
        )
        return tuple(steps.all() if self.is_alone(number) else steps.drawn())

    def carry_out_together(self, videos: Mapping[str, VideoPredictions]) -> tuple[StepOutcome, ...]:
        """Measure what several cameras saw, if the job has a rig.

        Parameters
        ----------
        videos : mapping of str to VideoPredictions
            Of each video, by its name.

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
        return tuple(CameraSteps(self._runner, self._session, self._rig, videos).all())

    def carry_out_markers(self, number: int, file: Path) -> MarkersOutcome:
        """Read a marker file, and do what the session asks for.

        Parameters
        ----------
        number : int
            Of the marker file, from 1.
        file : Path
            C3D or TRC.

        Returns
        -------
        MarkersOutcome

        Raises
        ------
        NeuroPoseError
            As `markers_outcome`.
        """
        found = markers_outcome(
            self._runner, self._session, number, file, fits_body=self._fits_markers
        )
        if self._error is None:
            return found
        step = failed_step(SESSION_NAME, self._error)
        return found.model_copy(update={"warnings": (), "steps": (step,)})
