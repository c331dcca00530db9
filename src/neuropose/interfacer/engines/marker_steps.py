"""The steps of a marker file: it is read, perhaps fitted with a body, measured and exported."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from neuropose.data import (
    MarkerRecording,
    MarkersOutcome,
    Reconstruct,
    Reconstruction,
    StepOutcome,
)
from neuropose.data.jobs import markers_key
from neuropose.errors import SubjectError
from neuropose.interfacer.engines.steps import MovementSteps, StepRunner
from neuropose.io import read_c3d, read_trc, save_reconstruction
from neuropose.io.reconstruction_file import SUFFIX
from neuropose.study.contract.pipeline import ANY_SUBJECT, Selection, Source
from neuropose.study.contract.session import Session
from neuropose.study.trial.recordings import Recording, read_markers, read_recording

if TYPE_CHECKING:
    from neuropose.export import Content, Exporter
    from neuropose.page import Played

NOT_MEASURED = "nothing was measured: the job has no session.yaml that says what"


def markers_outcome(
    runner: StepRunner, session: Session | None, number: int, file: Path, *, fits_body: bool
) -> MarkersOutcome:
    """Read a marker file, and do what the session asks for.

    Parameters
    ----------
    runner : StepRunner
        Does the steps.
    session : Session or None
        What is asked for.
    number : int
        Of the marker file, from 1.
    file : Path
        C3D or TRC.
    fits_body : bool
        Whether a body is fitted if the session leaves it open.

    Returns
    -------
    MarkersOutcome

    Raises
    ------
    FileReadError, FileFormatError
        If the file is not what it should be.
    SubjectError
        If the session's subject is not in the file, or it says none and there are several.
    CancelledError
        If the work is cancelled.
    OutputError
        If something cannot be written.
    """
    selection = Selection() if session is None else session.marker_files
    found = _read_file(file, selection)
    outcome = MarkersOutcome(
        frames=len(found.time_s), markers=len(found.names), warnings=found.warnings
    )
    if session is None:
        return outcome.model_copy(update={"warnings": (*outcome.warnings, NOT_MEASURED)})
    if found.subjects and found.subject is None:
        raise SubjectError(
            f"it holds the markers of {len(found.subjects)} people: {', '.join(found.subjects)}",
            hint=f"say whom in session.yaml: marker_files: {{subject: {found.subjects[0]}}}",
        )
    fits = selection.reconstruct is Reconstruct.ON or (
        selection.reconstruct is Reconstruct.AUTO and fits_body
    )
    source = Source(
        **{
            **selection.model_dump(),
            "file": file,
            "reconstruct": Reconstruct.ON if fits else Reconstruct.OFF,
            "height_mm": selection.height_mm or session.height_mm,
        }
    )
    steps = MarkerSteps(runner, session, number, source, found)
    return outcome.model_copy(update={"steps": tuple(steps.all())})


class MarkerSteps(MovementSteps):
    """The steps of one marker file.

    Parameters
    ----------
    runner : StepRunner
        Does them.
    session : Session
        What is asked for.
    number : int
        Of the marker file, from 1.
    source : Source
        The file, and how it is read; ``reconstruct`` is ``on`` or ``off``.
    found : MarkerRecording
        The content of the file.
    """

    def __init__(
        self,
        runner: StepRunner,
        session: Session,
        number: int,
        source: Source,
        found: MarkerRecording,
    ) -> None:
        super().__init__(runner, session, markers_key(number))
        self._reading, self._found = source, found
        self._body = runner.kept / f"{self._key}{SUFFIX}"
        self._recording: Recording | None = None

    def all(self) -> Iterable[StepOutcome]:
        """Iterate over what becomes of each step, as it is done.

        Yields
        ------
        StepOutcome
        """
        self._runner.renew(self._key, [self._reading.file])
        if self._reading.reconstruct is Reconstruct.ON:
            fitted = self._attempt("reconstruction", self._reconstruct)
            yield fitted
            if fitted.error is not None:
                return
        yield from self.measured()

    def _reconstruct(self) -> None:
        from neuropose.body import reconstruct_markers

        if self._body.exists():
            return
        found = reconstruct_markers(
            read_markers(self._reading),
            height_mm=self._reading.height_mm,
            on_progress=self._runner.go_on,
        )
        save_reconstruction(self._body, found)

    def _read(self) -> Recording:
        if self._recording is None:
            is_fitted = self._reading.reconstruct is Reconstruct.ON
            self._recording = read_recording(
                Source(file=self._body) if is_fitted else self._reading
            )
        return self._recording

    def _source(self) -> Source:
        return self._reading

    def _played(self) -> Played:
        from neuropose.page import Played

        recording = self._read()
        body = recording.reconstruction
        return Played(recording.sequence, () if body is None else body.exchanges)

    def _content(self, exporter: Exporter) -> Content:
        from neuropose.export import Kind, Part, content_of

        body = self._read().reconstruction
        what: MarkerRecording | Reconstruction = self._found
        if exporter.takes[0] is Kind.BODY and body is not None:
            what = body
        return content_of(
            what,
            report=self._first_report(),
            vertical=self._reading.up,
            angles=Part.ANGLES in exporter.holds,
        )


def _read_file(file: Path, how: Selection) -> MarkerRecording:
    read = read_c3d if file.suffix.lower() == ".c3d" else read_trc
    subject = None if how.subject == ANY_SUBJECT else how.subject
    return read(file, units=how.units, subject=subject)
