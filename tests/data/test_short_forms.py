"""What a notebook shows of an object is short, and names nobody."""

from __future__ import annotations

import pytest

from neuropose.analyzer import joint_angles
from neuropose.data import MarkerRecording
from neuropose.testing import reconstructed, simulate_walk, walker_sequence

WALK = walker_sequence(simulate_walk())
MARKERS = MarkerRecording(
    format="c3d",
    names=WALK.joints,
    time_s=WALK.time_s,
    positions_mm=WALK.positions_mm,
    rate_hz=60.0,
    subjects=("Anna", "Ben"),
    subject="Anna",
)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (MARKERS, "<MarkerRecording: 360 frames of 38 points at 60 frames/s, c3d>"),
        (reconstructed(WALK, 10.0), "<Reconstruction: 360 frames of "),
        (joint_angles(WALK), "<JointAngles: "),
    ],
    ids=["markers", "reconstruction", "angles"],
)
def test_it_is_one_line(value: object, shown: str) -> None:
    assert repr(value).startswith(shown)
    assert len(repr(value)) < 200
    assert str(value) == repr(value)
