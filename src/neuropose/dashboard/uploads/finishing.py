"""From files that have arrived to jobs: the same checks as ``neuropose ingest``."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from neuropose.dashboard.uploads.store import Upload, UploadError, cannot_write
from neuropose.data.metadata import Contract
from neuropose.errors import IngestError, NeuroPoseError
from neuropose.interfacer.ingest import PlannedJob, faults_of_given, ingest, plan_ingest
from neuropose.interfacer.ingest_sources import PlannedFile
from neuropose.interfacer.layout import RIG_NAME, SESSION_NAME, Layout
from neuropose.io import load_rig, save_rig
from neuropose.io.atomic import make_private_folder, write_atomically
from neuropose.study.contract.session import Session

_TREE, _GIVEN = "tree", "given"
_MADE = "made.json"
"""File in the folder of an upload: the jobs that are just being moved to ``in/``."""


class Wanted(Contract):
    """What is to become of an upload.

    Parameters
    ----------
    job : str or None
        Make one job of this name of everything. None: as ``neuropose ingest`` does.
    per_video : bool
        Make a job of each video.
    cameras : str or None
        Path, in the upload, of the file that says where the cameras are.
    session : mapping or None
        Fields of `Session`. None: the poses only.
    """

    job: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    per_video: bool = False
    cameras: str | None = None
    session: Session | None = None


class MadeJob(Contract):
    """A job that was made of an upload.

    Parameters
    ----------
    name : str
        What it is called.
    videos : int
        How many recordings it has.
    skipped : int
        How many files were left out.
    folder : int
        What the disk knows its folder by, wherever a daemon moves it.
    """

    name: str
    videos: int
    skipped: int
    folder: int


_NOTED: TypeAdapter[tuple[MadeJob, ...]] = TypeAdapter(tuple[MadeJob, ...])


def make_jobs(upload: Upload, wanted: Wanted, layout: Layout) -> tuple[MadeJob, ...]:
    """Make jobs of an upload; a daemon sees each of them whole or not at all.

    What was made before this process was killed is not made again.

    Parameters
    ----------
    upload : Upload
        Whole. Its bytes stay where they are as well, until it is removed.
    wanted : Wanted
        What is to become of it.
    layout : Layout
        The data directory.

    Returns
    -------
    tuple of MadeJob
        What was made, now or before.

    Raises
    ------
    UploadError
        If it is not whole.
    IngestError
        If anything is wrong; it lists every problem, and nothing was made.
    FileFormatError
        If the file of the cameras is not one.
    OutputError
        If something cannot be written.
    """
    if not upload.is_whole:
        raise UploadError("the upload is not whole", status=409, hint="send the missing pieces")
    if wanted.job is not None and wanted.per_video:
        raise IngestError("one job and a job of each video contradict each other")
    tree, given = upload.folder / _TREE, upload.folder / _GIVEN
    try:
        for folder in (tree, given):
            shutil.rmtree(folder, ignore_errors=True)
            make_private_folder(folder)
        before = _made_before(upload, layout)
        rig = _placed(upload, tree, wanted.cameras, given)
        try:
            jobs = plan_ingest(
                sorted(tree.iterdir()),
                layout,
                job=wanted.job,
                per_video=wanted.per_video,
                moved=True,
                made={job.name for job in before},
            )
        except IngestError as error:
            raise _without_places(error, tree) from None
        files = [file for file in (_session(wanted.session, given), rig) if file is not None]
        jobs = tuple(_with_given(job, files) for job in jobs)
        faults = [fault for job in jobs for fault in faults_of_given(job)]
        if faults:
            raise IngestError(faults[0], hint="fix what is listed", problems=tuple(faults))
        noted = before

        def note(folders: Mapping[str, Path]) -> None:
            nonlocal noted
            noted = (*before, *(_made(job, folders[job.name]) for job in jobs))
            write_atomically(upload.folder / _MADE, [_NOTED.dump_json(noted)])

        ingest(jobs, layout, moved=True, on_staged=note)
        return noted
    except NeuroPoseError:  # some of them are an OSError as well
        raise
    except OSError as error:
        raise cannot_write(error) from error
    finally:
        for folder in (tree, given):
            shutil.rmtree(folder, ignore_errors=True)


def _made(job: PlannedJob, folder: Path) -> MadeJob:
    return MadeJob(
        name=job.name, videos=len(job.files), skipped=job.skipped, folder=folder.stat().st_ino
    )


def _made_before(upload: Upload, layout: Layout) -> tuple[MadeJob, ...]:
    """Return the jobs that were made of an upload before the process that did so was killed."""
    try:
        noted = _NOTED.validate_json((upload.folder / _MADE).read_bytes())
    except (FileNotFoundError, ValidationError):
        return ()
    there = set()
    for place in (layout.inbox, layout.out, layout.failed):
        with os.scandir(place) as found:
            there |= {(entry.name, entry.inode()) for entry in found}
    return tuple(job for job in noted if (job.name, job.folder) in there)


def wanted_of(said: bytes) -> Wanted:
    """Return what is to become of an upload, as a page says it.

    Parameters
    ----------
    said : bytes
        JSON with the fields of `Wanted`.

    Returns
    -------
    Wanted

    Raises
    ------
    IngestError
        If a field is not allowed; it says which.
    """
    try:
        return Wanted.model_validate_json(said)
    except ValidationError as error:
        raise refusal_of(error) from None


def refusal_of(error: ValidationError) -> IngestError:
    """Return what is wrong with what a page has sent, in words.

    Parameters
    ----------
    error : ValidationError
        Of its contract.

    Returns
    -------
    IngestError
        It lists every problem.
    """
    problems = tuple(
        ": ".join(filter(None, (".".join(map(str, fault["loc"])), _plain(fault["msg"]))))
        for fault in error.errors()
    )
    return IngestError(problems[0], hint="correct what is listed", problems=problems)


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")


def _placed(upload: Upload, tree: Path, cameras: str | None, given: Path) -> PlannedFile | None:
    """Give the files their names; return the file of the cameras, which belongs to every job."""
    rig: PlannedFile | None = None
    for number, file in enumerate(upload.manifest.files):
        if file.path == cameras:
            source = given / Path(file.path).name
            shutil.copyfile(upload.part(number), source)
            save_rig(given / RIG_NAME, load_rig(source))
            rig = _planned(given / RIG_NAME)
            continue
        place = tree / file.path
        make_private_folder(place.parent)
        try:
            os.link(upload.part(number), place)
        except OSError:  # a disk without hard links
            shutil.copyfile(upload.part(number), place)
    return rig


def _session(session: Session | None, given: Path) -> PlannedFile | None:
    if session is None:
        return None
    import yaml

    said = session.model_dump(mode="json", exclude_defaults=True)
    text = yaml.safe_dump(said, allow_unicode=True, sort_keys=False)
    write_atomically(given / SESSION_NAME, [text.encode()])
    return _planned(given / SESSION_NAME)


def _planned(path: Path) -> PlannedFile:
    return PlannedFile(path.name, path.stat().st_size, path.name, path)


def _with_given(job: PlannedJob, files: list[PlannedFile]) -> PlannedJob:
    """Add what was said in the form; what lies beside the videos was said by somebody as well."""
    own = {file.name for file in job.given}
    both = [file.name for file in files if file.name in own]
    if both:
        raise IngestError(
            f"{job.name} has a {both[0]} of its own",
            hint="leave the form empty, or leave that file out",
        )
    return replace(job, given=(*job.given, *files))


def _without_places(error: IngestError, tree: Path) -> IngestError:
    """Return an error that names files as they were dropped."""
    problems = tuple(each.replace(f"{tree}{os.sep}", "") for each in error.problems)
    return IngestError(
        problems[0] if problems else error.message,
        hint="fix what is listed, or give the job another name",
        problems=problems,
    )
