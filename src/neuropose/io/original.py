"""Files of the original NeuroPose, from which this program takes its name, read as our own.

Its files and ours look alike: the same keys of metadata and frames, and a ``schema_version`` that
counts something else. A file of its has no skeleton and no camera, and its job results and its
status have no envelope around the videos and jobs.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Raw

from neuropose.data.format_errors import DECODING_ERRORS, explain
from neuropose.data.jobs import JobEntry, JobState, Status
from neuropose.data.metadata import Provenance
from neuropose.io.predictions_document import Document
from neuropose.skeletons import SKELETONS

VERSIONS = (b"1", b"2")
SKELETON = "berkeley_mhad_43"
"""The only skeleton that it uses."""
JOINTS_TAKEN = f"the joints are taken to be {SKELETON}, the only skeleton of the original NeuroPose"
_METADATA = {"frame_count", "fps", "width", "height"}
_STATES = {"processing": JobState.PROCESSING, "failed": JobState.FAILED}


class _Job(msgspec.Struct):
    """An entry of its status; newer versions also store progress, which is not needed."""

    status: Literal["processing", "completed", "failed"]
    started_at: datetime
    completed_at: datetime | None = None
    error: str | None = None


def is_original(document: Document) -> bool:
    """Return whether predictions have a version of the original program's.

    Parameters
    ----------
    document : Document
        The sections of the file.

    Returns
    -------
    bool
        False for the oldest of its files, which state no version: those are ours of version 0.
    """
    mine = (document.skeleton, document.camera, document.warnings)
    stated = document.schema_version is not UNSET and bytes(document.schema_version) in VERSIONS
    if not stated or any(section is not UNSET for section in mine):
        return False
    try:
        return msgspec.json.decode(document.metadata, type=dict[str, Any]).keys() == _METADATA
    except DECODING_ERRORS:
        return False


def plain(document: Document) -> tuple[Document, bytes | None, Provenance | None]:
    """Take from its predictions what our oldest files have too, and the rest apart.

    Parameters
    ----------
    document : Document
        Predictions of the original program.

    Returns
    -------
    document : Document
        Metadata and frames.
    segmentations : bytes or None
        JSON of its segmentations, which are kept as those of another program.
    provenance : Provenance or None
        What it states of model and settings.

    Raises
    ------
    FileFormatError
        If its provenance is damaged.
    """
    oldest = Document(metadata=document.metadata, frames=document.frames)
    segmentations = None if document.segmentations is UNSET else bytes(document.segmentations)
    stated: Any = None
    if document.provenance is not UNSET:
        try:
            stated = msgspec.json.decode(document.provenance, type=dict[str, Any] | None)
        except DECODING_ERRORS as error:
            raise explain("provenance", error) from error
    return oldest, segmentations, None if stated is None else stated_provenance(stated)


def with_known_joints(document: Document) -> tuple[Document, bool]:
    """Name the joints of a migrated document, if there are as many as the original program uses.

    Parameters
    ----------
    document : Document
        A document whose joints have no names.

    Returns
    -------
    document : Document
    named : bool
    """
    assert document.skeleton is not UNSET
    skeleton = msgspec.json.decode(document.skeleton, type=dict[str, Any])
    known = SKELETONS[SKELETON]
    if len(skeleton["joints"]) != len(known.joints):
        return document, False
    document.skeleton = Raw(known.model_dump_json().encode())
    return document, True


def original_videos(data: bytes) -> dict[str, Raw] | None:
    """Return the videos of its job results, which are the whole file.

    Parameters
    ----------
    data : bytes
        Content of the file.

    Returns
    -------
    dict of str to Raw or None
        Predictions by our keys, in the order of its file names. None if it is not such a file.
    """
    from neuropose.data.jobs import video_key

    try:
        videos = msgspec.json.decode(data, type=dict[str, _Video])
        raw = msgspec.json.decode(data, type=dict[str, Raw])
    except DECODING_ERRORS:
        return None
    if not videos:
        return None
    return {video_key(number): raw[name] for number, name in enumerate(sorted(raw), start=1)}


class _Video(msgspec.Struct):
    metadata: dict[str, Any]
    frames: dict[str, Raw]


def original_status(data: bytes) -> Status | None:
    """Read its status of all jobs as ours.

    Parameters
    ----------
    data : bytes
        Content of the file.

    Returns
    -------
    Status or None
        None if it is not such a file. Paths of results are where they lie in a data directory.
    """
    try:
        jobs = msgspec.json.decode(data, type=dict[str, _Job])
    except DECODING_ERRORS:
        return None
    return Status(jobs={name: _entry(name, job) for name, job in jobs.items()}) if jobs else None


def _entry(name: str, job: _Job) -> JobEntry:
    state = _STATES.get(job.status, JobState.COMPLETED)
    is_done = state is JobState.COMPLETED
    known: Mapping[str, Any] = {
        "state": state,
        "queued_at": _aware(job.started_at),
        "started_at": _aware(job.started_at),
        "finished_at": _aware(job.completed_at),
        "attempts": 1,
        "results": f"out/{name}/results.json" if is_done else None,
        "error": (job.error or "JobError: not stated") if state is JobState.FAILED else None,
    }
    return JobEntry(**known)


def _aware(moment: datetime | None) -> datetime | None:
    """Take a time without an offset to be local, as the original program wrote it."""
    return moment if moment is None or moment.tzinfo is not None else moment.astimezone()


def stated_provenance(stated: Mapping[str, Any]) -> Provenance:
    """Read what its files state of model and settings.

    Parameters
    ----------
    stated : mapping of str to value
        The section ``provenance`` of a file.

    Returns
    -------
    Provenance
    """
    weights = stated.get("model_sha256")
    return Provenance(
        neuropose_version=str(stated.get("neuropose_version", "not stated")),
        model=str(stated.get("model_filename", stated.get("model", "not stated"))),
        model_sha256={"model": weights} if isinstance(weights, str) else {},
        versions={
            name.removesuffix("_version"): value
            for name, value in stated.items()
            if name.endswith("_version") and isinstance(value, str)
        },
        settings={"program": "the original NeuroPose", **stated},
    )
