"""The mark of files whose positions NeuroPose estimated from video: where it stands in each format.

Other programs pass over it: of the first line of a TRC file they want no more than its first word,
and a C3D file may have any group of parameters.
"""

from __future__ import annotations

import re
from pathlib import PurePath

from neuropose.data.marker_recording import Pictures

C3D_GROUP, C3D_NAME = "NEUROPOSE", "ESTIMATED_FROM"
"""Group and name of the parameter of C3D files, a text of `Pictures`."""
_IN_NAME = re.compile(r"\.estimated-from-([a-z]+-cameras?)-by-neuropose\b")
_FIRST_WORD = "PathFileType"


def marked_name(name: str, pictures: Pictures | None) -> str:
    """Return what the first line of a TRC file says that it is called.

    Parameters
    ----------
    name : str
        Name of the file, with its suffix.
    pictures : Pictures or None
        What the positions were estimated from. None: they were not.

    Returns
    -------
    str

    Examples
    --------
    >>> marked_name("walk.trc", Pictures.ONE_CAMERA), marked_name("walk.trc", None)
    ('walk.estimated-from-one-camera-by-neuropose.trc', 'walk.trc')
    """
    if pictures is None:
        return name
    path = PurePath(name)
    return f"{path.stem}.estimated-from-{pictures.replace(' ', '-')}-by-neuropose{path.suffix}"


def mark_of_line(line: str) -> Pictures | None:
    """Find the mark in the first line of a TRC file.

    Parameters
    ----------
    line : str
        The line.

    Returns
    -------
    Pictures or None
        None if there is none.

    Examples
    --------
    >>> name = marked_name("walk.trc", Pictures.SEVERAL_CAMERAS)
    >>> mark_of_line(f"PathFileType 4 (X/Y/Z) {name}")
    <Pictures.SEVERAL_CAMERAS: 'several cameras'>
    """
    found = _IN_NAME.search(line) if line.startswith(_FIRST_WORD) else None
    return mark_of_text(None if found is None else found[1].replace("-", " "))


def mark_of_text(text: str | None) -> Pictures | None:
    """Interpret the parameter of a C3D file.

    Parameters
    ----------
    text : str or None
        What it says. None: it is not there.

    Returns
    -------
    Pictures or None
        None if it is not there. Of what is not known, that of the largest errors.

    Examples
    --------
    >>> mark_of_text("several cameras"), mark_of_text("a lidar"), mark_of_text(None)
    (<Pictures.SEVERAL_CAMERAS: 'several cameras'>, <Pictures.ONE_CAMERA: 'one camera'>, None)
    """
    if text is None:
        return None
    known = text.strip().lower()
    return Pictures(known) if known in set(Pictures) else Pictures.ONE_CAMERA
