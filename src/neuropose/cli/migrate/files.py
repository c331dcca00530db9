"""Which files in a folder are old, and their conversion."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import yaml

from neuropose.benchmark.original import benchmark_report, is_original_benchmark
from neuropose.checksums import sha256_of
from neuropose.cli.migrate.analysis import is_analysis, pipeline_text
from neuropose.data import UNTRACKED, InputFile, JobResults, VideoPredictions
from neuropose.errors import FileFormatError, FileReadError, OutputError
from neuropose.estimator import assign_tracks
from neuropose.io import (
    load_job_results,
    load_status,
    load_video_predictions,
    save_job_results,
    save_report,
    save_status,
    save_video_predictions,
)
from neuropose.io.atomic import write_atomically
from neuropose.io.original import is_original, original_status, original_videos
from neuropose.io.predictions_document import cut
from neuropose.io.strict_json import read_bytes

KEPT = ".original"
"""What is put before the suffix in the name of a file that was converted."""
_SUFFIXES = (".json", ".yaml", ".yml")
Kind = Literal["predictions", "results of a job", "status", "benchmark", "analysis"]


@dataclass(frozen=True, slots=True)
class OldFile:
    """A file that can be converted.

    Parameters
    ----------
    path : Path
        The file.
    kind : str
        What it is.
    """

    path: Path
    kind: Kind


def old_files(folder: Path) -> tuple[OldFile, ...]:
    """Find files and analyses of the original program, and predictions of our version 0.

    Parameters
    ----------
    folder : Path
        Looked through with all folders in it.

    Returns
    -------
    tuple of OldFile
        In the order of their paths; what was kept of an earlier conversion is left out.
    """
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in _SUFFIXES and path.is_file() and not path.stem.endswith(KEPT):
            kind = _kind(path)
            if kind is not None:
                found.append(OldFile(path, kind))
    return tuple(found)


def convert_file(old: OldFile, kept: Path) -> None:
    """Replace a file by what it is today; identities are assigned where there are none.

    Parameters
    ----------
    old : OldFile
        The file.
    kept : Path
        Where the old one is kept; must not exist.

    Raises
    ------
    FileFormatError
        If it is damaged; then nothing has changed.
    OutputError
        If `kept` exists, or something cannot be written.
    """
    if kept.exists():
        raise OutputError(f"{kept} is already there", hint="rename it")
    if old.kind == "analysis":
        text = pipeline_text(_yaml(old.path), old.path)
        _keep(old.path, kept)
        write_atomically(old.path, [text.encode()])
    elif old.kind == "status":
        status = load_status(old.path)
        _keep(old.path, kept)
        save_status(old.path, status)
    elif old.kind == "benchmark":
        source = InputFile(kind="benchmark", sha256=sha256_of(old.path))
        report = benchmark_report(read_bytes(old.path), source)
        _keep(old.path, kept)
        save_report(old.path, report)
    elif old.kind == "predictions":
        predictions = _tracked(load_video_predictions(old.path))
        _keep(old.path, kept)
        save_video_predictions(old.path, predictions)
    else:
        videos = load_job_results(old.path).videos
        results = JobResults(videos={key: _tracked(video) for key, video in videos.items()})
        _keep(old.path, kept)
        save_job_results(old.path, results)


def _yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(read_bytes(path))
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        return None


def _kind(path: Path) -> Kind | None:
    if path.suffix.lower() != ".json":
        return "analysis" if is_analysis(_yaml(path)) else None
    try:
        data = read_bytes(path)
    except FileReadError:
        return None
    if original_videos(data) is not None:
        return "results of a job"
    if original_status(data) is not None:
        return "status"
    if is_original_benchmark(data):
        return "benchmark"
    try:
        document = cut(data)
        return "predictions" if is_original(document) or document.version() == 0 else None
    except FileFormatError:
        return None


def kept_name(path: Path) -> Path:
    """Return where a file is kept that is converted.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Path
        ``walk.original.json`` for ``walk.json``.
    """
    return path.with_name(f"{path.stem}{KEPT}{path.suffix}")


def _tracked(predictions: VideoPredictions) -> VideoPredictions:
    untracked = np.asarray(predictions.track_ids) == UNTRACKED
    return assign_tracks(predictions) if untracked.any() else predictions


def _keep(path: Path, kept: Path) -> None:
    try:
        shutil.copy2(path, kept)
    except OSError as error:
        raise OutputError(f"{kept} cannot be written: {error.strerror}") from error
