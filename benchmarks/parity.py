"""Parity of the embedded BlazePose with the original implementation, mediapipe 0.10.21.

Run: ``python -m benchmarks.parity [--json FILE]``. Per clip of the balance trial: distance between
our 2D landmarks and mediapipe's in the same frame, without smoothing on either side, relative to
the person's height in the picture. Of several people, the one nearest to mediapipe's is taken.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import balance_trial, peers
from neuropose.estimator import Estimator, load_model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    result = {}
    print("difference as % of the person's height")
    print(f"{'camera':8} {'frames':>6} {'median':>7} {'p90':>7} {'worst frame median':>19}")
    for camera in balance_trial.CAMERAS:
        difference = 100.0 * differences(camera)
        of_frame = np.median(difference, axis=1)
        row = {
            "frames": len(difference),
            "median": float(np.median(difference)),
            "p90": float(np.percentile(difference, 90)),
            "worst_frame_median": float(of_frame.max()),
        }
        result[camera] = row
        print(
            f"{camera:8} {row['frames']:6} {row['median']:7.2f} {row['p90']:7.2f} "
            f"{row['worst_frame_median']:19.2f}"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2))


def differences(camera: str) -> NDArray[np.float64]:
    """Distance of each landmark over the person's height, shape (frames, 33)."""
    clip = balance_trial.video(camera)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "landmarks.npz"
        script = Path(__file__).with_name("mediapipe_pose.py")
        subprocess.run(
            [peers.mediapipe(), script, "landmarks", clip, out], check=True, capture_output=True
        )
        theirs = np.load(out)["points_px"]
    model = load_model("blazepose", model_cache_dir=balance_trial.CACHE_DIR)
    ours = Estimator(model).process_video(clip).predictions.frames.values()
    rows = []
    for frame, points_px in zip(ours, theirs, strict=True):
        if len(frame.poses2d) and np.isfinite(points_px).all():
            apart_px = np.linalg.norm(frame.poses2d - points_px, axis=-1)
            rows.append(apart_px[apart_px.mean(axis=1).argmin()] / np.ptp(points_px[:, 1]))
    return np.array(rows)


if __name__ == "__main__":
    main()
