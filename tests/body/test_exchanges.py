"""Exchanged sides: which frames, how sure, and that walking legs which cross are no exchange."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.body.known_bodies import known_body, predictions_of

from neuropose.body.exchanges import STATES, settle, sources
from neuropose.body.observations import Observations, from_camera, partners
from neuropose.data import Limbs
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.skeletons.sides import limbs_of


def _seen(yaw_deg: float, *, seed: int = 1, frames: int = 300) -> Observations:
    known = known_body(frames=frames, yaw_deg=yaw_deg, seed=seed)
    predictions = predictions_of([known], across_mm=20.0, along_mm=100.0, seed=seed)
    return from_camera(
        predictions, PoseSequence.from_predictions(predictions), known.body.landmarks
    )


@pytest.mark.parametrize("share", [0.01, 0.1, 0.25, 0.4])
@pytest.mark.parametrize("limbs", [Limbs.LEGS, Limbs.ARMS, Limbs.ALL])
@pytest.mark.parametrize("length", [1, 12])
def test_exchanged_frames_are_settled(share: float, limbs: Limbs, length: int) -> None:
    seen = _seen(0.0)
    random = np.random.default_rng(int(100 * share) + length)
    wrong = np.zeros(len(seen), np.bool_)
    while wrong.mean() < share:
        first = random.integers(0, len(seen))
        wrong[first : first + length] = True
    state = np.where(wrong, STATES.index(limbs), 0)
    exchanged = seen.taken(sources(seen.landmarks, state))
    (found,) = settle([exchanged])
    assert (found.state == state).mean() >= 0.99


@pytest.mark.parametrize("yaw_deg", [0.0, 45.0, 90.0, 180.0])
def test_nothing_is_exchanged_where_nothing_is(yaw_deg: float) -> None:
    (found,) = settle([_seen(yaw_deg)])
    assert not found.exchanged.any()
    assert not found.unsettled.any()


def test_a_long_gap_leaves_the_sides_as_they_are_seen() -> None:
    seen = _seen(0.0, frames=60)
    points_mm = np.array(seen.points_mm)
    points_mm[20:45] = np.nan
    gone = Observations(**{**seen.__dict__, "points_mm": points_mm})
    (found,) = settle([gone])
    assert not found.exchanged.any()


def test_an_exchange_that_begins_and_ends_with_both_legs_in_one_place_is_found() -> None:
    seen = _seen(0.0)
    state = np.zeros(len(seen), np.int64)
    apart = np.abs(_step_mm(seen, "ankle")) > 300.0
    first = int(np.flatnonzero(apart[100:])[0]) + 100
    state[first : first + 7] = STATES.index(Limbs.LEGS)
    points_mm = np.array(seen.taken(sources(seen.landmarks, state)).points_mm)
    for frame in (first, first + 6):
        for row, other in enumerate(partners(seen.landmarks)):
            if (
                seen.landmarks[row].startswith("left_")
                and limbs_of(seen.landmarks[row]) is Limbs.LEGS
            ):
                points_mm[frame, row] = seen.points_mm[frame, other]
                points_mm[frame, other] = seen.points_mm[frame, other]
    (found,) = settle([replace(seen, points_mm=points_mm)])
    assert (found.state[first + 1 : first + 6] == STATES.index(Limbs.LEGS)).all()
    assert not found.exchanged[: first - 1].any()
    assert not found.exchanged[first + 8 :].any()


def _step_mm(seen: Observations, joint: str) -> np.ndarray:
    left, right = (seen.landmarks.index(f"{side}_{joint}") for side in ("left", "right"))
    return np.linalg.norm(seen.points_mm[:, left] - seen.points_mm[:, right], axis=1)


def test_partners_of_the_middle_are_themselves() -> None:
    assert partners(("nose", "left_hip", "right_hip", "left_ear")).tolist() == [0, 2, 1, 3]
