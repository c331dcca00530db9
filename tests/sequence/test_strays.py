"""Frames in which markers have the names of others."""

from __future__ import annotations

import numpy as np
import pytest
from tests.marker_sets import SETS, dressed

from neuropose.analyzer import PoseSequence
from neuropose.data import MarkerRecording, Pictures
from neuropose.testing import WalkerParameters, simulate_walk, walker_sequence

WALK = walker_sequence(simulate_walk(WalkerParameters(duration_s=10.0)))
WHILE = slice(300, 324)
"""0.4 of 10 s: longer than a leap, shorter than what makes a marker one that is elsewhere."""


def recorded(
    *exchanged: str, crossed: bool = False, pictures: Pictures | None = None
) -> PoseSequence:
    places = {name: place.copy() for name, place in dressed(WALK, SETS["Plug-in Gait"]).items()}
    for one, other in [exchanged] if exchanged else []:
        places[one][WHILE], places[other][WHILE] = (
            places[other][WHILE].copy(),
            places[one][WHILE].copy(),
        )
    for name in places if crossed else ():
        if name[1:] in ("KNE", "ANK", "HEE", "TOE"):
            across_mm = 200.0 if name[0] == "L" else -200.0
            places[name][WHILE] += [0.0, 0.0, across_mm]
    recording = MarkerRecording(
        format="trc",
        names=tuple(places),
        time_s=WALK.time_s,
        positions_mm=np.stack(list(places.values()), axis=1),
        rate_hz=WALK.sampling_rate_hz,
        up=(0.0, 1.0, 0.0),
        estimated_from=pictures,
    )
    return PoseSequence.from_recording(recording)


@pytest.mark.parametrize(
    ("one", "other", "joints"),
    [
        ("LHEE", "RHEE", ("left_heel", "right_heel")),
        ("LTOE", "RTOE", ("left_toe", "right_toe")),
        ("LHEE", "LTOE", ("left_heel", "left_toe")),
        ("LHEE", "LANK", ("left_heel", "left_ankle", "left_ankle_lateral")),
        ("LKNE", "RKNE", ("left_knee", "right_knee_lateral")),
        ("LKNE", "LANK", ("left_knee", "left_ankle")),
    ],
)
def test_what_has_the_place_of_another_is_not_used_meanwhile(
    one: str, other: str, joints: tuple[str, ...]
) -> None:
    sequence = recorded(one, other)
    (note,) = (each for each in sequence.warnings if "exchanged" in each)
    before, others = recorded(), np.ones(len(WALK), dtype=bool)
    others[WHILE] = False
    for name in joints:
        frames = np.isnan(sequence.joint(name)).any(axis=1)
        assert frames[WHILE].mean() > 0.5
        assert f"{name} in {frames.sum()}" in note
        np.testing.assert_array_equal(sequence.joint(name)[others], before.joint(name)[others])


def test_a_walk_has_none() -> None:
    assert not any("exchanged" in note for note in recorded().warnings)


def test_legs_may_cross() -> None:
    assert np.isfinite(recorded(crossed=True).joint("left_knee")).all()


def test_key_points_are_used_as_they_are() -> None:
    sequence = recorded("LHEE", "RHEE", pictures=Pictures.ONE_CAMERA)
    assert np.isfinite(sequence.joint("left_heel")).all()
