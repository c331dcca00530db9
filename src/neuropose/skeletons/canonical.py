"""From a source's own joints to the columns of a sequence, canonical names first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from neuropose.errors import SequenceError
from neuropose.skeletons import CANONICAL_JOINTS, LANDMARKS

Array = NDArray[np.float64]

NAMES = CANONICAL_JOINTS + LANDMARKS
"""Every canonical name, in the order of the columns."""


def arrange(
    own: Sequence[str], canonical: Mapping[str, Sequence[str]]
) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Arrange the columns of a sequence.

    Parameters
    ----------
    own : sequence of str
        Names of the source's joints or markers.
    canonical : mapping of str to sequence of str
        For each canonical joint, the source's joints whose mean it is.

    Returns
    -------
    sources : dict of str to tuple of str
        The source's joints behind each column: canonical joints first, then the source's other
        joints under their own names.
    aliases : dict of str to str
        The column name of every joint that is a canonical joint on its own, by its own name.

    Examples
    --------
    >>> arrange(["lkne", "ear", "eye"], {"head": ["ear", "eye"], "left_knee": ["lkne"]})[0]
    {'head': ('ear', 'eye'), 'left_knee': ('lkne',), 'ear': ('ear',), 'eye': ('eye',)}
    """
    sources = {joint: tuple(canonical[joint]) for joint in NAMES if joint in canonical}
    aliases = {
        joints[0]: joint
        for joint, joints in reversed(sources.items())
        if len(joints) == 1 and joints[0] not in sources
    }
    sources |= {name: (name,) for name in own if name not in aliases and name not in sources}
    return sources, aliases


def check_canonical(
    own: Sequence[str], canonical: Mapping[str, Sequence[str]], source: str
) -> None:
    """Raise if a canonical joint cannot be made.

    Parameters
    ----------
    own : sequence of str
        Names of the source's joints or markers.
    canonical : mapping of str to sequence of str
        For each canonical joint, the source's joints whose mean it is.
    source : str
        What to call the source in messages.

    Raises
    ------
    SequenceError
        If a name is not canonical, or the source does not have its joints.
    """
    for joint, joints in canonical.items():
        if joint not in NAMES:
            raise SequenceError(
                f"{joint!r} is not a canonical joint name", hint=f"the names are {', '.join(NAMES)}"
            )
        unknown = [name for name in joints if name not in own]
        if unknown or not joints:
            lacking = unknown[0] if unknown else "nothing"
            raise SequenceError(
                f"{joint} is defined by {lacking}, which {source} does not have",
                hint=f"it has {', '.join(own)}",
            )


def means(values: Array, own: Sequence[str], sources: Mapping[str, tuple[str, ...]]) -> Array:
    """Return the mean of each column's sources.

    Parameters
    ----------
    values : ndarray, shape (T, N, …)
        Values of the source's joints.
    own : sequence of str
        Names of the source's joints.
    sources : mapping of str to tuple of str
        The sources of each column, from `arrange`.

    Returns
    -------
    ndarray, shape (T, J, …)
        Values of the columns. NaN if any source is NaN, because the mean of fewer is a different
        point.
    """
    index = {name: column for column, name in enumerate(own)}
    members = [[index[name] for name in joints] for joints in sources.values()]
    return np.stack([values[:, columns].mean(axis=1) for columns in members], axis=1)
