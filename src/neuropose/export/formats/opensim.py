"""A folder for OpenSim: a model of the body, its markers, and inverse kinematics ready to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose.export.body_chain import with_spines
from neuropose.export.content import Content, Kind, Part
from neuropose.export.exporter import Exporter, Written
from neuropose.export.files import whole_folder
from neuropose.export.formats.mot import mot_lines
from neuropose.export.formats.trc import trc_lines
from neuropose.export.opensim_coordinates import (
    MODELS,
    opensim_coordinates,
    said_of_definitions,
)
from neuropose.export.opensim_model import document, marker_xml, model_xml
from neuropose.export.options import PER_MM, ExportOptions
from neuropose.export.preparing import Placed, place
from neuropose.io.atomic import write_atomically
from neuropose.sequence.data import ReferenceFrame

Array = NDArray[np.float64]

_FRONT = ("pelvis", (0.02, 0.03, 0.13), 10.0)
_BACK = ("pelvis", (-0.15, 0.03, 0.05), 10.0)
_PELVIS: Mapping[str, tuple[str, tuple[float, float, float], float]] = {
    "asis": _FRONT,
    "psis": _BACK,
    "pelvis_front_fitted": _FRONT,
    "pelvis_back_fitted": _BACK,
}
_PLACES: Mapping[str, tuple[str, tuple[float, float, float], float]] = {
    "hip": ("femur", (0.0, 0.0, 0.0), 10.0),
    "knee": ("tibia", (0.0, 0.0, 0.0), 10.0),
    "ankle": ("talus", (0.0, 0.0, 0.0), 10.0),
    "heel": ("calcn", (0.0, 0.02, 0.0), 2.0),
    "toe": ("toes", (0.05, 0.0, 0.0), 2.0),
}
"""Our joints on the bodies of OpenSim's models, metres, and their weights. Ankles, knees and hips
are where the bodies have their origins; the others are about there, and moved by the scaling."""
_ARMS: Mapping[str, tuple[str, tuple[float, float, float], float]] = {
    "shoulder": ("humerus", (0.0, 0.0, 0.0), 5.0),
    "elbow": ("ulna", (0.0, 0.0, 0.0), 2.0),
    "wrist": ("hand", (0.0, 0.0, 0.0), 2.0),
}
_MIDDLE = ("pelvis", "torso")
_ABOUT = ("heel", "toe", *_PELVIS)
_SHOULDER_ON_TORSO = ("torso", (0.0, 0.37, 0.17), 5.0)
_LENGTHS: Mapping[str, tuple[Sequence[tuple[str, str]], Sequence[str]]] = {
    "pelvis": ((("left_hip", "right_hip"),), ("pelvis",)),
    "thigh_{}": ((("{}_hip", "{}_knee"),), ("femur_{}",)),
    "shank_{}": ((("{}_knee", "{}_ankle"),), ("tibia_{}", "talus_{}")),
    "foot_{}": ((("{}_heel", "{}_toe"),), ("calcn_{}", "toes_{}")),
    "torso": (
        (("left_hip", "left_shoulder"), ("right_hip", "right_shoulder")),
        ("torso",),
    ),
    "upper_arm_{}": ((("{}_shoulder", "{}_elbow"),), ("humerus_{}",)),
    "forearm_{}": ((("{}_elbow", "{}_wrist"),), ("ulna_{}", "radius_{}", "hand_{}")),
}
"""Distances between markers, and the bodies that are scaled by them."""
_OWN_MODEL = "MODEL.osim"
_README = """Files for OpenSim 4, written by NeuroPose. The vertical is y, lengths are in metres.

model.osim      The body that was reconstructed, with its lengths, as a kinematic skeleton: no
                muscles, no real masses. Its coordinates have NeuroPose's names.
motion.mot      Its movement, in these coordinates.
markers.trc     The same movement as positions of its markers. pelvis_front_fitted and
                pelvis_back_fitted are the spines of the pelvis (ASIS, PSIS) where the fitted
                body has them: nobody saw them, so they do not have the names of markers.
ik_setup.xml    Inverse kinematics of markers.trc with model.osim: opensim-cmd run-tool ik_setup.xml

with_your_model/  For the {model} model ({source}), which is yours
                  to bring: copy it here as {own}.
  markers.xml       The markers of markers.trc on that model.
  scale_setup.xml   Scales it to this person: opensim-cmd run-tool scale_setup.xml
  ik_setup.xml      Then: opensim-cmd run-tool ik_setup.xml
  coordinates.mot   NeuroPose's own coordinates under its names, to compare with: 0 is the neutral
                    pose of the fitted body, so that means differ by some degrees from those of a
                    report, and of your model.
"""


def write_opensim(content: Content, path: Path, options: ExportOptions) -> Written:
    """Write a folder for OpenSim.

    Parameters
    ----------
    content : Content
        With the movement of a reconstructed body.
    path : Path
        The folder.
    options : ExportOptions
        `model` is the one that the user has.

    Returns
    -------
    Written
    """
    assert content.movement is not None
    placed = place(
        with_spines(content.movement),
        options.model_copy(update={"up": "y", "unit": "m"}),
        up="y",
        unit="m",
        even=True,
    )
    time_s = placed.movement.time_s
    coordinates, notes = opensim_coordinates(placed.movement.coordinates, options.model)
    markers = list(trc_lines(placed, "markers.trc"))
    own_places = _places(options.model, placed.movement.names)
    readme = _README.format(model=options.model, source=MODELS[options.model], own=_OWN_MODEL)
    here, theirs = "", "with_your_model/"
    files: dict[str, Sequence[bytes]] = {
        "README.txt": [readme.encode()],
        f"{here}model.osim": [model_xml(placed.movement).encode()],
        f"{here}markers.trc": markers,
        f"{here}motion.mot": list(mot_lines(time_s, _own_coordinates(placed))),
        f"{here}ik_setup.xml": [
            _ik("model.osim", "markers.trc", time_s, dict.fromkeys(placed.movement.names, 1.0))
        ],
        f"{theirs}markers.xml": [_marker_set(own_places)],
        f"{theirs}scale_setup.xml": [_scale(own_places, placed)],
        f"{theirs}ik_setup.xml": [
            _ik(
                "scaled.osim",
                "../markers.trc",
                time_s,
                {name: weight for name, (_, _, weight) in own_places.items()},
            )
        ],
        f"{theirs}coordinates.mot": list(mot_lines(time_s, coordinates)),
    }
    with whole_folder(path) as folder:
        (folder / theirs).mkdir()
        for name, chunks in files.items():
            write_atomically(folder / name, chunks)
    needed = f"with_your_model/ needs your own copy of the {options.model} model as {_OWN_MODEL}"
    moved = content.movement
    defined = said_of_definitions(moved.coordinates, moved.reported_deg, options.model)
    return Written((path,), (*placed.notes, needed, *defined, *notes))


def _own_coordinates(placed: Placed) -> dict[str, Array]:
    """Return the coordinates of the body in degrees and metres, above the floor."""
    movement = placed.movement
    found = dict(movement.coordinates)
    of_camera = movement.frame is ReferenceFrame.CAMERA
    floor_mm = movement.floor_mm if of_camera and movement.floor_mm is not None else 0.0
    for name in ("pelvis_x", "pelvis_y", "pelvis_z"):
        if name in found:
            found[name] = PER_MM["m"] * (found[name] - (floor_mm if name == "pelvis_y" else 0.0))
    return {name: values for name, values in found.items() if np.isfinite(values).any()}


_Places = dict[str, tuple[str, tuple[float, float, float], float]]


def _places(model: str, names: Sequence[str]) -> _Places:
    """Return the joints that a model's bodies can carry: body, place and weight of each."""
    kinds = {**_PLACES, **_PELVIS}
    kinds |= _ARMS if model == "rajagopal" else {"shoulder": _SHOULDER_ON_TORSO}
    found: _Places = {}
    for side in ("right", "left"):
        for kind, (body, (x, y, z), weight) in kinds.items():
            name = f"{side}_{kind}"
            if name in names:
                outwards = z if side == "right" else -z
                whole = body if body in _MIDDLE else f"{body}_{side[0]}"
                found[name] = (whole, (x, y, outwards), weight)
    return found


def _marker_set(places: _Places) -> bytes:
    markers = "\n".join(
        marker_xml(name, body, np.array(at_m), fixed=not name.endswith(_ABOUT))
        for name, (body, at_m, _) in places.items()
    )
    return document(
        f'<MarkerSet name="markerset">\n<objects>\n{markers}\n</objects>\n</MarkerSet>'
    ).encode()


def _scale(places: _Places, placed: Placed) -> bytes:
    measurements = []
    for name, (pairs, bodies) in _LENGTHS.items():
        for side in ("right", "left") if "{}" in name else ("",):
            ends = [(one.format(side), other.format(side)) for one, other in pairs]
            known = [pair for pair in ends if set(pair) <= set(places)]
            if known:
                whole = [body.format(side[:1]) for body in bodies]
                measurements.append(_measurement(name.format(side), known, whole))
    time_s = placed.movement.time_s
    span = f"{time_s[0]:.6f} {time_s[-1]:.6f}"
    moment = "{:.6f} {:.6f}".format(*_straightest_s(placed))
    tasks = _tasks({name: weight for name, (_, _, weight) in places.items()})
    inner = f"""<ScaleTool name="scaled">
<mass>-1</mass><height>-1</height><age>-1</age>
<GenericModelMaker><model_file>{_OWN_MODEL}</model_file>
<marker_set_file>markers.xml</marker_set_file></GenericModelMaker>
<ModelScaler><apply>true</apply><scaling_order>measurements</scaling_order>
<MeasurementSet><objects>
{"".join(measurements)}</objects></MeasurementSet>
<marker_file>../markers.trc</marker_file><time_range>{span}</time_range>
<preserve_mass_distribution>false</preserve_mass_distribution>
<output_model_file>scaled.osim</output_model_file></ModelScaler>
<MarkerPlacer><apply>true</apply>
<IKTaskSet><objects>{tasks}</objects></IKTaskSet>
<marker_file>../markers.trc</marker_file><time_range>{moment}</time_range>
<output_model_file>scaled.osim</output_model_file>
<max_marker_movement>-1</max_marker_movement></MarkerPlacer>
</ScaleTool>"""
    return document(inner).encode()


def _straightest_s(placed: Placed) -> tuple[float, float]:
    """Return two frames in which the knees are bent least: the pose in which markers are placed."""
    movement = placed.movement
    whole = np.isfinite(placed.positions).all(axis=(1, 2))
    bent = sum(
        (np.abs(movement.coordinates.get(f"{side}_knee_flexion", np.zeros(len(movement)))))
        for side in ("left", "right")
    )
    bent = np.where(whole & np.isfinite(bent), bent, np.inf)
    first = min(int(np.argmin(bent)), max(len(movement) - 2, 0))
    return float(movement.time_s[first]), float(movement.time_s[min(first + 1, len(movement) - 1)])


def _measurement(name: str, pairs: Sequence[tuple[str, str]], bodies: Sequence[str]) -> str:
    ends = "".join(
        f"<MarkerPair><markers>{one} {other}</markers></MarkerPair>" for one, other in pairs
    )
    scaled = "".join(f'<BodyScale name="{body}"><axes>X Y Z</axes></BodyScale>' for body in bodies)
    return (
        f'<Measurement name="{name}"><apply>true</apply>'
        f"<MarkerPairSet><objects>{ends}</objects></MarkerPairSet>"
        f"<BodyScaleSet><objects>{scaled}</objects></BodyScaleSet></Measurement>\n"
    )


def _tasks(weights: Mapping[str, float]) -> str:
    return "\n".join(
        f'<IKMarkerTask name="{name}"><apply>true</apply><weight>{weight:g}</weight></IKMarkerTask>'
        for name, weight in weights.items()
    )


def _ik(model: str, markers: str, time_s: Array, weights: Mapping[str, float]) -> bytes:
    inner = f"""<InverseKinematicsTool name="ik">
<results_directory>./</results_directory>
<model_file>{model}</model_file>
<constraint_weight>Inf</constraint_weight><accuracy>1e-08</accuracy>
<IKTaskSet><objects>
{_tasks(weights)}
</objects></IKTaskSet>
<marker_file>{markers}</marker_file>
<time_range>{time_s[0]:.6f} {time_s[-1]:.6f}</time_range>
<output_motion_file>ik.mot</output_motion_file>
<report_errors>false</report_errors><report_marker_locations>false</report_marker_locations>
</InverseKinematicsTool>"""
    return document(inner).encode()


EXPORTER = Exporter(
    name="opensim",
    title="a folder for OpenSim: a model of the body, its markers and IK, and set-ups for your own",
    suffix="",
    takes=(Kind.BODY,),
    holds=frozenset({Part.ANGLES, Part.COORDINATES, Part.LENGTHS}),
    write=write_opensim,
    limits="forces, muscles, real masses; a model of your own is yours to bring",
)
