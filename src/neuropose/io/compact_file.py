"""The compact twin of a predictions file: the same content as arrays in one ``.npz``."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from neuropose.data.format_errors import refusal
from neuropose.data.predictions import VideoPredictions
from neuropose.errors import FileFormatError

SUFFIX = ".npz"
MOST_BYTES = 32_000_000_000
"""Unpacked size beyond which a file is refused."""
ARRAYS = {
    "time_s": np.float64,
    "offsets": np.int32,
    "boxes": np.float32,
    "poses3d": np.float32,
    "poses2d": np.float32,
    "confidence": np.float32,
    "track_ids": np.int32,
    "uncertainty_mm": np.float32,
}
"""Type of each array; the last one is there only if the model provides it."""
_HEADER = "header"
_OPTIONAL = "uncertainty_mm"


def encode_compact(predictions: VideoPredictions, header: bytes) -> bytes:
    """Encode predictions as a compressed ``.npz``.

    Parameters
    ----------
    predictions : VideoPredictions
        The predictions.
    header : bytes
        JSON of everything but the frames.

    Returns
    -------
    bytes
        The same bytes for equal predictions.
    """
    arrays: dict[str, Any] = {_HEADER: np.frombuffer(header, np.uint8)}
    for name in ARRAYS:
        if (values := getattr(predictions, name)) is not None:
            arrays[name] = values
    return npz_bytes(arrays)


def npz_bytes(arrays: Mapping[str, np.ndarray[Any, Any]]) -> bytes:
    """Encode arrays as a compressed ``.npz``.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        Plain numbers, by name.

    Returns
    -------
    bytes
        The same bytes for equal arrays.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, values in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(member, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.ascontiguousarray(values), allow_pickle=False)
    return content.getvalue()


def decode_compact(data: bytes) -> tuple[bytes, dict[str, np.ndarray[Any, Any]]]:
    """Decode a ``.npz`` into the header and the arrays; nothing in it is executed.

    Parameters
    ----------
    data : bytes
        Content of the file.

    Returns
    -------
    header : bytes
    arrays : dict of str to ndarray

    Raises
    ------
    FileFormatError
        If it is not such a file, or an array is missing or of another type.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > MOST_BYTES:
                raise refusal("", "it would unpack to more than a long recording needs")
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            names = set(file.files)
            arrays = {name: file[name] for name in names}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise FileFormatError(f"not a compact predictions file: {error}") from error
    wanted = {_HEADER, *ARRAYS}
    if unknown := names - wanted:
        raise refusal("", f"it has an unknown array {min(unknown)!r}")
    if missing := wanted - names - {_OPTIONAL}:
        raise refusal("", f"it lacks the array {min(missing)!r}")
    header = arrays.pop(_HEADER)
    for name, values in arrays.items():
        if values.dtype != ARRAYS[name]:
            raise refusal(name, f"of type {values.dtype}, not {np.dtype(ARRAYS[name])}")
    if header.dtype != np.uint8 or header.ndim != 1:
        raise refusal(_HEADER, "not bytes")
    return header.tobytes(), arrays
