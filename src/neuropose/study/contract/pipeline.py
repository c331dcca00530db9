"""Contract of a pipeline file: every key, checked before any data are read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    FiniteFloat,
    field_validator,
    model_validator,
)

from neuropose.analyzer.kinematics.angles import ANGLES
from neuropose.analyzer.tasks.registry import find_task
from neuropose.data import Reconstruct
from neuropose.data.metadata import Contract
from neuropose.errors import UnknownTaskError
from neuropose.filters import Preparation
from neuropose.geometry import direction
from neuropose.skeletons.stature import StatureMm
from neuropose.study.contract.cohort import Classification, Statistics
from neuropose.study.contract.comparison import ANGLES_WITHOUT_SIDE, Dtw, no_angle
from neuropose.study.contract.segmentation import (
    Bilateral,
    GaitCycles,
    Repetitions,
    WholeTrial,
)

_Name = Annotated[str, Field(min_length=1)]

ANY_SUBJECT = "longest"
"""Subject where none is named: for predictions, the person who is seen longest."""


def _direction(value: object) -> object:
    """Read the name of an axis; numbers stay as they are written."""
    return tuple(direction(value).tolist()) if isinstance(value, str) else value


Vertical = Annotated[tuple[FiniteFloat, FiniteFloat, FiniteFloat], BeforeValidator(_direction)]
"""Direction away from the floor: three numbers, or the name of an axis."""


def _switch(value: object) -> object:
    """Read ``on`` and ``off``, which are truth values in YAML."""
    return ("on" if value else "off") if isinstance(value, bool) else value


class Selection(Contract):
    """How files are read.

    Parameters
    ----------
    subject : str
        Whose movement to use: in predictions of several people, ``longest``, ``largest``,
        ``most_central`` or ``track:N``; in a C3D or TRC file of several subjects, the name before
        the colon of their markers.
    up : list of three numbers, name of an axis (``z``, ``-y``), or null
        Direction away from the floor, in the axes of the file. Null: stated by the file, or
        estimated.
    confirm_up : bool
        Whether the vertical stated here or by the file is right even if the body contradicts it.
    markers : mapping of str to list of str
        For C3D and TRC files: joints, and the markers whose mean each is. In a pipeline file, the
        name of a file of `neuropose.io.read_marker_map` may stand for it.
    units : str or null
        For C3D and TRC files: unit of length of the positions (``mm``, ``cm``, ``m`` …), in place
        of what the file states. Null: as the file states.
    reconstruct : Reconstruct
        Whether a body is fitted first: ``auto`` (to predictions), ``on`` (to markers too) or
        ``off``.
    height_mm : float or null
        Stature of the person, for the body that is fitted. Null: not known, so that all lengths
        from one camera may be wrong by one factor.
    """

    subject: _Name = ANY_SUBJECT
    up: Vertical | None = None
    confirm_up: bool = False
    markers: Mapping[str, tuple[_Name, ...]] = {}
    units: _Name | None = None
    reconstruct: Annotated[Reconstruct, BeforeValidator(_switch)] = Reconstruct.AUTO
    height_mm: StatureMm | None = None


class Source(Selection):
    """One recording.

    Parameters
    ----------
    file : path
        Predictions, a job's results, a reconstruction, C3D or TRC; relative to the folder of the
        pipeline file.
    video : str or null
        Name of the video, for a job's results of several videos (``video_02``).
    start_s, end_s : float or null
        Period of time, seconds of the recording. Null: from its start, to its end.
    """

    file: Path
    video: _Name | None = None
    start_s: FiniteFloat | None = None
    end_s: FiniteFloat | None = None


class Cohort(Selection):
    """Several recordings.

    Parameters
    ----------
    table : path
        CSV with the columns ``file``, ``video`` (of a job's results of several), ``subject``,
        ``group`` and ``session``, and of one row ``person`` (as `subject` of `Selection`), ``up``,
        ``start_s`` and ``end_s``; all but ``file`` and ``subject`` may be missing. Any other column
        is a covariate. Files are relative to the folder of the table.
    """

    table: Path


class Inputs(Contract):
    """What is analysed.

    Parameters
    ----------
    primary : Source or null
        One recording; or else `cohort`.
    cohort : Cohort or null
        Several recordings.
    reference : Source or null
        Recording that each of them is compared with.
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
    """The measures of one task, as in ``neuropose analyze --task``.

    Parameters
    ----------
    task : str
        ``gait``, ``sit-to-stand`` …
    settings : mapping
        Settings of the task; `preparation` is that of the pipeline.
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


class Analysis(Contract):
    """What is measured.

    Parameters
    ----------
    features : bool
        Whether to compute the table of features.
    measures : list of Measures
        Tasks, each at most once.
    curves : list of str
        Joint angles whose mean over the cycles is computed, 0 to 100 %. For strides, names without
        a side mean the side of the stride.
    dtw : Dtw or null
        Comparison of cycles with those of the reference; without a reference, left with right
        strides.
    statistics : Statistics or null
        Statistics of a cohort.
    classification : Classification or null
        Classification of the groups of a cohort.
    """

    features: bool = True
    measures: tuple[Measures, ...] = ()
    curves: tuple[_Name, ...] = ()
    dtw: Dtw | None = None
    statistics: Statistics | None = None
    classification: Classification | None = None

    @field_validator("measures")
    @classmethod
    def _once(cls, measures: tuple[Measures, ...]) -> tuple[Measures, ...]:
        names = [each.task for each in measures]
        if len(set(names)) < len(names):
            raise ValueError("a task is there twice")
        return measures

    @model_validator(mode="after")
    def _check(self) -> Self:
        statistics, classification = self.statistics, self.classification
        if statistics is not None and statistics.features and not self.features:
            raise ValueError("statistics.features are given, but features is false")
        if (
            statistics is not None
            and statistics.measures
            and not self.measures
            and self.dtw is None
        ):
            raise ValueError("statistics.measures: name their tasks in analysis.measures")
        if statistics is not None and statistics.curves and not self.curves:
            raise ValueError("statistics.curves: name the angles in analysis.curves")
        if classification is not None and classification.of_curves and not self.curves:
            raise ValueError(f"{classification.model} takes curves: name them in analysis.curves")
        if classification is not None and not classification.of_curves and not self.features:
            raise ValueError("classification is of features, but features is false")
        return self

    def check_cut(self, kind: str, *, reference: bool) -> None:
        """Check that recordings cut in this way can be analysed.

        Parameters
        ----------
        kind : str
            Kind of the segmentation.
        reference : bool
            Whether there is a reference recording.

        Raises
        ------
        ValueError
            If they cannot be analysed.
        """
        if self.dtw is not None:
            self.dtw.check_cut(kind, reference=reference)
        if self.curves and kind == "trial":
            raise ValueError("analysis.curves: a whole trial is not a cycle; set a segmentation")
        for name in self.curves:
            if name not in ANGLES and name not in ANGLES_WITHOUT_SIDE:
                raise ValueError(f"analysis.curves: {no_angle(name)}")
            if name not in ANGLES and kind == "repetitions":
                raise ValueError(f"analysis.curves: say of which side {name} is")
        if len(set(self.curves)) < len(self.curves):
            raise ValueError("analysis.curves: an angle is there twice")


class Output(Contract):
    """Where results go; relative to the folder of the pipeline file.

    Parameters
    ----------
    report : path
        JSON file, as written by `neuropose.io.save_report`.
    features : path or null
        CSV of the features, a row per segment.
    trials : path or null
        CSV of a cohort's features, a row per recording: means and standard deviations.
    curves : path or null
        CSV of the mean curves, a row per percent of the cycle.
    model : path or null
        Folder of the classifier and its card, for ``neuropose classify``.
    """

    report: Path
    features: Path | None = None
    trials: Path | None = None
    curves: Path | None = None
    model: Path | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        paths = [path for name in Output.model_fields if (path := getattr(self, name)) is not None]
        twice = [path for path in paths if paths.count(path) > 1]
        if twice:
            raise ValueError(f"two outputs are written to {twice[0]}")
        return self


class Pipeline(Contract):
    """A complete analysis.

    Parameters
    ----------
    version : {1}
        Version of this format.
    inputs : Inputs
        Files to analyse.
    preparation : Preparation
        What is done to the trajectories first.
    segmentation : WholeTrial, GaitCycles, Bilateral or Repetitions
        How recordings are cut, by `kind`.
    analysis : Analysis
        What to compute.
    output : Output
        Files to write.
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
        analysis, cohort = self.analysis, self.inputs.cohort
        analysis.check_cut(self.segmentation.kind, reference=self.inputs.reference is not None)
        if self.inputs.reference is not None and analysis.dtw is None:
            raise ValueError("inputs.reference is given, but there is no analysis.dtw")
        if cohort is None and analysis.statistics is not None:
            raise ValueError("statistics need inputs.cohort")
        if cohort is None and analysis.classification is not None:
            raise ValueError("classification needs inputs.cohort")
        for name, made in (
            ("features", analysis.features),
            ("trials", analysis.features and cohort is not None),
            ("curves", bool(analysis.curves)),
            ("model", analysis.classification is not None),
        ):
            if getattr(self.output, name) is not None and not made:
                lacks = "inputs.cohort" if name == "trials" and cohort is None else "analysis"
                raise ValueError(f"output.{name} is given, but {lacks} does not give it")
        if isinstance(self.segmentation, (GaitCycles, Bilateral)) and (
            "preparation" in self.segmentation.settings.model_fields_set
        ):
            raise ValueError("segmentation.settings.preparation is that of the pipeline")
        return self

    def files(self) -> Mapping[str, Path]:
        """Return every file that is named, by the key that names it.

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
