"""The side file of predictions: arrays that only some models give, in one ``.npz``."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from neuropose.data.extra_arrays import ExtraArrays
from neuropose.errors import FileFormatError
from neuropose.io.atomic import write_atomically
from neuropose.io.compact_file import MOST_BYTES, npz_bytes
from neuropose.io.strict_json import read_bytes

SUFFIX = ".extras.npz"
_OWN = ("offsets", "track_ids")


def extra_arrays_path(predictions: Path) -> Path:
    """Return where the extra arrays of a predictions file are.

    Parameters
    ----------
    predictions : Path
        The predictions file.

    Returns
    -------
    Path

    Examples
    --------
    >>> extra_arrays_path(Path("walk.poses.json")).name
    'walk.extras.npz'
    """
    stem = predictions.name.removesuffix(".json").removesuffix(".npz").removesuffix(".poses")
    return predictions.with_name(f"{stem}{SUFFIX}")


def save_extra_arrays(path: Path, extra: ExtraArrays) -> None:
    """Write the extra arrays of predictions atomically.

    Parameters
    ----------
    path : Path
        The file to write, see `extra_arrays_path`.
    extra : ExtraArrays
        The arrays.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    own = {name: getattr(extra, name) for name in _OWN}
    write_atomically(path, [npz_bytes(own | dict(extra.arrays))])


def load_extra_arrays(path: Path) -> ExtraArrays:
    """Read the extra arrays of predictions; nothing in the file is executed.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    ExtraArrays

    Raises
    ------
    FileMissingError, FileReadError
        If the file cannot be read.
    FileFormatError
        If it is something else, or damaged.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "walk.extras.npz"
    >>> save_extra_arrays(path, ExtraArrays(
    ...     offsets=np.array([0, 1], np.int32), track_ids=np.array([4], np.int32),
    ...     arrays={"shape": np.ones((1, 10), np.float32)}))
    >>> load_extra_arrays(path).arrays["shape"].shape
    (1, 10)
    """
    data = read_bytes(path)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > MOST_BYTES:
                raise ValueError("it would unpack to more than a long recording needs")
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        own = {name: arrays.pop(name) for name in _OWN}
        wrong = [name for name, values in arrays.items() if values.dtype != np.float32]
        if wrong:
            raise ValueError(f"{wrong[0]} is of type {arrays[wrong[0]].dtype}, not float32")
        return ExtraArrays(arrays=arrays, **own)
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        said = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
        raise FileFormatError(
            f"not a file of extra arrays: {said}", hint="it is written beside predictions"
        ) from error
