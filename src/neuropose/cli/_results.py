"""Which video of a job is meant is said on the command line: what is wrong with it, too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from neuropose.cli._console import note
from neuropose.errors import NeuroPoseError, VideoChoiceError

if TYPE_CHECKING:
    from neuropose.study.contract.session import Session

RESULTS, CORRECTED = "results.json", "results.corrected.json"
"""Results in a job's folder: as they were made, and as a person corrected them."""


def is_of_job(path: Path) -> bool:
    """Return whether a file has the name of a job's results.

    Parameters
    ----------
    path : Path
        Any file.

    Returns
    -------
    bool
    """
    return path.name in (RESULTS, CORRECTED)


@contextmanager
def choosing_video(option: str = "--video") -> Iterator[None]:
    """Turn a video that cannot be chosen into a wrong command line.

    Parameters
    ----------
    option : str
        What chooses it.

    Raises
    ------
    typer.BadParameter
    """
    try:
        yield
    except VideoChoiceError as error:
        said = f"{error.message}; {option}: {error.hint}"
        raise typer.BadParameter(said.replace(f"{option}: give", "give")) from error


def results_in(folder: Path) -> Path:
    """Return which results in a job's folder are meant: those that a person corrected, if any.

    Parameters
    ----------
    folder : Path
        The folder.

    Returns
    -------
    Path
        The file. That it is the corrected one is said.
    """
    corrected = folder / CORRECTED
    if not corrected.is_file():
        return folder / RESULTS
    note(f"the results in {folder} are those of {CORRECTED}")
    return corrected


def session_beside(results: Path) -> Session | None:
    """Return what was said of the person of a job, beside its results.

    Parameters
    ----------
    results : Path
        Any file.

    Returns
    -------
    Session or None
        None if it is not the results of a job, nothing was said, or it cannot be followed.
    """
    from neuropose.interfacer.layout import SESSION_NAME, given_file

    file = given_file(results.parent, SESSION_NAME)
    if not is_of_job(results) or not file.is_file():
        return None
    from neuropose.study.contract.loading import load_session

    try:
        return load_session(file)
    except NeuroPoseError as error:
        note(f"{file.name} is not followed: {error.message}")
        return None


def subject_said(session: Session | None, results: Path, video: str | None) -> str | None:
    """Return whom a session says, unless a correction of the results says it.

    Parameters
    ----------
    session : Session or None
        What was said.
    results : Path
        The job's results beside it.
    video : str or None
        Which of the videos, if there are several; ``cameras``: the body of all of them.

    Returns
    -------
    str or None
        As ``--subject``; None of a body, which is of one person.
    """
    from neuropose.data.jobs import CAMERAS

    if session is None or video == CAMERAS:
        return None
    if not session.subject.startswith("track:"):
        return session.subject
    from neuropose.data.corrections import names_subject
    from neuropose.io import load_results

    with choosing_video():
        provenance = load_results(results, video).predictions.provenance
    return None if names_subject(provenance) else session.subject


def stature_said(session: Session | None, subject: str | None, video: str | None) -> float | None:
    """Return the height in a session, if it is that of the person who is measured.

    Parameters
    ----------
    session : Session or None
        What was said.
    subject : str or None
        Who is measured; None: the session's subject.
    video : str or None
        As for `subject_said`.

    Returns
    -------
    float or None
        In mm; None of a body, whose fit knew it.
    """
    from neuropose.data.jobs import CAMERAS

    if session is None or video == CAMERAS or subject not in (None, session.subject):
        return None
    return session.height_mm


def vertical_said(session: Session | None, video: str | None) -> tuple[float, float, float] | None:
    """Return the vertical in a session.

    Parameters
    ----------
    session : Session or None
        What was said.
    video : str or None
        As for `subject_said`.

    Returns
    -------
    tuple of float, or None
        In the axes of the camera; None of a body, whose fit knew it.
    """
    from neuropose.data.jobs import CAMERAS

    return None if session is None or video == CAMERAS else session.up
