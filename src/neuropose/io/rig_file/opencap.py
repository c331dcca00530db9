"""Cameras of OpenCap: one ``cameraIntrinsicsExtrinsics.pickle`` a camera, never unpickled."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from neuropose.data.format_errors import refusal
from neuropose.io.rig_file.found import FoundCamera
from neuropose.io.rig_file.numpy_pickle import read_numpy_pickle
from neuropose.io.rig_file.values import array_of, matrix_of, rotation_of, size_of

ORIGIN = "OpenCap camera"
FILE_NAME = "cameraIntrinsicsExtrinsics.pickle"


def read_opencap(data: bytes, path: Path) -> FoundCamera:
    """Read the file of one camera.

    Parameters
    ----------
    data : bytes
        Its content.
    path : Path
        Where it is: the folder is named as the camera is.

    Returns
    -------
    FoundCamera

    Raises
    ------
    FileFormatError
        If it holds anything but numbers, or lacks some.

    Notes
    -----
    Positions are in mm; ``imageSize`` is height and width.
    """
    name = path.parent.name if path.name == FILE_NAME and path.parent.name else path.stem
    table = read_numpy_pickle(data)
    if not isinstance(table, dict) or "intrinsicMat" not in table:
        raise refusal(name, "this pickle does not hold a camera of OpenCap")
    height_and_width = table.get("imageSize")
    place = "rotation" in table and "translation" in table
    return FoundCamera(
        name=name,
        matrix=matrix_of(table["intrinsicMat"], (3, 3), f"{name}.intrinsicMat"),
        distortion=tuple(array_of(table.get("distortion", ()), f"{name}.distortion").ravel()),
        size=None
        if height_and_width is None
        else size_of(np.ravel(height_and_width)[::-1].tolist(), f"{name}.imageSize"),
        rotation=rotation_of(table["rotation"], f"{name}.rotation") if place else None,
        translation=matrix_of(table["translation"], (3,), f"{name}.translation") if place else None,
    )
