"""Pose2Sim's own triangulation of the same points in the pictures."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers import pose2sim
from neuropose.data.cameras import Rig
from neuropose.io import save_rig
from neuropose.multiview import View

Array = NDArray[np.float64]

_PROGRAM = """
import json, sys, time
from Pose2Sim.triangulation import triangulate_all
config = json.load(open(sys.argv[1]))
begin = time.perf_counter()
triangulate_all(config)
print("SECONDS", time.perf_counter() - begin)
"""
NAMES: Mapping[str, str] = {
    "RHip": "right_hip",
    "RKnee": "right_knee",
    "RAnkle": "right_ankle",
    "RHeel": "right_heel",
    "RBigToe": "right_foot_index",
    "LHip": "left_hip",
    "LKnee": "left_knee",
    "Lknee": "left_knee",
    "LAnkle": "left_ankle",
    "LHeel": "left_heel",
    "LBigToe": "left_foot_index",
    "RShoulder": "right_shoulder",
    "RElbow": "right_elbow",
    "RWrist": "right_wrist",
    "LShoulder": "left_shoulder",
    "LElbow": "left_elbow",
    "LWrist": "left_wrist",
}


def triangulated(views: list[View], rig: Rig, *, swaps: bool) -> tuple[dict[str, Array], float]:
    """World positions in mm of the joints that both know, (T, 3), and the time it took, s."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "calibration").mkdir()
        save_rig(project / "calibration" / "Calib.toml", rig)
        for number, view in enumerate(views, start=1):
            _write(project / "pose" / f"cam{number:02}_json", view)
        config = {
            "project": {"project_dir": folder, "multi_person": False, "frame_rate": 60},
            "pose": {"pose_model": "BLAZEPOSE"},
            "filtering": {},
            "triangulation": {
                "reproj_error_threshold_triangulation": 15,
                "likelihood_threshold_triangulation": 0.3,
                "min_cameras_for_triangulation": 2,
                "interp_if_gap_smaller_than": 10,
                "interpolation": "linear",
                "fill_large_gaps_with": "nan",
                "handle_LR_swap": swaps,
                "undistort_points": True,
                "make_c3d": False,
                "show_interp_indices": False,
            },
        }
        (project / "Config.toml").write_text("")
        (project / "config.json").write_text(json.dumps(config))
        done = subprocess.run(
            [pose2sim(), "-c", _PROGRAM, str(project / "config.json")],
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        seconds = float(done.stdout.split("SECONDS")[1].split()[0])
        return _read(next(project.glob("pose-3d/*.trc")), len(views[0].time_s)), seconds


def _write(folder: Path, view: View) -> None:
    """OpenPose's files, one a frame."""
    folder.mkdir(parents=True)
    for frame, (points, confidence) in enumerate(zip(view.points_px, view.confidence, strict=True)):
        numbers = np.nan_to_num(np.column_stack([points, confidence])).ravel().tolist()
        content = {"version": 1.3, "people": [{"person_id": [-1], "pose_keypoints_2d": numbers}]}
        (folder / f"{folder.name}_{frame:06}.json").write_text(json.dumps(content))


def _read(path: Path, frames: int) -> dict[str, Array]:
    lines = path.read_text().splitlines()
    markers = [name for name in lines[3].split("\t")[2:] if name.strip()]
    found = {NAMES[name]: np.full((frames, 3), np.nan) for name in markers if name in NAMES}
    for line in lines[5:]:
        cells = line.split("\t")
        if not cells[0].strip():
            continue
        frame = int(cells[0])
        values = np.array([float(cell) if cell.strip() else np.nan for cell in cells[2:]])
        for column, name in enumerate(markers):
            place = values[3 * column : 3 * column + 3]
            if name in NAMES and len(place) == 3 and frame < frames:
                # TRC (x, y, z) = world (Y, Z, X), in metres.
                found[NAMES[name]][frame] = 1000.0 * place[[2, 0, 1]]
    return found
