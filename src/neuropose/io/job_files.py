"""Reading and writing the status of all jobs and the results of one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Raw
from pydantic import TypeAdapter
from pydantic_core import to_json

from neuropose.data.format_errors import DECODING_ERRORS, explain, refusal
from neuropose.data.jobs import JOBS_SCHEMA_VERSION, JobResults, Status, misplaced_video
from neuropose.errors import FileFormatError
from neuropose.io.atomic import write_atomically
from neuropose.io.original import original_status, original_videos
from neuropose.io.predictions_file import decode_predictions, encode_predictions
from neuropose.io.strict_json import advising, parse, read_bytes, refuse_newer

_STATUS = TypeAdapter(Status)


def save_status(path: Path, status: Status) -> None:
    """Write the status of all jobs atomically.

    Parameters
    ----------
    path : Path
        The file to write; an existing one is replaced.
    status : Status
        The status of all jobs.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    write_atomically(path, [to_json(status), b"\n"])


def load_status(path: Path) -> Status:
    """Read and validate the status of all jobs, also that of the original NeuroPose.

    Parameters
    ----------
    path : Path
        The status file.

    Returns
    -------
    Status

    Raises
    ------
    FileMissingError, FileReadError
        If it cannot be read.
    SchemaVersionError
        If it is of a newer schema than this version reads.
    FileFormatError
        If anything in it is wrong; the message says in one line where and what.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "status.json"
    >>> save_status(path, Status())
    >>> load_status(path) == Status()
    True
    """
    data = read_bytes(path)
    refuse_newer(data, JOBS_SCHEMA_VERSION, "the status of the jobs")
    return original_status(data) or parse(data, _STATUS, "")


def save_job_results(path: Path, results: JobResults) -> None:
    """Write the results of a job atomically.

    Parameters
    ----------
    path : Path
        The file to write; an existing one is replaced.
    results : JobResults
        The results of the job.

    Raises
    ------
    OutputError
        If it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from neuropose.testing import synthetic_predictions
    >>> path = Path(tempfile.mkdtemp()) / "results.json"
    >>> results = JobResults(videos={"video_01": synthetic_predictions(frame_count=3)})
    >>> save_job_results(path, results)
    >>> load_job_results(path).videos["video_01"].metadata.frame_count
    3
    """
    write_atomically(path, _encode(results))


def _encode(results: JobResults) -> Iterator[bytes]:
    yield b'{"schema_version":%d,\n"videos":{\n' % results.schema_version
    for number, (key, predictions) in enumerate(results.videos.items()):
        yield b'%b"%b":' % (b",\n" if number else b"", key.encode())
        yield from encode_predictions(predictions)
    yield b"}}\n"


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    schema_version: Literal[1]
    videos: dict[str, Raw]


def load_job_results(path: Path) -> JobResults:
    """Read and validate the results of a job.

    Parameters
    ----------
    path : Path
        The results file.

    Returns
    -------
    JobResults

    Raises
    ------
    FileMissingError, FileReadError
        If it cannot be read.
    SchemaVersionError
        If it is of a newer schema than this version reads.
    FileFormatError
        If anything in it is wrong; the message says in one line where and what.
    """
    with advising(f"{path} is damaged or not a results file; process the job again"):
        data = read_bytes(path)
        document = _cut(data)
        videos = {}
        if (misplaced := misplaced_video(document.videos)) is not None:
            raise refusal("videos", f"{misplaced} is not in order: video_01, video_02, …")
        for key, raw in document.videos.items():
            try:
                videos[key] = decode_predictions(bytes(raw))
            except FileFormatError as error:
                error.message = f"{key}: {error.message}"
                raise
        return JobResults(videos=videos)


def holds_job_results(path: Path) -> bool:
    """Return whether a file holds the results of a job rather than the predictions of one video.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    bool
        Whether the file has a section of videos. It is not checked any further.

    Raises
    ------
    FileMissingError, FileReadError
        If it cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "results.json"
    >>> save_job_results(path, JobResults(videos={}))
    >>> holds_job_results(path)
    True
    """
    data = read_bytes(path)
    try:
        sections = msgspec.json.decode(data, type=dict[str, Raw])
    except DECODING_ERRORS:
        return False
    return "videos" in sections or original_videos(data) is not None


def videos_of_job(path: Path) -> tuple[str, ...]:
    """Return the keys of the videos in a job's results; the predictions are not checked.

    Parameters
    ----------
    path : Path
        File that may be a job's results.

    Returns
    -------
    tuple of str

    Raises
    ------
    FileMissingError, FileReadError
        If it cannot be read.
    FileFormatError
        If it does not hold the results of a job.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "results.json"
    >>> save_job_results(path, JobResults(videos={}))
    >>> videos_of_job(path)
    ()
    """
    return tuple(_cut(read_bytes(path)).videos)


def _cut(data: bytes) -> _Document:
    if (videos := original_videos(data)) is not None:
        return _Document(JOBS_SCHEMA_VERSION, videos)
    try:
        document = msgspec.json.decode(data, type=_Document)
    except DECODING_ERRORS as error:
        refuse_newer(data, JOBS_SCHEMA_VERSION, "the results file of the job")
        raise explain("", error) from error
    # A decoder keeps the last of two equal keys. Then some quotes have not been read.
    inside = sum(bytes(raw).count(b'"') for raw in document.videos.values())
    if data.count(b'"') != inside + 2 * (len(document.videos) + 2):
        raise refusal("", "a section or a video occurs twice")
    return document
