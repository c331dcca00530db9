"""Which program wrote a file of cameras, and its reader."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from neuropose.data.cameras import Camera, Rig
from neuropose.data.format_errors import refusal
from neuropose.data.metadata import Source
from neuropose.errors import FileFormatError, FileMissingError
from neuropose.io.rig_file import opencap, opencv
from neuropose.io.rig_file.camera_tables import read_camera_tables
from neuropose.io.rig_file.found import Found, FoundCamera, Unit, as_rig
from neuropose.io.rig_file.qualisys import holds_qualisys, read_qualisys
from neuropose.io.rig_file.rig_toml import decode_rig, is_rig_toml
from neuropose.io.strict_json import read_bytes

_KNOWN = (
    "rig.toml, TOML of Pose2Sim, anipose, FreeMoCap or Caliscope, .qca.txt of Qualisys, YAML or "
    "JSON of OpenCV, and cameraIntrinsicsExtrinsics.pickle of OpenCap are read"
)
_PICKLED = b"\x80"
_IN_A_FOLDER = (
    ("rig.toml",),
    ("*.qca.txt",),
    (opencap.FILE_NAME, f"*/{opencap.FILE_NAME}", f"*/*/{opencap.FILE_NAME}"),
    ("*camera_array*.toml", "*calib*.toml", "*Calib*.toml"),
    ("intri.y*ml", "extri.y*ml"),
    ("*.yml", "*.yaml", "*.json"),
)
"""What a folder is searched for; the first line that matches counts."""


@dataclass(frozen=True, slots=True)
class _Document:
    """A file, parsed as far as it takes to know whose it is."""

    path: Path
    kind: str
    content: Any


def load_rig(
    paths: Path | Sequence[Path], *, units: Unit | str | None = None, up: str | None = None
) -> Rig:
    """Read cameras with their places from the files of any program that is known.

    Parameters
    ----------
    paths : Path or sequence of Path
        A rig file; ``.toml`` of Pose2Sim, anipose, FreeMoCap or Caliscope; ``.qca.txt`` of
        Qualisys; YAML or JSON of OpenCV, with one camera or several; OpenCap's
        ``cameraIntrinsicsExtrinsics.pickle``, which is read without unpickling; or a folder with
        such files.
    units : {"m", "cm", "mm"}, optional
        Unit of lengths. Default: that of the format; if it has none, metres or millimetres,
        whichever is plausible for the distances between the cameras, which the rig records.
    up : str, optional
        The vertical in the file's world, such as ``z`` or ``-y``. Default: that of the format, or
        the axis closest to the cameras' own upright, which the rig records; None if there is none.
        A rig file states both, so that neither may be given for it.

    Returns
    -------
    Rig

    Raises
    ------
    FileMissingError, FileReadError
        If a file cannot be read.
    SchemaVersionError
        If a rig file is newer than this version of NeuroPose reads.
    FileFormatError
        If it is not a known format, anything in it is wrong, it does not say where a camera is, or
        `units` or `up` are given for a rig file.
    """
    documents = _documents(paths)
    if any(each.kind == "rig" for each in documents):
        if len(documents) > 1:
            raise FileFormatError(
                "a rig file holds all cameras, and comes alone", hint="name one file"
            )
        if units is not None or up is not None:
            raise FileFormatError(
                f"{documents[0].path.name} is a rig file, which states its unit and its vertical",
                hint="leave out units and up: they are for files of other programs",
            )
        with _said_of(documents[0].path):
            return decode_rig(documents[0].content)
    found = _found(documents)
    with _said_of(*(each.path for each in documents)):
        return as_rig(found, units=None if units is None else Unit(units), up=up)


def load_intrinsics(
    paths: Path | Sequence[Path],
) -> dict[str, tuple[Camera, tuple[int, int] | None]]:
    """Read cameras whose places need not be known.

    Parameters
    ----------
    paths : Path or sequence of Path
        As in `load_rig`.

    Returns
    -------
    dict of str to tuple of Camera and size
        By name: the camera, and the width and height of its picture in px, None if the file does
        not state them.

    Raises
    ------
    FileMissingError, FileReadError
        If a file cannot be read.
    FileFormatError
        If it is not a known format, or anything in it is wrong.
    """
    documents = _documents(paths)
    if any(each.kind == "rig" for each in documents):
        rig = load_rig(paths)
        return {
            each.name: (
                each.camera,
                None if each.size_source is Source.ASSUMED else (each.width, each.height),
            )
            for each in rig.cameras
        }
    return {each.name: (each.camera(), each.size) for each in _found(documents).cameras}


def _documents(paths: Path | Sequence[Path]) -> list[_Document]:
    listed = [Path(paths)] if isinstance(paths, (str, Path)) else [Path(path) for path in paths]
    files = [file for path in listed for file in (_in_folder(path) if path.is_dir() else [path])]
    documents = []
    for path in files:
        with _said_of(path):
            documents.append(_parse(path, read_bytes(path)))
    return documents


def _in_folder(folder: Path) -> list[Path]:
    for patterns in _IN_A_FOLDER:
        found = sorted({path for pattern in patterns for path in folder.glob(pattern)})
        if len(found) > 1 and patterns[-1].endswith(".toml"):
            raise FileFormatError(
                f"{folder} has several calibrations: {', '.join(path.name for path in found)}",
                hint="name the file that is meant",
            )
        if found:
            return found
    raise FileMissingError(f"there is no file of cameras in {folder}", hint=_KNOWN)


def _parse(path: Path, data: bytes) -> _Document:
    if path.suffix in (".pickle", ".pkl") or data[:1] == _PICKLED:
        return _Document(path, "pickle", data)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    start = text.lstrip()[:1]
    if start == "<":
        return _Document(path, "xml", _xml(text))
    if path.suffix.lower() == ".toml":
        document = _toml(text)
        return _Document(path, "rig" if is_rig_toml(document) else "tables", document)
    if path.suffix.lower() in (".yml", ".yaml", ".json"):
        return _Document(path, "opencv", opencv.parse_yaml(text))
    raise refusal("", "not a file of cameras that is known")


def _toml(text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise refusal("", f"not TOML: {error}") from error


def _xml(text: str) -> ElementTree.Element:
    if re.search(r"<!(DOCTYPE|ENTITY)", text):
        raise refusal("", "an XML file with definitions of its own is not read")
    try:
        root = ElementTree.fromstring(re.sub(r"\A\s*<\?xml[^>]*\?>", "", text))
    except ElementTree.ParseError as error:
        raise refusal("", f"not whole XML: {error}") from error
    if holds_qualisys(root):
        return root
    known = {"opencv_storage": "OpenCV's XML: save it as YAML", "Cameras": "a Vicon .xcp file"}
    raise refusal("", f"{known.get(root.tag, f'XML of <{root.tag}>')} is not read")


def _found(documents: Sequence[_Document]) -> Found:
    kinds = {each.kind for each in documents}
    if len(kinds) > 1:
        raise FileFormatError(
            "the files are of several programs", hint="name the files of one calibration only"
        )
    (kind,) = kinds
    if kind == "pickle":
        cameras = []
        for each in documents:
            with _said_of(each.path):
                cameras.append(opencap.read_opencap(each.content, each.path))
        return Found(opencap.ORIGIN, _unique(cameras), Unit.MILLIMETRES)
    if kind == "opencv":
        by_name = {each.path.stem: each.content for each in documents}
        if len(by_name) < len(documents):
            by_name = {str(each.path): each.content for each in documents}
        with _said_of(*(each.path for each in documents)):
            return Found(opencv.ORIGIN, _unique(opencv.read_opencv(by_name)))
    if len(documents) > 1:
        raise FileFormatError(
            "each of the files holds all cameras of a calibration", hint="name one of them"
        )
    with _said_of(documents[0].path):
        if kind == "xml":
            return read_qualisys(documents[0].content)
        return read_camera_tables(documents[0].content)


def _unique(cameras: Iterable[FoundCamera]) -> list[FoundCamera]:
    by_name: dict[str, FoundCamera] = {}
    for camera in cameras:
        if camera.name in by_name:
            raise FileFormatError(
                f"two cameras are called {camera.name!r}",
                hint="give the files or folders own names",
            )
        by_name[camera.name] = camera
    return list(by_name.values())


@contextmanager
def _said_of(*paths: Path) -> Iterator[None]:
    """Name the files in errors, and what can be read instead."""
    try:
        yield
    except FileFormatError as error:
        named = ", ".join(path.name for path in paths)
        if error.message.startswith(named):
            raise
        raise type(error)(f"{named}: {error.message}", hint=error.hint or _KNOWN) from error
