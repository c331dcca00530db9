"""The layout of the data directory, and which files are videos."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from neuropose.data.jobs import CAMERAS, video_key
from neuropose.data.marker_recording import MARKER_SUFFIXES
from neuropose.errors import InstallationError, OutputError
from neuropose.io.atomic import PRIVATE_FOLDER
from neuropose.io.reconstruction_file import SUFFIX

VIDEO_SUFFIXES = frozenset(
    {
        *(".mp4", ".m4v", ".mov", ".3gp", ".avi", ".mkv", ".webm", ".ogv"),
        *(".mpg", ".mpeg", ".m2ts", ".mts", ".ts", ".wmv", ".flv", ".f4v", ".asf", ".divx"),
        *(".mod", ".tod", ".vob", ".m2v", ".m2t", ".mpe", ".dv", ".mxf", ".qt", ".3g2"),
    }
)
"""Suffixes, in lower case, of files that are taken for videos, even if they cannot be read."""
PROXY_SUFFIXES = frozenset({".lrv", ".lrf"})
"""Suffixes of the small copies that cameras keep beside a recording: they would count twice."""
PARTIAL_SUFFIXES = frozenset(
    {".part", ".partial", ".crdownload", ".download", ".filepart", ".tmp", ".!ut"}
)
"""Suffixes that programs use for files that they are still copying."""
_NO_VIDEO_SUFFIXES = PARTIAL_SUFFIXES | PROXY_SUFFIXES | frozenset(MARKER_SUFFIXES)
LONGEST_NAME_BYTES = 255
RESULTS_NAME = "results.json"
CORRECTED_NAME = "results.corrected.json"
"""What `neuropose correct` makes of a job's results, beside them."""
WORK_NAME = ".neuropose"
"""Folder in a job's folder for what is not finished; that of an attempt has its number behind."""

SESSION_NAME = "session.yaml"
"""File in a job's folder that says what becomes of the poses."""
RIG_NAME = "rig.toml"
"""File in a job's folder that says where the cameras of its videos are: they are one trial."""
GIVEN_NAMES = (SESSION_NAME, RIG_NAME)
"""Files beside the videos that belong to a job."""
_MADE = re.compile(rf"((video|markers)_\d{{2,9}}|{CAMERAS})\..+", re.ASCII)
_MADE_FOR_SURE = re.compile(rf"((video|markers)_\d{{2,9}}|{CAMERAS})\.[^.]+\..+", re.ASCII)
_MADE_NAME = "made"
"""File in the working folder with the names of what an earlier run made: they are no inputs."""
_EXPORTED_NAME = "exported"
"""File in the working folder with the names of exports that a person has put beside the results."""
POSES_KEPT_NAME = "poses_kept"
"""File in the working folder of a job whose poses are not found again, whatever has changed."""
KEPT_NAME = "kept"
"""Folder in the working folder whose files go beside the results."""


def given_as(name: str) -> str | None:
    """Return which of the files beside the videos a file is meant to be.

    Parameters
    ----------
    name : str
        Name of a file, without folders.

    Returns
    -------
    str or None
        One of `GIVEN_NAMES`, whatever its case, and ``.yml`` for ``.yaml``.

    Examples
    --------
    >>> given_as("Session.yml"), given_as("RIG.TOML"), given_as("notes.txt")
    ('session.yaml', 'rig.toml', None)
    """
    folded = name.casefold()
    meant = SESSION_NAME if folded == "session.yml" else folded
    return meant if meant in GIVEN_NAMES else None


def given_file(folder: Path, wanted: str) -> Path:
    """Return where one of the files beside the videos is, however it is spelled.

    Parameters
    ----------
    folder : Path
        The job's folder.
    wanted : str
        One of `GIVEN_NAMES`.

    Returns
    -------
    Path
        The file of this very name if there is one or none at all; else the first that `given_as`
        takes for it.
    """
    exact = folder / wanted
    if exact.is_file():
        return exact
    try:
        paths = sorted(path for path in folder.iterdir() if given_as(path.name) == wanted)
    except OSError:
        return exact
    return next((path for path in paths if path.is_file()), exact)


def reconstruction_name(number: int) -> str:
    """Return the name of the file that holds the reconstruction of a video.

    Parameters
    ----------
    number : int
        Of the video in its job, from 1.

    Returns
    -------
    str

    Examples
    --------
    >>> reconstruction_name(1)
    'video_01.reconstruction.npz'
    """
    return f"{video_key(number)}{SUFFIX}"


def is_made(name: str, inputs: Collection[str] = ()) -> bool:
    """Return whether a file beside a job's results is one that the daemon made.

    Parameters
    ----------
    name : str
        File name.
    inputs : collection of str
        What else is in the job's folder; empty: not known, and the name alone has to tell.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_made("video_01.overlay.mp4"), is_made("video_01.mp4"), is_made("walk.mp4")
    (True, False, False)
    >>> is_made("cameras.corrected.reconstruction.npz")
    False
    >>> is_made("video_01.trc", inputs=["walk.mp4"])
    True
    """
    made = _MADE if inputs else _MADE_FOR_SURE
    is_corrected = ".corrected." in name  # a person's work, never the daemon's
    return name not in inputs and not is_corrected and made.fullmatch(name) is not None


def note_made(folder: Path, names: Iterable[str]) -> None:
    """Note what a job made, before it lies among the job's own files.

    Parameters
    ----------
    folder : Path
        The job's folder, with a working folder in it.
    names : iterable of str
        Names of files and folders.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    _note(folder, _MADE_NAME, names)


def noted_as_made(folder: Path) -> frozenset[str]:
    """Return the names of what a job that is not finished made, in an earlier run or this one.

    Parameters
    ----------
    folder : Path
        The job's folder.

    Returns
    -------
    frozenset of str
        Files and folders beside the job's own, some of which may not be there.
    """
    return _noted(folder, _MADE_NAME)


def note_exported(folder: Path, names: Iterable[str]) -> None:
    """Note which exports a person has put among a job's files: they are no recordings, and stay.

    Parameters
    ----------
    folder : Path
        The job's folder, with a working folder in it.
    names : iterable of str
        Names of files.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    _note(folder, _EXPORTED_NAME, names)


def no_inputs(folder: Path) -> frozenset[str]:
    """Return the names of what is no recording of a job that waits, whatever it is called.

    Parameters
    ----------
    folder : Path
        The job's folder.

    Returns
    -------
    frozenset of str
        What was `noted_as_made`, and exports that a person has put beside the results.
    """
    return noted_as_made(folder) | _noted(folder, _EXPORTED_NAME)


def _note(folder: Path, name: str, names: Iterable[str]) -> None:
    (folder / WORK_NAME / name).write_text(json.dumps(sorted(names)), encoding="ascii")


def _noted(folder: Path, name: str) -> frozenset[str]:
    try:
        with open(f"{folder}/{WORK_NAME}/{name}", encoding="ascii") as file:  # noqa: PTH123
            return frozenset(json.load(file))
    except (OSError, ValueError):
        return frozenset()


@dataclass(frozen=True)
class Layout:
    """Paths in a data directory.

    Parameters
    ----------
    root : Path
        The setting ``data_dir``.

    Examples
    --------
    >>> Layout(Path("/data")).status.as_posix()
    '/data/out/status.json'
    """

    root: Path

    @cached_property
    def inbox(self) -> Path:
        """``in/``: jobs that wait or are being processed."""
        return self.root / "in"

    @cached_property
    def out(self) -> Path:
        """``out/``: completed jobs with their results, and the status."""
        return self.root / "out"

    @cached_property
    def failed(self) -> Path:
        """``failed/``: jobs that failed, with their inputs."""
        return self.root / "failed"

    @cached_property
    def staging(self) -> Path:
        """``.staging/``: jobs that are being assembled before they move to ``in/``."""
        return self.root / ".staging"

    @cached_property
    def requests(self) -> Path:
        """``.requests/``: requests of other processes to the daemon."""
        return self.root / ".requests"

    @cached_property
    def lock(self) -> Path:
        """``.neuropose.lock``: held by the daemon; says which process that is."""
        return self.root / ".neuropose.lock"

    @cached_property
    def status(self) -> Path:
        """``out/status.json``."""
        return self.out / "status.json"

    def free_name(self, wanted: str) -> str:
        """Return a name for a job that no other job has, and that can be stored.

        Parameters
        ----------
        wanted : str
            Used if it is free; otherwise a number is appended.

        Returns
        -------
        str
            At most 255 bytes of UTF-8.
        """
        number = 1
        while True:
            mark = f" ({number})" if number > 1 else ""
            short = readable(wanted).encode()[: LONGEST_NAME_BYTES - len(mark)]
            name = short.decode("utf-8", "ignore") + mark  # an incomplete character is dropped
            folders = (self.inbox, self.out, self.failed)
            if not any(os.path.lexists(folder / name) for folder in folders):
                return name
            number += 1

    def make(self) -> None:
        """Create the missing directories, for their owner only.

        Raises
        ------
        InstallationError
            On Windows, where a job cannot be moved while its files are open.
        OutputError
            If they cannot be created.
        """
        if sys.platform == "win32":
            raise InstallationError(
                "the daemon and its jobs need Linux or macOS",
                hint="neuropose process, analyze, study and segment work here",
            )
        try:
            self.root.parent.mkdir(parents=True, exist_ok=True)
            places = (self.inbox, self.out, self.failed, self.staging, self.requests)
            for folder in (self.root, *places):
                folder.mkdir(PRIVATE_FOLDER, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"the data directory {self.root} cannot be created: {error.strerror or error}",
                hint="set data_dir to a directory that you may write to",
            ) from error


def has_video_name(name: str) -> bool:
    """Return whether a file with this name is taken for a video.

    Parameters
    ----------
    name : str
        File name.

    Returns
    -------
    bool
        False for dot files (such as ``._walk.mp4`` on macOS).

    Examples
    --------
    >>> has_video_name("Walk.MP4"), has_video_name("._Walk.MP4"), has_video_name("notes.txt")
    (True, False, False)
    """
    return not name.startswith(".") and Path(name).suffix.lower() in VIDEO_SUFFIXES


def has_marker_name(name: str) -> bool:
    """Return whether a file with this name is taken for one of markers.

    Parameters
    ----------
    name : str
        File name.

    Returns
    -------
    bool
        False for dot files.

    Examples
    --------
    >>> has_marker_name("Walk.C3D"), has_marker_name("._Walk.C3D"), has_marker_name("walk.mp4")
    (True, False, False)
    """
    return not name.startswith(".") and Path(name).suffix.lower() in MARKER_SUFFIXES


def may_be_video(name: str) -> bool:
    """Return whether the content decides if a file with this name is a video.

    Parameters
    ----------
    name : str
        File name.

    Returns
    -------
    bool
        False for dot files, files that are still being copied, a camera's small copies, and marker
        files.

    Examples
    --------
    >>> may_be_video("M2U00001.MOI"), may_be_video("GL010001.LRV"), may_be_video(".DS_Store")
    (True, False, False)
    """
    suffix = Path(name).suffix.lower()
    return not name.startswith(".") and suffix not in _NO_VIDEO_SUFFIXES


def has_recording_name(name: str) -> bool:
    """Return whether a file with this name is taken for a video or a marker file.

    Parameters
    ----------
    name : str
        File name.

    Returns
    -------
    bool
    """
    return has_video_name(name) or has_marker_name(name)


def is_being_copied(name: str) -> bool:
    """Return whether a file with this name is one that a program is still copying.

    Parameters
    ----------
    name : str
        File name.

    Returns
    -------
    bool
        Browsers and copy programs use a suffix, rsync uses ``.NAME.abc123``.

    Examples
    --------
    >>> is_being_copied("walk.mp4.part"), is_being_copied(".walk.mp4.Xk2a9Q")
    (True, True)
    >>> is_being_copied("walk.mp4"), is_being_copied(".DS_Store")
    (False, False)
    """
    if Path(name).suffix.lower() in PARTIAL_SUFFIXES:
        return True
    stem, _, random = name.removeprefix(".").rpartition(".")
    return name.startswith(".") and len(random) == 6 and has_recording_name(stem)


def natural_order(name: str) -> tuple[object, ...]:
    """Return a sort key by which names come as file managers list them.

    Parameters
    ----------
    name : str
        File name, possibly with folders.

    Returns
    -------
    tuple
        Without regard to case, with digits as numbers, and a file before those in subfolders.

    Examples
    --------
    >>> sorted(["walk10.mp4", "Walk2.mp4", "day 1/a.mp4"], key=natural_order)
    ['Walk2.mp4', 'walk10.mp4', 'day 1/a.mp4']
    """
    pieces = [
        (0, int(piece), "") if piece.isdecimal() else (1, 0, piece)
        for piece in re.split(r"(\d+)", name.casefold())
        if piece
    ]
    return (name.count("/"), pieces, name)


def readable(text: str) -> str:
    """Make a name storable: what is not UTF-8 becomes a replacement character.

    Parameters
    ----------
    text : str
        The name, as returned by the file system.

    Returns
    -------
    str

    Examples
    --------
    >>> readable("walk.mp4")
    'walk.mp4'
    """
    return os.fsencode(text).decode("utf-8", "replace")
