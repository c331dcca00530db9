"""Synthetic predictions: valid, deterministic, and what they say they are."""

from __future__ import annotations

import numpy as np
import pytest

from neuropose.data import FrameGap
from neuropose.skeletons import BLAZEPOSE_33
from neuropose.testing import project, synthetic_predictions


@pytest.mark.parametrize(("frame_count", "people"), [(1, 1), (7, 3), (5, 0), (0, 1), (0, 0)])
def test_shapes(frame_count: int, people: int) -> None:
    predictions = synthetic_predictions(frame_count, people)
    assert predictions.metadata.frame_count == len(predictions.frames) == frame_count
    assert predictions.poses3d.shape == (frame_count * people, 33, 3)
    assert predictions.skeleton is BLAZEPOSE_33


def test_the_same_arguments_give_the_same_bits() -> None:
    one, other = synthetic_predictions(9, 2), synthetic_predictions(9, 2)
    assert one.poses3d.tobytes() == other.poses3d.tobytes()
    assert one.boxes.tobytes() == other.boxes.tobytes()


def test_2d_is_the_projection_of_3d_and_lies_in_the_picture() -> None:
    predictions = synthetic_predictions(30, 2, width=800, height=600)
    assert predictions.camera is not None
    projected = project(predictions.poses3d, predictions.camera)
    assert predictions.poses2d == pytest.approx(projected, abs=1e-2)
    assert (predictions.poses2d > 0).all()
    assert (predictions.poses2d < [800, 600]).all()


def test_people_walk_side_by_side() -> None:
    arrays = synthetic_predictions(60, 2).to_arrays()
    assert arrays.track_ids.tolist() == [0, 1]
    ankles = arrays.poses3d[:, :, BLAZEPOSE_33.index("left_ankle")]
    assert (np.ptp(ankles[:, :, 2], axis=0) > 300).all()
    assert (arrays.boxes[:, 0, 0] + arrays.boxes[:, 0, 2] < arrays.boxes[:, 1, 0]).all()


def test_gaps_hold_nobody() -> None:
    gap = FrameGap(first_frame=2, last_frame=3, reason="lost")
    predictions = synthetic_predictions(6, 2, gaps=[gap])
    assert np.diff(predictions.offsets).tolist() == [2, 2, 0, 0, 2, 2]
    assert predictions.frames["frame_000003"].gap_reason == "lost"
    whole = synthetic_predictions(6, 2)
    assert np.array_equal(
        predictions.frames["frame_000005"].poses3d, whole.frames["frame_000005"].poses3d
    )
