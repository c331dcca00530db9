"""Marker names in motion-capture files, and the canonical joints they define."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from neuropose.skeletons.canonical import NAMES
from neuropose.skeletons.marker_names import MarkerFinder, normal_form
from neuropose.skeletons.sides import SIDES

Alternatives = tuple[tuple[str, ...], ...]

_MIDDLE: Mapping[str, Alternatives] = {
    "pelvis": (("PELO",), ("Hip",), ("CHip",), ("MidHip",), ("pelvis_4X4",)),
    "neck": (
        *(("Neck",), ("C7", "CLAV"), ("C7", "JN"), ("CV7", "SJN"), ("CV7", "SNJ")),
        *(("C7", "IJ"), ("C7", "STRN"), ("C7", "Sternum")),
    ),
    "head": (("Head",), ("LFHD", "RFHD", "LBHD", "RBHD"), ("head_4X4",)),
    "nose": (("Nose",),),
}
# {} stands for L or R. Joint centres and key points first, then what lies between two markers of
# a joint, then a single marker.
_KNEE_PAIRS: Alternatives = (
    *(("{}KNE", "{}KNM"), ("{}LEK", "{}MEK"), ("{}.Knee.Lat", "{}.Knee.Med")),
    *(("{}.Knee", "{}.Knee.Medial"), ("{}_FLE", "{}_FME"), ("{}LFC", "{}MFC")),
    *(("{}LE", "{}ME"), ("{}KneeOut", "{}KneeIn"), ("{}.Knee", "{}MKnee")),
    ("{}.Knee.Lateral", "{}.Knee.Medial"),
)
_ANKLE_PAIRS: Alternatives = (
    *(("{}ANK", "{}MMA"), ("{}ANK", "{}MED"), ("{}LM", "{}MM"), ("{}.Ankle.Lat", "{}.Ankle.Med")),
    *(("{}.Ankle", "{}.Ankle.Medial"), ("{}_FAL", "{}_TAM"), ("{}LMAL", "{}MMAL")),
    *(("{}AnkleOut", "{}AnkleIn"), ("{}.Ankle", "{}MAnkle")),
    ("{}.Ankle.Lateral", "{}.Ankle.Medial"),
)
_LATERAL_KNEE, _LATERAL_ANKLE = (
    tuple(dict.fromkeys((outer,) for outer, _ in pairs)) for pairs in (_KNEE_PAIRS, _ANKLE_PAIRS)
)
_MEDIAL_KNEE, _MEDIAL_ANKLE = (
    tuple((inner,) for _, inner in pairs) for pairs in (_KNEE_PAIRS, _ANKLE_PAIRS)
)
_SIDED: Mapping[str, Alternatives] = {
    "eye": (("{}Eye",),),
    "ear": (("{}Ear",),),
    "shoulder": (
        *(("{}SJC",), ("{}Shoulder",), ("{}SHO",), ("{}.Acromium",), ("{}.Acromion",)),
        *(("{}ACR",), ("{}.Shoulder",), ("{}_SAJ",), ("{}_SAE",), ("{}AC",), ("{} should",)),
        *(("{}ShoulderTop",), ("{}_uarm_4X4",)),
    ),
    "elbow": (
        *(("{}EJC",), ("{}Elbow",), ("{}_HLE", "{}_HME"), ("{}LElbow", "{}MElbow")),
        *(("{}.Elbow.Lat", "{}.Elbow.Med"), ("{}ELB",), ("{}.Elbow",), ("{}ElbowOut",)),
        *(("{}_HLE",), ("{}LElbow",), ("{}_larm_4X4",)),
    ),
    "wrist": (
        *(("{}WJC",), ("{}Wrist",), ("{}WRA", "{}WRB"), ("{}_RSP", "{}_USP")),
        *(("{}.Wrist.Lat", "{}.Wrist.Med"), ("{}LWrist", "{}MWrist"), ("{}WRI",)),
        *(("{}.Wrist",), ("{}WristOut",), ("{}_RSP",), ("{}_hand_4X4",)),
    ),
    "hand": (("{}FIN",),),
    "hip": (("{}HJC",), ("{}FEP",), ("{}Hip",), ("{} hip",), ("{}_thigh_4X4",)),
    "knee": (
        *(("{}KJC",), ("{}FEO",), ("{}Knee",), ("{}_shank_4X4",)),
        *(*_KNEE_PAIRS, *_LATERAL_KNEE),
    ),
    "ankle": (
        *(("{}TIO",), ("{}AJC",), ("{}Ankle",), ("{}_foot_4X4",)),
        *(*_ANKLE_PAIRS, *_LATERAL_ANKLE, ("{} mall",)),
    ),
    "heel": (
        *(("{}HEE",), ("{}Heel",), ("{}_FCC",), ("{}CAL",), ("{}CA",), ("{}_calc",)),
        *(("{}HeelBack",), ("{}.Heel.Bottom",), ("{}.Heel.Top",)),
    ),
    "toe": (
        *(("{}TOE",), ("{}MT2",), ("{}BigToe",), ("{}.Toe.Tip",), ("{}_FM2",), ("{}SMH",)),
        *(("{}SM",), ("{}.MT1", "{}.MT5"), ("{}_FM1", "{}_FM5"), ("{}FMH", "{}VMH")),
        *(
            ("{}ToeIn", "{}ToeOut"),
            ("{}ForefootIn", "{}ForefootOut"),
            ("{}Forefoot2",),
            ("{} met",),
        ),
        *(("{}.MT5",), ("{}_FM5",), ("{}.MT1",), ("{}_FM1",)),
        *(("{}_foot_index",), ("{}_toes_4X4",), ("{}Forefoot5",), ("{}ToeTip",)),
    ),
    "asis": (("{}ASI",), ("{}ASIS",), ("{}_IAS",), ("{}FWT",), ("Waist{}Front",)),
    "psis": (
        *(("{}PSI",), ("{}PSIS",), ("{}_IPS",), ("{}BWT",), ("Waist{}Back",)),
        *(("SACR",), ("V.Sacral",), ("VSAC",), ("Sacrum",), ("SAC",)),
    ),
    "knee_lateral": _LATERAL_KNEE,
    "knee_medial": _MEDIAL_KNEE,
    "ankle_lateral": (*_LATERAL_ANKLE, ("{} mall",)),
    "ankle_medial": _MEDIAL_ANKLE,
}
KEY_POINTS = {
    f"{side}{joint}"
    for side in "LR"
    for joint in ("Hip", "Knee", "Ankle", "Shoulder", "Elbow", "Wrist")
}
"""Centres of joints; with a dot or in capitals, the same names are markers on the skin."""
EXACT = (*KEY_POINTS, *NAMES)
"""Names that mean something else in any other spelling."""
_ON_THE_SKIN = {
    normal_form(name.format(side))
    for side in "LR"
    for name in (
        *(
            "{}SHO",
            "{}.Acromium",
            "{}.Acromion",
            "{}ACR",
            "{}.Shoulder",
            "{}_SAJ",
            "{}_SAE",
            "{}AC",
        ),
        *("{} mall", "{} should", "{}ShoulderTop", "{}ELB", "{}.Elbow", "{}ElbowOut", "{}_HLE"),
        *("{}LElbow", "{}WRI", "{}.Wrist", "{}WristOut", "{}_RSP", "{} hip"),
        *(name for (name,) in (*_LATERAL_KNEE, *_LATERAL_ANKLE)),
    )
}
"""Single markers that stand for a joint whose centre is some centimetres away."""
_OF_BOTH = {
    "pelvis": ("left_hip", "right_hip"),
    "neck": ("left_shoulder", "right_shoulder"),
    "head": ("left_ear", "right_ear"),
}
_SPINES = ("left_asis", "right_asis", "left_psis", "right_psis")
_ENOUGH = 0.5  # of the frames in which the best seen alternative is there

MARKERS: Mapping[str, Alternatives] = {
    **_MIDDLE,
    **{
        f"{side}_{joint}": tuple(
            tuple(name.format(side[0].upper()) for name in each) for each in alternatives
        )
        for side in SIDES
        for joint, alternatives in _SIDED.items()
    },
}
"""For each canonical joint, the markers that define it (the mean of several), best first.

Capitals, dots, blanks and underscores do not matter, nor whether the side comes first or last
(`neuropose.skeletons.marker_names`). The names are those of Plug-in Gait and CGM2 (``LKNE``; joint
centres as its segments' origins ``LFEO`` and ends ``LFEP``, or as ``LKJC``), of Helen Hayes sets
and OpenSim's models (``L.Knee.Lat``, ``V.Sacral``), of the sets of IOR and Qualisys (``L_IAS``,
``LFCC``, ``WaistLFront``), of OpenCap (``r_calc_study``), and of key points (``LKnee``). A marker
whose own name is canonical takes precedence. A single marker on the sacrum stands for both back
spines, as only the point between them is used.
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
    names: Sequence[str],
    markers: Mapping[str, Sequence[str]] | None = None,
    *,
    seen: Mapping[str, float] | None = None,
) -> MarkerMap:
    """Find the canonical joints that a set of markers defines.

    Parameters
    ----------
    names : sequence of str
        Names of the recording's markers.
    markers : mapping of str to sequence of str, optional
        For each canonical joint, the markers whose mean it is; takes precedence over `MARKERS`.
    seen : mapping of str to float, optional
        Share of the frames in which each marker is seen. The best alternative that is seen in half
        as many frames as the one that is seen most is taken, and none that is never seen, unless
        `markers` names it. Default: all are seen.

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
    >>> map_markers(["LHJC", "LFEP"], seen={"LHJC": 0.0, "LFEP": 1.0}).canonical["left_hip"]
    ('LFEP',)
    """
    given = {joint: tuple(group) for joint, group in (markers or {}).items()}
    finder = MarkerFinder(names, exact=EXACT)

    def share(group: tuple[str, ...]) -> float:
        return 1.0 if seen is None else min(seen.get(name, 0.0) for name in group)

    canonical = {}
    for joint in NAMES:
        choices = (given[joint],) if joint in given else ((joint,), *MARKERS.get(joint, ()))
        there = [group for choice in choices if (group := finder.find_all(choice))]
        most = max(map(share, there), default=0.0)
        if joint in given or most > 0.0:
            canonical[joint] = next(group for group in there if share(group) >= _ENOUGH * most)
    for joint, (left, right) in _OF_BOTH.items():
        if joint not in canonical and left in canonical and right in canonical:
            canonical[joint] = canonical[left] + canonical[right]
    if "pelvis" not in canonical and set(_SPINES) <= set(canonical):
        canonical["pelvis"] = tuple(name for spine in _SPINES for name in canonical[spine])
    warnings = [
        f"{joint} is a marker on the skin ({sources[0]}), not the centre of the joint"
        for joint, sources in canonical.items()
        if len(sources) == 1
        and sources[0] not in KEY_POINTS
        and normal_form(sources[0]) in _ON_THE_SKIN
        and not joint.endswith("lateral")
        and sources[0] != joint
    ]
    return MarkerMap(canonical, tuple(warnings))
