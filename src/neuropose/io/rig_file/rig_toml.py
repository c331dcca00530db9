"""The rig file: one TOML document for NeuroPose, Pose2Sim and whoever reads anipose's.

Each camera is a table with the keys of Pose2Sim (lengths in m, rotation as a vector) and a table
``neuropose`` inside with what they do not have; what concerns all cameras is in
``metadata.neuropose``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from pydantic import Field, FiniteFloat, TypeAdapter, ValidationError
from pydantic_core import to_json

from neuropose.data.assumptions import Assumption
from neuropose.data.cameras import RIG_SCHEMA_VERSION, Camera, Clock, Lens, Rig, RigCamera
from neuropose.data.cameras.camera import Vector
from neuropose.data.format_errors import explain
from neuropose.data.metadata import Contract, Source, Text
from neuropose.io.rig_file.values import matrix_of, rotation_of
from neuropose.io.strict_json import refuse_newer_version

_MM_PER_M = 1000.0
_NOT_CAMERAS = ("metadata", "capture_volume", "charuco", "checkerboard")  # to Pose2Sim
_BARE_KEY = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


class _OfAll(Contract):
    """``metadata.neuropose``."""

    schema_version: int
    up: Vector | None = None
    up_source: Source = Source.ASSUMED
    floor_mm: FiniteFloat | None = None
    scale_source: Source = Source.ASSUMED
    scale_error: float | None = None
    origin: Text
    assumptions: Mapping[str, Assumption] = {}
    warnings: tuple[Text, ...] = ()


class _OfOne(Contract):
    """``neuropose`` in the table of a camera."""

    source: str
    fov_degrees: float | None = None
    fov_source: Source | None = None
    reprojection_px: float | None = None
    clock: Clock = Clock()
    size_source: Source = Source.GIVEN


class _Table(Contract):
    """The table of a camera."""

    name: Text
    size: tuple[int, int]
    matrix: tuple[Vector, Vector, Vector]
    distortions: tuple[FiniteFloat, ...]
    rotation: Vector
    translation: Vector
    fisheye: bool = False
    neuropose: _OfOne = Field(default=_OfOne(source="given"))


_ALL, _TABLE = TypeAdapter(_OfAll), TypeAdapter(_Table)


def is_rig_toml(document: Mapping[str, Any]) -> bool:
    """Return whether a TOML document is a rig that NeuroPose wrote.

    Parameters
    ----------
    document : mapping
        The parsed document.

    Returns
    -------
    bool
    """
    metadata = document.get("metadata")
    return isinstance(metadata, Mapping) and "neuropose" in metadata


def decode_rig(document: Mapping[str, Any]) -> Rig:
    """Return the rig of a document of NeuroPose.

    Parameters
    ----------
    document : mapping
        The parsed document, for which `is_rig_toml` is true.

    Returns
    -------
    Rig

    Raises
    ------
    SchemaVersionError
        If its schema version is newer than this version of NeuroPose reads.
    FileFormatError
        If anything in it is wrong; the message says in one line where and what.
    """
    own = document["metadata"]["neuropose"]
    version = own.get("schema_version") if isinstance(own, Mapping) else None
    if isinstance(version, int):
        refuse_newer_version(version, RIG_SCHEMA_VERSION, "the rig")
    of_all = _checked(_ALL, own, "metadata.neuropose")
    cameras = []
    for key, table in document.items():
        if key in _NOT_CAMERAS:
            continue
        cameras.append(_decode_camera(_checked(_TABLE, table, key), key))
    fields = {name: getattr(of_all, name) for name in _OfAll.model_fields}
    try:
        return Rig(cameras=tuple(cameras), **fields)
    except ValidationError as error:
        raise explain("", error) from error


def encode_rig(rig: Rig) -> str:
    """Write a rig as TOML.

    Parameters
    ----------
    rig : Rig
        The rig to write.

    Returns
    -------
    str
        Equal rigs give equal text.
    """
    lines = [
        "# Cameras in one world: camera = rotation * world + translation, in m, with the rotation",
        "# as a vector in rad; x right, y down, z forward in each camera. Pose2Sim reads this too.",
        "",
    ]
    errors = [each.reprojection_px for each in rig.cameras if each.reprojection_px is not None]
    document: dict[str, Any] = {}
    for camera in rig.cameras:
        document[_key(camera.name, document)] = _encode_camera(camera)
    document["metadata"] = {
        "adjusted": bool(errors),
        "error": float(np.mean(errors)) if errors else 0.0,
        "neuropose": {
            name: getattr(rig, name) for name in _OfAll.model_fields if name != "assumptions"
        }
        | {"assumptions": {name: each.model_dump() for name, each in rig.assumptions.items()}},
    }
    for key, table in document.items():
        lines += [*_table(table, (key,)), ""]
    return "\n".join(lines)


def _decode_camera(table: _Table, key: str) -> RigCamera:
    own = table.neuropose
    rotation = rotation_of(list(table.rotation), f"{key}.rotation")
    translation = matrix_of(list(table.translation), (3,), f"{key}.translation") * _MM_PER_M
    try:
        return RigCamera(
            name=table.name,
            camera=Camera.model_validate(
                {
                    "intrinsic_matrix": table.matrix,
                    "distortion": table.distortions,
                    "lens": Lens.FISHEYE if table.fisheye else Lens.PINHOLE,
                    "source": own.source,
                    "fov_degrees": own.fov_degrees,
                    "fov_source": own.fov_source,
                }
            ),
            width=table.size[0],
            height=table.size[1],
            size_source=own.size_source,
            rotation=_nested(rotation),
            translation_mm=(translation[0], translation[1], translation[2]),
            clock=own.clock,
            reprojection_px=own.reprojection_px,
        )
    except ValidationError as error:
        raise explain(key, error) from error


def _nested(matrix: np.ndarray[Any, Any]) -> tuple[Vector, Vector, Vector]:
    one, two, three = ((float(a), float(b), float(c)) for a, b, c in matrix)
    return one, two, three


def _encode_camera(camera: RigCamera) -> dict[str, Any]:
    from scipy.spatial.transform import Rotation

    lens = camera.camera
    return {
        "name": camera.name,
        "size": [camera.width, camera.height],
        "matrix": [list(row) for row in lens.intrinsic_matrix],
        "distortions": list(lens.distortion or (0.0,) * 4),  # Pose2Sim reads no empty list
        "rotation": Rotation.from_matrix(camera.rotation_matrix).as_rotvec().tolist(),
        "translation": [length / _MM_PER_M for length in camera.translation_mm],
        "fisheye": lens.lens is Lens.FISHEYE,
        "neuropose": {
            "source": lens.source.value,
            "fov_degrees": lens.fov_degrees,
            "fov_source": lens.fov_source,
            "reprojection_px": camera.reprojection_px,
            "size_source": None if camera.size_source is Source.GIVEN else camera.size_source.value,
            "clock": camera.clock.model_dump(),
        },
    }


def _checked(kind: TypeAdapter[Any], value: Any, where: str) -> Any:
    try:
        return kind.validate_json(to_json(value, inf_nan_mode="constants"), strict=True)
    except ValidationError as error:
        raise explain(where, error) from error


def _key(name: str, taken: Mapping[str, Any]) -> str:
    """Return a key that every reader takes for a camera."""
    key = f"cam_{name}" if name in _NOT_CAMERAS else name
    while key in taken:
        key += "_"
    return key


def _table(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    yield f"[{'.'.join(map(_quoted_key, path))}]"
    for key, value in table.items():
        if value is not None and not isinstance(value, Mapping):
            yield f"{_quoted_key(key)} = {_value(value)}"
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            yield from _table(value, (*path, key))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_value, value))}]"
    return repr(value)


def _quoted_key(key: str) -> str:
    return key if key and set(key) <= _BARE_KEY else _text(key)


def _text(text: str) -> str:
    return json.dumps(str(text), ensure_ascii=False).replace("\x7f", "\\u007f")
