"""Reports as data frames: a table of measures, of events, and of each kind of table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from neuropose.data import Report
from neuropose.export.options import ExportOptions
from neuropose.io.report_tables import frames_of

if TYPE_CHECKING:
    import pandas as pd

_PEOPLE = "subject"
_NAMES_A_FILE = re.compile(
    r"(?<!\d frames)(?<!\d steps)(?<!\d mm)(?<!\d m)(?<!°)/(?! )|\\|"
    r"\.(json|npz|c3d|trc|mot|csv|mp4|mov|avi|mkv|m4v)\b",
    re.I,
)
"""A text in which this is found may have somebody's name in it; units and fractions are none."""
_WITHHELD = "(names a file: see the report)"


def report_frames(reports: Mapping[str, Report], options: ExportOptions) -> dict[str, pd.DataFrame]:
    """Return everything in some reports as data frames.

    Parameters
    ----------
    reports : mapping of str to Report
        By what each recording is called.
    options : ExportOptions
        Without `subject_label`, the subjects of a cohort are numbered. Texts that name a
        file are withheld in any case.

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

    people: dict[str, str] = {}
    parts: dict[str, list[pd.DataFrame]] = {}

    def add(kind: str, name: str, frame: pd.DataFrame) -> None:
        if len(frame):
            frame.insert(0, "recording", name)
            parts.setdefault(kind, []).append(_without_people(frame, people, options))

    for name, report in reports.items():
        measures = report.to_frame().reset_index()
        measures.insert(0, "task", report.task)
        add("measures", name, measures)
        for kind, frame in frames_of(report).items():
            add(kind, name, frame)
    return {kind: pd.concat(frames, ignore_index=True) for kind, frames in parts.items()}


def _without_people(
    frame: pd.DataFrame, people: dict[str, str], options: ExportOptions
) -> pd.DataFrame:
    """Return a frame with numbers for subjects, unless they are wanted, and no names of files."""
    for name in frame.columns.drop("unit", errors="ignore"):  # steps/min is no path
        if frame[name].dtype == object or str(frame[name].dtype) in ("str", "string"):
            frame[name] = [
                _WITHHELD if isinstance(each, str) and _NAMES_A_FILE.search(each) else each
                for each in frame[name]
            ]
    if _PEOPLE in frame and options.subject_label is None:
        for each in frame[_PEOPLE].dropna().astype(str):
            people.setdefault(each, f"subject_{len(people) + 1:02d}")
        frame[_PEOPLE] = [
            people.get(str(each), each) if isinstance(each, str) else each
            for each in frame[_PEOPLE]
        ]
    return frame
