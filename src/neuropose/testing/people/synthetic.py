"""Small, valid, deterministic predictions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neuropose.data import Camera, FrameGap, Source, VideoMetadata, VideoPredictions
from neuropose.skeletons import BLAZEPOSE_33
from neuropose.testing.people.camera_view import CameraView
from neuropose.testing.people.walker import simulate_walk

_SPACING_MM = 900.0
_APART_S = 0.37  # people are not in step
_TOWARDS_CAMERA_DEG = 290.0


def synthetic_predictions(
    frame_count: int = 30,
    people: int = 1,
    *,
    fps: float = 30.0,
    width: int = 640,
    height: int = 480,
    heading_deg: float = _TOWARDS_CAMERA_DEG,
    gaps: Sequence[FrameGap] = (),
) -> VideoPredictions:
    """Make predictions of people who walk on treadmills, by default towards the camera.

    Parameters
    ----------
    frame_count : int
        Number of frames, gaps included.
    people : int
        Number of people, side by side around the middle of the picture; their track ids are 0 to
        ``people - 1``.
    fps : float
        Frames per second, evenly spaced.
    width, height : int
        Picture size, px.
    heading_deg : float
        Walking direction as seen from above, as in `CameraView`: 0 to the right, 180 to the left.
    gaps : sequence of FrameGap
        Frames without a picture, and so without detections.

    Returns
    -------
    VideoPredictions
        `BLAZEPOSE_33`, camera frame, mm; 2D poses are the projections of the 3D poses. The same
        arguments produce the same bits.

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
    poses_mm = synthetic_poses_mm(time_s, people, heading_deg)
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
            fps_source=Source.GIVEN,
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


def synthetic_poses_mm(
    time_s: NDArray[np.float64], people: int = 1, heading_deg: float = _TOWARDS_CAMERA_DEG
) -> NDArray[np.float64]:
    """Return the poses that `synthetic_predictions` is made of.

    Parameters
    ----------
    time_s : ndarray, shape (T,)
        Times in seconds.
    people : int
        Number of people.
    heading_deg : float
        Walking direction, as in `CameraView`.

    Returns
    -------
    ndarray, shape (T, P, J, 3)
        Joint positions in mm, camera frame.
    """
    view = CameraView(distance_mm=3600.0, height_mm=950.0, heading_deg=heading_deg)
    poses_mm = np.empty((len(time_s), people, len(BLAZEPOSE_33.joints), 3))
    if len(time_s):
        for person in range(people):
            trial = simulate_walk(times_s=time_s + _APART_S * person).on_treadmill()
            poses_mm[:, person] = trial.in_camera(view)
            poses_mm[:, person, :, 0] += (person - 0.5 * (people - 1)) * _SPACING_MM
    return poses_mm
