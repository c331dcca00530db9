"""What a task finds, measure by measure; what it does not find keeps the reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import ArrayLike

from neuropose._version import __version__
from neuropose.analyzer.assumptions import assumptions_of, doubts_of_report, with_doubts
from neuropose.analyzer.kinematics.orientation.stated_vertical import vertical_doubts
from neuropose.analyzer.prepared import PreparedRecording
from neuropose.data import (
    Choice,
    Event,
    InputFile,
    Measure,
    Provenance,
    Report,
    ReportProvenance,
    Table,
)
from neuropose.data.metadata import Contract
from neuropose.errors import SequenceError, SignalError
from neuropose.filters import PreparationRecord
from neuropose.provenance import ANALYSIS_LIBRARIES, library_versions
from neuropose.sequence.pose_sequence import PoseSequence

_NOT_FOUND = "it was not found in this recording"


def _known(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None


class Findings:
    """The measures of one task, as they are found.

    Parameters
    ----------
    task : str
        Name of the task, as the report has it.
    units : mapping of str to str
        Every measure of the task, and its unit. The report has all of them.

    Attributes
    ----------
    measures : dict of str to Measure
        What has been noted so far.
    tables, events, choices, warnings
        What else the report is to have.
    """

    def __init__(self, task: str, units: Mapping[str, str]) -> None:
        self._task, self.units = task, dict(units)
        self.measures: dict[str, Measure] = {}
        self.tables: dict[str, Table] = {}
        self.events: list[Event] = []
        self.choices: dict[str, Choice] = {}
        self.warnings: list[str] = []

    def give(
        self,
        name: str,
        value: float,
        n: int = 1,
        *,
        confidence: float | None = None,
        standard_error: float | None = None,
        warnings: tuple[str, ...] = (),
        reason: str = _NOT_FOUND,
    ) -> None:
        """Note a number.

        Parameters
        ----------
        name : str
            One of the task's measures.
        value : float
            NaN: there is none, for the `reason`.
        n : int
            How many repetitions or frames it was made from.
        confidence : float, optional
            How far the number can be trusted, 0 to 1.
        standard_error : float, optional
            In the measure's unit.
        warnings : tuple of str
            What a reader of the number should know.
        reason : str
            Why there is no number, if there is none.
        """
        if not np.isfinite(value):
            self.miss(reason, name, warnings=warnings)
            return
        self.measures[name] = Measure(
            value=float(value) + 0.0,  # no −0
            unit=self.units[name],
            n=n,
            confidence=confidence,
            standard_error=_known(standard_error),
            warnings=warnings,
        )

    def summarise(
        self,
        name: str,
        values: ArrayLike,
        *,
        confidence: float | None = None,
        warnings: tuple[str, ...] = (),
        reason: str = _NOT_FOUND,
    ) -> None:
        """Note mean and standard deviation over repetitions.

        Parameters
        ----------
        name : str
            One of the task's measures.
        values : array_like, shape (R,)
            NaN: this repetition has none; it does not count.
        confidence : float, optional
            How far the number can be trusted, 0 to 1.
        warnings : tuple of str
            What a reader of the number should know.
        reason : str
            Why there is no number if no repetition has one.
        """
        known = np.asarray(values, dtype=np.float64)
        known = known[np.isfinite(known)]
        if not len(known):
            self.miss(reason, name, warnings=warnings)
            return
        self.measures[name] = Measure(
            value=float(known.mean()),
            unit=self.units[name],
            n=len(known),
            sd=float(known.std(ddof=1)) if len(known) > 1 else None,
            confidence=confidence,
            warnings=warnings,
        )

    def miss(self, reason: str, *names: str, warnings: tuple[str, ...] = ()) -> None:
        """Say why there are no numbers.

        Parameters
        ----------
        reason : str
            Why there is no number, if there is none.
        *names : str
            Default: all measures that have not been noted.
        warnings : tuple of str
            What a reader of the number should know.
        """
        for name in names or [each for each in self.units if each not in self.measures]:
            self.measures[name] = Measure.missing(self.units[name], reason, warnings=warnings)

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Turn what a recording is too short or too poor for into the reason of what is left.

        Raises
        ------
        MissingJointsError
            Passes through: then nothing can be done about the recording.
        """
        try:
            yield
        except (SequenceError, SignalError) as error:
            self.miss(error.message)

    def report(
        self,
        recording: PoseSequence,
        settings: Contract,
        prepared: PreparedRecording | None,
        *,
        records: Sequence[PreparationRecord] | None = None,
        parameters: Mapping[str, object] | None = None,
        inputs: Sequence[InputFile] = (),
        predictions: Provenance | None = None,
    ) -> Report:
        """Put everything together.

        Parameters
        ----------
        recording : PoseSequence
            As it was recorded.
        settings : Contract
            How the task was measured.
        prepared : PreparedRecording or None
            None: it could not be prepared.
        records : sequence of PreparationRecord, optional
            What was done to the trajectories; default: that of `prepared`.
        parameters : mapping of str to value, optional
            What the report is to list beside the settings.
        inputs : sequence of InputFile
            The files that it was made from.
        predictions : Provenance, optional
            Where the poses came from.

        Returns
        -------
        Report
        """
        self.miss(_NOT_FOUND)
        choices = ({} if prepared is None else prepared.choices()) | self.choices
        warnings = [*vertical_doubts(recording), *recording.warnings]
        if records is None:
            records = () if prepared is None else (prepared.record,)
        vertical = None if prepared is None else prepared.used_vertical
        assumptions = assumptions_of(recording, vertical)
        measures = with_doubts({name: self.measures[name] for name in self.units}, assumptions)
        warnings += [*self.warnings, *doubts_of_report(measures, self.tables, assumptions)]
        return Report(
            task=self._task,
            subject=recording.subject,
            measures=measures,
            tables=self.tables,
            events=tuple(sorted(self.events, key=lambda event: event.time_s)),
            parameters={**settings.model_dump(mode="json"), **(parameters or {})},
            preparation=tuple(record.model_dump(mode="json") for record in records),
            choices=choices,
            assumptions=assumptions,
            warnings=tuple(dict.fromkeys(warnings)),
            provenance=ReportProvenance(
                neuropose_version=__version__,
                versions=library_versions(ANALYSIS_LIBRARIES),
                inputs=tuple(inputs),
                predictions=predictions,
            ),
        )
