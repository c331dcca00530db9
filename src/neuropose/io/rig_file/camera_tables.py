"""TOML with a table a camera: Pose2Sim, anipose, FreeMoCap and Caliscope."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from neuropose.data.cameras import Lens
from neuropose.data.format_errors import refusal
from neuropose.io.rig_file.found import Found, FoundCamera, Unit
from neuropose.io.rig_file.values import array_of, first_of, matrix_of, rotation_of, size_of

_NOT_CAMERAS = ("metadata", "capture_volume", "charuco", "checkerboard", "calibration")
_SQUARE = ("charuco_square_size", "charuco_square_size_mm")


def read_camera_tables(document: Mapping[str, Any]) -> Found:
    """Read the cameras of a TOML document.

    Parameters
    ----------
    document : mapping
        The parsed document.

    Returns
    -------
    Found
        Without cameras that Caliscope was told to ignore.

    Raises
    ------
    FileFormatError
        If there are no cameras in it, or a number is missing.
    """
    origin, unit = _format(document)
    tables = dict(_tables(document))
    if not tables:
        raise refusal("", "there is no table with the matrix of a camera in it")
    cameras = [_camera(table, key) for key, table in tables.items() if not table.get("ignore")]
    return Found(origin, cameras, unit)


def _format(document: Mapping[str, Any]) -> tuple[str, Unit | None]:
    metadata = document.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    tables = [table for _, table in _tables(document)]
    if "cameras" in document or any("rotation_count" in table for table in tables):
        return "Caliscope calibration", Unit.METRES
    if first_of(metadata, _SQUARE) or any("world_position" in table for table in tables):
        return "FreeMoCap calibration", Unit.MILLIMETRES
    return "Pose2Sim or anipose calibration", None


def _tables(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    inside = document.get("cameras", document)
    for key, table in inside.items() if isinstance(inside, Mapping) else ():
        if key not in _NOT_CAMERAS and isinstance(table, Mapping) and "matrix" in table:
            yield key, table


def _camera(table: Mapping[str, Any], key: str) -> FoundCamera:
    name = str(table.get("name") or (f"cam_{table['cam_id']}" if "cam_id" in table else key))
    fisheye = table.get("fisheye", False)
    if not isinstance(fisheye, bool):
        raise refusal(f"{key}.fisheye", "expected true or false")
    distortion = tuple(array_of(table.get("distortions", ()), f"{key}.distortions").ravel())
    turned, moved, size = (table.get(each) for each in ("rotation", "translation", "size"))
    placed = turned is not None and moved is not None
    error = table.get("error")
    return FoundCamera(
        name=name,
        matrix=matrix_of(table["matrix"], (3, 3), f"{key}.matrix"),
        distortion=distortion[:4] if fisheye else distortion,
        lens=Lens.FISHEYE if fisheye else Lens.PINHOLE,
        size=None if size is None else size_of(size, f"{key}.size"),
        rotation=rotation_of(turned, f"{key}.rotation") if placed else None,
        translation=matrix_of(moved, (3,), f"{key}.translation") if placed else None,
        reprojection_px=float(error) if isinstance(error, float) and 0.0 <= error < 1e6 else None,
    )
