"""Ingesting videos and marker files as jobs: all is checked before anything is written."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO
from zipfile import is_zipfile

from neuropose.data import JobState
from neuropose.errors import FileMissingError, IngestError, NeuroPoseError, OutputError
from neuropose.grammar import counted
from neuropose.interfacer.engines.given import session_of, videos_alone
from neuropose.interfacer.ingest_sources import (
    ARCHIVE_ERRORS,
    PlannedFile,
    by_person,
    fault_of,
    files_of_folder,
    files_of_zip,
    plain_file,
    same_content,
    without_recording,
)
from neuropose.interfacer.layout import (
    GIVEN_NAMES,
    LONGEST_NAME_BYTES,
    RIG_NAME,
    SESSION_NAME,
    Layout,
    given_as,
    has_marker_name,
    has_recording_name,
    has_video_name,
    readable,
)
from neuropose.interfacer.lock import is_held
from neuropose.interfacer.names import apart, printable, same_name
from neuropose.interfacer.staging import ingesting, replace_job
from neuropose.io import load_status
from neuropose.io.atomic import PRIVATE_FOLDER, make_private_folder, private_opener

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """A job to be created.

    Parameters
    ----------
    name : str
        Name of its directory in ``in/``.
    files : tuple of PlannedFile
        Its videos and marker files.
    skipped : int
        Number of files that are neither, and are left out.
    replaces : tuple of Path
        Earlier jobs with this name, which will be removed.
    given : tuple of PlannedFile
        The files beside the videos that say what is measured, and where the cameras are.
    notes : tuple of str
        What is worth knowing before it is created.
    """

    name: str
    files: tuple[PlannedFile, ...]
    skipped: int = 0
    replaces: tuple[Path, ...] = ()
    given: tuple[PlannedFile, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def size_bytes(self) -> int:
        """Total size of what is copied, in bytes."""
        return sum(file.size_bytes for file in self.copied)

    @property
    def copied(self) -> tuple[PlannedFile, ...]:
        """Its recordings, and what is given beside them."""
        return (*self.files, *self.given)


@dataclass(frozen=True, slots=True)
class Unused:
    """A file or folder that becomes part of no job.

    Parameters
    ----------
    where : str
        What to call it in messages.
    reason : str
        Why.
    """

    where: str
    reason: str


def plan_ingest(
    paths: Iterable[Path],
    layout: Layout,
    *,
    job: str | None = None,
    per_folder: bool = False,
    per_video: bool = False,
    force: bool = False,
    broken: list[str] | None = None,
    moved: bool = False,
    made: Collection[str] = (),
    unused: list[Unused] | None = None,
) -> tuple[PlannedJob, ...]:
    """Plan which jobs to create from archives, folders and files; write nothing.

    Parameters
    ----------
    paths : iterable of Path
        Each zip archive or folder becomes a job with its name, or a job of each person if it holds
        folders of several, see `by_person`; all loose recordings together become one, named after
        the first.
    layout : Layout
        The data directory; need not exist yet.
    job : str, optional
        Create a single job with this name from everything.
    per_folder : bool
        Whether each folder in an archive or folder that holds recordings becomes a job of its own.
    per_video : bool
        Whether each recording becomes a job of its own.
    force : bool
        Whether to replace a job with the same name that is waiting or has failed.
    broken : list of str, optional
        Leave out recordings that cannot be read, and append a line for each; default: they are
        problems.
    moved : bool
        Whether files that are in no archive will be moved, see `ingest`: they need no space.
    made : collection of str
        Names of jobs that an earlier, interrupted ingest has made of the same files: they are not
        planned again.
    unused : list of Unused, optional
        What somebody may miss in the jobs is appended: folders without a recording, and files that
        say what is measured, but lie in the folder of no job.

    Returns
    -------
    tuple of PlannedJob

    Raises
    ------
    IngestError
        If anything is wrong; it lists every problem.
    """
    problems: list[str] = []
    groups: dict[str, list[PlannedFile]] = {}
    loose: str | None = None
    in_doubt: set[str] = set()
    for path in paths:
        is_whole = path.is_dir() or path.suffix.lower() == ".zip"
        own = path.resolve().name if path.is_dir() else path.stem
        if not is_whole:
            own = loose = loose if loose is not None else own
        elif job is None and own in groups:
            problems.append(f"{printable(str(path))}: there is a job {printable(own)} before it")
        name = job if job is not None else own
        before = len(problems)
        try:
            folders: list[str] = []
            files = _files(path, problems, folders)
            if per_video:
                parts = _by_video(files, name, problems)
            elif per_folder:
                parts = _by_folder(files, name, problems)
            else:
                parts = by_person(files, name) if job is None else {name: files}
            for part, content in parts.items():
                groups.setdefault(part, []).extend(content)
            if unused is not None:
                unused += _unused(path, files, folders, parts)
        except (OSError, *ARCHIVE_ERRORS) as error:
            reason = getattr(error, "strerror", None) or str(error)
            problems.append(f"{printable(str(path))}: cannot be read: {reason}")
            parts = {name: []}
        if len(problems) > before:
            in_doubt |= parts.keys()
    planned: list[PlannedJob] = []
    for name, files in groups.items():
        if name in made:
            continue
        whole = _without_broken(files, problems if broken is None else broken)
        if len(whole) < len(files) and not any(file.is_recording for file in whole):
            continue  # all its recordings are broken, which is told
        is_whole = name not in in_doubt
        planned.append(_planned(name, whole, layout, force, problems, is_whole=is_whole))
    jobs = _with_repeated(planned, layout)
    for each in jobs:
        problems += faults_of_given(each)
    _check_space(jobs, layout, problems, moved=moved)
    if problems:
        raise _refusal(problems)
    return jobs


def faults_of_given(job: PlannedJob) -> list[str]:
    """Return what a daemon will not be able to follow of what is given beside the recordings.

    Parameters
    ----------
    job : PlannedJob
        The job.

    Returns
    -------
    list of str
        A line for each fault.
    """
    faults = []
    for file in job.given:
        try:
            _alone(job, file)
        except (NeuroPoseError, OSError, *ARCHIVE_ERRORS) as error:
            hint = getattr(error, "hint", None)
            known = isinstance(error, NeuroPoseError)
            where = printable(file.where)
            said = str(error) if known else f"cannot be read: {error}"
            said = said if where in said else f"{where}: {said}"
            faults.append(f"{said}; {hint}" if hint else said)
    return faults


def _alone(job: PlannedJob, file: PlannedFile) -> tuple[str, ...]:
    """Read what is given, as the daemon does; return the videos from none of its cameras."""
    shown = printable(file.where)
    with file.on_disk() as path:
        if file.name == SESSION_NAME:
            session_of(path, shown)
            return ()
        videos = [readable(each.name) for each in job.files if not has_marker_name(each.name)]
        return videos_alone(path, videos, shown) if videos else ()


def _unused(
    path: Path,
    files: list[PlannedFile],
    folders: list[str],
    parts: Mapping[str, list[PlannedFile]],
) -> list[Unused]:
    """Tell which folders hold no recording, and what is given in the folder of no job."""
    start = f"{path}/" if path.is_dir() else f"{path}: "
    found = [
        Unused(printable(f"{start}{folder}"), "there is no video or marker file in it")
        for folder in without_recording(files, folders)
    ]
    used = {file.where for content in parts.values() for file in content}
    return found + [
        Unused(printable(file.where), "it is not used: it lies in the folder of no job")
        for file in files
        if given_as(file.name) is not None and file.where not in used
    ]


def _with_repeated(jobs: list[PlannedJob], layout: Layout) -> tuple[PlannedJob, ...]:
    """Note of each job which of its recordings are the same as an earlier one, or in a job."""
    files = [file for job in jobs for file in job.files]
    replaced = {folder for job in jobs for folder in job.replaces}
    again = same_content([*_in_jobs(layout, {file.size_bytes for file in files}, replaced), *files])
    return tuple(
        replace(
            job,
            notes=job.notes
            + tuple(
                f"{printable(other.where)} is the same recording as {printable(first.where)}"
                for first, other in again
                if other in job.files and not _is_one_file(first, other)
            ),
        )
        for job in jobs
    )


def _is_one_file(one: PlannedFile, other: PlannedFile) -> bool:
    return one.member == other.member and one.path.resolve() == other.path.resolve()


def _in_jobs(
    layout: Layout, sizes: Collection[int], without: Collection[Path]
) -> Iterator[PlannedFile]:
    """Yield recordings of these sizes that are in jobs, but for some folders."""
    for place in (layout.inbox, layout.out, layout.failed):
        for folder, below, names in os.walk(place):
            below[:] = [
                each for each in below if each[0] != "." and Path(folder, each) not in without
            ]
            for path in (Path(folder, name) for name in names if has_recording_name(name)):
                with suppress(OSError):  # it may be moved at the moment
                    if path.stat().st_size in sizes:
                        yield plain_file(path)


def _refusal(problems: list[str]) -> IngestError:
    return IngestError(
        f"{counted(len(problems), 'problem')}, nothing was ingested: {problems[0]}",
        hint="fix what is listed, and try again; --dry-run tries without writing",
        problems=tuple(problems),
    )


def ingest(
    jobs: Iterable[PlannedJob],
    layout: Layout,
    progress: Callable[[int], None] | None = None,
    *,
    broken: list[str] | None = None,
    moved: bool = False,
    on_staged: Callable[[Mapping[str, Path]], None] = lambda _: None,
) -> None:
    """Create the planned jobs; a daemon sees each of them whole or not at all.

    Parameters
    ----------
    jobs : iterable of PlannedJob
        From `plan_ingest`.
    layout : Layout
        The data directory; created if missing.
    progress : callable, optional
        Called with the number of bytes copied.
    broken : list of str, optional
        Leave out recordings that turn out to be broken once they are unpacked, and jobs without any
        other; append a line for each. Default: they are an error.
    moved : bool
        Whether files that are in no archive become those of the jobs, without a copy. They must be
        on the disk of the data directory; where they were, they are still to be removed.
    on_staged : callable
        Called with the folder of each job by its name, when all are whole and before the first is
        moved to ``in/``: it then is the same folder, in another place.

    Raises
    ------
    IngestError
        If an archive turns out to be damaged, or a recording in it is broken.
    OutputError
        If something cannot be written; in that case no job has been created.
    """
    jobs = tuple(jobs)
    layout.make()
    done = 0
    try:
        with ingesting(layout) as staged:
            folders = [(job, staged / str(number)) for number, job in enumerate(jobs)]
            problems: list[str] = []
            for job, folder in folders:
                folder.mkdir(PRIVATE_FOLDER)
                for file in job.copied:
                    place = folder / file.name
                    make_private_folder(place.parent)
                    if moved and file.member is None and _linked(file.path, place):
                        continue
                    with file.open() as source, _new_file(place) as target:
                        while chunk := source.read(_CHUNK_BYTES):
                            target.write(chunk)
                            done += len(chunk)
                            if progress is not None:
                                progress(done)
                        _sync(target)
                    is_unpacked = file.member is not None and file not in job.given
                    problem = fault_of(place) if is_unpacked else None
                    if problem is not None:
                        problems.append(f"{printable(file.where)}: {problem}")
                        place.unlink()
            if problems and broken is None:
                raise _refusal(problems)
            if broken is not None:
                broken += problems
            folders = [(job, folder) for job, folder in folders if _has_file(folder)]
            on_staged({job.name: folder for job, folder in folders})
            _move_in(folders, layout)
    except ARCHIVE_ERRORS as error:
        raise IngestError(
            f"an archive is damaged: {error}", hint="make or copy it again; nothing was ingested"
        ) from error
    except OSError as error:
        raise OutputError(
            f"the job cannot be written: {error.strerror or error}",
            hint="free some space, or fix the permissions of the data directory",
        ) from error


def _move_in(folders: list[tuple[PlannedJob, Path]], layout: Layout) -> None:
    """Rename all jobs into place; undo everything if one cannot be renamed."""
    moved: list[tuple[Path, Path]] = []
    try:
        for job, folder in folders:
            for earlier in job.replaces:
                moved.append((earlier, replace_job(folder, earlier)))  # noqa: PERF401 - one by one
            target = layout.inbox / job.name
            folder.rename(target)
            moved.append((folder, target))
    except BaseException:
        for start, end in reversed(moved):
            end.rename(start)
        raise


def _files(path: Path, problems: list[str], folders: list[str]) -> list[PlannedFile]:
    if path.is_dir():
        return files_of_folder(path, folders)
    if path.suffix.lower() == ".zip" or (not has_video_name(path.name) and is_zipfile(path)):
        return files_of_zip(path, problems, folders)
    return [plain_file(path)]


def _by_folder(
    files: list[PlannedFile], own: str, problems: list[str]
) -> dict[str, list[PlannedFile]]:
    """Group files by folder; files at the top level keep the job's own name."""
    folders: dict[str, list[PlannedFile]] = {}
    for file in files:
        folders.setdefault(file.folder, []).append(file)
    jobs: dict[str, list[PlannedFile]] = {}
    places: dict[str, str] = {}
    for folder, content in folders.items():
        if not any(file.is_recording for file in content):
            continue
        name = folder.rpartition("/")[2] or own
        if name in jobs:
            problems.append(
                f"{printable(folder)} and {printable(places[name] or '.')} would be the same job"
            )
        places[name] = folder
        jobs.setdefault(name, []).extend(content)
    return jobs or {own: files}


def _by_video(
    files: list[PlannedFile], own: str, problems: list[str]
) -> dict[str, list[PlannedFile]]:
    jobs: dict[str, list[PlannedFile]] = {}
    for file in files:
        if file.is_recording:
            jobs.setdefault(Path(file.name).stem, []).append(file)
    for name, same in jobs.items():
        if len(same) > 1:
            where = " and ".join(printable(file.where) for file in same)
            problems.append(f"{where} would be the same job {printable(name)}")
    return jobs or {own: files}


def _without_broken(files: list[PlannedFile], broken: list[str]) -> list[PlannedFile]:
    whole: list[PlannedFile] = []
    for file in files:
        problem = file.problem() if file.is_recording else None
        if problem is None:
            whole.append(file)
        else:
            broken.append(f"{printable(file.where)}: {problem}")
    return whole


def _planned(
    name: str,
    files: list[PlannedFile],
    layout: Layout,
    force: bool,
    problems: list[str],
    *,
    is_whole: bool,
) -> PlannedJob:
    """Plan a job; if some of its files are missing from the list, it may have had a recording."""
    shown = printable(name)
    if name in ("", ".", "..") or name.startswith(".") or "/" in name or "\0" in name:
        problems.append(f"{shown!r} cannot be the name of a job; use --job")
    elif len(os.fsencode(name)) > LONGEST_NAME_BYTES:
        problems.append(f"{shown!r} is too long for the name of a job; use --job")
    recordings = [file for file in files if file.is_recording]
    if not recordings and is_whole:
        problems.append(f"{shown}: there is no video or marker file in it")
    recordings = _told_apart(recordings)
    seen: dict[str, PlannedFile] = {}
    for file in recordings:
        other = seen.setdefault(same_name(file.name), file)
        if other is not file:
            one, two = apart(file.where, {other.where}), apart(other.where, {file.where})
            problems.append(f"{one} and {two} would have the same name")
        if any(len(os.fsencode(part)) > LONGEST_NAME_BYTES for part in file.name.split("/")):
            problems.append(f"{printable(file.where)}: the name is too long")
    replaces = _earlier(name, layout, force, problems)
    given: list[PlannedFile] = []
    for wanted in GIVEN_NAMES:
        found = [file for file in files if given_as(Path(file.name).name) == wanted]
        if len(found) > 1:
            where = " and ".join(printable(file.where) for file in found)
            problems.append(f"{where} would be the {wanted} of the same job {shown}")
        elif found:
            given.append(replace(found[0], name=wanted))
    skipped = len(files) - len(recordings) - len(given)
    planned = PlannedJob(name, tuple(recordings), skipped, replaces, tuple(given))
    return replace(planned, notes=(*_mistaken(files), *_notes_of_rig(planned)))


def _mistaken(files: list[PlannedFile]) -> list[str]:
    """Tell which files may be thought to say what is measured, and do not."""
    kinds = {".yaml": SESSION_NAME, ".yml": SESSION_NAME, ".toml": RIG_NAME}
    stems = {"session": SESSION_NAME, "rig": RIG_NAME}
    notes = []
    for file in files:
        name = Path(file.name)
        meant = kinds.get(name.suffix.lower(), stems.get(name.name.casefold().partition(".")[0]))
        if meant is not None and not file.is_recording and given_as(name.name) is None:
            notes.append(f"{printable(file.where)} is not used: only {meant} is")
    return notes


def _notes_of_rig(job: PlannedJob) -> list[str]:
    """Tell which videos are not from a camera of the rig."""
    notes = []
    for file in job.given:
        with suppress(NeuroPoseError, OSError, *ARCHIVE_ERRORS):  # `faults_of_given` tells it
            notes += [
                f"{printable(name)} has no camera of {printable(file.where)} in its name, so it is "
                "measured alone"
                for name in _alone(job, file)
            ]
    return notes


def _told_apart(recordings: list[PlannedFile]) -> list[PlannedFile]:
    """Keep the folders of recordings, unless their names alone tell them apart."""
    names = Counter(same_name(file.name) for file in recordings)
    if len(names) == len(recordings):
        return recordings
    return [replace(file, name=f"{file.folder}/{file.name}".lstrip("/")) for file in recordings]


def _earlier(name: str, layout: Layout, force: bool, problems: list[str]) -> tuple[Path, ...]:
    shown = printable(name)
    if os.path.lexists(layout.out / name):
        problems.append(f"a job {shown} has already completed, in out/; use --job for another name")
        return ()
    earlier = tuple(
        folder / name for folder in (layout.inbox, layout.failed) if os.path.lexists(folder / name)
    )
    if (layout.inbox / name) in earlier and is_begun(name, layout):
        problems.append(f"the job {shown} is being processed; wait, or use --job for another name")
    elif earlier and not force:
        place = earlier[0].parent.name
        problems.append(f"a job {shown} is in {place}/ already; --force replaces it")
    return earlier


def is_begun(name: str, layout: Layout) -> bool:
    """Return whether a daemon is processing a job.

    Parameters
    ----------
    name : str
        Name of the job.
    layout : Layout
        The data directory.

    Returns
    -------
    bool
    """
    if not is_held(layout):
        return False
    try:
        entry = load_status(layout.status).jobs.get(name)
    except FileMissingError:
        return False
    return entry is not None and entry.state is JobState.PROCESSING


def _check_space(
    jobs: tuple[PlannedJob, ...], layout: Layout, problems: list[str], *, moved: bool
) -> None:
    there = layout.root
    while not there.exists():
        there = there.parent
    copied = [file for job in jobs for file in job.copied if not moved or file.member is not None]
    needed, free = sum(file.size_bytes for file in copied), shutil.disk_usage(there).free
    if needed > free:
        problems.append(f"{needed / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free")


def _has_file(folder: Path) -> bool:
    return any(path.is_file() for path in folder.rglob("*"))


def _linked(path: Path, place: Path) -> bool:
    """Return whether a file has got a second name; not every disk can do that."""
    try:
        os.link(path, place)
    except OSError:
        return False
    return True


def _new_file(path: Path) -> IO[bytes]:
    return open(path, "xb", opener=private_opener)


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
