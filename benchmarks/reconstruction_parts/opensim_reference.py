"""What OpenSim's own inverse kinematics makes of markers, in an environment that is made for it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.balance_trial import CACHE_DIR, POSE2SIM_WHEEL
from benchmarks.reconstruction_parts.estimates import Array
from neuropose.analyzer import PoseSequence
from neuropose.assets import Artefact, fetch
from neuropose.geometry import unit

OPENSIM = "opensim==4.6"
_FOLDER = "Pose2Sim/OpenSim_Setup"
_MODEL, _MARKERS = "Model_Pose2Sim_simple.osim", "Markers_LSTM.xml"
_ARTEFACTS = {
    name: Artefact(
        name,
        sha256,
        size_bytes,
        "BSD-3-Clause",
        (replace(POSE2SIM_WHEEL, member=f"{_FOLDER}/{name}"),),
    )
    for name, sha256, size_bytes in (
        (_MODEL, "0b25e3efb09f1a6e8c35dbc9a90afe7248895cc74263e3f4f0dbd29519034707", 270_672),
        (_MARKERS, "719714bc355da1db1a47ae82b3c03f9884323d6033515a134b3bf74b2b0b42cb", 35_938),
    )
}
_ON_THE_MODEL = {
    "asis": "ASIS",
    "psis": "PSIS",
    "knee_lateral": "knee",
    "knee_medial": "mknee",
    "ankle_lateral": "ankle",
    "ankle_medial": "mankle",
    "heel": "calc",
    "toe": "toe",
    "fifth_metatarsal": "5meta",
}
_SCALED = {"hip"}
COORDINATES = {
    "hip_flexion": ("hip_flexion", 1.0),
    "hip_abduction": ("hip_adduction", -1.0),
    "knee_flexion": ("knee_angle", 1.0),
    "ankle_dorsiflexion": ("ankle_angle", 1.0),
}
"""OpenSim's name, without its side, of each of our angles, and its sign."""


def inverse_kinematics(
    sequence: PoseSequence,
    others: Mapping[str, str | Sequence[str]],
    clusters: Mapping[str, Sequence[str]],
) -> tuple[dict[str, Array], float]:
    """Angles of OpenSim by our names, degrees, one value a frame; mean distance of markers, mm.

    `others` are markers beside the canonical ones by what they are (``sacrum``,
    ``left_fifth_metatarsal``), `clusters` those that only move with a body of the model.
    """
    known = _known_places()
    places = {name: place for name, place in known.items() if sequence.has(name)}
    columns = {name: sequence.joint(name) for name in places}
    for name, marker in others.items():
        places[name], columns[name] = known[name], sequence.joint(str(marker))
    bodies = {marker: body for body, markers in clusters.items() for marker in markers}
    columns |= {marker: sequence.joint(marker) for marker in bodies}
    plan = {
        "names": list(columns),
        "places": places,
        "only_scaled": [name for name in places if name.split("_")[-1] in _SCALED],
        "clusters": bodies,
        "measurements": _measurements(set(places)),
    }
    positions_m = 0.001 * _facing_forward(sequence, np.stack(list(columns.values()), axis=1))
    with tempfile.TemporaryDirectory() as folder:
        problem, result = Path(folder) / "problem.npz", Path(folder) / "result.npz"
        np.savez(problem, time_s=sequence.time_s, positions_m=positions_m, plan=json.dumps(plan))
        script = Path(__file__).with_name("opensim_ik.py")
        model = fetch(_MODEL, CACHE_DIR, known=_ARTEFACTS)
        subprocess.run([_python(), script, model, problem, result], check=True)
        with np.load(result) as found:
            angles = {
                f"{side}_{ours}": sign * found[f"{theirs}_{side[0]}"]
                for ours, (theirs, sign) in COORDINATES.items()
                for side in ("left", "right")
            }
            return angles, float(found["off_mm"].mean())


def _python() -> Path:
    """The interpreter of an environment with OpenSim, made in the cache if there is none."""
    folder = CACHE_DIR / "opensim"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    ready = folder / f"{OPENSIM}.ready"
    if not ready.is_file():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", OPENSIM], check=True)
        ready.touch()
    return python


def _known_places() -> dict[str, tuple[str, list[float]]]:
    """Body of the model and place on it, m, of each marker by what it is."""
    path = fetch(_MARKERS, CACHE_DIR, known=_ARTEFACTS)
    found = {}
    for marker in ET.parse(path).iter("Marker"):
        body = (marker.findtext("socket_parent_frame") or "").rsplit("/", 1)[-1]
        place_m = [float(value) for value in (marker.findtext("location") or "").split()]
        found[marker.get("name") or ""] = (body, place_m)
    places = {"sacrum": ("pelvis", _middle(found["r.PSIS_study"], found["L.PSIS_study"]))}
    for side, letter in (("left", "L"), ("right", "r")):
        places[f"{side}_hip"] = ("pelvis", _hip_place_m(side))
        for ours, theirs in _ON_THE_MODEL.items():
            dot = "." if theirs.isupper() else "_"
            places[f"{side}_{ours}"] = found[f"{letter}{dot}{theirs}_study"]
    return places


def _hip_place_m(side: str) -> list[float]:
    """Where the thigh turns on the pelvis of the model."""
    path = f".//CustomJoint[@name='hip_{side[0]}']/frames/PhysicalOffsetFrame"
    frames = ET.parse(fetch(_MODEL, CACHE_DIR, known=_ARTEFACTS)).iterfind(path)
    place = next(f for f in frames if f.findtext("socket_parent") == "/bodyset/pelvis")
    return [float(value) for value in (place.findtext("translation") or "").split()]


def _middle(one: tuple[str, list[float]], other: tuple[str, list[float]]) -> list[float]:
    return list(np.mean([one[1], other[1]], axis=0))


def _measurements(there: set[str]) -> list[tuple[list[str], str, list[tuple[str, str]]]]:
    """Bodies, axes, and the pairs of markers whose mean distance scales them."""
    sides = ("left", "right")
    behind = "{}_psis" if "left_psis" in there else "sacrum"
    wanted = [
        (["pelvis", "sacrum"], "X", [(f"{s}_asis", behind.format(s)) for s in sides]),
        (["pelvis", "sacrum"], "Y", [(f"{s}_asis", f"{s}_hip") for s in sides]),
        (["pelvis", "sacrum"], "Z", [("left_hip", "right_hip")]),
        (["femur"], "XYZ", [(f"{s}_hip", f"{s}_knee_lateral") for s in sides]),
        (["tibia"], "XYZ", [(f"{s}_knee_lateral", f"{s}_ankle_lateral") for s in sides]),
        (["talus", "calcn", "toes"], "XYZ", [(f"{s}_heel", f"{s}_toe") for s in sides]),
    ]
    return [
        (
            bodies if "pelvis" in bodies else [f"{b}_{s}" for b in bodies for s in "lr"],
            axes,
            pairs,
        )
        for bodies, axes, pairs in wanted
        if there.issuperset(name for pair in pairs for name in pair)
    ]


def _facing_forward(sequence: PoseSequence, positions_mm: Array) -> Array:
    """Positions in axes whose Y is up and whose X is where the pelvis first faces."""
    up = unit(np.asarray(sequence.up))
    right = sequence.joint("right_asis") - sequence.joint("left_asis")
    right = right[np.isfinite(right).all(axis=1)][0]
    forward = unit(np.cross(up, right))
    return positions_mm @ np.stack([forward, up, np.cross(forward, up)], axis=1)
