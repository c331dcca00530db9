"""Uploads on the disk of the data directory: what has arrived stays, whatever is cut or killed.

Each is a folder in ``.staging/``, which the daemon leaves alone: what is to come
(``upload.json``), and for each file its bytes (``0001.part``) and a line for every piece that is
safe on the disk (``0001.pieces``). Only what has its line counts, so that half a piece never does.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from neuropose.dashboard.uploads.manifest import Manifest
from neuropose.data.metadata import Contract
from neuropose.errors import JobError, OutputError
from neuropose.interfacer.layout import Layout
from neuropose.io.atomic import PRIVATE_FOLDER, private_opener, write_atomically

PIECE_BYTES = 8 << 20
"""Size of every piece of a file but its last."""
ABANDONED_S = 3 * 24 * 3600.0
"""Uploads that nothing was added to for so long are removed."""
_CLEARED_EVERY_S = 3600.0
_AT_WORK_S = 3600.0
"""An upload that nothing was added to for so long keeps neither space nor a place from others."""
MOST_OPEN = 50
"""Unfinished uploads at the same time."""
_LINE_BYTES = 65
"""A SHA-256 in hexadecimal, and the end of the line."""
_PREFIX = "upload-"
_KEY = re.compile(r"[0-9a-f]{32}", re.ASCII)
_MANIFEST = "upload.json"


class UploadError(JobError):
    """An upload cannot go on like this.

    Parameters
    ----------
    message : str
        What happened.
    status : int
        Of the answer: 404, 408, 409, 413, 422, 429 or 507.
    hint : str, optional
        What to do.
    offset : int, optional
        Where the file goes on.
    """

    def __init__(
        self, message: str, *, status: int, hint: str | None = None, offset: int | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.offset = offset


class _Stored(Contract):
    owner: str
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that has begun.

    Parameters
    ----------
    key : str
        Stands for it in addresses; nobody can guess it.
    folder : Path
        Where its bytes are.
    manifest : Manifest
        What is to come.
    offsets : tuple of int
        How many bytes of each file are there.
    """

    key: str
    folder: Path
    manifest: Manifest
    offsets: tuple[int, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every byte is there."""
        sizes = (file.size_bytes for file in self.manifest.files)
        return all(map(int.__eq__, self.offsets, sizes))

    def part(self, number: int) -> Path:
        """Return the file with the bytes of a file.

        Parameters
        ----------
        number : int
            Of the file, from 0.

        Returns
        -------
        Path
        """
        return _part(self.folder, number)


class UploadStore:
    """All uploads of a data directory.

    Parameters
    ----------
    layout : Layout
        The data directory.
    reserve_bytes : float
        What is to stay free on its disk.
    free_bytes : callable, optional
        Returns what is free on it; default: asks the disk.
    now : callable
        The time, in seconds.
    """

    def __init__(
        self,
        layout: Layout,
        *,
        reserve_bytes: float = 0.0,
        free_bytes: Callable[[], int] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._layout = layout
        self._reserve_bytes = reserve_bytes
        self._free_bytes = free_bytes or (lambda: shutil.disk_usage(layout.staging).free)
        self._now = now

    def begin(self, manifest: Manifest, owner: str) -> Upload:
        """Begin an upload, or go on with the one of the same files that was cut.

        Parameters
        ----------
        manifest : Manifest
            What is to come.
        owner : str
            Who uploads; nobody else can go on with it.

        Returns
        -------
        Upload

        Raises
        ------
        UploadError
            If it does not fit on the disk, or there are too many unfinished ones.
        OutputError
            If it cannot be written.
        """
        self.clear_abandoned()
        others = list(self._all())
        for stored, upload in others:
            if stored.owner == owner and stored.manifest == manifest:
                with suppress(OSError):
                    upload.folder.touch()
                return upload
        others = [(stored, upload) for stored, upload in others if self._is_at_work(upload)]
        if len(others) >= MOST_OPEN:
            raise UploadError(
                f"{MOST_OPEN} uploads are unfinished",
                status=429,
                hint="finish them, or give them up",
            )
        to_come = sum(_missing(upload) for _, upload in others)
        free = self._free_bytes() - self._reserve_bytes - to_come
        if manifest.size_bytes > free:
            raise UploadError(
                f"{manifest.size_bytes / 1e9:.1f} GB are to come, and "
                f"{max(free, 0.0) / 1e9:.1f} GB may be used on the disk",
                status=507,
                hint="free some space, or remove jobs that are not needed any more",
            )
        key = secrets.token_hex(16)
        folder = self._layout.staging / f"{_PREFIX}{key}"
        try:
            folder.mkdir(PRIVATE_FOLDER)
            for number in range(len(manifest.files)):
                for suffix in ("part", "pieces"):
                    open(folder / f"{number:04d}.{suffix}", "xb", opener=private_opener).close()
            stored = _Stored(owner=owner, manifest=manifest)
            write_atomically(folder / _MANIFEST, [stored.model_dump_json().encode()])
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise cannot_write(error) from error
        return Upload(key, folder, manifest, (0,) * len(manifest.files))

    def find(self, key: str, owner: str) -> Upload:
        """Return an upload as it is on the disk.

        Parameters
        ----------
        key : str
            From an address, whatever it says.
        owner : str
            Who asks.

        Returns
        -------
        Upload

        Raises
        ------
        UploadError
            If this person has no such upload.
        """
        folder = self._layout.staging / f"{_PREFIX}{key}"
        stored = _stored(folder) if _KEY.fullmatch(key) else None
        if stored is None or stored.owner != owner:
            raise UploadError(
                "there is no such upload",
                status=404,
                hint="it is finished or was given up: drop the files again",
            )
        return _opened(folder, stored)

    def append(self, upload: Upload, number: int, offset: int, piece: bytes, sha256: str) -> int:
        """Add a piece to a file; it counts as soon as it is safe on the disk.

        Parameters
        ----------
        upload : Upload
            From `find`.
        number : int
            Of the file, from 0.
        offset : int
            Where the piece begins.
        piece : bytes
            `PIECE_BYTES` long, but for the last one of a file.
        sha256 : str
            Of the piece, as the sender has it.

        Returns
        -------
        int
            Where the file goes on.

        Raises
        ------
        UploadError
            If it is not the next piece, has another length, or has changed on its way; its
            ``offset`` says where to go on.
        OutputError
            If it cannot be written.
        """
        if not 0 <= number < len(upload.manifest.files):
            raise UploadError("there is no such file in the upload", status=404)
        at, size = upload.offsets[number], upload.manifest.files[number].size_bytes
        if offset != at:
            raise UploadError(
                f"the next piece begins at {at}", status=409, hint="go on there", offset=at
            )
        if not piece or len(piece) != min(PIECE_BYTES, size - at):
            raise UploadError(
                f"a piece of {len(piece)} bytes is not the next one",
                status=422,
                hint=f"send {min(PIECE_BYTES, size - at)} bytes",
                offset=at,
            )
        if hashlib.sha256(piece).hexdigest() != sha256.lower():
            raise UploadError(
                "the piece has changed on its way", status=422, hint="send it again", offset=at
            )
        try:
            with upload.part(number).open("r+b") as file:
                file.seek(at)
                file.write(piece)
                file.truncate()
                file.flush()
                os.fsync(file.fileno())
            with _pieces(upload.folder, number).open("r+b") as file:
                file.seek(at // PIECE_BYTES * _LINE_BYTES)
                file.write(f"{sha256.lower()}\n".encode("ascii"))
                file.truncate()
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise cannot_write(error) from error
        return at + len(piece)

    def remove(self, upload: Upload) -> None:
        """Remove an upload with all its bytes.

        Parameters
        ----------
        upload : Upload
            From `find`.
        """
        gone = upload.folder.with_name(f"remove-{secrets.token_hex(8)}")
        with suppress(OSError):
            upload.folder.rename(gone)  # what is left after a kill, the daemon removes
            shutil.rmtree(gone, ignore_errors=True)

    def clear_abandoned(self) -> int:
        """Remove what nothing was added to for `ABANDONED_S`.

        Returns
        -------
        int
            How many uploads were removed.
        """
        count = 0
        for folder in self._layout.staging.glob(f"{_PREFIX}*"):
            with suppress(OSError):
                if self._quiet_s(folder) > ABANDONED_S:
                    shutil.rmtree(folder)
                    count += 1
        return count

    async def keep_clear(self) -> None:
        """Remove what is abandoned, every hour, until cancelled."""
        while True:
            await asyncio.to_thread(self.clear_abandoned)
            await asyncio.sleep(_CLEARED_EVERY_S)

    def _quiet_s(self, folder: Path) -> float:
        """Return how long nothing has been added to an upload, in seconds."""
        return self._now() - max(path.stat().st_mtime for path in (folder, *folder.iterdir()))

    def _is_at_work(self, upload: Upload) -> bool:
        try:
            return self._quiet_s(upload.folder) < _AT_WORK_S
        except OSError:  # it has just been removed
            return False

    def _all(self) -> Iterator[tuple[_Stored, Upload]]:
        for folder in sorted(self._layout.staging.glob(f"{_PREFIX}*")):
            stored = _stored(folder)
            if stored is not None:
                yield stored, _opened(folder, stored)


def _stored(folder: Path) -> _Stored | None:
    try:
        return _Stored.model_validate_json((folder / _MANIFEST).read_bytes())
    except (OSError, ValidationError):
        return None


def _opened(folder: Path, stored: _Stored) -> Upload:
    offsets = tuple(
        _offset(folder, number, file.size_bytes)
        for number, file in enumerate(stored.manifest.files)
    )
    return Upload(folder.name.removeprefix(_PREFIX), folder, stored.manifest, offsets)


def _part(folder: Path, number: int) -> Path:
    return folder / f"{number:04d}.part"


def _offset(folder: Path, number: int, size_bytes: int) -> int:
    """Return where a file goes on: after the pieces that have their line, and are there."""
    count = _count(_pieces(folder, number))
    try:
        held_bytes = _part(folder, number).stat().st_size
    except OSError:
        return 0
    if held_bytes == size_bytes <= count * PIECE_BYTES:
        return size_bytes
    before_last = max(size_bytes - 1, 0) // PIECE_BYTES
    return min(count, held_bytes // PIECE_BYTES, before_last) * PIECE_BYTES


def _pieces(folder: Path, number: int) -> Path:
    return folder / f"{number:04d}.pieces"


def _count(pieces: Path) -> int:
    """Return how many pieces are safe; a line that was cut does not count."""
    try:
        return pieces.read_bytes().count(b"\n")
    except OSError:
        return 0


def _missing(upload: Upload) -> int:
    return upload.manifest.size_bytes - sum(upload.offsets)


def cannot_write(error: OSError) -> OutputError:
    """Return what says that an upload cannot be written.

    Parameters
    ----------
    error : OSError
        As the operating system tells it.

    Returns
    -------
    OutputError
    """
    return OutputError(
        f"the upload cannot be written: {error.strerror or error}",
        hint="free some space, or fix the permissions of the data directory",
    )
