"""Reading and writing the shape of a body, to share it between the recordings of a session."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter
from pydantic_core import to_json

from neuropose.data.reconstruction import BodyShape
from neuropose.io.atomic import write_atomically
from neuropose.io.reconstruction_file import holds_reconstruction, load_reconstruction
from neuropose.io.strict_json import advising, parse, read_bytes

_SHAPE = TypeAdapter(BodyShape)


def save_body_shape(path: Path, shape: BodyShape) -> None:
    """Write the shape of a body as JSON, atomically.

    Parameters
    ----------
    path : Path
        The file to write; an existing one is replaced.
    shape : BodyShape
        The shape to write.

    Raises
    ------
    OutputError
        If the file cannot be written; an existing one is untouched.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "body.json"
    >>> shape = BodyShape(height_mm=1710.0, height_source="given", lengths_mm={"thigh": 415.0})
    >>> save_body_shape(path, shape)
    >>> load_body_shape(path) == shape
    True
    """
    write_atomically(path, [to_json(shape, indent=2), b"\n"])


def load_body_shape(path: Path) -> BodyShape:
    """Read the shape of a body.

    Parameters
    ----------
    path : Path
        A file written by `save_body_shape`, or a reconstruction, whose shape is meant.

    Returns
    -------
    BodyShape

    Raises
    ------
    FileMissingError, FileReadError
        If it cannot be read.
    FileFormatError
        If anything in it is wrong; the message says in one line where and what.
    """
    if holds_reconstruction(path):
        return load_reconstruction(path).shape
    with advising(f"{path} is damaged or not the shape of a body"):
        return parse(read_bytes(path), _SHAPE, "")
