"""The table of a cohort, with the subject, group and session of each file."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from neuropose.classify import Trials
from neuropose.classify.folds import group, outer_folds
from neuropose.classify.models import build_steps
from neuropose.errors import ConfigError, FileFormatError, FileReadError
from neuropose.study.contract.cohort import Classification, Statistics
from neuropose.study.contract.pipeline import Cohort, Pipeline, Selection, Source

COLUMNS = ("file", "video", "subject", "group", "session", "condition")
OWN = {"person": "subject", "start_s": "start_s", "end_s": "end_s", "up": "up"}
"""Columns that say how a row's file is read, in place of what the pipeline says of all."""
_COVARIATE = re.compile(r"[a-z][a-z0-9_]*")
_NEEDED = ("file", "subject")


@dataclass(frozen=True)
class CohortTrial:
    """One row of the table.

    Parameters
    ----------
    row : int
        Number of the row from 1, not counting the heading.
    source : Source
        The file, and how to read it.
    subject : str
        Pseudonym of the person.
    group, session, condition : str or None
        Group of the subject, session of the recording, and condition that it was made under. None:
        the table has none.
    covariates : mapping of str to str
        Cells of all other columns (``side``, ``height_mm``, ``age``); empty ones are left out.
    """

    row: int
    source: Source
    subject: str
    group: str | None
    session: str | None
    condition: str | None = None
    covariates: Mapping[str, str] = field(default_factory=dict)


def read_cohort(cohort: Cohort) -> tuple[CohortTrial, ...]:
    """Read and check the table of a cohort; none of its files is read.

    Parameters
    ----------
    cohort : Cohort
        Path of the table, and the comparisons that it must allow.

    Returns
    -------
    tuple of CohortTrial
        In the order of the table.

    Raises
    ------
    FileReadError
        If it cannot be read.
    FileFormatError
        If a column is missing or unknown, a required cell is empty, a file appears twice, or a
        subject is in two groups; the message states the line.
    """
    path = cohort.table
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FileReadError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{path} is not UTF-8 text", hint="save it as UTF-8") from error
    reader = csv.reader(text.splitlines())
    heading = [name.strip() for name in next(reader, [])]
    _check_heading(path, heading)
    how = {name: getattr(cohort, name) for name in Selection.model_fields}
    trials: list[CohortTrial] = []
    seen: set[tuple[str, ...]] = set()
    groups: dict[str, str | None] = {}
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        row = _row(path, reader.line_num, heading, cells)
        file, subject = path.parent / row["file"], row["subject"]
        video = row.get("video") or None
        part = (str(file), video or "", *(row.get(name, "") for name in OWN))
        if part in seen:
            raise _wrong(path, reader.line_num, f"{row['file']} is there twice")
        group = row.get("group") or None
        if groups.setdefault(subject, group) != group:
            both = f"{subject} is in {group or 'no group'} and in {groups[subject] or 'no group'}"
            raise _wrong(
                path,
                reader.line_num,
                f"{both}: a subject is in one; what changes within a subject is a condition",
            )
        seen.add(part)
        session = row.get("session") or None
        own = {key: row[name] for name, key in OWN.items() if row.get(name)}
        try:
            source = Source.model_validate({"file": file, "video": video, **how, **own})
        except ValidationError as error:
            [first, *_] = error.errors(include_url=False)
            name = {key: name for name, key in OWN.items()}.get(str(first["loc"][0]), "")
            cell = f"{name} = {row.get(name)!r}"
            problem = first["msg"].removeprefix("Value error, ")
            raise _wrong(path, reader.line_num, f"{cell}: {problem}") from None
        covariates = {
            name: cell for name, cell in row.items() if cell and name not in (*COLUMNS, *OWN)
        }
        condition = row.get("condition") or None
        trials.append(
            CohortTrial(len(trials) + 1, source, subject, group, session, condition, covariates)
        )
    if not trials:
        raise FileFormatError(f"{path} has no rows", hint="give one row per recording")
    return tuple(trials)


def cohort_trials(pipeline: Pipeline) -> tuple[CohortTrial, ...]:
    """Read the table of a pipeline's cohort, and check that it allows the requested analyses.

    Parameters
    ----------
    pipeline : Pipeline
        Pipeline with a cohort.

    Returns
    -------
    tuple of CohortTrial
        Empty if the pipeline is about one recording.

    Raises
    ------
    FileReadError, FileFormatError
        See `read_cohort`.
    ConfigError
        If a group or session to compare is empty, or there are fewer than two of them.
    LeakageError
        If a classifier would be tested on subjects that it was trained on, or there are too few of
        them for the folds.
    MissingLibraryError
        If the classifier needs an extra that is not installed.
    """
    if pipeline.inputs.cohort is None:
        return ()
    trials = read_cohort(pipeline.inputs.cohort)
    if pipeline.analysis.statistics is not None:
        _check_statistics(trials, pipeline.analysis.statistics)
    if pipeline.analysis.classification is not None:
        _check_classification(trials, pipeline.analysis.classification)
    return trials


def _check_statistics(trials: Sequence[CohortTrial], how: Statistics) -> None:
    _check_names("analysis.statistics.groups", how.groups, [each.group for each in trials])
    sessions = [each.session for each in trials]
    _check_names("analysis.statistics.agreement", how.agreement, sessions)
    _check_names("analysis.statistics.sessions", how.sessions, sessions)
    conditions = [each.condition for each in trials]
    _check_names("analysis.statistics.conditions", how.conditions, conditions)
    if how.reliability is not None and len({*sessions} - {None}) < 2:
        raise ConfigError(
            "analysis.statistics.reliability: the table has fewer than two sessions",
            hint="fill in the column session",
        )


def _check_classification(trials: Sequence[CohortTrial], how: Classification) -> None:
    build_steps(how.settings())  # which needs a library that may not be there
    groups = [each.group for each in trials]
    _check_names("analysis.classification.groups", how.groups, groups)
    if len({*groups} - {None}) < 2:
        raise ConfigError(
            "analysis.classification: the table has fewer than two groups",
            hint="fill in the column group",
        )
    chosen = [
        each
        for each in trials
        if each.group is not None and (how.groups is None or each.group in how.groups)
    ]
    labels = tuple(str(each.group) for each in chosen)
    names = tuple(str(each.row) for each in chosen)
    subjects = tuple(each.subject for each in chosen)
    nothing = np.zeros((len(chosen), 1))
    outer_folds(
        group(Trials("features", nothing, ("none",), names, subjects, labels)), how.settings()
    )


def _check_names(key: str, wanted: Sequence[str] | None, given: Sequence[str | None]) -> None:
    known = sorted({each for each in given if each is not None})
    absent = [name for name in wanted or () if name not in known]
    if absent:
        raise ConfigError(
            f"{key}: nobody is in {absent[0]!r}", hint=f"the table has {', '.join(known) or 'none'}"
        )


def _check_heading(path: Path, heading: list[str]) -> None:
    lacking = [name for name in _NEEDED if name not in heading]
    known = [*COLUMNS, *OWN]
    meant = {name: get_close_matches(name, known, 1, 0.8) for name in heading if name not in known}
    if lacking:
        apart = next((sign for sign in (";", "\t") if sign in ",".join(heading)), None)
        why = f": its columns are separated by {apart!r}, not by commas" if apart else ""
        raise _wrong(path, 1, f"there is no column {lacking[0]}{why}")
    for name, close in meant.items():
        if close:
            raise _wrong(path, 1, f"there is a column {name!r}; did you mean {close[0]}?")
        if not _COVARIATE.fullmatch(name) or name in ("trial", "sha256", "segments", "reason"):
            raise _wrong(path, 1, f"{name!r} cannot be the name of a column")
    if len(set(heading)) < len(heading):
        raise _wrong(path, 1, "a column is there twice")


def _row(path: Path, line: int, heading: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) != len(heading):
        raise _wrong(path, line, f"{len(cells)} cells, but {len(heading)} columns")
    row = {name: cell.strip() for name, cell in zip(heading, cells, strict=True)}
    empty = [name for name in _NEEDED if not row[name]]
    if empty:
        raise _wrong(path, line, f"{empty[0]} is empty")
    return row


def _wrong(path: Path, line: int, problem: str) -> FileFormatError:
    return FileFormatError(
        f"{path}, line {line}: {problem}",
        hint=f"the columns are {', '.join((*COLUMNS, *OWN))}, and any covariate such as height_mm",
    )
