"""A predictions file split into its sections, which stay JSON until they are needed."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, Raw, UnsetType

from neuropose.data.checks import frame_id
from neuropose.data.format_errors import DECODING_ERRORS, explain, refusal
from neuropose.data.prediction_fields import SCHEMA_VERSION
from neuropose.errors import FileFormatError
from neuropose.io.strict_json import refuse_newer, refuse_newer_version

_WHAT = "the predictions file"

_FRAMES_OPEN = b'"frames":{\n'
_FRAMES_CLOSE = b"\n}"


class Document(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The sections of a predictions file of the current or an older schema version.

    Parameters
    ----------
    schema_version, metadata, camera, skeleton, segmentations, provenance, warnings : Raw
        JSON of each section that the file has.
    frames : dict of str to Raw
        JSON of each frame, by its id.
    """

    schema_version: Raw | UnsetType = UNSET
    metadata: Raw
    camera: Raw | UnsetType = UNSET
    skeleton: Raw | UnsetType = UNSET
    frames: dict[str, Raw]
    segmentations: Raw | UnsetType = UNSET
    provenance: Raw | UnsetType = UNSET
    warnings: Raw | UnsetType = UNSET

    def sections(self) -> dict[str, bytes]:
        """Return the sections that the file has, without the frames.

        Returns
        -------
        dict of str to bytes
            JSON of each section, by key.
        """
        values = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return {name: bytes(value) for name, value in values if isinstance(value, Raw)}

    def version(self) -> int:
        """Return the schema version stated in the file.

        Returns
        -------
        int
            0 if it states none (older files).

        Raises
        ------
        SchemaVersionError
            If it is newer than the newest known version.
        FileFormatError
            If it is not a valid version.
        """
        if isinstance(self.schema_version, UnsetType):
            return 0
        try:
            version = msgspec.json.decode(self.schema_version, type=int)
        except DECODING_ERRORS as error:
            raise explain("schema_version", error) from error
        refuse_newer_version(version, SCHEMA_VERSION, _WHAT)
        if version < 1:
            raise refusal("schema_version", f"expected 1 to {SCHEMA_VERSION}, got {version}")
        return version


def cut(data: bytes) -> Document:
    """Split a file into its sections; check that it is JSON and that no key occurs twice.

    Parameters
    ----------
    data : bytes
        Content of the file.

    Returns
    -------
    Document
        Refers to the memory of `data`.

    Raises
    ------
    SchemaVersionError
        If the file has a newer schema version.
    FileFormatError
        If it is not JSON, or has unknown or missing sections.

    Examples
    --------
    >>> cut(b'{"schema_version": 1, "metadata": {}, "frames": {}}').version()
    1
    """
    document = _cut_lines(data)
    if document is not None:
        return document
    try:
        document = msgspec.json.decode(data, type=Document)
    except DECODING_ERRORS as error:
        refuse_newer(data, SCHEMA_VERSION, _WHAT)
        raise explain("", error) from error
    _refuse_repetition(data, document)
    return document


def _cut_lines(data: bytes) -> Document | None:
    """Split a file with the layout that we write, without reading the frames twice.

    A frame holds no nested object, so it ends at the first closing brace; the text between frames
    and around them is compared byte for byte. Return None if anything is not as expected.
    """
    top, view = data.find(_FRAMES_OPEN), memoryview(data)
    start = top + len(_FRAMES_OPEN)
    frames: dict[str, Raw] = {}
    while True:
        key = frame_id(len(frames))
        head = b'"%b":' % key.encode()
        end = data.find(b"}", start) + 1
        if top < 0 or not data.startswith(head, start) or not end:
            return None
        frames[key] = Raw(view[start + len(head) : end])
        if not data.startswith(b",\n", end):
            break
        start = end + 2
    if not data.startswith(_FRAMES_CLOSE, end):
        return None
    rest = data[:top] + b'"frames":{"cut out":0}' + data[end + len(_FRAMES_CLOSE) :]
    try:
        document = msgspec.json.decode(rest, type=Document)
        _refuse_repetition(rest, document)
    except (*DECODING_ERRORS, FileFormatError):
        return None
    if list(document.frames) != ["cut out"]:  # those were the frames of something else
        return None
    document.frames = frames
    return document


def _refuse_repetition(data: bytes, document: Document) -> None:
    # A decoder keeps the last of two equal keys. Then some quotes have not been read.
    sections, frames = document.sections(), document.frames
    inside = sum(section.count(b'"') for section in sections.values())
    inside += sum(bytes(frame).count(b'"') for frame in frames.values())
    if data.count(b'"') != inside + 2 * (len(sections) + len(frames) + 1):
        raise refusal("", "a section or a frame occurs twice")
