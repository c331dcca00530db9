"""Which camera a recording is from, by its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from neuropose.data.cameras import Rig
from neuropose.errors import MultiviewError

_WORD = r"(?<![^\W_]){}(?![^\W_])"
_LEAST_LETTERS = 3  # of a name that may be part of a word: "walk" says nothing of a camera "a"


def camera_of(name: str, cameras: Sequence[str]) -> str:
    """Tell which camera a file is from.

    Parameters
    ----------
    name : str
        Name of a file, or of the folder that holds it.
    cameras : sequence of str
        Names of the rig's cameras.

    Returns
    -------
    str
        The camera whose name is that of the file up to its first dot; else the one whose name is a
        word of it, between what is neither letter nor digit; else the one whose name, of three
        letters or more, is a part of it. Of names that are part of each other the longest counts.

    Raises
    ------
    MultiviewError
        If no camera's name is in it, or two that are not part of each other are.

    Examples
    --------
    >>> camera_of("walk_cam10.mp4", ["cam1", "cam10"])
    'cam10'
    >>> camera_of("walk_b.mp4", ["a", "b"])
    'b'
    """
    stem = name.partition(".")[0]
    exact = [camera for camera in cameras if camera == stem]
    words = [camera for camera in cameras if re.search(_WORD.format(re.escape(camera)), stem)]
    parts = [camera for camera in cameras if len(camera) >= _LEAST_LETTERS and camera in stem]
    within = exact or words or parts
    longest = [
        camera
        for camera in within
        if not any(camera in other for other in within if other != camera)
    ]
    if len(longest) != 1:
        raise MultiviewError(
            f"{name} does not say which camera it is from",
            hint=f"its name must have one of {', '.join(cameras)} in it, as a word",
        )
    return longest[0]


def cameras_of(names: Iterable[str], cameras: Sequence[str]) -> dict[str, str]:
    """Tell which files are those of a rig's cameras.

    Parameters
    ----------
    names : iterable of str
        Names of files, as for `camera_of`.
    cameras : sequence of str
        Names of the rig's cameras.

    Returns
    -------
    dict of str to str
        The camera of each file. A file whose name says none, or more than one, is not in it.

    Raises
    ------
    MultiviewError
        If fewer than two files are left, or two are from the same camera.

    Examples
    --------
    >>> cameras_of(["walk_side.mp4", "walk_front.mp4", "chair.mp4"], ["side", "front"])
    {'walk_side.mp4': 'side', 'walk_front.mp4': 'front'}
    """
    names = list(names)
    found: dict[str, str] = {}
    for name in names:
        try:
            camera = camera_of(name, cameras)
        except MultiviewError:
            continue
        if camera in found.values():
            raise MultiviewError(
                f"two videos are from camera {camera}",
                hint="a trial of several cameras has one video of each",
            )
        found[name] = camera
    if len(found) < 2:
        which = "none" if not found else "only one"
        raise MultiviewError(
            f"{which} of {len(names)} videos has the name of one of the rig's cameras in its own",
            hint=f"name each after its camera ({', '.join(cameras)}), or remove the rig",
        )
    return found


def require_cameras(names: Iterable[str], rig: Rig) -> None:
    """Raise if a rig lacks a camera.

    Parameters
    ----------
    names : iterable of str
        Names of the cameras that are needed.
    rig : Rig
        The cameras.

    Raises
    ------
    MultiviewError
        If the rig has no camera of a name.
    """
    for name in names:
        if name not in rig.names:
            raise MultiviewError(
                f"the rig has no camera {name!r}", hint=f"its cameras are {', '.join(rig.names)}"
            )
