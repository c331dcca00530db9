"""What is to be uploaded, as the browser says it before the first byte."""

from __future__ import annotations

import os
from typing import Annotated, Self

from pydantic import Field, model_validator

from neuropose.data.metadata import Contract
from neuropose.interfacer.ingest_sources import fault_of_name
from neuropose.interfacer.layout import LONGEST_NAME_BYTES
from neuropose.interfacer.names import printable, same_name

MOST_FILES = 2000
_LONGEST_PATH = 1000
_DEEPEST = 16
_MOST_BYTES = 2**53
"""Beyond this, a browser does not count exactly."""


class UploadedFile(Contract):
    """A file that is to be uploaded.

    Parameters
    ----------
    path : str
        Its name, after the folders that it was dropped with: ``anna/day 1/walk.mp4``.
    size_bytes : int
        Its size.
    modified_ms : int
        When it was changed last, as the browser knows it: a file that was changed is another one.
    """

    path: Annotated[str, Field(min_length=1, max_length=_LONGEST_PATH)]
    size_bytes: Annotated[int, Field(ge=0, le=_MOST_BYTES)]
    modified_ms: int = 0


class Manifest(Contract):
    """All files of one upload.

    Parameters
    ----------
    files : tuple of UploadedFile
        One or more.

    Examples
    --------
    >>> Manifest(files=[{"path": "anna/walk.mp4", "size_bytes": 12}]).size_bytes
    12
    """

    files: Annotated[tuple[UploadedFile, ...], Field(min_length=1, max_length=MOST_FILES)]

    @property
    def size_bytes(self) -> int:
        """Size of all files together, in bytes."""
        return sum(file.size_bytes for file in self.files)

    @model_validator(mode="after")
    def _check(self) -> Self:
        seen: set[str] = set()
        folders: set[str] = set()
        for file in self.files:
            fault = _fault(file.path)
            if fault is not None:
                raise ValueError(f"{printable(file.path)} {fault}")
            folded = same_name(file.path)
            if folded in seen:
                raise ValueError(f"{printable(file.path)} is there twice")
            seen.add(folded)
            parts = folded.split("/")
            folders |= {"/".join(parts[:depth]) for depth in range(1, len(parts))}
        both = seen & folders
        if both:
            raise ValueError(f"{printable(both.pop())} is a file and a folder")
        return self


def _fault(path: str) -> str | None:
    """Return what forbids a path: what `ingest` forbids in an archive, or no disk can hold."""
    fault = fault_of_name(path)
    if fault is not None:
        return fault
    parts = path.split("/")
    if len(parts) > _DEEPEST:
        return f"lies in more than {_DEEPEST - 1} folders"
    try:
        encoded = [os.fsencode(part) for part in parts]
    except UnicodeEncodeError:
        return "has a letter that cannot be stored"
    if any(part in ("", ".") for part in parts):
        return "has a part without a name"
    if any(len(part) > LONGEST_NAME_BYTES for part in encoded):
        return "has a name that is too long"
    return None
