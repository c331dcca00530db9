"""How an attempt ended, noted in its working folder: the daemon may be killed before it says so."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from pydantic import TypeAdapter
from pydantic_core import to_json

from neuropose.data.metadata import Contract
from neuropose.errors import FileFormatError, FileReadError
from neuropose.interfacer.engines.writing import writing_job
from neuropose.interfacer.entries import MarkerOutcomes, Outcomes
from neuropose.io.atomic import private_opener
from neuropose.io.strict_json import parse, read_bytes

_NAME = "ended.json"


class Ended(Contract):
    """How an attempt at a job ended.

    Parameters
    ----------
    outcomes : tuple of VideoOutcome or VideoFailure
        As `JobEntry.outcomes <neuropose.data.JobEntry>`.
    marker_outcomes : tuple of MarkersOutcome or VideoFailure
        As `JobEntry.marker_outcomes <neuropose.data.JobEntry>`.
    error : str or None
        As `JobEntry.error <neuropose.data.JobEntry>`. None: the job is complete, or it is not known
        how the attempt ended.
    """

    outcomes: Outcomes = ()
    marker_outcomes: MarkerOutcomes = ()
    error: str | None = None


_ENDED = TypeAdapter(Ended)


def note_ended(work: Path, ended: Ended) -> None:
    """Note how an attempt has ended.

    Parameters
    ----------
    work : Path
        Its working folder.
    ended : Ended
        How.

    Raises
    ------
    OutputError
        If the folder cannot be written.

    Notes
    -----
    The file outlasts the daemon, but not a power cut: it is not worth waiting for the disk.
    """
    with writing_job(), open(work / _NAME, "wb", opener=private_opener) as file:
        file.write(to_json(ended))


def forget_ended(work: Path) -> None:
    """Remove the note of an earlier attempt; another one begins.

    Parameters
    ----------
    work : Path
        The working folder.

    Raises
    ------
    OutputError
        If it cannot be removed.
    """
    with writing_job():
        (work / _NAME).unlink(missing_ok=True)


def how_ended(work: Path) -> Ended:
    """Return how the last attempt ended.

    Parameters
    ----------
    work : Path
        The working folder.

    Returns
    -------
    Ended
        Empty if it is not known.

    Examples
    --------
    >>> import tempfile
    >>> work = Path(tempfile.mkdtemp())
    >>> note_ended(work, Ended(error="ValueError: no such file"))
    >>> how_ended(work).error
    'ValueError: no such file'
    >>> forget_ended(work)
    >>> how_ended(work).error is None
    True
    """
    with suppress(FileReadError, FileFormatError):
        return parse(read_bytes(work / _NAME), _ENDED, "")
    return Ended()
