"""A real trial with third-party truth: four calibrated cameras, one-leg balance, 100 frames.

The videos and the calibration are members of the wheel `pose2sim`, the triangulated joints of an
older one; both are fetched through the package index and kept in the cache.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from neuropose.assets import Artefact, WheelSource, fetch
from neuropose.data import Camera, CameraSource, VideoPredictions

CACHE_DIR = Path(__file__).parents[1] / ".cache"
"""Where tests and benchmarks keep weights and clips."""

CAMERAS = ("cam01", "cam02", "cam03", "cam04")


def _artefact(
    name: str, sha256: str, size_bytes: int, member: str, source: WheelSource
) -> Artefact:
    return Artefact(name, sha256, size_bytes, "BSD-3-Clause", (replace(source, member=member),))


POSE2SIM_WHEEL = WheelSource(
    "pose2sim",
    "0.10.49",
    "403e0dc4065898ba6a595e72a8970950310979253d60e24c2e00b16b36bf21e1",
    member="",
)
_OLDER_WHEEL = WheelSource(
    "pose2sim",
    "0.4.0",
    "4783ab5b1965155f1f3f43a2e47a1128aeaf3516357abd55d4c04ebe5d6b0ac1",
    member="",
)
_FOLDER = "Pose2Sim/Demo_SinglePerson"
_CALIBRATION = "pose2sim_calibration.qca.txt"
_REFERENCE = "pose2sim_balancing.trc"
_ARTEFACTS = {
    artefact.name: artefact
    for artefact in (
        _artefact(
            "pose2sim_cam01.mp4",
            "cf4f2816c86bea4bfbea255333d8626ff32a3ecabdab8b0fb147cea9167fde3a",
            387_775,
            f"{_FOLDER}/videos/cam01.mp4",
            POSE2SIM_WHEEL,
        ),
        _artefact(
            "pose2sim_cam02.mp4",
            "94ff87cf978b8406e8aa36ab3c5362e72848994e87652f0dc7a33c315e8e0442",
            540_548,
            f"{_FOLDER}/videos/cam02.mp4",
            POSE2SIM_WHEEL,
        ),
        _artefact(
            "pose2sim_cam03.mp4",
            "b8b329f832f178f27ecb78d024d5026b96c6adb36c387bfe2c0af85eab8a11ca",
            1_709_101,
            f"{_FOLDER}/videos/cam03.mp4",
            POSE2SIM_WHEEL,
        ),
        _artefact(
            "pose2sim_cam04.mp4",
            "b5c0e7863fd70d008e7178d3c556b045b0ea5f78fcd61ca548a0b2e807e641f7",
            1_772_999,
            f"{_FOLDER}/videos/cam04.mp4",
            POSE2SIM_WHEEL,
        ),
        _artefact(
            _CALIBRATION,
            "fd90e4bbae3278ef1dc0cdd42a34ee06bf88286f628a02c00a29407aa39e34c5",
            4_843,
            f"{_FOLDER}/calibration/Calib.qca.txt",
            POSE2SIM_WHEEL,
        ),
        _artefact(
            _REFERENCE,
            "be5cd0d54fb92cd09a8f9b8dc6478f3c7bc0272b7dce331182f4ffb40aab824e",
            127_289,
            "Pose2Sim/Demo/opensim/Balancing_for_IK.trc",
            _OLDER_WHEEL,
        ),
    )
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


def video(camera: str) -> Path:
    """Path of one of the four clips, fetched if need be."""
    return fetch(f"pose2sim_{camera}.mp4", CACHE_DIR, known=_ARTEFACTS)


def calibration_file() -> Path:
    """Path of the Qualisys calibration of the four cameras, fetched if need be."""
    return fetch(_CALIBRATION, CACHE_DIR, known=_ARTEFACTS)


def calibration() -> dict[str, CalibratedCamera]:
    """Read the Qualisys calibration: intrinsics in 1/64 px, axes y and z the other way round."""
    cameras = {}
    for element in ET.parse(calibration_file()).iter("camera"):
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


def reference_of_frames_mm() -> NDArray[np.float64]:
    """World positions of `REFERENCE_JOINTS` in each frame of the clips, shape (100, 17, 3).

    The file numbers its rows from frame 1, and so it is: counted from frame 0, keypoints of each of
    the four clips would be about a frame late (``tests/real/test_balance_trial.py``). NaN: frame 0,
    which it does not have.
    """
    rows = reference_mm()
    return np.concatenate([np.full_like(rows[:1], np.nan), rows[:-1]])


def reference_mm() -> NDArray[np.float64]:
    """Rows of the reference, shape (100, 17, 3), triangulated by another tool."""
    path = fetch(_REFERENCE, CACHE_DIR, known=_ARTEFACTS)
    lines = path.read_text(encoding="utf-8").splitlines()
    markers = [name for name in lines[3].split("\t")[2:] if name.strip()]
    values = np.array(
        [[float(value) for value in line.split("\t")[2:] if value] for line in lines[5:] if line]
    ).reshape(-1, len(markers), 3)
    chosen = values[:, [markers.index(name) for name in REFERENCE_JOINTS]]
    return 1000.0 * chosen[..., [2, 0, 1]]  # TRC (x, y, z) = world (Y, Z, X)


def project(camera: CalibratedCamera, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where world points of shape (..., 3) are seen, px, shape (..., 2)."""
    seen_mm = points_mm @ camera.rotation.T + camera.translation_mm
    points_px, _ = cv2.projectPoints(
        seen_mm.reshape(-1, 1, 3),
        np.zeros(3),
        np.zeros(3),
        camera.camera.matrix,
        np.array(camera.camera.distortion),
    )
    return points_px.reshape(*points_mm.shape[:-1], 2)


def similarity_aligned(
    points: NDArray[np.float64], target: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Points of shape (J, 3), moved, turned and scaled on to the target (Umeyama 1991)."""
    centred, wanted = points - points.mean(axis=0), target - target.mean(axis=0)
    u, singular, vt = np.linalg.svd(centred.T @ wanted)
    mirror = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    scale = (singular * mirror).sum() / (centred**2).sum()
    return scale * centred @ (u * mirror) @ vt + target.mean(axis=0)


def subject_rows(
    predictions: VideoPredictions, camera: CalibratedCamera, reference: NDArray[np.float64]
) -> NDArray[np.int64]:
    """In every frame the detection that is nearest to the reference in the picture, shape (T,).

    Where there is no reference, the first.
    """
    joints = joint_indices(predictions)
    wanted_px = project(camera, reference)
    rows = []
    for frame in range(predictions.metadata.frame_count):
        first, last = predictions.offsets[frame : frame + 2]
        found_px = predictions.poses2d[first:last][:, joints]
        error_px = np.linalg.norm(found_px - wanted_px[frame], axis=-1).mean(axis=1)
        rows.append(first + int(error_px.argmin()))
    return np.array(rows)


def joint_indices(predictions: VideoPredictions) -> list[int]:
    """Where `REFERENCE_JOINTS` are in the predictions' joint axis."""
    return [predictions.skeleton.index(joint) for joint in REFERENCE_JOINTS.values()]
