"""One recording through the pipeline: its report."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuropose._version import __version__
from neuropose.analyzer.assumptions import assumptions_of, doubts_of_report, with_doubts
from neuropose.analyzer.tasks.registry import find_task
from neuropose.checksums import sha256_of
from neuropose.data import Measure, Report, ReportProvenance, Table, is_strategy
from neuropose.errors import FileMissingError, FileReadError, NeuroPoseError
from neuropose.features import (
    FEATURES,
    FeatureTable,
    counted_values,
    movement_features,
    summarise_features,
)
from neuropose.provenance import ANALYSIS_LIBRARIES, library_versions
from neuropose.study.contract.pipeline import Inputs, Pipeline, Source
from neuropose.study.trial.comparison import compare_cycles
from neuropose.study.trial.mean_curves import mean_curves
from neuropose.study.trial.recordings import Recording, read_recording
from neuropose.study.trial.segments import CutTrial, cut, refused_features

if TYPE_CHECKING:
    import pandas as pd

    from neuropose.sequence.pose_sequence import PoseSequence

TASK = "pipeline"


def run_trial(pipeline: Pipeline) -> Report:
    """Take one recording through a pipeline.

    Parameters
    ----------
    pipeline : Pipeline
        Of one recording: see `of_one`.

    Returns
    -------
    Report
        Measures of the tasks (``gait_cadence``), of the comparison
        (``dtw_normalized_distance_left``) and the counts of segments; tables ``features``,
        ``feature_summary``, ``feature_gaps`` (features without a mean, and why), ``curves``,
        ``dtw`` and ``dtw_per_joint``. The same files give the same report.

    Raises
    ------
    NeuroPoseError
        If a file cannot be read, or the skeleton does not give what is asked for.
    """
    assert pipeline.inputs.primary is not None  # the contract has it, or `of_one`
    recording = read_recording(pipeline.inputs.primary)
    trial = cut(recording.sequence, pipeline)
    inputs = [recording.input]
    measures = _counts(trial)
    tables: dict[str, Table] = {}
    warnings = list(trial.warnings)
    if pipeline.analysis.features:
        upright = trial.prepared.vertical_or_none
        found = movement_features(trial.prepared.sequence, trial.segments, upright=upright)
        found = found.without(refused_features(trial))
        tables["features"] = as_table(found.table)
        tables["feature_summary"] = _summary(found.table)
        tables["feature_gaps"] = _gaps(found)
    if pipeline.analysis.curves:
        tables["curves"] = mean_curves(trial, pipeline.analysis.curves)
    for each in pipeline.analysis.measures:
        report = _task(recording.sequence, pipeline, each.task, dict(each.settings))
        name = each.task.replace("-", "_")
        measures |= {f"{name}_{key}": measure for key, measure in report.measures.items()}
        own = doubts_of_report(report.measures, report.tables, report.assumptions)
        warnings += [f"{each.task}: {warning}" for warning in report.warnings if warning not in own]
    if pipeline.analysis.dtw is not None:
        reference = None
        if pipeline.inputs.reference is not None:
            other, reference = _reference(pipeline.inputs.reference, pipeline)
            inputs.append(other.input)
            warnings += [f"reference: {warning}" for warning in reference.warnings]
        comparison = compare_cycles(trial, reference, pipeline.analysis.dtw)
        tables |= comparison.tables
        measures |= comparison.measures
        warnings += comparison.warnings
    assumptions = assumptions_of(recording.sequence, trial.prepared.used_vertical)
    warnings += doubts_of_report(measures, tables, assumptions)
    return Report(
        task=TASK,
        subject=recording.sequence.subject,
        measures=with_doubts(measures, assumptions),
        tables=tables,
        parameters=configuration(pipeline),
        preparation=(trial.prepared.record.model_dump(mode="json"),),
        choices=trial.prepared.choices(),
        assumptions=assumptions,
        warnings=tuple(dict.fromkeys(warnings)),
        provenance=ReportProvenance(
            neuropose_version=__version__,
            versions=versions(),
            inputs=tuple(inputs),
            predictions=recording.predictions,
        ),
    )


def versions() -> dict[str, str]:
    """Return the versions of what the numbers pass through.

    Returns
    -------
    dict of str to str
    """
    return library_versions(ANALYSIS_LIBRARIES)


def configuration(pipeline: Pipeline) -> dict[str, Any]:
    """Return the whole configuration, with the hashes of the files in place of their names.

    Parameters
    ----------
    pipeline : Pipeline
        The validated pipeline file.

    Returns
    -------
    dict
        Plain JSON, defaults included. A path can name a patient, and a subject in a file of
        several does: their hashes stand for them.

    Raises
    ------
    FileReadError
        If a file cannot be read.
    """
    plain: dict[str, Any] = pipeline.model_dump(mode="json")
    del plain["output"]
    # Strides are found with the preparation of the pipeline; a second one would be refused.
    plain["segmentation"].get("settings", {}).pop("preparation", None)
    for key, path in pipeline.files().items():
        _, section, name = key.split(".")
        plain["inputs"][section][name] = f"sha256:{_hash(path)}"
    for part in filter(None, plain["inputs"].values()):
        if not is_strategy(part["subject"]):
            digest = hashlib.sha256(part["subject"].encode()).hexdigest()
            part["subject"] = f"sha256:{digest}"
    return plain


def of_one(pipeline: Pipeline, source: Source) -> Pipeline:
    """Return the pipeline of one trial of a cohort, as if it were all.

    Parameters
    ----------
    pipeline : Pipeline
        The validated pipeline file.
    source : Source
        The file, and how to read it.

    Returns
    -------
    Pipeline
        Without the statistics and the classification of the cohort.
    """
    inputs = Inputs(primary=source, reference=pipeline.inputs.reference)
    analysis = pipeline.analysis.model_copy(update={"statistics": None, "classification": None})
    return pipeline.model_copy(update={"inputs": inputs, "analysis": analysis})


def trial_key(pipeline: Pipeline) -> str:
    """Return what a report depends on, as one hash.

    Parameters
    ----------
    pipeline : Pipeline
        The validated pipeline file.

    Returns
    -------
    str
        Of the files, every setting, and the versions.

    Raises
    ------
    FileReadError
        If a file cannot be read.
    """
    own = {**configuration(pipeline), "versions": {"neuropose": __version__, **versions()}}
    return hashlib.sha256(json.dumps(own, sort_keys=True).encode()).hexdigest()


def as_table(frame: pd.DataFrame) -> Table:
    """Make a table of a report from a DataFrame of features.

    Parameters
    ----------
    frame : DataFrame
        Features, one row per segment.

    Returns
    -------
    Table
        NaN and None are None.
    """
    columns: dict[str, tuple[str | None, Any]] = {}
    for name in frame.columns:
        feature = FEATURES.get(name)
        cells = frame[name].to_numpy()
        if feature is None and cells.dtype.kind not in "fiub":
            cells = np.array([each if isinstance(each, str) else None for each in cells], object)
        columns[name] = (None if feature is None else feature.unit, cells)
    return Table.from_columns(columns)


def _reference(source: Source, pipeline: Pipeline) -> tuple[Recording, CutTrial]:
    try:
        recording = read_recording(source)
        return recording, cut(recording.sequence, pipeline)
    except NeuroPoseError as error:
        error.message = f"the reference: {error.message}"  # or it would seem to be the recording
        raise


def _hash(path: Path) -> str:
    try:
        return sha256_of(path)
    except FileNotFoundError as error:
        raise FileMissingError(f"{path} is not there") from error
    except OSError as error:
        raise FileReadError(f"{path} cannot be read: {error.strerror}") from error


def _summary(frame: pd.DataFrame) -> Table:
    summary, counted = summarise_features(frame), counted_values(frame)
    return Table.from_columns(
        {
            "feature": (None, list(FEATURES)),
            "unit": (None, [each.unit for each in FEATURES.values()]),
            "mean": (None, [summary[name] for name in FEATURES]),
            "sd": (None, [summary[each.spread_column] for each in FEATURES.values()]),
            "n": (None, [len(counted[name]) for name in FEATURES]),
        }
    )


def _gaps(found: FeatureTable) -> Table:
    """Why features have no mean: no row has a number, or none that counts."""
    reasons: dict[str, str] = {}
    for name, values in counted_values(found.table).items():
        if name in found.missing:
            reasons[name] = found.missing[name]
        elif not len(values):
            side = FEATURES[name].side
            of_foot = side is not None and (found.table["segment"] == "stride").any()
            which = f"stride of the {side} foot" if of_foot else "segment"
            reasons[name] = f"no {which} that counts has a number"
    return Table.from_columns(
        {"feature": (None, list(reasons)), "reason": (None, list(reasons.values()))}
    )


def _task(sequence: PoseSequence, pipeline: Pipeline, name: str, own: dict[str, Any]) -> Report:
    task = find_task(name)
    kind = task.settings_class()
    settings = kind.model_validate({**own, "preparation": pipeline.preparation})
    return task.run(sequence, settings)


def _counts(trial: CutTrial) -> dict[str, Measure]:
    left_out = sum(each.excluded is not None for each in trial.segments)
    count = len(trial.segments)
    if trial.reason is not None:
        return {
            name: Measure.missing("1", trial.reason) for name in ("segments", "segments_excluded")
        }
    return {
        "segments": Measure(value=float(count), unit="1", n=count),
        "segments_excluded": Measure(value=float(left_out), unit="1", n=count),
    }
