"""Whether a marker file holds what NeuroPose estimated from video, and no markers."""

from __future__ import annotations

from pathlib import Path

from neuropose.errors import NeuroPoseError
from neuropose.io.markers.c3d import read_c3d
from neuropose.io.markers.trc import read_trc


def is_estimate(path: Path) -> bool:
    """Return whether a marker file says that NeuroPose estimated its positions from video.

    Parameters
    ----------
    path : Path
        A C3D or TRC file.

    Returns
    -------
    bool
        False also if it cannot be read.

    Examples
    --------
    >>> is_estimate(Path("no such file.trc"))
    False
    """
    read = read_c3d if path.suffix.lower() == ".c3d" else read_trc
    try:
        return read(path).estimated_from is not None
    except NeuroPoseError:
        return False
