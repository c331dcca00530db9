"""Predictions are measured as a body moves, markers as they are, unless told otherwise."""

from __future__ import annotations

import numpy as np
import pytest
from tests.fake_bodies import FakeBodies

from neuropose.analyzer import PoseSequence
from neuropose.body.movement import movement_of_markers, movement_of_predictions
from neuropose.data import Reconstruct
from neuropose.errors import ReconstructionError
from neuropose.testing import simulate_walk, synthetic_predictions, walker_sequence

PREDICTIONS = synthetic_predictions(frame_count=40, people=2)
MARKERS = walker_sequence(simulate_walk())


def test_a_body_is_fitted_to_predictions_unless_it_is_off() -> None:
    for whether in (Reconstruct.AUTO, Reconstruct.ON):
        moved = movement_of_predictions(
            PREDICTIONS, reconstruct=whether, fit=FakeBodies().reconstruct
        )
        assert moved.reconstruction is not None
        assert moved.sequence.draw_count == 4
    bodies = FakeBodies()
    plain = movement_of_predictions(
        PREDICTIONS, reconstruct=Reconstruct.OFF, fit=bodies.reconstruct
    )
    assert plain.reconstruction is None
    assert plain.sequence.draws_mm is None
    assert not bodies.asked


def test_a_body_is_fitted_to_markers_only_if_it_is_on() -> None:
    bodies = FakeBodies()
    for whether in (Reconstruct.AUTO, Reconstruct.OFF):
        assert (
            movement_of_markers(
                MARKERS, reconstruct=whether, fit=bodies.reconstruct_markers
            ).sequence
            is MARKERS
        )
    assert not bodies.asked
    assert movement_of_markers(
        MARKERS, reconstruct=Reconstruct.ON, fit=bodies.reconstruct_markers
    ).reconstruction


def test_the_person_the_vertical_and_the_progress_are_passed_on() -> None:
    bodies, shares = FakeBodies(), list[float]()
    moved = movement_of_predictions(
        PREDICTIONS, "track:1", up="-y", fit=bodies.reconstruct, progress=shares.append
    )
    (asked,) = bodies.asked
    assert asked["subject"].track_id == 1
    np.testing.assert_array_equal(asked["up"], [0.0, -1.0, 0.0])
    assert shares == [0.5, 1.0]
    assert moved.sequence.subject is not None
    assert moved.sequence.subject.track_id == 1
    np.testing.assert_array_equal(moved.sequence.up, [0.0, -1.0, 0.0])


def test_a_person_that_the_fit_does_not_name_is_named() -> None:
    class Nameless(FakeBodies):
        def _fitted(self, sequence: PoseSequence, **how: object):  # type: ignore[no-untyped-def]
            return super()._fitted(sequence, **how).model_copy(update={"subject": None})

    moved = movement_of_predictions(PREDICTIONS, "track:1", fit=Nameless().reconstruct)
    assert moved.reconstruction is not None
    assert moved.reconstruction.subject == PREDICTIONS.subject("track:1")


def test_what_cannot_be_fitted_is_taken_as_it_is_and_said() -> None:
    bodies = FakeBodies(refusal="the skeleton has no hips")
    moved = movement_of_predictions(PREDICTIONS, fit=bodies.reconstruct)
    assert moved.reconstruction is None
    assert moved.sequence.warnings[0] == "no body was fitted: the skeleton has no hips"
    with pytest.raises(ReconstructionError, match="no hips"):
        movement_of_predictions(PREDICTIONS, reconstruct=Reconstruct.ON, fit=bodies.reconstruct)
    with pytest.raises(ReconstructionError, match="no hips"):
        movement_of_markers(MARKERS, reconstruct=Reconstruct.ON, fit=bodies.reconstruct_markers)
