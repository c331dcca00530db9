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


def benchmark(*, version: int | None = 2, frames: int = 30, cpu: bool = False) -> dict[str, Any]:
    def run(load_s: float | None = None) -> dict[str, Any]:
        return {
            "model_load_seconds": load_s,
            "total_seconds": 3.0,
            "per_frame_latencies_ms": [90.0 + 20.0 * (number % 2) for number in range(frames)],
            "peak_rss_mb": 2100.0,
            "active_device": "/GPU:0",
            "tensorflow_metal_active": False,
            "tensorflow_version": "2.18.0",
        }

    def aggregate(fps: float) -> dict[str, Any]:
        return {
            "repeats_measured": 2,
            "warmup_frames_per_pass": 3,
            "mean_frame_latency_ms": 100.4,
            "p50_frame_latency_ms": 110.0,
            "p95_frame_latency_ms": 110.0,
            "p99_frame_latency_ms": 110.0,
            "stddev_frame_latency_ms": 10.0,
            "mean_throughput_fps": fps,
            "peak_rss_mb_max": 2100.0,
            "active_device": "/GPU:0",
            "tensorflow_metal_active": False,
            "tensorflow_version": "2.18.0",
        }

    content: dict[str, Any] = {
        "video_name": "anna muster.mp4",
        "repeats": 3,
        "warmup_frames": 3,
        "warmup_pass": run(load_s=4.5),
        "measured_passes": [run(), run()],
        "aggregate": aggregate(10.0),
        "cpu_comparison": None,
    }
    if cpu:
        content["cpu_comparison"] = {
            "primary_aggregate": aggregate(10.0),
            "cpu_aggregate": aggregate(2.5),
            "speedup": 4.0,
            "max_poses3d_divergence_mm": 0.02,
            "frame_count_compared": frames,
        }
    if version is not None:
        content["schema_version"] = version
    if version == 2:
        content["provenance"] = predictions(frame_count=1)["provenance"]
    return content


def write(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2))
    return path
