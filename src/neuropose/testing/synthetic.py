"""Small, valid, deterministic predictions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neuropose.io import Camera, FrameGap, VideoMetadata, VideoPredictions
from neuropose.skeletons import BLAZEPOSE_33

_DISTANCE_MM = 3500.0
_SPACING_MM = 900.0
_STEPS_PER_S = 1.8
_SWING_MM = {"wrist": 180.0, "hand": 200.0, "elbow": 80.0, "knee": 150.0, "foot": 280.0}

# Standing, mm: to the subject's left, up from the floor, forward.
_STANDING_MM: dict[str, tuple[float, float, float]] = {
    "nose": (0, 1560, 110),
    "eye_inner": (15, 1600, 90),
    "eye": (32, 1600, 85),
    "eye_outer": (48, 1598, 75),
    "ear": (75, 1580, 0),
    "mouth": (25, 1520, 90),
    "shoulder": (185, 1400, 0),
    "elbow": (220, 1110, 0),
    "wrist": (235, 860, 40),
    "pinky": (235, 780, 40),
    "index": (225, 770, 70),
    "thumb": (215, 810, 75),
    "hip": (110, 900, 0),
    "knee": (105, 480, 15),
    "ankle": (100, 80, 0),
    "heel": (100, 30, -50),
    "foot_index": (110, 20, 140),
}
_SWINGS = {
    "elbow": "elbow",
    "wrist": "wrist",
    "pinky": "hand",
    "index": "hand",
    "thumb": "hand",
    "knee": "knee",
    "ankle": "foot",
    "heel": "foot",
    "foot_index": "foot",
}


def synthetic_predictions(
    frame_count: int = 30,
    people: int = 1,
    *,
    fps: float = 30.0,
    width: int = 640,
    height: int = 480,
    gaps: Sequence[FrameGap] = (),
) -> VideoPredictions:
    """Make predictions of people walking on the spot, facing the camera.

    Parameters
    ----------
    frame_count : int
        Frames, those in `gaps` included.
    people : int
        People, side by side; their track ids are 0 to ``people - 1``, the middle of the picture
        lies in the middle of them.
    fps : float
        Frames per second, evenly spaced.
    width, height : int
        Picture size, px.
    gaps : sequence of FrameGap
        Frames without a picture, and so without detections.

    Returns
    -------
    VideoPredictions
        `BLAZEPOSE_33`, camera frame, mm; 2D poses are the projections of the 3D poses. The same
        arguments give the same bits.

    Examples
    --------
    >>> predictions = synthetic_predictions(frame_count=3)
    >>> predictions.frames["frame_000002"].poses3d.shape
    (1, 33, 3)
    >>> predictions.subject("largest").track_id
    0
    """
    camera = Camera.from_fov(width, height, 55.0)
    time_s = np.arange(frame_count) / fps
    poses_mm = synthetic_poses_mm(time_s, people)
    seen = np.ones(frame_count, dtype=bool)
    for gap in gaps:
        seen[gap.first_frame : gap.last_frame + 1] = False
    poses3d = poses_mm[seen].reshape(-1, len(BLAZEPOSE_33.joints), 3)
    projected = poses3d @ camera.matrix.T
    poses2d = projected[..., :2] / projected[..., 2:]
    corner, size = poses2d.min(axis=1), np.ptp(poses2d, axis=1)
    return VideoPredictions(
        metadata=VideoMetadata(
            frame_count=frame_count,
            fps=fps,
            width=width,
            height=height,
            variable_frame_rate=False,
            gaps=tuple(gaps),
        ),
        camera=camera,
        skeleton=BLAZEPOSE_33,
        time_s=time_s,
        offsets=np.concatenate([[0], np.cumsum(seen * people)]),
        boxes=np.concatenate([corner, size, np.full((len(corner), 1), 0.95)], axis=1),
        poses3d=poses3d,
        poses2d=poses2d,
        confidence=np.full(poses3d.shape[:2], 0.9),
        track_ids=np.tile(np.arange(people), int(seen.sum())),
    )


def synthetic_poses_mm(time_s: NDArray[np.float64], people: int = 1) -> NDArray[np.float64]:
    """Give the poses that `synthetic_predictions` is made of.

    Parameters
    ----------
    time_s : ndarray, shape (T,)
    people : int

    Returns
    -------
    ndarray, shape (T, P, J, 3)
        mm, camera frame.
    """
    if not people:
        return np.empty((len(time_s), 0, len(BLAZEPOSE_33.joints), 3))
    return np.stack([_walk_mm(time_s, person, people) for person in range(people)], axis=1)


def _walk_mm(time_s: NDArray[np.float64], person: int, people: int) -> NDArray[np.float64]:
    """Pose of one person in the camera frame, shape (T, J, 3)."""
    poses_mm = np.empty((len(time_s), len(BLAZEPOSE_33.joints), 3))
    phase = np.pi * _STEPS_PER_S * time_s + 0.7 * person
    for index, joint in enumerate(BLAZEPOSE_33.joints):
        side = 1.0 if "left" in joint else -1.0 if "right" in joint else 0.0
        part = joint.removeprefix("left_").removeprefix("right_").removesuffix("_left")
        part = part.removesuffix("_right")
        across, up, forward = _STANDING_MM[part]
        arm = part in ("elbow", "wrist", "pinky", "index", "thumb")
        swing = _SWING_MM.get(_SWINGS.get(part, ""), 0.0) * side * (-1.0 if arm else 1.0)
        poses_mm[:, index, 0] = across * side + (person - (people - 1) / 2.0) * _SPACING_MM
        poses_mm[:, index, 1] = 900.0 - up
        poses_mm[:, index, 2] = _DISTANCE_MM - forward - swing * np.sin(phase)
    return poses_mm
