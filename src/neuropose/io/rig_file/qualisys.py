"""Calibrations of Qualisys Track Manager (``.qca.txt``)."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np

from neuropose.data.format_errors import refusal
from neuropose.errors import FileFormatError
from neuropose.io.rig_file.found import Found, FoundCamera, Unit

_SUBPIXELS = 64.0  # lengths in the picture are in 64ths of a pixel
_TO_OPENCV = np.diag([1.0, -1.0, -1.0])  # there a camera looks along -z, with y up
_VIDEO = ("video", "none", "color", "colour")


def holds_qualisys(root: ElementTree.Element) -> bool:
    """Return whether an XML document is a calibration of Qualisys.

    Parameters
    ----------
    root : Element
        Its root.

    Returns
    -------
    bool
    """
    return root.tag == "calibration" and root.find("cameras/camera/transform") is not None


def read_qualisys(root: ElementTree.Element) -> Found:
    """Read the cameras of a Qualisys calibration.

    Parameters
    ----------
    root : Element
        Root of the XML document.

    Returns
    -------
    Found
        Video cameras if there are any, else all cameras.

    Raises
    ------
    FileFormatError
        If a number is missing or not one.

    Notes
    -----
    Positions are in mm, intrinsics in 64ths of a pixel; a camera looks along its −z with y up, and
    its centre is where the transform says. Distortion is as in OpenCV.
    """
    cameras = [each for each in root.iter("camera") if each.get("active", "1") != "0"]
    if not cameras:
        raise FileFormatError(
            "no camera of this Qualisys calibration is active",
            hint="export the calibration again with the cameras switched on",
        )
    video = [each for each in cameras if any(n in each.get("model", "").lower() for n in _VIDEO)]
    found = [_camera(each, number) for number, each in enumerate(video or cameras)]
    return Found("Qualisys calibration", found, Unit.MILLIMETRES, up="z", floor_at_origin=True)


def _camera(element: ElementTree.Element, number: int) -> FoundCamera:
    name = element.get("serial") or f"camera {number + 1}"
    lens, place = _child(element, "intrinsic", name), _child(element, "transform", name)
    window = element.find("fov_video")
    left, top = (
        (0.0, 0.0) if window is None else (_number(window, x, name) for x in ("left", "top"))
    )
    if window is None:
        width, height = (
            (_number(lens, f"sensorMax{x}", name) - _number(lens, f"sensorMin{x}", name))
            / _SUBPIXELS
            for x in "UV"
        )
    else:
        width = _number(window, "right", name) - left + 1.0
        height = _number(window, "bottom", name) - top + 1.0
    fx, fy, skew, cx, cy = (
        _number(lens, key, name) / _SUBPIXELS
        for key in ("focalLengthU", "focalLengthV", "skew", "centerPointU", "centerPointV")
    )
    rows = [[_number(place, f"r{i}{j}", name) for j in (1, 2, 3)] for i in (1, 2, 3)]
    rotation = _TO_OPENCV @ np.array(rows)
    centre = np.array([_number(place, axis, name) for axis in "xyz"])
    k1, k2, k3 = (_number(lens, f"radialDistortion{n}", name) for n in (1, 2, 3))
    p1, p2 = (_number(lens, f"tangentalDistortion{n}", name) for n in (1, 2))
    return FoundCamera(
        name=name,
        matrix=np.array([[fx, skew, cx - left], [0.0, fy, cy - top], [0.0, 0.0, 1.0]]),
        distortion=(k1, k2, p1, p2, k3) if k3 else (k1, k2, p1, p2),
        size=(round(width), round(height)),
        rotation=rotation,
        translation=-rotation @ centre,
    )


def _child(element: ElementTree.Element, tag: str, name: str) -> ElementTree.Element:
    found = element.find(tag)
    if found is None:
        raise refusal(name, f"there is no <{tag}>")
    return found


def _number(element: ElementTree.Element, key: str, name: str) -> float:
    text = element.get(key)
    where = f"{name}.{element.tag}.{key}"
    if text is None:
        raise refusal(where, "missing")
    if not re.fullmatch(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*", text):
        raise refusal(where, "expected a number")
    return float(text)
