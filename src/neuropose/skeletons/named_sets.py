"""Marker sets in use by name: which one a file has, and how much of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from neuropose.skeletons.marker_names import MarkerFinder
from neuropose.skeletons.marker_sets import EXACT

_ENOUGH = 0.5  # of the markers of the legs, for a set to be recognised


@dataclass(frozen=True, slots=True)
class MarkerSet:
    """The markers of a set, by the names that its programs write.

    Parameters
    ----------
    name : str
        What the set is called.
    legs, above : tuple of str
        Markers from the pelvis down, and above it. ``{}`` stands for the side, ``|`` parts markers
        of which one is enough.
    """

    name: str
    legs: tuple[str, ...]
    above: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SetCoverage:
    """How much of a marker set a file has.

    Parameters
    ----------
    name : str
        What the set is called.
    legs, above : tuple of int
        How many markers the file has, and how many the set has; from the pelvis down, and above.
    used : tuple of str
        The file's markers that are of the set, as the file spells them.
    missing : tuple of str
        The set's markers that the file does not have.
    """

    name: str
    legs: tuple[int, int]
    above: tuple[int, int]
    used: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def share(self) -> float:
        """Share of the set's markers that the file has, 0 to 1."""
        return (self.legs[0] + self.above[0]) / (self.legs[1] + self.above[1])


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_VICON_ABOVE = _names("{}FHD {}BHD C7 T10 CLAV STRN RBAK {}SHO {}UPA {}ELB {}FRM {}WRA {}WRB {}FIN")
_KEY_POINTS_ABOVE = _names("Neck {}Shoulder {}Elbow {}Wrist")
_KEY_POINTS_LEGS = _names("{}Hip {}Knee {}Ankle {}Heel {}BigToe {}SmallToe")
_QUALISYS_ABOVE = _names(
    "CV7 TV2 SJN|SNJ SXS {}_SAE|{}_SAJ {}_HLE {}_HME {}_USP|{}_UHE {}_RSP {}_HM2"
)

NAMED_SETS: tuple[MarkerSet, ...] = (
    MarkerSet(
        "Plug-in Gait",
        _names("{}ASI {}PSI|SACR {}THI {}KNE {}TIB {}ANK {}HEE {}TOE"),
        _VICON_ABOVE,
    ),
    MarkerSet(
        "CGM2",
        _names(
            "{}ASI {}PSI|SACR {}THI {}KNE {}KNM {}TIB {}ANK {}MED {}HEE {}TOE|{}SMH {}FMH {}VMH"
        ),
        _VICON_ABOVE,
    ),
    MarkerSet(
        "Vicon's older set",
        _names("{}FWT {}BWT {}THI {}KNE {}SHN {}ANK {}HEE {}TOE {}MT5"),
        _VICON_ABOVE,
    ),
    MarkerSet(
        "IOR",
        _names(
            "{}ASI|{}ASIS|{}IAS {}PSI|{}PSIS|{}IPS {}GT {}LE {}ME {}HF {}TT {}LM {}MM {}CA "
            "{}FM {}SM {}VM"
        ),
    ),
    MarkerSet(
        "IOR, names of Qualisys",
        _names(
            "{}_IAS {}_IPS {}_FTC {}_FLE {}_FME {}_FAX {}_TTC {}_FAL {}_TAM {}_FCC {}_FM1 "
            "{}_FM2 {}_FM5"
        ),
        ("CV7", "SJN|SNJ", "SXS", "MAI|TV8"),
    ),
    MarkerSet(
        "Helen Hayes (Cortex)",
        _names("{}.ASIS V.Sacral {}.Thigh {}.Knee {}.Shank {}.Ankle {}.Heel {}.Toe"),
        _names("Top.Head Front.Head Rear.Head {}.Shoulder R.Offset {}.Elbow {}.Wrist"),
    ),
    MarkerSet(
        "Helen Hayes, four letters",
        _names("{}ASI VSAC {}THI {}KNE {}SHA {}ANK {}HEE {}TOE"),
        _names("{}SHO ROFF {}ELB {}WRI"),
    ),
    MarkerSet(
        "OpenSim Gait2392",
        _names(
            "{}.ASIS V.Sacral {}.Thigh.Upper {}.Thigh.Front {}.Thigh.Rear {}.Shank.Upper "
            "{}.Shank.Front {}.Shank.Rear {}.Heel {}.Midfoot.Sup {}.Midfoot.Lat {}.Toe.Tip "
            "{}.Toe.Lat {}.Toe.Med"
        ),
        _names("Sternum {}.Acromium Top.Head"),
    ),
    MarkerSet(
        "OpenSim Rajagopal",
        _names(
            "{}.ASIS {}.PSIS S2 {}.TH1 {}.TH2 {}.TH3 {}.Knee {}.SH1 {}.SH2 {}.SH3 {}.Ankle "
            "{}.Heel {}.MT5 {}.Toe"
        ),
        _names("{}.Shoulder {}.Clavicle {}.Biceps {}.Elbow {}.Forearm {}.Wrist"),
    ),
    MarkerSet(
        "OpenSim Hamner",
        _names(
            "{}ASI {}PSI {}TH1 {}TH2 {}TH3 {}LFC {}MFC {}TB1 {}TB2 {}TB3 {}LMAL {}MMAL "
            "{}CAL {}TOE {}MT5"
        ),
        _names("C7 CLAV {}ACR {}UA1 {}UA2 {}UA3 {}LEL {}MEL {}FAradius {}FAulna"),
    ),
    MarkerSet("OpenCap, video", ("midHip", *_KEY_POINTS_LEGS), _KEY_POINTS_ABOVE),
    MarkerSet(
        "OpenCap, laboratory",
        _names(
            "{}.ASIS_study {}.PSIS_study {}_knee_study {}_mknee_study {}_ankle_study "
            "{}_mankle_study "
            "{}_toe_study {}_5meta_study {}_calc_study {}_thigh1_study {}_thigh2_study "
            "{}_thigh3_study "
            "{}_sh1_study {}_sh2_study {}_sh3_study"
        ),
        _names(
            "C7_study {}_shoulder_study {}_lelbow_study {}_melbow_study {}_lwrist_study "
            "{}_mwrist_study"
        ),
    ),
    MarkerSet(
        "Camargo",
        _names(
            "{}_ASIS {}_PSIS {}_Thigh_Upper {}_Thigh_Front {}_Thigh_Rear {}_Knee_Lat "
            "{}_Shank_Upper "
            "{}_Shank_Front {}_Shank_Rear {}_Ankle_Lat {}_Heel {}_Toe_Med {}_Toe_Lat {}_Toe_Tip"
        ),
        _names("C7 T10 Clavicle Sternum {}_Acromium"),
    ),
    MarkerSet(
        "Qualisys Animation",
        _names(
            "Waist{}Front Waist{}Back|WaistBack {}Thigh|{}ThighMedial {}KneeOut "
            "{}Shin|{}ShinFrontHigh "
            "{}AnkleOut {}HeelBack {}ForefootOut|{}Forefoot5 {}ToeTip|{}Forefoot2"
        ),
        _names(
            "Head{} HeadFront SpineTop|SpineThoracic2 Chest {}ShoulderTop {}Arm {}ElbowOut "
            "{}WristIn {}WristOut"
        ),
    ),
    MarkerSet(
        "Qualisys Sports",
        _names("{}_IAS {}_IPS {}_FLE {}_FME {}_TTC {}_FAL {}_TAM {}_FCC {}_FM1 {}_FM5"),
        _QUALISYS_ABOVE,
    ),
    MarkerSet(
        "Theia",
        _names("pelvis_4X4 {}_thigh_4X4 {}_shank_4X4 {}_foot_4X4 {}_toes_4X4"),
        _names("torso_4X4 head_4X4 {}_uarm_4X4 {}_larm_4X4 {}_hand_4X4"),
    ),
    MarkerSet(
        "Fukuchi",
        _names(
            "{}.ASIS {}.PSIS {}.Iliac.Crest {}.GTR {}.Knee {}.HF {}.TT {}.Ankle "
            "{}.Heel|{}.Heel.Top {}.MT1 {}.MT5"
        ),
    ),
    MarkerSet(
        "OptiTrack",
        _names(
            "Waist{}Front Waist{}Back {}Thigh {}KneeOut {}Shin {}AnkleOut {}Heel {}ToeIn "
            "{}ToeOut {}ToeTip"
        ),
        _names(
            "HeadTop HeadFront HeadSide Chest BackTop {}ShoulderTop {}ShoulderBack "
            "{}UArmHigh {}ElbowOut {}WristIn {}WristOut {}HandOut"
        ),
    ),
    MarkerSet(
        "BTS (Davis)",
        _names("{}_asis sacrum {}_thigh {}_knee_1|{}_knee {}_bar_1 {}_bar_2 {}_mall {}_met"),
        _names("c7 {}_should"),
    ),
    MarkerSet(
        "Pose2Sim, HALPE_26", ("Hip", *_KEY_POINTS_LEGS), (*_KEY_POINTS_ABOVE, "Head", "Nose")
    ),
    MarkerSet("Pose2Sim, BODY_25", ("CHip", *_KEY_POINTS_LEGS), (*_KEY_POINTS_ABOVE, "Nose")),
    MarkerSet(
        "Pose2Sim, COCO_133",
        _KEY_POINTS_LEGS,
        _names("{}Shoulder {}Elbow {}Wrist Nose {}Eye {}Ear"),
    ),
    MarkerSet(
        "Pose2Sim, COCO_17",
        _names("{}Hip {}Knee {}Ankle"),
        _names("{}Shoulder {}Elbow {}Wrist Nose {}Eye"),
    ),
    MarkerSet(
        "Pose2Sim, BLAZEPOSE",
        _names("{side}_hip {side}_knee {side}_ankle {side}_heel {side}_foot_index"),
        _names("{side}_shoulder {side}_elbow {side}_wrist nose"),
    ),
)
"""The sets that `recognise_sets` knows."""
_KEY_POINTS = ("Pose2Sim, ", "OpenCap, video")  # what the names of sets of pose models begin with


def recognise_sets(names: Iterable[str]) -> tuple[SetCoverage, ...]:
    """Recognise the marker sets of a file by the names of its markers.

    Parameters
    ----------
    names : iterable of str
        Names of the file's markers, as it spells them.

    Returns
    -------
    tuple of SetCoverage
        Of the sets of whose markers on the legs the file has half or more: that which has the most
        of the file's markers first; of equal ones, that of which the file has the larger share.

    Examples
    --------
    >>> names = [f"{side}{name}" for side in "LR" for name in
    ...     ("ASI", "PSI", "THI", "KNE", "TIB", "ANK", "HEE")]
    >>> best = recognise_sets(names)[0]
    >>> best.name, best.legs, best.missing[:2]
    ('Plug-in Gait', (14, 16), ('LTOE', 'RTOE'))
    """
    finder = MarkerFinder(names, exact=EXACT)
    found = (_coverage(each, finder) for each in NAMED_SETS)
    recognised = [each for each in found if each.legs[0] >= _ENOUGH * each.legs[1]]
    return tuple(sorted(recognised, key=lambda each: (-len(each.used), -each.share)))


def are_key_points(names: Iterable[str]) -> bool:
    """Return whether the points of a file are those that a pose model finds in pictures.

    Parameters
    ----------
    names : iterable of str
        Names of the file's markers, as it spells them.

    Returns
    -------
    bool
        False also if no set is recognised.

    Examples
    --------
    >>> are_key_points([f"{side}{name}" for side in "LR" for name in ("Hip", "Knee", "Ankle")])
    True
    """
    best = next(iter(recognise_sets(names)), None)
    return best is not None and best.name.startswith(_KEY_POINTS)


def _coverage(marker_set: MarkerSet, finder: MarkerFinder) -> SetCoverage:
    used: list[str] = []
    missing: list[str] = []
    counts = []
    for part in (marker_set.legs, marker_set.above):
        wanted = _both_sides(part)
        there = [[name for each in choice if (name := finder.find(each))] for choice in wanted]
        used += [name for names in there for name in names]
        missing += [choice[0] for choice, names in zip(wanted, there, strict=True) if not names]
        counts.append((sum(map(bool, there)), len(wanted)))
    return SetCoverage(
        name=marker_set.name,
        legs=counts[0],
        above=counts[1],
        used=tuple(dict.fromkeys(used)),
        missing=tuple(missing),
    )


def _both_sides(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the markers that are meant, each with those that may stand for it."""
    sides = (("L", "left"), ("R", "right"))
    return [
        tuple(choice.format(letter, side=word) for choice in name.split("|"))
        for name in names
        for letter, word in (sides if "{" in name else sides[:1])
    ]
