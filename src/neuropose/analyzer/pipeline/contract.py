"""What a pipeline file may say: every key, checked before any data is read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, FiniteFloat, field_validator, model_validator

from neuropose.analyzer.filters import Preparation
from neuropose.analyzer.pipeline.comparison_contract import Dtw
from neuropose.analyzer.pipeline.segmentation_contract import (
    Bilateral,
    GaitCycles,
    Repetitions,
    WholeTrial,
)
from neuropose.analyzer.tasks.registry import find_task
from neuropose.errors import UnknownTaskError
from neuropose.io.metadata import Contract

_Name = Annotated[str, Field(min_length=1)]


class Selection(Contract):
    """How files are read.

    Parameters
    ----------
    subject : str
        Whose movement, in predictions of several people: ``longest``, ``largest``,
        ``most_central`` or ``track:N``.
    up : list of three numbers, or null
        Away from the floor, in the axes of the file. Null: given by the file, or estimated.
    markers : mapping of str to list of str
        For C3D and TRC files: joints, and the markers that each is the mean of.
    """

    subject: _Name = "longest"
    up: tuple[FiniteFloat, FiniteFloat, FiniteFloat] | None = None
    markers: Mapping[str, tuple[_Name, ...]] = {}


class Source(Selection):
    """One recording.

    Parameters
    ----------
    file : path
        Predictions, a job's results, C3D or TRC; relative to the folder of the pipeline file.
    video : str or null
        Which, of a job's results of several videos (``video_02``).
    start_s, end_s : float or null
        Stretch of time, seconds of the recording. Null: from its start, to its end.
    """

    file: Path
    video: _Name | None = None
    start_s: FiniteFloat | None = None
    end_s: FiniteFloat | None = None


class Cohort(Selection):
    """Many recordings.

    Parameters
    ----------
    table : path
        CSV with the columns ``file``, ``subject``, ``group`` and ``session``; the last two may be
        missing. Files are relative to the folder of the table.
    """

    table: Path


class Inputs(Contract):
    """What is analysed.

    Parameters
    ----------
    primary : Source or null
        One recording; or else `cohort`.
    cohort : Cohort or null
        Many recordings.
    reference : Source or null
        What each of them is compared with.
    """

    primary: Source | None = None
    cohort: Cohort | None = None
    reference: Source | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.primary is None) is (self.cohort is None):
            raise ValueError("give either primary or cohort")
        return self


class Measures(Contract):
    """The measures of one task, as ``neuropose analyze --task`` gives them.

    Parameters
    ----------
    task : str
        ``gait``, ``sit-to-stand`` …
    settings : mapping
        Of the task; `preparation` is that of the pipeline.
    """

    task: str
    settings: Mapping[str, Any] = {}

    @field_validator("task")
    @classmethod
    def _is_a_task(cls, name: str) -> str:
        try:
            return find_task(name).name
        except UnknownTaskError as error:
            raise ValueError(f"{error.message}; {error.hint}") from None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if "preparation" in self.settings:
            raise ValueError("preparation is that of the pipeline")
        find_task(self.task).settings_class().model_validate(dict(self.settings))
        return self


class Statistics(Contract):
    """How groups and sessions of a cohort are compared. Subjects count, not trials.

    Parameters
    ----------
    groups : list of two str, or null
        Of the column ``group``: a permutation test and Hedges' g of the first against the second.
    reliability : {"2,1", "3,1"} or null
        Form of the intraclass correlation between the sessions.
    features : list of str
        Columns that are compared.
    adjustment : {"holm", "benjamini-hochberg"}
        Of the p-values, for being several.
    permutations : int
    seed : int
        Of the permutations.
    """

    groups: tuple[_Name, _Name] | None = None
    reliability: Literal["2,1", "3,1"] | None = None
    features: Annotated[tuple[_Name, ...], Field(min_length=1)]
    adjustment: Literal["holm", "benjamini-hochberg"] = "holm"
    permutations: Annotated[int, Field(ge=99)] = 9999
    seed: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _check(self) -> Self:
        from neuropose.analyzer.features import FEATURES

        if self.groups is None and self.reliability is None:
            raise ValueError("give groups, reliability, or both")
        if self.groups is not None and self.groups[0] == self.groups[1]:
            raise ValueError("a group cannot be compared with itself")
        known = {*FEATURES, *(each.spread_column for each in FEATURES.values())}
        wrong = [name for name in self.features if name not in known]
        if wrong:
            raise ValueError(f"there is no feature {wrong[0]!r}")
        return self


class Analysis(Contract):
    """What is measured.

    Parameters
    ----------
    features : bool
        Whether to give the table of features.
    measures : list of Measures
        Tasks, each at most once.
    dtw : Dtw or null
        Cycles against those of the reference; of strides of both sides without one, left against
        right.
    statistics : Statistics or null
        Of a cohort.
    """

    features: bool = True
    measures: tuple[Measures, ...] = ()
    dtw: Dtw | None = None
    statistics: Statistics | None = None

    @field_validator("measures")
    @classmethod
    def _once(cls, measures: tuple[Measures, ...]) -> tuple[Measures, ...]:
        names = [each.task for each in measures]
        if len(set(names)) < len(names):
            raise ValueError("a task is there twice")
        return measures


class Output(Contract):
    """Where results go; relative to the folder of the pipeline file.

    Parameters
    ----------
    report : path
        JSON, as `neuropose.io.save_report` writes it.
    features : path or null
        CSV of the features, a row a segment.
    """

    report: Path
    features: Path | None = None


class Pipeline(Contract):
    """A whole analysis.

    Parameters
    ----------
    version : {1}
        Of this format.
    inputs : Inputs
    preparation : Preparation
        What is done to the trajectories first.
    segmentation : WholeTrial, GaitCycles, Bilateral or Repetitions
        How recordings are cut, by `kind`.
    analysis : Analysis
    output : Output
    """

    version: Literal[1]
    inputs: Inputs
    preparation: Preparation = Preparation()
    segmentation: Annotated[
        WholeTrial | GaitCycles | Bilateral | Repetitions, Field(discriminator="kind")
    ] = WholeTrial()
    analysis: Analysis = Analysis()
    output: Output

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.analysis.dtw is not None:
            self.analysis.dtw.check_cut(
                self.segmentation.kind, reference=self.inputs.reference is not None
            )
        if self.analysis.statistics is not None:
            if self.inputs.cohort is None:
                raise ValueError("statistics need inputs.cohort")
            if not self.analysis.features:
                raise ValueError("statistics need features")
        if self.output.features is not None and not self.analysis.features:
            raise ValueError("output.features is given, but analysis.features is false")
        if isinstance(self.segmentation, (GaitCycles, Bilateral)) and (
            "preparation" in self.segmentation.settings.model_fields_set
        ):
            raise ValueError("segmentation.settings.preparation is that of the pipeline")
        return self

    def files(self) -> Mapping[str, Path]:
        """Give every file that is named, by the key that names it.

        Returns
        -------
        mapping of str to Path
        """
        inputs = self.inputs
        named = {}
        if inputs.primary is not None:
            named["inputs.primary.file"] = inputs.primary.file
        if inputs.reference is not None:
            named["inputs.reference.file"] = inputs.reference.file
        if inputs.cohort is not None:
            named["inputs.cohort.table"] = inputs.cohort.table
        return named
