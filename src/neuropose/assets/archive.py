"""Archives from elsewhere, unpacked without trusting what they say."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from neuropose.errors import ArchiveError

MOST_BYTES = 8 << 30
"""Unpacked size beyond which an archive is refused; the largest known model has 2 GB."""
MOST_MEMBERS = 10_000
_MOST_RATIO = 20
_SLACK_BYTES = 64 << 20  # small archives of text compress better
_CHUNK_BYTES = 1 << 20


def unpack(archive: Path, folder: Path, *, most_bytes: int = MOST_BYTES) -> None:
    """Unpack a ``.tar.gz`` into an empty folder, plain files and folders only.

    Parameters
    ----------
    archive : Path
        A tar file, gzip-compressed or not.
    folder : Path
        Made; whatever was written is left there if it fails.
    most_bytes : int
        Unpacked size that is refused, whatever the archive says of it; so is one of more than 20
        times its packed size.

    Raises
    ------
    ArchiveError
        If it is damaged, cut short or too large, or if a member is a link or a device, or would
        lie outside the folder.
    OSError
        If it cannot be read, or the folder not be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     archive = Path(folder) / "model.tar.gz"
    ...     with tarfile.open(archive, "w:gz") as tar:
    ...         tar.addfile(tarfile.TarInfo("model/empty"))
    ...     unpack(archive, Path(folder) / "unpacked")
    ...     (Path(folder) / "unpacked" / "model" / "empty").exists()
    True
    """
    allowed = min(most_bytes, _MOST_RATIO * archive.stat().st_size + _SLACK_BYTES)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with archive.open("rb") as file:
            stream = _Bounded(_decompressed(file), allowed)
            with tarfile.open(fileobj=stream, mode="r|") as members:
                for number, member in enumerate(members):
                    if number >= MOST_MEMBERS:
                        raise ArchiveError(f"the archive has more than {MOST_MEMBERS} members")
                    _write(members, member, folder)
            while stream.read(_CHUNK_BYTES):  # a cut in the padding shows only here
                pass
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError) as error:
        raise ArchiveError("the archive is damaged or cut short", hint=_AGAIN) from error


_AGAIN = "download or copy it again"


class _Bounded(io.RawIOBase):
    """A stream that refuses to give more than a number of bytes."""

    def __init__(self, stream: BinaryIO, allowed: int) -> None:
        self._stream = stream
        self._allowed = allowed
        self._left = allowed

    def read(self, size: int = -1) -> bytes:
        content = self._stream.read(size)
        self._left -= len(content)
        if self._left < 0:
            raise ArchiveError(f"the archive unpacks to more than {self._allowed / 1e6:.0f} MB")
        return content


def _decompressed(file: BinaryIO) -> BinaryIO:
    start = file.read(2)
    file.seek(0)
    return gzip.GzipFile(fileobj=file) if start == b"\x1f\x8b" else file  # type: ignore[return-value]


def _write(members: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts or "\\" in member.name or "\0" in member.name:
        raise ArchiveError(f"a member of the archive would lie outside its folder: {member.name!r}")
    target = folder / name
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    if not member.isreg():
        raise ArchiveError(f"a member of the archive is a link or a device: {member.name!r}")
    if target.exists():
        raise ArchiveError(f"a member of the archive comes twice: {member.name!r}")
    target.parent.mkdir(parents=True, exist_ok=True)
    source = members.extractfile(member)
    assert source is not None
    with source, target.open("xb") as file:
        while chunk := source.read(_CHUNK_BYTES):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if target.stat().st_size != member.size:
        raise ArchiveError("the archive is cut short", hint=_AGAIN)
