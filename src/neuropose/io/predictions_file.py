"""Reading and writing predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import UNSET, Raw
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, to_json

from neuropose.data.format_errors import explain, refusal
from neuropose.data.metadata import Camera, Provenance, Text, VideoMetadata
from neuropose.data.predictions import VideoPredictions
from neuropose.errors import FileFormatError, OutputError
from neuropose.io.atomic import write_atomically
from neuropose.io.frame_records import decode_frames, encode_frames
from neuropose.io.migrations import upgrade
from neuropose.io.original import JOINTS_TAKEN, is_original, plain, with_known_joints
from neuropose.io.other_kinds import other_kind
from neuropose.io.predictions_document import cut
from neuropose.io.strict_json import parse, read_bytes
from neuropose.skeletons import Skeleton, make_skeleton

_METADATA = TypeAdapter(VideoMetadata)
_CAMERA: TypeAdapter[Camera | None] = TypeAdapter(Camera | None)
_SKELETON = TypeAdapter(Skeleton)
_SEGMENTATIONS = TypeAdapter(dict[str, Any])
_WARNINGS = TypeAdapter(tuple[Text, ...])
_PROVENANCE: TypeAdapter[Provenance | None] = TypeAdapter(Provenance | None)


def save_video_predictions(path: Path, predictions: VideoPredictions) -> None:
    """Write predictions as JSON, one frame per line, atomically.

    Equal predictions are written as the same bytes. ``docs/reference/file-format.md`` lists every
    key.

    Parameters
    ----------
    path : Path
        The file to write; an existing one is replaced.
    predictions : VideoPredictions
        The predictions to write. NaN becomes null.

    Raises
    ------
    OutputError
        If the file cannot be written; an existing one is untouched.

    Examples
    --------
    >>> import tempfile
    >>> from neuropose.testing import synthetic_predictions
    >>> path = Path(tempfile.mkdtemp()) / "predictions.json"
    >>> save_video_predictions(path, synthetic_predictions(frame_count=3))
    >>> load_video_predictions(path) == synthetic_predictions(frame_count=3)
    True
    """
    write_atomically(path, encode_predictions(predictions))


def load_video_predictions(path: Path) -> VideoPredictions:
    """Read and validate predictions.

    Parameters
    ----------
    path : Path
        A file written by `save_video_predictions`, or an older one
        (``docs/reference/file-format.md``).

    Returns
    -------
    VideoPredictions
        Null becomes NaN. A skeleton that NeuroPose knows by name has its canonical joints.

    Raises
    ------
    FileMissingError
        If the file does not exist.
    FileReadError
        If it cannot be read.
    SchemaVersionError
        If its schema version is newer than this version of NeuroPose reads.
    FileFormatError
        If anything in it is wrong; the message says in one line where and what.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "predictions.json"
    >>> path.write_text('{"schema_version": 1, "metadata": {}}')
    37
    >>> load_video_predictions(path)
    Traceback (most recent call last):
    ...
    neuropose.errors.FileFormatError: object missing required field frames
    """
    try:
        return decode_predictions(read_bytes(path))
    except FileFormatError as error:
        if (other := other_kind(path)) is not None:
            raise FileFormatError(f"this is {other.kind}", hint=f"{path}: {other.hint}") from error
        error.hint = error.hint or f"{path} is damaged or not a predictions file; make it again"
        raise


def encode_predictions(predictions: VideoPredictions) -> Iterator[bytes]:
    """Encode predictions as JSON in pieces; see `save_video_predictions`.

    Parameters
    ----------
    predictions : VideoPredictions
        The predictions to encode.

    Yields
    ------
    bytes
    """
    yield b'{"schema_version":%d,\n' % predictions.schema_version
    for name in ("warnings", "metadata", "camera", "skeleton"):
        yield b'"%b":%b,\n' % (name.encode(), _section(predictions, name))
    yield b'"frames":{\n'
    yield from encode_frames(predictions)
    yield b'},\n"segmentations":%b,\n' % _section(predictions, "segmentations")
    yield b'"provenance":%b}\n' % _section(predictions, "provenance")


def _section(predictions: VideoPredictions, name: str) -> bytes:
    value = getattr(predictions, name)
    try:
        if name == "skeleton":
            known = make_skeleton(value.name, value.joints, value.edges).canonical
            own = {} if known == value.canonical else {"canonical": value.canonical}
            value = {**value.model_dump(), **own}
        return to_json(value, inf_nan_mode="null")
    except PydanticSerializationError as error:
        raise OutputError(
            f"{name} cannot be written: {error}", hint="put plain numbers, text and lists there"
        ) from error


def decode_predictions(data: bytes) -> VideoPredictions:
    """Decode and validate predictions; see `load_video_predictions`.

    Parameters
    ----------
    data : bytes
        Content of a whole file.

    Returns
    -------
    VideoPredictions

    Raises
    ------
    SchemaVersionError, FileFormatError
    """
    document = cut(data)
    extra: dict[str, Any] = {}
    if is_original(document):
        document, kept, stated = plain(document)
        document, named = with_known_joints(upgrade(document, 0))
        extra = {"provenance": stated, "warnings": (JOINTS_TAKEN,) if named else ()}
        document.segmentations = UNSET if kept is None else Raw(kept)
    else:
        document = upgrade(document, document.version())
    sections = document.sections()
    metadata = parse(sections["metadata"], _METADATA, "metadata")
    if len(document.frames) != metadata.frame_count:
        raise refusal(
            "frames", f"{len(document.frames)}, but metadata.frame_count is {metadata.frame_count}"
        )
    skeleton = _skeleton(sections)
    camera = parse(sections.get("camera", b"null"), _CAMERA, "camera")
    warnings = parse(sections.get("warnings", b"[]"), _WARNINGS, "warnings")
    segmentations = parse(sections.get("segmentations", b"{}"), _SEGMENTATIONS, "segmentations")
    provenance = parse(sections.get("provenance", b"null"), _PROVENANCE, "provenance")
    arrays = decode_frames(document.frames, len(skeleton.joints))
    try:
        return VideoPredictions(
            warnings=extra.get("warnings", warnings),
            metadata=metadata,
            camera=camera,
            skeleton=skeleton,
            segmentations=segmentations,
            provenance=extra.get("provenance", provenance),
            **arrays,
        )
    except ValidationError as error:
        raise explain("", error) from error


def _skeleton(sections: Mapping[str, bytes]) -> Skeleton:
    if "skeleton" not in sections:
        raise refusal("skeleton", "missing")
    skeleton = parse(sections["skeleton"], _SKELETON, "skeleton")
    if skeleton.canonical:  # of a plug-in's skeleton, which is not known by name
        return skeleton
    return make_skeleton(skeleton.name, skeleton.joints, skeleton.edges)
