"""The steps of what one video shows, or several cameras at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from neuropose.checksums import sha256_of
from neuropose.data import InputFile, StepOutcome, VideoPredictions
from neuropose.data.corrections import names_subject
from neuropose.data.jobs import CAMERAS, video_key
from neuropose.errors import NeuroPoseError
from neuropose.interfacer.engines.steps import MovementSteps, StepRunner
from neuropose.interfacer.layout import reconstruction_name
from neuropose.io import load_reconstruction
from neuropose.io.reconstruction_file import SUFFIX
from neuropose.study.contract.pipeline import ANY_SUBJECT, Source
from neuropose.study.contract.session import Session
from neuropose.study.trial.recordings import Recording, read_recording, recording_of

if TYPE_CHECKING:
    from neuropose.export import Content, Exporter
    from neuropose.page import Played
    from neuropose.viz import Measured


class VideoSteps(MovementSteps):
    """The steps of one video.

    Parameters
    ----------
    runner : StepRunner
        Does them.
    session : Session
        What is asked for.
    number : int
        Of the video, from 1.
    video : Path
        The video.
    predictions : VideoPredictions
        Of the video, which are in the working folder too.
    results : InputFile or None
        The results of the job, which its reports are of: then a reader may correct them. None:
        there are none, as another video failed.
    """

    def __init__(
        self,
        runner: StepRunner,
        session: Session,
        number: int,
        video: Path,
        predictions: VideoPredictions,
        results: InputFile | None,
    ) -> None:
        if names_subject(predictions.provenance):
            session = session.model_copy(update={"subject": ANY_SUBJECT})
        super().__init__(runner, session, video_key(number))
        self._body = runner.work / reconstruction_name(number)
        file = runner.work / f"{video_key(number)}.json"
        self._files = [file, *([self._body] if self._body.exists() else [])]
        self._origin = results or InputFile(kind="predictions", sha256=sha256_of(file))
        self._video, self._predictions = video, predictions
        self._recording: Recording | None = None
        self._is_measured = False

    def all(self) -> Iterable[StepOutcome]:
        """Iterate over what becomes of each step, as it is done.

        Yields
        ------
        StepOutcome
        """
        self._is_measured = True
        self._runner.renew(self._key, self._files, self._origin.sha256)
        yield from self.measured()
        yield from self._drawn()

    def drawn(self) -> Iterable[StepOutcome]:
        """Iterate over those steps that are not measurements.

        Yields
        ------
        StepOutcome
        """
        self._runner.renew(self._key, self._files)
        yield from self._drawn()

    def _drawn(self) -> Iterable[StepOutcome]:
        if self._session.overlay:
            yield self._attempt("overlay", self._overlay)
            yield self._attempt("contact sheet", self._sheet)

    def _read(self) -> Recording:
        if self._recording is None:
            self._recording = recording_of(
                self._predictions,
                self._origin,
                self._session.subject,
                up=self._session.up,
                video=self._key if self._origin.kind == "job_results" else None,
                reconstruction=load_reconstruction(self._body) if self._body.exists() else None,
            )
        return self._recording

    def _source(self) -> Source:
        said = self._session
        return Source(file=self._video, subject=said.subject, height_mm=said.height_mm, up=said.up)

    def _played(self) -> Played:
        from neuropose.page import Played

        recording = self._read()
        body = recording.reconstruction
        video = self._video if self._session.video else None
        exchanges = () if body is None else body.exchanges
        return Played(recording.sequence, exchanges, self._predictions, video)

    def _content(self, exporter: Exporter) -> Content:
        from neuropose.export import Kind, Part, content_of

        body, report = self._read().reconstruction, self._first_report()
        holds_everybody = Kind.PEOPLE in exporter.takes
        if body is not None and not holds_everybody:
            return content_of(body, report=report)  # what the pages are of
        return content_of(
            self._predictions,
            report=report,
            subject=None if holds_everybody else self._session.subject,
            vertical=self._session.up,
            angles=Part.ANGLES in exporter.holds,
        )

    def _overlay(self) -> None:
        from neuropose.viz import write_overlay

        out = self._place("overlay.mp4")
        most = self._session.overlay_px
        if not out.exists():
            write_overlay(
                self._video,
                self._predictions,
                out,
                progress=self._runner.go_on,
                measured=self._measured(),
                longer_side_px=None if most == "original" else most,
            )

    def _sheet(self) -> None:
        from neuropose.viz import write_contact_sheet

        out = self._place("sheet.png")
        if not out.exists():
            write_contact_sheet(self._video, self._predictions, out, measured=self._measured())

    def _measured(self) -> Measured | None:
        """Return who was measured; None of a job of several cameras, or if nobody was."""
        from neuropose.viz import Measured

        if not self._is_measured:
            return None
        try:
            recording = self._read()
        except NeuroPoseError:  # the analysis has said so
            return None
        body = recording.reconstruction
        exchanges = () if body is None else body.exchanges
        return Measured.of(recording.sequence, exchanges, self._first_report())


class CameraSteps(MovementSteps):
    """The steps of what several cameras saw at once.

    Parameters
    ----------
    runner : StepRunner
        Does them.
    session : Session or None
        What is asked for. None: only the reconstruction.
    rig : Path
        File that says where the cameras are.
    videos : mapping of str to VideoPredictions
        Of each video, by its name; one that has no camera's in it is not used.
    """

    def __init__(
        self,
        runner: StepRunner,
        session: Session | None,
        rig: Path,
        videos: Mapping[str, VideoPredictions],
    ) -> None:
        super().__init__(runner, session or Session(tasks=("gait",)), CAMERAS)
        self._rig, self._videos = rig, videos
        self._measures = session is not None
        self._body = runner.kept / f"{CAMERAS}{SUFFIX}"

    def all(self) -> Iterable[StepOutcome]:
        """Iterate over what becomes of each step, as it is done.

        Yields
        ------
        StepOutcome
        """
        found = sorted(self._runner.work.glob("video_*.json"))
        self._runner.renew(self._key, [self._rig, *found])
        fitted = self._attempt(f"{CAMERAS} reconstruction", self._reconstruct)
        yield fitted
        if self._measures and fitted.error is None:
            yield from self.measured()

    def _attempt(self, step: str, work: Callable[[], None]) -> StepOutcome:
        return super()._attempt(step if step.startswith(CAMERAS) else f"{CAMERAS} {step}", work)

    def _reconstruct(self) -> None:
        from neuropose.body import reconstruct_cameras
        from neuropose.io import load_rig, save_reconstruction
        from neuropose.multiview.names import cameras_of

        if self._body.exists():
            return
        rig = load_rig(self._rig)
        cameras = cameras_of(self._videos, rig.names)
        seen = {camera: self._videos[name] for name, camera in cameras.items()}
        found = reconstruct_cameras(
            seen,
            rig,
            self._session.person - 1,
            height_mm=self._session.height_mm,
            on_progress=self._runner.go_on,
        )
        save_reconstruction(self._body, found)

    def _read(self) -> Recording:
        return read_recording(Source(file=self._body))

    def _source(self) -> Source:
        subject, height_mm = self._session.subject, self._session.height_mm
        return Source(file=self._body, subject=subject, height_mm=height_mm)

    def _played(self) -> Played:
        from neuropose.page import Played

        recording = self._read()
        body = recording.reconstruction
        return Played(recording.sequence, () if body is None else body.exchanges)

    def _content(self, exporter: Exporter) -> Content:
        from neuropose.export import content_of

        del exporter  # a body is all that there is
        return content_of(self._read().reconstruction, report=self._first_report())
