"""Reading and writing reconstructions: arrays of NumPy and a JSON header in one archive."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError, create_model
from pydantic_core import to_json

from neuropose.data.format_errors import explain, refusal
from neuropose.data.metadata import Contract
from neuropose.data.reconstruction import RECONSTRUCTION_SCHEMA_VERSION, Reconstruction
from neuropose.errors import FileFormatError
from neuropose.io.atomic import write_atomically
from neuropose.io.strict_json import advising, parse, read_bytes, refuse_newer

SUFFIX = ".reconstruction.npz"
"""What names of reconstruction files end with."""
_SIGNATURE = b"PK\x03\x04"
_NAME_AT = 30  # where an archive has the name of its first member
_HEADER = "header.json"
_ARRAYS = {
    "time_s": "<f8",
    "coordinates": "<f8",
    "coordinate_errors": "<f4",
    "positions_mm": "<f8",
    "position_draws_mm": "<f2",
    "confidence": "<f4",
}
"""Members of the archive, and the element type of each."""
_HEADER_FIELDS: dict[str, Any] = {
    name: (field.annotation, field)
    for name, field in Reconstruction.model_fields.items()
    if name not in _ARRAYS
}
_HEADER_TYPE: TypeAdapter[Any] = TypeAdapter(
    create_model("ReconstructionHeader", __base__=Contract, **_HEADER_FIELDS)
)
_DAMAGE = (zipfile.BadZipFile, ValueError, OSError, EOFError, RuntimeError)
"""What `zipfile` and NumPy raise on bad input; NotImplementedError is a RuntimeError."""
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # equal reconstructions are equal bytes
_PIECE = 1 << 20  # numbers


def save_reconstruction(path: Path, reconstruction: Reconstruction) -> None:
    """Write a reconstruction as one file, atomically.

    The file is an uncompressed ``.npz`` archive without pickles: ``numpy.load`` reads its arrays,
    and its ``header.json`` holds the rest. Equal reconstructions are written as the same bytes.
    ``docs/reference/reconstruction-file.md`` lists every member.

    Parameters
    ----------
    path : Path
        The file to write; an existing one is replaced.
    reconstruction : Reconstruction
        The reconstruction to write.

    Raises
    ------
    OutputError
        If the file cannot be written; an existing one is untouched.

    Examples
    --------
    >>> import tempfile
    >>> from neuropose.testing import reconstructed, simulate_walk, walker_sequence
    >>> reconstruction = reconstructed(walker_sequence(simulate_walk()))
    >>> path = Path(tempfile.mkdtemp()) / "walk.reconstruction.npz"
    >>> save_reconstruction(path, reconstruction)
    >>> load_reconstruction(path) == reconstruction
    True
    >>> with np.load(path) as arrays:
    ...     arrays["positions_mm"].shape
    (360, 26, 3)
    """
    write_atomically(path, encode_reconstruction(reconstruction))


def load_reconstruction(path: Path) -> Reconstruction:
    """Read and validate a reconstruction.

    Parameters
    ----------
    path : Path
        A file written by `save_reconstruction`.

    Returns
    -------
    Reconstruction

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
    with advising(f"{path} is damaged or not a reconstruction; make it again"):
        return decode_reconstruction(data)


def holds_reconstruction(path: Path) -> bool:
    """Return whether a file is a reconstruction rather than predictions.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    bool
        Whether it begins as an archive with a reconstruction's header, which the compact twin of a
        predictions file does not. It is not checked any further.

    Raises
    ------
    FileMissingError, FileReadError
        If it cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "predictions.json"
    >>> path.write_text("{}")
    2
    >>> holds_reconstruction(path)
    False
    """
    head = read_bytes(path, most=_NAME_AT + len(_HEADER))
    return head.startswith(_SIGNATURE) and _HEADER.encode().startswith(head[_NAME_AT:])


def encode_reconstruction(reconstruction: Reconstruction) -> Iterator[bytes]:
    """Encode a reconstruction in pieces; see `save_reconstruction`.

    Parameters
    ----------
    reconstruction : Reconstruction
        The reconstruction to encode.

    Yields
    ------
    bytes
    """
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[call-overload]
        header = {name: getattr(reconstruction, name) for name in _HEADER_FIELDS}
        archive.writestr(_entry(_HEADER, 0), to_json(header))
        for name, kind in _ARRAYS.items():
            array = getattr(reconstruction, name)
            with archive.open(_entry(_member(name), array.nbytes), "w") as member:
                for piece in _encode_array(array, np.dtype(kind)):
                    member.write(piece)
                    yield sink.take()
    yield sink.take()


def decode_reconstruction(data: bytes) -> Reconstruction:
    """Decode and validate a reconstruction; see `load_reconstruction`.

    Parameters
    ----------
    data : bytes
        Content of a whole file.

    Returns
    -------
    Reconstruction

    Raises
    ------
    SchemaVersionError, FileFormatError
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            header = _content(archive, _HEADER)
            refuse_newer(header, RECONSTRUCTION_SCHEMA_VERSION, "the reconstruction")
            _check_members(archive)
            arrays = {
                name: _decode_array(_content(archive, _member(name)), np.dtype(kind), name)
                for name, kind in _ARRAYS.items()
            }
    except FileFormatError:
        raise
    except _DAMAGE as error:
        raise refusal("", f"this archive cannot be read: {error}") from error
    values = parse(header, _HEADER_TYPE, _HEADER)
    try:
        return Reconstruction(**{name: getattr(values, name) for name in _HEADER_FIELDS}, **arrays)
    except ValidationError as error:
        raise explain("", error) from error


class _Sink:
    """What a `ZipFile` has written and nobody has taken yet."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """There is nothing to flush; `ZipFile` calls it."""

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def _member(name: str) -> str:
    return f"{name}.npy"


def _entry(name: str, byte_count: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _LONG_AGO)
    entry.create_system = 3  # the same bytes on every system
    entry.file_size = byte_count  # tells whether the entry needs the large format
    return entry


def _encode_array(array: NDArray[Any], kind: np.dtype[Any]) -> Iterator[bytes]:
    head = io.BytesIO()
    description = {"descr": kind.str, "fortran_order": False, "shape": array.shape}
    np.lib.format.write_array_header_1_0(head, description)
    yield head.getvalue()
    flat = array.reshape(-1)
    for start in range(0, len(flat), _PIECE):
        yield flat[start : start + _PIECE].astype(kind).tobytes()


def _decode_array(data: bytes, kind: np.dtype[Any], name: str) -> NDArray[Any]:
    file = io.BytesIO(data)
    if np.lib.format.read_magic(file) != (1, 0):
        raise refusal(name, "not an array of version 1.0")
    shape, fortran, found = np.lib.format.read_array_header_1_0(file)
    if fortran or found != kind:
        raise refusal(name, f"expected {kind.str} in C order, got {found.str}")
    if (
        any(size < 0 for size in shape)
        or math.prod(shape) * kind.itemsize != len(data) - file.tell()
    ):
        raise refusal(name, f"it does not hold as many numbers as its shape {shape} says")
    return np.frombuffer(data, kind, offset=file.tell()).reshape(shape)


def _content(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        entry = archive.getinfo(name)
    except KeyError:
        raise refusal(name, "missing") from None
    if entry.compress_type != zipfile.ZIP_STORED:  # so that no small file fills the memory
        raise refusal(name, "compressed")
    return archive.read(entry)


def _check_members(archive: zipfile.ZipFile) -> None:
    names = archive.namelist()
    known = [_HEADER, *map(_member, _ARRAYS)]
    for name in names:
        if name not in known or names.count(name) > 1:
            raise refusal(
                "", f"the archive holds {name!r} {'twice' if name in known else ''}".strip()
            )
