"""Accuracy of one camera against the triangulated reference of a real four-camera trial.

Run: ``python -m benchmarks.accuracy [--model blazepose] [--json FILE]``. The error is taken after a
similarity alignment of each frame, over 17 joints and 100 frames; the reference is good to one or
two centimetres. Beside it, without any alignment: the error in the camera's own frame.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import balance_trial
from neuropose.data import VideoPredictions
from neuropose.estimator import Estimator, load_model

START_MM = {"blazepose": (85.0, 121.0), "blazepose-heavy": (68.0, 97.0)}
"""Range over the four cameras of a plain prototype of the same model."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="blazepose")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    errors = {camera: errors_mm(camera, arguments.model) for camera in balance_trial.CAMERAS}
    print(f"{'camera':8} {'aligned mm':>10} {'absolute mm':>11}")
    for camera, (aligned_mm, absolute_mm) in errors.items():
        print(f"{camera:8} {aligned_mm:10.1f} {absolute_mm:11.1f}")
    if arguments.model in START_MM:
        low, high = START_MM[arguments.model]
        print(f"a plain prototype: {low:.0f} to {high:.0f} mm aligned")
    if arguments.json:
        arguments.json.write_text(json.dumps(errors, indent=2))


def errors_mm(camera: str, model: str = "blazepose") -> tuple[float, float]:
    """Median joint error of a camera, mm: similarity-aligned, and absolute."""
    calibrated = balance_trial.calibration()[camera]
    estimator = Estimator(load_model(model, model_cache_dir=balance_trial.CACHE_DIR))
    result = estimator.process_video(balance_trial.video(camera), camera=calibrated.camera)
    return errors_of(result.predictions, calibrated)


def errors_of(
    predictions: VideoPredictions, calibrated: balance_trial.CalibratedCamera
) -> tuple[float, float]:
    """Median joint error of predictions, mm: similarity-aligned, and absolute."""
    reference = balance_trial.reference_of_frames_mm()
    rows = balance_trial.subject_rows(predictions, calibrated, reference)
    known = np.isfinite(reference).all(axis=(1, 2))
    rows, reference = rows[known], reference[known]
    found = predictions.poses3d[rows][:, balance_trial.joint_indices(predictions)].astype(float)
    in_camera = reference @ calibrated.rotation.T + calibrated.translation_mm
    return (
        float(np.median(aligned_errors_mm(found, reference))),
        float(np.median(np.linalg.norm(found - in_camera, axis=-1))),
    )


def aligned_errors_mm(
    found_mm: NDArray[np.float64], reference_mm: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distances, shape (T, J), of joints after a similarity alignment of each frame."""
    aligned = [
        balance_trial.similarity_aligned(pose, target)
        for pose, target in zip(found_mm, reference_mm, strict=True)
    ]
    return np.linalg.norm(np.array(aligned) - reference_mm, axis=-1)


if __name__ == "__main__":
    main()
