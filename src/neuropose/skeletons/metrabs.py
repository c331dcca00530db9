"""Skeletons of the MeTRAbs pose model (Sárándi et al. 2023, arXiv:2212.14474).

One model provides many skeletons, those of the data sets it was trained on. Joints are listed in
the order of the released models; the first letter is the side, ``l`` or ``r``.

Joint centres and surface markers are different things: markers lie on the skin, some centimetres
from the centre of the joint. All joints of ``berkeley_mhad_43`` are surface markers, the canonical
ones too. ``bml_movi_87`` has both, and its canonical joints are joint centres, except neck, heels
and toes, where it has markers only.

Canonical joints are defined alike where a skeleton allows it. The remaining differences:

- The pelvis is the joint of that name, except that it is the middle of the hips in ``bml_movi_87``
and in
  ``berkeley_mhad_43`` the mean of six markers around the hips.
- The neck of ``berkeley_mhad_43`` is the middle of the shoulders, that of ``bml_movi_87`` the mean
  of the markers behind and in front.
- The head of ``coco_19`` is the middle of the ears.
- The toe of the SMPL skeletons is their foot joint, in the ball of the foot.

The other skeletons (`OTHER_SKELETONS`) have canonical joints by the names that the data sets share:
``lkne`` is the left knee in each of them. Where one has no pelvis or neck, the pelvis is the middle
of the hips, the neck that of the shoulders; where it has no toe, the toe is its foot joint.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import pairwise

from neuropose.skeletons.skeleton import Skeleton

_LIMBS = {
    "shoulder": "lsho",
    "elbow": "lelb",
    "wrist": "lwri",
    "hip": "lhip",
    "knee": "lkne",
    "ankle": "lank",
}
_MIDDLE = {"pelvis": "pelv", "neck": "neck", "head": "head"}


def _skeleton(
    name: str, joints: str, *, bones: tuple[str, ...], middle: dict[str, str], left: dict[str, str]
) -> Skeleton:
    """Make a skeleton; bones are chains of joints, and left ones are mirrored to the right."""
    bare = Skeleton(name=name, joints=tuple(joints.split()))
    canonical = {joint: tuple(sources.split()) for joint, sources in middle.items()}
    for joint, sources in left.items():
        canonical[f"left_{joint}"] = tuple(sources.split())
        canonical[f"right_{joint}"] = tuple(map(bare.mirror, sources.split()))
    chains = [chain.split() for chain in bones]
    chains += [list(map(bare.mirror, chain)) for chain in chains]
    edges = {_edge(bare, *bone) for chain in chains for bone in pairwise(chain)}
    return Skeleton(name=name, joints=bare.joints, edges=tuple(sorted(edges)), canonical=canonical)


def _edge(skeleton: Skeleton, one: str, other: str) -> tuple[int, int]:
    first, second = sorted((skeleton.index(one), skeleton.index(other)))
    return first, second


_SMPL_JOINTS = """
    pelv lhip rhip bell lkne rkne spin lank rank thor ltoe rtoe
    neck lcla rcla head lsho rsho lelb relb lwri rwri lhan rhan
"""
_SMPL_BONES = (
    "head neck thor spin bell pelv",
    "thor lcla lsho lelb lwri lhan",
    "pelv lhip lkne lank ltoe",
)
_SMPL_LEFT = {**_LIMBS, "hand": "lhan", "toe": "ltoe"}


def _smpl(joints: str) -> str:
    """Spell joints as ``smpl+head_30`` does."""
    return " ".join(f"{joint}_smpl" for joint in joints.split())


SMPL_24 = _skeleton("smpl_24", _SMPL_JOINTS, bones=_SMPL_BONES, middle=_MIDDLE, left=_SMPL_LEFT)
"""The joints of the SMPL body model (Loper et al. 2015)."""

SMPL_HEAD_30 = _skeleton(
    "smpl+head_30",
    f"{_smpl(_SMPL_JOINTS)} htop_mpi_inf_3dhp lear_coco leye_coco nose_coco rear_coco reye_coco",
    bones=(
        *map(_smpl, _SMPL_BONES),
        "htop_mpi_inf_3dhp head_smpl nose_coco leye_coco lear_coco",
    ),
    middle={**{joint: _smpl(source) for joint, source in _MIDDLE.items()}, "nose": "nose_coco"},
    left={
        **{joint: _smpl(source) for joint, source in _SMPL_LEFT.items()},
        "eye": "leye_coco",
        "ear": "lear_coco",
    },
)
"""`SMPL_24` with the top of the head and the face."""

COCO_19 = _skeleton(
    "coco_19",
    """
    neck nose pelv lsho lelb lwri lhip lkne lank
    rsho relb rwri rhip rkne rank leye lear reye rear
    """,
    bones=("nose neck pelv lhip lkne lank", "neck lsho lelb lwri", "nose leye lear"),
    middle={"pelvis": "pelv", "neck": "neck", "head": "lear rear", "nose": "nose"},
    left={**_LIMBS, "eye": "leye", "ear": "lear"},
)
"""The key points of COCO (Lin et al. 2014) with neck and pelvis."""

H36M_17 = _skeleton(
    "h36m_17",
    """
    pelv rhip rkne rank lhip lkne lank spin
    neck head htop lsho lelb lwri rsho relb rwri
    """,
    bones=("htop head neck spin pelv lhip lkne lank", "neck lsho lelb lwri"),
    middle=_MIDDLE,
    left=_LIMBS,
)
"""The joints of Human3.6M (Ionescu et al. 2014) that are most widely used."""

H36M_25 = _skeleton(
    "h36m_25",
    """
    rhip rkne rank rfoo rtoe lhip lkne lank lfoo ltoe spin neck head htop
    lsho lelb lwri lthu lfin rsho relb rwri rthu rfin pelv
    """,
    bones=(
        "htop head neck spin pelv lhip lkne lank lfoo ltoe",
        "neck lsho lelb lwri lthu",
        "lwri lfin",
    ),
    middle=_MIDDLE,
    left={**_LIMBS, "hand": "lfin lthu", "toe": "ltoe"},
)
"""The joints of Human3.6M (Ionescu et al. 2014) with feet and hands."""

MPI_INF_3DHP_17 = _skeleton(
    "mpi_inf_3dhp_17",
    """
    htop neck rsho relb rwri lsho lelb lwri
    rhip rkne rank lhip lkne lank pelv spin head
    """,
    bones=("htop head neck spin pelv lhip lkne lank", "neck lsho lelb lwri"),
    middle=_MIDDLE,
    left=_LIMBS,
)
"""The joints of MPI-INF-3DHP (Mehta et al. 2017)."""

BERKELEY_MHAD_43 = _skeleton(
    "berkeley_mhad_43",
    """
    head lhead rhead rback backl backt lback lside bell chest rside
    lsho1 lsho2 larm lelb lwri lhan1 lhan2 lhan3 rsho1 rsho2 rarm relb rwri rhan1 rhan2 rhan3
    lhipb lhipf lhipl lleg lkne lank lhee lfoo rhipb rhipf rhipl rleg rkne rank rhee rfoo
    """,
    bones=(
        "lhead head backt backl lhipb lhipl lhipf bell",
        "backt lback lside bell chest",
        "backt lsho1 lsho2 larm lelb lwri lhan1 lhan2 lhan3",
        "chest lsho1",
        "lhipl lleg lkne lank lhee lfoo lank",
    ),
    middle={
        "pelvis": "lhipb lhipf lhipl rhipb rhipf rhipl",
        "neck": "lsho1 lsho2 rsho1 rsho2",
        "head": "head",
    },
    left={
        **_LIMBS,
        "shoulder": "lsho1 lsho2",
        "hand": "lhan1 lhan2 lhan3",
        "hip": "lhipb lhipf lhipl",
        "heel": "lhee",
        "toe": "lfoo",
    },
)
"""The surface markers of Berkeley MHAD (Ofli et al. 2013); none is a joint centre."""

BML_MOVI_87 = _skeleton(
    "bml_movi_87",
    """
    backneck upperback clavicle sternum umbilicus
    lfronthead lbackhead lback lshom lupperarm lelbm lforearm lwrithumbside lwripinkieside lfin
    lasis lpsis lfrontthigh lthigh lknem lankm lhee lfifthmetatarsal ltoe lcheek lbreast lelbinner
    lwaist lthumb lfrontinnerthigh linnerknee lshin lfirstmetatarsal lfourthtoe lscapula lbum
    rfronthead rbackhead rback rshom rupperarm relbm rforearm rwrithumbside rwripinkieside rfin
    rasis rpsis rfrontthigh rthigh rknem rankm rhee rfifthmetatarsal rtoe rcheek rbreast relbinner
    rwaist rthumb rfrontinnerthigh rinnerknee rshin rfirstmetatarsal rfourthtoe rscapula rbum
    head mhip pelv thor lank lelb lhip lhan lkne lsho lwri lfoo rank relb rhip rhan rkne rsho rwri
    rfoo
    """,
    bones=(
        "head thor pelv mhip lhip lkne lank lfoo ltoe",
        "thor lsho lelb lwri lhan",
        "lank lhee",
    ),
    middle={"pelvis": "mhip", "neck": "backneck clavicle", "head": "head"},
    left={
        **_LIMBS,
        "hand": "lhan",
        "heel": "lhee",
        "toe": "ltoe",
        "asis": "lasis",
        "psis": "lpsis",
        "knee_lateral": "lknem",
        "knee_medial": "linnerknee",
        "ankle_lateral": "lankm",
    },
)
"""The surface markers of BML-MoVi (Ghorbani et al. 2021), then its joint centres."""

OTHER_SKELETONS = (
    *("3dpeople_29", "aspset_17", "ghum_35", "gpa_34", "human4d_32", "ikea_asm_17", "jta_22"),
    *("kinectv2_25", "lsp_14", "mads_19", "mpi_inf_3dhp_28", "sailvos_26", "smplx_42"),
    *("total_capture_21", "umpm_15"),
)
"""The other skeletons of MeTRAbs, whose joints have the names that all its data sets share."""
_SHARED: Mapping[str, tuple[str, ...]] = {
    "pelvis": ("pelv", "spinebase", "lhip rhip"),
    "neck": ("spineshoulder", "neck", "lsho rsho"),
    "head": ("head", "lear rear"),
    "nose": ("nose",),
    **{joint: (source,) for joint, source in _LIMBS.items()},
    "eye": ("leye",),
    "ear": ("lear",),
    "hand": ("lhan",),
    "heel": ("lhee",),
    "toe": ("ltoe", "lfoo"),
}


def canonical_by_shared_names(joints: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Find canonical joints by the names that the data sets of MeTRAbs share.

    Parameters
    ----------
    joints : collection of str
        Names of the joints, without a data set at their end.

    Returns
    -------
    dict of str to tuple of str
        For each canonical joint that there is, the joints whose mean it is. A joint of one side is
        there only if that of the other side is.

    Examples
    --------
    >>> canonical_by_shared_names(["lhip", "rhip", "lkne"])
    {'pelvis': ('lhip', 'rhip'), 'left_hip': ('lhip',), 'right_hip': ('rhip',)}
    """
    found: dict[str, tuple[str, ...]] = {}
    for joint, choices in _SHARED.items():
        is_sided = joint not in (*_MIDDLE, "nose")
        for choice in choices:
            left = choice.split()
            right = [f"r{source[1:]}" for source in left]
            if not set(left) | (set(right) if is_sided else set()) <= set(joints):
                continue
            if is_sided:
                found |= {f"left_{joint}": tuple(left), f"right_{joint}": tuple(right)}
            else:
                found[joint] = tuple(left)
            break
    return found


METRABS_SKELETONS = (
    BERKELEY_MHAD_43,
    BML_MOVI_87,
    SMPL_24,
    SMPL_HEAD_30,
    COCO_19,
    H36M_17,
    H36M_25,
    MPI_INF_3DHP_17,
)
"""The MeTRAbs skeletons whose joints are known one by one."""
