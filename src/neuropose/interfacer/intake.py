"""The jobs that wait in ``in/``, and which of them are complete."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from neuropose.interfacer.layout import (
    RESULTS_NAME,
    WORK_NAME,
    Layout,
    has_marker_name,
    has_video_name,
    is_being_copied,
    may_be_video,
    natural_order,
    no_inputs,
)
from neuropose.interfacer.staging import adopt_recording
from neuropose.video.probe import is_video

_State = tuple[tuple[str, int, int], ...]
"""Name, size and modification time of every file of a job."""


@dataclass(frozen=True, slots=True)
class WaitingJob:
    """A job in ``in/``.

    Parameters
    ----------
    name : str
        Name of the job.
    folder : Path
        Its directory; ``in/`` itself for a loose file.
    videos : tuple of str
        Names of the videos in it and its subfolders (``day 1/walk.mp4``), in `natural_order`.
    other_files : tuple of str
        Names of all other files, sorted.
    ready : bool
        Whether it holds a recording, and nothing in it has changed for long enough.
    reason : str or None
        Why it is not ready; None if it is.
    loose : bool
        Whether it is a single recording without its own directory.
    markers : tuple of str
        Names of the marker files, as `videos`.
    """

    name: str
    folder: Path
    videos: tuple[str, ...]
    other_files: tuple[str, ...] = ()
    ready: bool = False
    reason: str | None = None
    loose: bool = False
    markers: tuple[str, ...] = ()

    @property
    def recordings(self) -> tuple[str, ...]:
        """Names of its videos and marker files."""
        return (*self.videos, *self.markers)


class Intake:
    """Scans ``in/`` repeatedly, and remembers since when each job has been unchanged.

    Parameters
    ----------
    layout : Layout
        The data directory; its subdirectories must exist.
    settle_seconds : float
        Time in seconds without changes after which a job is ready.
    """

    def __init__(self, layout: Layout, settle_seconds: float) -> None:
        self._layout = layout
        self._settle_seconds = settle_seconds
        self._seen: dict[str, tuple[_State, float]] = {}
        self._ready: dict[str, tuple[int, WaitingJob]] = {}
        self._probed: dict[Path, tuple[tuple[int, int], bool]] = {}

    def scan(self, now_s: float, leave_out: Collection[str] = ()) -> tuple[WaitingJob, ...]:
        """Scan ``in/`` once.

        Parameters
        ----------
        now_s : float
            Monotonic time in seconds.
        leave_out : collection of str
            Names of jobs that are being processed, and so do not wait.

        Returns
        -------
        tuple of WaitingJob
            The jobs that have been unchanged for longest come first. Links are not jobs.

        Raises
        ------
        OSError
            If ``in/`` cannot be read.
        """
        waiting_since: list[tuple[float, WaitingJob]] = []
        seen: dict[str, tuple[_State, float]] = {}
        ready: dict[str, tuple[int, WaitingJob]] = {}
        with os.scandir(self._layout.inbox) as entries:
            for entry in entries:
                if entry.name in leave_out:
                    continue
                changed_ns = _changed_ns(entry)
                known = self._as_before(entry.name, entry, changed_ns)
                if known is not None:
                    seen[entry.name] = self._seen[entry.name]
                    waiting_since.append((seen[entry.name][1], known))
                    ready[entry.name] = self._ready[entry.name]
                    continue
                if (job := self._look(Path(entry.path))) is None:
                    continue
                state, waiting = job
                before, since_s = self._seen.get(entry.name, (None, now_s))
                since_s = since_s if before == state else now_s
                seen[entry.name] = (state, since_s)
                judged = self._judge(waiting, state, now_s - since_s)
                waiting_since.append((since_s, judged))
                if judged.ready and changed_ns is not None and _is_flat(state):
                    ready[entry.name] = (changed_ns, judged)
        self._seen, self._ready = seen, ready
        self._probed = {path: known for path, known in self._probed.items() if path.exists()}
        waiting_since.sort(key=lambda pair: (pair[0], pair[1].name))
        return tuple(job for _, job in waiting_since)

    def is_unchanged(self, job: WaitingJob) -> bool:
        """Return whether a job is unchanged since the latest scan.

        Parameters
        ----------
        job : WaitingJob
            A job from the latest `scan`.

        Returns
        -------
        bool
        """
        name = job.recordings[0] if job.loose else job.name
        state, _ = self._seen.get(name, (None, 0.0))
        folder = self._layout.inbox / name
        if self._as_before(name, folder, _changed_ns(folder)) is not None:
            return True
        looked = self._look(folder)
        return looked is not None and looked[0] == state

    def adopt(self, job: WaitingJob) -> WaitingJob:
        """Move a job into its own directory, under a name that no other job has.

        Parameters
        ----------
        job : WaitingJob
            A loose recording, or a job whose name is taken.

        Returns
        -------
        WaitingJob
            The same job, in its new place in ``in/``.

        Raises
        ------
        OSError
            If it cannot be moved; in that case it is still where it was.
        """
        name = self._layout.free_name(job.name)
        if job.loose:
            [recording] = job.recordings
            folder = adopt_recording(job.folder / recording, name, self._layout)
        else:
            folder = job.folder.rename(self._layout.inbox / name)
        return replace(job, name=name, folder=folder, loose=False)

    def _as_before(
        self, name: str, folder: os.PathLike[str], changed_ns: int | None
    ) -> WaitingJob | None:
        """Return a job that was ready, if no file came, went or changed since.

        With thousands of jobs, to find out anew what their files are would take seconds.
        """
        known = self._ready.get(name)
        if known is None or known[0] != changed_ns:
            return None
        path = os.fspath(folder)
        for file, *state in self._seen[name][0]:
            try:
                status = os.lstat(f"{path}/{file}")
            except OSError:
                return None
            if state != [status.st_size, status.st_mtime_ns] or not stat.S_ISREG(status.st_mode):
                return None
        return known[1]

    def _look(self, path: Path) -> tuple[_State, WaitingJob] | None:
        """Return state and description of an item in ``in/``; None if it is no longer a job."""
        unreadable: str | None = None
        files: dict[str, tuple[int, int]] = {}
        try:
            status = path.lstat()
            loose = not stat.S_ISDIR(status.st_mode)
            if not loose:
                files = dict(_files(path, "", no_inputs(path)))
            elif stat.S_ISREG(status.st_mode):
                files = {path.name: (status.st_size, status.st_mtime_ns)}
                if not (has_marker_name(path.name) or self._is_video(path, files[path.name])):
                    return None
            else:
                return None
        except FileNotFoundError:
            return None
        except OSError as error:
            unreadable = f"it cannot be read: {error.strerror}"
        folder = self._layout.inbox if loose else path
        seen = {name: state for name, state in files.items() if not _is_in_hidden(name)}
        videos = [name for name, state in seen.items() if self._is_video(folder / name, state)]
        markers = [name for name in seen if has_marker_name(_last(name))]
        recordings = {*videos, *markers}
        others = (name for name in files if name not in recordings and not _is_hidden(name))
        waiting = WaitingJob(
            name=path.stem if loose else path.name,
            folder=folder,
            videos=tuple(sorted(videos, key=natural_order)),
            markers=tuple(sorted(markers, key=natural_order)),
            other_files=tuple(sorted(name for name in others if name != RESULTS_NAME)),
            reason=unreadable,
            loose=loose,
        )
        return tuple(sorted((name, *state) for name, state in files.items())), waiting

    def _is_video(self, path: Path, state: tuple[int, int]) -> bool:
        """Return whether a file is called a video, or is one whatever it is called."""
        if has_video_name(path.name):
            return True
        if state[0] == 0 or not may_be_video(path.name):
            return False
        known, verdict = self._probed.get(path, (None, False))
        if known != state:
            verdict = is_video(path)
            self._probed[path] = state, verdict
        return verdict

    def _judge(self, job: WaitingJob, state: _State, quiet_s: float) -> WaitingJob:
        if job.reason is not None:
            return job
        copying = [name for name, *_ in state if is_being_copied(_last(name))]
        if copying:
            return replace(job, reason=f"{copying[0]} is still being copied")
        if not job.recordings:
            return replace(job, reason="no video or marker file yet")
        if quiet_s < self._settle_seconds:
            return replace(job, reason="its files are still changing, or have just done so")
        return replace(job, ready=True)


def _changed_ns(item: os.DirEntry[str] | Path) -> int | None:
    """When something last came into a folder or went from it; None if it is no folder."""
    try:
        status = item.stat(follow_symlinks=False)
    except OSError:
        return None
    return status.st_mtime_ns if stat.S_ISDIR(status.st_mode) else None


def _is_flat(state: _State) -> bool:
    """Return whether a job has no folder in its own."""
    return not any("/" in name for name, *_ in state)


def _files(
    folder: Path, prefix: str, without: Collection[str] = ()
) -> Iterator[tuple[str, tuple[int, int]]]:
    """Return size and time of every file in a folder and below, without following links."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if not prefix and (entry.name.startswith(WORK_NAME) or entry.name in without):
                continue  # the daemon's own, or an export
            if entry.is_dir(follow_symlinks=False):
                yield from _files(Path(entry.path), f"{prefix}{entry.name}/")
                continue
            status = entry.stat(follow_symlinks=False)
            # The target of a link is not a video of this job, and a pipe is not a video at all.
            kind = " (link)" if entry.is_symlink() else " (no file)"
            name = f"{prefix}{entry.name}" + ("" if stat.S_ISREG(status.st_mode) else kind)
            yield name, (status.st_size, status.st_mtime_ns)


def _is_in_hidden(name: str) -> bool:
    """Return whether a file lies in a hidden folder."""
    return any(folder.startswith(".") for folder in name.split("/")[:-1])


def _is_hidden(name: str) -> bool:
    return _last(name).startswith(".")


def _last(name: str) -> str:
    return name.rpartition("/")[2]
