"""A real trial with third-party truth: four calibrated cameras, one-leg balance, 100 frames.

The videos and the calibration are members of the wheel `pose2sim`, the triangulated joints of an
older one; both are fetched through the package index and kept in the cache.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose.assets import Artefact, WheelSource, fetch
from neuropose.io import Camera, CameraSource

CAMERAS = ("cam01", "cam02", "cam03", "cam04")

_TRIAL = "Pose2Sim/Demo_SinglePerson"
_WHEEL = {
    "distribution": "pose2sim",
    "version": "0.10.49",
    "wheel_sha256": "403e0dc4065898ba6a595e72a8970950310979253d60e24c2e00b16b36bf21e1",
}
_OLDER_WHEEL = {
    "distribution": "pose2sim",
    "version": "0.4.0",
    "wheel_sha256": "4783ab5b1965155f1f3f43a2e47a1128aeaf3516357abd55d4c04ebe5d6b0ac1",
}
REFERENCE_JOINTS = {
    "RHip": "right_hip",
    "RKnee": "right_knee",
    "RAnkle": "right_ankle",
    "RBigToe": "right_foot_index",
    "RHeel": "right_heel",
    "LHip": "left_hip",
    "LKnee": "left_knee",
    "LAnkle": "left_ankle",
    "LBigToe": "left_foot_index",
    "LHeel": "left_heel",
    "Nose": "nose",
    "RShoulder": "right_shoulder",
    "RElbow": "right_elbow",
    "RWrist": "right_wrist",
    "LShoulder": "left_shoulder",
    "LElbow": "left_elbow",
    "LWrist": "left_wrist",
}
"""Markers of the reference that BlazePose has too, and their names in `blazepose_33`."""


@dataclass(frozen=True)
class CalibratedCamera:
    """Intrinsics, and the pose of the world in the camera: ``x_cam = rotation x_world + t``."""

    camera: Camera
    rotation: NDArray[np.float64]
    translation_mm: NDArray[np.float64]


def video(camera: str, cache_dir: Path) -> Path:
    """Path of one of the four clips, fetched if need be."""
    return fetch(_member(f"{_TRIAL}/videos/{camera}.mp4"), cache_dir)


def calibration(cache_dir: Path) -> dict[str, CalibratedCamera]:
    """Read the Qualisys calibration: intrinsics in 1/64 px, axes y and z the other way round."""
    path = fetch(_member(f"{_TRIAL}/calibration/Calib.qca.txt"), cache_dir)
    cameras = {}
    for element in ET.parse(path).iter("camera"):
        inner = {key: float(value) for key, value in element.find("intrinsic").attrib.items()}
        outer = {key: float(value) for key, value in element.find("transform").attrib.items()}
        stored = np.array([[outer[f"r{i}{j}"] for j in (1, 2, 3)] for i in (1, 2, 3)])
        rotation = np.diag([1.0, -1.0, -1.0]) @ stored
        position_mm = np.array([outer[axis] for axis in "xyz"])
        cameras[element.attrib["serial"]] = CalibratedCamera(
            camera=Camera(
                intrinsic_matrix=(
                    (inner["focalLengthU"] / 64, 0.0, inner["centerPointU"] / 64),
                    (0.0, inner["focalLengthV"] / 64, inner["centerPointV"] / 64),
                    (0.0, 0.0, 1.0),
                ),
                distortion=(
                    inner["radialDistortion1"],
                    inner["radialDistortion2"],
                    inner["tangentalDistortion1"],
                    inner["tangentalDistortion2"],
                ),
                source=CameraSource.GIVEN,
            ),
            rotation=rotation,
            translation_mm=-rotation @ position_mm,
        )
    return cameras


def reference_mm(cache_dir: Path) -> NDArray[np.float64]:
    """World positions of `REFERENCE_JOINTS`, shape (100, 17, 3), triangulated by another tool."""
    path = fetch(_member("Demo/opensim/Balancing_for_IK.trc", older=True), cache_dir)
    lines = path.read_text(encoding="utf-8").splitlines()
    markers = [name for name in lines[3].split("\t")[2:] if name.strip()]
    values = np.array(
        [[float(value) for value in line.split("\t")[2:] if value] for line in lines[5:] if line]
    ).reshape(-1, len(markers), 3)
    chosen = values[:, [markers.index(name) for name in REFERENCE_JOINTS]]
    return 1000.0 * chosen[..., [2, 0, 1]]  # TRC (x, y, z) = world (Y, Z, X)
