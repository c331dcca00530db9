"""Whether a video file is as long as its container says, or was cut short."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from neuropose.errors import VideoDecodeError, VideoTruncatedError

_MP4_FIRST_BOXES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp"}
_MP4_VITAL_BOXES = {b"moov", b"mdat", b"moof"}
_EBML = b"\x1a\x45\xdf\xa3"
_SEGMENT = b"\x18\x53\x80\x67"


_NO_INDEX = "the AVI has no index: damage in it may not be noticed"
_RIFF_HEADER, _CHUNK_HEADER = 12, 8
_MOST_HEADER_BYTES = 1 << 20


def require_complete(path: Path) -> tuple[str, ...]:
    """Check the file's length against the length stated in MP4, MOV, AVI, MKV or WebM.

    Parameters
    ----------
    path : pathlib.Path
        A regular, readable file of any kind.

    Returns
    -------
    tuple of str
        Warnings about what is missing besides the frames.

    Raises
    ------
    VideoTruncatedError
        If the container says that the file is longer, or its index was never written.
    VideoDecodeError
        If the fragments of a fragmented MP4 are not contiguous.

    Notes
    -----
    Other containers (MPEG, WMV, FLV) and recordings of open length do not state where they end, so
    they cannot be checked.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(12)
        if start[4:8] in _MP4_FIRST_BOXES:
            _check_mp4(file, size)
        elif start[:4] == b"RIFF" and start[8:] == b"AVI ":
            return () if _check_avi(file, size) else (_NO_INDEX,)
        elif start[:4] == _EBML:
            _check_matroska(file, size)
    return ()


def _cut_short(size: int, stated: int) -> VideoTruncatedError:
    return VideoTruncatedError(
        f"the file ends after {size / 1e6:.3g} of {stated / 1e6:.3g} MB",
        hint="the recording or copy was cut short; get the whole file",
    )


def _check_mp4(file: BinaryIO, size: int) -> None:
    position = 0
    seen: set[bytes] = set()
    while position + 8 <= size:
        file.seek(position)
        header = file.read(16)
        length, kind = int.from_bytes(header[:4], "big"), header[4:8]
        if length == 1 and len(header) == 16:
            length = int.from_bytes(header[8:], "big")
        elif length == 0:
            length = size - position
        if length < 8 or not kind.isalnum():
            break  # not a box: padding, or something that a camera appended
        seen.add(kind)
        if position + length > size and kind in _MP4_VITAL_BOXES:
            raise _cut_short(size, position + length)
        position += length
    if not seen & {b"moov", b"moof"}:
        raise VideoTruncatedError(
            "the file holds no index of its frames (moov)",
            hint="the recording or copy was not finished; get the whole file",
        )
    if b"moof" in seen and position < size and _holds(file, position, b"moof"):
        raise VideoDecodeError(
            "the container is damaged: fragments of the video cannot be reached",
            hint="copy or export the video again",
        )


def _holds(file: BinaryIO, position: int, wanted: bytes) -> bool:
    file.seek(position)
    before = b""
    while chunk := file.read(1 << 20):
        if wanted in before + chunk:
            return True
        before = chunk[-len(wanted) :]
    return False


def _check_avi(file: BinaryIO, size: int) -> bool:
    """Return whether there is an index."""
    position, is_indexed = 0, False
    while position + _RIFF_HEADER <= size:
        file.seek(position)
        header = file.read(_RIFF_HEADER)
        if header[:4] != b"RIFF" or header[8:] not in {b"AVI ", b"AVIX"}:
            break
        length = int.from_bytes(header[4:8], "little")
        chunks = dict(_chunks(file, position + _RIFF_HEADER, min(size, position + 8 + length)))
        is_indexed |= b"idx1" in chunks or _holds_index(file, chunks.get(b"hdrl"))
        if position + 8 + length > size and chunks.get(b"movi", (0, size + 1))[1] > size:
            raise _cut_short(size, position + 8 + length)
        position += 8 + length + length % 2
        if length == 0:
            break  # a recorder that never filled it in
    return is_indexed


def _chunks(file: BinaryIO, position: int, end: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Yield the kind, start and end of each chunk; of a list, its own kind."""
    while position + _CHUNK_HEADER <= end:
        file.seek(position)
        header = file.read(_RIFF_HEADER)
        kind = header[8:] if header[:4] == b"LIST" else header[:4]
        length = int.from_bytes(header[4:8], "little")
        yield kind, (position, position + _CHUNK_HEADER + length)
        position += _CHUNK_HEADER + length + length % 2


def _holds_index(file: BinaryIO, header: tuple[int, int] | None) -> bool:
    """Return whether the streams' headers refer to an index of their own (OpenDML)."""
    if header is None:
        return False
    file.seek(header[0])
    return b"indx" in file.read(min(header[1] - header[0], _MOST_HEADER_BYTES))


def _check_matroska(file: BinaryIO, size: int) -> None:
    file.seek(4)
    header_length = _ebml_length(file)
    if header_length is None:
        return
    file.seek(header_length, os.SEEK_CUR)
    if file.read(4) != _SEGMENT:
        return
    length = _ebml_length(file)
    if length is not None and file.tell() + length > size:
        raise _cut_short(size, file.tell() + length)


def _ebml_length(file: BinaryIO) -> int | None:
    """Read a length of one to eight bytes; return None if it is open or invalid."""
    first = file.read(1)
    if not first or first[0] == 0:
        return None
    extra = 8 - first[0].bit_length()
    marker = 1 << (7 * (extra + 1))
    length = int.from_bytes(first + file.read(extra), "big") - marker
    return None if length == marker - 1 else length
