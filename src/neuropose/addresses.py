"""Files of object storage (``s3://bucket/walk.mp4``): fetched whole, and published by one put.

Nothing works in the storage itself. A video is copied to this machine, what is made of it is
written here, and a file that is complete is put where it belongs: an object store shows an object
when all of it is there. The libraries are fsspec and, for each kind of storage, one that it names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from neuropose.errors import (
    FileMissingError,
    FileReadError,
    MissingLibraryError,
    NeuroPoseError,
    OutputError,
    VideoNotFoundError,
)

_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+)://[^/]", re.IGNORECASE)
_MAGIC = re.compile(r"[*?\[]")
_EXTRA = "pip install 'neuropose[cloud]'"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a file or a folder of object storage is.

    Parameters
    ----------
    url : str
        Kind of storage, ``://``, and what names the file there.

    Examples
    --------
    >>> walk = Address("s3://lab/in/walk.mp4")
    >>> walk.name, str(walk.parent), str(walk.parent / "turn.mp4")
    ('walk.mp4', 's3://lab/in', 's3://lab/in/turn.mp4')
    """

    url: str

    def __str__(self) -> str:
        return self.url

    def __truediv__(self, name: str) -> Address:
        return Address(f"{self.url.rstrip('/')}/{name}")

    @property
    def parent(self) -> Address:
        """The folder that it is in."""
        return Address(self.url.rstrip("/").rpartition("/")[0])

    @property
    def name(self) -> str:
        """The last part."""
        return self.url.rstrip("/").rpartition("/")[2]

    @property
    def stem(self) -> str:
        """The name without its ending."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """The ending of the name, with its dot."""
        return PurePosixPath(self.name).suffix

    def with_name(self, name: str) -> Address:
        """Return the address of another file in the same folder.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        Address
        """
        return self.parent / name

    def exists(self) -> bool:
        """Return whether there is such a file.

        Returns
        -------
        bool

        Raises
        ------
        FileReadError
            If the storage does not say.
        MissingLibraryError
            If a library for this kind of storage is missing.
        """
        with _asked(self) as (storage, path):
            return bool(storage.isfile(path))

    def matching(self) -> list[Address]:
        """Return the files that it means, if there are ``*``, ``?`` or ``[`` in it.

        Returns
        -------
        list of Address
            In order; itself if it has none of these.

        Raises
        ------
        FileMissingError
            If there is no such file.
        FileReadError
            If the storage does not say.
        MissingLibraryError
            If a library for this kind of storage is missing.
        """
        if not _MAGIC.search(self.url):
            return [self]
        with _asked(self) as (storage, path):
            found = [Address(storage.unstrip_protocol(each)) for each in sorted(storage.glob(path))]
        if not found:
            raise FileMissingError(f"{self}: there is no such file", hint="check the address")
        return found

    def fetch(self, folder: Path) -> Path:
        """Copy the file to this machine.

        Parameters
        ----------
        folder : Path
            The folder of this machine.

        Returns
        -------
        Path
            The copy, of the same name.

        Raises
        ------
        FileMissingError
            If there is no such file.
        FileReadError
            If it cannot be read, or was changed while it was.
        MissingLibraryError
            If a library for this kind of storage is missing.
        """
        copy = folder / self.name
        with _asked(self) as (storage, path):
            before = storage.info(path)
            storage.get_file(path, str(copy))
            storage.invalidate_cache()
            after = storage.info(path)
        versions = [_version(info) for info in (before, after)]
        if versions[0] != versions[1] or copy.stat().st_size != before["size"]:
            raise FileReadError(
                f"{self} was changed while it was copied", hint="try again when it is complete"
            )
        return copy

    def publish(self, file: Path) -> None:
        """Put a file of this machine there; whoever looks sees all of it, or nothing.

        Parameters
        ----------
        file : Path
            The file, which is complete.

        Raises
        ------
        OutputError
            If it cannot be put there.
        MissingLibraryError
            If a library for this kind of storage is missing.
        """
        try:
            with _asked(self) as (storage, path):
                storage.put_file(str(file), path)
        except FileReadError as error:
            raise OutputError(
                error.message, hint="check the address and who may write there"
            ) from (error)


Place = Path | Address
"""A file or folder of this machine, or of object storage."""


def place(text: str) -> Place:
    """Return the place that a user means.

    Parameters
    ----------
    text : str
        A path, or an address.

    Returns
    -------
    Path or Address
        A ``file://`` address is a path.

    Examples
    --------
    >>> place("s3://lab/walk.mp4")
    Address(url='s3://lab/walk.mp4')
    >>> [place(text).as_posix() for text in ("walk.mp4", "C:/walk.mp4", "file:///walk%201.mp4")]
    ['walk.mp4', 'C:/walk.mp4', '/walk 1.mp4']
    """
    if text.lower().startswith("file:///"):
        from urllib.parse import unquote, urlsplit

        return Path(unquote(urlsplit(text).path))
    return Address(text) if _ADDRESS.match(text) else Path(text)


@dataclass(frozen=True, slots=True)
class AtHand:
    """A video and its results on this machine.

    Parameters
    ----------
    video : Path
        The video.
    out : Path
        Where its results are written. Those of an earlier run are there.
    """

    video: Path
    out: Path
    _goal: Place

    def publish(self) -> None:
        """Put the results, and what was written beside them, where they belong; they last.

        Raises
        ------
        OutputError
            If they cannot be put there.
        """
        if isinstance(self._goal, Address):
            beside = sorted(each for each in self.out.parent.iterdir() if each != self.out)
            for each in [*beside, self.out]:
                self._goal.with_name(each.name).publish(each)


@contextmanager
def at_hand(video: Place, out: Place) -> Iterator[AtHand]:
    """Have a video and its results on this machine, in a folder that is then removed.

    Parameters
    ----------
    video : Path or Address
        The video.
    out : Path or Address
        Where its results belong.

    Yields
    ------
    AtHand
        What has no address is itself.

    Raises
    ------
    VideoNotFoundError
        If the video cannot be fetched.
    FileReadError
        If the results of an earlier run cannot be fetched.
    MissingLibraryError
        If a library for this kind of storage is missing.
    """
    if isinstance(video, Path) and isinstance(out, Path):
        yield AtHand(video, out, out)
        return
    from tempfile import TemporaryDirectory  # which loads much else

    with TemporaryDirectory(prefix="neuropose-") as folder:
        here, there = Path(folder, "video"), Path(folder, "results")
        here.mkdir()
        there.mkdir()
        if isinstance(out, Path):
            results = out
        else:
            results = out.fetch(there) if out.exists() else there / out.name
        yield AtHand(_fetched_video(video, here), results, out)


def _fetched_video(video: Place, folder: Path) -> Path:
    if isinstance(video, Path):
        return video
    try:
        return video.fetch(folder)
    except FileReadError as error:
        reason = error.message.removeprefix(f"{video}: ")
        raise VideoNotFoundError(reason, hint=error.hint) from error


@contextmanager
def _asked(address: Address) -> Iterator[tuple[Any, str]]:
    """Yield the storage, and what it calls the file; what it raises becomes an error of ours."""
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise MissingLibraryError(
            f"{address} needs fsspec, which cannot be imported: {error}", hint=_EXTRA
        ) from error
    try:
        yield url_to_fs(address.url)
    except NeuroPoseError:
        raise
    except ImportError as error:  # fsspec says which one
        raise MissingLibraryError(
            f"{address}: {error}", hint="install it, here and on every worker"
        ) from error
    except FileNotFoundError as error:
        raise FileMissingError(
            f"{address}: there is no such file", hint="check the address"
        ) from error
    except Exception as error:  # each kind of storage has errors of its own
        reason = " ".join(str(error).split()) or type(error).__name__
        raise FileReadError(
            f"{address}: {reason}", hint="check the address, the network and your credentials"
        ) from error


def _version(info: dict[str, Any]) -> list[Any]:
    """Return what changes when a file does, as far as its storage says."""
    return [info.get(name) for name in ("size", "ETag", "etag", "md5Hash", "LastModified", "mtime")]
