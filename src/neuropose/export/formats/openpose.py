"""OpenPose's JSON, a file a frame: keypoints in the picture, for Pose2Sim and others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from neuropose.data import VideoPredictions
from neuropose.export.content import Content, Kind, Part
from neuropose.export.exporter import Exporter, Written
from neuropose.export.files import whole_folder
from neuropose.export.options import ExportOptions

BODY_25: tuple[str, ...] = (
    *("nose", "neck", "right_shoulder", "right_elbow", "right_wrist"),
    *("left_shoulder", "left_elbow", "left_wrist", "pelvis"),
    *("right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle"),
    *("right_eye", "left_eye", "right_ear", "left_ear"),
    *("left_toe", "", "left_heel", "right_toe", "", "right_heel"),
)
"""Our joints in the order of BODY_25; the small toes are in no skeleton."""
_EMPTY = (
    *("face_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d"),
    *("pose_keypoints_3d", "face_keypoints_3d"),
    *("hand_left_keypoints_3d", "hand_right_keypoints_3d"),
)


def write_openpose(content: Content, path: Path, options: ExportOptions) -> Written:
    """Write a folder of JSON files, one for each frame.

    Parameters
    ----------
    content : Content
        With predictions.
    path : Path
        The folder.
    options : ExportOptions
        Only the label and the period of time are used.

    Returns
    -------
    Written
    """
    assert content.predictions is not None
    predictions = content.predictions
    points, lacking = body_25(predictions)
    with whole_folder(path) as folder:
        for number in range(predictions.metadata.frame_count):
            if not _within(float(predictions.time_s[number]), options):
                continue
            rows = slice(int(predictions.offsets[number]), int(predictions.offsets[number + 1]))
            people = [
                {
                    "person_id": [int(track)],
                    "pose_keypoints_2d": values,
                    **dict.fromkeys(_EMPTY, ()),
                }
                for track, values in zip(
                    predictions.track_ids[rows].tolist(), points[rows].tolist(), strict=True
                )
            ]
            name = f"{options.label}_{number:012d}_keypoints.json"
            data = orjson.dumps({"version": 1.3, "people": people})
            (folder / name).write_bytes(data)
    notes = ["BODY_25; a missing point is 0, 0 with confidence 0, as OpenPose writes it"]
    if lacking:
        notes.append(f"missing in every frame: {', '.join(lacking)}")
    return Written((path,), tuple(notes))


def _within(time_s: float, options: ExportOptions) -> bool:
    start_s = -np.inf if options.start_s is None else options.start_s
    end_s = np.inf if options.end_s is None else options.end_s
    return bool(np.isnan(time_s) or start_s <= time_s <= end_s)


def body_25(predictions: VideoPredictions) -> tuple[NDArray[np.float64], list[str]]:
    """Return the keypoints of BODY_25.

    Parameters
    ----------
    predictions : VideoPredictions
        Predictions of any skeleton with canonical joints.

    Returns
    -------
    points : ndarray, shape (N, 75)
        ``x, y, confidence`` of each, px; zeros: missing.
    lacking : list of str
        Joints that the skeleton does not have.
    """
    skeleton = predictions.skeleton
    canonical: Mapping[str, Sequence[str]] = skeleton.canonical or {
        name: (name,) for name in skeleton.joints
    }
    points = np.zeros((len(predictions.track_ids), len(BODY_25), 3))
    lacking = ["small toes"]
    for column, joint in enumerate(BODY_25):
        if joint not in canonical:
            lacking += [joint.replace("_", " ")] if joint else []
            continue
        members = [skeleton.index(name) for name in canonical[joint]]
        place_px = predictions.poses2d[:, members].astype(np.float64).mean(axis=1)
        sure = predictions.confidence[:, members].astype(np.float64).min(axis=1)
        known = np.isfinite(place_px).all(axis=1)
        sure = np.where(np.isnan(sure), 1.0, sure)  # a model without confidence
        points[known, column, :2] = place_px[known]
        points[known, column, 2] = sure[known]
    return points.reshape(len(points), -1).round(4), lacking


EXPORTER = Exporter(
    name="openpose",
    title="keypoints in the picture, a JSON file a frame (BODY_25), for Pose2Sim and others",
    suffix="",
    takes=(Kind.PEOPLE,),
    holds=frozenset({Part.CONFIDENCE, Part.PIXELS, Part.PEOPLE}),
    write=write_openpose,
    limits="positions in space, the times of the frames, joints beyond BODY_25",
)
