"""Files to ingest: from a zip archive, from a folder, or on their own."""

from __future__ import annotations

import lzma
import os
import re
import shutil
import stat
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from neuropose.errors import NeuroPoseError, VideoError
from neuropose.interfacer.layout import has_marker_name, has_video_name, may_be_video
from neuropose.interfacer.names import printable
from neuropose.video.probe import is_video, require_video

_OF_ONE_PERSON = re.compile(
    r"(day|visit|ses|session|trial|take|run|cam|camera|view|video|videos|left|right|front|side|back"
    r"|pre|post|before|after|baseline|follow.?up|week|month|year|t|tag|besuch|sitzung|kamera|links"
    r"|rechts|vorher|nachher)[ ._-]*\d*|\d{4}[._-]?\d\d[._-]?\d\d.*",
    re.IGNORECASE | re.ASCII,
)
"""Names of folders that tell sessions or views apart rather than people."""
MOST_BYTES = 200_000_000_000
"""Unpacked size beyond which an archive is refused."""
_MOST_RATIO = 100
_SLACK_BYTES = 1 << 20
_CHUNK_BYTES = 1 << 20
_OF_SYSTEMS = frozenset({"__MACOSX", "System Volume Information", "$RECYCLE.BIN"})
_ENCRYPTED = 0x1 | 0x40
ARCHIVE_ERRORS = (
    *(BadZipFile, EOFError, NotImplementedError, RuntimeError),
    *(lzma.LZMAError, struct.error, zlib.error, UnicodeDecodeError),
)
"""What `zipfile` raises while it unpacks a damaged member."""
_Opened = AbstractContextManager[IO[bytes]]
_METHODS = {ZIP_STORED, ZIP_DEFLATED, ZIP_BZIP2, ZIP_LZMA}


@dataclass(frozen=True)
class PlannedFile:
    """A file to be copied into a job.

    Parameters
    ----------
    name : str
        File name in the job's directory.
    size_bytes : int
        Size of the file, unpacked.
    where : str
        What to call it in messages.
    path : Path
        The file, or the archive that it is in.
    member : str or None
        Name in the archive; None if the file is not in an archive.
    folder : str
        Folder of the file, relative to the given archive or folder; empty at the top level.
    known_video : bool or None
        Whether it is a video, of a file that was looked at already: an archive is opened once for
        all its members.
    checksum : int or None
        CRC-32 of the file, if the archive says it.
    """

    name: str
    size_bytes: int
    where: str
    path: Path
    member: str | None = None
    folder: str = ""
    known_video: bool | None = None
    checksum: int | None = None

    @cached_property
    def is_video(self) -> bool:
        """Whether it is called a video, or is one whatever it is called."""
        if self.known_video is not None:
            return self.known_video
        return _is_video(self.name, self.size_bytes, self.open)

    @property
    def is_recording(self) -> bool:
        """Whether it is a video, or called a marker file."""
        return has_marker_name(self.name) or self.is_video

    def problem(self) -> str | None:
        """Return what is wrong with the recording, as far as that shows without unpacking it."""
        if self.size_bytes == 0:
            return "is empty (0 bytes)"
        return fault_of(self.path) if self.member is None else None

    @contextmanager
    def on_disk(self) -> Iterator[Path]:
        """Have the file on the disk, unpacked for the moment if it is in an archive.

        Yields
        ------
        Path
        """
        if self.member is None:
            yield self.path
            return
        with TemporaryDirectory() as folder, self.open() as packed:
            unpacked = Path(folder, Path(self.name).name)
            with unpacked.open("xb") as file:
                shutil.copyfileobj(packed, file)
            yield unpacked

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open the file for reading.

        Yields
        ------
        file object
        """
        if self.member is None:
            with self.path.open("rb") as file:
                yield file
        else:
            with ZipFile(self.path) as archive, archive.open(self.member) as file:
                yield file


def fault_of(recording: Path) -> str | None:
    """Return what is wrong with a recording: what cannot be read is not to wait in the queue.

    Parameters
    ----------
    recording : Path
        A video or a marker file.

    Returns
    -------
    str or None
        One line; None if a video is whole as far as its container says, or markers can be read.
    """
    if has_marker_name(recording.name):
        return _fault_of_markers(recording)
    try:
        require_video(recording)
    except VideoError as error:
        return error.message
    return None


def _fault_of_markers(path: Path) -> str | None:
    from neuropose.io import read_c3d, read_trc

    read = read_c3d if path.suffix.lower() == ".c3d" else read_trc
    try:
        read(path)
    except NeuroPoseError as error:
        return error.message.removeprefix(f"{path} ")
    return None


def plain_file(path: Path, folder: str = "") -> PlannedFile:
    """Plan a single file.

    Parameters
    ----------
    path : Path
        The file.
    folder : str
        Folder of the file, as in `PlannedFile`.

    Returns
    -------
    PlannedFile

    Raises
    ------
    OSError
        If it does not exist.
    """
    return PlannedFile(path.name, path.stat().st_size, str(path), path, folder=folder)


def files_of_folder(folder: Path, folders: list[str]) -> list[PlannedFile]:
    """Plan all files in a folder and its subfolders, without links.

    Parameters
    ----------
    folder : Path
        The folder.
    folders : list of str
        Each subfolder, with or without files, is appended, as `PlannedFile` names it.

    Returns
    -------
    list of PlannedFile
        Sorted by path.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    paths: list[Path] = []
    for place, below, names in os.walk(folder, onerror=_raise):
        folders += [Path(place, name).relative_to(folder).as_posix() for name in below]
        paths += [Path(place, name) for name in names]
    return [
        plain_file(path, path.parent.relative_to(folder).as_posix().removeprefix("."))
        for path in sorted(paths)
        if not path.is_symlink()
    ]


def files_of_zip(path: Path, problems: list[str], folders: list[str]) -> list[PlannedFile]:
    """Plan all members of a zip archive.

    Parameters
    ----------
    path : Path
        The archive.
    problems : list of str
        A line is appended for everything that is wrong with a member, or with all together.
    folders : list of str
        Each folder is appended, as in `files_of_folder`.

    Returns
    -------
    list of PlannedFile

    Raises
    ------
    BadZipFile, OSError
        If it is not a zip archive, or cannot be read.
    """
    found, seen = [], set()
    with ZipFile(path) as archive:
        names = [PurePosixPath(_name(member)) for member in archive.infolist()]
        inside = {each.as_posix() for name in names for each in name.parents}
        inside |= {_name(each).rstrip("/") for each in archive.infolist() if _is_folder(each)}
        folders += sorted(inside - {".", "", "/"})
        members = [member for member in archive.infolist() if not _is_folder(member)]
        for member in members:
            where = f"{path}: {member.filename}"
            problem, name = _problem(member), _name(member)
            if name in seen:
                problem = "is in the archive twice"
            seen.add(name)
            if problem is not None:
                problems.append(f"{printable(where)} {problem}")
                continue
            inner = PurePosixPath(name)
            folder = inner.parent.as_posix().removeprefix(".")
            size = member.file_size
            known = _is_video(inner.name, size, partial(archive.open, member))
            found.append(
                PlannedFile(
                    inner.name, size, where, path, member.filename, folder, known, member.CRC
                )
            )
    total = sum(member.file_size for member in members)
    if total > min(MOST_BYTES, _MOST_RATIO * path.stat().st_size + _SLACK_BYTES):
        problems.append(f"{printable(str(path))} would unpack to {total / 1e9:.1f} GB")
    return found


def _is_video(name: str, size_bytes: int, opened: Callable[[], _Opened]) -> bool:
    if has_video_name(name):
        return True
    if size_bytes == 0 or not may_be_video(name):
        return False
    try:
        with opened() as file:
            return is_video(file)
    except (OSError, *ARCHIVE_ERRORS):
        return False  # what cannot be read is told when it is copied


def by_person(files: list[PlannedFile], own: str) -> dict[str, list[PlannedFile]]:
    """Group the files of an archive or folder by person.

    Parameters
    ----------
    files : list of PlannedFile
        All files.
    own : str
        Name of the archive or folder.

    Returns
    -------
    dict of str to list of PlannedFile
        By name of the job, with folders relative to it. If recordings lie in several folders side
        by side, each folder is a person, with everything below it, and recordings beside the
        folders keep the name `own`. Folders that are named like sessions or views (``day 1``,
        ``ses-02``, ``left``, a date) are not people: then all is one job.

    Examples
    --------
    >>> files = [
    ...     PlannedFile("walk.mp4", 9, "", Path("lab.zip"), folder=folder)
    ...     for folder in ("lab/anna/day 1", "lab/ben")
    ... ]
    >>> {name: len(job) for name, job in by_person(files, "lab").items()}
    {'anna': 1, 'ben': 1}
    """
    folders = {file.folder for file in files if file.is_recording}
    common = os.path.commonpath(folders) if folders and "" not in folders else ""
    files = [replace(file, folder=file.folder.removeprefix(common).lstrip("/")) for file in files]
    jobs: dict[str, list[PlannedFile]] = {}
    for file in files:
        person, _, below = file.folder.partition("/")
        jobs.setdefault(person or own, []).append(replace(file, folder=below if person else ""))
    people = [name for name, job in jobs.items() if any(file.is_recording for file in job)]
    named = {name for name in people if name != own}
    if len(named) < 2 or all(_OF_ONE_PERSON.fullmatch(name) for name in named):
        return {own: files}
    return {name: jobs[name] for name in people}


def without_recording(files: Iterable[PlannedFile], folders: Iterable[str]) -> list[str]:
    """Return the folders beside recordings that hold none themselves.

    Parameters
    ----------
    files : iterable of PlannedFile
        All files of an archive or folder.
    folders : iterable of str
        All folders in it.

    Returns
    -------
    list of str
        Without those that are in one of them, and without those of the operating system.

    Examples
    --------
    >>> files = [PlannedFile("walk.mp4", 9, "", Path("lab.zip"), folder="anna/day 1")]
    >>> without_recording(files, ["anna", "anna/day 1", "ben", "ben/day 1", "__MACOSX"])
    ['ben']
    """
    recorded = {""}
    for folder in {file.folder for file in files if file.is_recording}:
        recorded |= {folder, *(each.as_posix() for each in PurePosixPath(folder).parents)} - {"."}
    empty = []
    for folder in sorted(set(folders) - recorded):
        parent, _, name = folder.rpartition("/")
        if parent in recorded and not name.startswith(".") and name not in _OF_SYSTEMS:
            empty.append(folder)
    return empty


def same_content(files: Iterable[PlannedFile]) -> list[tuple[PlannedFile, PlannedFile]]:
    """Find recordings that are the same.

    Parameters
    ----------
    files : iterable of PlannedFile
        Only those of the same size are read, if they are in no archive, which has their checksums.

    Returns
    -------
    list of (PlannedFile, PlannedFile)
        The first of them, and each further one.
    """
    groups = [list(files)]
    for tell in (lambda file: file.size_bytes, _checksum):
        groups = [group for each in groups for group in _grouped(each, tell) if len(group) > 1]
    return [(group[0], other) for group in groups for other in group[1:]]


def _grouped(
    files: list[PlannedFile], tell: Callable[[PlannedFile], object]
) -> Iterable[list[PlannedFile]]:
    groups: dict[object, list[PlannedFile]] = {}
    for file in files:
        groups.setdefault(tell(file), []).append(file)
    return groups.values()


def _checksum(file: PlannedFile) -> object:
    """Return what tells the content of a file; itself if it cannot be read, which is told later."""
    if file.checksum is not None:
        return file.checksum
    found = 0
    try:
        with file.open() as opened:
            while chunk := opened.read(_CHUNK_BYTES):
                found = zlib.crc32(chunk, found)
    except OSError:
        return file
    return found


def fault_of_name(name: str) -> str | None:
    """Return what forbids a name that somebody else gave to a file.

    Parameters
    ----------
    name : str
        Its path, with strokes.

    Returns
    -------
    str or None
        None if it can only lie in the folder that it is put into.

    Examples
    --------
    >>> fault_of_name("anna/../../walk.mp4"), fault_of_name("anna/walk.mp4")
    ('would lie outside its job', None)
    """
    if ".." in name.split("/"):
        return "would lie outside its job"
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return "has an absolute name"
    if "\0" in name:
        return "has a zero in its name"
    return None


def _name(member: ZipInfo) -> str:
    """Return the name of a member with the standard separator.

    Archives of PowerShell 5.1 have backslashes (ZIP APPNOTE 4.4.17.1 wants slashes). zipfile
    changes the name, which hides some of its faults.
    """
    return member.orig_filename.replace("\\", "/")


def _is_folder(member: ZipInfo) -> bool:
    return _name(member).endswith("/")


def _problem(member: ZipInfo) -> str | None:
    problem = fault_of_name(_name(member))
    if problem is not None:
        return problem
    if stat.S_ISLNK(member.external_attr >> 16):
        return "is a link"
    if member.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if member.compress_type not in _METHODS:
        return "is compressed in a way that cannot be read here"
    if member.file_size > _MOST_RATIO * member.compress_size + _SLACK_BYTES:
        return f"would unpack to {member.file_size / 1e9:.1f} GB"
    return None


def _raise(error: OSError) -> None:
    raise error
