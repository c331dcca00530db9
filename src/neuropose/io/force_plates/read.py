"""Read the force plates of a recording, whatever the format."""

from __future__ import annotations

from pathlib import Path

from neuropose.data.force_plates import ForcePlates
from neuropose.errors import FileFormatError
from neuropose.io.force_plates.c3d import read_c3d_plates
from neuropose.io.force_plates.mot import read_mot_plates

_READERS = {".c3d": read_c3d_plates, ".mot": read_mot_plates}


def read_force_plates(path: Path) -> ForcePlates:
    """Read force plates.

    Parameters
    ----------
    path : Path
        A C3D file with analogue channels, or a MOT file of ground reaction forces.

    Returns
    -------
    ForcePlates

    Raises
    ------
    FileMissingError, FileReadError
        If the file cannot be read.
    FileFormatError
        If it is of another kind, is damaged, or has no force plates.
    """
    reader = _READERS.get(Path(path).suffix.lower())
    if reader is None:
        raise FileFormatError(
            f"force plates cannot be read from a {Path(path).suffix or 'nameless'} file",
            hint="give a .c3d file with analogue channels, or a .mot file of ground reactions",
        )
    return reader(Path(path))
