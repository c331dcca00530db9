"""One task of one recording: its report, which says what file it is of, and which part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from neuropose.analyzer.tasks.registry import Task
from neuropose.checksums import sha256_of
from neuropose.data import InputFile, Report
from neuropose.data.metadata import Contract
from neuropose.io import read_force_plates
from neuropose.study.contract.pipeline import Source
from neuropose.study.trial.recordings import Recording


def task_report(
    task: Task,
    recording: Recording,
    source: Source,
    how: Contract,
    *,
    plates: Path | None = None,
) -> Report:
    """Measure a recording.

    Parameters
    ----------
    task : Task
        What to measure.
    recording : Recording
        That was read from `source`.
    source : Source
        The file, and how it was read.
    how : Contract
        Settings of the task.
    plates : Path, optional
        Force plates of the walk; their file is one of the report's inputs.

    Returns
    -------
    Report

    Raises
    ------
    MissingJointsError
        If the skeleton or marker set lacks joints that the task needs.
    FileMissingError, FileReadError, FileFormatError
        If the force plates cannot be read.
    """
    report = _measured(task, recording, how, plates)
    origin = report.provenance.model_copy(
        update={
            "inputs": (recording.input, *report.provenance.inputs),
            "predictions": recording.predictions,
        }
    )
    parameters = {**report.parameters, "recording": _selected(source, recording)}
    return report.model_copy(update={"provenance": origin, "parameters": parameters})


def _measured(task: Task, recording: Recording, how: Contract, plates: Path | None) -> Report:
    if plates is None:
        return task.run(recording.sequence, how)
    from neuropose.analyzer.tasks.gait.task import WalkingSettings, measure_walking

    assert isinstance(how, WalkingSettings)
    report = measure_walking(recording.sequence, how, plates=read_force_plates(plates))
    used = InputFile(kind="force_plates", sha256=sha256_of(plates))
    provenance = report.provenance.model_copy(update={"inputs": (*report.provenance.inputs, used)})
    return report.model_copy(update={"provenance": provenance})


def _selected(source: Source, recording: Recording) -> dict[str, Any]:
    """Return what was selected, as plain JSON without the name of the file."""
    plain = source.model_dump(mode="json", exclude={"file"})
    if recording.sequence.subject is None:
        plain["subject"] = None
    body = recording.reconstruction
    fitted = {} if body is None else {"body": dict(body.settings)}
    others = {name: plain[name] for name in plain if name != "video"}
    return {"video": recording.video, **others, **fitted}
