"""Marker names in motion-capture files, and the canonical joints they define."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from neuropose.skeletons.canonical import NAMES

Alternatives = tuple[tuple[str, ...], ...]

_MIDDLE: Mapping[str, Alternatives] = {
    "pelvis": (("PELO",), ("Hip",), ("CHip",), ("MidHip",)),
    "neck": (("Neck",), ("C7", "CLAV"), ("C7", "JN")),
    "head": (("Head",), ("LFHD", "RFHD", "LBHD", "RBHD")),
    "nose": (("Nose",),),
}
_LEFT: Mapping[str, Alternatives] = {
    "eye": (("LEye",),),
    "ear": (("LEar",),),
    "shoulder": (("LSJC",), ("LShoulder",), ("LSHO",), ("L.Acromium",)),
    "elbow": (("LEJC",), ("LElbow",), ("LELB",)),
    "wrist": (("LWJC",), ("LWrist",), ("LWRA", "LWRB")),
    "hand": (("LFIN",),),
    "hip": (("LHJC",), ("LFEP",), ("LHip",)),
    "knee": (
        *(("LKJC",), ("LFEO",), ("LKnee",)),
        *(("LLEK", "LMEK"), ("LKNE", "LKNM"), ("L.Knee.Lat", "L.Knee.Med")),
        *(("LKNE",), ("LLEK",), ("L.Knee.Lat",)),
    ),
    "ankle": (
        *(("LTIO",), ("LAJC",), ("LAnkle",)),
        *(("LLM", "LMM"), ("LANK", "LMMA"), ("LANK", "LMED"), ("L.Ankle.Lat", "L.Ankle.Med")),
        *(("LANK",), ("LLM",), ("L.Ankle.Lat",)),
    ),
    "heel": (("LHEE",), ("LHeel",), ("L.Heel",)),
    "toe": (("LTOE",), ("LMT2",), ("LBigToe",), ("L.Toe.Tip",)),
    "asis": (("LASI",), ("LASIS",), ("L.ASIS",)),
    "psis": (("LPSI",), ("LPSIS",)),
    "knee_lateral": (("LKNE",), ("LLEK",), ("L.Knee.Lat",)),
    "knee_medial": (("LMEK",), ("LKNM",), ("L.Knee.Med",)),
    "ankle_lateral": (("LANK",), ("LLM",), ("L.Ankle.Lat",)),
    "ankle_medial": (("LMM",), ("LMMA",), ("LMED",), ("L.Ankle.Med",)),
}
_ON_THE_SKIN = {
    f"{side}{name}"
    for side in "LR"
    for name in ("SHO", ".Acromium", "ELB", "KNE", "LEK", ".Knee.Lat", "ANK", "LM", ".Ankle.Lat")
}
"""Single markers that stand for a joint whose centre is some centimetres away."""
_OF_BOTH = {
    "pelvis": ("left_hip", "right_hip"),
    "neck": ("left_shoulder", "right_shoulder"),
    "head": ("left_ear", "right_ear"),
}


def _right(name: str) -> str:
    return f"R{name[1:]}" if name.startswith("L") else name


MARKERS: Mapping[str, Alternatives] = {
    **_MIDDLE,
    **{f"left_{joint}": names for joint, names in _LEFT.items()},
    **{
        f"right_{joint}": tuple(tuple(_right(name) for name in each) for each in names)
        for joint, names in _LEFT.items()
    },
}
"""For each canonical joint, the markers that define it (the mean of several), best first.

The names are those of Plug-in Gait (``LKNE``; joint centres as its segments' origins ``LFEO`` and
ends ``LFEP``, or as ``LKJC``), of marker sets with epicondyles (``LLEK``, ``LMEK``), of Pose2Sim's
triangulated key points (``LKnee``), and of OpenSim's gait models (``L.Knee.Lat``). A marker whose
own name is canonical takes precedence.
"""


@dataclass(frozen=True, slots=True)
class MarkerMap:
    """The canonical joints that a set of markers defines.

    Parameters
    ----------
    canonical : mapping of str to tuple of str
        For each canonical joint, the markers whose mean it is.
    warnings : tuple of str
        One line for each joint that is only a marker on the skin.
    """

    canonical: Mapping[str, tuple[str, ...]]
    warnings: tuple[str, ...] = ()


def map_markers(
    names: Sequence[str], markers: Mapping[str, Sequence[str]] | None = None
) -> MarkerMap:
    """Find the canonical joints that a set of markers defines.

    Parameters
    ----------
    names : sequence of str
        Names of the recording's markers.
    markers : mapping of str to sequence of str, optional
        For each canonical joint, the markers whose mean it is; takes precedence over `MARKERS`.

    Returns
    -------
    MarkerMap

    Examples
    --------
    >>> found = map_markers(["LHJC", "RHJC", "LKNE", "calcaneus"], {"left_heel": ["calcaneus"]})
    >>> found.canonical["pelvis"], found.canonical["left_knee"], found.canonical["left_heel"]
    (('LHJC', 'RHJC'), ('LKNE',), ('calcaneus',))
    >>> found.warnings
    ('left_knee is a marker on the skin (LKNE), not the centre of the joint',)
    """
    given = {joint: tuple(group) for joint, group in (markers or {}).items()}
    there = set(names)
    canonical = {}
    for joint in NAMES:
        choices = (given[joint],) if joint in given else ((joint,), *MARKERS.get(joint, ()))
        chosen = next(
            (group for group in choices if there.issuperset(group)),
            None,
        )
        if chosen is not None:
            canonical[joint] = chosen
    for joint, (left, right) in _OF_BOTH.items():
        if joint not in canonical and left in canonical and right in canonical:
            canonical[joint] = canonical[left] + canonical[right]
    warnings = [
        f"{joint} is a marker on the skin ({sources[0]}), not the centre of the joint"
        for joint, sources in canonical.items()
        if len(sources) == 1 and sources[0] in _ON_THE_SKIN and not joint.endswith("lateral")
    ]
    return MarkerMap(canonical, tuple(warnings))
