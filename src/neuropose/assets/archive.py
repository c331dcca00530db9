"""Unpacking archives without trusting their contents."""

from __future__ import annotations

import errno
import gzip
import io
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
_SLACK_BYTES = 64 << 20  # small text archives compress better
_MOST_HEADER_BYTES = 16 << 10
_BLOCK_BYTES = 512
_CHUNK_BYTES = 1 << 20
_UNSUITABLE = {errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG}


def unpack(archive: Path, folder: Path, *, most_bytes: int = MOST_BYTES) -> None:
    """Unpack a ``.tar.gz`` into an empty folder; only regular files and folders are allowed.

    Parameters
    ----------
    archive : Path
        A tar file, gzip-compressed or not.
    folder : Path
        Created; if unpacking fails, what was written is left there.
    most_bytes : int
        Largest unpacked size in bytes, whatever the archive states; more than 20 times the packed
        size is refused too.

    Raises
    ------
    ArchiveError
        If it is damaged, cut short or too large, or if a member is a link or a device, or would
        lie outside the folder.
    OSError
        If it cannot be read, or the folder cannot be written.

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
            with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Member) as members:
                for number, member in enumerate(members):
                    if number >= MOST_MEMBERS:
                        raise ArchiveError(f"the archive has more than {MOST_MEMBERS} members")
                    _write(members, member, folder)
            while stream.read(_CHUNK_BYTES):  # a truncated padding shows only here
                pass
        if stream.end != bytes(len(stream.end)) or not any(folder.iterdir()):
            raise ArchiveError("the archive is cut short, or empty", hint=_AGAIN)
    except ArchiveError:
        raise
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error, ValueError) as error:
        raise ArchiveError("the archive is damaged or cut short", hint=_AGAIN) from error


def extract_member(archive: Path, name: str, path: Path, *, most_bytes: int = MOST_BYTES) -> bool:
    """Extract one file from a ``.tar.gz``.

    Parameters
    ----------
    archive : Path
        A tar file, gzip-compressed or not.
    name : str
        The member, exactly as the archive names it; nothing else is written anywhere.
    path : Path
        Where to write it.
    most_bytes : int
        Largest unpacked size in bytes up to the end of the member, as in `unpack`.

    Returns
    -------
    bool
        False if there is no regular file with this name.

    Raises
    ------
    ArchiveError
        If the archive is damaged, cut short or too large.
    """
    allowed = min(most_bytes, _MOST_RATIO * archive.stat().st_size + _SLACK_BYTES)
    try:
        with archive.open("rb") as file:
            stream = _Bounded(_decompressed(file), allowed)
            with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Member) as members:
                for member in members:
                    if member.name == name and member.isreg() and not member.issparse():
                        _write_member(members, member, path)
                        return True
        return False
    except ArchiveError:
        raise
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error, ValueError) as error:
        raise ArchiveError("the archive is damaged or cut short", hint=_AGAIN) from error


class _Member(tarfile.TarInfo):
    """A member whose extended header is short: tarfile takes quadratic time for long ones."""

    def _proc_pax(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
        if self.size > _MOST_HEADER_BYTES:
            raise ArchiveError("a member of the archive has an overlong header")
        return super()._proc_pax(tar)  # type: ignore[misc, no-any-return]


_AGAIN = "download or copy it again"


class _Bounded(io.RawIOBase):
    """A stream that raises after a number of bytes."""

    def __init__(self, stream: BinaryIO, allowed: int) -> None:
        self._stream = stream
        self._allowed = allowed
        self._left = allowed
        self.end = b""

    def read(self, size: int = -1) -> bytes:
        content = self._stream.read(size)
        self.end = (self.end + content)[-_BLOCK_BYTES:]
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
    try:
        member.name.encode()
    except UnicodeEncodeError:
        raise ArchiveError("a member of the archive has a name that is not UTF-8") from None
    if name.is_absolute() or ".." in name.parts or "\\" in member.name or "\0" in member.name:
        raise ArchiveError(f"a member of the archive would lie outside its folder: {member.name!r}")
    target = folder / name
    if not (member.isdir() or member.isreg()) or member.issparse():
        raise ArchiveError(f"a member of the archive is a link or a device: {member.name!r}")
    try:
        _write_member(members, member, target)
    except OSError as error:
        if error.errno in _UNSUITABLE:
            raise ArchiveError(
                f"a member of the archive cannot be written: {member.name[:80]!r}: {error.strerror}"
            ) from error
        raise


def _write_member(members: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
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
