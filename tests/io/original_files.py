"""Files as the original NeuroPose writes them, by its documented schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from neuropose.skeletons import SKELETONS
from neuropose.testing import synthetic_predictions

JOINTS = len(SKELETONS["berkeley_mhad_43"].joints)


def predictions(*, version: int | None = 2, people: int = 2, frame_count: int = 20) -> Any:
    """People who walk, with the joints of another skeleton repeated to be as many as its."""
    walk = synthetic_predictions(frame_count=frame_count, people=people)
    frames = {}
    for key, frame in walk.frames.items():
        rows = [[*range(33), *range(JOINTS - 33)]] * len(frame.boxes)
        frames[key] = {
            "boxes": frame.boxes.tolist(),
            "poses3d": [pose[row].tolist() for pose, row in zip(frame.poses3d, rows, strict=True)],
            "poses2d": [pose[row].tolist() for pose, row in zip(frame.poses2d, rows, strict=True)],
        }
    content: dict[str, Any] = {
        "metadata": {"frame_count": frame_count, "fps": 30.0, "width": 1280, "height": 720},
        "frames": frames,
    }
    if version is not None:
        content["schema_version"] = version
        config = {"extractor": {"kind": "joint_axis", "joint": 15, "axis": 1}}
        segments = [{"start": 0, "end": 8, "peak": 4}]
        content["segmentations"] = {"cup_lift": {"config": config, "segments": segments}}
    if version == 2:
        content["provenance"] = {
            "model_sha256": "ab" * 32,
            "model_filename": "metrabs_eff2l.tar.gz",
            "tensorflow_version": "2.18.0",
            "neuropose_version": "0.1.0",
            "deterministic": False,
        }
    return content


def status(**states: str) -> dict[str, Any]:
    return {
        name: {
            "status": state,
            "started_at": "2026-03-01T20:15:00Z",
            "completed_at": None if state == "processing" else "2026-03-01T21:00:00Z",
            "results_path": f"/srv/out/{name}/results.json" if state == "completed" else None,
            "error": "ValueError: no video" if state == "failed" else None,
        }
        for name, state in states.items()
    }


def write(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2))
    return path
