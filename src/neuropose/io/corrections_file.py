"""Reading and writing files of corrections."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter
from pydantic_core import to_json

from neuropose.data.corrections import CORRECTIONS_SCHEMA_VERSION, Corrections
from neuropose.io.atomic import write_atomically
from neuropose.io.strict_json import advising, parse, read_bytes, refuse_newer

SUFFIX = ".corrections.json"
"""What names of files of corrections end with."""
_CORRECTIONS = TypeAdapter(Corrections)


def save_corrections(path: Path, corrections: Corrections) -> None:
    """Write corrections as JSON, atomically.

    Parameters
    ----------
    path : Path
        The file to write; an existing one is replaced.
    corrections : Corrections
        The corrections to write.

    Raises
    ------
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from neuropose.data.corrections import SubjectIs
    >>> one = SubjectIs(by="KL", when="2026-03-01T08:12:00Z", input_sha256=64 * "0", track=3)
    >>> path = Path(tempfile.mkdtemp()) / "walk.corrections.json"
    >>> save_corrections(path, Corrections(corrections=[one]))
    >>> load_corrections(path).corrections == (one,)
    True
    """
    write_atomically(path, [to_json(corrections, indent=2), b"\n"])


def load_corrections(path: Path) -> Corrections:
    """Read and validate corrections.

    Parameters
    ----------
    path : Path
        A file that a page saved, or `save_corrections`.

    Returns
    -------
    Corrections

    Raises
    ------
    FileMissingError, FileReadError
        If it cannot be read.
    SchemaVersionError
        If its schema version is newer than this version of NeuroPose reads.
    FileFormatError
        If anything in it is wrong; the message says in one line where and what.
    """
    data = read_bytes(path)
    with advising(f"{path} is damaged or no file of corrections; save it again"):
        refuse_newer(data, CORRECTIONS_SCHEMA_VERSION, "the file of corrections")
        return parse(data, _CORRECTIONS, "")
