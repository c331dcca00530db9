"""Reading and writing predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import UNSET, Raw
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, to_json

from neuropose.data.cameras import Camera
from neuropose.data.format_errors import explain, refusal
from neuropose.data.metadata import Provenance, Text, VideoMetadata
from neuropose.data.prediction_fields import SCHEMA_VERSION
from neuropose.data.predictions import VideoPredictions
from neuropose.errors import FileFormatError, OutputError
from neuropose.io.atomic import write_atomically
from neuropose.io.compact_file import SUFFIX as COMPACT_SUFFIX
from neuropose.io.compact_file import decode_compact, encode_compact
from neuropose.io.frame_records import decode_frames, encode_frames
from neuropose.io.migrations import upgrade
from neuropose.io.original import JOINTS_TAKEN, is_original, plain, with_known_joints
from neuropose.io.other_kinds import other_kind
from neuropose.io.predictions_document import cut
from neuropose.io.strict_json import advising, parse, read_bytes, refuse_newer
from neuropose.skeletons import Skeleton, make_skeleton

_ZIP = b"PK\x03\x04"
_HEADER = TypeAdapter(dict[str, Any])
_METADATA = TypeAdapter(VideoMetadata)
_CAMERA: TypeAdapter[Camera | None] = TypeAdapter(Camera | None)
_SKELETON = TypeAdapter(Skeleton)
_SEGMENTATIONS = TypeAdapter(dict[str, Any])
_WARNINGS = TypeAdapter(tuple[Text, ...])
_PROVENANCE: TypeAdapter[Provenance | None] = TypeAdapter(Provenance | None)


def save_video_predictions(path: Path, predictions: VideoPredictions) -> None:
    """Write predictions as JSON, one frame per line, or as a compact ``.npz``, atomically.

    Equal predictions are written as the same bytes. ``docs/reference/file-format.md`` lists every
    key.

    Parameters
    ----------
    path : Path
        The file to write; an existing one is replaced. If its name ends in ``.npz``, it is the
        compact twin: the same content as arrays, a fraction of the size, and faster to read.
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
    if Path(path).suffix.lower() == COMPACT_SUFFIX:
        header = b"".join(_sections(predictions)).rstrip(b",\n") + b"}\n"
        write_atomically(path, [encode_compact(predictions, header)])
        return
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
    data = read_bytes(path)
    try:
        with advising(f"{path} is damaged or not a predictions file; make it again"):
            return _from_compact(data) if data.startswith(_ZIP) else decode_predictions(data)
    except FileFormatError as error:
        if (other := other_kind(path)) is None:
            raise
        raise FileFormatError(f"this is {other.kind}", hint=f"{path}: {other.hint}") from error


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
    *before, segmentations, provenance = _sections(predictions)
    yield from before
    yield b'"frames":{\n'
    yield from encode_frames(predictions)
    yield b"},\n"
    yield segmentations
    yield provenance.removesuffix(b",\n") + b"}\n"


def _sections(predictions: VideoPredictions) -> Iterator[bytes]:
    """Encode everything but the frames, a section and a comma each."""
    yield b'{"schema_version":%d,\n' % predictions.schema_version
    names = ("warnings", "metadata", "camera", "skeleton", "segmentations", "provenance")
    for name in names:
        yield b'"%b":%b,\n' % (name.encode(), _section(predictions, name))


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


def _from_compact(data: bytes) -> VideoPredictions:
    header, arrays = decode_compact(data)
    refuse_newer(header, SCHEMA_VERSION, "the predictions file")
    sections = parse(header, _HEADER, "header")
    try:
        return VideoPredictions(
            warnings=tuple(sections["warnings"]),
            metadata=_METADATA.validate_python(sections["metadata"]),
            camera=_CAMERA.validate_python(sections["camera"]),
            skeleton=_skeleton({"skeleton": to_json(sections["skeleton"])}),
            segmentations=sections["segmentations"],
            provenance=_PROVENANCE.validate_python(sections["provenance"]),
            **arrays,
        )
    except KeyError as error:
        raise refusal("header", f"it lacks {error}") from error
    except ValidationError as error:
        raise explain("", error) from error


def _skeleton(sections: Mapping[str, bytes]) -> Skeleton:
    if "skeleton" not in sections:
        raise refusal("skeleton", "missing")
    skeleton = parse(sections["skeleton"], _SKELETON, "skeleton")
    if skeleton.canonical:  # of a plug-in's skeleton, which is not known by name
        return skeleton
    return make_skeleton(skeleton.name, skeleton.joints, skeleton.edges)
