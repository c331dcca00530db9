"""A real trial with four calibrated cameras and a reference that another tool triangulated."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from benchmarks import balance_trial
from benchmarks.accuracy import errors_of
from numpy.typing import NDArray

from neuropose.analyzer import PoseSequence, vertical
from neuropose.data import VideoPredictions
from neuropose.estimator import Estimator, PoseModel
from neuropose.geometry import angle_deg

pytestmark = pytest.mark.real

Trial = Callable[[str], VideoPredictions]

WORST_OF_A_PROTOTYPE_MM = 121.0
ALIGNED_MM = {"cam01": 65.8, "cam02": 87.9, "cam03": 82.6, "cam04": 74.8}
ABSOLUTE_MM = {"cam01": 95.2, "cam02": 168.4, "cam03": 168.4, "cam04": 128.0}
"""What ``python -m benchmarks.accuracy`` reports; other processors round differently."""
TOLERANCE = 1.03


def middles(points_px: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points half way between the joints of both sides, shape (T, 8, 2): the same if exchanged."""
    names = list(balance_trial.REFERENCE_JOINTS.values())
    left = [index for index, name in enumerate(names) if name.startswith("left_")]
    right = [names.index(names[index].replace("left_", "right_")) for index in left]
    return (points_px[:, left] + points_px[:, right]) / 2.0


@pytest.mark.parametrize("camera", balance_trial.CAMERAS)
def test_subject_is_the_balancing_man_in_every_frame(trial: Trial, camera: str) -> None:
    predictions = trial(camera)
    rows = np.flatnonzero(predictions.track_ids == predictions.subject().track_id)
    assert predictions.frame_index[rows].tolist() == list(range(100))

    calibrated = balance_trial.calibration()[camera]
    reference_px = balance_trial.project(calibrated, balance_trial.reference_of_frames_mm())
    found_px = predictions.poses2d[rows][:, balance_trial.joint_indices(predictions)]
    # On cam02 the model, like the original, takes his back for his front in a quarter of the
    # frames: left and right are exchanged there, but it is he.
    apart_px = np.linalg.norm(middles(found_px) - middles(reference_px), axis=-1).mean(axis=1)
    height_px = np.ptp(reference_px[..., 1], axis=1)
    assert (apart_px / height_px)[1:].max() < 0.10


@pytest.mark.parametrize("camera", balance_trial.CAMERAS)
def test_the_reference_is_of_the_frames_that_its_file_says(trial: Trial, camera: str) -> None:
    predictions = trial(camera)
    rows = np.flatnonzero(predictions.track_ids == predictions.subject().track_id)
    found_px = predictions.poses2d[rows][:, balance_trial.joint_indices(predictions)]
    reference_px = balance_trial.project(
        balance_trial.calibration()[camera], balance_trial.reference_of_frames_mm()
    )
    apart_px = {}
    for late in (-1, 0, 1):
        off_px = found_px[3:97] - reference_px[3 + late : 97 + late]
        apart_px[late] = np.median(np.abs(off_px - np.median(off_px, axis=(0, 1))))
    assert min(apart_px, key=lambda late: apart_px[late]) == 0


@pytest.mark.parametrize("camera", balance_trial.CAMERAS)
def test_accuracy(trial: Trial, camera: str) -> None:
    aligned_mm, absolute_mm = errors_of(trial(camera), balance_trial.calibration()[camera])
    assert aligned_mm <= WORST_OF_A_PROTOTYPE_MM
    assert aligned_mm <= TOLERANCE * ALIGNED_MM[camera]
    assert absolute_mm <= TOLERANCE * ABSOLUTE_MM[camera]


@pytest.mark.parametrize("camera", balance_trial.CAMERAS)
def test_camera_that_was_given_is_the_one_in_the_result(trial: Trial, camera: str) -> None:
    assert trial(camera).camera == balance_trial.calibration()[camera].camera
    assert trial(camera).metadata.frame_count == 100
    assert trial(camera).metadata.gaps == ()


@pytest.mark.parametrize("camera", balance_trial.CAMERAS)
def test_a_man_who_balances_tells_little_of_the_vertical_and_it_is_said(
    trial: Trial, camera: str
) -> None:
    found = vertical(PoseSequence.from_predictions(trial(camera)))
    error_deg = float(angle_deg(found.up, balance_trial.calibration()[camera].rotation[:, 2]))
    assert found.method == "standing"
    assert 5.0 < error_deg < found.error_deg
    assert found.confidence < 0.2
    trunk = vertical(PoseSequence.from_predictions(trial(camera)), "trunk")
    trunk_error_deg = angle_deg(trunk.up, balance_trial.calibration()[camera].rotation[:, 2])
    assert error_deg < 0.6 * float(trunk_error_deg)


def test_same_bits_for_any_number_of_workers(model: PoseModel) -> None:
    clip = balance_trial.video("cam03")
    runs = [
        Estimator(model, workers=workers).process_video(clip).predictions for workers in (1, 2, 4)
    ]
    for field in ("offsets", "track_ids", "boxes", "poses3d", "poses2d", "confidence"):
        bits = {getattr(run, field).tobytes() for run in runs}
        assert len(bits) == 1, field
