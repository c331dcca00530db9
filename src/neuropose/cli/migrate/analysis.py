"""An analysis of the original program, as a pipeline file that does the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from neuropose.errors import FileFormatError
from neuropose.io.original import SKELETON
from neuropose.skeletons import SKELETONS

_JOINTS = SKELETONS[SKELETON].joints
_HEELS = {"lhee": "left", "rhee": "right"}
_ALIGN = {"none": "none", "procrustes_per_frame": "frame", "procrustes_per_sequence": "sequence"}
_NAN_POLICY = {"propagate": "raise", "interpolate": "interpolate", "drop": "drop"}
_HINT = "docs/guides/original-program.md has each of its keys"


def is_analysis(content: object) -> bool:
    """Return whether the content of a YAML file is an analysis of the original program.

    Parameters
    ----------
    content : object
        As YAML is read.

    Returns
    -------
    bool
    """
    return isinstance(content, dict) and "config_version" in content and "analysis" in content


def pipeline_text(content: Mapping[str, Any], path: Path) -> str:
    """Write an analysis of the original program as a pipeline file.

    Parameters
    ----------
    content : mapping
        As YAML is read.
    path : Path
        Its file, for messages.

    Returns
    -------
    str
        YAML; its first lines say what is not the same.

    Raises
    ------
    FileFormatError
        If a value is not one that the original program has.
    """
    try:
        pipeline, remarks = _pipeline(content)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise FileFormatError(
            f"{path}: this is not a valid analysis of the original NeuroPose ({error})", hint=_HINT
        ) from error
    head = ["converted from an analysis of the original NeuroPose", *remarks]
    body = yaml.safe_dump(pipeline, sort_keys=False, width=100)
    return "".join(f"# {line}\n" for line in head) + body


def _pipeline(content: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    person = (content.get("preprocessing") or {}).get("person_index", 0)
    remarks = [
        f"person_index: {person} took whoever was found at that place in each frame; here "
        "identities last, and `subject: track:N` chooses another one"
    ]
    inputs = {
        name: {"file": str(content["inputs"][name]), "reconstruct": "off"}
        for name in ("primary", "reference")
        if content["inputs"].get(name) is not None
    }
    pipeline: dict[str, Any] = {"version": 1, "inputs": inputs}
    cut = content.get("segmentation")
    if cut is not None:
        pipeline["segmentation"], more = _segmentation(cut)
        remarks += more
    pipeline["analysis"], more = _analysis(content["analysis"], is_cut=cut is not None)
    pipeline["output"] = {"report": str(content["output"]["report"])}
    return pipeline, remarks + more


def _segmentation(cut: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    told = [
        "strides are found from both feet and the direction of the walk; it took peaks of one "
        "coordinate of a heel"
    ]
    if cut["kind"] == "gait_cycles_bilateral":
        return {"kind": "bilateral"}, told
    if cut["kind"] == "gait_cycles" and cut.get("joint", "rhee") in _HEELS:
        return {"kind": "gait_cycles", "side": _HEELS[cut.get("joint", "rhee")]}, told
    if cut["kind"] == "gait_cycles":
        signal = {"joint": cut["joint"], "axis": cut.get("axis", "y")}
        signal |= {"inverted": True} if cut.get("invert") else {}
        distance_s = cut.get("min_cycle_seconds", 0.4)
    else:
        signal = _signal(cut["extractor"])
        distance_s = cut.get("min_distance_seconds")
    settings = {
        "min_distance_s": distance_s or None,
        "prominence": cut.get("min_prominence") or None,
        "min_height": cut.get("min_height"),
        "pad_s": cut.get("pad_seconds") or None,
    }
    given = {name: value for name, value in settings.items() if value is not None}
    return {"kind": "repetitions", **signal, "settings": given}, []


def _signal(extractor: Mapping[str, Any]) -> dict[str, Any]:
    kind = extractor["kind"]
    if kind == "joint_axis":
        said = {"joint": _JOINTS[extractor["joint"]], "axis": "xyz"[extractor["axis"]]}
        return said | ({"inverted": True} if extractor.get("invert") else {})
    if kind == "joint_pair_distance":
        return {"distance": _named(extractor["joints"])}
    if kind == "joint_speed":
        return {"speed": _JOINTS[extractor["joint"]]}
    if kind == "joint_angle":
        return {"angle": _named(extractor["triplet"])}
    raise ValueError(f"extractor {kind!r}")


def _analysis(what: Mapping[str, Any], *, is_cut: bool) -> tuple[dict[str, Any], list[str]]:
    if what["kind"] == "none":
        return {}, []
    if what["kind"] == "stats":
        return {}, ["statistics of one signal: the features have those of every joint angle"]
    if what["kind"] != "dtw":
        raise ValueError(f"analysis {what['kind']!r}")
    of_angles = what.get("representation", "coords") == "angles"
    dtw: dict[str, Any] = {
        "representation": what.get("representation", "coords"),
        "align": "none" if of_angles else _ALIGN[what.get("align", "none")],
        "nan_policy": _NAN_POLICY[what.get("nan_policy", "propagate")],
        "step_pattern": "symmetric1",
        "band": None,
        "points": None,
    }
    method = what.get("method", "dtw_all")
    if method == "dtw_relation":
        dtw["relation"] = [_JOINTS[what["joint_i"]], _JOINTS[what["joint_j"]]]
    else:
        dtw["per_joint"] = method == "dtw_per_joint"
    if of_angles:
        dtw["names"] = [_named(triplet) for triplet in what["angle_triplets"]]
    remarks = ["angles are in degrees, not radians"] if of_angles else []
    if is_cut:
        remarks.append("cycles are paired one by one, and those that do not count are left out")
    return {"features": False, "dtw": dtw}, remarks


def _named(joints: Sequence[int]) -> str:
    return ",".join(_JOINTS[joint] for joint in joints)
