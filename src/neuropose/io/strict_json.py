"""Strict JSON parsing: errors become one line that says where."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import msgspec
from pydantic import TypeAdapter

from neuropose.data.format_errors import DECODING_ERRORS, explain
from neuropose.errors import FileFormatError, FileMissingError, FileReadError, SchemaVersionError

T = TypeVar("T")


def read_bytes(path: Path, most: int = -1) -> bytes:
    """Read a file.

    Parameters
    ----------
    path : Path
        The file.
    most : int
        How many bytes from its beginning; default: all.

    Returns
    -------
    bytes

    Raises
    ------
    FileMissingError
        If the file does not exist.
    FileReadError
        If the file cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            return file.read(most)
    except FileNotFoundError as error:
        raise FileMissingError(f"there is no file {path}", hint="check its name") from error
    except (OSError, ValueError) as error:  # ValueError: the system does not accept it as a path
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise FileReadError(
            f"{path} cannot be read: {reason}", hint="choose a file that you may read"
        ) from error


@contextmanager
def advising(hint: str) -> Iterator[None]:
    """Say what to do about a damaged file, where the error itself does not.

    Parameters
    ----------
    hint : str
        What to do.

    Raises
    ------
    FileFormatError
        Whatever was raised inside, with a hint.

    Examples
    --------
    >>> try:
    ...     with advising("make it again"):
    ...         raise FileFormatError("measures: missing")
    ... except FileFormatError as error:
    ...     print(error.message, error.hint, sep="; ")
    measures: missing; make it again
    """
    try:
        yield
    except FileFormatError as error:
        error.hint = error.hint or hint
        raise


def parse(raw: bytes, kind: TypeAdapter[T], where: str) -> T:
    """Parse a small piece of JSON strictly: no conversions, no duplicate keys, only finite numbers.

    Parameters
    ----------
    raw : bytes
        JSON.
    kind : TypeAdapter
        The expected type.
    where : str
        Location of the value, for messages.

    Returns
    -------
    The parsed value, of `kind`'s type.

    Raises
    ------
    FileFormatError
        In one line: where it is wrong, and what was expected.

    Examples
    --------
    >>> parse(b"[1, 2]", TypeAdapter(tuple[int, int]), "size")
    (1, 2)
    """
    try:
        json.loads(
            raw,
            object_pairs_hook=_object,
            parse_float=_finite,
            parse_constant=_no_constant,
        )
        return kind.validate_json(raw, strict=True)
    except DECODING_ERRORS as error:
        raise explain(where, error) from error


def refuse_newer(raw: bytes, newest: int, what: str) -> None:
    """Raise if a newer version wrote the file, before anything else in it is read.

    Parameters
    ----------
    raw : bytes
        A JSON object. Any other fault is left for the full parse to report.
    newest : int
        Newest schema version known here.
    what : str
        What to call the file in the message, such as ``the report``.

    Raises
    ------
    SchemaVersionError
        If its ``schema_version`` is newer.

    Examples
    --------
    >>> refuse_newer(b'{"schema_version": 1}', 1, "the report")
    """
    try:
        version = msgspec.json.decode(raw, type=_Head).schema_version
    except DECODING_ERRORS:
        return
    refuse_newer_version(version, newest, what)


def refuse_newer_version(version: int, newest: int, what: str) -> None:
    """Refuse a schema version that is newer than those known here.

    Parameters
    ----------
    version, newest : int
        That of the file, and the newest one that is known here.
    what : str
        Such as ``the report``, for the message.

    Raises
    ------
    SchemaVersionError
        If it is newer.

    Examples
    --------
    >>> refuse_newer_version(1, 1, "the report")
    """
    if version > newest:
        raise SchemaVersionError(
            f"{what} is of schema {version}; this version reads up to {newest}",
            hint="update NeuroPose, or use the version that wrote it",
        )


class _Head(msgspec.Struct):
    schema_version: int = 0


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"the key {key!r} occurs twice")
        result[key] = value
    return result


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"the number {digits} is out of range")
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON; a missing value is null")
