"""Marker sets in use, by the names that their programs write, on the synthetic walker."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neuropose.analyzer import PoseSequence

Place = tuple[str, tuple[float, float, float]]
"""A joint of the walker, and where the marker is from there: forwards, up, outwards, mm."""

PLACES: Mapping[str, Place] = {
    "asis": ("pelvis", (60.0, 30.0, 120.0)),
    "psis": ("pelvis", (-95.0, 30.0, 45.0)),
    "sacrum": ("pelvis", (-95.0, 30.0, 0.0)),
    "hip": ("hip", (0.0, 0.0, 0.0)),
    "knee": ("knee", (0.0, 0.0, 0.0)),
    "lateral knee": ("knee", (0.0, 0.0, 50.0)),
    "medial knee": ("knee", (0.0, 0.0, -50.0)),
    "ankle": ("ankle", (0.0, 0.0, 0.0)),
    "lateral ankle": ("ankle", (0.0, 0.0, 35.0)),
    "medial ankle": ("ankle", (0.0, 0.0, -35.0)),
    "heel": ("heel", (0.0, 0.0, 0.0)),
    "toe": ("toe", (0.0, 0.0, 0.0)),
    "first toe": ("toe", (5.0, 0.0, -30.0)),
    "fifth toe": ("toe", (-5.0, 0.0, 30.0)),
    "shoulder": ("shoulder", (0.0, 0.0, 0.0)),
    "pelvis": ("pelvis", (0.0, 0.0, 0.0)),
    "neck": ("neck", (0.0, 0.0, 0.0)),
    "back of the neck": ("neck", (-50.0, 0.0, 0.0)),
    "front of the neck": ("neck", (50.0, 0.0, 0.0)),
    "elbow": ("elbow", (0.0, 0.0, 0.0)),
    "wrist": ("wrist", (0.0, 0.0, 0.0)),
}

SETS: Mapping[str, Mapping[str, str]] = {
    "Plug-in Gait": {
        "{}ASI": "asis",
        "{}PSI": "psis",
        "{}KNE": "lateral knee",
        "{}ANK": "lateral ankle",
        "{}HEE": "heel",
        "{}TOE": "toe",
        "{}SHO": "shoulder",
        "C7": "back of the neck",
        "CLAV": "front of the neck",
    },
    "Plug-in Gait, sacrum": {
        "{}ASI": "asis",
        "SACR": "sacrum",
        "{}KNE": "lateral knee",
        "{}ANK": "lateral ankle",
        "{}HEE": "heel",
        "{}TOE": "toe",
    },
    "Vicon's older set (CMU)": {
        "{}FWT": "asis",
        "{}BWT": "psis",
        "{}KNE": "lateral knee",
        "{}ANK": "lateral ankle",
        "{}HEE": "heel",
        "{}TOE": "toe",
        "{}MT5": "fifth toe",
    },
    "CGM2": {
        "{}ASI": "asis",
        "{}PSI": "psis",
        "{}KNE": "lateral knee",
        "{}KNM": "medial knee",
        "{}ANK": "lateral ankle",
        "{}MED": "medial ankle",
        "{}HEE": "heel",
        "{}SMH": "toe",
        "{}FMH": "first toe",
        "{}VMH": "fifth toe",
    },
    "IOR": {
        "{}IAS": "asis",
        "{}IPS": "psis",
        "{}FLE": "lateral knee",
        "{}FME": "medial knee",
        "{}FAL": "lateral ankle",
        "{}TAM": "medial ankle",
        "{}FCC": "heel",
        "{}FM1": "first toe",
        "{}FM2": "toe",
        "{}FM5": "fifth toe",
        "CV7": "back of the neck",
        "SJN": "front of the neck",
    },
    "Helen Hayes of Cortex": {
        "{}.ASIS": "asis",
        "V.Sacral": "sacrum",
        "{}.Knee": "lateral knee",
        "{}.Ankle": "lateral ankle",
        "{}.Heel": "heel",
        "{}.Toe": "toe",
        "{}.Shoulder": "shoulder",
    },
    "OpenSim Gait2392": {
        "{}.ASIS": "asis",
        "V.Sacral": "sacrum",
        "{}.Heel": "heel",
        "{}.Toe.Tip": "toe",
        "{}.Toe.Lat": "fifth toe",
        "{}.Acromium": "shoulder",
    },
    "OpenSim Rajagopal": {
        "{}.ASIS": "asis",
        "{}.PSIS": "psis",
        "S2": "sacrum",
        "{}.Knee": "lateral knee",
        "{}.Ankle": "lateral ankle",
        "{}.Heel": "heel",
        "{}.MT5": "fifth toe",
        "{}.Toe": "toe",
        "{}.Shoulder": "shoulder",
    },
    "OpenSim Hamner": {
        "{}ASI": "asis",
        "{}PSI": "psis",
        "{}LFC": "lateral knee",
        "{}MFC": "medial knee",
        "{}LMAL": "lateral ankle",
        "{}MMAL": "medial ankle",
        "{}CAL": "heel",
        "{}TOE": "toe",
        "{}MT5": "fifth toe",
        "{}ACR": "shoulder",
    },
    "OpenCap, video": {
        "midHip": "pelvis",
        "{}Hip": "hip",
        "{}Knee": "knee",
        "{}Ankle": "ankle",
        "{}Heel": "heel",
        "{}BigToe": "toe",
        "{}SmallToe": "fifth toe",
        "{}Shoulder": "shoulder",
        "Neck": "neck",
    },
    "OpenCap, laboratory": {
        "{s}.ASIS_study": "asis",
        "{s}.PSIS_study": "psis",
        "{s}_knee_study": "lateral knee",
        "{s}_mknee_study": "medial knee",
        "{s}_ankle_study": "lateral ankle",
        "{s}_mankle_study": "medial ankle",
        "{s}_calc_study": "heel",
        "{s}_toe_study": "toe",
        "{s}_5meta_study": "fifth toe",
        "{s}_shoulder_study": "shoulder",
    },
    "Camargo": {
        "{}_ASIS": "asis",
        "{}_PSIS": "psis",
        "{}_Knee_Lat": "lateral knee",
        "{}_Ankle_Lat": "lateral ankle",
        "{}_Heel": "heel",
        "{}_Toe_Tip": "toe",
        "{}_Acromium": "shoulder",
    },
    "Qualisys, Animation": {
        "Waist{}Front": "asis",
        "Waist{}Back": "psis",
        "{}KneeOut": "lateral knee",
        "{}KneeIn": "medial knee",
        "{}AnkleOut": "lateral ankle",
        "{}HeelBack": "heel",
        "{}ForefootIn": "first toe",
        "{}ForefootOut": "fifth toe",
        "{}ShoulderTop": "shoulder",
    },
    "Qualisys, Sports": {
        "{}_IAS": "asis",
        "{}_IPS": "psis",
        "{}_FLE": "lateral knee",
        "{}_FME": "medial knee",
        "{}_FAL": "lateral ankle",
        "{}_TAM": "medial ankle",
        "{}_FCC": "heel",
        "{}_FM1": "first toe",
        "{}_FM5": "fifth toe",
        "{}_SAJ": "shoulder",
    },
    "Fukuchi": {
        "{}.ASIS": "asis",
        "{}.PSIS": "psis",
        "{}.Knee": "lateral knee",
        "{}.Ankle": "lateral ankle",
        "{}.Heel": "heel",
        "{}.MT1": "first toe",
        "{}.MT5": "fifth toe",
    },
    "Fukuchi, running": {
        "{}.ASIS": "asis",
        "{}.PSIS": "psis",
        "{}.Knee": "lateral knee",
        "{}.Ankle": "lateral ankle",
        "{}.Heel.Top": "heel",
        "{}.Heel.Bottom": "heel",
        "{}.MT1": "first toe",
        "{}.MT5": "fifth toe",
    },
    "OptiTrack": {
        "Waist{}Front": "asis",
        "Waist{}Back": "psis",
        "{}KneeOut": "lateral knee",
        "{}AnkleOut": "lateral ankle",
        "{}Heel": "heel",
        "{}ToeIn": "first toe",
        "{}ToeOut": "fifth toe",
    },
    "BTS": {
        "{s} asis": "asis",
        "sacrum": "sacrum",
        "{s} knee": "knee",
        "{s} mall": "lateral ankle",
        "{s} heel": "heel",
        "{s} met": "fifth toe",
        "{s} should": "shoulder",
    },
    "Pose2Sim": {
        "Hip": "pelvis",
        "{}Hip": "hip",
        "{}Knee": "knee",
        "{}Ankle": "ankle",
        "{}Heel": "heel",
        "{}BigToe": "toe",
        "{}Shoulder": "shoulder",
        "Neck": "neck",
        "Head": "neck",
    },
    "side last": {
        "asis_{s}": "asis",
        "psis_{s}": "psis",
        "knee_lat_{s}": "lateral knee",
        "ankle_lat_{s}": "lateral ankle",
        "heel_{s}": "heel",
        "toe_{s}": "toe",
    },
}


def dressed(walk: PoseSequence, markers: Mapping[str, str]) -> dict[str, np.ndarray]:
    """Where the markers of a set are on a walker who faces along x, Y up; shape (T, 3) each."""
    places = {}
    for name, place in markers.items():
        joint, (forwards, up, outwards) = PLACES[place]
        for side, sign in (("left", -1.0), ("right", 1.0)) if "{" in name else (("", 1.0),):
            sided = joint if walk.has(joint) else f"{side}_{joint}"
            letter = side[:1]
            own = name.replace("{s}", letter).replace("{}", letter.upper())
            places[own] = walk.joint(sided) + np.array([forwards, up, sign * outwards])
    return places
