"""Predictions of clips from several cameras, and the cameras they are from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from benchmarks import balance_trial
from benchmarks.balance_trial import CACHE_DIR, POSE2SIM_WHEEL
from neuropose.assets import Artefact, fetch
from neuropose.data import CameraSource, VideoPredictions
from neuropose.data.cameras import Camera, Rig, RigCamera
from neuropose.estimator import Estimator, load_model
from neuropose.io import load_video_predictions, save_video_predictions

_FOLDER = "Pose2Sim/Demo_MultiPerson/videos"
_TWO_PEOPLE = {
    "cam01": ("543cee6a4c2c2b52dc9eac9137ee63d14f1f84e706a9a7264769edcb11e5ea53", 764_061),
    "cam02": ("8895092a7cf26359205a427b7ac2f4a935c2e0bd36d9b7a5140cb33faa468a6b", 610_385),
    "cam03": ("d3daf48cdf9f5603868ddb99166ddaf9b12279e7ce968922926560d5fd3f0c99", 801_091),
    "cam04": ("1490149dc40e7301fa5ceae23862b044ba5c398a8b2a40df21ed894702728c09", 877_130),
}


def two_people(camera: str) -> Path:
    """One of the clips of two people, fetched if need be."""
    sha256, size_bytes = _TWO_PEOPLE[camera]
    name = f"pose2sim_two_people_{camera}.mp4"
    source = replace(POSE2SIM_WHEEL, member=f"{_FOLDER}/{camera}.mp4")
    known = {name: Artefact(name, sha256, size_bytes, "BSD-3-Clause", (source,))}
    return fetch(name, CACHE_DIR, known=known)


def predicted(video: Path, camera: Camera, kept: Path | None, model: str) -> VideoPredictions:
    """The poses of a clip; predictions in the folder `kept` are used again."""
    path = None
    if kept is not None:
        what = f"{hashlib.sha256(video.read_bytes()).hexdigest()}{camera!r}{model}"
        path = kept / f"{hashlib.sha256(what.encode()).hexdigest()[:16]}.poses.json"
        if path.is_file():
            return load_video_predictions(path)
    estimator = Estimator(load_model(model, model_cache_dir=CACHE_DIR))
    found = estimator.process_video(video, camera=camera).predictions
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_video_predictions(path, found)
    return found


def balance_rig() -> Rig:
    """The four cameras of the balance trial and of the two people; z is up."""
    cameras = []
    for name, each in balance_trial.calibration().items():
        picture = cv2.VideoCapture(str(balance_trial.video(name)))
        width, height = (
            int(picture.get(what)) for what in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
        )
        cameras.append(
            _camera(name, each.camera, width, height, each.rotation, each.translation_mm)
        )
    return Rig(cameras=tuple(cameras), up=(0.0, 0.0, 1.0), origin="Qualisys calibration")


def rendered_rig(described: Path) -> Rig:
    """The cameras of a rendered clip; y is up and the floor is at 0."""
    scene = json.loads(described.read_text())
    cameras = [
        _camera(
            each["name"],
            Camera(intrinsic_matrix=each["K"], source=CameraSource.GIVEN),
            scene["width"],
            scene["height"],
            np.array(each["R"]),
            np.array(each["t"]),
        )
        for each in scene["cameras"]
    ]
    return Rig(cameras=tuple(cameras), up=(0.0, 1.0, 0.0), floor_mm=0.0, origin="rendered")


def _camera(
    name: str,
    camera: Camera,
    width: int,
    height: int,
    rotation: np.ndarray,
    translation_mm: np.ndarray,
) -> RigCamera:
    return RigCamera(
        name=name,
        camera=camera,
        width=width,
        height=height,
        rotation=rotation.tolist(),
        translation_mm=translation_mm.tolist(),
    )
