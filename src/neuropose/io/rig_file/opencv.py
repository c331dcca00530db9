"""YAML and JSON as OpenCV, ROS and EasyMocap write them, a file or several."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import yaml

from neuropose.data.cameras import Lens
from neuropose.data.format_errors import refusal
from neuropose.io.rig_file.found import FoundCamera
from neuropose.io.rig_file.values import array_of, first_of, matrix_of, rotation_of, size_of

ORIGIN = "OpenCV calibration"
_MATRIX = (
    "camera_matrix", "cameraMatrix", "intrinsic_matrix", "intrinsicMat", "K", "mtx",
)  # fmt: skip
_DISTORTION = (
    "distortion_coefficients", "dist_coeffs", "distCoeffs", "dist_coeff", "distortion",
    "distortions", "dist", "D",
)  # fmt: skip
_ROTATION = ("rotation_matrix", "rotation", "Rot", "R", "rvec")
_TRANSLATION = ("translation_vector", "translation", "tvec", "T", "t")
_SIZE = ("image_size", "imageSize", "img_size", "size", "resolution")
_ERROR = ("avg_reprojection_error", "reprojection_error")
_FISHEYE = ("equidistant", "fisheye")
_STRAIGHT = ("plumb_bob", "rational_polynomial", "pinhole", "radtan")


class _Loader(yaml.SafeLoader):
    """Plain YAML, in which OpenCV's matrices are mappings."""


def _mapping(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:
    if not isinstance(node, yaml.MappingNode):
        raise yaml.constructor.ConstructorError(None, None, "expected a mapping", node.start_mark)
    return loader.construct_mapping(node, deep=True)


_Loader.add_multi_constructor("tag:yaml.org,2002:opencv-", _mapping)


def parse_yaml(text: str) -> Mapping[str, Any]:
    r"""Parse YAML as OpenCV writes it, or JSON.

    Parameters
    ----------
    text : str
        Content of a file.

    Returns
    -------
    mapping
        Matrices are mappings of rows, cols and data.

    Raises
    ------
    FileFormatError
        If it is not a mapping of text to values.

    Examples
    --------
    >>> parse_yaml("%YAML:1.0\n---\nK: !!opencv-matrix\n  {rows: 1, cols: 1, dt: d, data: [2.]}")
    {'K': {'rows': 1, 'cols': 1, 'dt': 'd', 'data': [2.0]}}
    """
    plain = re.sub(r"\A\s*%YAML[: ]1\.\d\s*", "", text.removeprefix("\ufeff")).expandtabs(2)
    try:
        document = yaml.load(plain, _Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problem = str(getattr(error, "problem", None) or "it is not YAML")
        mark = getattr(error, "problem_mark", None)
        raise refusal(f"line {mark.line + 1}" if mark else "", problem) from error
    if not isinstance(document, dict) or not all(isinstance(key, str) for key in document):
        raise refusal("", "expected names with values")
    return document


def read_opencv(documents: Mapping[str, Mapping[str, Any]]) -> list[FoundCamera]:
    """Read the cameras of one or several documents.

    Parameters
    ----------
    documents : mapping of str to mapping
        Parsed documents; the key is the name of a camera that has none in its document.

    Returns
    -------
    list of FoundCamera

    Raises
    ------
    FileFormatError
        If there are no cameras in a document, or a number is missing.
    """
    merged: dict[str, Any] = {}
    cameras: list[FoundCamera] = []
    for name, document in documents.items():
        if "names" in document:  # EasyMocap has intrinsics and extrinsics in two files
            merged.update(document)
        else:
            found = list(_cameras(document, name))
            if not found:
                raise refusal(name, f"there is no camera matrix ({', '.join(_MATRIX[:3])}) in it")
            cameras += found
    return cameras + (_suffixed(merged) if merged else [])


def _cameras(document: Mapping[str, Any], name: str) -> Iterator[FoundCamera]:
    if first_of(document, _MATRIX):
        yield _camera(document, str(document.get("camera_name") or document.get("name") or name))
    elif "M1" in document and "M2" in document:
        yield from _stereo(document)
    else:
        listed = document.get("cameras", document)
        pairs = (
            listed.items()
            if isinstance(listed, Mapping)
            else ((f"{name} {number + 1}", each) for number, each in enumerate(listed))
            if isinstance(listed, Sequence) and not isinstance(listed, str)
            else ()
        )
        for key, table in pairs:
            if isinstance(table, Mapping) and first_of(table, _MATRIX):
                yield _camera(table, str(table.get("camera_name") or table.get("name") or key))


def _camera(table: Mapping[str, Any], name: str) -> FoundCamera:
    key, value = first_of(table, _MATRIX) or ("", None)
    bent, turned, moved = (first_of(table, keys) for keys in (_DISTORTION, _ROTATION, _TRANSLATION))
    placed = turned is not None and moved is not None
    error = first_of(table, _ERROR)
    lens = _lens(table, name)
    distortion = () if bent is None else tuple(array_of(bent[1], f"{name}.{bent[0]}").ravel())
    return FoundCamera(
        name=name,
        matrix=matrix_of(value, (3, 3), f"{name}.{key}"),
        distortion=distortion[:4] if lens is Lens.FISHEYE else distortion,
        lens=lens,
        size=_size(table, name),
        rotation=rotation_of(turned[1], f"{name}.{turned[0]}") if placed and turned else None,
        translation=matrix_of(moved[1], (3,), f"{name}.{moved[0]}") if placed and moved else None,
        reprojection_px=None if error is None else float(matrix_of([error[1]], (1,), name)[0]),
    )


def _lens(table: Mapping[str, Any], name: str) -> Lens:
    model = str(table.get("distortion_model") or table.get("lens") or "pinhole").lower()
    if model in _FISHEYE or table.get("fisheye") is True:
        return Lens.FISHEYE
    if model not in _STRAIGHT:
        raise refusal(f"{name}.distortion_model", f"{model!r} is not one of OpenCV's models")
    return Lens.PINHOLE


def _size(table: Mapping[str, Any], name: str) -> tuple[int, int] | None:
    for keys in (("image_width", "image_height"), ("width", "height"), ("W", "H")):
        if all(key in table for key in keys):
            return size_of([table[key] for key in keys], f"{name}.{keys[0]}")
    found = first_of(table, _SIZE)
    return None if found is None else size_of(found[1], f"{name}.{found[0]}")


def _stereo(document: Mapping[str, Any]) -> Iterator[FoundCamera]:
    """Two cameras of ``stereoCalibrate``: the first is the world."""
    placed = "R" in document and "T" in document
    for number in (1, 2):
        own = {"K": document[f"M{number}"], "D": document.get(f"D{number}", ())}
        if number == 1 and placed:
            own |= {"R": np.eye(3).tolist(), "T": [0.0, 0.0, 0.0]}
        elif placed:
            own |= {"R": document["R"], "T": document["T"]}
        size = _size(document, "stereo")
        yield _camera(own | ({} if size is None else {"size": list(size)}), f"camera {number}")


def _suffixed(document: Mapping[str, Any]) -> list[FoundCamera]:
    """Cameras of EasyMocap: ``names``, and keys that end with the name of the camera."""
    names = document["names"]
    if not isinstance(names, list):
        raise refusal("names", "expected a list of names")
    found = []
    for name in map(str, names):
        own = {
            key.removesuffix(f"_{name}"): document[key]
            for key in document
            if key.endswith(f"_{name}")
        }
        if "K" not in own:
            raise refusal(f"K_{name}", "missing")
        found.append(_camera(own, name))
    return found
