"""Errors of positions along the line of sight and across it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neuropose.analyzer import PoseSequence
from neuropose.data import Pictures
from neuropose.sequence.position_error import (
    MARKERS,
    OF_PICTURES,
    ONE_CAMERA,
    SEVERAL_CAMERAS,
    PositionError,
    sight_axes,
)
from neuropose.testing import synthetic_predictions


@given(arrays(np.float64, 3, elements=st.floats(-5000.0, 5000.0)))
def test_axes_are_orthonormal_and_the_last_is_the_line_of_sight(position: np.ndarray) -> None:
    if np.linalg.norm(position) < 1.0:
        return
    axes = sight_axes(position)
    assert axes @ axes.T == pytest.approx(np.eye(3), abs=1e-9)
    assert axes[2] @ position == pytest.approx(np.linalg.norm(position))


def test_a_missing_joint_has_no_axes() -> None:
    assert np.isnan(sight_axes(np.full(3, np.nan))).all()


def test_confidence_goes_from_hidden_to_visible() -> None:
    sd_mm = ONE_CAMERA.standard_deviation_mm(np.array([0.0, 0.5, 1.0, np.nan]))
    assert sd_mm[0].tolist() == [40.0, 40.0, 100.0]
    assert sd_mm[2].tolist() == sd_mm[3].tolist() == [15.0, 15.0, 50.0]
    assert (sd_mm[2] < sd_mm[1]).all()
    assert (sd_mm[1] < sd_mm[0]).all()


def test_what_a_sequence_takes_by_itself() -> None:
    point = [[[0.0, 0.0, 1.0]]]
    assert PoseSequence.from_predictions(synthetic_predictions()).position_error == ONE_CAMERA
    assert PoseSequence.from_arrays([0.0], point, ["pelvis"]).position_error == MARKERS
    camera = PoseSequence.from_arrays([0.0], point, ["pelvis"], frame="camera")
    assert camera.position_error.one_camera
    own = PositionError.isotropic(7.0)
    stated = PoseSequence.from_arrays([0.0], point, ["pelvis"], position_error=own)
    assert stated.select("pelvis").slice(0.0, 1.0).position_error is own
    assert not own.one_camera


def test_errors_tell_what_positions_were_estimated_from() -> None:
    assert ONE_CAMERA.pictures is Pictures.ONE_CAMERA
    assert SEVERAL_CAMERAS.pictures is Pictures.SEVERAL_CAMERAS
    assert MARKERS.pictures is PositionError.isotropic(0.0).pictures is None
    assert {each: error.pictures for each, error in OF_PICTURES.items()} == {
        each: each for each in Pictures
    }


def test_a_file_of_one_camera_errs_more_than_a_visible_joint_and_less_than_a_hidden_one() -> None:
    unknown = OF_PICTURES[Pictures.ONE_CAMERA]
    assert ONE_CAMERA.along_mm < unknown.along_mm < ONE_CAMERA.hidden_along_mm
    assert ONE_CAMERA.across_mm < unknown.across_mm < ONE_CAMERA.hidden_across_mm
    assert SEVERAL_CAMERAS.of_unknown_confidence() == SEVERAL_CAMERAS
