"""Small predictions with everything in them."""

from __future__ import annotations

import numpy as np

from neuropose.data import UNTRACKED, Camera, FrameGap, Provenance, VideoMetadata, VideoPredictions
from neuropose.skeletons import Skeleton


def make_predictions(**changes: object) -> VideoPredictions:
    """Two people, three joints, six frames: the third is empty, the fourth is a gap."""
    rng = np.random.default_rng(7)
    counts = [2, 1, 0, 0, 2, 1]
    people = sum(counts)
    poses3d = rng.normal(0.0, 500.0, (people, 3, 3)).astype(np.float32)
    poses3d[1, 2] = np.nan
    fields: dict[str, object] = {
        "metadata": VideoMetadata(
            frame_count=len(counts),
            fps=29.97,
            width=640,
            height=480,
            rotation_deg=90,
            variable_frame_rate=True,
            gaps=(FrameGap(first_frame=3, last_frame=3, reason="the picture is damaged"),),
        ),
        "camera": Camera.from_fov(640, 480, 55.0),
        "skeleton": Skeleton(name="leg_3", joints=("hip", "knee", "ankle"), edges=((0, 1), (1, 2))),
        "time_s": [0.0, 0.034, 0.066, np.nan, 0.134, 0.2],
        "offsets": np.concatenate([[0], np.cumsum(counts)]),
        "boxes": rng.uniform(0.0, 1.0, (people, 5)),
        "poses3d": poses3d,
        "poses2d": rng.uniform(0.0, 640.0, (people, 3, 2)),
        "confidence": rng.uniform(0.0, 1.0, (people, 3)),
        "track_ids": [0, 1, 1, 1, 0, UNTRACKED],
        "uncertainty_mm": rng.uniform(5.0, 50.0, (people, 3)),
        "segmentations": {"gait": {"settings": {"min_s": 0.5}, "parts": [[0, 3], [4, 5]]}},
        "provenance": Provenance(
            neuropose_version="0.1.0",
            model="blazepose",
            model_sha256={"pose.tflite": "0" * 64},
            input_sha256="1" * 64,
            versions={"python": "3.11"},
            settings={"fov_degrees": 55.0, "names": ["a", None, True]},
        ),
    }
    return VideoPredictions(**{**fields, **changes})
