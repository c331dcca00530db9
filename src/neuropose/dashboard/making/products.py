"""What the other process makes: files and pages of the results of jobs."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from neuropose.data import Reconstruction, VideoPredictions
from neuropose.errors import OutputError
from neuropose.interfacer.layout import CORRECTED_NAME, RESULTS_NAME, reconstruction_name
from neuropose.io import load_report

if TYPE_CHECKING:
    from neuropose.study.contract.session import Session

MEASURES = ":measures"
"""After the name of a format that holds movements and reports: the reports are meant."""
_OF_TABLES = ("csv", "parquet")
"""Formats of which reports make a folder of tables."""
RETEST_NAME = "retest.csv"
"""File in the data directory with the lab's own minimal detectable changes."""


def export_job(job: Path, key: str, number: int, to: str, folder: Path) -> tuple[str, list[str]]:
    """Write the results of a video in a format of another program.

    Parameters
    ----------
    job : Path
        Folder of a completed job.
    key : str
        Of the video: ``video_01``; or ``cameras``, of all together.
    number : int
        Of the video, from 1; 0 for all together.
    to : str
        Name of the format, with `MEASURES` after it or without.
    folder : Path
        Where it is written.

    Returns
    -------
    name : str
        Of the file in the folder; several files are one archive.
    notes : list of str
        What was left out or assumed.

    Raises
    ------
    OutputError
        If the job has nothing that this format holds.
    MissingLibraryError
        If an extra of NeuroPose is not installed.
    """
    from neuropose.dashboard.result_listing import session_of
    from neuropose.export import Content, ExportOptions, Kind, Part, content_of, find_exporter
    from neuropose.io import load_reconstruction
    from neuropose.study.contract.pipeline import ANY_SUBJECT
    from neuropose.study.trial.recordings import tracked_results

    to, of_measures, _ = to.partition(MEASURES)
    exporter = find_exporter(to)
    session = session_of(job)
    reports = [load_report(path) for path in sorted(job.glob(f"{key}.*.json"))]
    body = job / (f"{key}.reconstruction.npz" if number == 0 else reconstruction_name(number))
    corrected = job / CORRECTED_NAME
    is_of_reports = bool(of_measures) or exporter.takes == (Kind.REPORTS,)
    if is_of_reports:
        if not reports:
            raise OutputError(
                f"{to} is a format of measures, and nothing was measured in this job",
                hint="give the job a session with tasks, and analyse it again",
            )
        content = Content(
            reports={f"recording_{at:02d}": each for at, each in enumerate(reports, 1)}
        )
    elif body.is_file() and exporter.takes[0] is not Kind.PEOPLE:
        fitted = load_reconstruction(body)
        if corrected.is_file() and number > 0:
            _require_same(fitted, tracked_results(corrected, key).predictions, job)
        _require_as_said(fitted, session, job)
        gait = next((each for each in reports if each.task == "gait"), None)
        content = content_of(fitted, report=gait)
    elif exporter.takes[0] is Kind.BODY or number == 0:
        raise OutputError(
            f"{to} is a format of a reconstructed body, and this job has none",
            hint="neuropose reconstruct makes one of its results",
        )
    else:
        results = corrected if corrected.is_file() else job / RESULTS_NAME
        predictions = tracked_results(results, key).predictions
        meant = ANY_SUBJECT if session is None else session.subject
        whom = None if meant == ANY_SUBJECT or exporter.takes[0] is Kind.PEOPLE else meant
        content = content_of(
            predictions,
            subject=whom,
            vertical=None if session is None else session.up,
            angles=Part.ANGLES in exporter.holds,
        )
    is_folder = not exporter.suffix or (is_of_reports and to in _OF_TABLES)
    out = folder / (f"{key}.{to}" if is_folder else f"{key}{exporter.suffix}")
    written = exporter.export(content, out, ExportOptions())
    files = [path for path in folder.rglob("*") if path.is_file()]
    if len(files) == 1:
        return files[0].relative_to(folder).as_posix(), list(written.notes)
    archive = folder / f"{key}.{to}.zip"
    with zipfile.ZipFile(archive, "x", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(files):
            packed.write(path, path.relative_to(folder).as_posix())
    return archive.name, list(written.notes)


def _require_same(body: Reconstruction, corrected: VideoPredictions, job: Path) -> None:
    if body.provenance != corrected.provenance:
        raise OutputError(
            "the body was fitted before a person corrected the results",
            hint=f"neuropose jobs rerun {job.name} fits it to the corrected ones",
        )


def _require_as_said(body: Reconstruction, session: Session | None, job: Path) -> None:
    from neuropose.study.trial.kept_body import is_as_said

    if session is None:
        return
    up = None if body.cameras else session.up  # the rig has the vertical of several cameras
    if not is_as_said(body, height_mm=session.height_mm, up=up):
        raise OutputError(
            "the body was fitted with another height or vertical than the session says",
            hint=f"neuropose jobs rerun {job.name} fits it anew",
        )


def changes_of(
    recordings: Sequence[tuple[date, Path]],
    *,
    over_time: bool,
    code: str | None,
    retest: Path,
    out: Path,
) -> None:
    """Write how a person has changed, as a page or as a PDF.

    Parameters
    ----------
    recordings : sequence of (date, Path)
        Days, and reports of one task, in order of time.
    over_time : bool
        Whether every measure is shown over time. Otherwise there are two recordings, and what
        changed from one to the other is.
    code : str or None
        What the person is called.
    retest : Path
        Minimal detectable changes, if there is such a file.
    out : Path
        The file to write, by its name a page or a PDF.

    Raises
    ------
    StatisticsError
        If they cannot be compared.
    FileFormatError
        If a file is not what it should be.
    """
    from neuropose.page import write_page, write_pdf
    from neuropose.study.person import Visit, change_report, history_report, read_retest

    detectable = read_retest(retest) if retest.is_file() else {}
    visits = [Visit(day, load_report(path), _video(path)) for day, path in recordings]
    if over_time:
        report = history_report(visits, retest=detectable)
    else:
        first, second = visits
        names = _called(*recordings)
        report = change_report(first.report, second.report, retest=detectable, names=names)
    write = write_pdf if out.suffix == ".pdf" else write_page
    write(out, report, code=code)


def _called(first: tuple[date, Path], second: tuple[date, Path]) -> tuple[str, str]:
    """Return what two recordings are called: by day, and by video."""
    one, other = (f"{day.isoformat()}, {_video(path)}" for day, path in (first, second))
    return (one, other) if one != other else (f"{one} (1)", f"{other} (2)")


def _video(report: Path) -> str:
    return report.name.partition(".")[0].replace("_", " ")
