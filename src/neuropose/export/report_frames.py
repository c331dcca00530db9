"""Reports as data frames: a table of measures, of events, and of each kind of table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from neuropose.data import Report
from neuropose.export.options import ExportOptions
from neuropose.io.report_tables import frames_of

if TYPE_CHECKING:
    import pandas as pd

_PEOPLE = "subject"
_NAMES_A_FILE = re.compile(
    r"(?<![^\s\"'(])(/|~/|[a-z]:[\\/]|\\\\)[^\s/]"  # a word that begins as an absolute path does
    r"|\.(json|npz|c3d|trc|mot|sto|csv|xlsx|ya?ml|toml|mp4|m4v|mov|avi|mkv|webm)\b",
    re.I,
)
"""What a text that names a file has in it: the name may be somebody's.

Reports name none, as reasons lose the names of files where they are made; this is for those of
other versions and programs.
"""
_WITHHELD = "(names a file: see the report)"


def report_frames(reports: Mapping[str, Report], options: ExportOptions) -> dict[str, pd.DataFrame]:
    """Return everything in some reports as data frames.

    Parameters
    ----------
    reports : mapping of str to Report
        By what each recording is called.
    options : ExportOptions
        Without `subject_label`, the subjects of a cohort are numbered, in warnings that quote them
        too. Texts that name a file are withheld in any case.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``measures`` and those of `neuropose.io.report_tables.frames_of` that have rows, each with
        the column ``recording`` first.

    Examples
    --------
    >>> from neuropose.analyzer import analyze_gait, gait_report
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> report = gait_report(analyze_gait(walker_sequence(simulate_walk())))
    >>> frames = report_frames({"walk": report}, ExportOptions())
    >>> list(frames)
    ['measures', 'strides', 'cycles', 'variability', 'events', 'assumptions', 'choices', 'units']
    >>> frames["measures"].columns[:3].tolist()
    ['recording', 'task', 'measure']
    """
    import pandas as pd

    parts: dict[str, list[pd.DataFrame]] = {}

    def add(kind: str, name: str, frame: pd.DataFrame) -> None:
        if len(frame):
            frame.insert(0, "recording", name)
            parts.setdefault(kind, []).append(frame)

    for name, report in reports.items():
        measures = report.to_frame().reset_index()
        measures.insert(0, "task", report.task)
        add("measures", name, measures)
        for kind, frame in frames_of(report).items():
            add(kind, name, frame)
    frames = {kind: pd.concat(some, ignore_index=True) for kind, some in parts.items()}
    numbers = {} if options.subject_label is not None else _numbers(frames.values())
    return {kind: _without_names(frame, numbers) for kind, frame in frames.items()}


def _numbers(frames: Iterable[pd.DataFrame]) -> dict[str, str]:
    """Return what each subject is called instead of by a label."""
    labels = dict.fromkeys(
        label
        for frame in frames
        if _PEOPLE in frame
        for label in frame[_PEOPLE]
        if isinstance(label, str)
    )
    return {label: f"subject_{number:02d}" for number, label in enumerate(labels, start=1)}


def _without_names(frame: pd.DataFrame, numbers: Mapping[str, str]) -> pd.DataFrame:
    """Return a frame without names of files, and with numbers for subjects."""

    def plain(cell: Any) -> Any:
        if not isinstance(cell, str):
            return cell
        if _NAMES_A_FILE.search(cell):
            return _WITHHELD
        for label, number in numbers.items():
            cell = cell.replace(repr(label), repr(number))  # as warnings quote names
        return cell

    for name in frame.columns:
        if frame[name].dtype == object or str(frame[name].dtype) in ("str", "string"):
            frame[name] = [plain(cell) for cell in frame[name]]
    if _PEOPLE in frame:
        frame[_PEOPLE] = [
            numbers.get(label, label) if isinstance(label, str) else label
            for label in frame[_PEOPLE]
        ]
    return frame
